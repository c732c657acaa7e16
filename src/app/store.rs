//! Opens the configured database and explains in words why it could not.

use crate::config::Config;
use crate::service::{Context, readiness};
use crate::store::{Db, DbOptions, StoreError};

/// Why the store did not open.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the database {database}: {cause}. {advice}")]
pub struct OpenError {
    database: String,
    cause: String,
    advice: &'static str,
}

/// Where the data lies, without any password.
#[must_use]
pub fn store_name(config: &Config) -> String {
    let url = config.database.url.reveal();
    if url.is_empty() {
        return config.data_path("hotline.db").display().to_string();
    }
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}…{}", &url[..scheme + 3], &url[at..]),
        _ => url.to_owned(),
    }
}

/// Opens what `database.url` names.
///
/// # Errors
/// [`OpenError`].
pub async fn open_store(config: &Config) -> Result<Db, OpenError> {
    let options = DbOptions {
        connections_max: config.database.connections_max,
        wait_max: config.database.wait_max(),
        sync: true,
    };
    let url = config.database.url.reveal();
    let opened = if url.starts_with("postgres") {
        Db::open_postgres(url, &options).await
    } else {
        let file = match url.strip_prefix("sqlite:") {
            Some(file) => file.trim_start_matches("//").into(),
            None => config.data_path("hotline.db"),
        };
        Db::open_sqlite(&file, &options).await
    };
    opened.map_err(|error| explain(config, &error))
}

/// Really writes once.
///
/// # Errors
/// [`OpenError`].
pub(super) async fn probe(ctx: &Context) -> Result<(), OpenError> {
    match readiness::check(ctx).await.store_fault {
        None => Ok(()),
        Some(cause) => Err(OpenError {
            database: store_name(&ctx.config),
            cause,
            advice: "Make room or give the folder to the user that runs hotline",
        }),
    }
}

pub(super) fn explain(config: &Config, error: &StoreError) -> OpenError {
    let advice = match error {
        StoreError::Full => "`df -h` shows which disk it is",
        StoreError::ReadOnly => "Give its folder and file to the user that runs hotline",
        StoreError::Busy => "Another program holds it; end that one, or raise database.wait_ms_max",
        StoreError::Migration(_) => {
            "A newer hotline has used it: run that one, or restore a backup"
        }
        StoreError::Away(_)
        | StoreError::Other(_)
        | StoreError::Conflict(_)
        | StoreError::Duplicate(_)
        | StoreError::Inconsistent { .. } => "Check database.url and that the server runs",
    };
    OpenError { database: store_name(config), cause: error.to_string(), advice }
}
