//! The clock of the legs, one in each media thread: every 20 ms each leg does what is due. Legs are dealt out to slots of 4 ms, so that
//! many of them do not hold up the packets of the others.

use std::sync::Weak;
use std::time::Duration;

use super::room::Room;
use super::roster::SLOTS;
use crate::net::clock;

/// From a slot to the next one.
const STEP: Duration = Duration::from_millis(4);

/// A stall beyond this is not made up for: a flood of old packets would help nobody.
const STALL_MAX: Duration = Duration::from_millis(500);

/// Paces the legs of one thread until the room is gone. Late slots are made up for, and each is given the time it was
/// meant for, so that neither the mean pace nor a timestamp is changed by a short stall.
pub async fn run(room: Weak<Room>, thread: usize) {
    let mut meant = clock::now();
    let mut step = 0_usize;
    loop {
        tokio::time::sleep_until(clock::instant_of(meant)).await;
        let Some(room) = room.upgrade() else { return };
        let now = clock::now();
        if now.since(meant) > STALL_MAX {
            metrics::counter!("gateway_media_stalls_total").increment(1);
            meant = now;
        }
        let (slot, round) = (step % SLOTS, step / SLOTS);
        for leg in room.turn(thread, slot).iter() {
            leg.tick(meant, round);
        }
        let skipped = steps_to_next(&room, thread, slot);
        step = step.wrapping_add(skipped);
        meant = meant + STEP * skipped as u32;
    }
}

/// How many steps on the next slot with a leg is. The first slot is never passed over: it is where the first new
/// leg goes.
fn steps_to_next(room: &Room, thread: usize, slot: usize) -> usize {
    let is_used = |steps: &usize| {
        let next = (slot + steps) % SLOTS;
        next == 0 || !room.turn(thread, next).is_empty()
    };
    (1..=SLOTS).find(is_used).unwrap_or(SLOTS)
}
