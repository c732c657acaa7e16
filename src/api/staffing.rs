//! `/staffing`: forecast, requirement, roster, adherence, what-if (`domain.md` 11.1).

mod plan;
mod roster;

use types::Role;
use utoipa_axum::router::OpenApiRouter;

use super::AppState;

/// Who sees plans and how they were kept.
const WATCHERS: &[Role] =
    &[Role::TeamLeader, Role::Supervisor, Role::InspectionOffice, Role::CountyLeader];
/// Who makes the roster.
const PLANNERS: &[Role] = &[Role::TeamLeader, Role::Supervisor];
/// Who sets targets and shrinkage.
const SUPERVISORS: &[Role] = &[Role::Supervisor];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().merge(plan::routes()).merge(roster::routes())
}
