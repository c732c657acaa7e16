//! The supervisors' board.

use acd::{AgentStateName, BreachCause};
use serde::Serialize;
use types::{CallId, Phone, Timestamp};
use utoipa::ToSchema;

use super::figures::{Figures, K1, K2a, K2b, midnight_before};
use super::k12::{self, K12};
use crate::service::agent::AgentName;
use crate::service::call::fold::word_of_tagged;
use crate::service::call::guard_word;
use crate::service::work_order::{self, FeedbackToday, OrdersToday};
use crate::service::{Context, ServiceError};
use crate::store;
use crate::store::call::{Call, CallOutcome};

/// Most breaches shown of a day.
const BREACHES_LEN_MAX: i64 = 200;

/// Everything a leader looks at.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Board {
    pub at: Timestamp,
    pub k1: K1,
    pub k2a: K2a,
    pub k2b: K2b,
    pub k12: K12,
    pub waiting: Vec<WaitingCall>,
    pub agents: AgentCounts,
    pub breaches_today: Vec<Breach>,
    pub orders: OrdersToday,
    pub feedback: FeedbackToday,
}

/// Somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WaitingCall {
    pub call: CallId,
    /// Masked: who waits is nobody's to ring from the board.
    pub caller: Option<String>,
    pub waited_ms: u64,
    pub rang_at: Timestamp,
    /// `none second_agent reserve`
    pub guard: &'static str,
    /// Was answered and lost the agent: served before everybody else.
    pub returned: bool,
}

/// Agents by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentCounts {
    pub offline: u64,
    pub not_ready: u64,
    pub ready: u64,
    pub ringing: u64,
    pub talking: u64,
    pub wrap_up: u64,
    pub outbound: u64,
}

/// A call that waited longer than the target, or was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Breach {
    pub call: CallId,
    pub rang_at: Timestamp,
    pub wait_ms: i64,
    pub outcome: Option<CallOutcome>,
    /// The first cause of a wait beyond the target, in one word: `nobody_ready agent_did_not_answer agent_refused agent_withdrew
    /// device_failed bridge_failed preferred_busy`; of who was lost without one, how: `hung_up vanished fault gateway_lost
    /// queue_full repaired`; empty where neither was found.
    pub cause: String,
    /// All causes, in Chinese.
    pub detail: String,
}

/// The board as it is now.
///
/// # Errors
/// [`ServiceError::Away`] until calls and figures have been loaded after a start.
pub async fn board(ctx: &Context) -> Result<Board, ServiceError> {
    let now = ctx.clock.now();
    let figures = figures(ctx, now)?;
    let floor = ctx.floor()?.handle.floor();
    let orders = work_order::board(ctx).await?;
    let waiting = floor.view.waiting.iter().map(|call| WaitingCall {
        call: call.call,
        caller: call.caller.as_ref().map(Phone::masked),
        waited_ms: u64::try_from(now.since(call.ring_started).as_millis()).unwrap_or(0),
        rang_at: call.rang_at,
        guard: guard_word(call.step),
        returned: call.returned,
    });
    Ok(Board {
        at: now,
        k1: figures.k1,
        k2a: figures.k2a,
        k2b: figures.k2b,
        k12: k12::today(ctx, now).await?,
        waiting: waiting.collect(),
        agents: AgentCounts::of(floor.view.agents.iter().map(|agent| agent.state)),
        breaches_today: breaches(ctx, now).await?,
        orders: orders.orders,
        feedback: orders.feedback,
    })
}

/// The figures by the live counters.
pub(super) fn figures(ctx: &Context, now: Timestamp) -> Result<Figures, ServiceError> {
    let figures = ctx.live.with_state(|state| Figures::live(&state.rates, now));
    figures.ok_or_else(|| ServiceError::Away("话务数据正在载入，请稍候。".to_owned()))
}

/// Puts the floor into the metrics; once a second.
pub fn measure(ctx: &Context) {
    let Ok(floor) = ctx.floor() else { return };
    let view = &floor.handle.floor().view;
    let counts = AgentCounts::of(view.agents.iter().map(|agent| agent.state));
    for (state, count) in counts.named() {
        metrics::gauge!("hotline_agents", "state" => state).set(count as f64);
    }
    metrics::gauge!("hotline_calls_waiting").set(view.waiting.len() as f64);
    metrics::gauge!("hotline_calls_talking").set(view.talking.len() as f64);
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    metrics::gauge!("hotline_tasks").set(tasks as f64);
    for link in floor.links.status() {
        metrics::gauge!("hotline_gateway_commands_open", "gateway" => link.gateway.to_string())
            .set(link.commands_open as f64);
    }
}

impl AgentCounts {
    fn of(states: impl Iterator<Item = AgentStateName>) -> Self {
        let mut counts = Self::default();
        for state in states {
            let count = match state {
                AgentStateName::SignedOut => &mut counts.offline,
                AgentStateName::NotReady { .. } | AgentStateName::Warned => &mut counts.not_ready,
                AgentStateName::Ready => &mut counts.ready,
                AgentStateName::Offered => &mut counts.ringing,
                AgentStateName::Talking => &mut counts.talking,
                AgentStateName::Outbound => &mut counts.outbound,
                AgentStateName::WrapUp => &mut counts.wrap_up,
            };
            *count += 1;
        }
        counts
    }

    const fn named(self) -> [(&'static str, u64); 7] {
        [
            ("offline", self.offline),
            ("not_ready", self.not_ready),
            ("ready", self.ready),
            ("ringing", self.ringing),
            ("talking", self.talking),
            ("wrap_up", self.wrap_up),
            ("outbound", self.outbound),
        ]
    }
}

async fn breaches(ctx: &Context, now: Timestamp) -> Result<Vec<Breach>, ServiceError> {
    let since = midnight_before(now);
    let mut tx = ctx.db.read().await?;
    let calls = store::call::breaches(&mut tx, &ctx.centre, since, BREACHES_LEN_MAX).await?;
    drop(tx);
    let mut breaches = Vec::with_capacity(calls.len());
    for call in calls {
        breaches.push(breach(ctx, call).await);
    }
    Ok(breaches)
}

async fn breach(ctx: &Context, call: Call) -> Breach {
    let causes = call.breach.map(|causes| causes.0).unwrap_or_default();
    let mut details = Vec::with_capacity(causes.len());
    for cause in &causes {
        details.push(cause_text(ctx, cause).await);
    }
    // Who was lost within the target has no cause of a long wait: how she was lost stands in its place.
    let lost = call.end_cause.filter(|_| call.outcome == Some(CallOutcome::Abandoned));
    let first = causes.first().map(|cause| word_of_tagged(cause, "cause"));
    Breach {
        call: call.id,
        rang_at: call.rang_at,
        wait_ms: call.wait_us.unwrap_or(0) / 1_000,
        outcome: call.outcome,
        cause: first.or(lost).unwrap_or_default(),
        detail: details.join("；"),
    }
}

async fn cause_text(ctx: &Context, cause: &BreachCause) -> String {
    match cause {
        BreachCause::NobodyReady { for_us } => {
            format!("{} 秒内没有空闲座席", seconds(*for_us))
        }
        BreachCause::AgentDidNotAnswer { agent, rang_for_us } => {
            let AgentName { name, .. } = ctx.directory.name(ctx, *agent).await;
            format!("{name}振铃 {} 秒未接", seconds(*rang_for_us))
        }
        BreachCause::AgentRefused { agent } => {
            format!("{}拒接", ctx.directory.name(ctx, *agent).await.name)
        }
        BreachCause::AgentWithdrew { agent } => {
            format!("{}振铃时转为示忙", ctx.directory.name(ctx, *agent).await.name)
        }
        BreachCause::DeviceFailed { agent } => {
            let AgentName { name, neighbour, .. } = ctx.directory.name(ctx, *agent).await;
            if neighbour {
                format!("{name}呼叫不通")
            } else {
                format!("{name}的软电话无法振铃")
            }
        }
        BreachCause::BridgeFailed { agent } => {
            format!("与{}的通话接续失败", ctx.directory.name(ctx, *agent).await.name)
        }
        BreachCause::PreferredBusy { agent, for_us } => {
            let AgentName { name, .. } = ctx.directory.name(ctx, *agent).await;
            format!("等候熟悉情况的座席{name} {} 秒", seconds(*for_us))
        }
    }
}

/// The span as people say it: a phone that rang for 9.0004 s rang for nine seconds. No cause lasts for none.
fn seconds(us: u64) -> u64 {
    (us.saturating_add(500_000) / 1_000_000).max(1)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn a_span_is_told_by_its_nearest_second() {
        assert_eq!(seconds(9_000_400), 9);
        assert_eq!(seconds(16_999_000), 17);
        assert_eq!(seconds(9_500_000), 10);
        assert_eq!(seconds(40_000), 1);
    }
}
