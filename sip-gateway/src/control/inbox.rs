//! Commands under their numbers: each is done once, those of a former owner never.

use gateway_protocol::{CommandNumber, FencingNumber};

#[derive(Debug, Default)]
pub struct Inbox {
    fencing: FencingNumber,
    last: CommandNumber,
}

/// What to do with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Do,
    /// A repetition: done already, only to be acknowledged again.
    Done,
    /// Of a former owner of the centre.
    Fenced,
    /// Commands before it are missing: the link must be opened anew.
    Gap,
}

impl Inbox {
    #[must_use]
    pub fn fencing(&self) -> FencingNumber {
        self.fencing
    }

    #[must_use]
    pub fn last(&self) -> CommandNumber {
        self.last
    }

    /// A server has named its fencing number; `false` if a higher one has been obeyed before.
    pub fn meet(&mut self, fencing: FencingNumber) -> bool {
        if fencing > self.fencing {
            self.fencing = fencing;
            self.last = CommandNumber(0);
        }
        fencing == self.fencing
    }

    /// Judges a command; `Do` counts it as done.
    pub fn take(&mut self, fencing: FencingNumber, number: CommandNumber) -> Verdict {
        if !self.meet(fencing) {
            return Verdict::Fenced;
        }
        if number <= self.last {
            return Verdict::Done;
        }
        if number.0 > self.last.0 + 1 {
            return Verdict::Gap;
        }
        self.last = number;
        Verdict::Do
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_higher_fencing_number_restarts_the_numbers_and_shuts_the_old_owner_out() {
        let mut inbox = Inbox::default();
        assert_eq!(inbox.take(FencingNumber(1), CommandNumber(1)), Verdict::Do);
        assert_eq!(inbox.take(FencingNumber(1), CommandNumber(1)), Verdict::Done);
        assert_eq!(inbox.take(FencingNumber(2), CommandNumber(1)), Verdict::Do);
        assert_eq!(inbox.take(FencingNumber(1), CommandNumber(2)), Verdict::Fenced);
        assert_eq!(inbox.take(FencingNumber(2), CommandNumber(3)), Verdict::Gap);
        assert_eq!(inbox.last(), CommandNumber(1));
    }

    proptest! {
        #[test]
        fn repeated_commands_change_nothing(numbers in prop::collection::vec(1..20_u64, 0..80)) {
            let mut inbox = Inbox::default();
            let mut done = Vec::new();
            for number in numbers {
                if inbox.take(FencingNumber(1), CommandNumber(number)) == Verdict::Do {
                    done.push(number);
                }
            }
            let expected: Vec<u64> = (1..=done.len() as u64).collect();
            prop_assert_eq!(done, expected);
        }
    }
}
