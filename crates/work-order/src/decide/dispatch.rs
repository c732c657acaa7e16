//! Guards of dispatch (T6): the catalogue, and who may not receive what.

use types::UnitCode;

use super::{Scene, Step, step};
use crate::clocks;
use crate::state::{Acceptance, Dispatch, State, Versions};
use crate::taxonomy::Leaf;
use crate::{Change, Refusal, RefusalCode, Role, Route, UnitKind};

/// What the dispatcher wants.
pub(super) struct Wish {
    pub(super) lead_unit: UnitCode,
    pub(super) assist_units: Vec<UnitCode>,
    pub(super) opinion: String,
    pub(super) reason: Option<String>,
}

impl Scene<'_> {
    pub(super) fn dispatch(&self, wish: Wish) -> Result<Step, Refusal> {
        let by = self.need(&[Role::Dispatcher])?;
        let State::Accepted { acceptance } = &self.order.state else {
            return Err(self.wrong_state());
        };
        let leaf =
            self.rules.taxonomy.leaf(&acceptance.category).ok_or(RefusalCode::CategoryUnknown)?;
        self.check_units(&wish, leaf)?;
        let followed = self.check_catalogue(&wish, leaf)?;
        let dispatch = self.dispatched(wish, acceptance, leaf, followed)?;
        let note = dispatch.reason.clone().unwrap_or_default();
        Ok(step(by, note, Change::Dispatched { dispatch: Box::new(dispatch) }))
    }

    fn dispatched(
        &self,
        wish: Wish,
        acceptance: &Acceptance,
        leaf: &Leaf,
        catalogue_followed: bool,
    ) -> Result<Dispatch, Refusal> {
        let rules = self.rules;
        Ok(Dispatch {
            at: self.now,
            by: self.person.user,
            lead_unit: wish.lead_unit,
            assist_units: wish.assist_units,
            opinion: wish.opinion,
            reason: wish.reason,
            catalogue_followed,
            clocks: clocks::unit_clocks(self.now, acceptance, leaf.profile, rules)?,
            versions: Versions {
                catalogue: rules.taxonomy.version().to_owned(),
                profile: rules.profile.version.clone(),
                calendar: rules.calendar.version().to_owned(),
            },
        })
    }

    /// Units exist, none is named twice, no town gets a department matter.
    fn check_units(&self, wish: &Wish, leaf: &Leaf) -> Result<(), Refusal> {
        let mut seen: Vec<&UnitCode> = Vec::new();
        for code in std::iter::once(&wish.lead_unit).chain(&wish.assist_units) {
            let unit = self.rules.units.get(code).ok_or_else(|| {
                Refusal::with(
                    RefusalCode::UnitUnknown,
                    format!("承办单位 \"{code}\" 不存在，请从单位目录中选择"),
                )
            })?;
            if seen.contains(&code) {
                return Err(RefusalCode::UnitTwice.into());
            }
            if leaf.towns_forbidden && unit.kind == UnitKind::Town {
                return Err(RefusalCode::TownForbidden.into());
            }
            seen.push(code);
        }
        Ok(())
    }

    /// Whether the lead unit is the catalogue's; another one, or a matter that is usually only told,
    /// needs a reason.
    fn check_catalogue(&self, wish: &Wish, leaf: &Leaf) -> Result<bool, Refusal> {
        let town = self.order.intake.demand.place.town.as_ref();
        let followed = self.rules.taxonomy.suggest(leaf, town).lead_units.contains(&wish.lead_unit);
        let reasoned = wish.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
        match leaf.route {
            Route::TellOnly | Route::Sealed => Err(RefusalCode::CategoryNotDispatched.into()),
            Route::TellFirst if !reasoned => Err(Refusal::with(
                RefusalCode::DispatchReasonMissing,
                "该类事项一般只告知途径；如需派单请填写理由",
            )),
            Route::Dispatch if !followed && !reasoned => {
                Err(RefusalCode::DispatchReasonMissing.into())
            }
            Route::TellFirst | Route::Dispatch => Ok(followed),
        }
    }
}
