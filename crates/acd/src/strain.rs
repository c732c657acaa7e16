//! What work does to an agent: how much of the last hour she talked and wrapped up, the micro-breaks she is given, the
//! calls she has taken today. Nothing of it ever holds up the emergency queue.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, Timestamp};

use crate::agent::{AgentState, Choice, micros};
use crate::config::millis;
use crate::core::Acd;
use crate::record::{NotReadyReason, Record, StateCause};
use crate::refusal::Refusal;
use crate::timers::Timer;

/// The time that occupancy is a share of.
const HOUR_US: u64 = 3_600_000_000;
const HOUR: Duration = Duration::from_micros(HOUR_US);
/// Spans remembered per agent: more calls an hour than anybody takes.
const SPANS_MAX: usize = 128;

/// A ceiling on the share of talk and wrap-up in the last hour. Off by default; what was before it was switched on is not
/// known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OccupancyCeiling {
    /// In thousandths of an hour; 0: no ceiling. Whoever is above it is passed over while others are ready.
    pub permille: u32,
    /// Whoever is above it after a wrap-up rests for so long, then is Ready again by herself; 0: no rest.
    pub micro_break_ms: u64,
}

impl Default for OccupancyCeiling {
    fn default() -> Self {
        Self { permille: 0, micro_break_ms: 60_000 }
    }
}

/// What is kept of one agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Strain {
    /// Answered and taken over since the day began.
    pub(crate) calls_today: u32,
    /// The caller abused her: her next rest is a break.
    pub(crate) abused: bool,
    /// The end of her micro-break.
    pub(crate) break_until: Option<Timestamp>,
    /// Until then she is above the ceiling.
    pub(crate) tired_until: Option<Timestamp>,
    busy: BusyHour,
}

/// Spans of talk and wrap-up within the last hour, in order of time, none touching another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct BusyHour {
    spans: VecDeque<(Timestamp, Timestamp)>,
}

impl BusyHour {
    fn add(&mut self, from: Timestamp, until: Timestamp) {
        while self.spans.front().is_some_and(|(_, end)| *end + HOUR <= until) {
            self.spans.pop_front();
        }
        match self.spans.back_mut() {
            Some((_, end)) if *end >= from => *end = (*end).max(until),
            _ => self.spans.push_back((from, until)),
        }
        if self.spans.len() > SPANS_MAX {
            self.merge_oldest();
        }
    }

    /// The sum stays true; the oldest span of the two counts for a moment too long.
    fn merge_oldest(&mut self) {
        let (Some(oldest), Some(next)) = (self.spans.pop_front(), self.spans.front_mut()) else {
            return;
        };
        next.0 = next.0 - Duration::from_micros(micros(oldest.1, oldest.0));
    }

    fn within_hour(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, u64)> {
        let hour_ago = now - HOUR;
        self.spans.iter().map(move |(from, until)| {
            let from = (*from).max(hour_ago);
            (from, micros(*until, from))
        })
    }

    /// When the busy time of the last hour has fallen to `limit_us`, if she does nothing until then; `None` if it has.
    fn falls_to(&self, limit_us: u64, now: Timestamp) -> Option<Timestamp> {
        let busy_us: u64 = self.within_hour(now).map(|(_, lasted_us)| lasted_us).sum();
        let mut excess_us = busy_us.checked_sub(limit_us).filter(|excess| *excess > 0)?;
        for (from, lasted_us) in self.within_hour(now) {
            if excess_us <= lasted_us {
                return Some(from + Duration::from_micros(excess_us) + HOUR);
            }
            excess_us -= lasted_us;
        }
        None
    }
}

impl Acd {
    /// An agent leaves a state that began at `since`.
    pub(crate) fn note_work(&mut self, id: AgentId, left: AgentState, since: Timestamp) {
        let worked = matches!(
            left,
            AgentState::Talking { .. } | AgentState::Outbound { .. } | AgentState::WrapUp { .. }
        );
        if !worked || self.config.occupancy.permille == 0 {
            return;
        }
        let now = self.now;
        if let Some(agent) = self.agents.get_mut(&id).filter(|agent| agent.line.is_none()) {
            agent.strain.busy.add(since, now);
        }
    }

    /// She is above the ceiling, or is not.
    fn judge_strain(&mut self, id: AgentId) {
        let limit_us = u64::from(self.config.occupancy.permille).saturating_mul(HOUR_US / 1_000);
        let now = self.now;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let until = (limit_us > 0).then(|| agent.strain.busy.falls_to(limit_us, now)).flatten();
        agent.strain.tired_until = until;
        match until {
            Some(until) => self.timers.set(Timer::Tired(id), until),
            None => self.timers.cancel(&Timer::Tired(id)),
        }
    }

    /// A changed ceiling holds at once (R20).
    pub(crate) fn judge_everybody(&mut self) {
        let ids: Vec<AgentId> = self.agents.keys().copied().collect();
        let off = self.config.occupancy.permille == 0;
        for id in ids {
            if let Some(agent) = self.agents.get_mut(&id).filter(|_| off) {
                agent.strain.busy = BusyHour::default();
            }
            self.judge_strain(id);
            self.reindex_agent(id);
        }
    }

    pub(crate) fn tired_no_more(&mut self, id: AgentId) {
        self.timers.cancel(&Timer::Tired(id));
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.strain.tired_until = None;
            self.reindex_agent(id);
        }
    }

    // --- micro-breaks -------------------------------------------------------------------------

    /// Where an agent who wants to be Ready goes: to a micro-break if one is due or not over yet. Says whether it is so.
    pub(crate) fn takes_micro_break(&mut self, id: AgentId, cause: StateCause) -> bool {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(&id) else { return false };
        let wraps_up = matches!(agent.state, AgentState::WrapUp { .. });
        let abused = wraps_up && std::mem::take(&mut agent.strain.abused);
        if agent.afterwards != Choice::Ready || agent.state == AgentState::Ready {
            return false;
        }
        let (state, since) = (agent.state, agent.since);
        let goes_on = agent.strain.break_until.is_some_and(|until| until > now);
        // The wrap-up that ends now is part of the hour.
        self.note_work(id, state, since);
        self.judge_strain(id);
        let due = if wraps_up { self.micro_break_due(id, abused) } else { None };
        let cause = match due {
            Some((lasts_ms, cause)) => {
                self.set_micro_break(id, now + millis(lasts_ms));
                cause
            }
            None if goes_on => cause,
            None => return false,
        };
        let reason = NotReadyReason::MicroBreak;
        self.move_agent(id, AgentState::NotReady { reason }, cause);
        true
    }

    /// The break that the call just wrapped up has earned her.
    fn micro_break_due(&self, id: AgentId, abused: bool) -> Option<(u64, StateCause)> {
        let (abuse_ms, rest_ms) =
            (self.config.abuse_break_ms, self.config.occupancy.micro_break_ms);
        let strain = &self.agents.get(&id)?.strain;
        if abused && abuse_ms > 0 {
            Some((abuse_ms, StateCause::AbusiveCall))
        } else if strain.tired_until.is_some() && rest_ms > 0 {
            Some((rest_ms, StateCause::Occupancy))
        } else {
            None
        }
    }

    /// Never shortens a break that is not over.
    fn set_micro_break(&mut self, id: AgentId, until: Timestamp) {
        if let Some(agent) = self.agents.get_mut(&id) {
            let until = agent.strain.break_until.map_or(until, |before| before.max(until));
            agent.strain.break_until = Some(until);
            self.timers.set(Timer::MicroBreak(id), until);
        }
    }

    pub(crate) fn micro_break_over(&mut self, id: AgentId) {
        self.forget_micro_break(id);
        let reason = NotReadyReason::MicroBreak;
        let rests = AgentState::NotReady { reason };
        if self.agents.get(&id).is_some_and(|agent| agent.state == rests) {
            self.rest(id, StateCause::MicroBreakOver);
        }
    }

    /// What she chooses herself goes before what she was given (R18).
    pub(crate) fn forget_micro_break(&mut self, id: AgentId) {
        self.timers.cancel(&Timer::MicroBreak(id));
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.strain.break_until = None;
        }
    }

    /// She says that she was abused, in the call or while she wraps it up.
    pub(crate) fn report_abuse(&mut self, id: AgentId, state: AgentState) -> Result<(), Refusal> {
        let (AgentState::Talking { call, .. }
        | AgentState::Outbound { call, .. }
        | AgentState::WrapUp { call, .. }) = state
        else {
            return Err(Refusal::NoCall);
        };
        self.note_abuse(id, call);
        Ok(())
    }

    fn note_abuse(&mut self, id: AgentId, call: CallId) {
        if let Some(agent) = self.agents.get_mut(&id).filter(|agent| !agent.strain.abused) {
            agent.strain.abused = true;
            self.record(Record::AbuseReported { call, agent: id });
        }
    }

    // --- calls of the day ---------------------------------------------------------------------

    pub(crate) fn count_call(&mut self, id: AgentId) {
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.strain.calls_today = agent.strain.calls_today.saturating_add(1);
        }
    }

    /// Everybody's calls begin anew. The same day, or an earlier one, changes nothing.
    pub(crate) fn new_day(&mut self, day: u32) {
        if day <= self.day {
            return;
        }
        self.day = day;
        let ids: Vec<AgentId> = self.agents.keys().copied().collect();
        for id in ids {
            if let Some(agent) = self.agents.get_mut(&id) {
                agent.strain.calls_today = 0;
            }
            self.reindex_agent(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(m: i64) -> Timestamp {
        Timestamp::from_micros(m * 60_000_000)
    }

    fn busy(spans: &[(i64, i64)]) -> BusyHour {
        let mut hour = BusyHour::default();
        spans.iter().for_each(|(from, until)| hour.add(minutes(*from), minutes(*until)));
        hour
    }

    #[test]
    fn busy_time_falls_to_the_limit_when_enough_of_it_is_an_hour_old() {
        let hour = busy(&[(100, 120), (130, 150)]);
        let limit_us = 30 * 60_000_000;
        assert_eq!(hour.falls_to(limit_us, minutes(150)), Some(minutes(170)));
        assert_eq!(hour.falls_to(limit_us, minutes(169)), Some(minutes(170)));
        assert_eq!(hour.falls_to(limit_us, minutes(170)), None);
        assert_eq!(hour.falls_to(0, minutes(150)), Some(minutes(210)));
    }

    #[test]
    fn talk_and_the_wrap_up_that_follows_are_one_span_and_old_ones_are_forgotten() {
        let hour = busy(&[(0, 10), (10, 12), (80, 90)]);
        assert_eq!(hour.spans, [(minutes(80), minutes(90))]);
        assert_eq!(busy(&[(0, 10), (10, 12)]).spans, [(minutes(0), minutes(12))]);
    }

    #[test]
    fn however_many_spans_there_are_the_sum_is_true() {
        let mut hour = BusyHour::default();
        for n in 0..600 {
            let from = Timestamp::from_micros(n * 4_000_000);
            hour.add(from, from + Duration::from_secs(2));
        }
        assert!(hour.spans.len() <= SPANS_MAX);
        let sum: u64 = hour.within_hour(minutes(40)).map(|(_, us)| us).sum();
        assert_eq!(sum, 1_200_000_000);
    }
}
