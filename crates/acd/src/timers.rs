//! Everything that happens because time passes: at most one deadline per key, in order of time.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, GatewayId, LegId, Timestamp};

/// What a deadline is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Timer {
    /// The ring limit of an offer, or of the phone on which an agent comes back to her talk.
    Lapse(CallId, LegId),
    /// The next step of the 15-second guard.
    Guard(CallId),
    /// The waiting treatment begins.
    Music(CallId),
    /// The bridge of two answered legs.
    Connect(CallId),
    /// The end that an agent has asked for.
    HangUp(CallId),
    /// The return of an agent's media to her talk.
    MediaReturn(CallId),
    /// The ringing of a click-to-dial call's own phone or number.
    Outbound(CallId),
    /// The end of a warning.
    Warning(AgentId),
    WrapUp(AgentId),
    /// A ready agent without a phone that can be rung.
    Device(AgentId),
    /// A gateway that is away.
    Gateway(GatewayId),
    /// The next tier of the reserve opens.
    Tier(CallId),
    /// The wait for the preferred agent.
    Preferred(CallId),
    /// The end of a micro-break.
    MicroBreak(AgentId),
    /// She falls below the occupancy ceiling.
    Tired(AgentId),
    /// A waiting caller is offered a call back.
    CallbackOffer(CallId),
    /// A promised call back: the next attempt, the hours in which people may be called, its end.
    Promise(CallId),
    /// The end of a last prompt.
    Farewell(CallId),
    /// The end of the prompt of a screened caller.
    Screened(CallId),
}

impl Timer {
    /// Bounds the wait for a fact of a gateway, by whose absence somebody would be cut off or blamed.
    pub(crate) const fn waits_for_gateway(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Lapse(..) | Self::Outbound(_) | Self::HangUp(_))
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(Timer, Timestamp)>", into = "Vec<(Timer, Timestamp)>")]
pub(crate) struct Timers {
    at: BTreeMap<Timer, Timestamp>,
    order: BTreeSet<(Timestamp, Timer)>,
}

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: Timestamp) {
        self.cancel(&timer);
        self.order.insert((at, timer.clone()));
        self.at.insert(timer, at);
    }

    pub(crate) fn set_if_absent(&mut self, timer: Timer, at: Timestamp) {
        if !self.at.contains_key(&timer) {
            self.set(timer, at);
        }
    }

    pub(crate) fn cancel(&mut self, timer: &Timer) {
        if let Some(at) = self.at.remove(timer) {
            self.order.remove(&(at, timer.clone()));
        }
    }

    /// All that can stand for a call, except the lapses of its offers.
    pub(crate) fn cancel_call(&mut self, call: CallId) {
        for timer in [
            Timer::Guard(call),
            Timer::Music(call),
            Timer::Connect(call),
            Timer::HangUp(call),
            Timer::MediaReturn(call),
            Timer::Outbound(call),
            Timer::Tier(call),
            Timer::Preferred(call),
            Timer::CallbackOffer(call),
        ] {
            self.cancel(&timer);
        }
    }

    pub(crate) fn get(&self, timer: &Timer) -> Option<Timestamp> {
        self.at.get(timer).copied()
    }

    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes the earliest that is due at `now`, with the moment at which it became so.
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<(Timestamp, Timer)> {
        if self.next()? > now {
            return None;
        }
        let (due, timer) = self.order.pop_first()?;
        self.at.remove(&timer);
        Some((due, timer))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Timer, Timestamp)> {
        self.at.iter().map(|(timer, at)| (timer, *at))
    }
}

impl From<Vec<(Timer, Timestamp)>> for Timers {
    fn from(list: Vec<(Timer, Timestamp)>) -> Self {
        let mut timers = Self::default();
        for (timer, at) in list {
            timers.set(timer, at);
        }
        timers
    }
}

impl From<Timers> for Vec<(Timer, Timestamp)> {
    fn from(timers: Timers) -> Self {
        timers.at.into_iter().collect()
    }
}
