//! An estimate of listening quality: the E-model of ITU-T G.107 reduced to what a phone can see.
//!
//! R = 93.2 - Id - Ie_eff, with G.711 without concealment (Ie = 0, Bpl = 4.3, ITU-T G.113 Appendix
//! I), random loss, and a one-way delay of one packet plus a jitter buffer of twice the measured
//! jitter: the network's own delay cannot be seen from one end and counts as 0.

/// Mean opinion score, 1.0 to 4.5 (G.107 Annex B), from loss in percent and jitter.
#[must_use]
pub fn mean_opinion_score(loss_percent: f64, jitter_ms: f64) -> f64 {
    let delay_ms = 20.0 + 2.0 * jitter_ms;
    let beyond = (delay_ms - 177.3).max(0.0);
    let delay_impairment = 0.024 * delay_ms + 0.11 * beyond;
    let loss_impairment = 95.0 * loss_percent / (loss_percent + 4.3);
    let r = (93.2 - delay_impairment - loss_impairment).clamp(0.0, 100.0);
    let score = 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6;
    (score.max(1.0) * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_line_is_toll_quality_and_loss_costs() {
        assert!((mean_opinion_score(0.0, 0.0) - 4.4).abs() < 0.03);
        assert!(mean_opinion_score(1.0, 0.0) < 3.9);
        assert!(mean_opinion_score(20.0, 0.0) < 1.5);
        assert!(mean_opinion_score(100.0, 500.0) >= 1.0);
        assert!(mean_opinion_score(0.0, 150.0) < mean_opinion_score(0.0, 5.0));
    }
}
