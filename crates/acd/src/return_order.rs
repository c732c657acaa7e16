//! In which order missed calls are returned (漏接回拨): the urgent first, then the old and those who tried more than
//! once, then whoever waits longest (K12).

use std::cmp::Reverse;

use types::Timestamp;

/// What is known of a missed call that is to be returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwedReturn {
    /// Called an emergency number, or pressed the emergency key, or lost the agent in the middle of the talk.
    pub emergency: bool,
    pub elder: bool,
    /// Missed calls of the number that day.
    pub missed: u32,
    pub owed_at: Timestamp,
}

/// Its turn: the smallest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReturnTurn {
    emergency: Reverse<bool>,
    elder: Reverse<bool>,
    repeated: Reverse<bool>,
    owed_at: Timestamp,
}

impl OwedReturn {
    /// A number that calls a third time is not before one that has called twice: patience is not punished.
    #[must_use]
    pub const fn turn(self) -> ReturnTurn {
        ReturnTurn {
            emergency: Reverse(self.emergency),
            elder: Reverse(self.elder),
            repeated: Reverse(self.missed > 1),
            owed_at: self.owed_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_urgent_come_first_then_the_old_then_repeaters_then_the_oldest() {
        let owed = |name, emergency, elder, missed, owed_s: i64| {
            let owed_at = Timestamp::from_micros(owed_s * 1_000_000);
            (name, OwedReturn { emergency, elder, missed, owed_at })
        };
        let mut list = [
            owed("new", false, false, 1, 90),
            owed("old", false, false, 1, 10),
            owed("thrice", false, false, 3, 60),
            owed("twice", false, false, 2, 50),
            owed("elder", false, true, 1, 70),
            owed("emergency", true, false, 1, 80),
            owed("elder in an emergency", true, true, 1, 85),
        ];
        list.sort_by_key(|(_, owed)| owed.turn());
        assert_eq!(
            list.map(|(name, _)| name),
            ["elder in an emergency", "emergency", "elder", "twice", "thrice", "old", "new"]
        );
    }
}
