//! One leg and its states.

use types::{AgentId, CallId, LegId, Phone, Timestamp, TrunkName};

use crate::output::FailureCause;

/// Who is at the far end of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegKind {
    Caller { trunk: TrunkName },
    Agent { agent: AgentId },
    Outbound { number: Phone },
}

/// The state of a leg. A leg that is over is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegState {
    /// A caller whom we let ring.
    CallerRinging,
    /// Our INVITE is out; `until` is the ring limit.
    Inviting { until: Timestamp },
    /// Our CANCEL is out; what is reported when the far end confirms, or at `until`.
    Cancelling { cause: FailureCause, until: Timestamp },
    /// Answered, connected to nobody.
    Waiting,
    Connected {
        peer: LegId,
        ordered_hold: bool,
        phone_hold: bool,
        /// An agent's phone that sends nothing: its peer waits for it (R17).
        media_lost: bool,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Leg {
    pub call: CallId,
    pub kind: LegKind,
    pub state: LegState,
    pub since: Timestamp,
    /// `LegRinging` has been reported.
    pub rang: bool,
    /// The far end sends media before it answers.
    pub early_media: bool,
    /// Nothing has come from it for a while, connected or not.
    pub silent: bool,
}

impl Leg {
    pub(crate) fn peer(&self) -> Option<LegId> {
        match self.state {
            LegState::Connected { peer, .. } => Some(peer),
            _ => None,
        }
    }

    /// Whether a 200 was sent or received.
    pub(crate) fn is_answered(&self) -> bool {
        matches!(self.state, LegState::Waiting | LegState::Connected { .. })
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match self.state {
            LegState::Inviting { until } | LegState::Cancelling { until, .. } => Some(until),
            _ => None,
        }
    }

    /// Whether this leg's peer must not hear it.
    pub(crate) fn is_mute(&self) -> bool {
        matches!(
            self.state,
            LegState::Connected { ordered_hold, phone_hold, media_lost, .. }
                if ordered_hold || phone_hold || media_lost
        )
    }

    pub(crate) fn is_caller(&self) -> bool {
        matches!(self.kind, LegKind::Caller { .. })
    }

    pub(crate) fn is_agent(&self) -> bool {
        matches!(self.kind, LegKind::Agent { .. })
    }
}
