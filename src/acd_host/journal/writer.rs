//! Writes the journal in its own thread: whatever has gathered while the last sync ran is the next
//! group. The decision path hands over and goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;
use types::Timestamp;

use super::{Disk, EntryNumber, JournalEntry, Line, Opening, line};
use crate::clock::Clock;

/// Wait before a disk that refused is tried again.
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// Entries of gateways' events gather for so long after a sync: gateways keep them until they are synced. What
/// nobody would send again (a command, a tick) ends the gathering at once.
const GATHER: Duration = Duration::from_millis(20);
/// Longest wait of [`JournalWriter::flush`].
const FLUSH_WAIT_MAX: Duration = Duration::from_secs(2);
/// Most entries of one group; bounds the bytes of one write.
const GROUP_LEN_MAX: usize = 4_096;

/// What the writer says of itself; changes after every group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterStatus {
    /// Everything up to this entry is on the disk.
    pub synced: EntryNumber,
    /// The disk refuses (full, broken): entries wait in memory, calls go on, gateways keep their
    /// events.
    pub failing: bool,
}

/// The host's end of the journal.
#[derive(Debug)]
pub struct JournalWriter {
    orders: Option<Sender<Order>>,
    status: watch::Receiver<WriterStatus>,
    thread: Option<JoinHandle<()>>,
    /// Set when nobody hands over any more: a disk that still refuses is not waited for.
    ending: Arc<AtomicBool>,
}

#[derive(Debug)]
enum Order {
    Begin(Box<Opening>),
    Append(Box<JournalEntry>),
    Flush(SyncSender<()>),
}

impl JournalWriter {
    /// Starts the thread. The first order must be [`JournalWriter::begin`]; `synced` is the last
    /// entry of the files found at the start.
    ///
    /// # Errors
    /// The operating system's, if it gives no thread.
    pub fn start(disk: impl Disk, clock: Clock, synced: EntryNumber) -> std::io::Result<Self> {
        let (orders, inbox) = channel();
        let (report, status) = watch::channel(WriterStatus { synced, failing: false });
        let ending = Arc::new(AtomicBool::new(false));
        let group = Vec::new();
        let synced_at = clock.now();
        let at_end = Arc::clone(&ending);
        let worker = Worker { disk, clock, inbox, report, group, synced_at, ending: at_end };
        let thread = std::thread::Builder::new().name("journal".into()).spawn(|| worker.run())?;
        Ok(Self { orders: Some(orders), status, thread: Some(thread), ending })
    }

    /// Goes on in a new file that begins with `opening`.
    pub fn begin(&self, opening: Opening) {
        self.order(Order::Begin(Box::new(opening)));
    }

    pub fn append(&self, entry: JournalEntry) {
        self.order(Order::Append(Box::new(entry)));
    }

    /// Waits, at most [`FLUSH_WAIT_MAX`], until everything handed over is on the disk. Blocks: for the
    /// rare moment when the journal must be read back.
    pub fn flush(&self) {
        let (done, wait) = sync_channel(1);
        self.order(Order::Flush(done));
        if wait.recv_timeout(FLUSH_WAIT_MAX).is_err() {
            tracing::error!("the journal's disk does not keep up");
        }
    }

    /// Follows the sync.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<WriterStatus> {
        self.status.clone()
    }

    /// The thread ends only with the last sender, so a send cannot fail while we live.
    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders
            && orders.send(order).is_err()
        {
            tracing::error!("the journal's thread is gone: entries are lost, restart the server");
            metrics::counter!("hotline_journal_lost_entries_total").increment(1);
        }
    }
}

impl Drop for JournalWriter {
    /// Waits until everything handed over is on the disk, or the disk refuses.
    fn drop(&mut self) {
        self.orders = None;
        self.ending.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the journal's thread ended in a fault");
        }
    }
}

struct Worker<D> {
    disk: D,
    clock: Clock,
    inbox: Receiver<Order>,
    report: watch::Sender<WriterStatus>,
    group: Vec<u8>,
    synced_at: Timestamp,
    ending: Arc<AtomicBool>,
}

impl<D: Disk> Worker<D> {
    fn run(mut self) {
        let mut carried = None;
        while let Some(first) = carried.take().or_else(|| self.inbox.recv().ok()) {
            match first {
                Order::Begin(opening) => self.begin(*opening),
                Order::Append(entry) => carried = self.append_group(*entry),
                // Whoever asked may have given up waiting.
                Order::Flush(done) => drop(done.try_send(())),
            }
        }
    }

    fn begin(&mut self, opening: Opening) {
        let first = opening.after.next();
        self.add(&Line::Opening(Box::new(opening)));
        let group = std::mem::take(&mut self.group);
        self.until_done(|disk| {
            disk.begin(first)?;
            disk.append(&group)
        });
    }

    /// Writes `first` and what has gathered behind it; returns an order of another kind that ended
    /// the group.
    fn append_group(&mut self, first: JournalEntry) -> Option<Order> {
        let started = self.clock.now();
        let mut last = first.number;
        let mut count = 1_u32;
        let mut carried = None;
        let mut urgent = first.source.is_none();
        self.add(&Line::Entry(Box::new(first)));
        while (count as usize) < GROUP_LEN_MAX {
            let patience = if urgent { Duration::ZERO } else { self.patience() };
            match self.inbox.recv_timeout(patience) {
                Ok(Order::Append(entry)) => {
                    last = entry.number;
                    count += 1;
                    urgent |= entry.source.is_none();
                    self.add(&Line::Entry(entry));
                }
                Ok(other) => {
                    carried = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        let group = std::mem::take(&mut self.group);
        self.until_done(|disk| disk.append(&group));
        self.report.send_modify(|status| status.synced = last);
        self.synced_at = self.clock.now();
        let took = self.synced_at.since(started);
        metrics::histogram!("hotline_journal_sync_seconds").record(took.as_secs_f64());
        metrics::histogram!("hotline_journal_group_entries").record(f64::from(count));
        carried
    }

    /// How long entries may still gather.
    fn patience(&self) -> Duration {
        GATHER.saturating_sub(self.clock.now().since(self.synced_at))
    }

    fn add(&mut self, line: &Line) {
        if let Err(error) = line::seal(line, &mut self.group) {
            tracing::error!(%error, "a journal line cannot be written as JSON");
            metrics::counter!("hotline_journal_lost_entries_total").increment(1);
        }
    }

    /// Tries until the disk takes it: there is nowhere else for it to go. When the server stops
    /// meanwhile, gives up after the try in hand; the gateways still have the events.
    fn until_done(&mut self, mut write: impl FnMut(&mut D) -> std::io::Result<()>) {
        while let Err(error) = write(&mut self.disk) {
            if !self.report.borrow().failing {
                tracing::error!(%error, "the journal's disk refuses: calls go on, make room");
            }
            self.set_failing(true);
            metrics::counter!("hotline_journal_failures_total").increment(1);
            if self.ending.load(Ordering::Acquire) {
                return;
            }
            std::thread::sleep(RETRY_DELAY);
        }
        self.set_failing(false);
    }

    fn set_failing(&self, failing: bool) {
        metrics::gauge!("hotline_journal_failing").set(if failing { 1.0 } else { 0.0 });
        self.report
            .send_if_modified(|status| std::mem::replace(&mut status.failing, failing) != failing);
    }
}
