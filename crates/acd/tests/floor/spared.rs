//! Agents who are spared: above the occupancy ceiling, on a micro-break, after an abusive call. Never at the cost of the
//! emergency queue.

use acd::{
    AgentCommand, AgentStateName, BreakReason, Config, Input, NotReadyReason, OccupancyCeiling,
    QueuePolicy, Record, Refusal, Routing, StateCause,
};

use crate::floor_words::{Floor, agent, bare, device};

const NOBODY: [u128; 0] = [];
const MICRO_BREAK: AgentStateName = AgentStateName::NotReady { reason: NotReadyReason::MicroBreak };

/// Half of an hour.
fn ceiling(micro_break_ms: u64) -> Config {
    let emergency = QueuePolicy { emergency: true, ..QueuePolicy::default() };
    Config {
        occupancy: OccupancyCeiling { permille: 500, micro_break_ms },
        queues: [("emergency".parse().unwrap(), emergency)].into(),
        ..bare()
    }
}

/// 1 has talked and wrapped up for so long without a pause.
fn after_minutes(config: Config, minutes: i64) -> Floor {
    let mut floor = Floor::with(config);
    floor.ready(1, &[]);
    works(&mut floor, 1, minutes);
    floor
}

fn works(floor: &mut Floor, n: u128, minutes: i64) {
    floor.arrive(n);
    floor.takes(n, 1);
    floor.pass_ms((minutes - 1) * 60_000);
    floor.hangs_up(n);
    floor.pass_ms(60_000);
    floor.ask(1, AgentCommand::FinishWrapUp).unwrap();
}

fn emergency() -> Routing {
    Routing { queue: Some("emergency".parse().unwrap()), ..Routing::default() }
}

fn is_tired(floor: &Floor) -> bool {
    floor.acd.agent_view(agent(1)).unwrap().tired
}

// --- the ceiling ----------------------------------------------------------------------------------

#[test]
fn who_is_above_the_ceiling_is_passed_over_while_others_are_ready_and_only_then() {
    let mut floor = after_minutes(ceiling(0), 31);
    assert_eq!((floor.state(1), is_tired(&floor)), (AgentStateName::Ready, true));
    floor.pass_ms(60_000);
    floor.ready(2, &[]);
    floor.arrive(2);
    assert_eq!(floor.rings(2), [2], "though 1 has been ready for longer");
    floor.arrive(3);
    assert_eq!(floor.rings(3), [1], "nobody else is ready");
}

#[test]
fn who_is_at_the_ceiling_is_not_above_it() {
    assert!(!is_tired(&after_minutes(ceiling(0), 30)));
    assert!(is_tired(&after_minutes(ceiling(0), 31)));
}

#[test]
fn she_is_like_everybody_again_when_enough_of_it_is_an_hour_old() {
    let mut floor = after_minutes(ceiling(0), 40);
    // The talk began 40 minutes ago: ten of them must grow older than an hour.
    floor.pass_us(30 * 60_000_000 - 1);
    assert!(is_tired(&floor));
    floor.pass_us(1);
    assert!(!is_tired(&floor));
    floor.ready(2, &[]);
    floor.arrive(2);
    assert_eq!(floor.rings(2), [1]);
}

#[test]
fn without_a_ceiling_nobody_is_spared_and_a_changed_one_holds_at_once() {
    let floor = after_minutes(Config::default(), 59);
    assert_eq!((floor.state(1), is_tired(&floor)), (AgentStateName::Ready, false));
    let mut floor = after_minutes(ceiling(0), 40);
    assert!(is_tired(&floor));
    let relaxed = OccupancyCeiling { permille: 900, micro_break_ms: 0 };
    floor.say(Input::Configure { config: Box::new(Config { occupancy: relaxed, ..bare() }) });
    assert!(!is_tired(&floor));
    floor.say(Input::Configure { config: Box::new(ceiling(0)) });
    assert!(is_tired(&floor), "R20: the hour is known");
}

#[test]
fn she_rests_after_the_wrap_up_and_is_ready_again_by_herself() {
    let mut floor = after_minutes(ceiling(60_000), 40);
    assert_eq!(floor.state(1), MICRO_BREAK);
    floor.arrive(2);
    assert_eq!(floor.rings(2), NOBODY);
    floor.pass_us(59_999_999);
    assert_eq!(floor.state(1), MICRO_BREAK);
    floor.pass_us(1);
    assert_eq!(floor.rings(2), [1]);
    let moved = |to, cause| move |record: &Record| matches!(record, Record::AgentStateChanged { to: t, cause: c, .. } if *t == to && *c == cause);
    assert_eq!(floor.recorded(moved(MICRO_BREAK, StateCause::Occupancy)), 1);
    assert_eq!(floor.recorded(moved(AgentStateName::Ready, StateCause::MicroBreakOver)), 1);
}

#[test]
fn r21_a_micro_break_counts_as_no_idle_time() {
    let mut floor = after_minutes(ceiling(600_000), 40);
    floor.pass_ms(600_000);
    assert_eq!(floor.acd.agent_view(agent(1)).unwrap().idle_us, 0);
}

// --- the emergency queue --------------------------------------------------------------------------

#[test]
fn the_emergency_queue_reaches_her_on_a_micro_break_which_then_goes_on() {
    let mut floor = after_minutes(ceiling(60_000), 40);
    floor.pass_ms(10_000);
    floor.arrive_routed(2, &[], 0, emergency());
    assert_eq!(floor.rings(2), [1]);
    floor.hangs_up(2);
    assert_eq!(floor.state(1), MICRO_BREAK);
    floor.pass_us(49_999_999);
    assert_eq!(floor.state(1), MICRO_BREAK);
    floor.pass_us(1);
    assert_eq!(floor.state(1), AgentStateName::Ready);
}

#[test]
fn the_emergency_queue_leaves_her_alone_while_somebody_else_is_ready() {
    let mut floor = after_minutes(ceiling(60_000), 40);
    floor.ready(2, &[]);
    floor.arrive_routed(2, &[], 0, emergency());
    assert_eq!(floor.rings(2), [2]);
}

#[test]
fn who_follows_the_micro_break_with_a_break_of_her_own_is_left_alone() {
    let mut floor = after_minutes(ceiling(60_000), 40);
    floor.ask(1, AgentCommand::NotReady { reason: BreakReason::Meal }).unwrap();
    let meal =
        AgentStateName::NotReady { reason: NotReadyReason::Break { kind: BreakReason::Meal } };
    floor.arrive_routed(2, &[], 0, emergency());
    assert_eq!((floor.rings(2), floor.state(1)), (NOBODY.to_vec(), meal));
    floor.pass_ms(120_000);
    assert_eq!(floor.state(1), meal, "the micro-break does not end what she chose herself");
}

// --- her own choice (R18, R19) --------------------------------------------------------------------

#[test]
fn r18_r19_ready_ends_a_micro_break_and_holds_for_the_next_decision() {
    let mut floor = after_minutes(ceiling(60_000), 40);
    floor.arrive(2);
    floor.ask(1, AgentCommand::Ready).unwrap();
    assert_eq!(floor.rings(2), [1]);
    floor.pass_ms(60_000);
    assert!(floor.acd.check_all().is_empty());
}

#[test]
fn r18_signing_out_during_a_micro_break_is_for_good() {
    let mut floor = after_minutes(ceiling(60_000), 40);
    floor.ask(1, AgentCommand::SignOut).unwrap();
    floor.pass_ms(120_000);
    assert_eq!(floor.state(1), AgentStateName::SignedOut);
}

#[test]
fn a_phone_that_goes_during_a_micro_break_keeps_her_from_ready() {
    let mut floor = after_minutes(ceiling(60_000), 40);
    floor.fact(acd::GatewayFact::DeviceLost { agent: agent(1), device: device(1) });
    assert_eq!(floor.ask(1, AgentCommand::Ready), Err(Refusal::NoRegistration));
    floor.pass_ms(70_000);
    let lost = AgentStateName::NotReady { reason: NotReadyReason::DeviceLost };
    assert_eq!(floor.state(1), lost);
}

// --- abuse ----------------------------------------------------------------------------------------

#[test]
fn an_abusive_call_is_followed_by_a_break_that_ends_by_itself() {
    for in_wrap_up in [false, true] {
        let mut floor = Floor::new();
        floor.ready(1, &[]);
        assert_eq!(floor.ask(1, AgentCommand::ReportAbuse), Err(Refusal::NoCall));
        floor.arrive(1);
        floor.takes(1, 1);
        if !in_wrap_up {
            floor.ask(1, AgentCommand::ReportAbuse).unwrap();
            floor.ask(1, AgentCommand::ReportAbuse).unwrap();
        }
        floor.hangs_up(1);
        if in_wrap_up {
            floor.ask(1, AgentCommand::ReportAbuse).unwrap();
        }
        let abuse = |record: &Record| matches!(record, Record::AbuseReported { .. });
        assert_eq!(floor.recorded(abuse), 1);
        floor.pass_ms(90_000);
        assert_eq!(floor.state(1), MICRO_BREAK);
        floor.pass_us(299_999_999);
        assert_eq!(floor.state(1), MICRO_BREAK);
        floor.pass_us(1);
        assert_eq!(floor.state(1), AgentStateName::Ready);
        works(&mut floor, 2, 2);
        assert_eq!(floor.state(1), AgentStateName::Ready, "one break for one call");
    }
}

#[test]
fn a_break_that_she_chose_during_the_abusive_call_is_the_break() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.ask(1, AgentCommand::ReportAbuse).unwrap();
    floor.ask(1, AgentCommand::NotReady { reason: BreakReason::Rest }).unwrap();
    floor.hangs_up(1);
    floor.ask(1, AgentCommand::FinishWrapUp).unwrap();
    let rest =
        AgentStateName::NotReady { reason: NotReadyReason::Break { kind: BreakReason::Rest } };
    assert_eq!(floor.state(1), rest);
    floor.ask(1, AgentCommand::Ready).unwrap();
    works(&mut floor, 2, 2);
    assert_eq!(floor.state(1), AgentStateName::Ready, "it is not given later");
}
