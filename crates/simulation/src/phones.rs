//! The legs of the one gateway: it does what it is told, at once and without a fault.

use std::collections::HashMap;

use acd::{EndCause, FailureCause, GatewayFact, Order};
use types::{CallId, LegId, Timestamp};

/// A leg, and whom it is connected with.
#[derive(Debug, Clone, Copy)]
struct Leg {
    call: CallId,
    peer: Option<LegId>,
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
        self.legs.insert(leg, Leg { call, peer: None });
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

    /// Carries an order out: what the gateway reports, and the leg that begins to ring by it.
    pub fn carry_out(
        &mut self,
        now: Timestamp,
        order: &Order,
    ) -> (Vec<GatewayFact>, Option<LegId>) {
        match *order {
            Order::Offer { call, leg, .. } => {
                self.legs.insert(leg, Leg { call, peer: None });
                self.rings(now, call, 1);
                (vec![GatewayFact::LegRinging { call, leg }], Some(leg))
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
