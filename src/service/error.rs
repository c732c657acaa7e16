//! Why a use case did not happen, in classes the edge can map.

use types::Timestamp;

use crate::store::StoreError;

/// One field of a request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    pub field: String,
    /// Chinese; says what to write instead.
    pub detail: String,
}

impl FieldFault {
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), detail: detail.into() }
    }
}

/// Why a use case did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// No session, or one that ended.
    #[error("not signed in")]
    NotSignedIn,
    /// Name or password are wrong; which of the two is not said.
    #[error("wrong name or password")]
    WrongPassword,
    /// Too many wrong passwords from this source.
    #[error("locked out until {until}")]
    LockedOut { until: Timestamp, now: Timestamp },
    /// More sign-ins at once than the machine can check.
    #[error("too many sign-ins at once")]
    TooManySignIns,
    /// The person's roles or unit do not allow it. Chinese detail.
    #[error("not allowed: {0}")]
    Forbidden(String),
    /// Not there, or not this person's to see. Chinese name of the thing.
    #[error("not found: {0}")]
    NotFound(&'static str),
    /// The state of the thing refuses the command. `code` is snake_case, `detail` Chinese.
    #[error("refused: {code}")]
    Refused { code: &'static str, detail: String },
    /// Someone else changed the thing since it was read.
    #[error("changed meanwhile by someone else")]
    VersionConflict,
    /// Fields of the request are wrong.
    #[error("wrong fields: {0:?}")]
    Fields(Vec<FieldFault>),
    /// A part this use case needs is away for the moment. Chinese detail.
    #[error("away: {0}")]
    Away(String),
    #[error(transparent)]
    Store(StoreError),
    /// A defect of ours; the text is for the log.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(_) => Self::VersionConflict,
            other => Self::Store(other),
        }
    }
}
