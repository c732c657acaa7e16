//! Levers of the rest of a day, and what the answers cost.

#![expect(clippy::unwrap_used, reason = "a test says what it needs and what it found")]

use staffing::{
    Change, DayCurve, DayPlan, ErlangA, HalfHour, HalfHours, Handling, Impossible, Load, Planned,
};

fn at(hour: u8) -> HalfHour {
    HalfHour::at(hour, 0).unwrap()
}

fn plan(calls_per_hour: f64, agents: u32) -> DayPlan {
    let handling = Handling { talk_s: 150.0, wrap_up_s: 90.0 };
    DayPlan {
        half_hours: DayCurve::from_fn(|_| Planned {
            calls: calls_per_hour / 2.0,
            handling,
            agents,
        }),
        patience_s: 120.0,
        limit_s: 15.0,
    }
}

#[test]
fn a_half_hour_is_expected_as_its_pool_is() {
    let outlook = plan(300.0, 22).outlook(at(20)).unwrap();
    assert_eq!(outlook.half_hours.len(), 8);
    let pool = ErlangA::of(Load::new(300.0, 240.0).unwrap(), 22, 120.0).unwrap();
    for (_, expected) in &outlook.half_hours {
        assert!((expected.in_time_share().unwrap() - pool.answered_within(15.0)).abs() < 1e-12);
        assert!((expected.connection_rate().unwrap() - pool.answered_share()).abs() < 1e-12);
        assert!((expected.occupancy().unwrap() - pool.occupancy()).abs() < 1e-12);
    }
    assert!((outlook.together.calls - 1_200.0).abs() < 1e-9);
    assert!((outlook.together.staffed_h - 88.0).abs() < 1e-9);
}

#[test]
fn three_agents_are_worth_more_where_they_lack() {
    let mut plan = plan(300.0, 20);
    let (quiet, busy) = (HalfHours::one(at(14)), HalfHours::one(at(10)));
    plan.half_hours.get_mut(at(14)).calls = 60.0;
    let answer = plan
        .what_if(&[Change::MoveAgents { agents: 3, from: quiet, to: busy }], HalfHour::FIRST)
        .unwrap();
    let share = |outlook: &staffing::Outlook, half_hour: HalfHour| {
        outlook.half_hours[half_hour.index()].1.in_time_share().unwrap()
    };
    // 20 agents: 66.9 %; 23 lie between the 22 (79.4 %) and the 24 (88.6 %) of the known points.
    assert!((share(&answer.before, at(10)) - 0.669).abs() < 0.001);
    assert!((0.794..0.886).contains(&share(&answer.after, at(10))));
    assert!(share(&answer.after, at(14)) < share(&answer.before, at(14)));
    assert!(answer.after.together.in_time > answer.before.together.in_time);
    assert!((answer.after.together.staffed_h - answer.before.together.staffed_h).abs() < 1e-9);
}

#[test]
fn reserve_and_shorter_wrap_up_help_from_when_they_begin() {
    let rest = HalfHours::between(at(12), HalfHours::DAY.last());
    for change in [
        Change::OpenReserve { agents: 4, during: rest },
        Change::ShortenWrapUp { to_s: 30.0, during: rest },
    ] {
        let answer = plan(300.0, 20).what_if(&[change], at(10)).unwrap();
        for (before, after) in answer.before.half_hours.iter().zip(&answer.after.half_hours) {
            if before.0 < at(12) {
                assert_eq!(before, after);
                continue;
            }
            assert!(after.1.in_time > before.1.in_time, "{change:?}");
            assert!(after.1.answered > before.1.answered, "{change:?}");
            assert!(after.1.occupancy() < before.1.occupancy(), "{change:?}");
        }
    }
    let longer = Change::ShortenWrapUp { to_s: 200.0, during: rest };
    let same = plan(300.0, 20).what_if(&[longer], at(10)).unwrap();
    assert_eq!(same.before, same.after, "wrap-up is never lengthened");
}

#[test]
fn agents_who_are_not_there_cannot_be_moved() {
    let mut plan = plan(60.0, 2);
    let before = plan.clone();
    let change = Change::MoveAgents {
        agents: 3,
        from: HalfHours::between(at(9), at(10)),
        to: HalfHours::one(at(12)),
    };
    let refused = plan.apply(change);
    assert_eq!(refused, Err(Impossible::TooFewAgents { at: at(9), there: 2, moved: 3 }));
    assert_eq!(plan, before);
}

#[test]
fn hours_without_calls_or_agents_have_their_figures() {
    let mut plan = plan(60.0, 0);
    plan.half_hours.get_mut(at(3)).calls = 0.0;
    let outlook = plan.outlook(HalfHour::FIRST).unwrap();
    assert_eq!(outlook.half_hours[6].1.in_time_share(), None);
    assert_eq!(outlook.half_hours[7].1.connection_rate(), Some(0.0));
    assert_eq!(outlook.together.occupancy(), None);
}

/// Beijing's day: 6,000 calls an hour in each half-hour. A state costs some tens of nanoseconds.
#[test]
fn a_whole_day_of_beijing_is_a_few_hundred_thousand_states() {
    let rest = HalfHours::DAY;
    let change = Change::OpenReserve { agents: 20, during: rest };
    let answer = plan(6_000.0, 400).what_if(&[change], HalfHour::FIRST).unwrap();
    let states = answer.before.states + answer.after.states;
    println!("{states} states");
    assert!(states < 200_000, "{states}");
}
