//! A fresh, migrated database for one test.

use tempfile::TempDir;

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

    /// `None`, with a word about it, where `TEST_DATABASE_URL` names no PostgreSQL.
    pub async fn postgres() -> Option<Self> {
        let Some(url) = super::variable("TEST_DATABASE_URL") else {
            eprintln!("skipped: TEST_DATABASE_URL is not set");
            return None;
        };
        let options = DbOptions { connections_max: 4, ..DbOptions::default() };
        let schema = format!("test_{}", hex::encode(Random::System.bytes::<8>()));
        execute(&url, &format!("create schema {schema}")).await;
        let joint = if url.contains('?') { '&' } else { '?' };
        let inside = format!("{url}{joint}options=-c%20search_path%3D{schema}");
        let db = Db::open_postgres(&inside, &options).await.unwrap();
        prepare(&db).await;
        Some(Self { db, schema: Some((url, schema)), _folder: None })
    }

    pub async fn drop_schema(self) {
        self.db.close().await;
        if let Some((url, schema)) = self.schema {
            execute(&url, &format!("drop schema {schema} cascade")).await;
        }
    }
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
