//! The kinds of jobs there are: one variant each, with its payload.

use serde::{Deserialize, Serialize};
use types::{JobId, Timestamp, WorkOrderId};

use crate::service::{Context, ServiceError};
use crate::store::{self, Tx};

/// Housekeeping has nothing to remember but the day it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HousekeepingPayload {
    pub due_at: Timestamp,
}

/// One piece of work. A new kind is a new variant, its key and its arm in `runner`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum JobKind {
    /// Forgets ended sessions, old failures, relayed events and done jobs; once a day.
    Housekeeping(HousekeepingPayload),
    /// Counts yesterday, judges its forecast, makes those of the week ahead (`domain.md` 11.1); once a day.
    Forecasts,
    /// A limit of an order passes: automatic signature, breach record (T7, D16).
    OrderClock { order: WorkOrderId },
    /// A petitioner may still not have been told (`domain.md` 8.1: 17:00, 19:00, 20:00).
    FeedbackAlarm { order: WorkOrderId, duty: u32, alarm_at: Timestamp },
}

impl JobKind {
    /// Name in the table of [`JobKind::OrderClock`].
    pub const ORDER_CLOCK: &str = "order_clock";
    /// Name in the table of [`JobKind::Forecasts`].
    pub const FORECASTS: &str = "forecasts";

    /// Name in the table.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Housekeeping(_) => "housekeeping",
            Self::Forecasts => Self::FORECASTS,
            Self::OrderClock { .. } => Self::ORDER_CLOCK,
            Self::FeedbackAlarm { .. } => "feedback_alarm",
        }
    }

    /// While a job of this name and key is open, another is not added.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Housekeeping(_) | Self::Forecasts => String::new(),
            Self::OrderClock { order } => order.to_string(),
            Self::FeedbackAlarm { order, duty, alarm_at } => {
                format!("{order}.{duty}.{}", alarm_at.as_micros())
            }
        }
    }
}

/// Adds `job`, due at `due_at` (business time), within the transaction that has the reason for it.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn schedule(
    ctx: &Context,
    tx: &mut Tx,
    job: &JobKind,
    due_at: Timestamp,
) -> Result<(), ServiceError> {
    let now = ctx.clock.now();
    let payload =
        serde_json::to_string(job).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let new = store::job::NewJob {
        id: JobId::new(now, ctx.random.number()),
        kind: job.name().to_owned(),
        key: job.key(),
        payload,
        due_at,
    };
    Ok(store::job::add(tx, &ctx.centre, &new, now).await?)
}
