//! Events under their numbers, kept until the server has stored them.

use std::collections::VecDeque;

use gateway_protocol::{Event, EventNumber, NumberedEvent};
use types::Timestamp;

/// Events kept at most: several hours of a busy gateway without a server.
pub const EVENTS_MAX: usize = 200_000;

#[derive(Debug, Default)]
pub struct Outbox {
    kept: VecDeque<(EventNumber, Timestamp, Event)>,
    last: u64,
    /// Last event handed to the present link.
    sent: u64,
    lost: u64,
}

impl Outbox {
    pub fn push(&mut self, at: Timestamp, event: Event) {
        self.last += 1;
        if self.kept.len() >= EVENTS_MAX {
            self.kept.pop_front();
            self.lost += 1;
        }
        self.kept.push_back((EventNumber(self.last), at, event));
    }

    #[must_use]
    pub fn last(&self) -> EventNumber {
        EventNumber(self.last)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Events that had to be forgotten before the server stored them.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// The server has these; a repeated or older acknowledgement changes nothing, one beyond what
    /// was ever numbered covers what there is. Gives what has been stored now.
    pub fn stored(&mut self, up_to: EventNumber) -> Vec<Event> {
        let covered = self.kept.partition_point(|(number, ..)| *number <= up_to);
        self.kept.drain(..covered).map(|(.., event)| event).collect()
    }

    /// A new link starts: everything that is kept goes out again.
    pub fn rewind(&mut self) {
        self.sent = self.kept.front().map_or(self.last, |(number, ..)| number.0 - 1);
    }

    #[must_use]
    pub fn has_unsent(&self) -> bool {
        self.kept.back().is_some_and(|(number, ..)| number.0 > self.sent)
    }

    /// The next event to send on the present link, stamped with `now`.
    pub fn next(&mut self, now: Timestamp) -> Option<NumberedEvent> {
        let first = self.kept.front()?.0.0;
        let index = usize::try_from((self.sent + 1).saturating_sub(first)).ok()?;
        let (number, at, event) = self.kept.get(index)?;
        self.sent = number.0;
        Some(NumberedEvent { number: *number, at: *at, sent_at: now, event: event.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use types::{CallId, LegId};

    fn event(n: u64) -> Event {
        let call = CallId::from_u128(u128::from(n));
        Event::LegRinging { call, leg: LegId::from_u128(1) }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Push,
        Send,
        Store(u64),
        Reconnect,
    }

    proptest! {
        /// Whatever the order of sends, breaks, doubled and late acknowledgements: the server that
        /// ignores repeated numbers has every event once, in order, when the link is calm.
        #[test]
        fn the_server_ends_up_with_every_event_once_in_order(steps in prop::collection::vec(
            prop_oneof![
                4 => Just(Step::Push), 4 => Just(Step::Send),
                2 => (0..30_u64).prop_map(Step::Store), 1 => Just(Step::Reconnect),
            ],
            0..120,
        )) {
            let now = Timestamp::from_micros(7);
            let (mut outbox, mut server, mut pushed) = (Outbox::default(), Vec::new(), 0);
            let deliver = |outbox: &mut Outbox, server: &mut Vec<u64>| {
                if let Some(sent) = outbox.next(now) {
                    let next = server.len() as u64 + 1;
                    assert!(sent.number.0 <= next, "a gap before {}", sent.number.0);
                    if sent.number.0 == next {
                        assert_eq!(sent.event, event(next));
                        server.push(next);
                    }
                }
            };
            for step in steps {
                match step {
                    Step::Push => { pushed += 1; outbox.push(now, event(pushed)); }
                    Step::Send => deliver(&mut outbox, &mut server),
                    // A server acknowledges what it has, once, twice or late.
                    Step::Store(n) => {
                        outbox.stored(EventNumber(n.min(server.len() as u64)));
                    }
                    Step::Reconnect => outbox.rewind(),
                }
            }
            outbox.stored(EventNumber(server.len() as u64));
            outbox.rewind();
            while outbox.has_unsent() { deliver(&mut outbox, &mut server); }
            prop_assert_eq!(server, (1..=pushed).collect::<Vec<_>>());
            outbox.stored(EventNumber(u64::MAX));
            prop_assert!(outbox.is_empty());
        }
    }
}
