//! The rules of the floor, one by one: who rings, when, and what becomes of it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it needs")]

#[path = "floor/agents.rs"]
mod agents;
#[path = "floor/announcements.rs"]
mod announcements;
#[path = "floor/calls.rs"]
mod calls;
#[path = "floor/explanation.rs"]
mod explanation;
#[path = "floor/extras.rs"]
mod extras;
#[path = "common/floor.rs"]
mod floor_words;
#[path = "floor/gateways.rs"]
mod gateways;
#[path = "floor/guard.rs"]
mod guard;
#[path = "floor/guard_rules.rs"]
mod guard_rules;
#[path = "floor/lines.rs"]
mod lines;
#[path = "floor/lost_links.rs"]
mod lost_links;
#[path = "floor/outbound.rs"]
mod outbound;
#[path = "floor/overslept.rs"]
mod overslept;
#[path = "floor/preferred.rs"]
mod preferred;
#[path = "floor/promises.rs"]
mod promises;
#[path = "floor/queue_callback.rs"]
mod queue_callback;
#[path = "floor/queues.rs"]
mod queues;
#[path = "floor/redial.rs"]
mod redial;
#[path = "floor/rejoin.rs"]
mod rejoin;
#[path = "floor/returning.rs"]
mod returning;
#[path = "floor/screening.rs"]
mod screening;
#[path = "floor/spared.rs"]
mod spared;
#[path = "floor/tiers.rs"]
mod tiers;
