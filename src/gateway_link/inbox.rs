//! Events of one run of one gateway: taken once each, in order, acknowledged after the journal's
//! sync.

use gateway_protocol::EventNumber;
use types::GatewayInstanceId;

/// What has come from one run of a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inbox {
    pub(super) instance: GatewayInstanceId,
    /// The last event that the host has been given.
    pub(super) taken: EventNumber,
    /// The last event that is on the journal's disk.
    pub(super) stored: EventNumber,
}

/// What to do with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Take,
    /// Already taken: a copy sent again.
    Repeated,
    /// Numbers are missing in between: the link must be opened anew.
    Gap {
        expected: EventNumber,
    },
}

impl Inbox {
    /// An instance of which `stored` is known from the journal; 0 for one never met.
    pub(super) const fn new(instance: GatewayInstanceId, stored: EventNumber) -> Self {
        Self { instance, taken: stored, stored }
    }

    pub(super) fn admit(&mut self, number: EventNumber) -> Admission {
        let expected = EventNumber(self.taken.0 + 1);
        if number < expected {
            return Admission::Repeated;
        }
        if number > expected {
            return Admission::Gap { expected };
        }
        self.taken = number;
        Admission::Take
    }

    /// The journal has synced up to `number` of `instance`.
    pub(super) fn store(&mut self, instance: GatewayInstanceId, number: EventNumber) {
        if instance == self.instance && number > self.stored {
            self.stored = number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbox() -> Inbox {
        Inbox::new(GatewayInstanceId::from_u128(1), EventNumber(4))
    }

    #[test]
    fn each_event_is_taken_once_and_in_order() {
        let mut inbox = inbox();
        assert_eq!(inbox.admit(EventNumber(4)), Admission::Repeated);
        assert_eq!(inbox.admit(EventNumber(6)), Admission::Gap { expected: EventNumber(5) });
        assert_eq!(inbox.admit(EventNumber(5)), Admission::Take);
        assert_eq!(inbox.admit(EventNumber(5)), Admission::Repeated);
    }

    #[test]
    fn a_sync_of_another_run_acknowledges_nothing() {
        let mut inbox = inbox();
        inbox.store(GatewayInstanceId::from_u128(2), EventNumber(9));
        assert_eq!(inbox.stored, EventNumber(4));
        inbox.store(GatewayInstanceId::from_u128(1), EventNumber(9));
        assert_eq!(inbox.stored, EventNumber(9));
    }
}
