//! What each caller of one queue must expect at one moment.
//!
//! The rates of a [`Line`] are those of a moment; a wait meets many. For every place they are averaged over the wait that
//! they lead to: callers ahead grow older, and others of them give up then (`hang_ups`). From a certain age of the ring the
//! reserve helps, and who of it is free takes the first callers at once. To the turn comes the ring of the phone, whose spread matters to those in front (`pick_up`).

use super::hang_ups::HangUps;
use super::pick_up::PickUpPoints;
use super::{Line, NoExpectation, Sums, Wait, quantile};

/// Every place up to this one is computed; behind it every one that is a quarter farther, and a line joins them.
const EVERY_PLACE: usize = 12;
/// Rates lead to a wait, and that to other rates: after so many rounds neither moves any more.
const ROUNDS: usize = 4;

/// One queue at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QueueNow<'a> {
    /// Agents on the line who take its calls whenever they are free.
    pub agents: u32,
    /// Agents on the line who help callers that have waited for `reserve_after_s`.
    pub reserve: u32,
    pub reserve_after_s: f64,
    /// Of `reserve`, how many are free.
    pub reserve_ready: usize,
    /// Of `agents`, how many are free.
    pub ready: usize,
    /// How long each caller has waited, in seconds, the next one to be served first.
    pub waited_s: &'a [f64],
}

/// What expectations are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expectation<'a> {
    pub(super) queue: QueueNow<'a>,
    /// Seconds of an agent per call.
    pub(super) busy_s: f64,
    pub(super) hang_ups: &'a HangUps,
    pub(super) pick_up: PickUpPoints,
}

impl Expectation<'_> {
    /// Until somebody speaks, by place.
    pub(super) fn waits(&self) -> Result<Vec<Wait>, NoExpectation> {
        let places = self.queue.waited_s.len();
        let ready = self.queue.ready.min(places);
        let last = places - ready;
        let mut waits = vec![self.pick_up.wait(); ready];
        let (mut from, mut mean_s, mut near) = (0, 0.0, self.pick_up.wait());
        while from < last {
            let to = if from < EVERY_PLACE { from + 1 } else { from + from / 4 }.min(last);
            let line = self.line(ready, to, mean_s)?;
            let sums = line.sums(to);
            let far = self.far(line, ready, to, &sums, near);
            let mut joined = line.sums(from);
            let start = joined.mean;
            waits.extend((from..to).map(|before| {
                let reached = joined.with(line.rate(before)).mean;
                near.towards(far, (reached - start) / (sums.mean - start))
            }));
            (from, mean_s, near) = (to, sums.mean, far);
        }
        Ok(waits)
    }

    /// The line that the one at `place` behind the first `ready` meets on average; `guess_s` is a mean wait of somebody
    /// not far before her.
    fn line(&self, ready: usize, place: usize, guess_s: f64) -> Result<Line, NoExpectation> {
        let ages = self.queue.waited_s.get(ready..ready + place).unwrap_or_default();
        let QueueNow { agents, reserve, reserve_ready, .. } = self.queue;
        let busy = reserve.saturating_sub(u32::try_from(reserve_ready).unwrap_or(u32::MAX));
        let (without, with) = (f64::from(agents), f64::from(agents.saturating_add(busy)));
        let mut wait_s = guess_s;
        let mut line = Line::of_rates(without / self.busy_s, self.hang_up_rate(ages, wait_s))?;
        for _ in 0..ROUNDS {
            wait_s = line.sums(place).mean;
            let share = self.share_with_reserve(ages, wait_s);
            let there = without + share * (with - without);
            line = Line::of_rates(there / self.busy_s, self.hang_up_rate(ages, wait_s))?;
        }
        Ok(line)
    }

    /// Hang-ups per caller and second of those ahead of the last of `ages`, each while she is still ahead.
    fn hang_up_rate(&self, ages: &[f64], wait_s: f64) -> f64 {
        let ahead = ages.len().saturating_sub(1).max(1);
        // The first of all is gone first: each waits for her part of the wait, and a moment at least.
        let spans =
            ages.iter().take(ahead).zip(1..).map(|(age_s, nth)| {
                (age_s, (wait_s * f64::from(nth) / ages.len() as f64).max(1e-3))
            });
        let (hung_up, waited_s) = spans.fold((0.0, 0.0), |(hung_up, waited_s), (age_s, span_s)| {
            (hung_up + self.hang_ups.expected(*age_s, span_s), waited_s + span_s)
        });
        hung_up / waited_s
    }

    /// Share of the wait in which whoever is then the first has waited long enough for the reserve.
    fn share_with_reserve(&self, ages: &[f64], wait_s: f64) -> f64 {
        let QueueNow { reserve, reserve_after_s, .. } = self.queue;
        let parts = ages.len().max(1) as f64;
        let helped = ages.iter().zip(1..).filter(|(age_s, nth)| {
            *age_s + wait_s * (f64::from(*nth) - 0.5) / parts >= reserve_after_s
        });
        if reserve == 0 { 0.0 } else { helped.count() as f64 / parts }
    }

    /// The figures of the one at `place` behind the first `ready`: those of her turn and the ring after it.
    fn far(&self, line: Line, ready: usize, place: usize, sums: &Sums, near: Wait) -> Wait {
        let QueueNow { waited_s, reserve_after_s, reserve_ready, .. } = self.queue;
        // By then everybody before her has been offered to the free ones of the reserve, as she is now.
        let waited_s = waited_s.get(ready + place - 1).copied().unwrap_or_default();
        let helped_s = (reserve_after_s - waited_s).max(0.0);
        let turn = |t_s: f64| match t_s {
            t_s if t_s <= 0.0 => (1.0, 0.0),
            t_s if t_s < helped_s => line.tail(place, t_s),
            t_s => line.tail(place.saturating_sub(reserve_ready), t_s),
        };
        let rings = self.pick_up.spans_s;
        let tail = |t_s: f64| {
            let parts = rings.iter().map(|ring_s| turn(t_s - ring_s));
            let sum = parts.fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
            (sum.0 / rings.len() as f64, sum.1 / rings.len() as f64)
        };
        let high = sums.high().max(helped_s) + self.pick_up.longest_s();
        let guess = sums.mean + self.pick_up.mean_s();
        // Nobody behind waits for less.
        let of = |share, low: f64| quantile(tail, share, low, high.max(low), guess);
        Wait { middle_s: of(0.5, near.middle_s), late_s: of(0.8, near.late_s) }
    }
}
