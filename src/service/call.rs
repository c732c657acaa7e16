//! Calls as people see them: folded from the distributor's records, read back for pages.
//!
//! Owns: how records become rows ([`fold`]), the views of calls, of callers and of who is owed a call,
//! who may hear a recording. Must not do: decide about calls; write what the shipper writes.

pub mod fold;

mod history;
mod recording;
mod returns;
mod view;

pub use history::{CallerView, Listing, caller_of, list, show};
pub use recording::{RecordingFile, open_recording};
pub use returns::{MissedCallReturnView, owed};
pub use view::{Beside, CallView, RecordingView, current, guard_word, of_row};
