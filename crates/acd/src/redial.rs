//! The place of a caller who hung up while waiting and calls again: that of the earlier call. For the order of the
//! queue alone; both calls count, and the 15 seconds of the new one run from its own ring (`domain.md` 3.1).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use types::{CallId, Phone, Timestamp};

use crate::config::millis;
use crate::core::Acd;
use crate::record::{AbandonCause, Record};

/// The earlier call of somebody who redialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Earlier {
    pub(crate) call: CallId,
    /// The ring by which that call stood in the queue.
    pub(crate) place_at: Timestamp,
}

/// Who has just given up waiting, by number in its national spelling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftPlaces {
    places: BTreeMap<Phone, (Timestamp, Earlier)>,
    order: BTreeSet<(Timestamp, Phone)>,
}

impl LeftPlaces {
    fn leave(&mut self, number: Phone, until: Timestamp, place: Earlier) {
        self.take(&number);
        self.order.insert((until, number.clone()));
        self.places.insert(number, (until, place));
    }

    fn take(&mut self, number: &Phone) -> Option<Earlier> {
        let (until, place) = self.places.remove(number)?;
        self.order.remove(&(until, number.clone()));
        Some(place)
    }

    pub(crate) fn forget_until(&mut self, now: Timestamp) {
        while self.order.first().is_some_and(|(until, _)| *until <= now) {
            if let Some((_, number)) = self.order.pop_first() {
                self.places.remove(&number);
            }
        }
    }
}

impl Acd {
    /// The caller gave up waiting: the place is there for a while. A lost leg looks the same from here.
    pub(crate) fn leave_place(&mut self, call: CallId, cause: AbandonCause) {
        let gave_up = matches!(cause, AbandonCause::HungUp | AbandonCause::Vanished);
        let Some(inbound) = self.inbound(call).filter(|_| gave_up) else { return };
        let Some(number) = inbound.caller.as_ref().map(Phone::national) else { return };
        let place = Earlier { call, place_at: inbound.place_at() };
        let until = self.now + millis(self.config.redial_keeps_place_ms);
        self.left_places.leave(number, until, place);
    }

    /// A new call takes the place that its number has left, or was promised, where that is better than its own ring.
    pub(crate) fn take_place(&mut self, call: CallId) {
        let Some(inbound) = self.inbound(call) else { return };
        let Some(number) = inbound.caller.as_ref().map(Phone::national) else { return };
        let places = [self.redialled_promise(&number, call), self.left_places.take(&number)];
        let best = places.into_iter().flatten().min_by_key(|earlier| earlier.place_at);
        let Some(earlier) = best else { return };
        let Some(inbound) = self.inbound_mut(call) else { return };
        if earlier.place_at >= inbound.rang_at {
            return;
        }
        inbound.earlier = Some(earlier);
        let Earlier { call: earlier, place_at } = earlier;
        self.record(Record::PlaceKept { call, earlier, place_at });
        self.reindex_call(call);
    }
}
