//! What tests of this crate share: a fresh database of either kind, an application behind its real
//! router, a clock that stands still.
//!
//! PostgreSQL runs where `TEST_DATABASE_URL` names one (a schema per test), Redis where
//! `TEST_REDIS_URL` does; otherwise these tests say that they were skipped.

mod app;
mod database;
pub mod floor;
pub mod gateway;
pub mod names;
pub mod proxy;

pub use app::{PASSWORD, TestApp};
pub use database::TestDb;

use types::{CentreId, Timestamp};

/// Runs `async fn $name(db: Db)` on both databases: `$name::sqlite` and `$name::postgres`.
macro_rules! store_test {
    ($name:ident) => {
        mod $name {
            #[tokio::test]
            async fn sqlite() {
                let database = crate::testing::TestDb::sqlite().await;
                super::$name(database.db.clone()).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(database) = crate::testing::TestDb::postgres().await {
                    super::$name(database.db.clone()).await;
                    database.drop_schema().await;
                }
            }
        }
    };
}

/// The centre of all tests; it exists in every fresh database.
pub fn centre() -> CentreId {
    "qingyuan".parse().unwrap()
}

/// When all tests begin: Friday 13 February 2026, 09:00 in Qingyuan.
pub fn start() -> Timestamp {
    "2026-02-13T09:00:00+08:00".parse().unwrap()
}

/// A variable of the test run.
#[expect(clippy::disallowed_methods, reason = "test runs are told by variables where services are")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
