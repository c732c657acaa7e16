//! What became of each call, and the delays that follow from it. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::clock::MS_NS;
use crate::stats::Summary;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Answered, and we hung up.
    Talked,
    /// Answered, and the other side hung up.
    HungUpOn,
    /// Not answered in time.
    GaveUp,
    /// A final answer of 300 or more.
    Refused(u16),
    /// Nobody spoke for 32 s.
    Silence,
}

/// One call as its caller saw it; monotonic nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallTimes {
    pub number: u64,
    pub invited_ns: Option<u64>,
    pub ringing_ns: Option<u64>,
    pub answered_ns: Option<u64>,
    pub hung_up_ns: Option<u64>,
    pub ended_ns: Option<u64>,
    pub ending: Option<Ending>,
}

impl CallTimes {
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self {
            number,
            invited_ns: None,
            ringing_ns: None,
            answered_ns: None,
            hung_up_ns: None,
            ended_ns: None,
            ending: None,
        }
    }
}

/// What a phone saw: an INVITE for a caller, or the end of a call it had answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhoneEvent {
    pub phone: u32,
    pub at_ns: u64,
    pub what: PhoneFact,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneFact {
    /// The number in From; `None` where it is no number.
    Offered {
        caller: Option<u64>,
    },
    Freed,
}

/// How many calls ended in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub calls: usize,
    pub answered: usize,
    pub gave_up: usize,
    pub refused: usize,
    pub silent: usize,
    /// Answered, but not ended by us in good order.
    pub hung_up_on: usize,
}

impl Counts {
    #[must_use]
    pub fn of(calls: &[CallTimes]) -> Self {
        let ended = |want: fn(Ending) -> bool| {
            calls.iter().filter(|call| call.ending.is_some_and(want)).count()
        };
        Self {
            calls: calls.len(),
            answered: calls.iter().filter(|call| call.answered_ns.is_some()).count(),
            gave_up: ended(|ending| ending == Ending::GaveUp),
            refused: ended(|ending| matches!(ending, Ending::Refused(_))),
            silent: ended(|ending| ending == Ending::Silence),
            hung_up_on: ended(|ending| ending == Ending::HungUpOn),
        }
    }
}

/// Delays of a queue, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Delays {
    /// The caller's INVITE sent to the first INVITE at an agent's phone for that caller.
    pub offer_ms: Option<Summary>,
    /// The caller's INVITE sent to its 200.
    pub answer_ms: Option<Summary>,
    /// The end of a talk at an agent's phone to the next INVITE at it, for a caller who had been
    /// waiting when the talk ended.
    pub next_offer_ms: Option<Summary>,
    /// INVITE to the first 180 or 183.
    pub ringing_ms: Option<Summary>,
}

impl Delays {
    #[must_use]
    pub fn of(calls: &[CallTimes], events: &[PhoneEvent]) -> Self {
        let invited: BTreeMap<u64, u64> =
            calls.iter().filter_map(|call| Some((call.number, call.invited_ns?))).collect();
        let since_invite = |at: fn(&CallTimes) -> Option<u64>| {
            let delay = |call: &CallTimes| Some(ms(at(call)?.checked_sub(call.invited_ns?)?));
            Summary::of(calls.iter().filter_map(delay).collect())
        };
        Self {
            offer_ms: Summary::of(offer_delays(&invited, events)),
            answer_ms: since_invite(|call| call.answered_ns),
            next_offer_ms: Summary::of(next_offer_delays(&invited, events)),
            ringing_ms: since_invite(|call| call.ringing_ns),
        }
    }
}

/// Milliseconds of nanoseconds.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "spans of some hours at most")]
pub fn ms(ns: u64) -> f64 {
    ns as f64 / MS_NS as f64
}

fn offer_delays(invited: &BTreeMap<u64, u64>, events: &[PhoneEvent]) -> Vec<f64> {
    let mut first: BTreeMap<u64, u64> = BTreeMap::new();
    for event in events {
        if let PhoneFact::Offered { caller: Some(caller) } = event.what {
            let at = first.entry(caller).or_insert(event.at_ns);
            *at = (*at).min(event.at_ns);
        }
    }
    let delay = |(caller, at): (u64, u64)| Some(ms(at.checked_sub(*invited.get(&caller)?)?));
    first.into_iter().filter_map(delay).collect()
}

fn next_offer_delays(invited: &BTreeMap<u64, u64>, events: &[PhoneEvent]) -> Vec<f64> {
    let mut freed: BTreeMap<u32, u64> = BTreeMap::new();
    let mut delays = Vec::new();
    for event in events {
        match event.what {
            PhoneFact::Freed => {
                freed.insert(event.phone, event.at_ns);
            }
            PhoneFact::Offered { caller } => {
                let Some(at) = freed.remove(&event.phone) else { continue };
                let was_waiting =
                    caller.and_then(|c| invited.get(&c)).is_some_and(|since| *since < at);
                if was_waiting {
                    delays.push(ms(event.at_ns.saturating_sub(at)));
                }
            }
        }
    }
    delays
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: u64, invited_ms: u64, answered_ms: Option<u64>) -> CallTimes {
        let mut call = CallTimes::new(number);
        call.invited_ns = Some(invited_ms * MS_NS);
        call.answered_ns = answered_ms.map(|at| at * MS_NS);
        call.ending = Some(if answered_ms.is_some() { Ending::Talked } else { Ending::GaveUp });
        call
    }

    fn offered(phone: u32, caller: u64, at_ms: u64) -> PhoneEvent {
        let what = PhoneFact::Offered { caller: Some(caller) };
        PhoneEvent { phone, at_ns: at_ms * MS_NS, what }
    }

    fn freed(phone: u32, at_ms: u64) -> PhoneEvent {
        PhoneEvent { phone, at_ns: at_ms * MS_NS, what: PhoneFact::Freed }
    }

    #[test]
    fn the_first_offer_of_a_caller_counts() {
        let calls = [call(1, 100, Some(2_000))];
        let events = [offered(5, 1, 130), offered(6, 1, 8_100)];
        let offer = Delays::of(&calls, &events).offer_ms.unwrap();
        assert_eq!((offer.n, offer.p50), (1, 30.0));
    }

    #[test]
    fn a_freed_agent_counts_only_when_the_next_caller_had_been_waiting() {
        let calls = [call(1, 100, None), call(2, 5_000, None), call(3, 9_000, None)];
        let events = [
            freed(5, 4_000),
            offered(5, 1, 4_020),
            freed(5, 6_000),
            offered(5, 3, 9_001),
            freed(6, 7_000),
            offered(6, 2, 7_040),
        ];
        let next = Delays::of(&calls, &events).next_offer_ms.unwrap();
        assert_eq!((next.n, next.p50, next.max), (2, 20.0, 40.0));
    }

    #[test]
    fn calls_are_counted_by_their_ending() {
        let counts = Counts::of(&[call(1, 0, Some(1)), call(2, 0, None)]);
        assert_eq!((counts.calls, counts.answered, counts.gave_up), (2, 1, 1));
    }
}
