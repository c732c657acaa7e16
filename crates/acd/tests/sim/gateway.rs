//! A model of a gateway: the truth about legs and phones, and how it carries orders out.

use std::collections::{BTreeMap, BTreeSet};

use acd::{
    CallSnapshot, Destination, DeviceSnapshot, EndCause, EndReason, FailureCause, GatewayFact,
    LegKind, LegSnapshot, LegState, Order,
};
use types::{AgentId, CallId, DeviceId, LegId, Timestamp};

#[derive(Debug, Clone)]
pub struct Leg {
    pub call: CallId,
    pub kind: LegKind,
    pub state: LegState,
    pub since: Timestamp,
}

#[derive(Debug, Default)]
pub struct Gateway {
    pub legs: BTreeMap<LegId, Leg>,
    /// The page that each agent has open: the newest.
    pub phones: BTreeMap<AgentId, DeviceId>,
    pub rang_at: BTreeMap<CallId, Timestamp>,
}

impl Gateway {
    pub fn obey(&mut self, now: Timestamp, order: Order) -> Vec<GatewayFact> {
        match order {
            Order::Offer { call, leg, agent, .. } => self.ring(now, call, leg, agent),
            Order::Originate { call, leg, to: Destination::Agent { agent }, .. } => {
                self.ring(now, call, leg, agent)
            }
            Order::Originate { call, leg, to: Destination::Number { number }, .. } => {
                self.add(now, call, leg, LegKind::Outbound { number });
                vec![GatewayFact::LegRinging { call, leg }]
            }
            Order::Withdraw { call, leg, .. } => match self.legs.get(&leg).map(|leg| leg.state) {
                Some(LegState::Ringing) => {
                    self.legs.remove(&leg);
                    vec![GatewayFact::LegFailed { call, leg, cause: FailureCause::Withdrawn }]
                }
                Some(_) => self.end_alone(leg, EndCause::Ordered),
                None => Vec::new(),
            },
            Order::Connect { call, first, second, .. } => self.connect(now, call, first, second),
            Order::Hold { call, leg } => self.hold(call, leg, true),
            Order::Retrieve { call, leg } => self.hold(call, leg, false),
            Order::End { call, leg, .. } if !self.legs.contains_key(&leg) => {
                vec![GatewayFact::LegFailed { call, leg, cause: FailureCause::UnknownTarget }]
            }
            Order::End { leg, reason: EndReason::AgentHungUp, .. } => {
                self.end(leg, EndCause::Ordered)
            }
            Order::End { leg, .. } => self.end_alone(leg, EndCause::Ordered),
            Order::Treat { .. } => Vec::new(),
        }
    }

    fn add(&mut self, now: Timestamp, call: CallId, leg: LegId, kind: LegKind) {
        self.legs.insert(leg, Leg { call, kind, state: LegState::Ringing, since: now });
    }

    fn ring(
        &mut self,
        now: Timestamp,
        call: CallId,
        leg: LegId,
        agent: AgentId,
    ) -> Vec<GatewayFact> {
        if !self.phones.contains_key(&agent) {
            return vec![GatewayFact::LegFailed { call, leg, cause: FailureCause::Unreachable }];
        }
        self.add(now, call, leg, LegKind::Agent { agent });
        vec![GatewayFact::LegRinging { call, leg }]
    }

    fn connect(
        &mut self,
        now: Timestamp,
        call: CallId,
        first: LegId,
        second: LegId,
    ) -> Vec<GatewayFact> {
        for leg in [first, second] {
            if !self.legs.contains_key(&leg) {
                let cause = FailureCause::UnknownTarget;
                return vec![GatewayFact::LegFailed { call, leg, cause }];
            }
        }
        if self.peer(first) == Some(second) {
            return Vec::new();
        }
        for leg in [first, second] {
            self.part(leg);
        }
        for (leg, peer) in [(first, second), (second, first)] {
            if let Some(leg) = self.legs.get_mut(&leg) {
                leg.state = LegState::Connected { peer, held: false, media_lost: false };
                leg.since = now;
            }
        }
        vec![
            GatewayFact::LegAnswered { call, leg: first },
            GatewayFact::LegsConnected { call, first, second },
        ]
    }

    fn hold(&mut self, call: CallId, leg: LegId, hold: bool) -> Vec<GatewayFact> {
        match self.legs.get_mut(&leg).map(|leg| &mut leg.state) {
            Some(LegState::Connected { held, .. }) => {
                *held = hold;
                let held = GatewayFact::LegHeld { call, leg };
                vec![if hold { held } else { GatewayFact::LegRetrieved { call, leg } }]
            }
            _ => Vec::new(),
        }
    }

    fn peer(&self, leg: LegId) -> Option<LegId> {
        match self.legs.get(&leg).map(|leg| leg.state) {
            Some(LegState::Connected { peer, .. }) => Some(peer),
            _ => None,
        }
    }

    /// Whom it was connected with waits.
    fn part(&mut self, leg: LegId) {
        if let Some(peer) = self.peer(leg).and_then(|peer| self.legs.get_mut(&peer)) {
            peer.state = LegState::Waiting;
        }
    }

    /// Ends a leg; its peer waits.
    pub fn end_alone(&mut self, id: LegId, cause: EndCause) -> Vec<GatewayFact> {
        self.part(id);
        match self.legs.remove(&id) {
            Some(leg) => vec![GatewayFact::LegEnded { call: leg.call, leg: id, cause }],
            None => Vec::new(),
        }
    }

    /// An agent's connected phone falls silent, or is back.
    pub fn silence(&mut self, id: LegId, silent: bool) -> Vec<GatewayFact> {
        let Some(leg) = self.legs.get_mut(&id) else { return Vec::new() };
        let call = leg.call;
        match &mut leg.state {
            LegState::Connected { media_lost, .. } if *media_lost != silent => {
                *media_lost = silent;
                let lost = GatewayFact::LegMediaLost { call, leg: id };
                vec![if silent { lost } else { GatewayFact::LegMediaBack { call, leg: id } }]
            }
            _ => Vec::new(),
        }
    }

    /// Ends a leg, and its peer with it.
    pub fn end(&mut self, id: LegId, cause: EndCause) -> Vec<GatewayFact> {
        let Some(leg) = self.legs.remove(&id) else { return Vec::new() };
        let mut facts = vec![GatewayFact::LegEnded { call: leg.call, leg: id, cause }];
        if let LegState::Connected { peer, .. } = leg.state
            && let Some(other) = self.legs.remove(&peer)
        {
            let cause = EndCause::PeerHungUp;
            facts.push(GatewayFact::LegEnded { call: other.call, leg: peer, cause });
        }
        facts
    }

    pub fn answer(&mut self, now: Timestamp, id: LegId) -> Vec<GatewayFact> {
        match self.legs.get_mut(&id) {
            Some(leg) if leg.state == LegState::Ringing => {
                leg.state = LegState::Waiting;
                leg.since = now;
                vec![GatewayFact::LegAnswered { call: leg.call, leg: id }]
            }
            _ => Vec::new(),
        }
    }

    pub fn refuse(&mut self, id: LegId, cause: FailureCause) -> Vec<GatewayFact> {
        match self.legs.remove(&id) {
            Some(leg) => vec![GatewayFact::LegFailed { call: leg.call, leg: id, cause }],
            None => Vec::new(),
        }
    }

    pub fn pick(&self, draw: u64, wanted: impl Fn(&Leg) -> bool) -> Option<LegId> {
        let found: Vec<LegId> =
            self.legs.iter().filter(|(_, leg)| wanted(leg)).map(|(id, _)| *id).collect();
        let index = usize::try_from(draw).unwrap_or(0).checked_rem(found.len())?;
        found.get(index).copied()
    }

    pub fn snapshot(&self, at: Timestamp) -> (Vec<CallSnapshot>, Vec<DeviceSnapshot>) {
        let mut calls: BTreeMap<CallId, CallSnapshot> = BTreeMap::new();
        for (id, leg) in &self.legs {
            let entry = calls.entry(leg.call).or_insert_with(|| CallSnapshot {
                call: leg.call,
                caller: "13800000000".parse().ok(),
                dialled: "12345".to_owned(),
                skills: BTreeSet::new(),
                priority: 5,
                rang_at: self.rang_at.get(&leg.call).copied(),
                legs: Vec::new(),
                routing: acd::Routing::default(),
            });
            entry.legs.push(LegSnapshot {
                leg: *id,
                kind: leg.kind.clone(),
                state: leg.state,
                since: leg.since,
            });
        }
        let devices = self.phones.iter().map(|(agent, device)| DeviceSnapshot {
            agent: *agent,
            device: *device,
            proved_at: Some(at),
        });
        (calls.into_values().collect(), devices.collect())
    }
}
