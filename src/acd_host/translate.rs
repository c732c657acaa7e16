//! Between the words of the call-control link and the words of the distributor.
//!
//! Owns: that every word of one has its word in the other; what a dialled number asks for; that a caller's number has
//! one spelling from here on. Must not
//! do: decide.

mod orders;

use std::collections::{BTreeMap, BTreeSet};

use acd::{Arrival, GatewayFact, Input, Routing, SkillLevels};
use gateway_protocol as link;
use types::{GatewayId, Phone, QueueCode, SkillCode};

use super::callers::KnownCallers;
pub use orders::command_of;

/// What callers of one dialled number ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NumberRoute {
    /// An agent must have all of them.
    pub skills: BTreeSet<SkillCode>,
    /// 0 is served first.
    pub priority: u8,
    /// Whose rules hold; `None`: the default queue's.
    pub queue: Option<QueueCode>,
    /// The least level of a skill; one that is not named: any.
    pub min_levels: SkillLevels,
}

impl NumberRoute {
    fn routing(&self) -> Routing {
        let (queue, min_levels) = (self.queue.clone(), self.min_levels.clone());
        Routing { queue, min_levels, ..Routing::default() }
    }
}

/// By dialled number; a number that is not named asks for any agent at priority 0.
pub type NumberRoutes = BTreeMap<String, NumberRoute>;

/// How a call is routed: what is known of the dialled number, and of who calls.
#[derive(Debug, Clone, Copy)]
pub struct Guide<'a> {
    pub routes: &'a NumberRoutes,
    pub callers: &'a KnownCallers,
}

impl Guide<'_> {
    fn route(&self, dialled: &str) -> NumberRoute {
        self.routes.get(dialled).cloned().unwrap_or_default()
    }
}

/// The distributor's input for an event, or `None` for what it has no use for (recordings).
#[must_use]
pub fn input_of(
    gateway: &GatewayId,
    event: &link::NumberedEvent,
    guide: &Guide<'_>,
) -> Option<Input> {
    let fact = fact_of(event, guide)?;
    Some(Input::Gateway { gateway: gateway.clone(), at: event.at, fact })
}

fn fact_of(event: &link::NumberedEvent, guide: &Guide<'_>) -> Option<GatewayFact> {
    use link::Event as E;
    Some(match event.event.clone() {
        E::CallArrived { .. } => GatewayFact::CallArrived(arrival_of(event, guide)?),
        E::LegRinging { call, leg } => GatewayFact::LegRinging { call, leg },
        E::LegAnswered { call, leg } => GatewayFact::LegAnswered { call, leg },
        E::LegsConnected { call, first, second } => {
            GatewayFact::LegsConnected { call, first, second }
        }
        E::LegFailed { call, leg, cause, .. } => {
            GatewayFact::LegFailed { call, leg, cause: failure_of(cause) }
        }
        E::LegEnded { call, leg, cause } => {
            GatewayFact::LegEnded { call, leg, cause: end_of(cause) }
        }
        E::LegHeld { call, leg } => GatewayFact::LegHeld { call, leg },
        E::LegRetrieved { call, leg } => GatewayFact::LegRetrieved { call, leg },
        E::DeviceRegistered { agent, device, .. } => {
            GatewayFact::DeviceRegistered { agent, device }
        }
        E::DeviceLost { agent, device, .. } => GatewayFact::DeviceLost { agent, device },
        E::DeviceProved { agent, device, outcome } => {
            GatewayFact::DeviceProved { agent, device, outcome: proof_of(outcome) }
        }
        E::LegMediaLost { call, leg } => GatewayFact::LegMediaLost { call, leg },
        E::LegMediaBack { call, leg } => GatewayFact::LegMediaBack { call, leg },
        E::GatewayDraining { .. } => GatewayFact::Draining,
        E::Digit { call, leg, digit } => GatewayFact::DigitPressed { call, leg, digit },
        E::RecordingReady { .. } | E::RecordingFailed { .. } => return None,
    })
}

fn arrival_of(event: &link::NumberedEvent, guide: &Guide<'_>) -> Option<Arrival> {
    let link::Event::CallArrived { call, leg, caller, dialled, arrived_at, rang_at, .. } =
        event.event.clone()
    else {
        return None;
    };
    let route = guide.route(&dialled);
    let age = event.sent_at.since(rang_at).as_millis();
    Some(Arrival {
        call,
        leg,
        caller: caller.as_ref().map(Phone::national),
        dialled,
        routing: guide.callers.complete(route.routing(), caller.as_ref()),
        skills: route.skills,
        priority: route.priority,
        arrived_at,
        rang_at,
        age_ms: u64::try_from(age).unwrap_or(u64::MAX),
    })
}

/// The distributor's input for a snapshot.
#[must_use]
pub fn snapshot_of(gateway: &GatewayId, snapshot: &link::Snapshot, guide: &Guide<'_>) -> Input {
    let devices = snapshot.devices.iter().map(|device| acd::DeviceSnapshot {
        agent: device.agent,
        device: device.device,
        proved_at: device.proved_at,
    });
    Input::GatewaySnapshot {
        gateway: gateway.clone(),
        at: snapshot.at,
        calls: snapshot.calls.iter().map(|call| call_of(call, guide)).collect(),
        devices: devices.collect(),
        draining: snapshot.draining,
    }
}

fn call_of(call: &link::CallSnapshot, guide: &Guide<'_>) -> acd::CallSnapshot {
    let route = guide.route(&call.dialled);
    acd::CallSnapshot {
        call: call.call,
        caller: call.caller.as_ref().map(Phone::national),
        dialled: call.dialled.clone(),
        routing: guide.callers.complete(route.routing(), call.caller.as_ref()),
        skills: route.skills,
        priority: route.priority,
        rang_at: call.rang_at,
        legs: call.legs.iter().map(leg_of).collect(),
    }
}

fn leg_of(leg: &link::LegSnapshot) -> acd::LegSnapshot {
    acd::LegSnapshot {
        leg: leg.leg,
        kind: match leg.kind.clone() {
            link::LegKind::Caller { .. } => acd::LegKind::Caller,
            link::LegKind::Agent { agent } => acd::LegKind::Agent { agent },
            link::LegKind::Outbound { number } => acd::LegKind::Outbound { number },
        },
        state: match leg.state {
            link::LegState::Ringing => acd::LegState::Ringing,
            link::LegState::Waiting => acd::LegState::Waiting,
            link::LegState::Connected { peer, held, media_lost } => {
                acd::LegState::Connected { peer, held, media_lost }
            }
        },
        since: leg.since,
    }
}

const fn failure_of(cause: link::FailureCause) -> acd::FailureCause {
    use acd::FailureCause as Ours;
    use link::FailureCause as Theirs;
    match cause {
        Theirs::Unreachable => Ours::Unreachable,
        Theirs::Busy => Ours::Busy,
        Theirs::Declined => Ours::Declined,
        Theirs::NoAnswer => Ours::NoAnswer,
        Theirs::Withdrawn => Ours::Withdrawn,
        Theirs::UnknownNumber => Ours::UnknownNumber,
        Theirs::Rejected => Ours::Rejected,
        Theirs::GatewayFault => Ours::GatewayFault,
        Theirs::UnknownTarget => Ours::UnknownTarget,
    }
}

const fn end_of(cause: link::EndCause) -> acd::EndCause {
    use acd::EndCause as Ours;
    use link::EndCause as Theirs;
    match cause {
        Theirs::HungUp => Ours::HungUp,
        Theirs::PeerHungUp => Ours::PeerHungUp,
        Theirs::Ordered => Ours::Ordered,
        Theirs::Vanished => Ours::Vanished,
        Theirs::GatewayStopping => Ours::GatewayStopping,
        Theirs::Fault => Ours::Fault,
    }
}

const fn proof_of(outcome: link::ProofOutcome) -> acd::ProofOutcome {
    use acd::ProofOutcome as Ours;
    use link::ProofOutcome as Theirs;
    match outcome {
        Theirs::Proved { .. } => Ours::Proved,
        Theirs::MicrophoneSilent { .. } => Ours::MicrophoneSilent,
        Theirs::NoMedia { .. } => Ours::NoMedia,
    }
}

#[cfg(test)]
mod tests {
    use types::{CallId, LegId, Timestamp};

    use super::*;

    fn numbered(event: link::Event) -> link::NumberedEvent {
        let at = Timestamp::from_micros(5_000_000);
        link::NumberedEvent { number: link::EventNumber(1), at, sent_at: at, event }
    }

    #[test]
    fn a_key_reaches_the_distributor() {
        let (call, leg) = (CallId::from_u128(1), LegId::from_u128(2));
        let event = numbered(link::Event::Digit { call, leg, digit: '1' });
        let gateway: GatewayId = "gw1".parse().unwrap();
        let fact = GatewayFact::DigitPressed { call, leg, digit: '1' };
        let expected = Input::Gateway { gateway: gateway.clone(), at: event.at, fact };
        let (routes, callers) = (NumberRoutes::new(), KnownCallers::default());
        let guide = Guide { routes: &routes, callers: &callers };
        assert_eq!(input_of(&gateway, &event, &guide), Some(expected));
    }

    #[test]
    fn a_callers_number_has_one_spelling() {
        for spelled in ["13800138000", "+8613800138000", "013800138000"] {
            let event = numbered(link::Event::CallArrived {
                call: CallId::from_u128(1),
                leg: LegId::from_u128(2),
                caller: spelled.parse().ok(),
                dialled: "12345".to_owned(),
                trunk: "local".parse().unwrap(),
                sip_call_id: "a@b".to_owned(),
                arrived_at: Timestamp::from_micros(1),
                rang_at: Timestamp::from_micros(2),
            });
            let (routes, callers) = (NumberRoutes::new(), KnownCallers::default());
            let guide = Guide { routes: &routes, callers: &callers };
            let arrival = arrival_of(&event, &guide).unwrap();
            assert_eq!(arrival.caller, "13800138000".parse().ok(), "{spelled}");
        }
    }
}
