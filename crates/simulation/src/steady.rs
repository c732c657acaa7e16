//! One load and one staff for as long as it takes: what queueing theory has figures for.

use std::time::Duration;

use types::Timestamp;

use crate::arrivals::Arrivals;
use crate::draw::Spans;
use crate::habits::{HabitError, Scenario};
use crate::outcome::Outcome;
use crate::staff::{Answers, Clerk, Turn};
use crate::world::{Habits, Setup, World};

/// When the simulation begins, by its own clock.
const BEGIN: Timestamp = Timestamp::from_micros(1_000_000_000_000);

/// Plays a scenario to the end of its last call.
///
/// # Errors
/// [`HabitError`] for figures that cannot be played.
pub fn simulate(scenario: &Scenario) -> Result<Outcome, HabitError> {
    scenario.check()?;
    let mut world = World::open(setup(scenario)?);
    while world.step() {}
    Ok(world.close().0)
}

fn setup(scenario: &Scenario) -> Result<Setup, HabitError> {
    let Scenario { seed, callers, agents, warm_up_s, config } = scenario;
    let between = Spans::Exponential(3_600.0 / callers.per_hour);
    let never = Spans::Fixed(0.0);
    let answers = Answers {
        after: Spans::of(agents.pick_up.after)?,
        unanswered: agents.pick_up.unanswered,
        auto: agents.auto_answer,
    };
    let always = Turn { from: BEGIN, until: None, rests: Vec::new(), phone_dies: Vec::new() };
    let clerk = Clerk::new(answers, false, vec![always]);
    Ok(Setup {
        seed: *seed,
        begins: BEGIN,
        counted_from: BEGIN + Duration::from_secs_f64(*warm_up_s),
        config: config.clone(),
        arrivals: Arrivals::Steady { between, left: callers.calls },
        habits: Habits {
            patience: Spans::of(callers.patience)?,
            talk: Spans::of(agents.talk)?,
            wrap_up: None,
            returns_after: Spans::of(agents.returns_after)?,
            phone_away: never,
            phone_missed: never,
            lost_bye: 0.0,
            lost_bye_noticed: never,
        },
        clerks: vec![clerk; usize::try_from(agents.count).unwrap_or(usize::MAX)],
        outages: Vec::new(),
        ledger: None,
    })
}
