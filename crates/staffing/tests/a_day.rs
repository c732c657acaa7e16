//! A day planned from end to end: history, forecast, requirement, roster, gaps, levers.

#![expect(clippy::unwrap_used, reason = "a test says what it needs and what it found")]

use std::sync::Arc;

use staffing::{
    Calendar, Change, DayCurve, DayKind, DayPlan, Duty, EventFactors, HalfHour, HalfHours,
    Handling, MinuteSpan, PastDay, Planned, Shift, Shrinkage, Standard, Target, coverage,
    day_requirement, forecast, gaps,
};
use time::Date;
use time::macros::date;
use types::AgentId;

/// Weeks without holidays.
struct Weeks;

impl Calendar for Weeks {
    fn kind(&self, date: Date) -> Option<DayKind> {
        Some(DayKind::of(date, false, false))
    }
}

const MONDAY: Date = date!(2026 - 04 - 20);

/// Pingdingshan's size: 200 calls in the busiest hour, a tenth of it at night.
fn calls(half_hour: HalfHour) -> u32 {
    match half_hour.index() {
        16..36 => 100,
        36..44 => 40,
        _ => 10,
    }
}

fn standard() -> Standard {
    Standard {
        target: Target { answered: 0.95, answered_within: 0.8, limit_s: 15.0 },
        patience_s: 120.0,
        shrinkage: Shrinkage::default(),
        on_duty_min: 2,
    }
}

fn handling() -> Handling {
    Handling { talk_s: 150.0, wrap_up_s: 90.0 }
}

/// `count` agents of a shift without meals, numbered from `first`.
fn crew(name: &str, from_h: u32, until_h: u32, first: u128, count: u32) -> Vec<Duty> {
    let spell = MinuteSpan { from: from_h * 60, until: until_h * 60 };
    let shift = Arc::new(Shift::new(name, vec![spell], vec![]).unwrap());
    let agents = (first..).take(count as usize);
    agents.map(|number| Duty::new(AgentId::from_u128(number), MONDAY, &shift)).collect()
}

fn at(hour: u8) -> HalfHour {
    HalfHour::at(hour, 0).unwrap()
}

#[test]
fn a_roster_that_meets_the_requirement_meets_the_target() {
    let history: Vec<PastDay> = (1..=42)
        .map(|days| PastDay {
            date: MONDAY - time::Duration::days(days),
            calls: DayCurve::from_fn(calls),
            events: Vec::new(),
        })
        .collect();
    let factors = EventFactors::default();
    let expected = forecast(MONDAY, &[], &history, &Weeks, &factors).unwrap().calls;
    let needed =
        day_requirement(&expected, &DayCurve::from_fn(|_| handling()), &standard()).unwrap();
    let to_roster = needed.map(|half_hour| half_hour.to_roster);
    let most = |from: HalfHour, until: HalfHour| {
        HalfHours::between(from, until).iter().map(|at| *to_roster.get(at)).max().unwrap()
    };
    let mut duties = crew("夜班", 0, 8, 1, most(at(0), at(7)));
    duties.extend(crew("白班", 8, 18, 1_000, most(at(8), at(17))));
    duties.extend(crew("晚班", 18, 24, 2_000, most(at(18), HalfHours::DAY.last())));
    assert_eq!(gaps(&coverage(MONDAY, &duties), &to_roster), []);
    duties.retain(|duty| duty.agent != AgentId::from_u128(1_000));
    let found = gaps(&coverage(MONDAY, &duties), &to_roster);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].during.to_string().as_str(), found[0].short_max), ("08:00-18:00", 1));

    let plan = DayPlan {
        half_hours: DayCurve::from_fn(|half_hour| Planned {
            calls: *expected.get(half_hour),
            handling: handling(),
            agents: needed.get(half_hour).on_line,
        }),
        patience_s: 120.0,
        limit_s: 15.0,
    };
    let (from, to) = (HalfHours::one(at(10)), HalfHours::one(at(3)));
    let answer =
        plan.what_if(&[Change::MoveAgents { agents: 10, from, to }], HalfHour::FIRST).unwrap();
    for (half_hour, expected) in &answer.before.half_hours {
        let (in_time, answered) =
            (expected.in_time_share().unwrap(), expected.connection_rate().unwrap());
        assert!(in_time >= 0.8 && answered >= 0.95, "{half_hour}: {in_time} {answered}");
    }
    let robbed = answer.after.half_hours[at(10).index()].1;
    assert!(robbed.connection_rate().unwrap() < 0.8, "{robbed:?}");
}
