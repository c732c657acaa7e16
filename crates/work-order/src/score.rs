//! Score items of the assessment, exact in hundredths (domain 9.1, "Lianyungang").
//!
//! Owns: the shape of an item. Must not do: sum up a scheme.

/// Hundredths: of a percent for rates, of a point for scores.
pub type Hundredths = u32;

/// On-time item of 20: rate − 75, floor 0, full at 95 % (89.82 % → 14.82).
#[must_use]
pub fn on_time_score(rate: Hundredths) -> Hundredths {
    rate.saturating_sub(7_500).min(2_000)
}

/// Satisfaction item of 25: 25 − 0.5 × (target − rate), floor 12.5. The exact value; a bulletin
/// rounds it to one decimal by [`rounded_to_tenths`] (70.59 %, target 95 → 12.795 → 12.8). In
/// thousandths, because halves of hundredths occur.
#[must_use]
pub fn satisfaction_score_thousandths(rate: Hundredths, target: Hundredths) -> u32 {
    // Half a hundredth is five thousandths.
    let lost = target.saturating_sub(rate).saturating_mul(5);
    25_000_u32.saturating_sub(lost).max(12_500)
}

/// Tenths of a point, rounded half up.
#[must_use]
pub fn rounded_to_tenths(thousandths: u32) -> u32 {
    thousandths.saturating_add(50) / 100
}
