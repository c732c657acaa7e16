//! What must go on while the database is away (`architecture.md` section 1: at least ten minutes): it is asked
//! first, for a short time, and what is known without it serves where it does not answer.

use std::time::Duration;

use super::ServiceError;
use crate::store::StoreError;

/// A database that does not answer for so long is taken for away: an agent has pressed a key.
const ANSWER_MAX: Duration = Duration::from_millis(1_000);

/// What the database says to `asked`, if it says it soon. For what there is another answer to, or what can be left
/// undone: everything else waits as long as `database.wait_ms_max` says.
pub(super) async fn soon<T>(
    asked: impl Future<Output = Result<T, ServiceError>>,
) -> Result<T, ServiceError> {
    tokio::time::timeout(ANSWER_MAX, asked)
        .await
        .unwrap_or(Err(ServiceError::Store(StoreError::Busy)))
}

/// What the database says to `asked`; `known`, if there is something, where it does not answer soon.
pub(super) async fn or_known<T>(
    asked: impl Future<Output = Result<T, ServiceError>>,
    known: Option<T>,
) -> Result<T, ServiceError> {
    let Some(known) = known else { return asked.await };
    match soon(asked).await {
        Err(error) if is_away(&error) => Ok(known),
        answered => answered,
    }
}

/// Whether an error says that the database does not answer for now, and nothing of what was asked.
pub(super) fn is_away(error: &ServiceError) -> bool {
    matches!(error, ServiceError::Store(error) if error.is_temporary())
}
