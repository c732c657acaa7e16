//! Brings the host to life: the lease, the journal, the distributor as it was, then the turning.
//!
//! A node that does not get the lease stands by: its pages work, its gateways are sent on, and it
//! takes over when the lease falls free.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use acd::{Acd, Config, Input};
use gateway_protocol::FencingNumber;
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use types::{AgentId, CentreId, Timestamp};

use super::callers::KnownCallers;
use super::floor::{Floor, FloorChange};
use super::journal::{
    EntryNumber, FolderDisk, JournalId, JournalWriter, Recovered, RecoveryError, recover,
};
use super::lease::{Lease, LeaseEnd};
use super::run::Host;
use super::shipper::{Shipper, ShipperStatus};
use super::translate::NumberRoutes;
use super::watchdog::{self, Heartbeat};
use super::{HostHandle, HostMessage};
use crate::clock::{Clock, Random, SteadyClock};
use crate::gateway_link::{GatewayLinks, LinkIdentity};
use crate::service::LinkGauge;
use crate::service::call::returns::rules::ReturnRules;
use crate::store::{Db, acd_event};

/// Messages that wait for the host; beyond it senders wait, and with them the gateways.
const INBOX_LEN_MAX: usize = 4_096;
/// Changes a slow listener may lag behind before it is told to load again.
const CHANGES_LEN_MAX: usize = 4_096;

/// What the host is told at the start.
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// Folder of this centre's journal; made where it is missing.
    pub folder: PathBuf,
    /// The distributor's settings; `epoch` is set by the lease.
    pub acd: Config,
    pub routes: NumberRoutes,
    /// Where desk phones need no headset check: told of each agent whose phone has come.
    pub desk_phone_came: Option<mpsc::UnboundedSender<AgentId>>,
    /// Entries of one journal file.
    pub rotate_entries: u64,
    /// Shipped journal files that are kept for replay.
    pub keep_files: usize,
    /// When missed callers are to be called back.
    pub returns: ReturnRules,
    /// A standstill of the distributor with callers waiting starts the process anew after this; zero never.
    pub stuck_exit: Duration,
}

/// What the host works with.
#[derive(Debug, Clone)]
pub struct HostParts {
    pub identity: LinkIdentity,
    pub db: Db,
    pub clock: Clock,
    pub random: Random,
    /// Counts linked gateways, for readiness.
    pub gauge: LinkGauge,
    pub known_callers: KnownCallers,
}

/// The running host, as the rest of the server holds it.
#[derive(Debug)]
pub struct RunningHost {
    pub handle: HostHandle,
    pub links: GatewayLinks,
    /// How far the journal has been shipped.
    pub shipped: watch::Receiver<ShipperStatus>,
    /// The journal that this node writes.
    pub journal: JournalId,
    /// The last entry that was there at the start.
    pub begun: EntryNumber,
    /// Everything after it.
    pub changes: broadcast::Receiver<Arc<FloorChange>>,
}

/// Why the host does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the journal folder {folder}: {error}")]
    Folder { folder: PathBuf, error: std::io::Error },
    #[error("the journal in {folder}: {error}")]
    Journal { folder: PathBuf, error: RecoveryError },
    #[error("no thread to be had: {0}")]
    Thread(#[from] std::io::Error),
}

/// Starts the host's tasks on `tasks`; they end with `stop`.
///
/// # Errors
/// [`StartError`] where the journal cannot be taken up.
pub fn start(
    parts: HostParts,
    config: HostConfig,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<RunningHost, StartError> {
    let centre = parts.identity.centre.clone();
    let found = take_up(&config.folder, &centre)?;
    let now = parts.clock.now();
    let journal = found
        .as_ref()
        .map_or_else(|| JournalId::new(now, parts.random.number()), |found| found.journal);
    let synced = found.as_ref().map_or(EntryNumber(0), |found| found.last);
    let writer =
        JournalWriter::start(FolderDisk::new(config.folder.clone()), parts.clock.clone(), synced)?;
    let heartbeat = Heartbeat::new();
    let (inbox_in, inbox) = mpsc::channel(INBOX_LEN_MAX);
    watchdog::watch(Arc::clone(&heartbeat), inbox_in.clone(), config.stuck_exit)?;
    let core = Acd::new(config.acd.clone());
    let in_force = Arc::new(core.config().clone());
    let (floor_in, floor) =
        watch::channel(Arc::new(Floor::new(synced, core.view(), in_force, Arc::default())));
    let (changes, first_changes) = broadcast::channel(CHANGES_LEN_MAX);
    let status = ShipperStatus { shipped: EntryNumber(0), failing_since: None };
    let (status_in, shipped) = watch::channel(status);
    let links = GatewayLinks::new(
        parts.identity.clone(),
        parts.clock.clone(),
        inbox_in.clone(),
        parts.gauge.clone(),
    );
    let handle = HostHandle { inbox: inbox_in, floor, changes: changes.clone() };
    let shipper = Shipper {
        db: parts.db.clone(),
        clock: parts.clock.clone(),
        centre,
        journal,
        folder: config.folder.clone(),
        returns: config.returns.clone(),
        keep_files: config.keep_files,
        synced: writer.status(),
        status: status_in,
    };
    let node =
        Node { parts, config, journal, links: links.clone(), floor: floor_in, changes, heartbeat };
    tasks.spawn(shipper.run(stop.clone()));
    tasks.spawn(node.live(inbox, writer, found, stop.clone()));
    Ok(RunningHost { handle, links, shipped, journal, begun: synced, changes: first_changes })
}

fn take_up(folder: &PathBuf, centre: &CentreId) -> Result<Option<Recovered>, StartError> {
    std::fs::create_dir_all(folder)
        .map_err(|error| StartError::Folder { folder: folder.clone(), error })?;
    let found = recover(folder, centre)
        .map_err(|error| StartError::Journal { folder: folder.clone(), error })?;
    if let Some(found) = &found {
        let Recovered { last, torn_bytes, differences, .. } = found;
        tracing::info!(last = last.0, torn_bytes, differences, "journal taken up");
    }
    Ok(found)
}

/// This node, owner or standing by.
struct Node {
    parts: HostParts,
    config: HostConfig,
    journal: JournalId,
    links: GatewayLinks,
    floor: watch::Sender<Arc<Floor>>,
    changes: broadcast::Sender<Arc<FloorChange>>,
    heartbeat: Arc<Heartbeat>,
}

impl Node {
    /// Waits for the lease, owns the centre until it is lost, waits again.
    async fn live(
        self,
        mut inbox: mpsc::Receiver<HostMessage>,
        mut writer: JournalWriter,
        mut found: Option<Recovered>,
        stop: CancellationToken,
    ) {
        loop {
            let lease = Lease::new(
                self.parts.db.clone(),
                self.parts.clock.clone(),
                self.parts.identity.centre.clone(),
                self.journal.to_string(),
            );
            let Some(held) = lease.acquire(&stop).await else { break };
            // Another node has owned the centre since our journal was written: what it says of
            // calls and agents is history.
            let known = found.take().filter(|_| held.own_before);
            let shipped = self.shipped().await;
            let host = self.host(known, held.fencing, writer, shipped);
            let turning = stop.child_token();
            let keeping = tokio::spawn(held.keep(turning.clone()));
            (inbox, writer) = host.run(inbox, turning.clone()).await;
            turning.cancel();
            self.links.disown();
            if !matches!(keeping.await, Ok(LeaseEnd::Lost)) {
                break;
            }
            tracing::error!("another node owns the centre now: standing by");
            metrics::counter!("hotline_lease_losses_total").increment(1);
            found = recover(&self.config.folder, &self.parts.identity.centre).ok().flatten();
        }
        self.heartbeat.stop();
    }

    /// The last entry of our journal that is in the tables. Entries that a damaged disk has lost since
    /// are not numbered again: the tables would take the new ones for the old.
    async fn shipped(&self) -> EntryNumber {
        let asked = async {
            let mut tx = self.parts.db.read().await?;
            acd_event::shipped(&mut tx, self.journal.0).await
        };
        match asked.await {
            Ok(shipped) => EntryNumber(u64::try_from(shipped).unwrap_or(0)),
            Err(error) => {
                tracing::warn!(%error, "the tables do not say how far the journal was shipped");
                EntryNumber(0)
            }
        }
    }

    /// The distributor, ready to turn: its file begun, its settings given, its gateways awaited.
    fn host(
        &self,
        found: Option<Recovered>,
        fencing: FencingNumber,
        journal: JournalWriter,
        shipped: EntryNumber,
    ) -> Host {
        let last = journal.status().borrow().synced;
        let found = found.unwrap_or_else(|| self.nothing(last));
        // What the centre and its levers had changed stays in force: `service::acd_settings` brings what the file has
        // changed since.
        let config = Config { epoch: fencing.0, ..found.core.config().clone() };
        let connected = found.core.view().gateways.into_iter().filter(|gateway| gateway.connected);
        let expected: Vec<_> = connected.map(|gateway| gateway.gateway).collect();
        self.links.own(fencing, found.gateways.clone(), expected);
        let mut host = Host {
            centre: self.parts.identity.centre.clone(),
            clock: SteadyClock::after(self.parts.clock.clone(), found.at),
            routes: self.config.routes.clone(),
            known_callers: self.parts.known_callers.clone(),
            desk_phone_came: self.config.desk_phone_came.clone(),
            config: Arc::new(found.core.config().clone()),
            core: found.core,
            folder: self.config.folder.clone(),
            journal_id: self.journal,
            journal,
            rotate_entries: self.config.rotate_entries,
            entries_in_file: 0,
            last: found.last.max(shipped),
            gateways: found.gateways,
            links: self.links.clone(),
            next_request: u64::try_from(self.parts.clock.now().as_micros()).unwrap_or(0),
            waiting: HashMap::new(),
            unacknowledged: VecDeque::new(),
            devices: Arc::default(),
            floor: self.floor.clone(),
            changes: self.changes.clone(),
            heartbeat: Arc::clone(&self.heartbeat),
        };
        host.begin_file();
        host.turn(Input::Configure { config: Box::new(config) }, None, None);
        host.begin_day_if_due();
        host
    }

    fn nothing(&self, last: EntryNumber) -> Recovered {
        Recovered {
            journal: self.journal,
            core: Acd::new(self.config.acd.clone()),
            last,
            at: Timestamp::default(),
            gateways: BTreeMap::new(),
            differences: 0,
            torn_bytes: 0,
        }
    }
}
