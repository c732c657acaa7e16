//! Forecasts over weeks whose truth is known.

#![expect(clippy::unwrap_used, reason = "a test says what it needs and what it found")]

use std::collections::BTreeMap;

use staffing::{
    Calendar, DayCurve, DayKind, Event, EventFactors, EventKind, ForecastAccuracy, HalfHour,
    HalfHours, NoForecast, PastDay, forecast, learned_factor,
};
use time::macros::date;
use time::{Date, Weekday};

/// The sample county's own calendar.
struct Statutory(BTreeMap<Date, bool>);

impl Statutory {
    fn shipped() -> Self {
        let exceptions = include_str!("../../../county/holidays.csv").lines().skip(1).map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let iso = time::format_description::well_known::Iso8601::DATE;
            (Date::parse(fields[0], &iso).unwrap(), fields[2] == "1")
        });
        Self(exceptions.collect())
    }
}

impl Calendar for Statutory {
    fn kind(&self, date: Date) -> Option<DayKind> {
        let known = self.0.keys().any(|exception| exception.year() == date.year());
        let exception = self.0.get(&date);
        known.then(|| DayKind::of(date, exception.is_some(), exception == Some(&true)))
    }
}

/// Calls of a day: quiet nights, a morning and an afternoon; by its kind.
fn usual(kind: DayKind) -> DayCurve<u32> {
    let level = match kind {
        DayKind::Ordinary(Weekday::Monday) => 24,
        DayKind::Ordinary(Weekday::Saturday | Weekday::Sunday) => 10,
        DayKind::Ordinary(_) => 20,
        DayKind::MakeupWorkday => 16,
        DayKind::PublicHoliday => 6,
    };
    DayCurve::from_fn(|half_hour| match half_hour.index() {
        0..16 => level / 2,
        16..36 => level * 3,
        _ => level,
    })
}

fn scaled(curve: &DayCurve<u32>, factor: f64) -> DayCurve<u32> {
    DayCurve::from_fn(|half_hour| (f64::from(*curve.get(half_hour)) * factor).round() as u32)
}

/// The days from one date to another, the last one outside.
fn days(from: Date, until: Date) -> Vec<PastDay> {
    let calendar = Statutory::shipped();
    std::iter::successors(Some(from), |date| date.next_day())
        .take_while(|date| *date < until)
        .map(|date| PastDay {
            date,
            calls: usual(calendar.kind(date).unwrap()),
            events: Vec::new(),
        })
        .collect()
}

fn expected(date: Date, history: &[PastDay]) -> DayCurve<f64> {
    let none = EventFactors::default();
    forecast(date, &[], history, &Statutory::shipped(), &none).unwrap().calls
}

fn assert_is(expected: &DayCurve<f64>, usual: &DayCurve<u32>, factor: f64) {
    for (half_hour, calls) in expected.iter() {
        let wanted = f64::from(*usual.get(half_hour)) * factor;
        assert!((calls - wanted).abs() < 1e-9 + wanted * 1e-9, "{half_hour}: {calls} for {wanted}");
    }
}

#[test]
fn days_that_repeat_are_forecast_exactly() {
    let history = days(date!(2026 - 03 - 01), date!(2026 - 04 - 20));
    for (day, weekday) in [(20, Weekday::Monday), (21, Weekday::Tuesday), (25, Weekday::Saturday)] {
        let date = Date::from_calendar_date(2026, time::Month::April, day).unwrap();
        assert_is(&expected(date, &history), &usual(DayKind::Ordinary(weekday)), 1.0);
    }
}

#[test]
fn holidays_and_swapped_workdays_are_days_of_their_own() {
    let history = days(date!(2025 - 01 - 01), date!(2026 - 10 - 01));
    // Thursday 1 October is a holiday, Saturday 10 October a workday; neither brings the calls of its weekday.
    assert_is(&expected(date!(2026 - 10 - 01), &history), &usual(DayKind::PublicHoliday), 1.0);
    assert_is(&expected(date!(2026 - 10 - 10), &history), &usual(DayKind::MakeupWorkday), 1.0);
    // And the holidays before it do not make the Thursday after them quiet.
    let with_holidays = days(date!(2026 - 08 - 01), date!(2026 - 10 - 15));
    let thursday = usual(DayKind::Ordinary(Weekday::Thursday));
    assert_is(&expected(date!(2026 - 10 - 15), &with_holidays), &thursday, 1.0);
}

#[test]
fn a_short_record_lets_like_days_stand_in() {
    let history = days(date!(2026 - 07 - 01), date!(2026 - 09 - 20));
    // The first swapped workday on record: a workday like the others.
    let makeup = expected(date!(2026 - 09 - 20), &history);
    let workday = usual(DayKind::Ordinary(Weekday::Friday));
    assert!(makeup.sum() >= usual_sum(&workday), "{}", makeup.sum());
    let holiday = expected(date!(2026 - 09 - 25), &history);
    assert_is(&holiday, &usual(DayKind::Ordinary(Weekday::Sunday)), 1.0);
}

fn usual_sum(curve: &DayCurve<u32>) -> f64 {
    curve.iter().map(|(_, calls)| f64::from(*calls)).sum()
}

#[test]
fn one_odd_day_moves_nothing() {
    let mut history = days(date!(2026 - 03 - 01), date!(2026 - 04 - 20));
    let odd = history.iter_mut().find(|day| day.date == date!(2026 - 04 - 13)).unwrap();
    odd.calls = scaled(&odd.calls, 3.0);
    let monday = usual(DayKind::Ordinary(Weekday::Monday));
    assert_is(&expected(date!(2026 - 04 - 20), &history), &monday, 1.0);
}

#[test]
fn a_level_that_rose_is_followed() {
    let mut history = days(date!(2026 - 03 - 01), date!(2026 - 04 - 20));
    for day in history.iter_mut().filter(|day| day.date >= date!(2026 - 04 - 06)) {
        day.calls = scaled(&day.calls, 1.3);
    }
    let found = forecast(
        date!(2026 - 04 - 21),
        &[],
        &history,
        &Statutory::shipped(),
        &EventFactors::default(),
    )
    .unwrap();
    let was = usual_sum(&usual(DayKind::Ordinary(Weekday::Tuesday)));
    let level = found.calls.sum() / was;
    assert!((1.2..1.35).contains(&level), "{level}");
    assert!(found.trend > 1.05, "{}", found.trend);
    assert_eq!(found.from.len(), 6);
}

#[test]
fn last_years_holidays_are_raised_to_this_years_level() {
    let mut history = days(date!(2025 - 08 - 01), date!(2026 - 10 - 01));
    for day in history.iter_mut().filter(|day| day.date >= date!(2026 - 07 - 01)) {
        day.calls = scaled(&day.calls, 1.5);
    }
    // The Mid-Autumn holidays of 25-27 September are at the new level already, those of June at the old one.
    let found = expected(date!(2026 - 10 - 01), &history).sum();
    let wanted = 1.5 * usual_sum(&usual(DayKind::PublicHoliday));
    assert!((found / wanted - 1.0).abs() < 0.02, "{found} for {wanted}, but for rounding");
    history.retain(|day| day.date < date!(2026 - 09 - 25));
    let found = expected(date!(2026 - 09 - 25), &history).sum();
    assert!((found / wanted - 1.0).abs() < 0.02, "{found} for {wanted}, but for rounding");
}

#[test]
fn a_storm_is_expected_and_taken_out_of_the_past() {
    let afternoon = HalfHours::between(HalfHour::at(14, 0).unwrap(), HalfHour::at(17, 30).unwrap());
    let storm = Event { kind: EventKind::Storm, during: afternoon };
    let mut history = days(date!(2026 - 03 - 01), date!(2026 - 04 - 20));
    for day in history.iter_mut().filter(|day| day.date >= date!(2026 - 04 - 06)) {
        day.events = vec![storm];
        let factors = EventFactors::default().over(&day.events);
        day.calls = DayCurve::from_fn(|half_hour| {
            (f64::from(*day.calls.get(half_hour)) * factors.get(half_hour)).round() as u32
        });
    }
    let calm = expected(date!(2026 - 04 - 20), &history);
    assert_is(&calm, &usual(DayKind::Ordinary(Weekday::Monday)), 1.0);
    let factors = EventFactors::default();
    let stormy =
        forecast(date!(2026 - 04 - 20), &[storm], &history, &Statutory::shipped(), &factors)
            .unwrap();
    let (nine, three) = (HalfHour::at(9, 0).unwrap(), HalfHour::at(15, 0).unwrap());
    assert_eq!(stormy.calls.get(nine), calm.get(nine));
    assert!((stormy.calls.get(three) / calm.get(three) - 1.9).abs() < 1e-9);
}

#[test]
fn an_unknown_factor_is_learned_from_its_days() {
    let heating = Event { kind: EventKind::HeatingStart, during: HalfHours::DAY };
    let mut history = days(date!(2026 - 03 - 01), date!(2026 - 06 - 01));
    let factor = |history: &[PastDay]| {
        let factors = EventFactors::default();
        learned_factor(EventKind::HeatingStart, history, &Statutory::shipped(), &factors)
    };
    for day in history.iter_mut().filter(|day| day.date >= date!(2026 - 05 - 27)) {
        day.events = vec![heating];
        day.calls = scaled(&day.calls, 1.5);
    }
    let learned = factor(&history).unwrap();
    assert!((learned - 1.5).abs() < 0.02, "{learned}");
    history.truncate(history.len() - 3);
    assert_eq!(factor(&history), None, "two days are not enough");
}

#[test]
fn the_rest_of_the_day_follows_a_loud_morning() {
    let history = days(date!(2026 - 03 - 01), date!(2026 - 04 - 20));
    let (calendar, factors) = (Statutory::shipped(), EventFactors::default());
    let morning = forecast(date!(2026 - 04 - 20), &[], &history, &calendar, &factors).unwrap();
    let noon = HalfHour::at(12, 0).unwrap();
    let came = scaled(&usual(DayKind::Ordinary(Weekday::Monday)), 1.5);
    let updated = morning.updated(noon, &came);
    assert_eq!(updated.calls.get(HalfHour::FIRST), morning.calls.get(HalfHour::FIRST));
    // 768 expected, 1,152 came: (1,152 + 100) / (768 + 100).
    let ratio = updated.calls.get(noon) / morning.calls.get(noon);
    assert!((ratio - 1_252.0 / 868.0).abs() < 1e-9, "{ratio}");
    assert_eq!(morning.updated(HalfHour::FIRST, &came).calls, morning.calls, "nothing came yet");
}

#[test]
fn what_nobody_can_know_is_refused() {
    let history = days(date!(2026 - 03 - 01), date!(2026 - 04 - 20));
    let ask = |date, history: &[PastDay]| {
        forecast(date, &[], history, &Statutory::shipped(), &EventFactors::default()).unwrap_err()
    };
    let beyond = date!(2031 - 01 - 01);
    assert_eq!(ask(beyond, &history), NoForecast::UnknownDay(beyond));
    let monday = date!(2026 - 04 - 20);
    assert_eq!(ask(monday, &[]), NoForecast::NoHistory(monday));
}

/// Counts around their means, without a random source: a fixed walk over the deviations of a Poisson draw.
fn noisy(curve: &DayCurve<u32>, seed: u64) -> DayCurve<u32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    DayCurve::from_fn(|half_hour| {
        let mut sum = 0.0;
        for _ in 0..12 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            sum += (state >> 33) as f64 / f64::from(1_u32 << 31);
        }
        let mean = f64::from(*curve.get(half_hour));
        (mean + (sum - 6.0) * mean.sqrt()).round().max(0.0) as u32
    })
}

#[test]
fn a_countys_day_is_forecast_within_fifteen_per_cent() {
    // 12 weeks whose half-hours vary by chance alone, half of a county's calls or more; forecast day after day.
    let mut history = days(date!(2026 - 06 - 22), date!(2026 - 09 - 14));
    for (seed, day) in (1..).zip(history.iter_mut()) {
        day.calls = noisy(&day.calls, seed);
    }
    let mut accuracy = ForecastAccuracy::default();
    for (at, day) in history.iter().enumerate().skip(42) {
        accuracy.add(&expected(day.date, &history[..at]), &day.calls);
    }
    let (days, half_hours) = (accuracy.days.wape().unwrap(), accuracy.half_hours.wape().unwrap());
    assert!(days < 0.15, "{days}");
    assert!(days < half_hours, "errors of half-hours cancel over a day: {days} {half_hours}");
    assert!(accuracy.days.bias().unwrap().abs() < 0.03, "{:?}", accuracy.days.bias());
    println!(
        "WAPE {days:.4} per day, {half_hours:.4} per half-hour; bias {:.4}",
        accuracy.days.bias().unwrap()
    );
}
