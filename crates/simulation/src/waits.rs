//! Expected waits back-tested (R23): callers of whole days are told a place and a wait the moment they begin to wait, by
//! what the host itself could know then (`staffing::Pace`); what came of it is held against it.
//!
//! Whoever hangs up would have waited longer, so those who were answered alone would make any forecast look too long. The
//! shares here are Kaplan and Meier's: a hang-up says that the wait was longer than that, no more. The shares of the
//! answered alone stand beside them.

mod text;

pub use self::text::{figures, markdown, picture};

use acd::{AgentStateName, Queue, Record};
use serde::Serialize;
use staffing::{Announcer, Came, Doing, FloorWaits, Pace, QueueNow, Wait};
use types::Timestamp;

use crate::days::{Days, DaysError, setup};
use crate::world::World;

/// R23: the band around the wait that came.
const BAND: f64 = 0.3;
/// First and last place of each band of the report; the next one to be served has place 1.
pub const BANDS: [(usize, usize); 7] =
    [(1, 1), (2, 3), (4, 6), (7, 11), (12, 20), (21, 40), (41, usize::MAX)];
/// From here on the middle is held to its band.
const JUDGED_FROM: usize = 12;

/// Before anything is seen: seconds of an agent per call, of patience, of ringing.
const PRIOR: (f64, f64, f64) = (240.0, 180.0, 3.0);

/// One caller who had to wait: what she was told first, and what came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Watched {
    pub place: usize,
    pub told: Wait,
    /// From that word until the answer, or until she gave up.
    pub came_s: f64,
    pub answered: bool,
}

/// What was told and what came, over some days.
#[derive(Debug, Clone)]
pub struct Waits {
    floor: FloorWaits,
    announcer: Announcer,
    pub watched: Vec<Watched>,
    /// Words said to somebody who had been told before.
    pub words: u64,
    /// Of these, words worse than the one before: none.
    pub worse: u64,
    /// How often the bare expectation was worse than the word before: what the promise has spared her.
    pub spared: u64,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            floor: FloorWaits::new(Pace::new(PRIOR.0, PRIOR.1, PRIOR.2)),
            announcer: Announcer::default(),
            watched: Vec::new(),
            words: 0,
            worse: 0,
            spared: 0,
        }
    }
}

/// Plays days whose callers are drawn and watches every wait.
///
/// # Errors
/// [`DaysError`] names the figure that cannot be played.
pub fn watch(days: &Days) -> Result<Waits, DaysError> {
    days.check()?;
    let mut world = World::open(setup(days, None)?);
    world.follow_waits(Waits::default());
    while world.step() {}
    Ok(world.take_waits().unwrap_or_default())
}

impl Waits {
    /// Tells everybody who waits. The simulated floor has one queue.
    pub(crate) fn look(&mut self, now: Timestamp, queues: &[Queue], reserve_after_s: f64) {
        let Some(queue) = queues.first() else { return };
        let waited_s: Vec<f64> =
            queue.since.iter().map(|since| now.since(*since).as_secs_f64()).collect();
        let queue_now = QueueNow {
            agents: queue.agents,
            reserve: queue.reserve,
            reserve_ready: usize::try_from(queue.reserve_ready).unwrap_or(usize::MAX),
            reserve_after_s,
            ready: usize::try_from(queue.ready).unwrap_or(usize::MAX),
            waited_s: &waited_s,
        };
        // Without agents nobody is told anything; the promise before stands.
        let Ok(expected) = self.floor.look(now, &queue.waiting, queue_now) else { return };
        let before = self.announcer.clone();
        self.announcer.look(&queue.waiting, &expected);
        for (call, told) in self.announcer.iter() {
            let wait = told.wait();
            let Some(former) = before.of(call) else { continue };
            self.words += 1;
            let worse = |now: Wait| now.late_s > former.wait().late_s;
            self.worse += u64::from(worse(wait) || told.ahead > former.ahead);
            self.spared += u64::from(worse(told.expected));
        }
    }

    /// Takes in what happened.
    pub(crate) fn note(&mut self, now: Timestamp, record: &Record) {
        let came = match record {
            Record::OfferMade { call, .. } => {
                self.floor.offered(now, *call);
                None
            }
            Record::CallAnswered { call, wait_us, .. } => self.floor.answered(now, *call, *wait_us),
            Record::CallAbandoned { call, waited_us, .. } => {
                self.floor.gave_up(now, *call, *waited_us)
            }
            Record::AgentStateChanged { agent, to, .. } => {
                self.floor.agent_is(now, *agent, doing(*to));
                None
            }
            _ => None,
        };
        self.watched.extend(came.map(|Came { place, told, came_s, answered }| Watched {
            place,
            told,
            came_s,
            answered,
        }));
    }
}

/// How an agent's state counts for the pace of her floor.
#[must_use]
pub const fn doing(state: AgentStateName) -> Doing {
    match state {
        AgentStateName::Ready | AgentStateName::NotReady { .. } | AgentStateName::SignedOut => {
            Doing::Free
        }
        AgentStateName::Talking => Doing::Talking,
        AgentStateName::Offered
        | AgentStateName::Warned
        | AgentStateName::Outbound
        | AgentStateName::WrapUp => Doing::Busy,
    }
}

/// The figures of one band of places.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub scene: String,
    pub first_place: usize,
    /// `None`: every place behind.
    pub last_place: Option<usize>,
    pub callers: usize,
    pub answered: usize,
    /// The middle announcement, in seconds.
    pub middle_told_s: f64,
    /// Share of waits within the announced 80 % figure (Kaplan and Meier).
    pub covered: f64,
    /// The same of the answered alone.
    pub covered_answered: f64,
    /// Share of waits whose announced middle is within 30 % of them (Kaplan and Meier).
    pub near: f64,
    pub near_answered: f64,
}

impl Row {
    /// 75 to 85 of 100, and from place 12 on 70 of 100 middles.
    #[must_use]
    pub fn holds(&self) -> bool {
        let covered = (0.75..=0.85).contains(&self.covered);
        covered && (self.first_place < JUDGED_FROM || self.near >= 0.7)
    }
}

/// The bands in which somebody waited, then all places together, then all from place 12 on.
#[must_use]
pub fn rows(scene: &str, watched: &[Watched]) -> Vec<Row> {
    let whole = [(1, usize::MAX), (JUDGED_FROM, usize::MAX)];
    let row = |(first, last): (usize, usize)| {
        let of_band = watched.iter().filter(|one| (first..=last).contains(&one.place));
        let band: Vec<Watched> = of_band.copied().collect();
        (!band.is_empty()).then(|| row(scene, first, last, &band))
    };
    BANDS.into_iter().chain(whole).filter_map(row).collect()
}

fn row(scene: &str, first: usize, last: usize, band: &[Watched]) -> Row {
    let late: Vec<Ratio> = band.iter().map(|one| ratio(one, one.told.late_s)).collect();
    let middle: Vec<Ratio> = band.iter().map(|one| ratio(one, one.told.middle_s)).collect();
    // |middle - came| <= 0.3 came, as bounds of came / middle.
    let (low, high) = (1.0 / (1.0 + BAND), 1.0 / (1.0 - BAND));
    let answered: Vec<Watched> = band.iter().filter(|one| one.answered).copied().collect();
    let share = |within: &dyn Fn(&Watched) -> bool| {
        answered.iter().filter(|one| within(one)).count() as f64 / answered.len().max(1) as f64
    };
    let mut told: Vec<f64> = band.iter().map(|one| one.told.middle_s).collect();
    told.sort_by(f64::total_cmp);
    Row {
        scene: scene.to_owned(),
        first_place: first,
        last_place: (last != usize::MAX).then_some(last),
        callers: band.len(),
        answered: answered.len(),
        middle_told_s: told.get(told.len() / 2).copied().unwrap_or_default(),
        covered: share_within(&late, 1.0),
        covered_answered: share(&|one| one.came_s <= one.told.late_s),
        near: share_within(&middle, high) - share_within(&middle, low),
        near_answered: share(&|one| (one.told.middle_s - one.came_s).abs() <= BAND * one.came_s),
    }
}

/// A wait as a multiple of what was told; longer than that where she gave up.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ratio {
    of: f64,
    answered: bool,
}

fn ratio(one: &Watched, told_s: f64) -> Ratio {
    Ratio { of: one.came_s / told_s.max(1e-9), answered: one.answered }
}

/// Kaplan and Meier's share of waits of at most `limit`.
fn share_within(ratios: &[Ratio], limit: f64) -> f64 {
    let mut sorted = ratios.to_vec();
    sorted.sort_by(|a, b| a.of.total_cmp(&b.of));
    let (mut at_risk, mut longer) = (sorted.len() as f64, 1.0);
    for ratio in sorted.iter().take_while(|ratio| ratio.of <= limit) {
        if ratio.answered {
            longer *= 1.0 - 1.0 / at_risk;
        }
        at_risk -= 1.0;
    }
    1.0 - longer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(list: &[(f64, bool)]) -> Vec<Ratio> {
        list.iter().map(|(of, answered)| Ratio { of: *of, answered: *answered }).collect()
    }

    #[test]
    fn without_hang_ups_it_is_the_plain_share() {
        let all = waits(&[(0.5, true), (0.9, true), (1.0, true), (1.2, true)]);
        assert!((share_within(&all, 1.0) - 0.75).abs() < 1e-12);
    }

    #[test]
    fn who_gives_up_counts_as_long_as_she_waited() {
        // At 0.5 one of four is answered, at 0.9 one of the two who are left: 1 - 3/4 * 1/2.
        let some = waits(&[(0.5, true), (0.7, false), (0.9, true), (1.5, false)]);
        assert!((share_within(&some, 1.0) - 0.625).abs() < 1e-12);
    }

    #[test]
    fn a_row_says_whether_it_holds() {
        let told = Wait { middle_s: 100.0, late_s: 200.0 };
        let one = |came_s| Watched { place: 12, told, came_s, answered: true };
        let band: Vec<Watched> =
            [80.0, 90.0, 95.0, 100.0, 105.0, 110.0, 120.0, 130.0, 300.0, 400.0].map(one).to_vec();
        let rows = rows("x", &band);
        assert_eq!(rows.len(), 3, "its band, all, and all from place 12 on");
        assert!((rows[0].covered - 0.8).abs() < 1e-12 && (rows[0].near - 0.8).abs() < 1e-12);
        assert!((rows[0].near_answered - 0.8).abs() < 1e-12 && rows[0].holds());
        assert!(!Row { near: 0.69, ..rows[0].clone() }.holds());
        assert!(Row { near: 0.5, first_place: 7, ..rows[0].clone() }.holds());
    }
}
