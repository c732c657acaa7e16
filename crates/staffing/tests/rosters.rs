//! Rosters, their coverage and faults, and what agents did beside them.

#![expect(clippy::unwrap_used, reason = "a test says what it needs and what it found")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use staffing::{
    Activity, ActualSpan, Calendar, DayCurve, DayKind, Duty, Gap, HalfHour, HalfHours, HolidayNeed,
    MealPlan, MinuteSpan, PlannedSpan, Presence, RosterFault, RosterRules, Shift, ShiftError,
    adherence, check, coverage, gaps, holiday_turns, holidays_worked, least_adherent_first,
    plan_of, stagger_meals,
};
use time::Date;
use time::macros::date;
use types::{AgentId, Timestamp};

const MONDAY: Date = date!(2026 - 04 - 20);
const TUESDAY: Date = date!(2026 - 04 - 21);

fn hours(from: u32, until: u32) -> MinuteSpan {
    MinuteSpan { from: from * 60, until: until * 60 }
}

/// Three shifts around the clock and a split one (`domain.md` 11.1).
fn shift(name: &str) -> Arc<Shift> {
    let (spells, meals) = match name {
        "早班" => (vec![hours(8, 16)], vec![hours(12, 13)]),
        "中班" => (vec![hours(16, 24)], vec![hours(18, 19)]),
        "夜班" => (vec![hours(24, 32)], vec![]),
        "两头班" => (vec![hours(9, 12), hours(17, 21)], vec![]),
        other => panic!("no shift {other}"),
    };
    Arc::new(Shift::new(name, spells, meals).unwrap())
}

fn agent(number: u128) -> AgentId {
    AgentId::from_u128(number)
}

fn duty(number: u128, date: Date, name: &str) -> Duty {
    Duty::new(agent(number), date, &shift(name))
}

fn at(hour: u8) -> HalfHour {
    HalfHour::at(hour, 0).unwrap()
}

#[test]
fn a_night_shift_covers_the_next_morning() {
    let duties = [duty(1, MONDAY, "夜班"), duty(2, TUESDAY, "早班")];
    let monday = coverage(MONDAY, &duties);
    assert!(monday.iter().all(|(_, presence)| *presence == Presence::default()));
    let tuesday = coverage(TUESDAY, &duties);
    assert_eq!(tuesday.get(HalfHour::FIRST).present, 1);
    assert_eq!(tuesday.get(at(8)).present, 1);
    assert_eq!(*tuesday.get(at(12)), Presence { present: 0, at_meal: 1 });
    assert_eq!(tuesday.get(at(16)).present, 0);
}

#[test]
fn gaps_are_named_by_their_runs() {
    let duties = [duty(1, MONDAY, "早班"), duty(2, MONDAY, "早班"), duty(3, MONDAY, "两头班")];
    let required = DayCurve::from_fn(|half_hour| {
        u32::from((at(8)..at(16)).contains(&half_hour)) * 2 + u32::from(half_hour == at(9))
    });
    let found = gaps(&coverage(MONDAY, &duties), &required);
    let lunch = HalfHours::between(at(12), HalfHour::at(12, 30).unwrap());
    assert_eq!(found, [Gap { during: lunch, short_max: 2, short_sum: 4 }]);
    assert_eq!(found[0].during.to_string(), "12:00-13:00");
}

#[test]
fn lunch_is_staggered_so_that_somebody_answers() {
    let mut duties: Vec<Duty> = (1..=4).map(|number| duty(number, MONDAY, "早班")).collect();
    let plan = MealPlan { window: MinuteSpan { from: 660, until: 810 }, length_min: 30 };
    assert_eq!(stagger_meals(&mut duties, MONDAY, plan, &DayCurve::from_fn(|_| 2)), 0);
    let day = coverage(MONDAY, &duties);
    for half_hour in HalfHours::between(at(11), at(13)).iter() {
        assert_eq!(
            day.get(half_hour).present,
            if half_hour == at(13) { 4 } else { 3 },
            "{half_hour}"
        );
    }
    assert!(duties.iter().all(|duty| duty.meals.len() == 1));
    let mut short: Vec<Duty> = vec![duty(9, MONDAY, "两头班")];
    let late = MealPlan { window: MinuteSpan { from: 690, until: 780 }, length_min: 60 };
    assert_eq!(
        stagger_meals(&mut short, MONDAY, late, &DayCurve::from_fn(|_| 0)),
        1,
        "30 min only"
    );
}

#[test]
fn every_kind_of_fault_is_found() {
    let long = Arc::new(Shift::new("长班", vec![hours(8, 14)], vec![]).unwrap());
    let duties = [
        duty(1, MONDAY, "夜班"),
        duty(1, TUESDAY, "早班"),
        duty(2, MONDAY, "早班"),
        duty(2, MONDAY, "两头班"),
        Duty::new(agent(3), TUESDAY, &long),
    ];
    let faults = check(&duties, TUESDAY, TUESDAY, &RosterRules::default());
    let of = |number| agent(number);
    let during = |from: HalfHour, until: HalfHour| HalfHours::between(from, until);
    assert_eq!(
        faults,
        [
            RosterFault::ShortRest { agent: of(1), first: MONDAY, second: TUESDAY, rest_min: 0 },
            RosterFault::LongSpell { agent: of(1), date: MONDAY, minutes: 480 },
            RosterFault::Overlap { agent: of(2), first: MONDAY, second: MONDAY, minutes: 420 },
            RosterFault::LongSpell { agent: of(3), date: TUESDAY, minutes: 360 },
            RosterFault::NobodyOnDuty {
                date: TUESDAY,
                during: during(at(16), HalfHours::DAY.last())
            },
        ]
    );
    let alone = [duty(2, MONDAY, "早班")];
    let faults = check(&alone, MONDAY, MONDAY, &RosterRules::default());
    let lunch = during(at(12), HalfHour::at(12, 30).unwrap());
    assert!(faults.contains(&RosterFault::AllAtMeal { date: MONDAY, during: lunch }), "{faults:?}");
}

#[test]
fn seven_days_in_a_row_are_one_too_many() {
    let week = |days: u8| -> Vec<Duty> {
        (0..days)
            .map(|day| duty(1, date!(2026 - 04 - 06) + time::Duration::days(day.into()), "早班"))
            .collect()
    };
    let many =
        |duties: &[Duty]| check(duties, MONDAY, date!(2026 - 04 - 19), &RosterRules::default());
    assert_eq!(many(&week(6)), []);
    let last = date!(2026 - 04 - 12);
    assert_eq!(many(&week(7)), [RosterFault::ManyDays { agent: agent(1), last, days: 7 }]);
}

#[test]
fn what_is_no_shift_is_refused() {
    let refused = Shift::new("空", vec![], vec![]).unwrap_err();
    assert_eq!(refused, ShiftError::Empty("空".into()));
    let crossed = Shift::new("乱", vec![hours(8, 12), hours(11, 16)], vec![]).unwrap_err();
    assert_eq!(crossed, ShiftError::Disorder { name: "乱".into(), span: hours(11, 16) });
    let outside = Shift::new("早", vec![hours(8, 16)], vec![hours(16, 17)]).unwrap_err();
    assert_eq!(outside, ShiftError::MealOutside { name: "早".into(), meal: hours(16, 17) });
}

/// The first week of October is a holiday.
struct GoldenWeek;

impl Calendar for GoldenWeek {
    fn kind(&self, date: Date) -> Option<DayKind> {
        let golden = date.month() == time::Month::October && date.day() <= 7;
        Some(DayKind::of(date, golden, false))
    }
}

#[test]
fn holiday_duty_goes_to_those_who_had_the_least() {
    let first = date!(2026 - 10 - 01);
    let duties = [duty(1, first, "早班"), duty(1, first, "中班"), duty(2, MONDAY, "早班")];
    let worked = holidays_worked(&duties, &GoldenWeek);
    assert_eq!(worked, BTreeMap::from([(agent(1), 1)]), "one date, however many duties");
    let holidays: Vec<HolidayNeed> = (2..=4)
        .map(|day| HolidayNeed { date: first.replace_day(day).unwrap(), agents: 2 })
        .collect();
    let turns = holiday_turns(&holidays, &[agent(1), agent(2), agent(3)], &worked);
    let who: Vec<Vec<AgentId>> = turns.into_iter().map(|(_, agents)| agents).collect();
    assert_eq!(who, [vec![agent(2), agent(3)], vec![agent(1), agent(2)], vec![agent(3), agent(1)]]);
}

fn minute(minute: u32) -> Timestamp {
    "2026-04-20T00:00:00+08:00".parse::<Timestamp>().unwrap()
        + Duration::from_secs(u64::from(minute) * 60)
}

fn did(from: u32, until: u32, activity: Activity, with_caller: bool) -> ActualSpan {
    ActualSpan { from: minute(from), until: minute(until), activity, with_caller }
}

#[test]
fn a_day_is_compared_with_its_plan() {
    let plan = plan_of(&duty(1, MONDAY, "早班"));
    let spans: Vec<(Timestamp, Activity)> =
        plan.iter().map(|span| (span.from, span.activity)).collect();
    assert_eq!(
        spans,
        [
            (minute(480), Activity::OnLine),
            (minute(720), Activity::Meal),
            (minute(780), Activity::OnLine)
        ]
    );
    let record = [
        did(490, 720, Activity::OnLine, false),
        did(720, 726, Activity::OnLine, true),
        did(726, 780, Activity::Meal, false),
        did(780, 900, Activity::OnLine, false),
        did(900, 901, Activity::Rest, false),
        did(901, 990, Activity::OnLine, false),
    ];
    let day = adherence(&plan, &record, Duration::from_secs(120)).unwrap();
    let minutes = |span: Duration| span.as_secs() / 60;
    assert_eq!(minutes(day.planned), 480);
    assert_eq!(minutes(day.kept), 464, "10 late, 6 of a call; a minute's rest is not listed");
    assert_eq!((minutes(day.ran_over), minutes(day.unplanned)), (6, 30));
    assert_eq!(day.share(), Some(470.0 / 480.0));
    let listed: Vec<_> = day
        .deviations
        .iter()
        .map(|off| (minutes(off.lasted()), off.planned, off.actual, off.call_ran_over))
        .collect();
    assert_eq!(
        listed,
        [
            (10, Activity::OnLine, Activity::Off, false),
            (6, Activity::Meal, Activity::OnLine, true),
            (30, Activity::Off, Activity::OnLine, false)
        ]
    );
    let nothing = adherence(&[], &[], Duration::ZERO).unwrap();
    assert_eq!(nothing.share(), None);
    let order = least_adherent_first(vec![(agent(1), nothing), (agent(2), day)]);
    assert_eq!(order[0].0, agent(2));
}

#[test]
fn spans_out_of_order_are_refused() {
    let crossed = [did(10, 20, Activity::OnLine, false), did(15, 30, Activity::Rest, false)];
    let refused = adherence(&[], &crossed, Duration::ZERO).unwrap_err();
    assert_eq!((refused.whose, refused.at), ("recorded", minute(15)));
}

const ACTIVITIES: [Activity; 4] =
    [Activity::OnLine, Activity::Meal, Activity::Training, Activity::Off];

/// Runs of activities, minute after minute, as spans.
fn runs() -> impl Strategy<Value = Vec<(u32, usize, bool)>> {
    prop::collection::vec((1_u32..20, 0..ACTIVITIES.len(), any::<bool>()), 0..12)
}

fn each_minute(runs: &[(u32, usize, bool)]) -> Vec<(Activity, bool)> {
    let minutes =
        runs.iter().flat_map(|run| std::iter::repeat_n((ACTIVITIES[run.1], run.2), run.0 as usize));
    minutes.collect()
}

proptest! {
    #[test]
    fn adherence_is_what_counting_minutes_gives(planned in runs(), actual in runs()) {
        let (mut plan, mut record) = (Vec::new(), Vec::new());
        let mut from = 0;
        for (lasts, activity, _) in &planned {
            let activity = ACTIVITIES[*activity];
            plan.push(PlannedSpan { from: minute(from), until: minute(from + lasts), activity });
            from += lasts;
        }
        from = 0;
        for (lasts, activity, with_caller) in &actual {
            record.push(did(from, from + lasts, ACTIVITIES[*activity], *with_caller));
            from += lasts;
        }
        let found = adherence(&plan, &record, Duration::ZERO).unwrap();
        let (plan, record) = (each_minute(&planned), each_minute(&actual));
        let (mut wanted, mut kept, mut ran_over, mut unplanned, mut off) = (0, 0, 0, 0, 0);
        for at in 0..plan.len().max(record.len()) {
            let plan = plan.get(at).map_or(Activity::Off, |minute| minute.0);
            let (did, with_caller) = record.get(at).copied().unwrap_or((Activity::Off, false));
            wanted += u64::from(plan != Activity::Off);
            kept += u64::from(plan != Activity::Off && plan == did);
            ran_over += u64::from(plan != Activity::Off && plan != did && with_caller);
            unplanned += u64::from(plan == Activity::Off && did != Activity::Off);
            off += u64::from(plan != did);
        }
        let minutes = |span: Duration| span.as_secs() / 60;
        prop_assert_eq!(minutes(found.planned), wanted);
        prop_assert_eq!(minutes(found.kept), kept);
        prop_assert_eq!(minutes(found.ran_over), ran_over);
        prop_assert_eq!(minutes(found.unplanned), unplanned);
        prop_assert_eq!(found.deviations.iter().map(|piece| minutes(piece.lasted())).sum::<u64>(), off);
    }

    #[test]
    fn coverage_is_what_counting_heads_gives(
        spans in prop::collection::vec((0_u32..2_000, 60_u32..600, 1_u32..30), 0..8),
    ) {
        let duties: Vec<Duty> = spans
            .iter()
            .zip(1..)
            .map(|((from, lasts, meal), number)| {
                let spell = MinuteSpan { from: *from, until: from + lasts };
                let meal = MinuteSpan { from: from + 20, until: from + 20 + meal };
                let shift = Shift::new("班", vec![spell], vec![meal]).unwrap();
                Duty::new(agent(number), MONDAY, &Arc::new(shift))
            })
            .collect();
        let found = coverage(TUESDAY, &duties);
        for (half_hour, presence) in found.iter() {
            let minutes = 1_440 + half_hour.start_min()..1_470 + half_hour.start_min();
            let there = |minute: u32| {
                let works = |duty: &&Duty| duty.work().any(|span| span.from <= minute && minute < span.until);
                duties.iter().filter(works).count() as u32
            };
            prop_assert_eq!(presence.present, minutes.map(there).min().unwrap());
        }
    }
}
