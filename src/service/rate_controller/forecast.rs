//! What is expected of each half-hour: the days as they are planned (`service::staffing`), from yesterday to tomorrow.

use ::staffing::{DayCurve, day_requirement};
use rate_controller::situation::HALF_HOUR_US;
use rate_controller::{Forecast, HalfHour};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use types::Timestamp;

use super::keep::LOOK_EVERY;
use crate::service::live::RunningFloor;
use crate::service::staffing::{Day, DayOutlook, blocking, day_outlook};
use crate::service::{Context, ServiceError};

/// Makes the forecast anew with each half-hour, on the owner, until `stop`; the last one holds where it cannot be made.
pub(super) async fn keep(
    ctx: Context,
    floor: RunningFloor,
    made: watch::Sender<Forecast>,
    stop: CancellationToken,
) {
    let mut made_in: Option<i64> = None;
    while !stop.is_cancelled() {
        let now = ctx.clock.now();
        if floor.links.owns() && made_in != Some(half_hour_of(now)) {
            match planned(&ctx, now).await {
                Ok(forecast) => {
                    made.send_replace(forecast);
                    made_in = Some(half_hour_of(now));
                }
                Err(error) => {
                    tracing::warn!(%error, "the rate controller goes on with its last forecast");
                }
            }
        }
        let _ = tokio::time::timeout(LOOK_EVERY, stop.cancelled()).await;
    }
}

/// Yesterday, today and tomorrow; empty where nothing can be said of today: the controller then says nothing either.
///
/// # Errors
/// [`ServiceError`].
pub(in crate::service) async fn planned(
    ctx: &Context,
    now: Timestamp,
) -> Result<Forecast, ServiceError> {
    let today = Day::of(now);
    let mut days = Vec::new();
    for day in [today.plus(-1), today, today.plus(1)] {
        days.push(day_outlook(ctx, day.0).await?);
    }
    blocking(move || of_days(today, &days)).await
}

/// Days without a forecast beside today are left out: those that have one stand in for them.
fn of_days(today: Day, days: &[DayOutlook]) -> Forecast {
    let known: Vec<_> =
        days.iter().filter_map(|day| Some((day, day.calls.as_ref()?, agents(day)))).collect();
    let first = known.first().map(|(day, ..)| Day(day.day));
    let Some(first) = first.filter(|_| known.iter().any(|(day, ..)| day.day == today.0)) else {
        return Forecast::default();
    };
    let half_hours = known.iter().flat_map(|(_, calls, agents)| {
        calls
            .iter()
            .zip(agents.iter())
            .map(|((_, calls), (_, agents))| HalfHour { calls: *calls, agents: *agents })
    });
    Forecast { from: first.start(), half_hours: half_hours.collect() }
}

/// Agents on the line by the roster; on a day that has none, as many as its calls require: the controller then sees by who
/// is there how far they are missing.
fn agents(day: &DayOutlook) -> DayCurve<u32> {
    let on_line = day.on_line();
    if on_line.iter().any(|(_, agents)| *agents > 0) {
        return on_line;
    }
    let calls = day.calls.unwrap_or(DayCurve::from_fn(|_| 0.0));
    let required = day_requirement(&calls, &day.handling, &day.standard);
    required.map_or(on_line, |required| required.map(|of| of.on_line))
}

/// Number of the half-hour since 1970.
pub(super) const fn half_hour_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(HALF_HOUR_US)
}

#[cfg(test)]
mod tests {
    use ::staffing::{Handling, Shrinkage, Standard, Target};

    use super::*;

    fn day(number: i64, calls: Option<f64>, present: u32) -> DayOutlook {
        let first: Day = "2026-02-10".parse().unwrap();
        DayOutlook {
            day: first.plus(number).0,
            calls: calls.map(|calls| DayCurve::from_fn(|_| calls)),
            present: DayCurve::from_fn(|_| present),
            handling: DayCurve::from_fn(|_| Handling { talk_s: 150.0, wrap_up_s: 90.0 }),
            standard: Standard {
                target: Target { answered: 0.95, answered_within: 0.8, limit_s: 15.0 },
                patience_s: 120.0,
                shrinkage: Shrinkage { breaks: 0.0, training: 0.0, sickness: 0.25 },
                on_duty_min: 1,
            },
        }
    }

    #[test]
    fn three_days_follow_each_other_from_midnight_with_those_who_will_be_on_the_line() {
        let days = [day(0, Some(10.0), 8), day(1, Some(20.0), 8), day(2, Some(30.0), 4)];
        let forecast = of_days(Day(days[1].day), &days);
        assert_eq!(forecast.from, "2026-02-10T00:00:00+08:00".parse().unwrap());
        assert_eq!(forecast.half_hours.len(), 144);
        let at =
            |number: usize| (forecast.half_hours[number].calls, forecast.half_hours[number].agents);
        assert_eq!((at(47), at(48), at(143)), ((10.0, 6), (20.0, 6), (30.0, 3)));
    }

    #[test]
    fn a_day_without_a_forecast_is_left_out_and_without_todays_there_is_none() {
        let days = [day(0, None, 8), day(1, Some(20.0), 8), day(2, None, 8)];
        let forecast = of_days(Day(days[1].day), &days);
        assert_eq!(forecast.from, "2026-02-11T00:00:00+08:00".parse().unwrap());
        assert_eq!(forecast.half_hours.len(), 48);
        let unknown = [day(0, Some(20.0), 8), day(1, None, 8), day(2, Some(20.0), 8)];
        assert_eq!(of_days(Day(unknown[1].day), &unknown), Forecast::default());
    }

    #[test]
    fn where_there_is_no_roster_as_many_are_reckoned_with_as_the_calls_require() {
        let days = [day(0, Some(30.0), 0)];
        let forecast = of_days(Day(days[0].day), &days);
        // 4 erlang.
        assert!((5..9).contains(&forecast.half_hours[20].agents), "{forecast:?}");
    }
}
