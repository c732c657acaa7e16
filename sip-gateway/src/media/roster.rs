//! Which thread carries a leg, and in which slot of its pacer the leg has its turn.

use std::sync::Arc;

use types::LegId;

use super::leg::Leg;

/// Slots of a pacer's round.
pub const SLOTS: usize = 5;

/// Legs of a slot before the next slot is begun: a small gateway is woken seldom.
const SLOT_FILL: usize = 25;

/// The legs of a slot; shared with the pacer, made anew after a change.
pub type Turn = Arc<[Arc<Leg>]>;

/// All legs by thread and slot.
#[derive(Debug)]
pub struct Roster {
    threads: Vec<[Turn; SLOTS]>,
}

impl Roster {
    pub fn new(threads: usize) -> Self {
        let slots = |_| std::array::from_fn(|_| Arc::from([]));
        Self { threads: (0..threads).map(slots).collect() }
    }

    /// The legs of a slot of a thread.
    pub fn turn(&self, thread: usize, slot: usize) -> Turn {
        self.threads.get(thread).and_then(|slots| slots.get(slot)).cloned().unwrap_or_default()
    }

    pub fn idlest_thread(&self) -> usize {
        let load = |slots: &[Turn; SLOTS]| slots.iter().map(|legs| legs.len()).sum::<usize>();
        let loads = self.threads.iter().map(load).enumerate();
        loads.min_by_key(|(_, load)| *load).map_or(0, |(thread, _)| thread)
    }

    /// Few legs share the first slots, many are spread evenly.
    pub fn add(&mut self, thread: usize, leg: &Arc<Leg>) {
        let Some(slots) = self.threads.get_mut(thread) else { return };
        let filling = slots.iter().position(|legs| legs.len() < SLOT_FILL);
        let emptiest = || (0..SLOTS).min_by_key(|slot| slots.get(*slot).map_or(0, |it| it.len()));
        if let Some(legs) = filling.or_else(emptiest).and_then(|slot| slots.get_mut(slot)) {
            *legs = legs.iter().chain([leg]).cloned().collect();
        }
    }

    pub fn remove(&mut self, leg: LegId) {
        let holds = |legs: &&mut Turn| legs.iter().any(|one| one.id == leg);
        if let Some(legs) = self.threads.iter_mut().flatten().find(holds) {
            *legs = legs.iter().filter(|one| one.id != leg).cloned().collect();
        }
    }
}
