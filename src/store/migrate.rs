//! Brings a database to the tables this program knows. Forward only; old programs run against new
//! tables (expand, then contract).

use sqlx::migrate::Migrator;

use super::{Db, StoreError};

pub(super) static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
pub(super) static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

impl Db {
    /// Runs the migrations that are missing; says how many there are in all.
    ///
    /// # Errors
    /// [`StoreError::Migration`] when the database was made by a newer or an altered program.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        match self {
            Self::Sqlite { writer, .. } => {
                SQLITE.run(writer).await?;
                Ok(SQLITE.iter().count())
            }
            Self::Pg(pool) => {
                POSTGRES.run(pool).await?;
                Ok(POSTGRES.iter().count())
            }
        }
    }

    /// How many migrations this program has that the database lacks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn migrations_missing(&self) -> Result<usize, StoreError> {
        const APPLIED: &str = "select count(*) from _sqlx_migrations where success = true";
        let (applied, known) = match self {
            Self::Sqlite { reader, .. } => (
                sqlx::query_scalar::<_, i64>(APPLIED).fetch_one(reader).await,
                SQLITE.iter().count(),
            ),
            Self::Pg(pool) => (
                sqlx::query_scalar::<_, i64>(APPLIED).fetch_one(pool).await,
                POSTGRES.iter().count(),
            ),
        };
        match applied {
            Ok(applied) => Ok(known.saturating_sub(usize::try_from(applied).unwrap_or(0))),
            // No table yet: a fresh database lacks them all.
            Err(sqlx::Error::Database(_)) => Ok(known),
            Err(error) => Err(error.into()),
        }
    }
}
