//! The figures against numbers of `domain.md`, a naive recount, and tricks that must not better them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of a test crate: a failure is the test's failure"
)]

mod agents;
mod beside_base;
mod corrections;
mod counting;
mod distributor;
mod exclusions;
#[expect(dead_code, reason = "the distributor's own tests say more than is said here")]
#[path = "../../../acd/tests/common/floor.rs"]
mod floor;
mod honest;
mod recount;
mod returns;
mod support;
