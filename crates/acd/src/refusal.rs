//! Why an agent's command was not carried out. The edge says it in Chinese, by `code`.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("the agent is not signed in")]
    NotSignedIn,
    /// Ready, Dial: no phone of hers is registered.
    #[error("no phone is registered for the agent")]
    NoRegistration,
    /// Ready: no headset check, or one older than `proof_valid_ms`.
    #[error("the headset is not proved, or too long ago")]
    NotProved,
    #[error("the last headset check heard no microphone")]
    MicrophoneSilent,
    #[error("the last headset check received no media")]
    NoMedia,
    /// Dial: she is in a call, or one rings.
    #[error("the agent is in a call")]
    InCall,
    /// Hold, Retrieve, HangUp: she has no call of her own.
    #[error("the agent has no call")]
    NoCall,
    #[error("the call is on hold already")]
    AlreadyHeld,
    #[error("the call is not on hold")]
    NotHeld,
    /// Answer, RejectOffer.
    #[error("no call is offered to the agent")]
    NoOffer,
    #[error("the agent is not in wrap-up")]
    NotInWrapUp,
    #[error("the wrap-up cannot be extended further")]
    WrapUpLimit,
    /// Dial: `call` is not new.
    #[error("the call id is in use")]
    CallKnown,
    /// The gateway of her phone is out of reach.
    #[error("the gateway of the agent's phone is out of reach")]
    GatewayLost,
    /// Dial: the gateway of her phone is about to stop.
    #[error("the gateway of the agent's phone takes no new calls")]
    GatewayDraining,
}

impl Refusal {
    /// A stable word for problem documents and pages.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::NoRegistration => "no_registration",
            Self::NotProved => "not_proved",
            Self::MicrophoneSilent => "microphone_silent",
            Self::NoMedia => "no_media",
            Self::InCall => "in_call",
            Self::NoCall => "no_call",
            Self::AlreadyHeld => "already_held",
            Self::NotHeld => "not_held",
            Self::NoOffer => "no_offer",
            Self::NotInWrapUp => "not_in_wrap_up",
            Self::WrapUpLimit => "wrap_up_limit",
            Self::CallKnown => "call_known",
            Self::GatewayLost => "gateway_lost",
            Self::GatewayDraining => "gateway_draining",
        }
    }
}
