//! Forecasts are made, kept as they were made, and judged by what came.

use super::*;
use crate::service::rate_controller;

async fn a_week_is_forecast_by_the_days_it_is_like(db: Db) {
    let ctx = county_of(db).await;
    history(&ctx, 10).await;
    plan_ahead(&ctx).await.unwrap();
    for (of, kind, expected) in [
        (TODAY, "workday", 10.0),
        ("2026-02-14", "makeup_workday", 10.0),
        ("2026-02-15", "public_holiday", 4.0),
        ("2026-02-20", "public_holiday", 4.0),
    ] {
        let plan = day_plan(&ctx, day(of)).await.unwrap();
        assert_eq!((plan.kind, plan.without.as_deref()), (Some(kind), None), "{of}");
        assert_eq!(half_hour(&plan, "10:00").expected, Some(expected), "{of}");
        assert_eq!(half_hour(&plan, "03:00").expected, Some(1.0), "{of}");
        let forecast = plan.forecast.unwrap();
        assert_eq!(forecast.made_at, start());
        assert!((forecast.expected - (expected * 20.0 + 28.0)).abs() < 0.1, "{of}");
        let outlook = day_outlook(&ctx, day(of).0).await.unwrap();
        assert!((outlook.calls.unwrap().sum() - forecast.expected).abs() < 0.1);
    }
    let nine_days_on = day_plan(&ctx, day(TODAY).plus(9)).await.unwrap();
    assert!(nine_days_on.forecast.is_some(), "made when asked for, not kept");
    assert_eq!(nine_days_on.came, None);
}
store_test!(a_week_is_forecast_by_the_days_it_is_like);

async fn the_rate_controller_reckons_with_the_same_forecast(db: Db) {
    let ctx = county_of(db).await;
    history(&ctx, 10).await;
    plan_ahead(&ctx).await.unwrap();
    let known = rate_controller::forecast::planned(&ctx, ctx.clock.now()).await.unwrap();
    let outlook = day_outlook(&ctx, day(TODAY).0).await.unwrap();
    let planned: Vec<f64> = outlook.calls.unwrap().iter().map(|(_, calls)| *calls).collect();
    let from = (day(TODAY).start().as_micros() - known.from.as_micros()) / 1_800_000_000;
    let today = &known.half_hours[usize::try_from(from).unwrap()..][..48];
    assert_eq!(today.iter().map(|of| of.calls).collect::<Vec<_>>(), planned);
    assert!(today.iter().all(|of| of.agents > 0), "without a roster as many as are required");
}
store_test!(the_rate_controller_reckons_with_the_same_forecast);

async fn the_error_of_a_day_is_kept_once_it_is_over_and_put_right_by_late_calls(db: Db) {
    let ctx = county_of(db).await;
    history(&ctx, 10).await;
    // The first call on record: its day is no whole day and is never counted.
    took_place(&ctx, &[answered(1, day("2026-02-12").start())]).await;
    plan_ahead(&ctx).await.unwrap();
    assert_eq!(errors(&ctx, Days::week_of(day(TODAY))).await.unwrap().items, []);

    // Eight instead of ten in each half-hour of the day; nights and holidays as expected.
    let of = day(TODAY).plus(1);
    let calls = |of: Day, by_day: u32| {
        (0..48_u32).flat_map(move |at| {
            let count = if (16..36).contains(&at) { by_day } else { 1 };
            (0..count).map(move |_| of.start() + Duration::from_secs(u64::from(at) * 1_800 + 60))
        })
    };
    let today: Vec<Call> =
        (10..).zip(calls(day(TODAY), 10)).map(|(id, at)| answered(id, at)).collect();
    let next: Vec<Call> = (1_000..).zip(calls(of, 8)).map(|(id, at)| answered(id, at)).collect();
    took_place(&ctx, &today).await;
    took_place(&ctx, &next).await;
    ctx.clock.advance(Duration::from_secs(2 * 86_400));
    plan_ahead(&ctx).await.unwrap();
    let found = errors(&ctx, Days { first: of, last: of }).await.unwrap();
    let [judged] = found.items.as_slice() else { panic!("{found:?}") };
    assert_eq!((judged.day, judged.lead_days, judged.came), (of, 1, 188));
    assert!((judged.expected - 228.0).abs() < 1e-6, "{}", judged.expected);
    let (wape, bias) = (judged.wape_ppm, judged.bias_ppm);
    assert_eq!((wape, bias), (Some(212_766), Some(212_766)), "40 too many of 188");
    assert_eq!((found.wape_ppm, found.days), (wape, 1));

    // Forty that the journal brings a day later.
    let late: Vec<Call> = (0..40_u128)
        .map(|id| {
            answered(2_000 + id, of.start() + Duration::from_secs((480 + id as u64 / 2 * 30) * 60))
        })
        .collect();
    took_place(&ctx, &late).await;
    ctx.clock.advance(Duration::from_secs(86_400));
    plan_ahead(&ctx).await.unwrap();
    let found = errors(&ctx, Days { first: of, last: of }).await.unwrap();
    assert_eq!((found.items[0].came, found.items[0].wape_ppm), (228, Some(0)));
    let plan = day_plan(&ctx, of).await.unwrap();
    assert_eq!((plan.came, half_hour(&plan, "08:00").came), (Some(228), Some(10)));
}
store_test!(the_error_of_a_day_is_kept_once_it_is_over_and_put_right_by_late_calls);

async fn a_noted_storm_raises_the_forecast_and_says_why(db: Db) {
    let ctx = county_of(db).await;
    history(&ctx, 10).await;
    plan_ahead(&ctx).await.unwrap();
    let of = day("2026-02-16");
    let storm = |factor_percent| NewEventDay {
        during: Some("14:00-18:00".to_owned()),
        factor_percent,
        source: "气象台暴雨橙色预警 2026-07".to_owned(),
    };
    note_event(&ctx, &leader(), "", (of, EventWord::Storm), storm(None)).await.unwrap();
    let plan = day_plan(&ctx, of).await.unwrap();
    assert_eq!(half_hour(&plan, "14:00").expected, Some(7.6), "4 x 1.9 (Binzhou's storm day)");
    assert_eq!(half_hour(&plan, "13:30").expected, Some(4.0));
    let told = plan.forecast.unwrap().events;
    assert_eq!((told[0].factor_percent, told[0].factor_from.as_str()), (190, "usual"));
    assert_eq!(told[0].source, "气象台暴雨橙色预警 2026-07");

    note_event(&ctx, &leader(), "", (of, EventWord::Storm), storm(Some(250))).await.unwrap();
    let plan = day_plan(&ctx, of).await.unwrap();
    assert_eq!(half_hour(&plan, "17:30").expected, Some(10.0));
    assert_eq!(plan.forecast.unwrap().events[0].factor_from, "given");

    withdraw_event(&ctx, &leader(), "", (of, EventWord::Storm)).await.unwrap();
    let plan = day_plan(&ctx, of).await.unwrap();
    assert_eq!(half_hour(&plan, "14:00").expected, Some(4.0));
    let again = withdraw_event(&ctx, &leader(), "", (of, EventWord::Storm)).await;
    assert!(matches!(again, Err(ServiceError::NotFound(_))));
    assert_eq!(events(&ctx, Days::week_of(of)).await.unwrap(), []);
}
store_test!(a_noted_storm_raises_the_forecast_and_says_why);

async fn a_day_that_began_higher_goes_on_higher(db: Db) {
    let ctx = county_of(db).await;
    history(&ctx, 10).await;
    plan_ahead(&ctx).await.unwrap();
    // 36 expected until 09:00, 172 came.
    let night: Vec<Call> = (0..172)
        .map(|id| answered(id, day(TODAY).start() + Duration::from_secs(id as u64 * 180)))
        .collect();
    took_place(&ctx, &night).await;
    let plan = day_plan(&ctx, day(TODAY)).await.unwrap();
    let nine = half_hour(&plan, "09:00");
    assert_eq!((nine.expected, nine.updated), (Some(10.0), Some(20.0)), "(172+100) / (36+100)");
    assert_eq!(half_hour(&plan, "08:30").updated, None, "is over");
    assert_eq!((nine.came, half_hour(&plan, "09:30").came), (Some(0), None));
    assert_eq!(half_hour(&plan, "00:00").came, Some(10));
}
store_test!(a_day_that_began_higher_goes_on_higher);

async fn without_calendar_or_history_the_page_says_what_to_do(db: Db) {
    let ctx = TestApp::context(db);
    let plan = day_plan(&ctx, day(TODAY)).await.unwrap();
    assert!(plan.without.unwrap().contains("hotline init"));
    county::load(&ctx, "test", &SAMPLE).await.unwrap();
    plan_ahead(&ctx).await.unwrap();
    let plan = day_plan(&ctx, day(TODAY)).await.unwrap();
    assert!(plan.without.unwrap().contains("来电记录"));
    assert_eq!((plan.forecast, plan.gaps), (None, vec![]));
    let outlook = day_outlook(&ctx, day(TODAY).0).await.unwrap();
    assert_eq!(outlook.calls, None);
    history(&ctx, 10).await;
    let far = day_plan(&ctx, day("2031-02-13")).await.unwrap();
    assert!(far.without.unwrap().contains("2031"), "a year is never guessed");
}
store_test!(without_calendar_or_history_the_page_says_what_to_do);
