//! Single observations: counters that go down, persons' words, time that stands still.

#![expect(clippy::unwrap_used, reason = "a test ends where its world breaks")]

use std::time::Duration;

use acd::rates::Tally;
use rate_controller::{
    Aim, Choice, Config, Controller, Counters, Floor, Forecast, HalfHour, LeverId, LeverState,
    Mode, Refusal, Situation, What,
};
use types::Timestamp;

/// 2026-07-01T10:00:00+08:00.
fn ten() -> Timestamp {
    "2026-07-01T10:00:00+08:00".parse().unwrap()
}

/// 60 calls an hour on 8 agents: 240 s of handling keep 4 of them busy.
fn situation() -> Situation {
    Situation {
        counters: Counters::default(),
        window: Tally {
            requests: 1_440,
            answered: 1_420,
            answered_in_time: 1_400,
            short_abandons: 0,
        },
        floor: Floor { own: 8, reserve_available: 4, in_training: 1, ..Floor::default() },
        forecast: Forecast {
            from: "2026-06-30T00:00:00+08:00".parse().unwrap(),
            half_hours: vec![HalfHour { calls: 30.0, agents: 8 }; 144],
        },
        event_share: 0.0,
        can_call_back: true,
    }
}

struct Watch {
    controller: Controller,
    now: Timestamp,
    situation: Situation,
}

impl Watch {
    fn new(mode: Mode) -> Self {
        let controller = Controller::new(Config::default().with_mode(mode)).unwrap();
        Self { controller, now: ten(), situation: situation() }
    }

    /// A minute with so many requests of which so many are lost.
    fn minute(&mut self, requests: u64, lost: u64) -> Vec<What> {
        let counters = &mut self.situation.counters;
        counters.requests += requests;
        counters.answered += requests - lost;
        counters.answered_in_time += requests - lost;
        counters.handled += requests - lost;
        counters.talk_ms += (requests - lost) * 150_000;
        counters.wrap_up_ms += (requests - lost) * 90_000;
        self.observe()
    }

    fn observe(&mut self) -> Vec<What> {
        self.now = self.now + Duration::from_secs(60);
        let decisions = self.controller.observe(self.now, &self.situation);
        decisions.into_iter().map(|of| of.what).collect()
    }

    /// A flood until something is pulled or advised.
    fn flood(&mut self) -> Vec<What> {
        (0..60).map(|_| self.minute(4, 2)).find(|what| !what.is_empty()).unwrap()
    }
}

#[test]
fn an_hour_as_forecast_moves_nothing_and_tells_how_much_may_be_lost() {
    let mut watch = Watch::new(Mode::Automatic);
    for _ in 0..60 {
        assert_eq!(watch.minute(1, 0), []);
    }
    let outlook = watch.controller.outlook().unwrap();
    let k1 = outlook.aims.iter().find(|of| of.aim == Aim::Answered).unwrap();
    // 1,420 of 1,494 are 95.05 %, of 1,495 94.98 %.
    assert_eq!((k1.may_miss_now, k1.missed_at), (54, None));
    assert_eq!((outlook.demand_percent, outlook.presence_percent), (100, 100));
    assert!(k1.may_miss_until_worst > 0 && k1.worst_permille > 950, "{k1:?}");
    assert_eq!(outlook.levers.len(), 5);
}

#[test]
fn a_flood_pulls_with_a_reason_and_calm_undoes() {
    let mut watch = Watch::new(Mode::Automatic);
    let what = watch.flood();
    assert!(what.iter().all(|what| matches!(what, What::Pull(_))), "{what:?}");
    assert!(watch.controller.outlook().unwrap().demand_percent > 150);
    for _ in 0..600 {
        watch.minute(1, 0);
    }
    assert!(watch.controller.state().pulled().is_empty());
}

#[test]
fn a_known_event_pulls_what_is_needed_at_once_before_its_calls_are_counted() {
    let mut watch = Watch::new(Mode::Automatic);
    for _ in 0..60 {
        assert_eq!(watch.minute(1, 0), []);
    }
    watch.situation.event_share = 0.7;
    let what = watch.minute(1, 0);
    assert!(what.iter().all(|what| matches!(what, What::Pull(_))), "{what:?}");
    let pulled = watch.controller.state().pulled();
    let needed = [LeverId::ShortenWrapUp, LeverId::CallUpReserve];
    assert!(needed.iter().all(|lever| pulled.contains(*lever)), "{pulled:?}");
}

#[test]
fn counters_that_go_down_are_a_new_beginning() {
    let mut watch = Watch::new(Mode::Automatic);
    (0..60).for_each(|_| drop(watch.minute(1, 0)));
    let before = watch.controller.state().clone();
    watch.situation.counters = Counters::default();
    assert_eq!(watch.observe(), []);
    // A server that recovered a few calls fewer than it had counted.
    let mut restarted = Controller::resume(watch.controller.config().clone(), before).unwrap();
    let lower = Situation {
        counters: Counters { requests: 50, answered: 10, ..Counters::default() },
        ..watch.situation.clone()
    };
    let now = watch.now + Duration::from_secs(60);
    assert_eq!(restarted.observe(now, &lower), []);
    assert_eq!(restarted.outlook().unwrap().demand_percent, 100);
}

#[test]
fn a_pulled_lever_stays_over_midnight_and_restart() {
    let mut watch = Watch::new(Mode::Automatic);
    watch.flood();
    let pulled = watch.controller.state().pulled();
    let demand = watch.controller.outlook().unwrap().demand_percent;
    watch.situation.counters = Counters::default();
    let undone = watch.observe().iter().any(|what| matches!(what, What::Undo(_)));
    assert!(!undone);
    assert_eq!(watch.controller.outlook().unwrap().demand_percent, demand, "nothing was learnt");
    let text = serde_json::to_string(watch.controller.state()).unwrap();
    let state = serde_json::from_str(&text).unwrap();
    watch.controller = Controller::resume(watch.controller.config().clone(), state).unwrap();
    let undone = watch.observe().iter().any(|what| matches!(what, What::Undo(_)));
    assert!(!undone && !pulled.is_empty());
    assert!(pulled.iter().all(|lever| watch.controller.state().pulled().contains(lever)));
}

#[test]
fn advice_waits_for_a_person_and_is_not_repeated_when_declined() {
    let mut watch = Watch::new(Mode::Advisory);
    watch.flood();
    let advised = |watch: &Watch| {
        let state = watch.controller.state();
        LeverId::ALL.into_iter().find(|lever| state.lever(*lever) == LeverState::PullAdvised)
    };
    let lever = advised(&watch).unwrap();
    assert!(watch.controller.state().pulled().is_empty());
    let now = watch.now;
    let told = watch.controller.answer(now, lever, Choice::Decline).unwrap();
    assert_eq!(told.iter().map(|of| &of.what).collect::<Vec<_>>(), [&What::Declined]);
    for _ in 0..50 {
        watch.minute(4, 2);
        assert_eq!(watch.controller.state().lever(lever), LeverState::Resting);
    }
}

#[test]
fn a_person_pulls_and_undoes_any_lever_at_any_time() {
    let mut watch = Watch::new(Mode::Manual);
    watch.observe();
    let (now, lever) = (watch.now, LeverId::OfferCallback);
    assert_eq!(watch.controller.answer(now, lever, Choice::Undo), Err(Refusal::NotPulled));
    assert_eq!(watch.controller.answer(now, lever, Choice::Decline), Err(Refusal::NothingAdvised));
    let told = watch.controller.answer(now, lever, Choice::Pull).unwrap();
    assert!(matches!(told.as_slice(), [of] if of.what == What::PulledByPerson));
    assert_eq!(watch.controller.answer(now, lever, Choice::Pull), Err(Refusal::AlreadyPulled));
    let told: Vec<What> = (0..120).flat_map(|_| watch.minute(1, 0)).collect();
    assert!(matches!(told.as_slice(), [What::Measured(_)]), "only measured: {told:?}");
    let told = watch.controller.answer(watch.now, lever, Choice::Undo).unwrap();
    assert!(matches!(told.as_slice(), [of] if of.what == What::UndoneByPerson));
}

#[test]
fn what_a_person_pulled_is_advised_to_be_undone_and_not_undone() {
    let mut watch = Watch::new(Mode::Automatic);
    watch.observe();
    watch.controller.answer(watch.now, LeverId::CallUpReserve, Choice::Pull).unwrap();
    let told: Vec<What> = (0..180).flat_map(|_| watch.minute(1, 0)).collect();
    assert!(told.iter().any(|what| matches!(what, What::AdviseUndo(_))), "{told:?}");
    assert!(watch.controller.state().pulled().contains(LeverId::CallUpReserve));
}

#[test]
fn without_a_forecast_nothing_is_decided() {
    let mut watch = Watch::new(Mode::Automatic);
    watch.situation.forecast = Forecast::default();
    for _ in 0..60 {
        assert_eq!(watch.minute(9, 8), []);
    }
    assert_eq!(watch.controller.outlook(), None);
}

#[test]
fn the_past_is_not_observed() {
    let mut watch = Watch::new(Mode::Automatic);
    watch.minute(1, 0);
    let before = watch.controller.state().clone();
    let earlier = ten();
    assert_eq!(watch.controller.observe(earlier, &situation()), []);
    assert_eq!(*watch.controller.state(), before);
}

#[test]
fn figures_that_make_no_sense_do_not_stop_it() {
    let mut watch = Watch::new(Mode::Automatic);
    watch.situation.event_share = f64::NAN;
    for of in &mut watch.situation.forecast.half_hours {
        *of = HalfHour { calls: f64::INFINITY, agents: 0 };
    }
    for _ in 0..5 {
        watch.minute(1, 1);
    }
    watch.situation.forecast.half_hours = vec![HalfHour { calls: -5.0, agents: 3 }; 48];
    watch.situation.window = Tally::default();
    watch.minute(1, 0);
    assert!(watch.controller.outlook().is_some());
}
