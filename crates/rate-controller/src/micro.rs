//! Figures of the state: whole millionths, so that the state written out and read back is the same to the last bit.

use serde::{Deserialize, Serialize};

const ONE: f64 = 1e6;

/// A figure in millionths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micro(i64);

impl Micro {
    pub(crate) const ONE: Self = Self(1_000_000);

    pub(crate) fn of(figure: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
        Self((figure * ONE).round() as i64)
    }

    pub(crate) fn value(self) -> f64 {
        self.0 as f64 / ONE
    }

    pub(crate) fn add(&mut self, figure: f64) {
        *self = Self::of(self.value() + figure);
    }

    /// A sum that forgets: what it held fades within `memory_s`, and `amount`, spread over the last `span_s`, is added.
    pub(crate) fn fade(&mut self, span_s: f64, memory_s: f64, amount: f64) {
        let kept = (-span_s / memory_s).exp();
        let share = if span_s > 0.0 { (1.0 - kept) * memory_s / span_s } else { 1.0 };
        *self = Self::of(self.value() * kept + amount * share);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_fills_the_memory_whatever_the_steps() {
        for step in [5.0, 60.0, 900.0] {
            let mut sum = Micro::default();
            for _ in 0..(40_000.0 / step) as u32 {
                sum.fade(step, 1_800.0, step * 0.02);
            }
            assert!((sum.value() - 36.0).abs() < 0.01, "{step}: {}", sum.value());
        }
    }

    #[test]
    fn a_figure_survives_json_to_the_last_bit() {
        let figure = Micro::of(1.0 / 3.0);
        let text = serde_json::to_string(&figure).unwrap();
        assert_eq!(text, "333333");
        assert_eq!(serde_json::from_str::<Micro>(&text).unwrap(), figure);
    }
}
