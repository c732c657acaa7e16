//! The distributor's orders as commands of the link, word for word.

use acd::Order;
use gateway_protocol as link;
use link::{Command, PromptId};

/// The command that carries out `order`.
#[must_use]
pub fn command_of(order: Order) -> Command {
    match order {
        Order::Treat { call, leg, treatment, answer } => Command::Treat {
            call,
            leg,
            treatment: treatment_of(treatment),
            answer: answer_of(answer),
        },
        Order::Offer { call, leg, agent, caller, dialled, ring_limit_ms, auto_answer } => {
            Command::Offer { call, leg, agent, caller, dialled, ring_limit_ms, auto_answer }
        }
        Order::Withdraw { call, leg, reason } => {
            Command::Withdraw { call, leg, reason: withdraw_of(reason) }
        }
        Order::Connect { call, first, second, record, notice } => {
            Command::Connect { call, first, second, record, notice: prompts_of(notice) }
        }
        Order::Hold { call, leg } => Command::Hold { call, leg },
        Order::Retrieve { call, leg } => Command::Retrieve { call, leg },
        Order::Originate { call, leg, to, caller_id, ring_limit_ms, auto_answer } => {
            Command::Originate {
                call,
                leg,
                to: destination_of(to),
                caller_id,
                ring_limit_ms,
                auto_answer,
            }
        }
        Order::End { call, leg, reason } => Command::End { call, leg, reason: end_of(reason) },
    }
}

fn treatment_of(treatment: acd::Treatment) -> link::Treatment {
    match treatment {
        acd::Treatment::Music => link::Treatment::Music,
        acd::Treatment::Prompts { prompts } => {
            link::Treatment::Prompts { prompts: prompts_of(prompts) }
        }
    }
}

fn prompts_of(ids: Vec<String>) -> Vec<PromptId> {
    ids.into_iter().map(PromptId::new).collect()
}

fn destination_of(to: acd::Destination) -> link::Destination {
    match to {
        acd::Destination::Agent { agent } => link::Destination::Agent { agent },
        acd::Destination::Number { number } => link::Destination::Number { number },
    }
}

const fn answer_of(mode: acd::AnswerMode) -> link::AnswerMode {
    match mode {
        acd::AnswerMode::KeepRinging => link::AnswerMode::KeepRinging,
        acd::AnswerMode::EarlyMedia => link::AnswerMode::EarlyMedia,
        acd::AnswerMode::Answer => link::AnswerMode::Answer,
    }
}

const fn withdraw_of(reason: acd::WithdrawReason) -> link::WithdrawReason {
    match reason {
        acd::WithdrawReason::CallerGone => link::WithdrawReason::CallerGone,
        acd::WithdrawReason::AnsweredElsewhere => link::WithdrawReason::AnsweredElsewhere,
        acd::WithdrawReason::RingLimit => link::WithdrawReason::RingLimit,
        acd::WithdrawReason::AgentUnavailable => link::WithdrawReason::AgentUnavailable,
        acd::WithdrawReason::Stale => link::WithdrawReason::Stale,
    }
}

const fn end_of(reason: acd::EndReason) -> link::EndReason {
    match reason {
        acd::EndReason::AgentHungUp => link::EndReason::AgentHungUp,
        acd::EndReason::PeerGone => link::EndReason::PeerGone,
        acd::EndReason::Stale => link::EndReason::Stale,
        acd::EndReason::Refused => link::EndReason::Refused,
        acd::EndReason::Replaced => link::EndReason::Replaced,
        acd::EndReason::MediaLost => link::EndReason::MediaLost,
    }
}
