//! Relays events from the outbox to the bus: each at least once, in order, after its transaction.

use super::{Context, ServiceError};
use crate::bus::BusMessage;
use crate::store;

/// Events relayed in one turn.
const BATCH: i64 = 200;

/// Relays what is open; says how many. Call again while it is a whole batch.
///
/// # Errors
/// [`ServiceError::Store`]; the events stay open then.
pub async fn relay(ctx: &Context) -> Result<usize, ServiceError> {
    let mut tx = ctx.db.begin().await?;
    let events = store::outbox::open(&mut tx, BATCH).await?;
    let now = ctx.clock.now();
    for event in &events {
        store::outbox::mark_relayed(&mut tx, event.seq, now).await?;
    }
    tx.commit().await?;
    // Hints only: who misses one reads the table from its last number.
    for event in &events {
        ctx.bus.publish(BusMessage {
            centre: event.centre.clone(),
            topic: event.topic.clone(),
            number: Some(event.seq),
            payload: event.payload.clone(),
        });
    }
    Ok(events.len())
}
