//! Starts the floor: the keys that gateways share, the distributor's host, the feed of the pages.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::feed::Feed;
use crate::acd_host::journal::JournalId;
use crate::acd_host::translate::{NumberRoute, NumberRoutes};
use crate::acd_host::{self, HostConfig, HostHandle, HostParts, ShipperStatus, StartError};
use crate::gateway_link::{GatewayLinks, LinkIdentity};
use crate::service::call::returns::rules::ReturnRules;
use crate::service::{
    Context, agent, announcements, desk_phone, known_callers, rate_controller, screening,
};

/// The running distributor as use cases see it.
#[derive(Clone)]
pub struct RunningFloor {
    pub handle: HostHandle,
    pub links: GatewayLinks,
    /// How far the journal has reached the tables.
    pub shipped: tokio::sync::watch::Receiver<ShipperStatus>,
    pub journal: JournalId,
    pub(crate) softphone_key: Vec<u8>,
}

impl std::fmt::Debug for RunningFloor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningFloor").field("journal", &self.journal).finish_non_exhaustive()
    }
}

/// Why calls cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum FloorError {
    #[error("the key {path}: {what}; `hotline init` makes it")]
    Key { path: PathBuf, what: String },
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the floor has been started already")]
    Twice,
}

/// Starts the distributor of the context's centre on `tasks`; everything ends with `stop`.
///
/// # Errors
/// [`FloorError`].
pub fn start(
    ctx: &Context,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<(), FloorError> {
    let identity = LinkIdentity {
        centre: ctx.centre.clone(),
        key: read_key(&ctx.config.data_path("secrets/link.key"))?,
    };
    let softphone_key = read_key(&ctx.config.data_path("secrets/softphone.key"))?;
    let parts = HostParts {
        identity,
        db: ctx.db.clone(),
        clock: ctx.clock.clone(),
        random: ctx.random.clone(),
        gauge: ctx.links.clone(),
        known_callers: ctx.known_callers.clone(),
    };
    let mut config = host_config(ctx);
    if ctx.config.calls.desk_phones_ready {
        let (sender, came) = mpsc::unbounded_channel();
        config.desk_phone_came = Some(sender);
        tasks.spawn(agent::ready_as_phones_come(ctx.clone(), came, stop.clone()));
    }
    let host = acd_host::start(parts, config, tasks, stop)?;
    let floor = RunningFloor {
        handle: host.handle,
        links: host.links,
        shipped: host.shipped,
        journal: host.journal,
        softphone_key,
    };
    ctx.live.floor.set(floor.clone()).map_err(|_| FloorError::Twice)?;
    tasks.spawn(desk_phone::keep_gateways_told(ctx.clone(), floor.clone(), stop.clone()));
    tasks.spawn(screening::keep_distributor_told(ctx.clone(), floor.clone(), stop.clone()));
    tasks.spawn(known_callers::keep(ctx.clone(), stop.clone()));
    tasks.spawn(announcements::keep(ctx.clone(), floor.clone(), stop.clone()));
    tasks.spawn(rate_controller::keep(ctx.clone(), floor.clone(), stop.clone()));
    let feed = Feed::new(ctx.clone(), floor, host.changes, host.begun);
    tasks.spawn(feed.run(stop.clone()));
    Ok(())
}

fn host_config(ctx: &Context) -> HostConfig {
    let config = &ctx.config;
    let route = |setting: &crate::config::NumberSetting| {
        let route = NumberRoute {
            skills: setting.skills.clone(),
            priority: setting.priority,
            queue: setting.queue.clone(),
            min_levels: setting.min_levels.clone(),
        };
        (setting.number.clone(), route)
    };
    let routes: NumberRoutes = config.calls.numbers.iter().map(route).collect();
    HostConfig {
        folder: config.data_path("journal").join(ctx.centre.as_str()),
        acd: config.acd.clone(),
        routes,
        desk_phone_came: None,
        rotate_entries: config.journal.rotate_entries,
        keep_files: config.journal.keep_files,
        returns: ReturnRules::of(&config.missed_call_returns),
        stuck_exit: config.journal.stuck_exit(),
    }
}

/// A key as both programs read it: hexadecimal text in a file.
fn read_key(path: &Path) -> Result<Vec<u8>, FloorError> {
    let fault = |what: String| FloorError::Key { path: path.to_owned(), what };
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    let key = hex::decode(text.trim()).map_err(|error| fault(error.to_string()))?;
    if key.len() < 16 {
        return Err(fault("is shorter than 32 hexadecimal characters".to_owned()));
    }
    Ok(key)
}
