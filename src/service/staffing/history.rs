//! What days brought: counted once a day is over, and again while late events may arrive.
//!
//! A day without any call is a day without a hotline, and so is the part of the first day before the first call: no
//! forecast rests on either.

use ::staffing::{DayCurve, Event, HALF_HOURS, HalfHour, HalfHours, Handling, PastDay};
use types::Timestamp;

use super::words::{Day, Days, EventWord};
use crate::service::{Context, ServiceError};
use crate::store::call::CallOutcome;
use crate::store::call_day::{self, CallDay, CountedCall, HandlingSums, WrapUpChange};
use crate::store::event_day::EventDay;
use crate::store::{Json, Tx};

/// Forecasts look back so far.
const LOOK_BACK_DAYS: i64 = 730;
/// Days that are counted again every night: the journal of a database that was away arrives late.
const RECOUNT_DAYS: i64 = 7;
/// Days that are counted in one run; more than any ordinary day's forecast rests on.
const DAYS_PER_RUN: usize = 62;
/// Handling and patience are measured over so many days.
const MEASURED_DAYS: i64 = 28;
/// Fewer calls than this say nothing of a mean.
const MEASURED_CALLS_MIN: u64 = 30;
/// Bounds of a patience that is believed, in seconds.
const PATIENCE_S: (f64, f64) = (10.0, 3_600.0);
const HALF_HOUR_US: u128 = 1_800_000_000;

/// Counts a day, over or not.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn count(ctx: &Context, tx: &mut Tx, day: Day) -> Result<CallDay, ServiceError> {
    let (from, until) = (day.start(), day.end());
    let calls = call_day::counted(tx, &ctx.centre, from, until).await?;
    let wrap_ups = call_day::wrap_ups(tx, &ctx.centre, from, until).await?;
    Ok(counted(day, &calls, &wrap_ups))
}

/// Counts the days before `today` that have not been counted, and the last ones again; says which are new or
/// different.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn catch_up(ctx: &Context, today: Day) -> Result<Vec<Day>, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let Some(first) = call_day::first_call(&mut tx, &ctx.centre).await? else {
        return Ok(Vec::new());
    };
    let first = Day::of(first).plus(1).max(today.plus(-LOOK_BACK_DAYS));
    let known = call_day::days(&mut tx, &ctx.centre, first.0, today.0).await?;
    drop(tx);
    let days = Days { first, last: today.plus(-1) };
    let due = |day: &Day| *day >= today.plus(-RECOUNT_DAYS) || known.binary_search(&day.0).is_err();
    let due: Vec<Day> = days.iter().filter(due).collect();
    let mut changed = Vec::new();
    // The newest first: what is left of a long record follows night by night, so that nothing else waits for it.
    for day in due.into_iter().rev().take(DAYS_PER_RUN) {
        if keep(ctx, day).await? {
            changed.push(day);
        }
    }
    Ok(changed)
}

/// Counts a day and keeps it; true where it was not kept so before.
async fn keep(ctx: &Context, day: Day) -> Result<bool, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let counted = count(ctx, &mut tx, day).await?;
    let kept = call_day::find(&mut tx, &ctx.centre, day.0).await?;
    drop(tx);
    if kept.as_ref() == Some(&counted) {
        return Ok(false);
    }
    let mut tx = ctx.db.begin().await?;
    call_day::put(&mut tx, &ctx.centre, &counted, ctx.clock.now()).await?;
    tx.commit().await?;
    Ok(true)
}

/// The days before `until` that forecasts may rest on, with the events that were noted for them.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn past_days(
    ctx: &Context,
    tx: &mut Tx,
    until: Day,
    noted: &[EventDay],
) -> Result<Vec<PastDay>, ServiceError> {
    let first = until.plus(-LOOK_BACK_DAYS);
    let days = call_day::calls(tx, &ctx.centre, first.0, until.0).await?;
    let with_calls = days.into_iter().filter(|(_, calls)| calls.iter().any(|calls| *calls > 0));
    let past = with_calls.map(|(date, calls)| PastDay {
        date,
        calls: curve(&calls.0),
        events: noted.iter().filter(|event| event.day == date).filter_map(event_of).collect(),
    });
    Ok(past.collect())
}

/// The first day whose calls and events a forecast made on `today` rests on.
#[must_use]
pub fn first_day(today: Day) -> Day {
    today.plus(-LOOK_BACK_DAYS)
}

/// An event as the core knows it; `None` for a kind that a newer program wrote.
#[must_use]
pub fn event_of(noted: &EventDay) -> Option<Event> {
    let at = |index: i32| HalfHour::new(u8::try_from(index).ok()?);
    Some(Event {
        kind: EventWord::named(&noted.kind)?.kind(),
        during: HalfHours::between(at(noted.first_half_hour)?, at(noted.last_half_hour)?),
    })
}

/// Kept calls as a curve.
#[must_use]
pub fn curve<T: Copy + Default>(kept: &[T]) -> DayCurve<T> {
    DayCurve::from_fn(|half_hour| kept.get(half_hour.index()).copied().unwrap_or_default())
}

/// How long calls keep agents and callers wait, as far as enough of them is on record.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub handling: DayCurve<Handling>,
    /// `None` where too few hung up to tell.
    pub patience_s: Option<f64>,
}

/// What the 28 days before `before` say; `until_then` where they say nothing.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn measured(
    ctx: &Context,
    tx: &mut Tx,
    before: Day,
    until_then: Handling,
) -> Result<Measured, ServiceError> {
    let (first, last) = (before.plus(-MEASURED_DAYS), before.plus(-1));
    let days = call_day::between(tx, &ctx.centre, first.0, last.0).await?;
    Ok(measure(&days, until_then))
}

fn measure(days: &[CallDay], until_then: Handling) -> Measured {
    let mut whole = HandlingSums::default();
    let mut by_half_hour = DayCurve::from_fn(|_| HandlingSums::default());
    for day in days {
        for (half_hour, sums) in HalfHour::all().zip(&day.handling.0) {
            by_half_hour.get_mut(half_hour).add(*sums);
            whole.add(*sums);
        }
    }
    let mean = |us: u64, of: u64| {
        (of >= MEASURED_CALLS_MIN).then(|| (us as f64 / of as f64 / 1e6).max(1.0))
    };
    let handling = by_half_hour.map(|sums| Handling {
        talk_s: mean(sums.talked_us, sums.answered)
            .or_else(|| mean(whole.talked_us, whole.answered))
            .unwrap_or(until_then.talk_s),
        wrap_up_s: mean(sums.wrap_up_us, sums.wrap_ups)
            .or_else(|| mean(whole.wrap_up_us, whole.wrap_ups))
            .unwrap_or(until_then.wrap_up_s),
    });
    // Of an exponential patience that answers cut off, the mean is all waits by those who hung up.
    let patience_s = mean(whole.waited_us, whole.abandoned)
        .map(|patience| patience.clamp(PATIENCE_S.0, PATIENCE_S.1));
    Measured { handling, patience_s }
}

impl HandlingSums {
    const fn add(&mut self, other: Self) {
        self.answered += other.answered;
        self.talked_us += other.talked_us;
        self.wrap_ups += other.wrap_ups;
        self.wrap_up_us += other.wrap_up_us;
        self.abandoned += other.abandoned;
        self.waited_us += other.waited_us;
    }
}

fn counted(day: Day, calls: &[CountedCall], wrap_ups: &[WrapUpChange]) -> CallDay {
    let mut requests = vec![0_u32; HALF_HOURS];
    let mut handling = vec![HandlingSums::default(); HALF_HOURS];
    for call in calls {
        let at = index(day, call.rang_at);
        if let Some(requests) = requests.get_mut(at) {
            *requests += 1;
        }
        if let Some(sums) = handling.get_mut(at) {
            sums.add(sums_of(call));
        }
    }
    let mut begun: Option<&WrapUpChange> = None;
    for change in wrap_ups {
        if change.to_state == "wrap_up" {
            // What follows a call of her own outward is no handling of a citizen's call.
            begun = (change.from_state == "talking").then_some(change).or(begun);
            continue;
        }
        if let Some(start) = begun.take().filter(|start| start.agent == change.agent)
            && let Some(sums) = handling.get_mut(index(day, start.at))
        {
            sums.wrap_ups += 1;
            sums.wrap_up_us += micros(change.at.as_micros() - start.at.as_micros());
        }
    }
    CallDay { day: day.0, calls: Json(requests), handling: Json(handling) }
}

fn sums_of(call: &CountedCall) -> HandlingSums {
    let talked = call.talked_us.filter(|_| call.answered_at.is_some());
    HandlingSums {
        answered: u64::from(talked.is_some()),
        talked_us: micros(talked.unwrap_or(0)),
        abandoned: u64::from(call.outcome == Some(CallOutcome::Abandoned)),
        waited_us: micros(call.wait_us.unwrap_or(0)),
        ..HandlingSums::default()
    }
}

fn index(day: Day, at: Timestamp) -> usize {
    let index = at.since(day.start()).as_micros() / HALF_HOUR_US;
    usize::try_from(index).unwrap_or(HALF_HOURS).min(HALF_HOURS - 1)
}

fn micros(span: i64) -> u64 {
    u64::try_from(span).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use types::AgentId;

    use super::*;

    fn day() -> Day {
        "2026-02-13".parse().unwrap()
    }

    fn at(minute: u64) -> Timestamp {
        day().start() + Duration::from_secs(minute * 60)
    }

    fn answered(minute: u64, wait_s: i64, talk_s: i64) -> CountedCall {
        CountedCall {
            rang_at: at(minute),
            answered_at: Some(at(minute)),
            wait_us: Some(wait_s * 1_000_000),
            talked_us: Some(talk_s * 1_000_000),
            outcome: Some(CallOutcome::Answered),
        }
    }

    fn abandoned(minute: u64, wait_s: i64) -> CountedCall {
        CountedCall {
            answered_at: None,
            talked_us: None,
            outcome: Some(CallOutcome::Abandoned),
            ..answered(minute, wait_s, 0)
        }
    }

    fn change(agent: u128, minute: u64, from: &str, to: &str) -> WrapUpChange {
        WrapUpChange {
            agent: AgentId::from_u128(agent),
            at: at(minute),
            from_state: from.to_owned(),
            to_state: to.to_owned(),
        }
    }

    #[test]
    fn calls_and_wrap_ups_are_counted_in_the_half_hour_they_begin_in() {
        let calls = [answered(599, 10, 150), abandoned(600, 20), answered(1_439, 0, 60)];
        let changes = [
            change(1, 609, "talking", "wrap_up"),
            change(1, 611, "wrap_up", "ready"),
            change(2, 620, "outbound", "wrap_up"),
            change(2, 629, "wrap_up", "ready"),
            change(3, 1_400, "talking", "wrap_up"),
        ];
        let day = counted(day(), &calls, &changes);
        assert_eq!((day.calls[19], day.calls[20], day.calls[47]), (1, 1, 1));
        assert_eq!(day.calls.iter().sum::<u32>(), 3);
        let ten = day.handling[20];
        assert_eq!((ten.abandoned, ten.waited_us, ten.answered), (1, 20_000_000, 0));
        assert_eq!(
            (ten.wrap_ups, ten.wrap_up_us),
            (1, 120_000_000),
            "the outbound one is left out"
        );
        assert_eq!(day.handling[19].talked_us, 150_000_000);
        assert_eq!(day.handling[46].wrap_ups, 0, "a wrap-up that nobody ended is none");
    }

    #[test]
    fn means_hold_from_thirty_calls_on_and_patience_is_that_of_all_who_waited() {
        let until_then = Handling { talk_s: 150.0, wrap_up_s: 90.0 };
        let of = |calls: &[CountedCall]| measure(&[counted(day(), calls, &[])], until_then);
        let few = of(&[answered(600, 5, 200); 29]);
        assert_eq!(few.handling.get(HalfHour::FIRST).talk_s, 150.0);
        let mut calls = vec![answered(600, 5, 200); 60];
        calls.extend([answered(900, 5, 100); 29]);
        calls.extend([abandoned(600, 30); 30]);
        let many = of(&calls);
        let talk = |hour| many.handling.get(HalfHour::at(hour, 0).unwrap()).talk_s;
        assert_eq!(talk(10), 200.0);
        assert!((talk(15) - (60.0 * 200.0 + 29.0 * 100.0) / 89.0).abs() < 1e-9, "the day's mean");
        assert_eq!(many.handling.get(HalfHour::FIRST).wrap_up_s, 90.0);
        let patience = (89.0 * 5.0 + 30.0 * 30.0) / 30.0;
        assert!((many.patience_s.unwrap() - patience).abs() < 1e-9);
        assert_eq!(few.patience_s, None);
    }
}
