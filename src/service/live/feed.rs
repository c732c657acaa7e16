//! One task that turns what happens into messages for pages, beside the decision path.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gateway_protocol::{Command, Event};
use serde_json::Value;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;
use types::{AgentId, CallId, SessionId, UnitCode, UserId};

use super::board;
use super::messages::{OfferMessage, RecordingFailed, offer_ended};
use super::{Audience, FloorState, RunningFloor};
use crate::acd_host::journal::EntryNumber;
use crate::acd_host::{Floor, FloorChange, OfferOrder};
use crate::bus::BusMessage;
use crate::service::call::fold::word;
use crate::service::session::SESSION_ENDED;
use crate::service::{Context, agent, call};
use crate::store::call::CallOutcome;

/// Wait before the tables are asked again for calls and figures.
const LOAD_RETRY: Duration = Duration::from_millis(50);

/// The task's belongings.
pub(super) struct Feed {
    ctx: Context,
    floor: RunningFloor,
    changes: Receiver<Arc<FloorChange>>,
    /// Calls and figures are still to be loaded from the tables.
    loading: Option<Loading>,
    /// The floor as pages were last told.
    told: Arc<Floor>,
    /// Something on the board may have changed.
    board_due: Arc<AtomicBool>,
}

/// Until the tables hold everything up to `needed`, what happens is put aside: nothing is counted
/// twice, nothing is left out.
struct Loading {
    needed: EntryNumber,
    aside: Vec<Arc<FloorChange>>,
}

impl Feed {
    /// `changes` has everything after entry `begun`.
    pub(super) fn new(
        ctx: Context,
        floor: RunningFloor,
        changes: Receiver<Arc<FloorChange>>,
        begun: EntryNumber,
    ) -> Self {
        let told = floor.handle.floor();
        let loading = Some(Loading { needed: begun, aside: Vec::new() });
        Self { ctx, floor, changes, loading, told, board_due: Arc::new(AtomicBool::new(true)) }
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut hints = self.ctx.bus.subscribe();
        let mut views = self.floor.handle.watch_floor();
        let mut loads = tokio::time::interval(LOAD_RETRY);
        loads.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let board = board::run(self.ctx.clone(), Arc::clone(&self.board_due));
        let board = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(board));
        loop {
            tokio::select! {
                () = stop.cancelled() => return drop(board),
                change = self.changes.recv() => match change {
                    Ok(change) => self.changed(change).await,
                    Err(RecvError::Lagged(missed)) => self.fell_behind(missed),
                    Err(RecvError::Closed) => return,
                },
                changed = views.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let floor = views.borrow_and_update().clone();
                    self.tell_agents(floor).await;
                }
                hint = hints.recv() => {
                    if let Ok(hint) = hint {
                        self.hinted(&hint);
                    }
                }
                _ = loads.tick(), if self.loading.is_some() => self.load().await,
            }
        }
    }

    /// Loads calls and figures once the shipper has brought the tables far enough.
    async fn load(&mut self) {
        let Some(loading) = &mut self.loading else { return };
        if self.floor.shipped.borrow().shipped < loading.needed {
            return;
        }
        let Context { db, centre, clock, .. } = &self.ctx;
        let loaded = FloorState::load(db, centre, self.floor.journal, clock.now()).await;
        match loaded {
            Ok(mut state) if state.number >= loading.needed => {
                for change in loading.aside.drain(..) {
                    state.apply(&change);
                }
                self.ctx.live.change_state(|place| *place = Some(state));
                self.loading = None;
                self.ctx.live.set_loaded();
                self.board_due.store(true, Ordering::Relaxed);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "calls and figures cannot be loaded yet"),
        }
    }

    fn fell_behind(&mut self, missed: u64) {
        tracing::warn!(missed, "the live feed fell behind: figures are loaded again");
        // The next change says how far the tables must have come.
        self.loading = Some(Loading { needed: EntryNumber(u64::MAX), aside: Vec::new() });
    }

    async fn changed(&mut self, change: Arc<FloorChange>) {
        self.board_due.store(true, Ordering::Relaxed);
        let touched = self.take_in(&change);
        for order in &change.offers {
            self.tell_offer(order);
        }
        for (_, record) in &change.records {
            if let Some((agent, message)) = offer_ended(record) {
                self.ctx.live.hub.publish("offer_ended", Audience::Agent(agent), message);
            }
        }
        for id in touched {
            self.tell_call(id).await;
        }
        self.tell_recording_failure(&change);
    }

    /// Sound is missing from a recording: whoever watches the floor must know at once.
    fn tell_recording_failure(&self, change: &FloorChange) {
        let Some(Event::RecordingFailed { call, fault, .. }) = &change.noted else { return };
        metrics::counter!("hotline_recording_failures_total", "fault" => word(fault)).increment(1);
        tracing::error!(%call, fault = word(fault), "sound is missing from a recording");
        let message = RecordingFailed { call: *call, fault: *fault };
        self.ctx.live.hub.publish("recording_failed", Audience::Floor, message);
    }

    /// Carries the change into calls and figures; says which calls changed.
    fn take_in(&mut self, change: &Arc<FloorChange>) -> Vec<CallId> {
        match &mut self.loading {
            Some(loading) => {
                if loading.aside.is_empty() && loading.needed == EntryNumber(u64::MAX) {
                    loading.needed = EntryNumber(change.number.0.saturating_sub(1));
                }
                loading.aside.push(Arc::clone(change));
                Vec::new()
            }
            None => self.ctx.live.change_state(|state| {
                state.as_mut().map(|state| state.apply(change)).unwrap_or_default()
            }),
        }
    }

    fn tell_offer(&self, order: &OfferOrder) {
        let now = self.ctx.clock.now();
        let known = self.ctx.live.with_state(|state| {
            let call = state.call(order.call)?;
            let returned = call.outcome == Some(CallOutcome::Answered);
            Some((call.rang_at, call.open_offers, returned))
        });
        let known = known.flatten();
        let message = OfferMessage {
            call: order.call,
            leg: order.leg,
            caller: order.caller.as_ref(),
            dialled: &order.dialled,
            rang_at: known.map(|(rang_at, ..)| rang_at),
            waited_ms: known.map_or(0, |(rang_at, ..)| {
                u64::try_from(now.since(rang_at).as_millis()).unwrap_or(0)
            }),
            ring_limit_ms: order.ring_limit_ms,
            auto_answer: order.auto_answer,
            second_offer: known.is_some_and(|(_, open, _)| open > 1),
            returned: known.is_some_and(|(.., returned)| returned),
        };
        self.ctx.live.hub.publish("offer", Audience::Agent(order.agent), message);
    }

    async fn tell_call(&self, id: CallId) {
        let Some(view) = call::current(&self.ctx, id).await else { return };
        let audience = match &view.agent {
            Some(agent) => Audience::AgentAndFloor(agent.id),
            None => Audience::Floor,
        };
        self.ctx.live.hub.publish("call", audience, view);
    }

    async fn tell_agents(&mut self, floor: Arc<Floor>) {
        let changed: Vec<AgentId> =
            floor.changed_agents(&self.told).map(|agent| agent.agent).collect();
        for id in changed {
            let name = self.ctx.directory.name(&self.ctx, id).await;
            let view = agent::view(&self.ctx, &floor, name).await;
            self.ctx.live.hub.publish("agent_state", Audience::AgentAndFloor(id), view);
            self.board_due.store(true, Ordering::Relaxed);
        }
        self.told = floor;
    }

    /// What other rooms tell by the bus.
    fn hinted(&self, hint: &BusMessage) {
        if hint.centre != self.ctx.centre {
            return;
        }
        let Ok(data) = serde_json::from_str::<Value>(&hint.payload) else { return };
        match hint.topic.as_str() {
            SESSION_ENDED => self.revoke(&data),
            "work_order" => {
                let unit = data.get("unit").and_then(Value::as_str);
                let unit = unit.and_then(|unit| unit.parse::<UnitCode>().ok());
                self.ctx.live.hub.publish("work_order", Audience::CentreAndUnit(unit), data);
            }
            "feedback_due" => self.ctx.live.hub.publish("feedback_due", Audience::Desk, data),
            _ => {}
        }
    }

    /// A session has ended: the softphone of its page is taken from the gateways.
    fn revoke(&self, data: &Value) {
        let id = |name: &str| data.get(name).and_then(Value::as_str);
        let user = id("user").and_then(|text| text.parse::<UserId>().ok());
        let session = id("session").and_then(|text| text.parse::<SessionId>().ok());
        if let Some(session) = session {
            self.ctx.sessions.forget(session);
        }
        if let Some(user) = user {
            let command = Command::RevokeDevice { agent: user.into(), session };
            self.floor.links.send_all(&command);
        }
    }
}
