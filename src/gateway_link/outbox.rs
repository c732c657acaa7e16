//! Commands to one run of one gateway: numbered, kept until done, sent again after a break.

use std::collections::VecDeque;

use gateway_protocol::{Command, CommandNumber, FencingNumber, Hello, NumberedCommand};

/// Most commands kept for a gateway that does not answer. Beyond it the oldest go: by then their
/// calls are long decided by the snapshot that follows the break.
const KEPT_LEN_MAX: usize = 100_000;

/// The commands below one fencing number.
#[derive(Debug)]
pub(super) struct Outbox {
    fencing: FencingNumber,
    last: CommandNumber,
    kept: VecDeque<NumberedCommand>,
}

/// Why the server does not speak to a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the gateway obeys fencing number {theirs:?}, ours is {ours:?}: another node has taken the centre over"
)]
pub(crate) struct FencedOff {
    pub(super) ours: FencingNumber,
    pub(super) theirs: FencingNumber,
}

impl Outbox {
    pub(super) fn new(fencing: FencingNumber) -> Self {
        Self { fencing, last: CommandNumber(0), kept: VecDeque::new() }
    }

    pub(super) fn push(&mut self, command: Command) {
        self.last = CommandNumber(self.last.0 + 1);
        let numbered = NumberedCommand { fencing: self.fencing, number: self.last, command };
        self.kept.push_back(numbered);
        if self.kept.len() > KEPT_LEN_MAX {
            self.kept.pop_front();
            metrics::counter!("hotline_gateway_commands_dropped_total").increment(1);
        }
    }

    /// A gateway has come (back): the number after which commands are sent again.
    ///
    /// # Errors
    /// [`FencedOff`] where it obeys a newer owner.
    pub(super) fn resume(&mut self, hello: &Hello) -> Result<CommandNumber, FencedOff> {
        if hello.fencing > self.fencing {
            return Err(FencedOff { ours: self.fencing, theirs: hello.fencing });
        }
        if hello.fencing < self.fencing {
            return Ok(CommandNumber(0));
        }
        self.done(hello.fencing, hello.last_command);
        Ok(hello.last_command)
    }

    /// The gateway has carried out everything up to `up_to`.
    pub(super) fn done(&mut self, fencing: FencingNumber, up_to: CommandNumber) {
        if fencing == self.fencing {
            while self.kept.front().is_some_and(|command| command.number <= up_to) {
                self.kept.pop_front();
            }
        }
    }

    /// The commands after `sent`, at most `count_max` of them.
    pub(super) fn after(&self, sent: CommandNumber, count_max: usize) -> Vec<NumberedCommand> {
        let first = self.kept.partition_point(|command| command.number <= sent);
        self.kept.range(first..).take(count_max).cloned().collect()
    }

    /// Commands that the gateway has not reported done.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_protocol::EndReason;
    use types::{CallId, LegId};

    fn command(leg: u128) -> Command {
        Command::End {
            call: CallId::from_u128(1),
            leg: LegId::from_u128(leg),
            reason: EndReason::Stale,
        }
    }

    fn hello(fencing: u64, last_command: u64) -> Hello {
        Hello {
            protocol: gateway_protocol::PROTOCOL_VERSION,
            gateway: "gw1".parse().unwrap(),
            instance: types::GatewayInstanceId::from_u128(1),
            software: String::new(),
            last_event: gateway_protocol::EventNumber(0),
            fencing: FencingNumber(fencing),
            last_command: CommandNumber(last_command),
        }
    }

    fn numbers(commands: &[NumberedCommand]) -> Vec<u64> {
        commands.iter().map(|command| command.number.0).collect()
    }

    #[test]
    fn commands_are_kept_until_done_and_sent_again_after_a_break() {
        let mut outbox = Outbox::new(FencingNumber(7));
        (1..=4).for_each(|leg| outbox.push(command(leg)));
        outbox.done(FencingNumber(7), CommandNumber(1));
        assert_eq!(numbers(&outbox.after(CommandNumber(0), 10)), [2, 3, 4]);
        let resume = outbox.resume(&hello(7, 3)).unwrap();
        assert_eq!(numbers(&outbox.after(resume, 10)), [4]);
        assert_eq!(outbox.len(), 1);
    }

    #[test]
    fn a_gateway_of_an_older_owner_begins_at_one() {
        let mut outbox = Outbox::new(FencingNumber(8));
        outbox.push(command(1));
        let resume = outbox.resume(&hello(7, 900)).unwrap();
        assert_eq!(numbers(&outbox.after(resume, 10)), [1]);
    }

    #[test]
    fn a_gateway_of_a_newer_owner_is_not_spoken_to() {
        let refused = Outbox::new(FencingNumber(8)).resume(&hello(9, 1)).unwrap_err();
        assert_eq!(refused.theirs, FencingNumber(9));
    }

    #[test]
    fn done_below_another_fencing_number_says_nothing() {
        let mut outbox = Outbox::new(FencingNumber(8));
        outbox.push(command(1));
        outbox.done(FencingNumber(7), CommandNumber(1));
        assert_eq!(outbox.len(), 1);
    }
}
