//! The signalling side of one leg: its dialog and the transaction that creates it.

use bytes::Bytes;

use crate::media::MediaKind;
use crate::sip::dialog::Dialog;
use crate::sip::engine::{ClientTx, ServerTx};
use crate::sip::message::Message;

/// One leg as the signalling room knows it. It may outlive the call machine's leg for the moments
/// in which a CANCEL or a 200 is under way.
#[derive(Debug)]
pub struct SipLeg {
    pub dialog: Dialog,
    pub media: MediaKind,
    pub side: Side,
    /// A re-INVITE or UPDATE that waits for the media room.
    pub reoffer: Option<(ServerTx, Message)>,
}

#[derive(Debug)]
pub enum Side {
    /// The peer invited us.
    Callee {
        tx: ServerTx,
        invite: Message,
        /// Our answer (or, where the INVITE had no offer, our offer).
        sdp: Option<Bytes>,
        state: CalleeState,
    },
    /// We invited the peer.
    Caller { invite: Message, tx: Option<ClientTx>, state: CallerState, cancel_wanted: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalleeState {
    /// The media room has not answered yet; nobody knows of the call.
    New,
    Ringing,
    /// 200 sent.
    Answered,
    /// ACK received.
    Confirmed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerState {
    /// Our offer is being made; nothing has been sent.
    Preparing,
    /// INVITE sent, nothing heard.
    Calling,
    /// A provisional response has come: a CANCEL may be sent (RFC 3261 section 9.1).
    Proceeding,
    /// CANCEL sent.
    Cancelled,
    /// 200 received and acknowledged.
    Answered,
}
