//! Tells waiting callers their place and how long it takes (R23).
//!
//! Owns: the measured pace of the floor, whose turn it is to be told. The expectation is `staffing`'s; the distributor
//! makes prompts of it, and tells nobody a worse one than before.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use acd::{Announcement, Record};
use simulation::waits::doing;
use staffing::{FloorWaits, Pace, QueueNow, Wait};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use types::{CallId, Timestamp};

use super::Context;
use super::live::RunningFloor;
use crate::acd_host::{Floor, FloorChange};
use crate::config::Staffing;

/// How often it is looked who is to be told.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Most callers told in one look: the others hear it a second later, and decisions are not held up.
const TOLD_OF_LOOK: usize = 50;
/// From offer to answer, seconds, until enough of both have been seen.
const RING_S: f64 = 3.0;

/// Runs until `stop`; tells where this node owns the centre.
pub(super) async fn keep(ctx: Context, floor: RunningFloor, stop: CancellationToken) {
    let mut changes = floor.handle.changes();
    let mut waits = FloorWaits::new(prior(&ctx.config.staffing));
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            change = changes.recv() => match change {
                Ok(change) => note(&mut waits, &change),
                // A pace that missed some calls is about what it was.
                Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "calls were not measured"),
                Err(RecvError::Closed) => return,
            },
            _ = looks.tick() => tell(&ctx, &floor, &mut waits).await,
        }
    }
}

fn prior(staffing: &Staffing) -> Pace {
    let handling_s = f64::from(staffing.talk_s) + f64::from(staffing.wrap_up_s);
    Pace::new(handling_s, f64::from(staffing.patience_s), RING_S)
}

fn note(waits: &mut FloorWaits, change: &FloorChange) {
    // Some records carry the gateway's time: spans are measured by the distributor's alone.
    let at = change.at;
    for (_, record) in &change.records {
        match record {
            Record::OfferMade { call, .. } => waits.offered(at, *call),
            Record::CallAnswered { call, wait_us, .. } => {
                waits.answered(at, *call, *wait_us);
            }
            Record::CallAbandoned { call, waited_us, .. } => {
                waits.gave_up(at, *call, *waited_us);
            }
            Record::AgentStateChanged { agent, to, .. } => waits.agent_is(at, *agent, doing(*to)),
            _ => {}
        }
    }
}

async fn tell(ctx: &Context, floor: &RunningFloor, waits: &mut FloorWaits) {
    if !floor.links.owns() {
        return;
    }
    let now = ctx.clock.now();
    let seen: Arc<Floor> = floor.handle.floor();
    // Everybody's wait is expected, told or not: what comes of it is learned from.
    let expected = expected(&seen, waits, now);
    for (call, announcement) in due(&seen, &expected, now) {
        if floor.handle.announce(call, announcement).await.is_err() {
            // It stops.
            return;
        }
    }
}

/// Who is to be told something now, and what.
fn due(
    floor: &Floor,
    expected: &HashMap<CallId, Announcement>,
    now: Timestamp,
) -> Vec<(CallId, Announcement)> {
    let waiting = floor.view.waiting.iter();
    let due = waiting.filter(|waiting| waiting.announcement_is_due(now, &floor.config));
    let due = due.filter_map(|waiting| Some((waiting.call, *expected.get(&waiting.call)?)));
    due.take(TOLD_OF_LOOK).collect()
}

/// What everybody in a queue must expect. A queue that nobody works is told nothing.
fn expected(
    floor: &Floor,
    waits: &mut FloorWaits,
    now: Timestamp,
) -> HashMap<CallId, Announcement> {
    let reserve_after_s = Duration::from_millis(floor.config.reserve_after_ms).as_secs_f64();
    let mut expected = HashMap::new();
    for queue in floor.view.queues() {
        let waited_s: Vec<f64> =
            queue.since.iter().map(|since| now.since(*since).as_secs_f64()).collect();
        let queue_now = QueueNow {
            agents: queue.agents,
            reserve: queue.reserve,
            reserve_after_s,
            reserve_ready: usize::try_from(queue.reserve_ready).unwrap_or(usize::MAX),
            ready: usize::try_from(queue.ready).unwrap_or(usize::MAX),
            waited_s: &waited_s,
        };
        let Ok(expectations) = waits.look(now, &queue.waiting, queue_now) else { continue };
        for ((ahead, call), wait) in (0..).zip(queue.waiting).zip(expectations) {
            expected.insert(call, announcement(ahead, wait));
        }
    }
    expected
}

fn announcement(ahead: u32, wait: Wait) -> Announcement {
    Announcement { ahead, middle_ms: millis(wait.middle_s), late_ms: millis(wait.late_s) }
}

/// A wait beyond what can be told is a long one all the same.
fn millis(seconds: f64) -> u64 {
    Duration::try_from_secs_f64(seconds)
        .map_or(u64::MAX, |span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}
