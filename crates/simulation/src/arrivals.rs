//! When citizens call: a steady stream, one whose rate changes by the minute, or the calls of a log.

use std::time::Duration;

use acd::Arrival;
use types::Timestamp;

use crate::draw::{Draw, Spans};

const MINUTE_S: f64 = 60.0;

/// A call of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedCall {
    pub at: Timestamp,
    /// How long the talk was; `None` where nobody talked or nobody wrote it down.
    pub talk: Option<Duration>,
}

/// The next citizen, and what is known of her; the rest is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NextCall {
    pub(crate) at: Timestamp,
    pub(crate) talk: Option<Duration>,
    pub(crate) patience: Option<Duration>,
    /// What she asks for, as a gateway once reported it; anybody, where nothing is known.
    pub(crate) asks: Option<Box<Arrival>>,
}

impl From<LoggedCall> for NextCall {
    fn from(call: LoggedCall) -> Self {
        Self { at: call.at, talk: call.talk, patience: None, asks: None }
    }
}

/// Where the next caller comes from.
#[derive(Debug)]
pub(crate) enum Arrivals {
    /// A Poisson stream of so many callers.
    Steady {
        between: Spans,
        left: u64,
    },
    Profile(Profile),
    Logged(std::vec::IntoIter<LoggedCall>),
    Recorded(std::vec::IntoIter<NextCall>),
}

/// A Poisson stream whose rate is constant within each minute.
#[derive(Debug)]
pub(crate) struct Profile {
    begins: Timestamp,
    /// Mean calls by minute since `begins`.
    per_minute: Vec<f64>,
    /// How far the stream has come, in minutes.
    minute: f64,
}

impl Arrivals {
    /// The next caller; `now` is when the last one called.
    pub(crate) fn next(&mut self, now: Timestamp, draw: &mut Draw) -> Option<NextCall> {
        let drawn = match self {
            Self::Steady { left: 0, .. } => None,
            Self::Steady { between, left } => {
                *left -= 1;
                Some(LoggedCall { at: now + draw.span(*between), talk: None })
            }
            Self::Profile(profile) => profile.next(draw),
            Self::Logged(calls) => calls.next(),
            Self::Recorded(calls) => return calls.next(),
        };
        drawn.map(NextCall::from)
    }
}

impl Profile {
    pub(crate) fn new(begins: Timestamp, per_minute: Vec<f64>) -> Self {
        Self { begins, per_minute, minute: 0.0 }
    }

    /// The time until the next call, counted in expected calls, is exponential with mean 1.
    fn next(&mut self, draw: &mut Draw) -> Option<LoggedCall> {
        let mut left = draw.exponential();
        loop {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "minutes of at most some years"
            )]
            let rate = *self.per_minute.get(self.minute as usize)?;
            let until = self.minute.floor() + 1.0;
            let expected = rate * (until - self.minute);
            if left < expected {
                self.minute += left / rate;
                let since = Duration::from_secs_f64(self.minute * MINUTE_S);
                return Some(LoggedCall { at: self.begins + since, talk: None });
            }
            left -= expected;
            self.minute = until;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_gets_the_calls_of_its_rate() {
        let begins = Timestamp::from_micros(0);
        let rates: Vec<f64> = (0..3_000).map(|minute| f64::from(minute % 3) * 2.0).collect();
        let mut profile = Profile::new(begins, rates);
        let mut draw = Draw::new(11);
        let mut counts = [0_u32; 3];
        while let Some(call) = profile.next(&mut draw) {
            counts[usize::try_from(call.at.since(begins).as_secs() / 60 % 3).unwrap()] += 1;
        }
        // 1,000 minutes of each kind: means 0, 2,000 and 4,000, deviations below 64.
        assert_eq!(counts[0], 0);
        assert!(
            (1_800..2_200).contains(&counts[1]) && (3_750..4_250).contains(&counts[2]),
            "{counts:?}"
        );
    }

    #[test]
    fn a_log_is_played_as_it_is() {
        let call = LoggedCall { at: Timestamp::from_micros(7), talk: Some(Duration::from_secs(9)) };
        let mut arrivals = Arrivals::Logged(vec![call].into_iter());
        let mut draw = Draw::new(1);
        assert_eq!(arrivals.next(Timestamp::default(), &mut draw), Some(call.into()));
        assert_eq!(arrivals.next(Timestamp::default(), &mut draw), None);
    }
}
