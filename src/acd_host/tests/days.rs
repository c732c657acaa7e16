//! Days of the floor: midnight of China, and a start after it.

use std::time::Duration;

use acd::Input;

use crate::acd_host::journal::{Content, FileLines, Line, files_of};
use crate::clock::Clock;
use crate::testing::floor::TestFloor;
use crate::testing::gateway::WAIT_MAX;

/// 13 February 2026 by China's calendar, in days since 1970.
const FRIDAY: u32 = 20_497;

/// The days that the distributor was told of, in order.
fn told(floor: &TestFloor) -> Vec<u32> {
    let mut days = Vec::new();
    for file in files_of(&floor.journal_folder()).unwrap_or_default() {
        let mut lines = FileLines::open(&file).unwrap();
        while let Ok(Some(line)) = lines.next_whole() {
            let Line::Entry(entry) = line else { continue };
            if let Content::Turn { input: Input::NewDay { day }, .. } = entry.content {
                days.push(day);
            }
        }
    }
    days
}

async fn until_told(floor: &TestFloor, days: &[u32]) {
    let ask = async {
        while told(floor) != days {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let asked = tokio::time::timeout(WAIT_MAX, ask).await;
    assert!(asked.is_ok(), "{:?} instead of {days:?}", told(floor));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_begins_at_midnight_and_a_missed_one_at_the_start() {
    let floor = TestFloor::new().await;
    let clock = Clock::manual("2026-02-13T23:59:59.900+08:00".parse().unwrap());
    let server = floor.start_by(&[], clock.clone()).await;
    until_told(&floor, &[FRIDAY]).await;
    clock.advance(Duration::from_millis(100));
    until_told(&floor, &[FRIDAY, FRIDAY + 1]).await;
    server.stop().await;

    // Nothing was missed: nothing is said twice.
    let server = floor.start_by(&[], clock.clone()).await;
    clock.advance(Duration::from_secs(3_600));
    tokio::time::sleep(Duration::from_millis(700)).await;
    server.stop().await;
    assert_eq!(told(&floor), [FRIDAY, FRIDAY + 1]);

    clock.advance(Duration::from_secs(3 * 86_400));
    let server = floor.start_by(&[], clock).await;
    until_told(&floor, &[FRIDAY, FRIDAY + 1, FRIDAY + 4]).await;
    server.stop().await;
}
