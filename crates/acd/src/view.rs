//! What the live pages show of the core at one moment. A projection: nothing here decides.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, DeviceId, GatewayId, LegId, Phone, SkillCode, Timestamp};

use crate::agent::{Agent, AgentState};
use crate::announcement::Heard;
use crate::blocks::{Blocks, Keyed};
use crate::call::{Call, Inbound, InboundState, Offer, Outbound, Stage, Talk};
use crate::core::Acd;
use crate::index::Place;
use crate::input::{DialPurpose, Routing};
use crate::promises::Promise;
use crate::record::{AgentStateName, GuardStep, NotReadyReason};
use crate::skills::SkillLevels;
use crate::tiers::Tier;
use crate::timers::Timer;

/// All of the floor. Times are the core's clock, except where a field says the gateway's. Cheap to copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    pub now: Timestamp,
    /// In the order of their ids.
    pub agents: Blocks<AgentView>,
    /// In the order in which they are served.
    pub waiting: Blocks<WaitingView>,
    /// In the order of calls, then legs; the others in the order of calls.
    pub offers: Blocks<OfferView>,
    pub talking: Blocks<TalkingView>,
    pub outbound: Blocks<OutboundView>,
    /// Promised calls back, in the order of the calls that were promised them.
    pub queue_callbacks: Vec<QueueCallbackView>,
    pub gateways: Vec<GatewayView>,
}

/// What one call shows of itself.
#[derive(Debug, Default)]
pub(crate) struct CallViews {
    pub(crate) waiting: Option<WaitingView>,
    pub(crate) offers: Vec<OfferView>,
    pub(crate) talking: Option<TalkingView>,
    pub(crate) outbound: Option<OutboundView>,
}

impl View {
    pub(crate) fn add(&mut self, call: CallViews) {
        let CallViews { waiting, offers, talking, outbound } = call;
        waiting.into_iter().for_each(|one| self.waiting.put(one));
        offers.into_iter().for_each(|one| self.offers.put(one));
        talking.into_iter().for_each(|one| self.talking.put(one));
        outbound.into_iter().for_each(|one| self.outbound.put(one));
    }
}

impl WaitingView {
    pub(crate) const fn place(&self) -> Place {
        let Self { call, class, counts_from, returned, .. } = self;
        Place { newcomer: !*returned, class: *class, counts_from: *counts_from, call: *call }
    }
}

impl QueueCallbackView {
    pub(crate) const fn place(&self) -> Place {
        let Self { call, class, counts_from, .. } = self;
        Place { newcomer: true, class: *class, counts_from: *counts_from, call: *call }
    }
}

impl Keyed for AgentView {
    type Key = AgentId;

    fn key(&self) -> AgentId {
        self.agent
    }
}

impl Keyed for WaitingView {
    type Key = Place;

    fn key(&self) -> Place {
        self.place()
    }
}

impl Keyed for OfferView {
    type Key = (CallId, LegId);

    fn key(&self) -> (CallId, LegId) {
        (self.call, self.leg)
    }
}

impl Keyed for TalkingView {
    type Key = CallId;

    fn key(&self) -> CallId {
        self.call
    }
}

impl Keyed for OutboundView {
    type Key = CallId;

    fn key(&self) -> CallId {
        self.call
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentView {
    pub agent: AgentId,
    pub state: AgentStateName,
    /// Since when she is in this state.
    pub since: Timestamp,
    pub skills: Arc<BTreeSet<SkillCode>>,
    /// How well she has each.
    #[serde(default)]
    pub levels: Arc<SkillLevels>,
    pub reserve: bool,
    #[serde(default)]
    pub tier: Tier,
    /// Calls taken today.
    #[serde(default)]
    pub calls_today: u32,
    /// Above the occupancy ceiling: passed over while others are ready.
    #[serde(default)]
    pub tired: bool,
    /// Her phone is asked to answer at once.
    #[serde(default)]
    pub auto_answer: bool,
    /// The call and leg she holds.
    pub call: Option<CallId>,
    pub leg: Option<LegId>,
    /// End of a wrap-up, of a warning or of a micro-break.
    pub until: Option<Timestamp>,
    /// A registered, proved phone on a gateway that is in reach.
    pub reachable: bool,
    pub device: Option<DeviceId>,
    /// What she has chosen for after the call.
    pub afterwards: AgentStateName,
    /// Time in Ready since her last offered call.
    pub idle_us: u64,
    /// She talks, and nothing comes from her phone: the citizen hears music and waits for her.
    #[serde(default)]
    pub media_lost: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingView {
    pub call: CallId,
    pub gateway: GatewayId,
    pub caller: Option<Phone>,
    pub dialled: String,
    pub skills: BTreeSet<SkillCode>,
    pub priority: u8,
    /// By the gateway's clock.
    pub rang_at: Timestamp,
    /// The ring by which it stands in the queue: its own, or that of the earlier call of who redialled.
    #[serde(default)]
    pub place_at: Timestamp,
    /// Its own ring by the core's clock: `now - ring_started` is the wait so far.
    pub ring_started: Timestamp,
    pub offers: u32,
    /// An agent has answered, the bridge is being made.
    pub connecting: bool,
    /// The last step of the 15-second guard and the next one with its time.
    pub step: GuardStep,
    pub next_step: Option<(GuardStep, Timestamp)>,
    /// Talked already and lost the agent: waits before everybody else, since `ring_started`.
    #[serde(default)]
    pub returned: bool,
    #[serde(default)]
    pub routing: Routing,
    /// Its rank by the rules of its queue: class, lowest first, then the moment from which its wait counts.
    #[serde(default)]
    pub class: u8,
    #[serde(default)]
    pub counts_from: Timestamp,
    /// The preferred agent, while nobody else is asked.
    #[serde(default)]
    pub waits_for: Option<AgentId>,
    #[serde(default)]
    pub heard: Heard,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferView {
    pub call: CallId,
    pub leg: LegId,
    pub agent: AgentId,
    pub since: Timestamp,
    pub lapses_at: Timestamp,
    pub ringing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkingView {
    pub call: CallId,
    pub agent: AgentId,
    pub caller: Option<Phone>,
    pub dialled: String,
    pub caller_leg: LegId,
    pub agent_leg: LegId,
    pub since: Timestamp,
    pub held: bool,
    /// Nothing comes from the agent's phone.
    #[serde(default)]
    pub media_lost: bool,
    /// Another phone of hers rings to take its place.
    #[serde(default)]
    pub rejoining: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboundView {
    pub call: CallId,
    pub agent: AgentId,
    pub number: Phone,
    pub purpose: DialPurpose,
    pub stage: OutboundStageName,
    pub since: Timestamp,
    /// Nothing comes from the clerk's phone.
    #[serde(default)]
    pub media_lost: bool,
}

/// A promised call back (`queue_callback`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueCallbackView {
    /// The call that was promised it.
    pub call: CallId,
    pub gateway: GatewayId,
    pub caller: Phone,
    pub dialled: String,
    pub skills: BTreeSet<SkillCode>,
    pub priority: u8,
    /// The ring by which it stands in the queue, by the gateway's clock.
    pub place_at: Timestamp,
    /// Its rank by the rules of its queue: class, lowest first, then the moment from which its wait counts.
    #[serde(default)]
    pub class: u8,
    #[serde(default)]
    pub counts_from: Timestamp,
    pub promised_at: Timestamp,
    pub expires_at: Timestamp,
    /// Nobody is offered it before this.
    pub not_before: Timestamp,
    /// Times the number has been dialled.
    pub attempts: u32,
    /// An agent's phone rings for it, or the citizen's.
    pub dialling: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboundStageName {
    /// The clerk's own phone rings.
    OwnPhone,
    Dialling,
    Connecting,
    Talking,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayView {
    pub gateway: GatewayId,
    pub connected: bool,
}

impl Acd {
    /// The floor at this moment, made anew. Costs O(n log n): the live pages get [`Acd::show`].
    #[must_use]
    pub fn view(&self) -> View {
        let mut view = View {
            now: self.now,
            queue_callbacks: self.queue_callback_views(),
            gateways: self.gateway_views(),
            ..View::default()
        };
        let agents = self.agents.keys().filter_map(|agent| self.agent_view(*agent));
        agents.for_each(|agent| view.agents.put(agent));
        self.calls.keys().for_each(|call| view.add(self.call_views(*call)));
        view
    }

    pub(crate) fn gateway_views(&self) -> Vec<GatewayView> {
        let view = |(gateway, connected): (&GatewayId, &bool)| GatewayView {
            gateway: gateway.clone(),
            connected: *connected,
        };
        self.gateways.iter().map(view).collect()
    }

    pub(crate) fn queue_callback_views(&self) -> Vec<QueueCallbackView> {
        let view = |(call, promise): (CallId, &Promise)| {
            let Place { class, counts_from, .. } = self.promise_place(call, promise);
            QueueCallbackView {
                call,
                class,
                counts_from,
                gateway: promise.gateway.clone(),
                caller: promise.caller.clone(),
                dialled: promise.dialled.clone(),
                skills: promise.skills.clone(),
                priority: promise.priority,
                place_at: promise.place_at,
                promised_at: promise.promised_at,
                expires_at: promise.expires_at,
                not_before: promise.not_before,
                attempts: promise.attempts,
                dialling: promise.dialling.is_some(),
            }
        };
        self.promises.iter().map(view).collect()
    }

    /// One agent; `None` if the core has never heard of her, and for a line.
    #[must_use]
    pub fn agent_view(&self, id: AgentId) -> Option<AgentView> {
        let agent = self.agents.get(&id).filter(|agent| agent.line.is_none())?;
        let reachable = agent.reachable(&self.gateways);
        let call = match agent.state {
            AgentState::WrapUp { call, .. } => Some(call),
            state => state.lease().map(|(call, _)| call),
        };
        Some(AgentView {
            agent: id,
            state: agent.state.name(),
            since: agent.since,
            skills: Arc::clone(&agent.skills),
            levels: Arc::clone(&agent.levels),
            reserve: agent.reserve,
            tier: agent.tier(),
            calls_today: agent.strain.calls_today,
            tired: agent.strain.tired_until.is_some(),
            auto_answer: agent.auto_answer,
            call,
            leg: agent.state.lease().map(|(_, leg)| leg),
            until: self.until(id, agent),
            reachable: reachable.is_some(),
            device: reachable.map(|(_, device)| device),
            afterwards: agent.afterwards.state().name(),
            idle_us: agent.idle_at(self.now),
            media_lost: agent.state.lease().is_some_and(|(call, _)| self.media_is_lost(call)),
        })
    }

    fn until(&self, id: AgentId, agent: &Agent) -> Option<Timestamp> {
        match agent.state {
            AgentState::NotReady { reason: NotReadyReason::MicroBreak } => {
                self.timers.get(&Timer::MicroBreak(id))
            }
            state => state.until(),
        }
    }

    pub(crate) fn call_views(&self, call: CallId) -> CallViews {
        match self.calls.get(&call) {
            Some(Call::Inbound(inbound)) => self.inbound_views(call, inbound),
            Some(Call::Outbound(outbound)) => {
                CallViews { outbound: Some(outbound_view(call, outbound)), ..CallViews::default() }
            }
            None => CallViews::default(),
        }
    }

    fn inbound_views(&self, call: CallId, inbound: &Inbound) -> CallViews {
        match &inbound.state {
            InboundState::Waiting { offers, .. } => CallViews {
                waiting: Some(self.waiting_view(call, inbound, offers.len())),
                offers: offers.iter().map(|(leg, of)| self.offer_view(call, *leg, of)).collect(),
                ..CallViews::default()
            },
            InboundState::Connecting { .. } => CallViews {
                waiting: Some(self.waiting_view(call, inbound, 0)),
                ..CallViews::default()
            },
            InboundState::Talking(talk) => CallViews {
                talking: Some(talking_view(call, inbound, talk)),
                ..CallViews::default()
            },
        }
    }

    fn offer_view(&self, call: CallId, leg: LegId, offer: &Offer) -> OfferView {
        OfferView {
            call,
            leg,
            agent: offer.agent,
            since: offer.since,
            lapses_at: self.timers.get(&Timer::Lapse(call, leg)).unwrap_or(offer.since),
            ringing: offer.ringing,
        }
    }

    fn waiting_view(&self, call: CallId, inbound: &Inbound, offers: usize) -> WaitingView {
        let place = self.place(call, inbound);
        WaitingView {
            call,
            gateway: inbound.gateway.clone(),
            caller: inbound.caller.clone(),
            dialled: inbound.dialled.clone(),
            skills: inbound.skills.clone(),
            priority: inbound.priority,
            rang_at: inbound.rang_at,
            place_at: inbound.place_at(),
            ring_started: inbound.ring_started,
            offers: u32::try_from(offers).unwrap_or(u32::MAX),
            connecting: matches!(inbound.state, InboundState::Connecting { .. }),
            step: inbound.step,
            next_step: self.next_step(call),
            returned: inbound.returned.is_some(),
            routing: inbound.routing.clone(),
            class: place.class,
            counts_from: place.counts_from,
            waits_for: inbound.waits_for,
            heard: inbound.heard,
        }
    }
}

fn talking_view(call: CallId, inbound: &Inbound, talk: &Talk) -> TalkingView {
    TalkingView {
        call,
        agent: talk.agent,
        caller: inbound.caller.clone(),
        dialled: inbound.dialled.clone(),
        caller_leg: inbound.leg,
        agent_leg: talk.leg,
        since: talk.since,
        held: talk.held,
        media_lost: talk.media_lost_since.is_some(),
        rejoining: talk.resume.is_some(),
    }
}

fn outbound_view(call: CallId, outbound: &Outbound) -> OutboundView {
    OutboundView {
        call,
        agent: outbound.agent,
        number: outbound.number.clone(),
        purpose: outbound.purpose,
        stage: match outbound.stage {
            Stage::OwnPhone => OutboundStageName::OwnPhone,
            Stage::Dialling { .. } => OutboundStageName::Dialling,
            Stage::Connecting { .. } => OutboundStageName::Connecting,
            Stage::Talking { .. } => OutboundStageName::Talking,
        },
        since: outbound.since,
        media_lost: matches!(outbound.stage, Stage::Talking { media_lost_since: Some(_), .. }),
    }
}
