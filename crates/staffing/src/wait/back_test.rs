//! Announced waits beside those that came.

use super::Wait;
use crate::forecast::middle;

/// From this place on the middle figure is held to its band: before it, chance alone spreads waits wider.
const FIRST_JUDGED_PLACE: usize = 12;

/// R23: the band around the wait that came.
const BAND: f64 = 0.3;

/// Counts over announcements and the waits that followed.
///
/// Records have the waits of those who were answered. Whoever hung up would have waited longer, so that such a coverage
/// lies above 0.8 and the middle leans above 0 where patience is short: what is announced holds for those who stay.
/// [`Line::as_recorded`](crate::Line::as_recorded) gives the figures that records are to be held to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BackTest {
    announced: u32,
    within_late: u32,
    /// Of the judged places: (announced - came) / came.
    errors: Vec<f64>,
}

impl BackTest {
    /// Adds what was announced to the one at `place` (the next one is 1), and the wait that followed, in seconds.
    pub fn add(&mut self, place: usize, announced: Wait, came_s: f64) {
        self.announced += 1;
        self.within_late += u32::from(came_s <= announced.late_s);
        if place >= FIRST_JUDGED_PLACE && came_s > 0.0 {
            self.errors.push((announced.middle_s - came_s) / came_s);
        }
    }

    /// Share of waits that stayed within the figure announced for 80 of 100; near 0.8 where the model holds.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        (self.announced > 0).then(|| f64::from(self.within_late) / f64::from(self.announced))
    }

    /// Share of the waits from place 12 on whose middle figure was within 30 % of them; R23 asks for 0.7.
    #[must_use]
    pub fn within_band(&self) -> Option<f64> {
        let within = self.errors.iter().filter(|error| error.abs() <= BAND).count();
        (!self.errors.is_empty()).then(|| within as f64 / self.errors.len() as f64)
    }

    /// The middle of the absolute errors from place 12 on, as shares of the waits.
    #[must_use]
    pub fn middle_error(&self) -> Option<f64> {
        middle(&mut self.errors.iter().map(|error| error.abs()).collect::<Vec<_>>())
    }

    /// The middle of the errors from place 12 on: above 0 where too much is announced.
    #[must_use]
    pub fn lean(&self) -> Option<f64> {
        middle(&mut self.errors.clone())
    }
}
