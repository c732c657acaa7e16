//! K12: missed calls are called back (漏接回拨), over the duties that arose today (`domain.md` 3.2).

use figures::Returns;
use serde::Serialize;
use types::Timestamp;
use utoipa::ToSchema;

use super::figures::ppm;
use crate::service::{Context, ServiceError};
use crate::store::missed_call_return::work::{ReturnTally, tally};

/// 漏接回拨率 of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct K12 {
    /// Numbers that are owed a call.
    pub owed: u64,
    /// Missed calls behind them.
    pub missed_calls: u64,
    pub returned: u64,
    /// Within two hours of daytime.
    pub returned_in_time: u64,
    /// The citizen was faster: no return of ours.
    pub redialled: u64,
    pub open: u64,
    /// Of the open ones, those whose two hours have run out.
    pub overdue: u64,
    /// Called back by owed, parts per million; null without any.
    pub rate_ppm: Option<u64>,
    /// Called back within the limit, of those whose limit has run out or who were settled.
    pub in_time_ppm: Option<u64>,
}

/// K12 of the local day of `now`.
///
/// # Errors
/// [`ServiceError::Store`].
pub(super) async fn today(ctx: &Context, now: Timestamp) -> Result<K12, ServiceError> {
    let mut tx = ctx.db.read().await?;
    Ok(K12::of(tally(&mut tx, &ctx.centre, now).await?))
}

impl K12 {
    fn of(tally: ReturnTally) -> Self {
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        let returns = Returns {
            owed: count(tally.owed),
            missed_calls: count(tally.missed_calls),
            returned: count(tally.returned),
            returned_in_time: count(tally.returned_in_time),
            redialled: count(tally.redialled),
            tried: count(tally.tried),
            open: count(tally.open),
            running: count(tally.running),
            ..Returns::default()
        };
        Self {
            owed: returns.owed,
            missed_calls: returns.missed_calls,
            returned: returns.returned,
            returned_in_time: returns.returned_in_time,
            redialled: returns.redialled,
            open: returns.open,
            overdue: returns.open.saturating_sub(returns.running),
            rate_ppm: ppm(returns.rate()),
            in_time_ppm: ppm(returns.in_time()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_redialled_stays_in_the_base_and_who_can_still_be_called_in_time_does_not_count_yet() {
        let tally = ReturnTally {
            owed: 10,
            missed_calls: 13,
            returned: 6,
            returned_in_time: 5,
            redialled: 1,
            open: 3,
            tried: 2,
            running: 2,
        };
        let k12 = K12::of(tally);
        assert_eq!((k12.rate_ppm, k12.in_time_ppm, k12.overdue), (Some(600_000), Some(625_000), 1));
        assert_eq!(K12::of(ReturnTally::default()).rate_ppm, None);
    }
}
