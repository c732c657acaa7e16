//! What the controller is told: counts since this process began, the last 24 hours, who is on the line.

use std::collections::HashMap;

use acd::rates::ANSWER_TARGET_US;
use acd::{AgentStateName, BreakReason, NotReadyReason, Record};
use rate_controller::{Counters, Floor, Forecast, Situation};
use types::{CallId, Timestamp};

use super::settings::Settings;
use crate::service::Context;

/// Counts what the distributor records.
#[derive(Debug)]
pub(super) struct Counted {
    counters: Counters,
    /// Talks in microseconds whose wrap-up goes on.
    talked_us: HashMap<CallId, u64>,
}

impl Counted {
    pub(super) fn since(began_at: Timestamp) -> Self {
        let counters = Counters { began_at, ..Counters::default() };
        Self { counters, talked_us: HashMap::new() }
    }

    pub(super) fn take(&mut self, record: &Record) {
        let counters = &mut self.counters;
        match record {
            Record::CallAnswered { wait_us, .. } => {
                counters.requests += 1;
                counters.answered += 1;
                let in_time = *wait_us <= ANSWER_TARGET_US.unsigned_abs();
                counters.answered_in_time += u64::from(in_time);
                counters.waited_ms += wait_us / 1_000;
            }
            Record::CallAbandoned { waited_us, .. } => {
                counters.requests += 1;
                counters.waited_ms += waited_us / 1_000;
            }
            Record::CallEnded { call, talked_us, .. } => {
                self.talked_us.insert(*call, *talked_us);
            }
            Record::WrapUpEnded { call, lasted_us, .. } => {
                if let Some(talked_us) = self.talked_us.remove(call) {
                    counters.handled += 1;
                    counters.talk_ms += talked_us / 1_000;
                    counters.wrap_up_ms += lasted_us / 1_000;
                }
            }
            _ => {}
        }
    }

    /// Talks without a wrap-up (the agent signed out) are forgotten.
    pub(super) fn forget(&mut self, is_known: impl Fn(&CallId) -> bool) {
        self.talked_us.retain(|call, _| is_known(call));
    }
}

/// Everything of this moment; `None` until the figures have been loaded after a start.
pub(super) fn of_now(
    ctx: &Context,
    now: Timestamp,
    counted: &mut Counted,
    forecast: &Forecast,
    settings: &Settings,
) -> Option<Situation> {
    let window = ctx.live.with_state(|state| {
        counted.forget(|call| state.call(*call).is_some());
        state.rates.day(now)
    })?;
    Some(Situation {
        counters: counted.counters,
        window,
        floor: on_the_line(ctx),
        forecast: forecast.clone(),
        event_share: settings.event_share(),
        can_call_back: settings.can_call_back() && may_be_called_back(ctx, now),
    })
}

/// At night nobody is promised a call.
fn may_be_called_back(ctx: &Context, now: Timestamp) -> bool {
    ctx.floor().is_ok_and(|floor| floor.handle.floor().config.return_hours.includes(now))
}

pub(super) fn on_the_line(ctx: &Context) -> Floor {
    let mut floor = Floor::default();
    let Ok(running) = ctx.floor() else { return floor };
    for agent in running.handle.floor().view.agents.iter() {
        let on_line = is_on_line(agent.state);
        match (agent.state, agent.reserve) {
            (AgentStateName::SignedOut, _) => {}
            (_, true) => {
                floor.reserve_available += 1;
                floor.reserve_on_line += u32::from(on_line);
            }
            (state, false) => {
                floor.own += u32::from(on_line);
                floor.in_training += u32::from(is_in_training(state));
            }
        }
    }
    floor
}

/// At the callers' disposal, or with one.
const fn is_on_line(state: AgentStateName) -> bool {
    !matches!(state, AgentStateName::SignedOut | AgentStateName::NotReady { .. })
}

pub(super) const fn is_in_training(state: AgentStateName) -> bool {
    matches!(
        state,
        AgentStateName::NotReady {
            reason: NotReadyReason::Break { kind: BreakReason::Training | BreakReason::Meeting }
        }
    )
}
