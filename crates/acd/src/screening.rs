//! Screening (`domain.md` section 12, nuisance and abuse): a caller on the screen list hears a prompt instead of an
//! agent, and gets into the queue by the emergency key. Never for good, never on the emergency route, never unseen:
//! each such call is a record that is shown beside K1.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use types::{CallId, GatewayId, LegId, Phone, Timestamp};

use crate::config::millis;
use crate::core::Acd;
use crate::effect::{AnswerMode, EndReason, Order, Treatment};
use crate::ended::How;
use crate::input::{Arrival, CallSnapshot};
use crate::record::Record;
use crate::timers::Timer;

/// A leader may screen a number for a day, a supervisor for 30.
const BY_LEADER_MAX: Duration = Duration::from_secs(24 * 3_600);
const BY_SUPERVISOR_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Who has put a number on the list; decides for how long it may stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScreenedBy {
    TeamLeader,
    Supervisor,
}

impl ScreenedBy {
    /// The longest time that an entry may last.
    #[must_use]
    pub const fn lasts_max(self) -> Duration {
        match self {
            Self::TeamLeader => BY_LEADER_MAX,
            Self::Supervisor => BY_SUPERVISOR_MAX,
        }
    }
}

/// One number of the screen list (骚扰来电屏蔽名单).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenedNumber {
    pub number: Phone,
    pub set_at: Timestamp,
    /// No later than `set_at` and what its setter may; what lies beyond that is cut off.
    pub until: Timestamp,
    pub set_by: ScreenedBy,
}

/// The list in force, by number in its national spelling.
pub(crate) type ScreenList = BTreeMap<Phone, ScreenedNumber>;

/// A screened caller who hears the prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScreenedCall {
    pub(crate) gateway: GatewayId,
    pub(crate) arrival: Arrival,
    /// The ring by the core's clock.
    pub(crate) ring_started: Timestamp,
}

impl Acd {
    /// Replaces the screen list. Callers who are in the queue, or talk, stay there.
    pub(crate) fn set_screen_list(&mut self, numbers: Vec<ScreenedNumber>) {
        let bounded = numbers.into_iter().map(|entry| {
            let most = entry.set_at.min(self.now) + entry.set_by.lasts_max();
            let until = entry.until.min(most);
            (entry.number.national(), ScreenedNumber { until, ..entry })
        });
        self.screen_list = bounded.collect();
    }

    /// The entry that stops this call.
    pub(crate) fn screens(&self, arrival: &Arrival) -> Option<ScreenedNumber> {
        if self.screen_list.is_empty()
            || self.config.screening.emergency_numbers.contains(&arrival.dialled)
        {
            return None;
        }
        let entry = self.screen_list.get(&arrival.caller.as_ref()?.national())?;
        (entry.until > self.now).then(|| entry.clone())
    }

    /// The caller hears the prompt, and has time to press the emergency key.
    pub(crate) fn screen(
        &mut self,
        gateway: GatewayId,
        arrival: Arrival,
        ring_started: Timestamp,
        entry: ScreenedNumber,
    ) {
        let (call, leg) = (arrival.call, arrival.leg);
        let record = Record::CallScreened {
            call,
            gateway: gateway.clone(),
            leg,
            caller: entry.number,
            dialled: arrival.dialled.clone(),
            arrived_at: arrival.arrived_at,
            rang_at: arrival.rang_at,
            set_by: entry.set_by,
            until: entry.until,
        };
        self.record_at(arrival.rang_at, record);
        let prompts = self.config.screening.prompts.clone();
        let treatment = Treatment::Prompts { prompts };
        self.order(&gateway, Order::Treat { call, leg, treatment, answer: AnswerMode::Answer });
        let until = self.now + millis(self.config.screening.hold_ms);
        self.timers.set(Timer::Screened(call), until);
        self.screened.insert(call, ScreenedCall { gateway, arrival, ring_started });
    }

    /// The emergency key lets a screened caller into the queue, at the original ring. False for any other call.
    pub(crate) fn screened_presses(
        &mut self,
        gateway: &GatewayId,
        (call, leg): (CallId, LegId),
        digit: char,
    ) -> bool {
        let known = self.screened.get(&call);
        let hers = known.is_some_and(|it| it.gateway == *gateway && it.arrival.leg == leg);
        if !hers {
            return known.is_some();
        }
        if digit == self.config.screening.emergency_key
            && let Some(ScreenedCall { gateway, arrival, ring_started }) = self.leave_screen(call)
        {
            let priority = self.config.screening.emergency_priority;
            let arrival = Arrival { priority, ..arrival };
            self.record(Record::ScreenedCallAdmitted { call });
            self.record_arrival(&gateway, &arrival);
            self.admit(gateway, arrival, ring_started);
            if let Some(inbound) = self.inbound_mut(call) {
                inbound.leg_answered = true;
                inbound.emergency = true;
            }
        }
        true
    }

    /// Nobody pressed the key: the call ends.
    pub(crate) fn screened_over(&mut self, call: CallId) {
        if let Some(ScreenedCall { gateway, arrival, .. }) = self.leave_screen(call) {
            self.order(&gateway, Order::End { call, leg: arrival.leg, reason: EndReason::Refused });
            self.forget_call(call, How::Over);
        }
    }

    /// The leg of a screened caller is gone. False for any other call.
    pub(crate) fn screened_gone(&mut self, call: CallId, leg: LegId) -> bool {
        let hers = self.screened.get(&call).is_some_and(|it| it.arrival.leg == leg);
        if hers && self.leave_screen(call).is_some() {
            self.forget_call(call, How::Over);
        }
        hers
    }

    fn leave_screen(&mut self, call: CallId) -> Option<ScreenedCall> {
        self.timers.cancel(&Timer::Screened(call));
        self.screened.remove(&call)
    }

    /// Screened callers whom a gateway's snapshot does not know are gone.
    pub(crate) fn reconcile_screened(
        &mut self,
        gateway: &GatewayId,
        found: &BTreeMap<CallId, CallSnapshot>,
    ) {
        let of_gateway = self.screened.iter().filter(|(_, screened)| screened.gateway == *gateway);
        let gone: Vec<(CallId, LegId)> = of_gateway
            .filter(|(call, _)| !found.contains_key(call))
            .map(|(call, screened)| (*call, screened.arrival.leg))
            .collect();
        for (call, leg) in gone {
            self.screened_gone(call, leg);
        }
    }
}
