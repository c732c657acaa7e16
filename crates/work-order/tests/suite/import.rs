//! Orders of another system: what may be taken over, and what then holds.

use work_order::state::{Closing, State};
use work_order::{
    ImportedOrder, ImportedProgress, Occasion, Rating, RefusalCode, Role, StateCode, WorkOrder,
    clocks, import,
};

use crate::support::{agent, at, intake, leader, person, rules};

fn imported(progress: ImportedProgress) -> ImportedOrder {
    let mut intake = intake();
    intake.source.upstream_no = Some("OLD-7".to_owned());
    intake.source.upstream_system = Some("旧平台".to_owned());
    ImportedOrder {
        id: types::WorkOrderId::from_u128(7),
        order_no: "2603020001".to_owned(),
        query_code: "123456".to_owned(),
        registered_at: at("2026-03-02 11:00"),
        intake,
        progress,
    }
}

fn closed(closed_at: &str) -> ImportedProgress {
    ImportedProgress::Closed {
        closed_at: at(closed_at),
        reply: "已修好".to_owned(),
        unit: Some("U14".parse().unwrap()),
        rating: Some(Rating::Satisfied),
    }
}

fn occasion<'a>(actor: &'a work_order::Actor, now: &str) -> Occasion<'a> {
    Occasion { now: at(now), actor, rules: rules(), expected_version: None }
}

#[test]
fn an_open_order_waits_for_dispatch_with_limits_from_now() {
    let leader = leader();
    let events =
        import(&occasion(&leader, "2026-03-05 09:00"), imported(ImportedProgress::Open)).unwrap();
    let order = WorkOrder::from_events(&events).unwrap();
    assert_eq!(order.state_code(), StateCode::Accepted);
    assert_eq!(order.opened_at, at("2026-03-02 11:00"));
    assert_eq!(order.acceptance().unwrap().at, at("2026-03-05 09:00"));
    let due = clocks::running(&order)[0].limit_at;
    assert!(due > at("2026-03-05 09:00"), "our limit does not begin before we have it: {due}");
    assert!(events[0].note.contains("旧平台") && events[0].note.contains("OLD-7"));
}

#[test]
fn a_closed_order_is_history_without_clock_or_duty() {
    let leader = leader();
    let occasion = occasion(&leader, "2026-03-05 09:00");
    let events = import(&occasion, imported(closed("2026-03-03 16:00"))).unwrap();
    let order = WorkOrder::from_events(&events).unwrap();
    let State::Closed { closing: Closing::Imported { at: closed_at, .. } } = &order.state else {
        panic!("{:?}", order.state)
    };
    assert_eq!(*closed_at, at("2026-03-03 16:00"));
    assert_eq!(order.closed_at(), Some(*closed_at));
    assert!(clocks::running(&order).is_empty() && order.duty().is_none());
    assert_eq!(order.lead_unit().map(ToString::to_string).as_deref(), Some("U14"));
    let json = serde_json::to_string(&order).unwrap();
    assert_eq!(serde_json::from_str::<WorkOrder>(&json).unwrap(), order);
}

#[test]
fn what_a_line_lacks_is_named() {
    let leader = leader();
    let refused = |change: &dyn Fn(&mut ImportedOrder), progress| {
        let mut order = imported(progress);
        change(&mut order);
        import(&occasion(&leader, "2026-03-05 09:00"), order).unwrap_err().code
    };
    let open = || ImportedProgress::Open;
    assert_eq!(
        refused(&|it| it.intake.demand.category = None, open()),
        RefusalCode::CategoryMissing
    );
    assert_eq!(
        refused(&|it| it.intake.demand.category = Some("999999".parse().unwrap()), open()),
        RefusalCode::CategoryUnknown
    );
    assert_eq!(
        refused(&|it| it.registered_at = at("2026-03-06 11:00"), open()),
        RefusalCode::TimeInFuture
    );
    assert_eq!(refused(&|_| (), closed("2026-03-01 16:00")), RefusalCode::TimeTooEarly);
    assert_eq!(refused(&|_| (), closed("2026-03-06 16:00")), RefusalCode::TimeInFuture);
    let without_reply = ImportedProgress::Closed {
        closed_at: at("2026-03-03 16:00"),
        reply: " ".to_owned(),
        unit: None,
        rating: None,
    };
    assert_eq!(refused(&|_| (), without_reply), RefusalCode::TextMissing);
}

#[test]
fn not_everybody_may_import() {
    for actor in [agent(), person(9, &[Role::Dispatcher], None), work_order::Actor::System] {
        let occasion = occasion(&actor, "2026-03-05 09:00");
        let refused = import(&occasion, imported(ImportedProgress::Open)).unwrap_err();
        assert_eq!(refused.code, RefusalCode::RoleMissing);
    }
}
