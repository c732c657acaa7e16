//! A fresh, migrated database for one test.

use tempfile::TempDir;

use super::proxy::Proxy;
use crate::clock::Random;
use crate::store::{self, Db, DbOptions};

/// A database that goes away with the test.
pub struct TestDb {
    pub db: Db,
    schema: Option<(String, String)>,
    _folder: Option<TempDir>,
}

impl TestDb {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = DbOptions { connections_max: 4, sync: false, ..DbOptions::default() };
        let db = Db::open_sqlite(&folder.path().join("hotline.db"), &options).await.unwrap();
        prepare(&db).await;
        Self { db, schema: None, _folder: Some(folder) }
    }

    /// The same tables, for another node; they go with the first one's.
    pub fn shared(&self) -> Self {
        Self { db: self.db.clone(), schema: None, _folder: None }
    }

    /// `None`, with a word about it, where `TEST_DATABASE_URL` names no PostgreSQL.
    pub async fn postgres() -> Option<Self> {
        let url = postgres_url()?;
        Some(Self::postgres_at(&url, &url).await)
    }

    /// PostgreSQL at the end of a wire that the test may cut.
    pub async fn postgres_by_wire() -> Option<(Self, Proxy)> {
        let url = postgres_url()?;
        let (before, rest) = url.rsplit_once('@').unwrap();
        let (target, name) = rest.split_once('/').unwrap();
        let wire = Proxy::to(target.parse().unwrap()).await;
        let by_wire = format!("{before}@{}/{name}", wire.address);
        Some((Self::postgres_at(&url, &by_wire).await, wire))
    }

    /// A schema of its own, made at `direct` and used at `used`.
    async fn postgres_at(direct: &str, used: &str) -> Self {
        let options = DbOptions { connections_max: 4, ..DbOptions::default() };
        let schema = format!("test_{}", hex::encode(Random::System.bytes::<8>()));
        execute(direct, &format!("create schema {schema}")).await;
        let joint = if used.contains('?') { '&' } else { '?' };
        let inside = format!("{used}{joint}options=-c%20search_path%3D{schema}");
        let db = Db::open_postgres(&inside, &options).await.unwrap();
        prepare(&db).await;
        Self { db, schema: Some((direct.to_owned(), schema)), _folder: None }
    }

    pub async fn drop_schema(self) {
        self.db.close().await;
        if let Some((url, schema)) = self.schema {
            execute(&url, &format!("drop schema {schema} cascade")).await;
        }
    }
}

/// `None`, with a word about it, where there is none.
fn postgres_url() -> Option<String> {
    let url = super::variable("TEST_DATABASE_URL");
    if url.is_none() {
        eprintln!("skipped: TEST_DATABASE_URL is not set");
    }
    url
}

async fn execute(url: &str, statement: &str) {
    use sqlx::Connection;
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn prepare(db: &Db) {
    db.migrate().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    store::centre::put(&mut tx, &super::centre(), "青源县12345", super::start()).await.unwrap();
    tx.commit().await.unwrap();
}
