//! Tells waiting callers their place and how long it takes (R23).
//!
//! Owns: the measured pace of the floor, whose turn it is to be told. The expectation is `staffing`'s; the distributor
//! makes prompts of it, and tells nobody a worse one than before.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use acd::{Announcement, Record, View};
use simulation::waits::doing;
use staffing::{FloorPace, Pace, Wait};
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
    let mut pace = FloorPace::new(prior(&ctx.config.staffing));
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            change = changes.recv() => match change {
                Ok(change) => note(&mut pace, &change),
                // A pace that missed some calls is about what it was.
                Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "calls were not measured"),
                Err(RecvError::Closed) => return,
            },
            _ = looks.tick() => tell(&ctx, &floor, pace.pace()).await,
        }
    }
}

fn prior(staffing: &Staffing) -> Pace {
    let handling_s = f64::from(staffing.talk_s) + f64::from(staffing.wrap_up_s);
    Pace::new(handling_s, f64::from(staffing.patience_s), RING_S)
}

fn note(pace: &mut FloorPace, change: &FloorChange) {
    // Some records carry the gateway's time: spans are measured by the distributor's alone.
    let at = change.at;
    for (_, record) in &change.records {
        match record {
            Record::OfferMade { call, .. } => pace.offered(at, *call),
            Record::CallAnswered { call, wait_us, .. } => pace.answered(at, *call, *wait_us),
            Record::CallAbandoned { call, waited_us, .. } => pace.gave_up(*call, *waited_us),
            Record::AgentStateChanged { agent, to, .. } => pace.agent_is(at, *agent, doing(*to)),
            _ => {}
        }
    }
}

async fn tell(ctx: &Context, floor: &RunningFloor, pace: &Pace) {
    if !floor.links.owns() {
        return;
    }
    let now = ctx.clock.now();
    let seen: Arc<Floor> = floor.handle.floor();
    for (call, announcement) in due(&seen, pace, now) {
        if floor.handle.announce(call, announcement).await.is_err() {
            // It stops.
            return;
        }
    }
}

/// Who is to be told something now, and what.
fn due(floor: &Floor, pace: &Pace, now: Timestamp) -> Vec<(CallId, Announcement)> {
    let waiting = floor.view.waiting.iter();
    let due = waiting.filter(|waiting| waiting.announcement_is_due(now, &floor.config));
    let due: Vec<CallId> = due.take(TOLD_OF_LOOK).map(|waiting| waiting.call).collect();
    if due.is_empty() {
        return Vec::new();
    }
    let expected = expected(&floor.view, pace);
    due.into_iter().filter_map(|call| Some((call, *expected.get(&call)?))).collect()
}

/// What everybody in a queue must expect. A queue that nobody works is told nothing.
fn expected(view: &View, pace: &Pace) -> HashMap<CallId, Announcement> {
    let mut expected = HashMap::new();
    for queue in view.queues() {
        let Ok(line) = pace.line(queue.agents) else { continue };
        let ready = usize::try_from(queue.ready).unwrap_or(usize::MAX);
        let waits = line.waits(ready, queue.waiting.len());
        for ((ahead, call), wait) in (0..).zip(queue.waiting).zip(waits) {
            expected.insert(call, announcement(ahead, pace.until_answer(wait)));
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
