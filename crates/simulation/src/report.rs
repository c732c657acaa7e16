//! What days came to: half-hours, days, totals, the worst 24 hours, what happened; as data, text and pictures.

pub(crate) mod html;
pub(crate) mod markdown;
mod plots;

use acd::rates::{CallFact, Outcome as CallOutcome, Rate, Tally, Worst, tally, worst_window};
use serde::Serialize;
use types::Timestamp;

use crate::days::day_begins;
use crate::ledger::{SLOT_US, StaffTime};
use crate::play::Played;

/// Half-hours of a day.
const DAY_SLOTS: usize = 48;

/// The report of days that were played.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub title: String,
    pub begins: Timestamp,
    pub ends: Timestamp,
    pub seed: u64,
    /// The callers are those of a log.
    pub from_log: bool,
    pub totals: Figures,
    /// Every half-hour of the days, in order.
    pub half_hours: Vec<Slot>,
    pub days: Vec<Slot>,
    /// K1: the lowest rate of all 24 h that lie within the days, and when they ended.
    pub worst: Option<Worst>,
    /// Offers that nobody answered.
    pub lapses: u64,
    /// Agents put Not-Ready because they did not answer.
    pub put_not_ready: u64,
    /// Callers whose agent was lost in the middle of the talk.
    pub returned: u64,
    pub events: Vec<Happening>,
}

/// Figures of a span of time. A call belongs to the span in which it rang.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Slot {
    pub from: Timestamp,
    pub until: Timestamp,
    #[serde(flatten)]
    pub figures: Figures,
}

/// Counts, and what follows from them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Figures {
    /// R, N, N15 and H.
    #[serde(flatten)]
    pub tally: Tally,
    /// Who hung up or was lost before an answer.
    pub not_answered: u64,
    /// Mean wait of those who were answered (ASA), in seconds; `None` without any.
    pub answer_wait_s: Option<f64>,
    /// Mean number of agents at the callers' disposal.
    pub agents: f64,
    /// Share of their time that agents at the callers' disposal talked or wrapped up; `None` without agents.
    pub occupancy: Option<f64>,
}

/// Something that made a part of the days unlike the rest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Happening {
    pub from: Timestamp,
    pub until: Timestamp,
    pub what: What,
    /// The calls that rang meanwhile.
    pub tally: Tally,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// More, or fewer, called than usual.
    Surge { name: String, factor: f64 },
    /// The gateway was dead.
    GatewayOutage,
}

impl Report {
    /// Computes the report from the facts of all calls.
    #[must_use]
    pub fn of(played: &Played) -> Self {
        let (begins, ends) = (played.begins, played.ends);
        let spans = |slots: usize| {
            let step = SLOT_US * i64::try_from(slots).unwrap_or(i64::MAX);
            let count = (ends.as_micros() - begins.as_micros()) / step;
            (0..count).map(move |number| {
                let from = begins.as_micros() + number * step;
                (Timestamp::from_micros(from), Timestamp::from_micros(from + step))
            })
        };
        let slot = |(from, until)| Slot { from, until, figures: figures(played, from, until) };
        // The first window is the first whole day.
        let first = begins + std::time::Duration::from_secs(86_400);
        Self {
            title: played.days.title.clone(),
            begins,
            ends,
            seed: played.days.seed,
            from_log: played.from_log,
            totals: figures(played, begins, ends),
            half_hours: spans(1).map(slot).collect(),
            days: spans(DAY_SLOTS).map(slot).collect(),
            worst: worst_window(&played.ledger.calls, first, ends, known_at()),
            lapses: played.outcome.lapses,
            put_not_ready: played.outcome.put_not_ready,
            returned: played.outcome.returned,
            events: happenings(played),
        }
    }

    /// Half-hours of the clock, each summed over all days.
    #[must_use]
    pub fn by_time_of_day(&self) -> Vec<Figures> {
        let times = DAY_SLOTS.min(self.half_hours.len());
        let of_time = |time: usize| self.half_hours.iter().skip(time).step_by(DAY_SLOTS);
        (0..times).map(|time| Figures::sum(of_time(time).map(|slot| &slot.figures))).collect()
    }

    /// K1 of the 24 h that end at each half-hour, from the end of the first day on.
    #[must_use]
    pub fn rolling(&self) -> Vec<(Timestamp, Rate)> {
        self.half_hours
            .windows(DAY_SLOTS)
            .filter_map(|day| {
                let sum = Figures::sum(day.iter().map(|slot| &slot.figures));
                day.last().map(|last| (last.until, sum.tally.connection_rate()))
            })
            .collect()
    }
}

impl Figures {
    /// The figures of several spans of the same length together; `agents` is their mean.
    fn sum<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        let (mut sum, mut wait_s, mut busy, mut count) = (Self::default(), 0.0, 0.0, 0.0);
        for part in parts {
            sum.tally.requests += part.tally.requests;
            sum.tally.answered += part.tally.answered;
            sum.tally.answered_in_time += part.tally.answered_in_time;
            sum.tally.short_abandons += part.tally.short_abandons;
            sum.not_answered += part.not_answered;
            wait_s += part.answer_wait_s.unwrap_or(0.0) * part.tally.answered as f64;
            sum.agents += part.agents;
            busy += part.occupancy.unwrap_or(0.0) * part.agents;
            count += 1.0;
        }
        sum.answer_wait_s = mean(wait_s, sum.tally.answered as f64);
        sum.occupancy = mean(busy, sum.agents);
        sum.agents = mean(sum.agents, count).unwrap_or(0.0);
        sum
    }
}

fn mean(sum: f64, count: f64) -> Option<f64> {
    (count > 0.0).then(|| sum / count)
}

/// All calls are over when the report is made.
const fn known_at() -> Timestamp {
    Timestamp::from_micros(i64::MAX)
}

fn figures(played: &Played, from: Timestamp, until: Timestamp) -> Figures {
    let calls = rang_within(&played.ledger.calls, from, until);
    let tally = tally(calls, from, until, known_at());
    let waits = calls.iter().filter_map(|call| match call.outcome {
        CallOutcome::Answered { wait_us } => Some(wait_us as f64 / 1e6),
        CallOutcome::Abandoned { .. } | CallOutcome::Unresolved => None,
    });
    let staff = staff(played, from, until);
    let span_us = (until.as_micros() - from.as_micros()) as f64;
    Figures {
        tally,
        not_answered: tally.requests.saturating_sub(tally.answered),
        answer_wait_s: mean(waits.sum(), tally.answered as f64),
        agents: mean(staff.on_line_us as f64, span_us).unwrap_or(0.0),
        occupancy: mean(staff.busy_us as f64, staff.on_line_us as f64),
    }
}

/// Calls are written down in the order of their ring.
fn rang_within(calls: &[CallFact], from: Timestamp, until: Timestamp) -> &[CallFact] {
    let first = calls.partition_point(|call| call.rang_at < from);
    let last = calls.partition_point(|call| call.rang_at < until);
    calls.get(first..last).unwrap_or_default()
}

/// Staff time of the half-hours between two marks of the grid.
fn staff(played: &Played, from: Timestamp, until: Timestamp) -> StaffTime {
    let slot = |at: Timestamp| {
        let since = at.as_micros().saturating_sub(played.begins.as_micros());
        usize::try_from(since.div_euclid(SLOT_US)).unwrap_or(0)
    };
    let slots = played.ledger.staff.get(slot(from)..).unwrap_or_default();
    let count = slot(until).saturating_sub(slot(from));
    slots.iter().take(count).fold(StaffTime::default(), |sum, slot| StaffTime {
        signed_in_us: sum.signed_in_us + slot.signed_in_us,
        on_line_us: sum.on_line_us + slot.on_line_us,
        busy_us: sum.busy_us + slot.busy_us,
    })
}

fn happenings(played: &Played) -> Vec<Happening> {
    let begins = played.begins;
    let surges = played.days.events.iter().map(|event| {
        let from = day_begins(begins, event.day) + event.from.since_midnight();
        let lasts = u64::from(event.from.minutes_to(event.until)) * 60;
        let what = What::Surge { name: event.name.clone(), factor: event.factor };
        (from, from + std::time::Duration::from_secs(lasts), what)
    });
    let outages = played.days.faults.gateway_outages.iter().map(|outage| {
        let from = day_begins(begins, outage.day) + outage.at.since_midnight();
        let until = from + std::time::Duration::from_secs(u64::from(outage.seconds));
        (from, until, What::GatewayOutage)
    });
    let mut all: Vec<Happening> = surges
        .chain(outages)
        .map(|(from, until, what)| {
            let calls = rang_within(&played.ledger.calls, from, until);
            Happening { from, until, what, tally: tally(calls, from, until, known_at()) }
        })
        .collect();
    all.sort_by_key(|happening| happening.from);
    all
}
