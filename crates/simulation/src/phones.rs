//! The legs of the one gateway: it does what it is told, at once. Its faults are told to it by the world.

use std::collections::HashMap;

use acd::{EndCause, FailureCause, GatewayFact, Order};
use types::{AgentId, CallId, LegId, Timestamp};

/// A leg, whose it is, and whom it is connected with.
#[derive(Debug, Clone, Copy)]
struct Leg {
    call: CallId,
    /// `None`: the citizen's.
    agent: Option<AgentId>,
    peer: Option<LegId>,
}

/// A phone that has begun to ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ringing {
    pub call: CallId,
    pub leg: LegId,
    pub agent: AgentId,
}

/// All legs there are.
#[derive(Debug, Default)]
pub struct Phones {
    legs: HashMap<LegId, Leg>,
    /// Ringing phones by call, and since when there have been more than one.
    ringing: HashMap<CallId, (u32, Option<Timestamp>)>,
    /// Sum of the times in which a call rang at two phones or more.
    pub double_ring_us: u64,
}

impl Phones {
    pub fn caller(&mut self, call: CallId, leg: LegId) {
        self.legs.insert(leg, Leg { call, agent: None, peer: None });
    }

    /// The call of a leg that is still there.
    pub fn call_of(&self, leg: LegId) -> Option<CallId> {
        self.legs.get(&leg).map(|leg| leg.call)
    }

    fn exists(&self, leg: LegId) -> bool {
        self.legs.contains_key(&leg)
    }

    pub fn is_connected(&self, leg: LegId) -> bool {
        self.legs.get(&leg).is_some_and(|leg| leg.peer.is_some())
    }

    /// Carries an order out: what the gateway reports, and the phone that shall ring by it.
    pub fn carry_out(
        &mut self,
        now: Timestamp,
        order: &Order,
    ) -> (Vec<GatewayFact>, Option<Ringing>) {
        match *order {
            Order::Offer { call, leg, agent, .. } => {
                self.legs.insert(leg, Leg { call, agent: Some(agent), peer: None });
                self.rings(now, call, 1);
                (Vec::new(), Some(Ringing { call, leg, agent }))
            }
            Order::Withdraw { call, leg, .. } => {
                let cause = FailureCause::Withdrawn;
                let known = self.legs.remove(&leg).is_some();
                if known {
                    self.rings(now, call, -1);
                }
                let failed = GatewayFact::LegFailed { call, leg, cause };
                (known.then_some(failed).into_iter().collect(), None)
            }
            Order::Connect { call, first, second, .. } => {
                (self.connect(now, call, first, second), None)
            }
            Order::End { leg, .. } => (self.end(leg, EndCause::Ordered), None),
            _ => (Vec::new(), None),
        }
    }

    fn connect(
        &mut self,
        now: Timestamp,
        call: CallId,
        first: LegId,
        second: LegId,
    ) -> Vec<GatewayFact> {
        if !(self.exists(first) && self.exists(second)) {
            let cause = FailureCause::UnknownTarget;
            return vec![GatewayFact::LegFailed { call, leg: second, cause }];
        }
        self.rings(now, call, -1);
        for (leg, peer) in [(first, second), (second, first)] {
            if let Some(leg) = self.legs.get_mut(&leg) {
                leg.peer = Some(peer);
            }
        }
        vec![GatewayFact::LegsConnected { call, first, second }]
    }

    /// Ends a leg, and the one it talked with.
    pub fn end(&mut self, id: LegId, cause: EndCause) -> Vec<GatewayFact> {
        let Some(leg) = self.legs.remove(&id) else { return Vec::new() };
        let mut facts = vec![GatewayFact::LegEnded { call: leg.call, leg: id, cause }];
        if let Some(peer) = leg.peer.filter(|peer| self.legs.remove(peer).is_some()) {
            let cause = EndCause::PeerHungUp;
            facts.push(GatewayFact::LegEnded { call: leg.call, leg: peer, cause });
        }
        facts
    }

    /// An agent's phone is gone for good: what it was part of fails, whoever talked with it is left alone.
    pub fn lose_phone(&mut self, now: Timestamp, agent: AgentId) -> Vec<GatewayFact> {
        let hers = |(_, leg): &(&LegId, &Leg)| leg.agent == Some(agent);
        let mut legs: Vec<LegId> = self.legs.iter().filter(hers).map(|(id, _)| *id).collect();
        legs.sort_unstable();
        legs.into_iter().filter_map(|id| self.lose_leg(now, id)).collect()
    }

    fn lose_leg(&mut self, now: Timestamp, id: LegId) -> Option<GatewayFact> {
        let Leg { call, peer, .. } = self.legs.remove(&id)?;
        let Some(peer) = peer else {
            self.rings(now, call, -1);
            return Some(GatewayFact::LegFailed {
                call,
                leg: id,
                cause: FailureCause::Unreachable,
            });
        };
        if let Some(left) = self.legs.get_mut(&peer) {
            left.peer = None;
        }
        Some(GatewayFact::LegEnded { call, leg: id, cause: EndCause::Vanished })
    }

    /// The gateway has died, and all its legs with it.
    pub fn lose_all(&mut self) {
        self.legs.clear();
        self.ringing.clear();
    }

    fn rings(&mut self, now: Timestamp, call: CallId, change: i32) {
        let (count, since) = self.ringing.entry(call).or_default();
        *count = count.saturating_add_signed(change);
        match (*count > 1, *since) {
            (true, None) => *since = Some(now),
            (false, Some(at)) => {
                self.double_ring_us += now.since(at).as_micros() as u64;
                *since = None;
            }
            _ => {}
        }
        if *count == 0 {
            self.ringing.remove(&call);
        }
    }
}
