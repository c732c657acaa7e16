//! Agents: what they see of themselves, what they may ask for, their softphones.
//!
//! Owns: who may ask for what in which words, the Chinese of refusals. Must not do: decide about
//! states; the distributor does.

mod command;
mod directory;
mod softphone;
mod view;

pub use command::{
    BreakKind, CallPurpose, command, dial, ready_as_phones_come, refusal_text, set_auto_answer,
    sign_in,
};
pub use directory::{AgentName, Directory};
pub use softphone::{SoftphoneToken, TokenWish, softphone_token};
pub use view::{AgentState, AgentView, DeviceProblem, DeviceView, all, me, view};
