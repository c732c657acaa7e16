//! Erlang C and A beside figures that other programs computed: `reference/README.md`.

#![expect(clippy::unwrap_used, reason = "a test says what it needs and what it found")]

use std::collections::BTreeMap;

use staffing::{ErlangA, ErlangC, Load};

const AGREEMENT: f64 = 1e-6;

/// The rows of a table, each value by its column.
fn rows(text: &str) -> impl Iterator<Item = BTreeMap<&str, f64>> {
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines.map(move |line| {
        let values = line.split(',').map(|value| value.parse().unwrap());
        columns.iter().copied().zip(values).collect()
    })
}

/// Shares agree absolutely; seconds by their own size where that is above one.
fn assert_agrees(what: &str, row: &BTreeMap<&str, f64>, found: f64) {
    let apart = (found - row[what]).abs() / row[what].abs().max(1.0);
    assert!(apart < AGREEMENT, "{what} is {found} in {row:?}");
}

fn agents(row: &BTreeMap<&str, f64>) -> u32 {
    row["agents"] as u32
}

#[test]
fn erlang_c_agrees_with_pyworkforce() {
    let mut compared = 0;
    for row in rows(include_str!("reference/erlang_c.csv")) {
        let load = Load::new(row["calls_per_hour"], row["handling_s"]).unwrap();
        let pool = ErlangC::of(load, agents(&row)).unwrap();
        assert_agrees("wait_share", &row, pool.wait_share());
        assert_agrees("within", &row, pool.answered_within(row["limit_s"]));
        assert_agrees("occupancy", &row, pool.occupancy());
        assert_agrees("mean_wait_s", &row, pool.mean_wait_s());
        compared += 1;
    }
    assert_eq!(compared, 126);
}

#[test]
fn erlang_a_agrees_with_the_integrals() {
    let mut compared = 0;
    for row in rows(include_str!("reference/erlang_a.csv")) {
        let load = Load::new(row["calls_per_hour"], row["handling_s"]).unwrap();
        let pool = ErlangA::of(load, agents(&row), row["patience_s"]).unwrap();
        assert_agrees("within_0", &row, pool.at_once_share());
        assert_agrees("within_0", &row, pool.answered_within(0.0));
        assert_agrees("within_15", &row, pool.answered_within(15.0));
        assert_agrees("within_60", &row, pool.answered_within(60.0));
        assert_agrees("answered", &row, pool.answered_share());
        assert_agrees("occupancy", &row, pool.occupancy());
        assert_agrees("mean_wait_s", &row, pool.mean_wait_s());
        assert_agrees("mean_answered_wait_s", &row, pool.mean_answered_wait_s());
        compared += 1;
    }
    assert_eq!(compared, 186);
}

/// The sizes of `domain.md` 14: agents for 80 % and for 95 % within 15 s, handling 240 s.
#[test]
fn published_hotlines_need_what_their_table_says() {
    for (calls, for_80, for_95) in [
        (28.0, 4, 5),
        (43.0, 5, 7),
        (200.0, 18, 20),
        (438.0, 35, 38),
        (2_600.0, 183, 191),
        (7_000.0, 480, 490),
    ] {
        let load = Load::new(calls, 240.0).unwrap();
        let enough = |share: f64| {
            let reaches = |agents: &u32| {
                ErlangC::of(load, *agents).is_some_and(|pool| pool.answered_within(15.0) >= share)
            };
            (1..1_000).find(reaches)
        };
        assert_eq!((enough(0.8), enough(0.95)), (Some(for_80), Some(for_95)), "{calls}");
    }
}
