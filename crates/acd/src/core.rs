//! The core itself: its state, the one mutation, the deadlines. What each fact means stands in the
//! modules beside this one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, GatewayId, LegId, Timestamp};

use crate::agent::{Agent, AgentState, Agents, Choice, micros};
use crate::board::Board;
use crate::call::{Call, Inbound, Outbound};
use crate::config::{Config, millis};
use crate::effect::{Effect, Order};
use crate::ended::EndedCalls;
use crate::farewell::Farewell;
use crate::index::{ReadyIndex, WaitingIndex};
use crate::input::{GatewayFact, Input};
use crate::promises::Promises;
use crate::record::{NotReadyReason, Record, StateCause};
use crate::redial::LeftPlaces;
use crate::screening::{ScreenList, ScreenedCall};
use crate::timers::{Timer, Timers};

/// Turns of one `expire` after which it stops and lets the next tick go on: a bound, never met.
const EXPIRE_MAX: usize = 100_000;

/// A deadline that is looked at this much later was slept through.
const OVERSLEPT: Duration = Duration::from_secs(1);

/// The distributor of one centre.
///
/// Serialising it gives its snapshot; deserialising restores it, indexes and all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Acd {
    pub(crate) config: Config,
    pub(crate) now: Timestamp,
    pub(crate) legs_made: u64,
    pub(crate) agents: Agents,
    pub(crate) calls: BTreeMap<CallId, Call>,
    /// Whether each gateway is in reach.
    pub(crate) gateways: BTreeMap<GatewayId, bool>,
    /// Those that are about to stop.
    pub(crate) draining: BTreeSet<GatewayId>,
    pub(crate) ended: EndedCalls,
    /// Places in the queue whose citizens are to be called back.
    pub(crate) promises: Promises,
    /// Legs that hear a last prompt.
    pub(crate) farewells: BTreeMap<CallId, Farewell>,
    /// Places of callers who have just hung up.
    pub(crate) left_places: LeftPlaces,
    pub(crate) screen_list: ScreenList,
    /// Screened callers who hear the prompt.
    pub(crate) screened: BTreeMap<CallId, ScreenedCall>,
    pub(crate) counts: Counts,
    /// The last day that has begun ([`Input::NewDay`]).
    pub(crate) day: u32,
    pub(crate) timers: Timers,
    pub(crate) ready: ReadyIndex,
    /// Agents whose phones ring as one more, and can be had by who has none.
    pub(crate) lent: ReadyIndex,
    pub(crate) waiting: WaitingIndex,
    out: Vec<Effect>,
    pub(crate) touched_agents: BTreeSet<AgentId>,
    pub(crate) touched_calls: BTreeSet<CallId>,
    pub(crate) board: Board,
}

/// Inbound calls since the beginning. Each record moves exactly one of them by one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub arrived: u64,
    pub answered: u64,
    pub abandoned: u64,
    pub ended: u64,
}

impl Counts {
    /// Waiting, or about to be connected.
    #[must_use]
    pub const fn unresolved(self) -> u64 {
        self.arrived.saturating_sub(self.answered).saturating_sub(self.abandoned)
    }

    /// Talking, or waiting again after a talk that lost its agent.
    #[must_use]
    pub const fn talking(self) -> u64 {
        self.answered.saturating_sub(self.ended)
    }
}

/// What a snapshot keeps: everything that cannot be derived.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    config: Config,
    now: Timestamp,
    legs_made: u64,
    agents: Agents,
    calls: BTreeMap<CallId, Call>,
    gateways: BTreeMap<GatewayId, bool>,
    #[serde(default)]
    draining: BTreeSet<GatewayId>,
    ended: EndedCalls,
    #[serde(default)]
    promises: Promises,
    #[serde(default)]
    farewells: BTreeMap<CallId, Farewell>,
    #[serde(default)]
    left_places: LeftPlaces,
    #[serde(default)]
    screen_list: ScreenList,
    #[serde(default)]
    screened: BTreeMap<CallId, ScreenedCall>,
    counts: Counts,
    #[serde(default)]
    day: u32,
    timers: Timers,
}

impl From<Acd> for Kept {
    fn from(acd: Acd) -> Self {
        Self {
            config: acd.config,
            now: acd.now,
            legs_made: acd.legs_made,
            agents: acd.agents,
            calls: acd.calls,
            gateways: acd.gateways,
            draining: acd.draining,
            ended: acd.ended,
            promises: acd.promises,
            farewells: acd.farewells,
            left_places: acd.left_places,
            screen_list: acd.screen_list,
            screened: acd.screened,
            counts: acd.counts,
            day: acd.day,
            timers: acd.timers,
        }
    }
}

impl From<Kept> for Acd {
    fn from(kept: Kept) -> Self {
        let mut acd = Self::new(kept.config);
        acd.now = kept.now;
        acd.legs_made = kept.legs_made;
        acd.agents = kept.agents;
        acd.agents.values_mut().for_each(Agent::complete);
        acd.calls = kept.calls;
        acd.gateways = kept.gateways;
        acd.draining = kept.draining;
        acd.ended = kept.ended;
        acd.promises = kept.promises;
        acd.farewells = kept.farewells;
        acd.left_places = kept.left_places;
        acd.screen_list = kept.screen_list;
        acd.screened = kept.screened;
        acd.counts = kept.counts;
        acd.day = kept.day;
        acd.timers = kept.timers;
        acd.rebuild_indexes();
        acd
    }
}

impl Default for Acd {
    fn default() -> Self {
        Self::new(Config::default())
    }
}

impl Acd {
    /// An empty floor. The host sends `Input::Configure` first all the same, so that the journal
    /// is complete.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let config = config.within_bounds();
        Self {
            ready: ReadyIndex::ordered_by(config.merits()),
            lent: ReadyIndex::ordered_by(config.merits()),
            config,
            now: Timestamp::default(),
            legs_made: 0,
            agents: BTreeMap::new(),
            calls: BTreeMap::new(),
            gateways: BTreeMap::new(),
            draining: BTreeSet::new(),
            ended: EndedCalls::default(),
            promises: Promises::default(),
            farewells: BTreeMap::new(),
            left_places: LeftPlaces::default(),
            screen_list: ScreenList::new(),
            screened: BTreeMap::new(),
            counts: Counts::default(),
            day: 0,
            timers: Timers::default(),
            waiting: WaitingIndex::default(),
            out: Vec::new(),
            touched_agents: BTreeSet::new(),
            touched_calls: BTreeSet::new(),
            board: Board::default(),
        }
    }

    /// Takes one fact in at `now` and gives back what follows. A `now` before the last one counts
    /// as the last one. Never panics, whatever the input.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Effect> {
        self.now = self.now.max(now);
        self.ended.forget_until(self.now);
        self.left_places.forget_until(self.now);
        self.expire();
        self.apply(input);
        self.expire();
        self.match_calls();
        self.treat_unoffered();
        self.check_touched();
        std::mem::take(&mut self.out)
    }

    /// When the host must send `Input::Tick` at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    /// Inbound calls since the beginning.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The last day that has begun ([`Input::NewDay`]).
    #[must_use]
    pub const fn day(&self) -> u32 {
        self.day
    }

    /// The configuration in force.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    fn apply(&mut self, input: Input) {
        match input {
            Input::Configure { config } => self.configure(*config),
            Input::Gateway { gateway, at, fact } => self.gateway_fact(gateway, at, fact),
            Input::GatewayLost { gateway } => self.gateway_lost(&gateway),
            Input::GatewaySnapshot { gateway, at, calls, devices, draining } => {
                self.set_draining(&gateway, draining);
                self.gateway_snapshot(&gateway, at, calls, &devices);
            }
            Input::Agent { agent, request, command } => self.agent_asks(agent, request, command),
            Input::NewDay { day } => self.new_day(day),
            Input::ScreeningList { numbers } => self.set_screen_list(numbers),
            Input::Announce { call, announcement } => self.announce(call, announcement),
            Input::Tick => {}
        }
    }

    /// Effective at once, without touching a call or a state (R20).
    fn configure(&mut self, config: Config) {
        let ceiling_before = self.config.occupancy;
        let had_lines = !self.config.lines.is_empty();
        self.config = config.within_bounds();
        if had_lines || !self.config.lines.is_empty() {
            self.set_lines();
        }
        self.order_by_strategies();
        if self.config.occupancy != ceiling_before {
            self.judge_everybody();
        }
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for call in calls {
            self.plan_guard(call);
            self.plan_callback_offer(call);
            self.reindex_call(call);
        }
        self.plan_promises();
    }

    fn gateway_fact(&mut self, gateway: GatewayId, at: Timestamp, fact: GatewayFact) {
        if !self.gateways.contains_key(&gateway) {
            self.gateways.insert(gateway.clone(), true);
            self.reindex_lines_of(&gateway);
        }
        match fact {
            GatewayFact::CallArrived(arrival) => self.call_arrived(gateway, arrival),
            GatewayFact::LegRinging { call, leg } => self.leg_ringing(call, leg),
            GatewayFact::LegAnswered { call, leg } => self.leg_answered(&gateway, call, leg),
            GatewayFact::LegsConnected { call, first, second } => {
                self.legs_connected(at, call, first, second);
            }
            GatewayFact::LegFailed { call, leg, cause } => self.leg_failed(at, call, leg, cause),
            GatewayFact::LegEnded { call, leg, cause } => self.leg_ended(at, call, leg, cause),
            GatewayFact::LegHeld { call, leg } => self.leg_held(at, call, leg, true),
            GatewayFact::LegRetrieved { call, leg } => self.leg_held(at, call, leg, false),
            GatewayFact::DeviceRegistered { agent, device } => {
                self.device_registered(&gateway, at, agent, device);
            }
            GatewayFact::DeviceLost { agent, device } => {
                self.device_lost(&gateway, at, agent, device);
            }
            GatewayFact::DeviceProved { agent, device, outcome } => {
                self.device_proved(&gateway, at, agent, device, outcome);
            }
            GatewayFact::LegMediaLost { call, leg } => self.leg_media(at, call, leg, true),
            GatewayFact::LegMediaBack { call, leg } => self.leg_media(at, call, leg, false),
            GatewayFact::DigitPressed { call, leg, digit } => {
                self.digit_pressed(&gateway, at, (call, leg), digit);
            }
            GatewayFact::Draining => self.set_draining(&gateway, true),
        }
    }

    fn expire(&mut self) {
        for _ in 0..EXPIRE_MAX {
            let Some((due, timer)) = self.timers.pop_due(self.now) else { return };
            if timer.waits_for_gateway() && self.overslept(due) {
                self.timers.set(timer, self.now + millis(self.config.gateway_grace_ms));
                continue;
            }
            match timer {
                Timer::Lapse(call, leg) => self.offer_lapsed(call, leg),
                Timer::Guard(call) => self.guard_step(call),
                Timer::Music(call) => self.treat(call),
                Timer::Connect(call) => self.connect_timed_out(call),
                Timer::HangUp(call) => self.hang_up_timed_out(call),
                Timer::MediaReturn(call) => self.media_stays_away(call, due),
                Timer::Outbound(call) => self.outbound_timed_out(call),
                Timer::Warning(agent) => self.rest(agent, StateCause::WarningOver),
                Timer::WrapUp(agent) => self.rest(agent, StateCause::WrapUpOver),
                Timer::Device(agent) => self.device_stays_away(agent),
                Timer::Gateway(gateway) => self.gateway_stays_away(&gateway),
                Timer::Tier(call) => self.tier_opens(call),
                Timer::Preferred(call) => self.preferred_stays_away(call),
                Timer::MicroBreak(agent) => self.micro_break_over(agent),
                Timer::Tired(agent) => self.tired_no_more(agent),
                Timer::CallbackOffer(call) => self.offer_callback(call),
                Timer::Promise(call) => self.promise_due(call),
                Timer::Farewell(call) => self.farewell_over(call),
                Timer::Screened(call) => self.screened_over(call),
            }
        }
    }

    /// Whether a deadline is looked at so late that the core was not there: it does not know yet what the gateway has to
    /// tell, for that lies in the inbox of whoever restarts or stood still.
    pub(crate) fn overslept(&self, due: Timestamp) -> bool {
        self.now > due + OVERSLEPT
    }

    // --- what every module says ---------------------------------------------------------------

    pub(crate) fn order(&mut self, gateway: &GatewayId, order: Order) {
        self.out.push(Effect::Order { gateway: gateway.clone(), order });
    }

    /// The citizen's leg and the agent's hear each other; recorded where the centre wants it.
    pub(crate) fn order_connection(
        &mut self,
        gateway: &GatewayId,
        call: CallId,
        [first, second]: [LegId; 2],
        notice: Vec<String>,
    ) {
        let record = self.config.record;
        self.order(gateway, Order::Connect { call, first, second, record, notice });
    }

    /// Records with the core's own clock.
    pub(crate) fn record(&mut self, record: Record) {
        self.record_at(self.now, record);
    }

    pub(crate) fn record_at(&mut self, at: Timestamp, record: Record) {
        self.out.push(Effect::Record { at, record });
    }

    pub(crate) fn emit(&mut self, effect: Effect) {
        self.out.push(effect);
    }

    pub(crate) fn new_leg(&mut self) -> LegId {
        self.legs_made += 1;
        LegId::derived(self.config.epoch, self.legs_made)
    }

    pub(crate) fn inbound(&self, call: CallId) -> Option<&Inbound> {
        match self.calls.get(&call) {
            Some(Call::Inbound(inbound)) => Some(inbound),
            _ => None,
        }
    }

    pub(crate) fn inbound_mut(&mut self, call: CallId) -> Option<&mut Inbound> {
        match self.calls.get_mut(&call) {
            Some(Call::Inbound(inbound)) => Some(inbound),
            _ => None,
        }
    }

    pub(crate) fn outbound(&self, call: CallId) -> Option<&Outbound> {
        match self.calls.get(&call) {
            Some(Call::Outbound(outbound)) => Some(outbound),
            _ => None,
        }
    }

    pub(crate) fn knows_leg(&self, call: CallId, leg: LegId) -> bool {
        self.calls.get(&call).is_some_and(|call| call.has_leg(leg))
    }

    /// Moves an agent to another state, with everything that hangs on it: her idle clock, her
    /// timers, the index of ready agents, the records.
    pub(crate) fn move_agent(&mut self, id: AgentId, to: AgentState, cause: StateCause) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let (from, since) = (agent.state, agent.since);
        if from == to {
            return;
        }
        agent.idle_us = agent.idle_at(now);
        agent.state = to;
        if from.name() != to.name() {
            agent.since = now;
        }
        self.timers.cancel(&Timer::Warning(id));
        self.timers.cancel(&Timer::WrapUp(id));
        match to {
            AgentState::Warned { until } => self.timers.set(Timer::Warning(id), until),
            AgentState::WrapUp { until, .. } => self.timers.set(Timer::WrapUp(id), until),
            _ => {}
        }
        if from.name() != to.name() {
            self.note_work(id, from, since);
            self.record_move(id, from, since, to, cause);
        }
        self.reindex_agent(id);
    }

    fn record_move(
        &mut self,
        agent: AgentId,
        from: AgentState,
        since: Timestamp,
        to: AgentState,
        cause: StateCause,
    ) {
        if self.line(agent).is_some() {
            return;
        }
        if let AgentState::WrapUp { call, .. } = from {
            let lasted_us = micros(self.now, since);
            self.record(Record::WrapUpEnded { agent, call, lasted_us });
        }
        self.record(Record::AgentStateChanged { agent, from: from.name(), to: to.name(), cause });
        if let AgentState::WrapUp { call, .. } = to {
            self.record(Record::WrapUpStarted { agent, call });
        }
    }

    /// Her call, offer, warning or wrap-up is over: she goes where she chose last, by way of the micro-break that she has
    /// earned.
    pub(crate) fn rest(&mut self, id: AgentId, cause: StateCause) {
        if self.takes_micro_break(id, cause) {
            return;
        }
        if let Some(choice) = self.agents.get(&id).map(|agent| agent.afterwards) {
            self.move_agent(id, choice.state(), cause);
        }
    }

    /// Makes an agent Not-Ready now and for afterwards.
    pub(crate) fn stand_down(&mut self, id: AgentId, reason: NotReadyReason, cause: StateCause) {
        if self.line_pauses(id, cause) {
            return;
        }
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.afterwards = Choice::NotReady { reason };
            self.move_agent(id, AgentState::NotReady { reason }, cause);
            self.wait_no_more_for(id);
        }
    }

    /// Her talk is over: wrap-up, unless she signs out.
    pub(crate) fn wrap_up(&mut self, id: AgentId, call: CallId) {
        if self.line(id).is_some() {
            return self.rest(id, StateCause::CallEnded);
        }
        let until = self.now + millis(self.config.wrap_up_ms);
        match self.agents.get(&id).map(|agent| agent.afterwards) {
            Some(Choice::SignedOut) => {
                self.move_agent(id, AgentState::SignedOut, StateCause::CallEnded);
            }
            Some(_) => {
                let state = AgentState::WrapUp { call, until, extensions: 0 };
                self.move_agent(id, state, StateCause::CallEnded);
            }
            None => {}
        }
    }

    /// The agent as an entry that exists: phones may register before their agent signs in.
    pub(crate) fn agent_entry(&mut self, id: AgentId) -> &mut Agent {
        let now = self.now;
        self.agents.entry(id).or_insert_with(|| Agent::signed_out(now))
    }
}
