//! Guards of the import (T1): an order of another system becomes one of ours, or is refused with the reason.

use super::{Journal, Occasion, Scene, filled, role_of};
use crate::import::{ImportedOrder, ImportedProgress};
use crate::state::Closing;
use crate::{Actor, By, Change, Event, Intake, Refusal, RefusalCode, Role, StateCode, WorkOrder};

/// Who may take over orders of another system.
pub(super) const IMPORT_ROLES: &[Role] = &[Role::Supervisor, Role::TeamLeader, Role::SysAdmin];

/// Takes an order of another system over. The first event stands at the time of its registration there, the second
/// one now: who looks at the history sees both, and our limits never begin before we have it.
///
/// # Errors
/// A [`Refusal`] names what the line lacks.
pub fn import(occasion: &Occasion<'_>, imported: ImportedOrder) -> Result<Vec<Event>, Refusal> {
    let Actor::Person(person) = occasion.actor else {
        return Err(RefusalCode::RoleMissing.into());
    };
    let by = role_of(person, IMPORT_ROLES)?;
    if imported.registered_at > occasion.now {
        return Err(RefusalCode::TimeInFuture.into());
    }
    let ImportedOrder { id, order_no, query_code, registered_at, intake, progress } = imported;
    let note = origin_of(&intake);
    let opened = Event {
        at: registered_at,
        by: by.clone(),
        from: None,
        to: StateCode::Draft,
        note,
        change: Change::Opened { id, order_no, query_code, intake: Box::new(intake) },
    };
    let order = WorkOrder::opened(&opened).map_err(|_| Refusal::from(RefusalCode::WrongState))?;
    let mut journal = Journal { order, now: occasion.now, events: vec![opened] };
    let scene = Scene { order: &journal.order, person, now: journal.now, rules: occasion.rules };
    let change = match progress {
        ImportedProgress::Open => Change::Accepted { acceptance: scene.acceptance()? },
        ImportedProgress::Closed { .. } => {
            Change::Closed { closing: scene.closed_elsewhere(progress, &by)? }
        }
    };
    journal.write(by, String::new(), change)?;
    Ok(journal.events)
}

/// Where it comes from, for the audit trail.
fn origin_of(intake: &Intake) -> String {
    let source = &intake.source;
    format!(
        "自“{}”导入，原编号 {}",
        source.upstream_system.as_deref().unwrap_or("其他系统"),
        source.upstream_no.as_deref().unwrap_or("无")
    )
}

impl Scene<'_> {
    /// What an order that is over must say: enough to be found and counted. What only handling needs (place,
    /// petitioner) may be missing in old records.
    fn closed_elsewhere(&self, progress: ImportedProgress, by: &By) -> Result<Closing, Refusal> {
        let ImportedProgress::Closed { closed_at, reply, unit, rating } = progress else {
            return Err(RefusalCode::WrongState.into());
        };
        let demand = &self.order.intake.demand;
        if demand.demand_type.is_none() {
            return Err(RefusalCode::DemandTypeMissing.into());
        }
        let category = demand.category.as_ref().ok_or(RefusalCode::CategoryMissing)?;
        self.rules.taxonomy.leaf(category).ok_or(RefusalCode::CategoryUnknown)?;
        if demand.title.trim().is_empty() {
            return Err(RefusalCode::TitleMissing.into());
        }
        filled(&reply, "答复内容")?;
        for unit in demand.place.town.iter().chain(&unit) {
            self.rules.units.get(unit).ok_or(RefusalCode::UnitUnknown)?;
        }
        self.plausible(closed_at, self.order.opened_at)?;
        let by = by.user().ok_or(RefusalCode::RoleMissing)?;
        Ok(Closing::Imported { at: closed_at, by, unit, reply, rating })
    }
}
