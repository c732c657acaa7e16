//! Sends the board, at most once a second, beside the feed: it asks the database, which may be slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Audience;
use crate::service::{Context, rates};

const BOARD_INTERVAL: Duration = Duration::from_secs(1);

/// Runs until it is dropped. `due` is set by whoever changes what the board shows.
pub(super) async fn run(ctx: Context, due: Arc<AtomicBool>) {
    let mut ticks = tokio::time::interval(BOARD_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = ctx.clock.now();
        ctx.live.change_state(|state| {
            if let Some(state) = state {
                state.forget(now);
            }
        });
        rates::measure(&ctx);
        // The waits of those who wait change by themselves.
        let waits = ctx.floor().is_ok_and(|it| !it.handle.floor().view.waiting.is_empty());
        if !due.swap(false, Ordering::Relaxed) && !waits {
            continue;
        }
        match rates::board(&ctx).await {
            Ok(board) => ctx.live.hub.publish("board", Audience::Floor, board),
            Err(error) => tracing::debug!(%error, "no board yet"),
        }
    }
}
