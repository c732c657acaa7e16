//! Plays days, with drawn callers or with those of a log.

use std::time::Duration;

use types::Timestamp;

use crate::arrivals::LoggedCall;
use crate::call_log::CallLog;
use crate::civil::midnight;
use crate::days::{Days, DaysError, setup};
use crate::ledger::Ledger;
use crate::outcome::Outcome;
use crate::world::World;

const DAY: Duration = Duration::from_secs(86_400);
/// Simulated time between two reports of progress.
const STEP: Duration = Duration::from_secs(1_800);

/// How far a simulation has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The simulated time.
    pub at: Timestamp,
    /// 0 to 1 of the days to be played.
    pub share: f64,
    /// Callers so far.
    pub calls: u64,
}

/// Days that were played.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// What was played; its dates are those of the log if there was one.
    pub days: Days,
    pub from_log: bool,
    pub begins: Timestamp,
    /// Midnight after the last day; calls may have lasted longer.
    pub ends: Timestamp,
    pub outcome: Outcome,
    /// Every call and everybody's time.
    pub ledger: Ledger,
}

/// Plays days whose callers are drawn. `progress` is told once per simulated half-hour.
///
/// # Errors
/// [`DaysError`] names the figure that cannot be played.
pub fn play(days: &Days, progress: &mut dyn FnMut(Progress)) -> Result<Played, DaysError> {
    days.check()?;
    run(days.clone(), None, progress)
}

/// Plays the calls of a log on the scenario's staff: from the log's first day to its last, whatever dates and how
/// many days the scenario names. Its demand gives patience, and talks where the log has none.
///
/// # Errors
/// [`DaysError`] names the figure that cannot be played, a log without calls, events that multiply callers.
pub fn play_log(
    days: &Days,
    log: &CallLog,
    progress: &mut dyn FnMut(Progress),
) -> Result<Played, DaysError> {
    if !days.events.is_empty() {
        return Err(DaysError::EventsWithLog { at: "events" });
    }
    let (Some(first), Some(last)) = (log.calls.first(), log.calls.last()) else {
        return Err(DaysError::EmptyLog);
    };
    let (begins_on, ends_on) = (first.at.to_local().date(), last.at.to_local().date());
    let count = u32::try_from((ends_on - begins_on).whole_days() + 1).unwrap_or(u32::MAX);
    let days = Days { begins_on, days: count, ..days.clone() };
    days.check()?;
    run(days, Some(log.calls.clone()), progress)
}

fn run(
    days: Days,
    log: Option<Vec<LoggedCall>>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Played, DaysError> {
    let from_log = log.is_some();
    let begins = midnight(days.begins_on);
    let ends = begins + DAY * days.days;
    let whole = ends.since(begins).as_secs_f64();
    let mut world = World::open(setup(&days, log)?);
    let mut mark = begins + STEP;
    while world.step() {
        if world.now >= mark {
            let share = (world.now.since(begins).as_secs_f64() / whole).min(1.0);
            progress(Progress { at: world.now, share, calls: world.called });
            mark = world.now + STEP;
        }
    }
    let (outcome, ledger) = world.close();
    let ledger = ledger.unwrap_or_default();
    Ok(Played { days, from_log, begins, ends, outcome, ledger })
}
