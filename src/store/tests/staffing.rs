//! Days, forecasts, shifts and rosters are read back as they were written.

use types::{AgentId, UserId};

use super::{after, user};
use crate::store::call_day::{self, CallDay, HandlingSums};
use crate::store::day_forecast::{self, Basis, DayForecast, ForecastError};
use crate::store::roster::{self, RosterChange, RosterEntry};
use crate::store::shift_template::{self, ShiftTemplate};
use crate::store::{Db, Json, StoreError, user as users};
use crate::testing::{centre, start};
use time::macros::date;

fn counted(date: time::Date, calls: u32) -> CallDay {
    let sums = HandlingSums { answered: 1, talked_us: 2, wrap_ups: 3, ..HandlingSums::default() };
    CallDay { day: date, calls: Json(vec![calls; 48]), handling: Json(vec![sums; 48]) }
}

async fn a_day_has_one_count_the_last_one(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    let (first, second) = (date!(2026 - 02 - 11), date!(2026 - 02 - 12));
    for day in [counted(second, 1), counted(first, 5), counted(second, 7)] {
        call_day::put(&mut tx, &c, &day, start()).await.unwrap();
    }
    let both = call_day::between(&mut tx, &c, first, second).await.unwrap();
    assert_eq!(both, [counted(first, 5), counted(second, 7)]);
    assert_eq!(call_day::find(&mut tx, &c, first).await.unwrap(), Some(counted(first, 5)));
    assert_eq!(call_day::days(&mut tx, &c, first, second).await.unwrap(), [first]);
    let calls = call_day::calls(&mut tx, &c, second, date!(2026 - 02 - 13)).await.unwrap();
    assert_eq!(calls, [(second, Json(vec![7; 48]))]);
    assert_eq!(call_day::first_call(&mut tx, &c).await.unwrap(), None);
}
store_test!(a_day_has_one_count_the_last_one);

async fn forecasts_stay_as_they_were_made(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    let day = date!(2026 - 02 - 14);
    let made = |seconds, calls| DayForecast {
        day,
        made_at: after(seconds),
        calls: Json(vec![calls; 48]),
        basis: Json(Basis { trend: 1.25, ..Basis::default() }),
        error: None,
    };
    for forecast in [made(0, 1.5), made(60, 2.5)] {
        day_forecast::put(&mut tx, &c, &forecast).await.unwrap();
    }
    let newest = day_forecast::newest(&mut tx, &c, day).await.unwrap();
    assert_eq!(newest, Some(made(60, 2.5)));
    assert_eq!(day_forecast::unjudged(&mut tx, &c, day).await.unwrap(), [], "the day is not over");
    let error =
        ForecastError { expected: 72.0, came: 96, wape: Some(0.25), mape: None, bias: Some(-0.25) };
    day_forecast::judge(&mut tx, &c, &made(0, 1.5), error, after(99)).await.unwrap();
    let judged = DayForecast { error: Some(Json(error)), ..made(0, 1.5) };
    let all = day_forecast::between(&mut tx, &c, day, day).await.unwrap();
    assert_eq!(all, [judged, made(60, 2.5)]);
    let open = day_forecast::unjudged(&mut tx, &c, date!(2026 - 02 - 15)).await.unwrap();
    assert_eq!(open, [made(60, 2.5)]);
}
store_test!(forecasts_stay_as_they_were_made);

async fn a_roster_entry_changes_only_from_what_was_seen(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    users::insert(&mut tx, &c, &user(1, "agent01")).await.unwrap();
    let (agent, day): (AgentId, _) = (UserId::from_u128(1).into(), date!(2026 - 02 - 14));
    for code in ["day", "late"] {
        let shift = ShiftTemplate {
            code: code.to_owned(),
            name: "白班".to_owned(),
            spells: Json(vec![(480, 960)]),
            meals: Json(vec![(720, 750)]),
            version: 0,
            retired_at: None,
        };
        shift_template::put(&mut tx, &c, &shift, start(), "leader01").await.unwrap();
        let again = shift_template::put(&mut tx, &c, &shift, start(), "leader01").await;
        assert!(matches!(again, Err(StoreError::Conflict(_))));
    }
    let change = |was, shift| RosterChange { agent, day, was, shift, at: start(), by: "leader01" };
    roster::set(&mut tx, &c, change(None, Some("day"))).await.unwrap();
    for stale in
        [change(None, Some("late")), change(Some("late"), None), change(Some("late"), Some("day"))]
    {
        let refused = roster::set(&mut tx, &c, stale).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{stale:?}");
    }
    let entry = |shift: &str, meals| {
        let shift = shift.to_owned();
        RosterEntry { agent, day, shift, meals, spells: None }
    };
    let fed = entry("day", Some(Json(vec![(690, 720)])));
    roster::set_meals(&mut tx, &c, &fed, start(), "leader01").await.unwrap();
    assert_eq!(roster::between(&mut tx, &c, day, day).await.unwrap(), [fed]);
    roster::set(&mut tx, &c, change(Some("day"), Some("late"))).await.unwrap();
    let found = roster::between(&mut tx, &c, day, day).await.unwrap();
    assert_eq!(found, [entry("late", None)], "meals were those of the shift that is gone");
    // No use case disables an account yet; the column is there.
    const DISABLE: &str = "update user_account set disabled_at = $1 where username = 'agent01'";
    on_tx!(&mut tx, |c| sqlx::query(DISABLE).bind(start()).execute(c).await.map(|_| ())).unwrap();
    assert_eq!(roster::between(&mut tx, &c, day, day).await.unwrap(), [], "will not come");
    roster::set(&mut tx, &c, change(Some("late"), None)).await.unwrap();
    assert_eq!(roster::between(&mut tx, &c, day, day).await.unwrap(), []);
}
store_test!(a_roster_entry_changes_only_from_what_was_seen);
