//! Shifts, rosters, meals, holiday duty, adherence.

use super::*;

async fn a_roster_closes_the_gaps_that_the_requirement_shows(db: Db) {
    let ctx = county_of(db).await;
    history(&ctx, 10).await;
    plan_ahead(&ctx).await.unwrap();
    let bare = day_plan(&ctx, day(TODAY)).await.unwrap();
    let ten = half_hour(&bare, "10:00");
    let required = ten.to_roster.unwrap();
    assert!(ten.on_line.unwrap() < ten.on_duty.unwrap() && ten.on_duty.unwrap() < required);
    let night = half_hour(&bare, "03:00");
    assert_eq!((night.on_line, night.on_duty), (Some(2), Some(3)), "one of them may go off");
    assert_eq!((bare.gaps.len(), bare.gaps[0].during.as_str()), (1, "00:00-24:00"));

    let mut people = Vec::new();
    for number in 0..required {
        people.push(agent(&ctx, &format!("agent{number:02}"), false).await);
    }
    rostered(&ctx, TODAY, "day", &people).await;
    let plan = day_plan(&ctx, day(TODAY)).await.unwrap();
    let ten = half_hour(&plan, "10:00");
    assert_eq!((ten.present, ten.short), (required, Some(0)));
    assert!(ten.takes_calls < required && ten.takes_calls > 0);
    // The template's meal takes everybody away at once; staggered, most of them stay.
    assert_eq!(
        (half_hour(&plan, "12:00").present, half_hour(&plan, "12:00").at_meal),
        (0, required)
    );
    let without = stagger(&ctx, &leader(), "", day(TODAY)).await.unwrap();
    assert_eq!(without, 0);
    let plan = day_plan(&ctx, day(TODAY)).await.unwrap();
    let at_meal_max = plan.half_hours.iter().map(|half_hour| half_hour.at_meal).max().unwrap();
    assert!(at_meal_max < required, "{at_meal_max} of {required} at once");
    assert!(half_hour(&plan, "12:00").present > 0);
    let outlook = people_present(&ctx, day(TODAY).0).await.unwrap();
    let noon = ::staffing::HalfHour::at(12, 0).unwrap();
    assert_eq!(*outlook.get(noon), half_hour(&plan, "12:00").present);
}
store_test!(a_roster_closes_the_gaps_that_the_requirement_shows);

async fn an_entry_that_somebody_else_changed_refuses_all(db: Db) {
    let ctx = county_of(db).await;
    plan_ahead(&ctx).await.unwrap();
    let (one, other) = (agent(&ctx, "agent01", false).await, agent(&ctx, "agent02", false).await);
    rostered(&ctx, TODAY, "day", &[one]).await;
    let wish = |agent, was: Option<&str>, shift: Option<&str>| RosterWish {
        agent,
        day: day(TODAY),
        was: was.map(str::to_owned),
        shift: shift.map(str::to_owned),
    };
    let stale = [wish(other, None, Some("late")), wish(one, Some("night"), None)];
    let refused = set_roster(&ctx, &leader(), "", &stale).await;
    assert!(matches!(refused, Err(ServiceError::VersionConflict)), "{refused:?}");
    let shown = week(&ctx, day(TODAY)).await.unwrap();
    let friday = |view: &RosterView| -> Vec<Option<String>> {
        view.people.iter().map(|person| person.shifts[4].clone()).collect()
    };
    assert_eq!(friday(&shown), [Some("day".to_owned()), None], "none of it was done");
    let right = [wish(other, None, Some("late")), wish(one, Some("day"), Some("split"))];
    set_roster(&ctx, &leader(), "", &right).await.unwrap();
    set_roster(&ctx, &leader(), "", &[wish(other, Some("late"), None)]).await.unwrap();
    let shown = week(&ctx, day(TODAY)).await.unwrap();
    assert_eq!(friday(&shown), [Some("split".to_owned()), None]);
    assert_eq!(
        (shown.days[0].day, shown.days[5].kind),
        (day("2026-02-09"), Some("makeup_workday"))
    );
    assert!(
        shown.faults.iter().any(|fault| fault.kind == "nobody_on_duty"),
        "the hotline is 7 x 24"
    );

    let faults = set_roster(
        &ctx,
        &leader(),
        "",
        &[
            wish(AgentId::from_u128(9), None, Some("day")),
            wish(one, Some("split"), Some("tea")),
            wish(one, Some("split"), None),
        ],
    )
    .await;
    let Err(ServiceError::Fields(faults)) = faults else { panic!("{faults:?}") };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["entries[0].agent", "entries[1].shift", "entries[2].day"]);
}
store_test!(an_entry_that_somebody_else_changed_refuses_all);

async fn a_shift_over_midnight_reaches_into_the_next_day(db: Db) {
    let ctx = county_of(db).await;
    let one = agent(&ctx, "agent01", false).await;
    let wish = |spells: &[&str], meals: &[&str], version| ShiftWish {
        name: "大夜班".to_owned(),
        spells: spells.iter().map(|text| (*text).to_owned()).collect(),
        meals: meals.iter().map(|text| (*text).to_owned()).collect(),
        version,
        retired: false,
    };
    let night = wish(&["22:00-06:00"], &["01:00-01:30"], 0);
    let over = put_shift(&ctx, &leader(), "", "over", night).await.unwrap();
    assert_eq!((over.version, over.meals.as_slice()), (1, ["01:00-01:30".to_owned()].as_slice()));
    rostered(&ctx, TODAY, "over", &[one]).await;
    let next = day_plan(&ctx, day(TODAY).plus(1)).await.unwrap();
    let present = |at| half_hour(&next, at).present;
    assert_eq!(
        (present("00:30"), present("01:00"), present("05:30"), present("06:00")),
        (1, 0, 1, 0)
    );
    let stale = put_shift(&ctx, &leader(), "", "over", wish(&["22:00-07:00"], &[], 0)).await;
    assert!(matches!(stale, Err(ServiceError::VersionConflict)));
    for (spells, meals, field) in [
        (&[][..], &[][..], "spells"),
        (&["8-12"][..], &[][..], "spells"),
        (&["08:00-12:00"][..], &["13:00-13:30"][..], "meals"),
        (&["08:00-12:00", "11:00-15:00", "14:00-16:00"][..], &[][..], "spells"),
    ] {
        let refused = put_shift(&ctx, &leader(), "", "bad", wish(spells, meals, 0)).await;
        let Err(ServiceError::Fields(faults)) = refused else { panic!("{spells:?}: {refused:?}") };
        assert_eq!(faults[0].field, field, "{spells:?}");
    }
    let retired = ShiftWish { retired: true, ..wish(&["22:00-06:00"], &[], 1) };
    assert!(put_shift(&ctx, &leader(), "", "over", retired).await.unwrap().retired);
    let wish = RosterWish {
        agent: one,
        day: day(TODAY).plus(1),
        was: None,
        shift: Some("over".to_owned()),
    };
    assert!(set_roster(&ctx, &leader(), "", &[wish]).await.is_err(), "is given to nobody any more");
}
store_test!(a_shift_over_midnight_reaches_into_the_next_day);

async fn holidays_go_to_who_worked_on_the_fewest(db: Db) {
    let ctx = county_of(db).await;
    plan_ahead(&ctx).await.unwrap();
    let mut people = Vec::new();
    for name in ["agent01", "agent02", "agent03"] {
        people.push(agent(&ctx, name, false).await);
    }
    agent(&ctx, "agent08", true).await;
    // New Year lies further back than a wish may reach: put in as the record has it.
    let mut tx = ctx.db.begin().await.unwrap();
    for (agent, of) in
        [(people[0], "2026-01-01"), (people[0], "2026-01-02"), (people[1], "2026-01-03")]
    {
        let change = crate::store::roster::RosterChange {
            agent,
            day: day(of).0,
            was: None,
            shift: Some("day"),
            at: start(),
            by: "leader01",
        };
        crate::store::roster::set(&mut tx, &centre(), change).await.unwrap();
    }
    tx.commit().await.unwrap();
    let days = Days { first: day(TODAY), last: day("2026-02-17") };
    let turns = holiday_turns(&ctx, days, 1).await.unwrap();
    let plan: Vec<(String, AgentId)> =
        turns.iter().map(|turn| (turn.day.to_string(), turn.agents[0])).collect();
    let on = |date: &str, person: usize| (date.to_owned(), people[person]);
    assert_eq!(plan, [on("2026-02-15", 2), on("2026-02-16", 1), on("2026-02-17", 2)]);
}
store_test!(holidays_go_to_who_worked_on_the_fewest);

async fn adherence_follows_from_roster_and_log(db: Db) {
    let ctx = county_of(db).await;
    plan_ahead(&ctx).await.unwrap();
    let (keeps, late) = (agent(&ctx, "agent01", false).await, agent(&ctx, "agent02", false).await);
    rostered(&ctx, TODAY, "day", &[keeps, late]).await;
    // It is 13:00: five hours were planned, half an hour of them the meal.
    ctx.clock.advance(Duration::from_secs(4 * 3_600));
    let meal = Some("meal");
    was(
        &ctx,
        keeps,
        &[
            (479, "signed_out", "ready", None),
            (719, "ready", "talking", None),
            (724, "talking", "not_ready", meal),
            (750, "not_ready", "ready", None),
        ],
    )
    .await;
    was(
        &ctx,
        late,
        &[
            (510, "signed_out", "not_ready", Some("signed_in")),
            (512, "not_ready", "ready", None),
            (600, "ready", "not_ready", Some("training")),
            (660, "not_ready", "ready", None),
            (720, "ready", "not_ready", meal),
            (750, "not_ready", "ready", None),
        ],
    )
    .await;
    let view = adherence(&ctx, day(TODAY)).await.unwrap();
    assert_eq!(view.until, start() + Duration::from_secs(4 * 3_600));
    let [worse, better] = view.people.as_slice() else { panic!("{view:?}") };
    assert_eq!((worse.agent, better.agent), (late, keeps));
    // 30 minutes late and an hour of training; the two minutes of signing in are within tolerance.
    assert_eq!((worse.planned_s, worse.kept_s), (18_000, 18_000 - 30 * 60 - 3_600));
    assert_eq!(worse.share_ppm, Some(700_000));
    let told: Vec<_> = worse.deviations.iter().map(|one| (one.planned, one.actual)).collect();
    assert_eq!(told, [("on_line", "off"), ("on_line", "training")]);
    // A call reached four minutes into her meal: kept, and shown.
    assert_eq!((better.share_ppm, better.ran_over_s), (Some(1_000_000), 240));
    assert!(better.deviations.iter().all(|one| one.call_ran_over));
    let tomorrow = adherence(&ctx, day(TODAY).plus(1)).await.unwrap();
    assert_eq!(tomorrow.people, []);

    // What was planned for a day that has begun follows no later change of its shift.
    let shorter = ShiftWish {
        name: "白班".to_owned(),
        spells: vec!["09:00-10:00".to_owned()],
        meals: Vec::new(),
        version: 1,
        retired: false,
    };
    let next = day(TODAY).plus(1);
    rostered(&ctx, &next.to_string(), "day", &[keeps]).await;
    put_shift(&ctx, &leader(), "", "day", shorter).await.unwrap();
    assert_eq!(adherence(&ctx, day(TODAY)).await.unwrap(), view);
    let plan = day_plan(&ctx, next).await.unwrap();
    assert_eq!((half_hour(&plan, "09:00").present, half_hour(&plan, "10:00").present), (1, 0));
    let over = stagger(&ctx, &leader(), "", day(TODAY).plus(-1)).await;
    assert!(matches!(over, Err(ServiceError::Fields(_))), "{over:?}");
}
store_test!(adherence_follows_from_roster_and_log);
