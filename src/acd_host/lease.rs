//! The lease by which one node owns the centre.
//!
//! A database that is away takes the lease from nobody: whoever owned the centre goes on, because no
//! other node can get it meanwhile; should one get it (a split network), gateways refuse the lower
//! fencing number.

use std::time::Duration;

use gateway_protocol::FencingNumber;
use tokio_util::sync::CancellationToken;
use types::{CentreId, Timestamp};

use crate::clock::Clock;
use crate::store::{Db, StoreError, lease};

/// A node that has not renewed for so long has lost the centre to the next one that asks.
const LIFE: Duration = Duration::from_secs(4);
const RENEW_INTERVAL: Duration = Duration::from_secs(1);
/// Longest wait for an answer of the database.
const ANSWER_MAX: Duration = Duration::from_secs(3);
const ASK_INTERVAL: Duration = Duration::from_millis(500);

/// The wish to own a centre.
#[derive(Debug)]
pub(super) struct Lease {
    db: Db,
    clock: Clock,
    centre: CentreId,
    holder: String,
}

/// A lease that is ours.
#[derive(Debug)]
pub(super) struct HeldLease {
    lease: Lease,
    pub(super) fencing: FencingNumber,
    /// Nobody else has owned the centre since we last did.
    pub(super) own_before: bool,
}

/// How the ownership ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeaseEnd {
    /// The server stops; the lease has been given back.
    Stopped,
    /// Another node has it.
    Lost,
}

impl Lease {
    pub(super) const fn new(db: Db, clock: Clock, centre: CentreId, holder: String) -> Self {
        Self { db, clock, centre, holder }
    }

    /// Asks until it is granted; `None` when the server stops first.
    pub(super) async fn acquire(self, stop: &CancellationToken) -> Option<HeldLease> {
        let mut told = false;
        loop {
            match self.ask().await {
                Ok(Some((fencing, own_before))) => {
                    tracing::info!(fencing = fencing.0, "this node owns the centre");
                    metrics::gauge!("hotline_lease_held").set(1.0);
                    return Some(HeldLease { lease: self, fencing, own_before });
                }
                Ok(None) if !told => {
                    tracing::warn!("another node owns the centre: standing by");
                    told = true;
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "the lease cannot be asked for"),
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(ASK_INTERVAL) => {}
            }
        }
    }

    async fn ask(&self) -> Result<Option<(FencingNumber, bool)>, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let before = lease::find(&mut tx, &self.centre).await?;
        let fencing = lease::acquire(&mut tx, &self.centre, &self.holder, now, now + LIFE).await?;
        tx.commit().await?;
        let own_before = before.is_none_or(|lease| lease.holder == self.holder);
        Ok(fencing.map(|fencing| (fencing, own_before)))
    }
}

impl HeldLease {
    /// Renews until `stop`, which is also cancelled when the lease is lost.
    pub(super) async fn keep(self, stop: CancellationToken) -> LeaseEnd {
        loop {
            tokio::select! {
                () = stop.cancelled() => {
                    self.release().await;
                    return LeaseEnd::Stopped;
                }
                () = tokio::time::sleep(RENEW_INTERVAL) => {}
            }
            // A database that has stopped in the middle of an answer must not hold up the end of the server.
            match tokio::time::timeout(ANSWER_MAX, self.renew()).await {
                Err(_) => tracing::warn!("the lease is not renewed, no answer; going on"),
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => {
                    metrics::gauge!("hotline_lease_held").set(0.0);
                    stop.cancel();
                    return LeaseEnd::Lost;
                }
                Ok(Err(error)) => tracing::warn!(%error, "the lease is not renewed; going on"),
            }
        }
    }

    /// False where another node has taken it. One that merely ran out while the database was away
    /// is still ours: hence the least instant as the one it must outlast.
    async fn renew(&self) -> Result<bool, StoreError> {
        let Lease { db, clock, centre, holder } = &self.lease;
        let mut tx = db.begin().await?;
        let expires_at = clock.now() + LIFE;
        let ours =
            lease::renew(&mut tx, centre, holder, self.fencing, Timestamp::default(), expires_at)
                .await?;
        tx.commit().await?;
        Ok(ours)
    }

    async fn release(&self) {
        let Lease { db, clock, centre, holder } = &self.lease;
        let released = async {
            let mut tx = db.begin().await?;
            lease::release(&mut tx, centre, holder, self.fencing, clock.now()).await?;
            tx.commit().await
        };
        match tokio::time::timeout(ANSWER_MAX, released).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the lease runs out by itself"),
            Err(_) => tracing::warn!("the lease runs out by itself: the database does not answer"),
        }
        metrics::gauge!("hotline_lease_held").set(0.0);
    }
}
