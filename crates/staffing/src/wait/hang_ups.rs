//! When callers give up, learned from all who waited: a rate for each span of ages of a wait.

/// Where the spans begin, in seconds since the ring; the last one has no end. Hardly anybody gives up while it rings
/// for the second time, and who has waited for minutes waits on: one rate for all ages would see neither.
const AGES_S: [f64; 8] = [0.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0];
/// So many hang-ups are remembered: the oldest fade.
const MEMORY: f64 = 200.0;
/// What was expected beforehand weighs as much as so many hang-ups of each span, for ever: some ages are hardly ever seen.
const PRIOR: f64 = 1.0;

/// Hang-ups, and the seconds that callers waited, by age.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct HangUps {
    /// Expected beforehand.
    patience_s: f64,
    spans: [Span; AGES_S.len()],
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Span {
    hung_up: f64,
    waited_s: f64,
}

impl HangUps {
    /// Before anything has been seen: the same rate at every age.
    pub(super) fn new(patience_s: f64) -> Self {
        Self { patience_s, spans: [Span::default(); AGES_S.len()] }
    }

    /// A caller has waited; `gave_up`: until she hung up, otherwise until she was answered.
    pub(super) fn waited(&mut self, waited_s: f64, gave_up: bool) {
        if gave_up {
            for span in &mut self.spans {
                span.hung_up *= 1.0 - 1.0 / MEMORY;
                span.waited_s *= 1.0 - 1.0 / MEMORY;
            }
        }
        for (from, until, span) in self.parts_mut() {
            span.waited_s += (waited_s.min(until) - from).max(0.0);
            let ends_here = waited_s >= from && waited_s < until;
            span.hung_up += f64::from(u8::from(gave_up && ends_here));
        }
    }

    /// Hang-ups to expect of somebody who has waited `waited_s`, while she waits `further_s` more and does not cease at
    /// the first: the integral of the rate.
    pub(super) fn expected(&self, waited_s: f64, further_s: f64) -> f64 {
        let end = waited_s + further_s;
        let parts = bounds().zip(&self.spans);
        let part = |((from, until), span): ((f64, f64), &Span)| {
            let rate = (span.hung_up + PRIOR) / (span.waited_s + PRIOR * self.patience_s);
            (end.min(until) - waited_s.max(from)).max(0.0) * rate
        };
        parts.map(part).sum()
    }

    fn parts_mut(&mut self) -> impl Iterator<Item = (f64, f64, &mut Span)> {
        bounds().zip(&mut self.spans).map(|((from, until), span)| (from, until, span))
    }
}

fn bounds() -> impl Iterator<Item = (f64, f64)> {
    let ends = AGES_S.into_iter().skip(1).chain(std::iter::once(f64::INFINITY));
    AGES_S.into_iter().zip(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_just_rung_and_who_has_waited_long_give_up_at_different_rates() {
        let mut found = HangUps::new(100.0);
        // Everybody still waits at 10 s; one of two gives up at 15 s; the others are answered at 100 s.
        for _ in 0..2_000 {
            found.waited(15.0, true);
            found.waited(100.0, false);
        }
        assert!(found.expected(0.0, 10.0) < 0.01, "{found:?}");
        // 200 are remembered, with (5 + 10) s of the span 10-20 for each; the prior adds one of 100 s.
        let rate = 201.0 / (200.0 * 15.0 + 100.0);
        assert!((found.expected(10.0, 10.0) - 10.0 * rate).abs() < 0.005, "{found:?}");
        assert!(found.expected(40.0, 40.0) < 0.01, "{found:?}");
    }

    #[test]
    fn before_anything_is_seen_every_age_is_alike() {
        let prior = HangUps::new(60.0);
        assert!((prior.expected(0.0, 600.0) - 10.0).abs() < 1e-9);
        assert!((prior.expected(333.0, 6.0) - 0.1).abs() < 1e-9);
        assert!(prior.expected(12.0, 0.0).abs() < 1e-12);
    }
}
