//! Behaviour of work orders on the sample county's own data.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of a test crate: a failure is the test's failure"
)]

mod clocks;
mod data;
mod feedback;
mod import;
mod numbers;
mod path;
mod properties;
mod refusals;
mod support;
