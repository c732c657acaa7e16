//! A floor that is played minute by minute under somebody's eyes: who watches it is told what a host would count, and says
//! before the next minute which of its levers work. The distributor is the real one; a lever is a change of its
//! configuration, of who is signed in, or of what callers hear before the queue.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use acd::rates::{LiveRates, Tally};
use acd::{Config, Record};
use types::{CallId, Timestamp};

use crate::arrivals::{Arrivals, Profile};
use crate::draw::Spans;
use crate::ledger::Ledger;
use crate::staff::{Answers, Clerk};
use crate::world::{Edge, Habits, Setup, World};

const MINUTE: Duration = Duration::from_secs(60);
/// No limit that anybody would meet, in milliseconds.
const UNLIMITED_MS: u64 = 86_400_000;

/// A centre and its days. Talk, wrap-up and patience are exponential; everybody picks up at once: Erlang A, but for
/// what changes within the day.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchedCentre {
    pub seed: u64,
    pub begins: Timestamp,
    /// What holds in each minute from then on.
    pub minutes: Vec<Conditions>,
    pub talk_s: f64,
    pub patience_s: f64,
    /// Share of those who got nobody that call again, on average after `redial_after_s`.
    pub redial_share: f64,
    pub redial_after_s: f64,
    /// Agents who come only when they are called up.
    pub reserve: u32,
}

/// What holds in a minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    /// Expected calls, redials apart.
    pub calls: f64,
    /// Agents on the line without those in training and the reserve.
    pub agents: u32,
    pub in_training: u32,
    /// Mean, in seconds.
    pub wrap_up_s: f64,
    /// Share of the calls that a dead trunk keeps away.
    pub unseen_share: f64,
}

/// Levers as they work in a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Working {
    /// The distributor ends a wrap-up after this.
    pub wrap_up_limit: Option<Duration>,
    pub reserve_has_come: bool,
    pub training_is_suspended: bool,
    /// Shares of callers whom an announcement satisfies, and of the others who hang up in it.
    pub announcement: Option<(f64, f64)>,
}

/// Counts since the beginning, by when the outcome was known; waits and spans in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    pub requests: u64,
    pub answered: u64,
    pub answered_in_time: u64,
    pub self_served: u64,
    pub unseen: u64,
    pub waited_us: u64,
    /// Calls whose wrap-up is over.
    pub handled: u64,
    pub talked_us: u64,
    pub wrapped_up_us: u64,
}

/// What is seen after a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub at: Timestamp,
    pub counted: Counted,
    /// The last 24 hours, as a host reports them.
    pub window: Tally,
    /// On the line: own agents, reserve, recalled from training.
    pub own: u32,
    pub reserve: u32,
    pub recalled: u32,
}

/// The floor.
pub struct Watched {
    centre: WatchedCentre,
    world: World,
    own: Range<usize>,
    training: Range<usize>,
    reserve: Range<usize>,
    wrap_up_limit: Option<Duration>,
    minute: usize,
}

/// What a host would count, record by record.
#[derive(Debug, Default)]
pub(crate) struct Tracks {
    counted: Counted,
    rates: LiveRates,
    /// Talks whose wrap-up goes on.
    talked_us: HashMap<CallId, u64>,
}

impl Tracks {
    pub(crate) fn take(&mut self, record: &Record) {
        self.rates.apply(record);
        let counted = &mut self.counted;
        match record {
            Record::CallAnswered { wait_us, .. } => {
                counted.requests += 1;
                counted.answered += 1;
                let in_time = *wait_us <= acd::rates::ANSWER_TARGET_US.unsigned_abs();
                counted.answered_in_time += u64::from(in_time);
                counted.waited_us += wait_us;
            }
            Record::CallAbandoned { waited_us, .. } => {
                counted.requests += 1;
                counted.waited_us += waited_us;
            }
            Record::CallEnded { call, talked_us, .. } => {
                self.talked_us.insert(*call, *talked_us);
            }
            Record::WrapUpEnded { call, lasted_us, .. } => {
                if let Some(talked_us) = self.talked_us.remove(call) {
                    counted.handled += 1;
                    counted.talked_us += talked_us;
                    counted.wrapped_up_us += lasted_us;
                }
            }
            _ => {}
        }
    }
}

impl Watched {
    /// The floor before its first minute.
    #[must_use]
    pub fn open(centre: WatchedCentre) -> Self {
        let most = |count: fn(&Conditions) -> u32| {
            centre.minutes.iter().map(count).max().unwrap_or(0) as usize
        };
        let (own, training) = (most(|of| of.agents), most(|of| of.in_training));
        let answers = Answers { after: Spans::Fixed(0.0), unanswered: 0.0, auto: true };
        let people = own + training + centre.reserve as usize;
        let at_once = Spans::Fixed(0.0);
        let calls = centre.minutes.iter().map(|of| of.calls).collect();
        let edge =
            Edge::new(centre.seed, centre.redial_share, Spans::Exponential(centre.redial_after_s));
        let mut world = World::open(Setup {
            seed: centre.seed,
            begins: centre.begins,
            counted_from: centre.begins,
            config: config(None),
            arrivals: Arrivals::Profile(Profile::new(centre.begins, calls)),
            habits: Habits {
                patience: Spans::Exponential(centre.patience_s),
                talk: Spans::Exponential(centre.talk_s),
                wrap_up: None,
                returns_after: at_once,
                phone_away: at_once,
                phone_missed: at_once,
                lost_bye: 0.0,
                lost_bye_noticed: at_once,
            },
            clerks: vec![Clerk::new(answers, false, Vec::new()); people],
            outages: Vec::new(),
            ledger: Some(Ledger::new(centre.begins)),
        });
        world.watch(edge);
        let reserve = own + training..people;
        Self {
            centre,
            world,
            own: 0..own,
            training: own..own + training,
            reserve,
            wrap_up_limit: None,
            minute: 0,
        }
    }

    /// Plays a minute in which these levers work. After the last minute that has conditions nothing more happens.
    pub fn play_minute(&mut self, working: &Working) -> Seen {
        if let Some(now) = self.centre.minutes.get(self.minute).copied() {
            self.prepare(now, working);
            self.minute += 1;
            let minutes = u32::try_from(self.minute).unwrap_or(u32::MAX);
            self.world.play_until(self.centre.begins + MINUTE * minutes);
        }
        self.seen()
    }

    /// Every call in the order of its ring, and everybody's time.
    #[must_use]
    pub fn close(self) -> Ledger {
        self.world.close().1.unwrap_or_default()
    }

    fn prepare(&mut self, now: Conditions, working: &Working) {
        if working.wrap_up_limit != self.wrap_up_limit {
            self.wrap_up_limit = working.wrap_up_limit;
            self.world.configure(config(working.wrap_up_limit));
        }
        self.world.wraps_up_for(now.wrap_up_s);
        self.world.man(self.own.clone(), now.agents);
        self.world.train(self.training.clone(), now.in_training, working.training_is_suspended);
        let reserve = if working.reserve_has_come { self.centre.reserve } else { 0 };
        self.world.man(self.reserve.clone(), reserve);
        if let Some(edge) = self.world.edge_mut() {
            edge.unseen_share = now.unseen_share;
            (edge.satisfied_share, edge.hang_up_share) = working.announcement.unwrap_or_default();
        }
    }

    fn seen(&self) -> Seen {
        let (counted, window) = self.world.tracks().map_or_else(Default::default, |tracks| {
            (tracks.counted, tracks.rates.day(self.world.now))
        });
        let (unseen, self_served) =
            self.world.edge().map_or((0, 0), |edge| (edge.unseen, edge.self_served));
        Seen {
            at: self.world.now,
            counted: Counted { unseen, self_served, ..counted },
            window,
            own: self.world.on_line(self.own.clone()),
            reserve: self.world.on_line(self.reserve.clone()),
            recalled: self.world.on_line(self.training.clone()),
        }
    }
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").field("minute", &self.minute).finish_non_exhaustive()
    }
}

/// A wrap-up ends when the agent ends it, or at the limit.
fn config(wrap_up_limit: Option<Duration>) -> Config {
    let limit_ms = wrap_up_limit.and_then(|limit| u64::try_from(limit.as_millis()).ok());
    Config {
        wrap_up_ms: limit_ms.unwrap_or(UNLIMITED_MS),
        wrap_up_extensions_max: 0,
        record: false,
        notice: Vec::new(),
        ..Config::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_DAY: usize = 720;

    fn centre(conditions: Conditions) -> WatchedCentre {
        WatchedCentre {
            seed: 5,
            begins: Timestamp::from_micros(1_782_835_200_000_000),
            minutes: vec![conditions; HALF_DAY],
            talk_s: 150.0,
            patience_s: 120.0,
            redial_share: 0.0,
            redial_after_s: 900.0,
            reserve: 3,
        }
    }

    /// 60 calls an hour on 4 agents who need 240 s each: exactly their load.
    const BUSY: Conditions =
        Conditions { calls: 1.0, agents: 4, in_training: 1, wrap_up_s: 90.0, unseen_share: 0.0 };

    fn after(conditions: Conditions, working: &Working) -> (Seen, Ledger) {
        let mut floor = Watched::open(centre(conditions));
        let mut seen = floor.seen();
        (0..HALF_DAY).for_each(|_| seen = floor.play_minute(working));
        (seen, floor.close())
    }

    fn lost(seen: &Seen) -> f64 {
        let counted = seen.counted;
        (counted.requests - counted.answered) as f64 / counted.requests as f64
    }

    #[test]
    fn the_floor_loses_what_erlang_a_says() {
        let (seen, ledger) = after(BUSY, &Working::default());
        let load = staffing::Load::new(60.0, 240.0).unwrap();
        let theory = staffing::ErlangA::of(load, 4, 120.0).unwrap().abandoned_share();
        assert!((lost(&seen) - theory).abs() < 0.05, "{} against {theory}", lost(&seen));
        assert!(lost(&seen) > 0.1);
        assert_eq!((seen.own, seen.reserve, seen.recalled), (4, 0, 0));
        assert!(ledger.calls.len() as u64 >= seen.counted.requests);
        let handled = seen.counted.handled as f64;
        let mean_s = seen.counted.wrapped_up_us as f64 / 1e6 / handled;
        assert!((mean_s - 90.0).abs() < 12.0, "{mean_s}");
    }

    #[test]
    fn every_lever_helps_and_is_seen() {
        let without = lost(&after(BUSY, &Working::default()).0);
        let limit = Some(Duration::from_secs(45));
        let (short, _) = after(BUSY, &Working { wrap_up_limit: limit, ..Working::default() });
        assert!(short.counted.wrapped_up_us / short.counted.handled < 46_000_000);
        assert!(lost(&short) < without - 0.05);
        let (called, _) = after(BUSY, &Working { reserve_has_come: true, ..Working::default() });
        assert_eq!(called.reserve, 3);
        assert!(lost(&called) < without - 0.08);
        let (back, _) = after(BUSY, &Working { training_is_suspended: true, ..Working::default() });
        assert_eq!(back.recalled, 1);
        assert!(lost(&back) < without - 0.03);
        let announcement = Some((0.3, 0.02));
        let (told, _) = after(BUSY, &Working { announcement, ..Working::default() });
        assert!(told.counted.self_served > 100 && lost(&told) < without - 0.03);
    }

    #[test]
    fn what_a_dead_trunk_keeps_away_is_no_request_but_calls_again() {
        let dead = Conditions { unseen_share: 0.8, ..BUSY };
        let (seen, _) = after(dead, &Working::default());
        assert!(seen.counted.unseen > 3 * seen.counted.requests);
        let centre = WatchedCentre { redial_share: 0.9, ..centre(dead) };
        let mut floor = Watched::open(centre);
        let again = (0..HALF_DAY).map(|_| floor.play_minute(&Working::default())).last().unwrap();
        assert!(again.counted.unseen > seen.counted.unseen * 2, "{}", again.counted.unseen);
    }

    #[test]
    fn a_lever_that_works_no_more_leaves_the_floor_as_it_was() {
        let mut floor = Watched::open(centre(BUSY));
        let all = Working {
            wrap_up_limit: Some(Duration::from_secs(45)),
            reserve_has_come: true,
            training_is_suspended: true,
            announcement: None,
        };
        for _ in 0..60 {
            let _ = floor.play_minute(&all);
        }
        let seen = (0..30).map(|_| floor.play_minute(&Working::default())).last().unwrap();
        assert_eq!((seen.own, seen.reserve, seen.recalled), (4, 0, 0));
        let before = seen.counted;
        let after = (0..400).map(|_| floor.play_minute(&Working::default())).last().unwrap();
        let wrapped_up = after.counted.wrapped_up_us - before.wrapped_up_us;
        let mean_s = wrapped_up as f64 / 1e6 / (after.counted.handled - before.handled) as f64;
        assert!(mean_s > 75.0, "{mean_s}");
    }
}
