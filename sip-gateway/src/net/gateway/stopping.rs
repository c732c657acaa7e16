//! How the gateway stops: first it takes nothing new and lets its calls end, for a bounded time; then
//! it ends what is left, and goes when everybody has been told.
//!
//! Owns: the two bounds. Must not do: decide what becomes of callers that are cut off; that is the
//! server's.

use std::sync::atomic::Ordering;
use std::time::Duration;

use call::Input;
use gateway_protocol::Event;
use types::Timestamp;

use super::Gateway;
use crate::net::clock;

/// How long an ending gateway waits for answers to its BYEs, for its files and for the server.
const END_LIMIT: Duration = Duration::from_millis(1_500);

/// What whoever runs the gateway wants of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    #[default]
    Run,
    /// Take no new calls; end when the last one has, or when the time is up.
    Drain,
    /// End every call now.
    End,
}

/// How far the gateway has come with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stopping {
    #[default]
    No,
    Draining {
        until: Timestamp,
    },
    Ending {
        until: Timestamp,
    },
}

impl Gateway {
    pub(super) fn wished(&mut self, wish: Wish) {
        match (wish, self.stopping) {
            (Wish::Drain, Stopping::No) => self.drain(),
            (Wish::End, Stopping::No | Stopping::Draining { .. }) => self.end_calls(),
            _ => {}
        }
    }

    /// Whether new calls are turned away.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping != Stopping::No
    }

    pub(super) fn stop_deadline(&self) -> Option<Timestamp> {
        match self.stopping {
            Stopping::No => None,
            Stopping::Draining { until } | Stopping::Ending { until } => Some(until),
        }
    }

    /// Seconds after which a refused caller may find a new gateway here.
    pub(super) fn retry_after_s(&self) -> u64 {
        let left = self.stop_deadline().map(|until| until.since(clock::now()));
        left.map_or(5, |left| left.as_secs() + 5)
    }

    fn drain(&mut self) {
        let until = clock::now() + Duration::from_millis(self.config.drain_ms);
        self.stopping = Stopping::Draining { until };
        self.health.stopping.store(true, Ordering::Relaxed);
        metrics::gauge!("gateway_draining").set(1.0);
        let legs = self.machine.leg_count();
        tracing::info!(legs, drain_ms = self.config.drain_ms, "draining: no new calls are taken");
        if legs > 0 {
            self.report(Event::GatewayDraining { until });
        }
    }

    /// The bound is reached: whoever still talks or waits is sent away, and the server told.
    fn end_calls(&mut self) {
        let now = clock::now();
        self.stopping = Stopping::Ending { until: now + END_LIMIT };
        self.health.stopping.store(true, Ordering::Relaxed);
        let legs = self.machine.leg_count();
        tracing::info!(legs, "stopping: every call is ended");
        self.feed(Input::Stop);
        for flow in self.flows.values() {
            if let Some(closer) = &flow.closer {
                closer.close(1001, "the gateway is stopping");
            }
        }
    }

    /// Takes the next step on the way to the end, if it is due; `true` at the end.
    pub(super) fn goes(&mut self) -> bool {
        let now = clock::now();
        if let Stopping::Draining { until } = self.stopping
            && (now >= until || self.machine.is_empty())
        {
            self.end_calls();
        }
        match self.stopping {
            Stopping::No | Stopping::Draining { .. } => false,
            Stopping::Ending { until } => now >= until || self.is_done(),
        }
    }

    /// BYEs answered, recordings complete and reported, reports stored.
    fn is_done(&self) -> bool {
        self.client_txs.is_empty() && self.recordings.is_empty() && !self.link.owes_events()
    }
}
