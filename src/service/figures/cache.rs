//! Reports computed lately: a page asks for one report in several slices, and a thousand pages ask for the
//! same (R25). A held report says when it was taken; nobody is shown one as newer than it is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use figures::{AsOf, Group, Line, Period, Report, report};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::ledger::load;
use crate::service::{Context, ServiceError};

/// Reports held at once; one of a month has about 2 MB.
const HELD_MAX: usize = 8;
/// A report this young is as good as a new one.
const FRESH: Duration = Duration::from_secs(5);
/// One this young is shown while a new one is made behind it.
const STALE_MAX: Duration = Duration::from_secs(60);
/// Longest wait for one's turn: figures are computed one after the other, calls need the machine more.
const TURN_WAIT_MAX: Duration = Duration::from_secs(30);

/// A report and the digest of all its lines.
#[derive(Debug)]
pub(super) struct Taken {
    pub report: Report,
    /// SHA-256 of every line, hexadecimal. Equal digests: equal to the last digit.
    pub digest: String,
    /// The lines of the whole period.
    pub totals: Vec<Line>,
}

impl Taken {
    fn of(report: Report) -> Self {
        let lines = report.lines();
        let digest = digest(&lines);
        let of_span = |line: &Line| matches!(line.group, Group::Total | Group::DialTest { .. });
        Self { digest, totals: lines.into_iter().filter(of_span).collect(), report }
    }
}

#[derive(Debug, Clone)]
struct Held {
    taken: Arc<Taken>,
    /// Asked for as of then; else as of an earlier event number.
    latest: bool,
    refreshing: bool,
}

/// What is held. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ReportCache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Oldest first.
    held: Mutex<Vec<Held>>,
    /// Rises when an approval or a finding changes figures without an event.
    generation: AtomicU64,
    turn: Semaphore,
}

impl Default for ReportCache {
    fn default() -> Self {
        Self(Arc::new(Inner {
            held: Mutex::default(),
            generation: AtomicU64::new(0),
            turn: Semaphore::new(1),
        }))
    }
}

impl ReportCache {
    /// Forgets everything.
    pub fn clear(&self) {
        self.0.generation.fetch_add(1, Ordering::SeqCst);
        self.with(Vec::clear);
    }

    fn with<T>(&self, look: impl FnOnce(&mut Vec<Held>) -> T) -> T {
        look(&mut self.0.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn exact(&self, period: Period, as_of: &AsOf) -> Option<Arc<Taken>> {
        let is = |report: &Report| report.period == period && report.as_of == *as_of;
        self.with(|held| held.iter().find(|one| is(&one.taken.report)).map(|one| one.taken.clone()))
    }

    /// The newest of `period`, and whether the caller is to make a new one behind it.
    fn latest(&self, ctx: &Context, period: Period) -> Option<(Arc<Taken>, bool)> {
        let now = ctx.clock.now();
        self.with(|held| {
            let of_period = |one: &&mut Held| one.latest && one.taken.report.period == period;
            let one = held.iter_mut().rev().find(of_period)?;
            let age = now.since(one.taken.report.as_of.at);
            if age > STALE_MAX {
                return None;
            }
            let refresh = age > FRESH && !one.refreshing;
            one.refreshing |= refresh;
            Some((one.taken.clone(), refresh))
        })
    }

    fn hold(&self, generation: u64, one: Held) {
        self.with(|held| {
            if self.0.generation.load(Ordering::SeqCst) != generation {
                return;
            }
            let period = one.taken.report.period;
            held.retain(|other| {
                !(one.latest && other.latest && other.taken.report.period == period)
            });
            if held.len() >= HELD_MAX {
                held.remove(0);
            }
            held.push(one);
        });
    }
}

/// The report of `period`: as of `as_of`, or as of now.
pub(super) async fn take(
    ctx: &Context,
    period: Period,
    as_of: Option<&AsOf>,
) -> Result<Arc<Taken>, ServiceError> {
    if let Some(as_of) = as_of {
        if let Some(taken) = ctx.reports.exact(period, as_of) {
            return Ok(taken);
        }
        return compute(ctx, period, Some(as_of)).await;
    }
    match ctx.reports.latest(ctx, period) {
        Some((taken, refresh)) => {
            if refresh {
                let ctx = ctx.clone();
                tokio::spawn(async move {
                    if let Err(error) = compute(&ctx, period, None).await {
                        tracing::warn!(%error, "figures could not be computed anew");
                    }
                });
            }
            Ok(taken)
        }
        None => compute(ctx, period, None).await,
    }
}

async fn compute(
    ctx: &Context,
    period: Period,
    as_of: Option<&AsOf>,
) -> Result<Arc<Taken>, ServiceError> {
    let _turn = turn(ctx).await?;
    // Whoever had the turn before may have asked the same.
    let there = match as_of {
        Some(as_of) => ctx.reports.exact(period, as_of),
        None => ctx.reports.latest(ctx, period).filter(|(_, refresh)| !refresh).map(|one| one.0),
    };
    let fresh = |taken: &Arc<Taken>| {
        as_of.is_some() || ctx.clock.now().since(taken.report.as_of.at) <= FRESH
    };
    if let Some(taken) = there.filter(fresh) {
        return Ok(taken);
    }
    let generation = ctx.reports.0.generation.load(Ordering::SeqCst);
    // Before the tables are read: what is signed meanwhile has a later time (`turn`), and is in none of these figures.
    let at = ctx.clock.now();
    let moments: Vec<_> = as_of.iter().map(|as_of| &as_of.events).collect();
    let material = load(ctx, period, &moments).await?;
    let latest = as_of.is_none();
    let as_of = as_of.cloned().unwrap_or_else(|| AsOf { events: material.newest.clone(), at });
    let taken = in_background(move || {
        let report = report(&material.sources(), period, &as_of);
        Arc::new(Taken::of(report))
    })
    .await?;
    ctx.reports.hold(generation, Held { taken: taken.clone(), latest, refreshing: false });
    Ok(taken)
}

/// One's turn to compute, or to sign what changes figures: a signature has its time, and is stored, while no figures are
/// taken.
pub(super) async fn turn(ctx: &Context) -> Result<tokio::sync::SemaphorePermit<'_>, ServiceError> {
    let busy = || ServiceError::Away("正在计算其他报表，请稍后重试。".to_owned());
    let acquired = tokio::time::timeout(TURN_WAIT_MAX, ctx.reports.0.turn.acquire()).await;
    acquired.map_err(|_| busy())?.map_err(|_| busy())
}

/// Runs what takes long on a thread of its own.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ServiceError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| ServiceError::Internal(format!("figures: {error}")))
}

fn digest(lines: &[Line]) -> String {
    let mut hash = Sha256::new();
    for line in lines {
        for text in line.row() {
            hash.update(text.as_bytes());
            hash.update([0]);
        }
    }
    hex::encode(hash.finalize())
}
