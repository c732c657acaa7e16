//! Calls of a log on a scenario's staff.

#![expect(clippy::unwrap_used, reason = "helpers of tests read what the test itself has made")]

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use simulation::{BuiltIn, CallLog, Columns, Days, DaysError, Report, play_log};

/// A bank's calls of 1 to 14 February 1999; may be read, not shipped.
const BANK: &str = "../../../shared/data/call_log_1999_02_first_half.csv.gz";

fn staff() -> Days {
    let county = BuiltIn::County.days().unwrap();
    Days { events: Vec::new(), faults: simulation::Faults::default(), ..county }
}

#[test]
fn the_sample_is_played_call_by_call() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/sample_calls.csv");
    let log = CallLog::read(File::open(file).unwrap(), &Columns::default()).unwrap();
    assert_eq!((log.calls.len(), log.unreadable), (400, 0));
    let played = play_log(&staff(), &log, &mut |_| ()).unwrap();
    assert_eq!(played.days.days, 2);
    assert_eq!(played.begins.to_string(), "2026-03-02T00:00:00+08:00");
    let rings: Vec<_> = played.ledger.calls.iter().map(|call| call.rang_at).collect();
    assert_eq!(rings, log.calls.iter().map(|call| call.at).collect::<Vec<_>>());
    let report = Report::of(&played);
    assert!(report.from_log && report.markdown().contains("话务记录"));
    assert!(report.totals.tally.connection_rate().is_at_least(95), "{:?}", report.totals);
}

#[test]
fn what_a_log_cannot_have_is_refused() {
    let log = CallLog::read("arrived_at\n2026-03-02 08:00\n".as_bytes(), &Columns::default());
    let surges = BuiltIn::County.days().unwrap();
    let refused = play_log(&surges, &log.unwrap(), &mut |_| ());
    assert!(matches!(refused, Err(DaysError::EventsWithLog { .. })));
    assert!(matches!(
        play_log(&staff(), &CallLog::default(), &mut |_| ()),
        Err(DaysError::EmptyLog)
    ));
}

/// A log that others have published, where it lies beside the project; else why not.
fn bank() -> Result<impl Read, String> {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(BANK);
    let packed = File::open(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(GzDecoder::new(packed))
}

#[test]
fn a_published_log_is_read_and_played() {
    let table = match bank() {
        Ok(table) => table,
        Err(why) => return println!("skipped, the log is not there: {why}"),
    };
    let log = CallLog::read(table, &Columns::anonymous_bank()).unwrap();
    // 17,456 rows, 143 of them PHANTOM.
    assert_eq!(log.calls.len() as u64 + log.unreadable, 17_313);
    assert_eq!(log.left_out, 143);
    assert!(log.unreadable < 20, "{:?}", log.shown);
    let talks: Vec<f64> =
        log.calls.iter().filter_map(|call| call.talk).map(|talk| talk.as_secs_f64()).collect();
    let mean = talks.iter().sum::<f64>() / talks.len() as f64;
    assert!(talks.len() > 14_000 && (150.0..260.0).contains(&mean), "{} {mean}", talks.len());
    let mut centre = staff();
    // Up to 1,949 calls a day want more than a county's staff.
    centre.shifts.iter_mut().for_each(|shift| shift.agents *= 4);
    let played = play_log(&centre, &log, &mut |_| ()).unwrap();
    assert_eq!((played.days.days, played.outcome.broken_rules), (14, 0));
    let busiest = Report::of(&played).days.iter().map(|day| day.figures.tally.requests).max();
    assert!((1_900..=1_949).contains(&busiest.unwrap()), "{busiest:?}");
}
