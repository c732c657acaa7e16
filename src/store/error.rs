//! Why the store did not do it, in classes a caller can react to.

use sqlx::error::{DatabaseError, ErrorKind};

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Someone changed the row since it was read.
    #[error("{0} was changed by someone else meanwhile")]
    Conflict(&'static str),
    /// A unique key is already taken.
    #[error("already there: {0}")]
    Duplicate(String),
    /// The disk or the quota is full. Nothing was stored.
    #[error("the disk of the database is full: make room on it, then try again")]
    Full,
    /// The file or its folder may not be written.
    #[error("the database is read-only: check the owner and mode of the data folder")]
    ReadOnly,
    /// No connection or lock came free in time.
    #[error("the database is busy")]
    Busy,
    /// Nobody answers at the database's address, or the connection broke.
    #[error("the database does not answer: {0}")]
    Away(#[source] sqlx::Error),
    /// A row holds what no program of ours writes.
    #[error("the row {row} of table {table} holds an impossible {column}")]
    Inconsistent { table: &'static str, column: &'static str, row: String },
    #[error("the migrations do not fit the database: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    #[error("the database refused a statement: {0}")]
    Other(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the same request may well succeed a little later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Full | Self::ReadOnly | Self::Busy | Self::Away(_) => true,
            Self::Conflict(_)
            | Self::Duplicate(_)
            | Self::Inconsistent { .. }
            | Self::Migration(_)
            | Self::Other(_) => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) => match class(inner.as_ref()) {
                Some(class) => class,
                None => Self::Other(error),
            },
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Io(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Tls(_) => Self::Away(error),
            _ => Self::Other(error),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError::{Execute, ExecuteMigration};
        let (Execute(cause) | ExecuteMigration(cause, _)) = &error else {
            return Self::Migration(error);
        };
        // A migration that met a full disk is a matter of the disk.
        let known = cause.as_database_error().and_then(class);
        known.unwrap_or(Self::Migration(error))
    }
}

fn class(error: &dyn DatabaseError) -> Option<StoreError> {
    if error.kind() == ErrorKind::UniqueViolation {
        return Some(StoreError::Duplicate(error.message().to_owned()));
    }
    let code = error.code()?;
    if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        // Extended codes keep the primary one in the low byte (sqlite.org/rescode.html).
        return match code.parse::<u32>().ok()? & 0xff {
            5 | 6 => Some(StoreError::Busy),      // SQLITE_BUSY, SQLITE_LOCKED
            8 | 14 => Some(StoreError::ReadOnly), // SQLITE_READONLY, SQLITE_CANTOPEN
            10 | 13 => Some(StoreError::Full), // SQLITE_IOERR (a full disk also shows so), SQLITE_FULL
            _ => None,
        };
    }
    match code.as_ref() {
        "53100" => Some(StoreError::Full),     // disk_full
        "25006" => Some(StoreError::ReadOnly), // read_only_sql_transaction
        "40001" | "40P01" | "55P03" | "53300" => Some(StoreError::Busy), // serialization, deadlock, lock, too many connections
        _ => None,
    }
}
