//! What somebody who watches the floor may do between two minutes: change the configuration, call people to the
//! line and let them go.

use std::ops::Range;
use std::time::Duration;

use acd::{BreakReason, Config, Input};
use types::Timestamp;

use super::{Edge, World};
use crate::draw::Spans;
use crate::ledger::is_break;
use crate::watched::Tracks;

/// A break that somebody else ends.
const UNTIL_TOLD: Duration = Duration::from_secs(7 * 86_400);

impl World {
    /// Plays everything up to `until`.
    pub(crate) fn play_until(&mut self, until: Timestamp) {
        while self.next_at().is_some_and(|at| at <= until) {
            self.step();
        }
        self.now = self.now.max(until);
    }

    fn next_at(&self) -> Option<Timestamp> {
        let event = self.events.peek().map(|std::cmp::Reverse((at, _))| *at)?;
        Some(self.acd.next_deadline().map_or(event, |deadline| deadline.min(event)))
    }

    /// From now on the floor has an edge, and tells what a host would count.
    pub(crate) fn watch(&mut self, edge: Edge) {
        (self.edge, self.tracks) = (Some(edge), Some(Tracks::default()));
    }

    pub(crate) const fn tracks(&self) -> Option<&Tracks> {
        self.tracks.as_ref()
    }

    pub(crate) fn edge_mut(&mut self) -> Option<&mut Edge> {
        self.edge.as_mut()
    }

    pub(crate) const fn edge(&self) -> Option<&Edge> {
        self.edge.as_ref()
    }

    /// Mean of wrap-ups that begin from now on.
    pub(crate) fn wraps_up_for(&mut self, mean_s: f64) {
        self.habits.wrap_up = Some(Spans::Exponential(mean_s));
    }

    /// The distributor is told at once (R20).
    pub(crate) fn configure(&mut self, config: Config) {
        self.wrap_up_limits = super::wrap_up_limits(&config);
        self.tell(Input::Configure { config: Box::new(config) });
        self.report_all();
    }

    /// Signs people of a group in, or out, until `count` of them are on duty.
    pub(crate) fn man(&mut self, group: Range<usize>, count: u32) {
        for (place, index) in group.enumerate() {
            match (self.is_on_duty(index), is_among(place, count)) {
                (false, true) => self.turn_begins(index),
                (true, false) => self.turn_ends(index),
                _ => {}
            }
        }
    }

    /// Has `count` people of a group in training, or on the line if they are recalled.
    pub(crate) fn train(&mut self, group: Range<usize>, count: u32, recalled: bool) {
        self.man(group.clone(), count);
        for (_, index) in group.enumerate().filter(|(place, _)| is_among(*place, count)) {
            let Some(rests) = self.clerks.get(index).map(|clerk| is_break(clerk.state)) else {
                continue;
            };
            match (rests, recalled) {
                (true, true) => self.get_ready(index),
                (false, false) => self.rest_begins(index, UNTIL_TOLD, BreakReason::Training),
                _ => {}
            }
        }
    }

    /// People of a group on duty and not in a break.
    pub(crate) fn on_line(&self, group: Range<usize>) -> u32 {
        let clerks = self.clerks.get(group).unwrap_or_default();
        let count = clerks.iter().filter(|clerk| clerk.on_duty && !is_break(clerk.state)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    fn is_on_duty(&self, index: usize) -> bool {
        self.clerks.get(index).is_some_and(|clerk| clerk.on_duty)
    }
}

fn is_among(place: usize, count: u32) -> bool {
    u32::try_from(place).is_ok_and(|place| place < count)
}
