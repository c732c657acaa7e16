//! Between the protocol's words and the call machine's.

use call::{Fact, LegState as MachineLegState, Order, Target};
use gateway_protocol::{
    AnswerMode, CallSnapshot, Command, Destination, EndCause, EndReason, Event, FailureCause,
    LegKind, LegSnapshot, LegState, Treatment,
};
use types::RecordingId;

/// The order a command stands for; `recording` is the id to use where it starts one. `None` for the
/// commands about devices.
#[must_use]
pub fn order_of(command: Command, recording: RecordingId) -> Option<Order> {
    let names = |prompts: Vec<gateway_protocol::PromptId>| -> Vec<String> {
        prompts.iter().map(|p| p.as_str().to_owned()).collect()
    };
    Some(match command {
        Command::Treat { call, leg, treatment, answer } => Order::Treat {
            call,
            leg,
            treatment: match treatment {
                Treatment::Ringback => call::Treatment::Ringback,
                Treatment::Music => call::Treatment::Music,
                Treatment::Prompts { prompts } => call::Treatment::Prompts(names(prompts)),
                Treatment::Silence => call::Treatment::Silence,
            },
            answer: match answer {
                AnswerMode::KeepRinging => call::AnswerMode::KeepRinging,
                AnswerMode::EarlyMedia => call::AnswerMode::EarlyMedia,
                AnswerMode::Answer => call::AnswerMode::Answer,
            },
        },
        Command::Offer { call, leg, agent, caller, dialled, ring_limit_ms, auto_answer } => {
            Order::Offer(call::Offer {
                call,
                leg,
                agent,
                caller,
                dialled,
                ring_limit_ms,
                auto_answer,
            })
        }
        Command::Withdraw { call, leg, .. } => Order::Withdraw { call, leg },
        Command::Connect { call, first, second, record, notice } => {
            let record = record.then_some(recording);
            Order::Connect { call, first, second, record, notice: names(notice) }
        }
        Command::Hold { call, leg } => Order::Hold { call, leg },
        Command::Retrieve { call, leg } => Order::Retrieve { call, leg },
        Command::Originate { call, leg, to, caller_id, ring_limit_ms, auto_answer } => {
            let to = match to {
                Destination::Agent { agent } => Target::Agent(agent),
                Destination::Number { number } => Target::Number(number),
            };
            Order::Originate { call, leg, to, caller_id, ring_limit_ms, auto_answer }
        }
        Command::End { call, leg, reason } => Order::End {
            call,
            leg,
            // A person's hang-up ends the conversation for both; every other reason takes away one
            // leg, and its peer waits with music for what the server decides.
            with_peer: reason == EndReason::AgentHungUp,
            refused: reason == EndReason::Refused,
        },
        Command::RevokeDevice { .. } => return None,
    })
}

/// The event a fact stands for.
#[must_use]
pub fn event_of(fact: Fact) -> Event {
    match fact {
        Fact::CallArrived {
            call,
            leg,
            caller,
            dialled,
            trunk,
            sip_call_id,
            arrived_at,
            rang_at,
        } => Event::CallArrived {
            call,
            leg,
            caller,
            dialled,
            trunk,
            sip_call_id,
            arrived_at,
            rang_at,
        },
        Fact::LegRinging { call, leg } => Event::LegRinging { call, leg },
        Fact::LegAnswered { call, leg } => Event::LegAnswered { call, leg },
        Fact::LegsConnected { call, first, second } => Event::LegsConnected { call, first, second },
        Fact::LegFailed { call, leg, cause, sip_status } => {
            Event::LegFailed { call, leg, cause: failure(cause), sip_status }
        }
        Fact::LegEnded { call, leg, cause } => Event::LegEnded { call, leg, cause: end(cause) },
        Fact::LegHeld { call, leg } => Event::LegHeld { call, leg },
        Fact::LegRetrieved { call, leg } => Event::LegRetrieved { call, leg },
        Fact::Digit { call, leg, digit } => Event::Digit { call, leg, digit },
        Fact::LegMediaLost { call, leg } => Event::LegMediaLost { call, leg },
        Fact::LegMediaBack { call, leg } => Event::LegMediaBack { call, leg },
    }
}

fn failure(cause: call::FailureCause) -> FailureCause {
    match cause {
        call::FailureCause::Unreachable => FailureCause::Unreachable,
        call::FailureCause::Busy => FailureCause::Busy,
        call::FailureCause::Declined => FailureCause::Declined,
        call::FailureCause::NoAnswer => FailureCause::NoAnswer,
        call::FailureCause::Withdrawn => FailureCause::Withdrawn,
        call::FailureCause::UnknownNumber => FailureCause::UnknownNumber,
        call::FailureCause::Rejected => FailureCause::Rejected,
        call::FailureCause::GatewayFault => FailureCause::GatewayFault,
        call::FailureCause::UnknownTarget => FailureCause::UnknownTarget,
    }
}

fn end(cause: call::EndCause) -> EndCause {
    match cause {
        call::EndCause::HungUp => EndCause::HungUp,
        call::EndCause::PeerHungUp => EndCause::PeerHungUp,
        call::EndCause::Ordered => EndCause::Ordered,
        call::EndCause::Vanished => EndCause::Vanished,
        call::EndCause::GatewayStopping => EndCause::GatewayStopping,
        call::EndCause::Fault => EndCause::Fault,
    }
}

/// A call as the snapshot shows it. A leg being withdrawn still rings for the server.
#[must_use]
pub fn snapshot_of(view: call::CallView) -> CallSnapshot {
    let legs = view.legs.into_iter().map(|leg| LegSnapshot {
        leg: leg.leg,
        kind: match leg.kind {
            call::LegKind::Caller { trunk } => LegKind::Caller { trunk },
            call::LegKind::Agent { agent } => LegKind::Agent { agent },
            call::LegKind::Outbound { number } => LegKind::Outbound { number },
        },
        state: match leg.state {
            MachineLegState::CallerRinging
            | MachineLegState::Inviting { .. }
            | MachineLegState::Cancelling { .. } => LegState::Ringing,
            MachineLegState::Waiting => LegState::Waiting,
            MachineLegState::Connected { peer, ordered_hold, phone_hold, media_lost } => {
                LegState::Connected { peer, held: ordered_hold || phone_hold, media_lost }
            }
        },
        since: leg.since,
    });
    CallSnapshot {
        call: view.call,
        caller: view.caller,
        dialled: view.dialled,
        rang_at: view.rang_at,
        legs: legs.collect(),
    }
}
