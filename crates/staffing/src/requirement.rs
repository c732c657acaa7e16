//! The fewest agents that reach a target.

use crate::erlang_a::ErlangA;
use crate::load::{Load, LoadError};

/// Agents beyond the erlangs that are tried: more would not change a figure.
const SPARE_MAX: f64 = 10_000.0;

/// What the callers shall get; both must be reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// K1: share of callers who are answered.
    pub answered: f64,
    /// K2b: share of callers who are answered within `limit_s`.
    pub answered_within: f64,
    pub limit_s: f64,
}

/// How many agents must be on the line; `None` where no number reaches the target.
///
/// # Errors
/// [`LoadError`] for a patience that is none.
pub fn agents_needed(
    load: Load,
    patience_s: f64,
    target: Target,
) -> Result<Option<u32>, LoadError> {
    let reaches = |agents| {
        let pool = ErlangA::of(load, agents, patience_s)?;
        let answered = pool.answered_share() >= target.answered;
        Ok(answered && pool.answered_within(target.limit_s) >= target.answered_within)
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a load has at most 240 million erlangs"
    )]
    let (busy, most) = (load.erlangs() as u32, (load.erlangs() * 2.0 + SPARE_MAX).ceil() as u32);
    // Steps that double from the erlangs on: the answer is near, and a pool costs as much as it has agents.
    let (mut too_few, mut enough, mut step) = (0, busy.saturating_add(1).min(most), 1_u32);
    while !reaches(enough)? {
        if enough == most {
            return Ok(None);
        }
        too_few = enough + 1;
        enough = enough.saturating_add(step).min(most);
        step = step.saturating_mul(2);
    }
    // More agents never make it worse.
    while too_few < enough {
        let middle = too_few + (enough - too_few) / 2;
        if reaches(middle)? {
            enough = middle;
        } else {
            too_few = middle + 1;
        }
    }
    Ok(Some(enough))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_agent_fewer_would_not_do() {
        let target = Target { answered: 0.95, answered_within: 0.9, limit_s: 15.0 };
        for (calls, handling, patience) in [(28.0, 240.0, 120.0), (1_500.0, 300.0, 60.0)] {
            let load = Load::new(calls, handling).unwrap();
            let agents = agents_needed(load, patience, target).unwrap().unwrap();
            let pool = |agents| ErlangA::of(load, agents, patience).unwrap();
            assert!(pool(agents).answered_within(15.0) >= 0.9, "{agents}");
            let fewer = pool(agents - 1);
            assert!(fewer.answered_within(15.0) < 0.9 || fewer.answered_share() < 0.95, "{agents}");
        }
    }

    #[test]
    fn what_nobody_can_reach_has_no_number() {
        let target = Target { answered: 1.1, answered_within: 0.9, limit_s: 15.0 };
        assert_eq!(agents_needed(Load::new(60.0, 240.0).unwrap(), 120.0, target), Ok(None));
    }
}
