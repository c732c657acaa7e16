//! What an agent did beside what her roster said.

use std::time::Duration;

use time::{Time, UtcOffset};
use types::{AgentId, SHANGHAI_OFFSET_S, Timestamp};

use crate::roster::{Duty, MinuteSpan};

/// What the time of an agent is for, as plans and records both know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// Ready, offered, talking, on hold, in wrap-up.
    OnLine,
    Meal,
    Rest,
    Training,
    Meeting,
    /// Signed out, or not on the roster.
    Off,
}

/// A planned span of an agent; `until` is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedSpan {
    pub from: Timestamp,
    pub until: Timestamp,
    pub activity: Activity,
}

/// A recorded span of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActualSpan {
    pub from: Timestamp,
    pub until: Timestamp,
    pub activity: Activity,
    /// With a caller on the line, whom an agent does not hang up on (`domain.md` 11.1).
    pub with_caller: bool,
}

/// A span in which plan and record differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deviation {
    pub from: Timestamp,
    pub until: Timestamp,
    pub planned: Activity,
    pub actual: Activity,
    /// A call reached into what was planned: not the agent's fault, and counted as kept.
    pub call_ran_over: bool,
}

impl Deviation {
    #[must_use]
    pub fn lasted(&self) -> Duration {
        self.until.since(self.from)
    }
}

/// How an agent kept to the plan of a day. `planned` is the sum of `kept`, `ran_over` and the deviations that are
/// listed while something was planned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adherence {
    /// Planned time, without `Off`.
    pub planned: Duration,
    /// Planned time in which the record agrees, or differs too shortly to be listed.
    pub kept: Duration,
    /// Planned time in which a call ran over.
    pub ran_over: Duration,
    /// Work that nobody had planned.
    pub unplanned: Duration,
    /// In order of time.
    pub deviations: Vec<Deviation>,
}

impl Adherence {
    /// Share of the planned time that was kept or in which a call ran over; `None` where nothing was planned.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        let good = (self.kept + self.ran_over).as_secs_f64();
        (!self.planned.is_zero()).then(|| good / self.planned.as_secs_f64())
    }
}

/// Why spans cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {whose} spans overlap or end before they begin at {at}; give them in order, each moment once"
)]
pub struct Disorder {
    pub whose: &'static str,
    pub at: Timestamp,
}

/// Compares plan and record, both in order. Time without a span is `Off`. Deviations shorter than `tolerance` are taken
/// as kept.
///
/// # Errors
/// [`Disorder`] for spans that are not in order.
pub fn adherence(
    planned: &[PlannedSpan],
    actual: &[ActualSpan],
    tolerance: Duration,
) -> Result<Adherence, Disorder> {
    in_order("planned", planned.iter().map(|span| (span.from, span.until)))?;
    in_order("recorded", actual.iter().map(|span| (span.from, span.until)))?;
    let mut sum = Adherence::default();
    for piece in pieces(planned, actual) {
        let lasted = piece.lasted();
        let is_planned = piece.planned != Activity::Off;
        if is_planned {
            sum.planned += lasted;
        }
        if piece.planned == piece.actual || lasted < tolerance {
            sum.kept += if is_planned { lasted } else { Duration::ZERO };
            continue;
        }
        if !is_planned {
            sum.unplanned += lasted;
        } else if piece.call_ran_over {
            sum.ran_over += lasted;
        }
        sum.deviations.push(piece);
    }
    Ok(sum)
}

/// The plan of a duty: its work and its meals, in order.
#[must_use]
pub fn plan_of(duty: &Duty) -> Vec<PlannedSpan> {
    let offset = UtcOffset::from_whole_seconds(SHANGHAI_OFFSET_S).unwrap_or(UtcOffset::UTC);
    let midnight = Timestamp::from_local(duty.date.with_time(Time::MIDNIGHT).assume_offset(offset));
    let at = |minute: u32| midnight + Duration::from_secs(u64::from(minute) * 60);
    let spans = |spans: Vec<MinuteSpan>, activity| {
        spans.into_iter().map(move |span| PlannedSpan {
            from: at(span.from),
            until: at(span.until),
            activity,
        })
    };
    let mut plan: Vec<PlannedSpan> = spans(duty.work().collect(), Activity::OnLine)
        .chain(spans(duty.meals.clone(), Activity::Meal))
        .collect();
    plan.sort_unstable_by_key(|span| span.from);
    plan
}

/// The agents of a day, least adherent first; who had nothing planned comes last.
#[must_use]
pub fn least_adherent_first(mut day: Vec<(AgentId, Adherence)>) -> Vec<(AgentId, Adherence)> {
    let share = |adherence: &Adherence| adherence.share().unwrap_or(f64::INFINITY);
    day.sort_by(|(one, kept), (other, less)| {
        share(kept).total_cmp(&share(less)).then_with(|| one.cmp(other))
    });
    day
}

fn in_order(
    whose: &'static str,
    spans: impl Iterator<Item = (Timestamp, Timestamp)>,
) -> Result<(), Disorder> {
    let mut free_from = None;
    for (from, until) in spans {
        if until < from || free_from.is_some_and(|free| from < free) {
            return Err(Disorder { whose, at: from });
        }
        free_from = Some(until);
    }
    Ok(())
}

/// The longest spans over which plan and record stay what they are, agreeing ones included.
fn pieces(planned: &[PlannedSpan], actual: &[ActualSpan]) -> Vec<Deviation> {
    let mut edges: Vec<Timestamp> =
        planned.iter().flat_map(|span| [span.from, span.until]).collect();
    edges.extend(actual.iter().flat_map(|span| [span.from, span.until]));
    edges.sort_unstable();
    edges.dedup();
    let (mut planned, mut actual) = (planned.iter().peekable(), actual.iter().peekable());
    let mut pieces: Vec<Deviation> = Vec::new();
    for (from, until) in edges.iter().zip(edges.iter().skip(1)) {
        while planned.next_if(|span| span.until <= *from).is_some() {}
        while actual.next_if(|span| span.until <= *from).is_some() {}
        let plan = planned.peek().filter(|span| span.from <= *from);
        let record = actual.peek().filter(|span| span.from <= *from);
        let plan = plan.map_or(Activity::Off, |span| span.activity);
        let (did, with_caller) =
            record.map_or((Activity::Off, false), |span| (span.activity, span.with_caller));
        let piece = Deviation {
            from: *from,
            until: *until,
            planned: plan,
            actual: did,
            call_ran_over: with_caller && plan != did && plan != Activity::Off,
        };
        let same = |before: &&mut Deviation| {
            (before.planned, before.actual, before.call_ran_over)
                == (piece.planned, piece.actual, piece.call_ran_over)
        };
        match pieces.last_mut().filter(same) {
            Some(before) => before.until = piece.until,
            None => pieces.push(piece),
        }
    }
    pieces
}
