//! What was told, set right by what came: no model knows the habits of every floor.
//!
//! Two factors for each band of places, one for each figure. Every wait that has ended moves them a little, up where
//! more callers wait longer than they should by that figure and down where fewer do, until as many do as were told
//! (Robbins and Monro 1951). Of whoever gave up it is only known that she would have waited longer: she counts for both sides,
//! as a log-logistic wait through both figures has it.

use super::Wait;

/// First places of the bands.
const BANDS: [usize; 7] = [1, 2, 4, 7, 12, 21, 41];
/// How far one wait moves a factor, at most.
const STEP: f64 = 0.02;
/// The first waits of a band move its outer figure by more, so that a small centre, where few stand behind others, learns it
/// within days. Its middle would only be driven about.
const FIRST_STEP: f64 = 0.3;
/// After so many waits the step is half of that.
const HALF_AFTER: f64 = 10.0;
/// Bounds of a factor: a day without order must not spoil the next one for long.
const FACTOR: (f64, f64) = (0.5, 2.0);
/// The figures are at least so far apart, as a ratio, that a wait can be drawn through them.
const APART_MIN: f64 = 1.01;

/// Learned factors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    middle: [f64; BANDS.len()],
    late: [f64; BANDS.len()],
    /// Waits that have taught each band. One that nobody has taught is as the one before it.
    seen: [u32; BANDS.len()],
}

impl Default for Calibration {
    fn default() -> Self {
        Self { middle: [1.0; BANDS.len()], late: [1.0; BANDS.len()], seen: [0; BANDS.len()] }
    }
}

impl Calibration {
    /// Sets right what the callers of a queue are to expect, the next one first. Nobody behind waits for less.
    pub fn correct(&self, waits: &mut [Wait]) {
        let mut before = Wait::default();
        for (wait, place) in waits.iter_mut().zip(1..) {
            let band = self.taught(band_of(place));
            let factor = |of: &[f64]| of.get(band).copied().unwrap_or(1.0);
            let middle_s = (wait.middle_s * factor(&self.middle)).max(before.middle_s);
            let late_s = (wait.late_s * factor(&self.late)).max(before.late_s).max(middle_s);
            *wait = Wait { middle_s, late_s };
            before = *wait;
        }
    }

    /// The wait of whoever was told something first at `place` (the next one is 1), from that word until the answer, or until
    /// she gave up.
    pub fn came(&mut self, place: usize, told: Wait, came_s: f64, answered: bool) {
        if told.middle_s <= 0.0 {
            return;
        }
        let band = band_of(place);
        self.begin(band);
        let seen = f64::from(self.seen.get(band).copied().unwrap_or(0));
        let first_step = STEP.max(FIRST_STEP / (1.0 + seen / HALF_AFTER));
        if let Some(seen) = self.seen.get_mut(band) {
            *seen = seen.saturating_add(1);
        }
        let steep = 4.0_f64.ln() / (told.late_s / told.middle_s).max(APART_MIN).ln();
        let longer = 1.0 / (1.0 + (came_s / told.middle_s).powf(steep));
        for (factors, told_s, share, step) in [
            (&mut self.middle, told.middle_s, 0.5, STEP),
            (&mut self.late, told.late_s, 0.8, first_step),
        ] {
            let within = match (came_s <= told_s, answered) {
                (false, _) => 0.0,
                (true, true) => 1.0,
                (true, false) => (1.0 - (1.0 - share) / longer).max(0.0),
            };
            if let Some(factor) = factors.get_mut(band) {
                *factor = (*factor * (step * (share - within)).exp()).clamp(FACTOR.0, FACTOR.1);
            }
        }
    }

    /// The nearest band up to this one that somebody has taught.
    fn taught(&self, band: usize) -> usize {
        let seen = |band: &usize| self.seen.get(*band).is_some_and(|seen| *seen > 0);
        (0..=band).rev().find(seen).unwrap_or(band)
    }

    /// A band that nobody has taught begins where the one before it stands.
    fn begin(&mut self, band: usize) {
        let before = self.taught(band);
        for factors in [&mut self.middle, &mut self.late] {
            if let Some(known) = factors.get(before).copied()
                && let Some(factor) = factors.get_mut(band)
            {
                *factor = known;
            }
        }
    }
}

fn band_of(place: usize) -> usize {
    BANDS.iter().filter(|first| **first <= place).count().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits with a middle of 30 s, 80 of 100 within 60 s, told as if they were half as long again; many give up before.
    #[test]
    fn what_is_told_becomes_what_comes_although_some_give_up() {
        let mut calibration = Calibration::default();
        let share = |n: usize| (n % 99 + 1) as f64 / 100.0;
        let wait_s = |n| 30.0 * (share(n) / (1.0 - share(n))).sqrt();
        for n in 0..20_000_usize {
            let mut told = [Wait { middle_s: 45.0, late_s: 90.0 }];
            calibration.correct(&mut told);
            let (came_s, patience_s) = (wait_s(n * 37), 2.0 * wait_s(n / 99 * 53));
            calibration.came(1, told[0], came_s.min(patience_s), came_s <= patience_s);
        }
        let mut told = [Wait { middle_s: 45.0, late_s: 90.0 }; 2];
        calibration.correct(&mut told);
        assert!((told[0].middle_s - 30.0).abs() < 6.0, "{told:?}");
        assert!((told[0].late_s - 60.0).abs() < 12.0, "{told:?}");
        assert_eq!(told[1], told[0], "a band that nobody has taught is as the one before it");
    }

    /// Everybody is answered at half of what the outer figure says.
    #[test]
    fn thirty_waits_teach_a_band_its_outer_figure_and_hardly_its_middle() {
        let mut calibration = Calibration::default();
        for _ in 0..30 {
            calibration.came(5, Wait { middle_s: 30.0, late_s: 60.0 }, 30.0, true);
        }
        let mut told = [Wait { middle_s: 5.0, late_s: 10.0 }; 5];
        told[3..].fill(Wait { middle_s: 30.0, late_s: 60.0 });
        calibration.correct(&mut told);
        assert!(told[4].late_s < 35.0 && told[4].middle_s > 20.0, "{told:?}");
        assert!((told[3].late_s - told[4].late_s).abs() < 1e-9, "places 4 to 6 are one band");
        assert!((told[2].late_s - 10.0).abs() < 1e-9, "those before it have learned nothing");
    }

    #[test]
    fn nobody_behind_is_told_less_and_no_factor_runs_away() {
        let mut calibration = Calibration::default();
        for _ in 0..10_000 {
            calibration.came(2, Wait { middle_s: 50.0, late_s: 90.0 }, 1.0, true);
        }
        let mut told =
            [Wait { middle_s: 40.0, late_s: 80.0 }, Wait { middle_s: 50.0, late_s: 90.0 }];
        calibration.correct(&mut told);
        assert_eq!(told[1], told[0]);
    }
}
