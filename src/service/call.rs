//! Calls as people see them: folded from the distributor's records, read back for pages.
//!
//! Owns: how records become rows ([`fold`]), the views of calls and callers. Must not do: decide
//! about calls; write what the shipper writes.

pub mod fold;
