//! What the callers of one queue have been told. Nobody is told a place or a wait that is worse than before (R23).

use std::collections::BTreeMap;

use types::CallId;

use super::{Promise, Wait};

/// What one caller is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Told {
    /// Callers before her, and never more than she was told.
    pub ahead: usize,
    promise: Promise,
    /// What would be expected now without a former word.
    pub expected: Wait,
}

impl Told {
    #[must_use]
    pub const fn wait(&self) -> Wait {
        self.promise.told()
    }
}

/// The callers of a queue who have been told something.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Announcer {
    told: BTreeMap<CallId, Told>,
}

impl Announcer {
    /// Looks at a queue and what each of it must expect ([`Pace::expect`](crate::Pace::expect)), the next one to be served
    /// first. Whoever is not in it any more is forgotten. O(n log n).
    pub fn look(&mut self, queue: &[CallId], waits: &[Wait]) {
        let mut before = std::mem::take(&mut self.told);
        for ((ahead, call), expected) in queue.iter().enumerate().zip(waits.iter().copied()) {
            let told = match before.remove(call) {
                Some(Told { ahead: former, mut promise, .. }) => {
                    promise.lowered_to(expected);
                    Told { ahead: former.min(ahead), promise, expected }
                }
                None => Told { ahead, promise: Promise::new(expected), expected },
            };
            self.told.insert(*call, told);
        }
    }

    /// What she is told now; `None` for who does not wait.
    #[must_use]
    pub fn of(&self, call: CallId) -> Option<Told> {
        self.told.get(&call).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (CallId, Told)> {
        self.told.iter().map(|(call, told)| (*call, *told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(n: u128) -> CallId {
        CallId::from_u128(n)
    }

    fn minutes(places: &[f64]) -> Vec<Wait> {
        places.iter().map(|m| Wait { middle_s: m * 60.0, late_s: m * 90.0 }).collect()
    }

    #[test]
    fn an_urgent_caller_who_overtakes_makes_no_word_worse() {
        let mut announcer = Announcer::default();
        announcer.look(&[call(1), call(2)], &minutes(&[1.0, 2.0]));
        let first = announcer.of(call(2)).unwrap();
        announcer.look(&[call(9), call(1), call(2)], &minutes(&[2.0, 4.0, 6.0]));
        let then = announcer.of(call(2)).unwrap();
        assert_eq!((then.ahead, then.wait()), (1, first.wait()), "R23");
        assert!(then.expected.late_s > first.wait().late_s, "although agents have left");
        announcer.look(&[call(2)], &minutes(&[1.0]));
        let last = announcer.of(call(2)).unwrap();
        assert!(last.ahead == 0 && last.wait().late_s < first.wait().late_s);
        assert_eq!((announcer.of(call(1)), announcer.iter().count()), (None, 1));
    }
}
