//! The loop: what comes next, what the distributor says to it, what follows from that. `callers` and `clerks` say
//! what people do, `faults` what breaks, `edge` and `watch` what a watched floor has beyond that.

mod callers;
mod clerks;
mod edge;
mod faults;
mod waits;
mod watch;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::Duration;

use acd::{Acd, BreakReason, Config, Effect, GatewayFact, Input};
use types::{CallId, GatewayId, LegId, Timestamp};

use self::callers::Caller;
pub(crate) use self::edge::Edge;
use crate::arrivals::{Arrivals, NextCall};
use crate::draw::{Draw, Spans};
use crate::ledger::Ledger;
use crate::outcome::Outcome;
use crate::phones::{Phones, Ringing};
use crate::staff::{Clerk, index_of};
use crate::waits::Waits;
use crate::watched::Tracks;

/// Makes the numbers of agents independent of those of callers: a change of the staff leaves the callers alone.
const STAFF_SEED: u64 = 0x5_7a_ff;

/// Something that will happen. Of what happens at one moment the first of this list comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    GatewayBack,
    GatewayDies,
    /// A turn ends before the next one begins.
    TurnEnds {
        clerk: usize,
    },
    TurnBegins {
        clerk: usize,
    },
    /// The next citizen calls.
    Call,
    /// Somebody who got nobody calls again.
    Redial,
    /// Her patience has ended. `wait` counts how often she had to wait.
    Patience {
        number: u64,
        wait: u32,
    },
    /// An agent picks up.
    PickUp {
        leg: LegId,
        clerk: usize,
        outage: u32,
    },
    /// The talk is over.
    Talked {
        number: u64,
        wait: u32,
    },
    /// The gateway has noticed that a caller is gone whose goodbye was lost.
    GoneNoticed {
        number: u64,
        wait: u32,
    },
    ExtendsWrapUp {
        clerk: usize,
        call: CallId,
        nth: u32,
    },
    WrappedUp {
        clerk: usize,
        call: CallId,
    },
    /// An agent who was put Not-Ready is back at her desk.
    Returns {
        clerk: usize,
    },
    RestBegins {
        clerk: usize,
        lasts: Duration,
        reason: BreakReason,
    },
    RestEnds {
        clerk: usize,
    },
    PhoneDies {
        clerk: usize,
    },
    PhoneMissed {
        clerk: usize,
        outage: u32,
    },
    PhoneBack {
        clerk: usize,
        outage: u32,
    },
}

/// What people and machines are like, ready to be drawn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Habits {
    pub(crate) patience: Spans,
    pub(crate) talk: Spans,
    /// `None`: to the distributor's own limit.
    pub(crate) wrap_up: Option<Spans>,
    pub(crate) returns_after: Spans,
    /// How long a dead phone is away, and after how long it is missed.
    pub(crate) phone_away: Spans,
    pub(crate) phone_missed: Spans,
    /// Share of talks whose goodbye is lost, and after how long the gateway notices.
    pub(crate) lost_bye: f64,
    pub(crate) lost_bye_noticed: Spans,
}

/// Everything a simulation begins with.
pub(crate) struct Setup {
    pub(crate) seed: u64,
    pub(crate) begins: Timestamp,
    /// Callers before this are not in the outcome.
    pub(crate) counted_from: Timestamp,
    pub(crate) config: Config,
    pub(crate) arrivals: Arrivals,
    pub(crate) habits: Habits,
    pub(crate) clerks: Vec<Clerk>,
    /// From when to when the gateway is dead.
    pub(crate) outages: Vec<(Timestamp, Timestamp)>,
    /// Where the calls are written down; `None` where only their counts matter.
    pub(crate) ledger: Option<Ledger>,
}

/// A floor and its citizens.
pub(crate) struct World {
    acd: Acd,
    gateway: GatewayId,
    gateway_lives: bool,
    pub(crate) now: Timestamp,
    events: BinaryHeap<Reverse<(Timestamp, Event)>>,
    facts: VecDeque<GatewayFact>,
    arrivals: Arrivals,
    /// Whose call is the next event of its kind.
    upcoming: Option<NextCall>,
    caller_draw: Draw,
    staff_draw: Draw,
    habits: Habits,
    phones: Phones,
    clerks: Vec<Clerk>,
    callers: HashMap<u64, Caller>,
    /// How many have called so far.
    pub(crate) called: u64,
    requests: u64,
    wrap_up_limits: (Duration, Duration, u32),
    counted_from: Timestamp,
    outcome: Outcome,
    ledger: Option<Ledger>,
    /// What callers are told, and what came; `None` where nobody looks at it.
    waits: Option<Waits>,
    /// What the distributor was told and said, for tests of what is taken out of a journal.
    #[cfg(test)]
    pub(crate) told: Vec<(Timestamp, Input, Vec<Effect>)>,
    /// Of a watched floor.
    edge: Option<Edge>,
    tracks: Option<Tracks>,
}

impl World {
    pub(crate) fn open(setup: Setup) -> Self {
        // Prompts and recordings change nothing here; without them an order is smaller.
        let config = Config { record: false, notice: Vec::new(), ..setup.config };
        let mut world = Self {
            acd: Acd::default(),
            gateway: gateway(),
            gateway_lives: true,
            now: setup.begins,
            events: BinaryHeap::new(),
            facts: VecDeque::new(),
            arrivals: setup.arrivals,
            upcoming: None,
            caller_draw: Draw::new(setup.seed),
            staff_draw: Draw::new(setup.seed ^ STAFF_SEED),
            habits: setup.habits,
            phones: Phones::default(),
            clerks: setup.clerks,
            callers: HashMap::new(),
            called: 0,
            requests: 0,
            wrap_up_limits: wrap_up_limits(&config),
            counted_from: setup.counted_from,
            outcome: Outcome::default(),
            ledger: setup.ledger,
            waits: None,
            #[cfg(test)]
            told: Vec::new(),
            edge: None,
            tracks: None,
        };
        world.tell(Input::Configure { config: Box::new(config) });
        world.plan_turns();
        for (from, until) in setup.outages {
            world.at(from, Event::GatewayDies);
            world.at(until, Event::GatewayBack);
        }
        world.next_call();
        world
    }

    /// The next thing that happens; false after the last one.
    pub(crate) fn step(&mut self) -> bool {
        let next = self.events.peek().map(|Reverse((at, _))| *at);
        // Deadlines alone go on for ever (proofs, remembered calls): the day ends with its last event.
        let Some(next) = next else { return false };
        match self.acd.next_deadline().filter(|at| *at <= next) {
            Some(at) => {
                self.now = self.now.max(at);
                self.tell(Input::Tick);
                self.report_all();
            }
            None => {
                if let Some(Reverse((at, event))) = self.events.pop() {
                    self.now = at;
                    self.happens(event);
                }
            }
        }
        true
    }

    /// What came of it.
    pub(crate) fn close(mut self) -> (Outcome, Option<Ledger>) {
        self.outcome.double_ring_us = self.phones.double_ring_us;
        if let Some(ledger) = &mut self.ledger {
            for clerk in &self.clerks {
                ledger.spent(clerk.state, clerk.since, self.now);
            }
        }
        (self.outcome, self.ledger)
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::GatewayDies => self.gateway_dies(),
            Event::GatewayBack => self.gateway_back(),
            Event::TurnEnds { clerk } => self.turn_ends(clerk),
            Event::TurnBegins { clerk } => self.turn_begins(clerk),
            Event::Call => self.calls(),
            Event::Redial => self.comes(None),
            Event::Patience { number, wait } => self.patience_ends(number, wait),
            Event::PickUp { leg, clerk, outage } => self.picks_up(leg, clerk, outage),
            Event::Talked { number, wait } => self.talked(number, wait),
            Event::GoneNoticed { number, wait } => self.gone_noticed(number, wait),
            Event::ExtendsWrapUp { clerk, call, .. } => self.extends_wrap_up(clerk, call),
            Event::WrappedUp { clerk, call } => self.wrapped_up(clerk, call),
            Event::Returns { clerk } => self.returns(clerk),
            Event::RestBegins { clerk, lasts, reason } => self.rest_begins(clerk, lasts, reason),
            Event::RestEnds { clerk } => self.rest_ends(clerk),
            Event::PhoneDies { clerk } => self.phone_dies(clerk),
            Event::PhoneMissed { clerk, outage } => self.phone_missed(clerk, outage),
            Event::PhoneBack { clerk, outage } => self.phone_back(clerk, outage),
        }
    }

    fn at(&mut self, at: Timestamp, event: Event) {
        self.events.push(Reverse((at, event)));
    }

    fn after_staff(&mut self, span: Spans, event: Event) {
        let at = self.now + self.staff_draw.span(span);
        self.at(at, event);
    }

    // --- to the distributor and back ----------------------------------------------------------

    /// Hands facts of the gateway over, until it has nothing more to say. A dead gateway says nothing.
    fn report(&mut self, facts: impl IntoIterator<Item = GatewayFact>) {
        self.facts.extend(facts);
        self.report_all();
    }

    fn report_all(&mut self) {
        while let Some(fact) = self.facts.pop_front() {
            if self.gateway_lives {
                self.tell(Input::Gateway { gateway: self.gateway.clone(), at: self.now, fact });
            }
        }
    }

    /// Whether what was asked for, if anything, was granted.
    fn tell(&mut self, input: Input) -> bool {
        let mut granted = true;
        #[cfg(test)]
        let heard = input.clone();
        let effects = self.acd.handle(self.now, input);
        #[cfg(test)]
        self.told.push((self.now, heard, effects.clone()));
        for effect in effects {
            match effect {
                Effect::Order { order, .. } if self.gateway_lives => {
                    let (facts, ringing) = self.phones.carry_out(self.now, &order);
                    self.facts.extend(facts);
                    if let Some(ringing) = ringing {
                        self.rings(ringing);
                    }
                }
                Effect::Order { .. } => {}
                Effect::Record { record, .. } => self.note(&record),
                Effect::InvariantBroken { .. } => self.outcome.broken_rules += 1,
                Effect::Answer { result, .. } => granted = result.is_ok(),
            }
        }
        granted
    }

    /// A dead phone rings for nobody: the offer lapses.
    fn rings(&mut self, Ringing { call, leg, agent }: Ringing) {
        let index = index_of(agent);
        let Some(clerk) = self.clerks.get(index).filter(|clerk| clerk.phone_works) else { return };
        let (answers, outage) = (clerk.answers, clerk.outage);
        self.facts.push_back(GatewayFact::LegRinging { call, leg });
        if !self.staff_draw.happens(answers.unanswered) {
            self.after_staff(answers.after, Event::PickUp { leg, clerk: index, outage });
        }
    }

    fn note(&mut self, record: &acd::Record) {
        self.outcome.take(self.counted_from, record);
        self.note_of_wait(record);
        if let Some(tracks) = &mut self.tracks {
            tracks.take(record);
        }
        self.note_of_caller(record);
        self.note_of_clerk(record);
    }
}

/// The limit of a wrap-up, what an extension adds, and how many there may be.
const fn wrap_up_limits(config: &Config) -> (Duration, Duration, u32) {
    let limit = Duration::from_millis(config.wrap_up_ms);
    let extension = Duration::from_millis(config.wrap_up_extension_ms);
    (limit, extension, config.wrap_up_extensions_max)
}

#[expect(clippy::expect_used, reason = "a constant word of the right form")]
fn gateway() -> GatewayId {
    "simulated".parse().expect("plain letters")
}
