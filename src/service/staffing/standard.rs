//! What rosters are measured by: the configuration, and over it what a supervisor has set.

use std::time::Duration;

use staffing::{Handling, MealPlan, MinuteSpan, Shrinkage, Standard, Target};

use super::note;
use crate::config::Staffing;
use crate::service::session::Person;
use crate::service::{Context, FieldFault, ServiceError};
use crate::store::{self, Tx, setting};

/// Key of the setting.
const KEY: &str = "staffing";

/// What is in force, with the version a change must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    pub staffing: Staffing,
    /// 0: the configuration's, never changed.
    pub version: i64,
}

/// What is in force now.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn in_force(ctx: &Context) -> Result<InForce, ServiceError> {
    let mut tx = ctx.db.read().await?;
    in_force_in(ctx, &mut tx).await
}

/// The same within a transaction that is open anyway. A stored value that a newer program cannot read gives way to
/// the configuration.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn in_force_in(ctx: &Context, tx: &mut Tx) -> Result<InForce, ServiceError> {
    let configured = || ctx.config.staffing.clone();
    let Some(found) = setting::find(tx, &ctx.centre, KEY).await? else {
        return Ok(InForce { staffing: configured(), version: 0 });
    };
    let staffing = serde_json::from_str(&found.value).unwrap_or_else(|error| {
        tracing::error!(%error, "the setting `staffing` cannot be read; the configuration holds");
        configured()
    });
    Ok(InForce { staffing, version: found.version })
}

/// Sets it; holds from the next request on.
///
/// # Errors
/// [`ServiceError::Fields`] with every value that nobody can plan with, [`ServiceError::VersionConflict`].
pub async fn set(
    ctx: &Context,
    person: &Person,
    source: &str,
    new: InForce,
) -> Result<InForce, ServiceError> {
    let faults = new.staffing.faults();
    if !faults.is_empty() {
        let faults = faults.into_iter().map(|(key, detail)| FieldFault::new(key, detail));
        return Err(ServiceError::Fields(faults.collect()));
    }
    let value = serde_json::to_string(&new.staffing)
        .map_err(|error| ServiceError::Internal(error.to_string()))?;
    let mut tx = ctx.db.begin().await?;
    let change = setting::Change {
        key: KEY,
        value: &value,
        expected: new.version,
        by: &person.username,
        at: ctx.clock.now(),
    };
    store::setting::set(&mut tx, &ctx.centre, change).await?;
    note(ctx, &mut tx, person, source, ("staffing_standard_set", KEY, &value)).await?;
    tx.commit().await?;
    Ok(InForce { version: new.version + 1, ..new })
}

impl InForce {
    /// Targets, shrinkage and, unless measured, patience.
    #[must_use]
    pub fn standard(&self, patience_s: Option<f64>) -> Standard {
        let of = &self.staffing;
        let share = |percent: u32| f64::from(percent) / 100.0;
        Standard {
            target: Target {
                answered: share(of.answered_percent),
                answered_within: share(of.in_time_percent),
                limit_s: f64::from(of.limit_s),
            },
            patience_s: patience_s.unwrap_or_else(|| f64::from(of.patience_s)),
            shrinkage: Shrinkage {
                breaks: share(of.breaks_percent),
                training: share(of.training_percent),
                sickness: share(of.sickness_percent),
            },
            on_duty_min: of.on_duty_min,
        }
    }

    /// How long a call keeps an agent until it is measured.
    #[must_use]
    pub fn handling(&self) -> Handling {
        Handling {
            talk_s: f64::from(self.staffing.talk_s),
            wrap_up_s: f64::from(self.staffing.wrap_up_s),
        }
    }

    /// When meals are eaten.
    #[must_use]
    pub fn meal_plans(&self) -> Vec<MealPlan> {
        let length_min = self.staffing.meal_min;
        let windows = self.staffing.meals.iter().filter_map(|span| span.parse().ok());
        windows.map(|window: MinuteSpan| MealPlan { window, length_min }).collect()
    }

    /// Differences between plan and record that are shorter are none.
    #[must_use]
    pub fn tolerance(&self) -> Duration {
        Duration::from_secs(u64::from(self.staffing.tolerance_s))
    }
}
