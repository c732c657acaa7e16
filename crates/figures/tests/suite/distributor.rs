//! Figures of what the real distributor records, with a gateway whose clock is two hours ahead of the
//! core's.

use acd::{
    AgentCommand, BreakReason, DialPurpose, Effect, EndCause, GatewayFact, JournalEntry,
    NotReadyReason, Order,
};
use figures::{AsOf, Daytime, Event, Ledger, Period, Place, Reading, Report, Sources, report};
use types::{LegId, Timestamp};
use uuid::Uuid;

use crate::floor::{Floor, call};
use crate::support::{DAY_US, share};

const SECOND_US: u64 = 1_000_000;

fn events(journal: &[JournalEntry]) -> Vec<Event> {
    let of_entry = |entry: &JournalEntry| {
        let records = entry.effects.iter().filter_map(|effect| match effect {
            Effect::Record { at, record } => Some((*at, record.clone())),
            _ => None,
        });
        let number = entry.number;
        let numbered = (1..).zip(records).map(move |(item, (at, record))| {
            let place = Place { journal: Uuid::from_u128(1), entry: number, item };
            Event { place, at, record }
        });
        numbered.collect::<Vec<_>>()
    };
    journal.iter().flat_map(of_entry).collect()
}

fn originated(floor: &Floor) -> LegId {
    let leg = |order: &Order| match order {
        Order::Originate { leg, .. } => Some(*leg),
        _ => None,
    };
    floor.orders().iter().find_map(leg).unwrap()
}

/// Calls the second citizen back and talks for 20 s.
fn call_back(floor: &mut Floor) {
    let (number, purpose) = ("13800000002".parse().unwrap(), DialPurpose::MissedCallReturn);
    floor.ask(1, AgentCommand::Dial { call: call(50), number, purpose }).unwrap();
    let own = originated(floor);
    floor.fact(GatewayFact::LegAnswered { call: call(50), leg: own });
    let far = originated(floor);
    floor.fact(GatewayFact::LegAnswered { call: call(50), leg: far });
    floor.fact(GatewayFact::LegsConnected { call: call(50), first: far, second: own });
    floor.pass_ms(20_000);
    floor.fact(GatewayFact::LegEnded { call: call(50), leg: far, cause: EndCause::HungUp });
}

/// One agent, one call answered after 4 s, one given up after 3 s and called back.
fn shift() -> Floor {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.pass_ms(10_000);
    floor.arrive(1);
    floor.pass_ms(4_000);
    floor.takes(1, 1);
    floor.pass_ms(60_000);
    floor.hangs_up(1);
    floor.pass_ms(100_000);
    floor.arrive(2);
    floor.pass_ms(3_000);
    floor.hangs_up(2);
    floor.pass_ms(1_000);
    call_back(&mut floor);
    floor.pass_ms(90_000);
    floor.ask(1, AgentCommand::NotReady { reason: BreakReason::Meal }).unwrap();
    floor.pass_ms(60_000);
    floor.ask(1, AgentCommand::SignOut).unwrap();
    floor
}

fn reported(floor: &Floor) -> Report {
    let ledger = Ledger::new(events(&floor.journal));
    let now = floor.now_us;
    let period =
        Period::new(Timestamp::from_micros(now - DAY_US), Timestamp::from_micros(now + DAY_US));
    let as_of = AsOf { events: ledger.newest(), at: Timestamp::from_micros(now + 2 * DAY_US) };
    let daytime = Daytime::default();
    let sources = Sources { ledger: &ledger, exclusions: &[], dial_attempts: &[], daytime };
    report(&sources, period.unwrap(), &as_of)
}

#[test]
fn a_shift_of_two_calls_gives_these_figures() {
    let report = reported(&shift());
    let total = report.total.raw();
    assert_eq!(Reading::Strict.rate(total.counts), share(1, 2));
    assert_eq!(
        (total.waits.mean(), total.talks.mean()),
        (share(4 * SECOND_US, 1), share(60 * SECOND_US, 1))
    );
    assert_eq!(total.abandons.waits.mean(), share(3 * SECOND_US, 1));
    assert_eq!((report.returns.rate(), report.returns.in_time()), (share(1, 1), share(1, 1)));
    assert!(report.breaches.is_empty());
}

#[test]
fn the_agent_s_time_is_the_shift_to_the_microsecond() {
    let floor = shift();
    let report = reported(&floor);
    let own = &report.agents[0];
    let seconds = |us: u64| us / SECOND_US;
    let spent = [
        own.time.ready_us,
        own.time.ringing_us,
        own.time.talking_us,
        own.time.outbound_us,
        own.time.wrap_up_us,
    ];
    assert_eq!(spent.map(seconds), [21, 7, 60, 20, 180]);
    assert_eq!(own.time.occupancy(), share(267 * SECOND_US, 288 * SECOND_US));
    let meal = NotReadyReason::Break { kind: BreakReason::Meal };
    let breaks: Vec<_> = own.time.not_ready.iter().map(|of| (of.reason, seconds(of.us))).collect();
    assert_eq!(breaks, [(meal, 60)]);
    assert_eq!((own.offers.made, own.offers.withdrawn), (2, 1));
    assert_eq!(own.pick_ups.max_us, Some(4 * SECOND_US));
    assert_eq!(own.counts.tally.answered, 1);
}
