//! What the supervisor's board says of work orders.

use serde::Serialize;
use utoipa::ToSchema;
use work_order::feedback::{FeedbackFact, same_day_feedback_rate};

use super::{Context, ServiceError, start_of_day};
use crate::store;

/// Orders of today and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrdersToday {
    pub accepted_today: i64,
    /// Neither draft nor closed.
    pub open: i64,
    /// Past the unit's limit.
    pub overdue: i64,
}

/// Results of today that the petitioner must hear today (D3, K7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedbackToday {
    /// Results of today that count.
    pub due_today: u64,
    pub met: u64,
    /// Told too late, or not told although the day is over.
    pub missed: u64,
    /// Still to be told.
    pub open: u64,
    /// Met in a million of due; null when none is due.
    pub rate_ppm: Option<u64>,
}

/// Both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrdersBoard {
    pub orders: OrdersToday,
    pub feedback: FeedbackToday,
}

/// Counts orders and feedback of the local day.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn board(ctx: &Context) -> Result<OrdersBoard, ServiceError> {
    let now = ctx.clock.business_now();
    let today = start_of_day(now);
    let mut tx = ctx.db.read().await?;
    let counts = store::work_order::counts(&mut tx, &ctx.centre, today, now).await?;
    let with_result = store::work_order::with_result_since(&mut tx, &ctx.centre, today).await?;
    drop(tx);
    let duties = || with_result.iter().flat_map(|order| &order.feedback);
    let of_today = || duties().filter(|duty| duty.result_at >= today);
    let rate = same_day_feedback_rate(of_today().map(work_order::FeedbackDuty::fact));
    let open =
        of_today().filter(|duty| duty.fact() == FeedbackFact::Untold && now < duty.due_at).count();
    let open = u64::try_from(open).unwrap_or(u64::MAX);
    Ok(OrdersBoard {
        orders: OrdersToday {
            accepted_today: counts.accepted_today,
            open: counts.open,
            overdue: counts.overdue,
        },
        feedback: FeedbackToday {
            due_today: rate.of,
            met: rate.met,
            missed: rate.of.saturating_sub(rate.met).saturating_sub(open),
            open,
            rate_ppm: (rate.met * 1_000_000).checked_div(rate.of),
        },
    })
}
