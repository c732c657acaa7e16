//! The two drivers behind one face: [`Db`] opens transactions, [`Tx`] is one that is open.

use std::path::Path;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use super::StoreError;

/// Runs one body on whichever driver `$tx` is open on. The body is compiled for both.
macro_rules! on_tx {
    ($tx:expr, |$c:ident| $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                let $c = &mut **tx;
                $body
            }
            $crate::store::Tx::Pg(tx) => {
                let $c = &mut **tx;
                $body
            }
        }
    };
}

/// Pages that a reading connection of SQLite keeps for itself, in KiB below zero (sqlite.org/pragma.html#pragma_cache_size).
/// The system's own cache holds the file: with SQLite's 2 MiB each, ten of them fill up over an hour.
const READER_CACHE: &str = "-256";

/// How to open a database.
#[derive(Debug, Clone)]
pub struct DbOptions {
    /// Reading connections of SQLite; all connections of PostgreSQL.
    pub connections_max: u32,
    /// Longest wait for a connection or a lock.
    pub wait_max: Duration,
    /// False lets the operating system write when it likes: faster, for tests only.
    pub sync: bool,
}

impl Default for DbOptions {
    fn default() -> Self {
        Self { connections_max: 10, wait_max: Duration::from_secs(5), sync: true }
    }
}

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Db {
    /// One writer, because SQLite has one; readers do not wait for it (WAL).
    Sqlite {
        writer: SqlitePool,
        reader: SqlitePool,
    },
    Pg(PgPool),
}

/// An open transaction; rolled back when dropped without [`Tx::commit`].
#[derive(Debug)]
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Pg(Transaction<'static, Postgres>),
}

impl Db {
    /// Opens the SQLite file, creating it where it is missing.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be opened or written.
    pub async fn open_sqlite(file: &Path, options: &DbOptions) -> Result<Self, StoreError> {
        let synchronous =
            if options.sync { SqliteSynchronous::Full } else { SqliteSynchronous::Off };
        let connect = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(options.wait_max);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(options.wait_max)
            .before_acquire(|connection, _| {
                // A full disk makes SQLite roll back by itself (sqlite.org/lang_transaction.html);
                // the driver's count of open transactions then never comes down again.
                let usable = !connection.is_in_transaction();
                Box::pin(async move { Ok(usable) })
            })
            .connect_with(connect.clone())
            .await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(options.wait_max)
            .connect_with(connect.pragma("query_only", "on").pragma("cache_size", READER_CACHE))
            .await?;
        Ok(Self::Sqlite { writer, reader })
    }

    /// Connects to PostgreSQL.
    ///
    /// # Errors
    /// [`StoreError`] when the URL is wrong or nobody answers.
    pub async fn open_postgres(url: &str, options: &DbOptions) -> Result<Self, StoreError> {
        let connect: PgConnectOptions = url.parse()?;
        let pool = PgPoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(options.wait_max)
            .connect_with(connect.application_name("hotline"))
            .await?;
        Ok(Self::Pg(pool))
    }

    /// Opens a transaction that writes.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when no connection came free in time, others as the driver says.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("begin immediate").await?),
            Self::Pg(pool) => Tx::Pg(pool.begin().await?),
        })
    }

    /// Opens a transaction that only reads: one consistent picture, no waiting for writers.
    ///
    /// # Errors
    /// As [`Db::begin`].
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { reader, .. } => Tx::Sqlite(reader.begin().await?),
            Self::Pg(pool) => {
                Tx::Pg(pool.begin_with("begin isolation level repeatable read, read only").await?)
            }
        })
    }

    /// Closes all connections after their running statements.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Pg(pool) => pool.close().await,
        }
    }

    /// `sqlite` or `postgres`, for logs and metrics.
    #[must_use]
    pub fn driver(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Pg(_) => "postgres",
        }
    }
}

impl Tx {
    /// Makes everything done in this transaction lasting.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the transaction was stored then.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Pg(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
