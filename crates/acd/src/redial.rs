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

/// A place, and the number of ours on which it is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Left {
    #[serde(flatten)]
    earlier: Earlier,
    #[serde(default)]
    dialled: String,
}

/// Who has just given up waiting, by number in its national spelling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftPlaces {
    places: BTreeMap<Phone, (Timestamp, Left)>,
    order: BTreeSet<(Timestamp, Phone)>,
}

impl LeftPlaces {
    /// Of two places on the same number of ours the better one is kept.
    fn leave(&mut self, number: Phone, until: Timestamp, place: Left) {
        let better = |before: &Earlier| before.place_at < place.earlier.place_at;
        let earlier = self.take(&number, &place.dialled).filter(better).unwrap_or(place.earlier);
        self.forget(&number);
        self.order.insert((until, number.clone()));
        self.places.insert(number, (until, Left { earlier, ..place }));
    }

    fn take(&mut self, number: &Phone, dialled: &str) -> Option<Earlier> {
        self.places.get(number).filter(|(_, left)| left.dialled == dialled)?;
        self.forget(number).map(|left| left.earlier)
    }

    fn forget(&mut self, number: &Phone) -> Option<Left> {
        let (until, left) = self.places.remove(number)?;
        self.order.remove(&(until, number.clone()));
        Some(left)
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
        let earlier = Earlier { call, place_at: inbound.place_at() };
        let place = Left { earlier, dialled: inbound.dialled.clone() };
        let until = self.now + millis(self.config.redial_keeps_place_ms);
        self.left_places.leave(number, until, place);
    }

    /// A new call takes the place that its number has left, or was promised, on the same number of ours, where that is
    /// better than its own ring.
    pub(crate) fn take_place(&mut self, call: CallId) {
        let Some(inbound) = self.inbound(call) else { return };
        let Some(number) = inbound.caller.as_ref().map(Phone::national) else { return };
        let dialled = inbound.dialled.clone();
        let promised = self.redialled_promise(&number, &dialled, call);
        let places = [promised, self.left_places.take(&number, &dialled)];
        if let Some(best) = places.into_iter().flatten().min_by_key(|earlier| earlier.place_at) {
            self.give_place(call, best);
        }
    }

    /// The place of an earlier call, for one that still waits and stands behind it.
    pub(crate) fn give_place(&mut self, call: CallId, earlier: Earlier) {
        let Some(inbound) = self.inbound_mut(call).filter(|it| it.offers().is_some()) else {
            return;
        };
        if earlier.place_at >= inbound.place_at() {
            return;
        }
        inbound.earlier = Some(earlier);
        let Earlier { call: earlier, place_at } = earlier;
        self.record(Record::PlaceKept { call, earlier, place_at });
        self.reindex_call(call);
    }
}
