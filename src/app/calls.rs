//! Starts the distributor's host with what the configuration says.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{DataFolder, SECRETS};
use crate::acd_host::translate::{NumberRoute, NumberRoutes};
use crate::acd_host::{self, HostConfig, HostParts, RunningHost};
use crate::config::{Calls, NumberSetting};
use crate::gateway_link::LinkIdentity;
use crate::service::Context;

/// Shortest link key, in bytes.
const KEY_BYTES_MIN: usize = 16;

/// Why calls cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum CallsError {
    #[error("cannot use the key {path}: {cause}; run `hotline init`")]
    Key { path: PathBuf, cause: String },
    #[error("the distributor did not start: {0}")]
    Host(#[from] acd_host::StartError),
}

/// Starts the host's tasks; they end with `ending`.
pub(super) fn start(
    ctx: &Context,
    folder: &DataFolder,
    tasks: &TaskTracker,
    ending: &CancellationToken,
) -> Result<RunningHost, CallsError> {
    let config = &ctx.config;
    let parts = HostParts {
        identity: LinkIdentity { centre: ctx.centre.clone(), key: read_key(folder, "link.key")? },
        db: ctx.db.clone(),
        clock: ctx.clock.clone(),
        random: ctx.random.clone(),
    };
    let host = HostConfig {
        folder: folder.path().join("journal").join(ctx.centre.as_str()),
        acd: config.acd.clone(),
        routes: routes(&config.calls),
        rotate_entries: config.journal.rotate_entries,
        keep_files: config.journal.keep_files,
        stuck_exit: config.journal.stuck_exit(),
    };
    Ok(acd_host::start(parts, host, tasks, ending)?)
}

fn routes(calls: &Calls) -> NumberRoutes {
    let route = |setting: &NumberSetting| {
        let route = NumberRoute { skills: setting.skills.clone(), priority: setting.priority };
        (setting.number.clone(), route)
    };
    calls.numbers.iter().map(route).collect()
}

/// A key of the secrets folder: hex.
fn read_key(folder: &DataFolder, name: &str) -> Result<Vec<u8>, CallsError> {
    let path = folder.path().join(SECRETS).join(name);
    let refused = |cause: String| CallsError::Key { path: path.clone(), cause };
    let text = std::fs::read_to_string(&path).map_err(|error| refused(error.to_string()))?;
    let key = hex::decode(text.trim()).map_err(|_| refused("it is not hex".to_owned()))?;
    if key.len() < KEY_BYTES_MIN {
        return Err(refused(format!("it has {} bytes, too few", key.len())));
    }
    Ok(key)
}
