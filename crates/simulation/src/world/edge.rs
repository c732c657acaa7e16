//! What stands between citizens and the queue of a watched floor: the trunk, the announcement; and who calls again.

use std::time::Duration;

use super::{Event, World};
use crate::draw::{Draw, Spans};

/// Makes the numbers of the edge independent of those of callers.
const EDGE_SEED: u64 = 0xed_6e;

/// The edge of a watched floor.
#[derive(Debug)]
pub(crate) struct Edge {
    /// Share of calls that a dead trunk keeps away.
    pub(crate) unseen_share: f64,
    /// Share of the others whom the announcement satisfies ...
    pub(crate) satisfied_share: f64,
    /// ... and of those left who hang up in it.
    pub(crate) hang_up_share: f64,
    redial_share: f64,
    redial_after: Spans,
    draw: Draw,
    /// How many there have been.
    pub(crate) unseen: u64,
    pub(crate) self_served: u64,
}

/// What becomes of a call before the queue.
enum Passage {
    Reaches,
    /// In the announcement: a request that is lost at once.
    HangsUp,
    /// It never gets to the queue.
    Stays,
}

impl Edge {
    pub(crate) fn new(seed: u64, redial_share: f64, redial_after: Spans) -> Self {
        Self {
            unseen_share: 0.0,
            satisfied_share: 0.0,
            hang_up_share: 0.0,
            redial_share,
            redial_after,
            draw: Draw::new(seed ^ EDGE_SEED),
            unseen: 0,
            self_served: 0,
        }
    }

    fn pass(&mut self) -> Passage {
        if self.draw.happens(self.unseen_share) {
            self.unseen += 1;
            return Passage::Stays;
        }
        if self.draw.happens(self.satisfied_share) {
            self.self_served += 1;
            return Passage::Stays;
        }
        if self.draw.happens(self.hang_up_share) { Passage::HangsUp } else { Passage::Reaches }
    }

    /// After how long somebody who got nobody calls again, if at all.
    fn redials_after(&mut self) -> Option<Duration> {
        self.draw.happens(self.redial_share).then(|| self.draw.span(self.redial_after))
    }
}

impl World {
    /// How long the caller waits at most once she has come through; `None` if she does not.
    pub(super) fn comes_through(&mut self, patience: Duration) -> Option<Duration> {
        let Some(edge) = &mut self.edge else { return Some(patience) };
        let before = edge.unseen;
        let passage = edge.pass();
        if edge.unseen > before {
            self.may_call_again();
        }
        match passage {
            Passage::Reaches => Some(patience),
            Passage::HangsUp => Some(Duration::ZERO),
            Passage::Stays => None,
        }
    }

    /// Somebody got nobody.
    pub(super) fn may_call_again(&mut self) {
        let after = self.edge.as_mut().and_then(Edge::redials_after);
        if let Some(after) = after {
            self.at(self.now + after, Event::Redial);
        }
    }
}
