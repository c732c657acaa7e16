//! What comes out of an observation or of a person's word, each with its reason.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use types::Timestamp;

use crate::effect::Effect;
use crate::lever::LeverId;
use crate::outlook::Aim;

/// One entry of the record of levers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub at: Timestamp,
    pub lever: LeverId,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// To be carried out: the lever is pulled.
    Pull(Need),
    /// To be carried out: the lever is undone.
    Undo(Calm),
    /// To be shown: somebody should pull it ...
    AdvisePull(Need),
    /// ... or undo it.
    AdviseUndo(Calm),
    /// The advice to pull is void.
    WithdrawPull(Calm),
    /// The advice to undo is void.
    WithdrawUndo(Need),
    /// To be carried out: a person pulled it.
    PulledByPerson,
    /// To be carried out: a person undid it.
    UndoneByPerson,
    /// A person does not follow the advice.
    Declined,
    /// What a pull brought.
    Measured(Effect),
}

impl What {
    /// Whether the lever itself changed.
    #[must_use]
    pub const fn is_change(&self) -> bool {
        matches!(self, Self::Pull(_) | Self::Undo(_) | Self::PulledByPerson | Self::UndoneByPerson)
    }
}

/// Why a lever is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "need", rename_all = "snake_case")]
pub enum Need {
    /// A target will be missed, or so nearly that chance decides.
    TargetInDanger {
        aim: Aim,
        /// Calls to spare in the worst 24 hours ahead; negative where the target is missed.
        spare_calls: i64,
        missed_at: Option<Timestamp>,
        /// Calls that the lever saves in the near future.
        saves_calls: i64,
    },
    /// Too many calls are being lost, whatever the day was like so far.
    LosingNow { lost_permille: u32, saves_calls: i64 },
}

/// Why a lever is not needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "calm", rename_all = "snake_case")]
pub enum Calm {
    /// The day holds without it.
    HoldsWithout { lost_permille: u32, spare_calls: i64 },
    /// It saves next to nothing.
    HelpsNoMore { saves_calls: i64 },
}

/// What a person says about a lever, in any mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Pull it; follows an advice to pull where there is one.
    Pull,
    /// Undo it; follows an advice to undo where there is one.
    Undo,
    /// Not follow the advice.
    Decline,
}

/// A person's word that changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("the lever is already pulled")]
    AlreadyPulled,
    #[error("the lever is not pulled: there is nothing to undo")]
    NotPulled,
    #[error("no advice is open for this lever: pull or undo it instead")]
    NothingAdvised,
}
