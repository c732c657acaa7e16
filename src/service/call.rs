//! Calls as people see them: folded from the distributor's records, read back for pages.
//!
//! Owns: how records become rows ([`fold`]), the views of calls and of callers, why each waited, who is
//! owed a call and by whom it is made, who may hear a recording. Must not do: decide about calls; write what the shipper writes.

pub mod fold;
pub mod returns;

mod explanation;
mod history;
mod recording;
mod view;

pub use explanation::{Explanation, explain};
pub use history::{CallerView, Listing, caller_of, list, note_elder, show};
pub use recording::{RecordingFile, open_recording};
pub use returns::{WorkList, claim, claim_next, dial, give_up, owed, release};
pub use view::{Beside, CallView, RecordingView, current, guard_word, of_row};
