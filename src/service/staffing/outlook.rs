//! A day as others may ask for it: its forecast, what that requires, and the people on its roster.

use ::staffing::{
    DayCurve, Handling, NoRequirement, Presence, Requirement, Standard, coverage, day_requirement,
};
use time::Date;

use super::forecast::{self, Without};
use super::words::{Day, Days};
use super::{history, roster, standard};
use crate::service::{Context, ServiceError};
use crate::store::Tx;
use crate::store::day_forecast::DayForecast;

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

fn on_line(present: u32, there: f64) -> u32 {
    // A hair more, lest 4 times 0.75 become 2.
    ((f64::from(present) * there.clamp(0.0, 1.0) + 1e-9).floor() as u32).max(present.min(1))
}

/// The day as planned: the newest forecast that was kept, else one made now.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn day_outlook(ctx: &Context, day: Date) -> Result<DayOutlook, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let needs = requirements(ctx, &mut tx, Day(day)).await?;
    let present = presence(ctx, &mut tx, Day(day)).await?.map(|presence| presence.present);
    Ok(needs.outlook(day, present))
}

/// People on the roster of a day, by half-hour, who are there and not at a meal.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn people_present(ctx: &Context, day: Date) -> Result<DayCurve<u32>, ServiceError> {
    let mut tx = ctx.db.read().await?;
    Ok(presence(ctx, &mut tx, Day(day)).await?.map(|presence| presence.present))
}

/// Who is there in each half-hour, by the roster.
pub(super) async fn presence(
    ctx: &Context,
    tx: &mut Tx,
    day: Day,
) -> Result<DayCurve<Presence>, ServiceError> {
    let duties = roster::duties(ctx, tx, Days { first: day, last: day }).await?;
    let duties: Vec<_> = duties.into_iter().map(|(_, duty)| duty).collect();
    Ok(coverage(day.0, &duties))
}

/// What a day's requirement is made of.
#[derive(Debug, Clone)]
pub struct Requirements {
    pub forecast: Result<DayForecast, Without>,
    pub handling: DayCurve<Handling>,
    pub standard: Standard,
}

/// The forecast of a day with the handling and patience that are measured up to it.
pub(super) async fn requirements(
    ctx: &Context,
    tx: &mut Tx,
    day: Day,
) -> Result<Requirements, ServiceError> {
    let in_force = standard::in_force_in(ctx, tx).await?;
    let before = day.min(Day::of(ctx.clock.now()));
    let measured = history::measured(ctx, tx, before, in_force.handling()).await?;
    Ok(Requirements {
        forecast: forecast::of_day(ctx, tx, day).await?,
        handling: measured.handling,
        standard: in_force.standard(measured.patience_s),
    })
}

impl Requirements {
    /// Expected calls; `None` without a forecast.
    #[must_use]
    pub fn calls(&self) -> Option<DayCurve<f64>> {
        self.forecast.as_ref().ok().map(|forecast| history::curve(&forecast.calls.0))
    }

    /// The agents of each half-hour. Some milliseconds of arithmetic.
    ///
    /// # Errors
    /// Why there is none, in Chinese.
    pub fn of_day(&self) -> Result<DayCurve<Requirement>, String> {
        let forecast = self.forecast.as_ref().map_err(Without::detail)?;
        let calls = history::curve(&forecast.calls.0);
        day_requirement(&calls, &self.handling, &self.standard).map_err(|why| detail(&why))
    }

    /// People who must be on the roster of each half-hour.
    ///
    /// # Errors
    /// As [`Requirements::of_day`].
    pub fn to_roster(&self) -> Result<DayCurve<u32>, String> {
        Ok(self.of_day()?.map(|required| required.to_roster))
    }

    /// With who is present, the day's outlook.
    #[must_use]
    pub fn outlook(&self, day: Date, present: DayCurve<u32>) -> DayOutlook {
        let (handling, standard) = (self.handling, self.standard);
        DayOutlook { day, calls: self.calls(), present, handling, standard }
    }
}

fn detail(why: &NoRequirement) -> String {
    match why {
        NoRequirement::Unreachable { at } => {
            format!("{at} 起的半小时无论多少人都达不到目标，请调低接通率或及时率目标。")
        }
        NoRequirement::Load(_) | NoRequirement::Shrinkage { .. } => {
            "预测来电量或测得的处理时长超出可计算范围，请核对参数设置。".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinkage_takes_its_share_of_those_present_but_never_the_last_one() {
        for (present, there, expected) in
            [(0, 0.75, 0), (1, 0.75, 1), (4, 0.75, 3), (8, 0.7524, 6), (20, 0.0, 1)]
        {
            assert_eq!(on_line(present, there), expected, "{present} {there}");
        }
    }
}
