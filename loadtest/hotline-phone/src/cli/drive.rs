//! Drives one call by its limits: when to give up, press digits, hang up. The same for callers,
//! called phones and swarms.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::output;
use crate::clock::{self, Instant};
use crate::phone::call::{Call, CallEvent};
use crate::report::CallReport;

/// What ends a call from our side. `None`: never.
#[derive(Debug, Clone, Default)]
pub(super) struct Limits {
    /// Gives up when not answered by then.
    pub ring: Option<Duration>,
    /// Hangs up this long after the answer.
    pub talk: Option<Duration>,
    /// Hangs up this long after the clip has been said.
    pub after_say: Option<Duration>,
    /// Gives up this long after the start, answered or not.
    pub total: Option<Duration>,
    pub digits: Vec<char>,
    pub digits_delay: Duration,
    /// Prints each event.
    pub talkative: bool,
}

/// Follows the call to its end.
pub(super) async fn drive(mut call: Call, limits: Limits, stop: &CancellationToken) -> CallReport {
    let start = clock::now();
    let mut hang_up_at: Option<Instant> = earliest(limits.ring, limits.total, start);
    let mut digits_at: Option<Instant> = None;
    let mut hung_up = false;
    loop {
        let wake_at = [hang_up_at.filter(|_| !hung_up), digits_at].into_iter().flatten().min();
        let wake = async {
            match wake_at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = call.next_event() => {
                let Some(event) = event else { return call.finish().await };
                if limits.talkative {
                    output::event(&event);
                }
                let now = clock::now();
                match event {
                    CallEvent::Answered => {
                        hang_up_at = [limits.talk.map(|d| now + d), limits.total.map(|d| start + d)].into_iter().flatten().min();
                        digits_at = (!limits.digits.is_empty()).then(|| now + limits.digits_delay);
                    }
                    CallEvent::SayFinished => {
                        let after = limits.after_say.map(|d| now + d);
                        hang_up_at = [hang_up_at, after].into_iter().flatten().min();
                    }
                    _ => {}
                }
            }
            () = wake => {
                let now = clock::now();
                if digits_at.is_some_and(|at| at <= now) {
                    digits_at = None;
                    for digit in &limits.digits {
                        call.send_digit(*digit).await;
                    }
                }
                if !hung_up && hang_up_at.is_some_and(|at| at <= now) {
                    hung_up = true;
                    call.hangup().await;
                }
            }
            () = stop.cancelled(), if !hung_up => {
                hung_up = true;
                call.hangup().await;
            }
        }
    }
}

fn earliest(one: Option<Duration>, other: Option<Duration>, start: Instant) -> Option<Instant> {
    [one, other].into_iter().flatten().min().map(|limit| start + limit)
}
