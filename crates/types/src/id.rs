//! One type per id. All are UUIDs: version 7 where a host creates them (byte order is the order of
//! creation in SQLite and PostgreSQL alike), version 8 where a pure core derives them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::Timestamp;

/// A text that is no UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id: {0:?}")]
pub struct IdError(String);

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident,)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = Uuid))]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, version 7 (RFC 9562 section 5.7): `now` and 74 bits of the caller's
            /// randomness. The host owns clock and random source.
            #[must_use]
            pub fn new(now: Timestamp, random: u128) -> Self {
                let millis = u64::try_from(now.as_micros() / 1_000).unwrap_or(0);
                let bytes = random.to_be_bytes();
                let mut tail = [0_u8; 10];
                tail.copy_from_slice(&bytes[6..]);
                Self(Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
            }

            /// An id that a pure core derives, version 8 (RFC 9562 section 5.8). Unique while
            /// `(epoch, counter)` is: `epoch` is the fencing number of the owner, `counter` never
            /// repeats below it.
            #[must_use]
            pub fn derived(epoch: u64, counter: u64) -> Self {
                let value = (u128::from(epoch) << 64) | u128::from(counter);
                // Keep the low 62 bits of the counter and 60 of the epoch beside version and variant.
                let high = (value >> 64) & ((1 << 60) - 1);
                let packed = ((high >> 12) << 80) | ((high & 0xfff) << 64) | (value & ((1 << 62) - 1));
                Self(Builder::from_custom_bytes(packed.to_be_bytes()).into_uuid())
            }

            /// For tests and for rows read back: any 128 bits.
            #[must_use]
            pub const fn from_u128(value: u128) -> Self {
                Self(Uuid::from_u128(value))
            }

            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        /// The order of the bytes, compared as one number: each decision of the distributor looks up some dozens of ids.
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.0.as_u128().cmp(&other.0.as_u128())
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl From<Uuid> for $name {
            fn from(value: Uuid) -> Self {
                Self(value)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError(text.to_owned()))
            }
        }
    )+};
}

id! {
    /// One conversation and everything that belongs to it: a citizen's call in, or a call out.
    CallId,
    /// One party's connection to a gateway inside a call.
    LegId,
    /// One ringing of one agent for one waiting call.
    OfferId,
    /// A stored recording of an answered call.
    RecordingId,
    /// A person with an account.
    UserId,
    /// A person with an account who takes calls; the same value as her [`UserId`].
    AgentId,
    /// One softphone or desk phone of an agent.
    DeviceId,
    /// One signed-in browser or machine.
    SessionId,
    /// One run of a gateway process: changes with every start.
    GatewayInstanceId,
    /// 工单.
    WorkOrderId,
    /// 反馈: the duty to tell the citizen the result, and its fulfilment.
    FeedbackId,
    /// 回访: asking whether the result is true and satisfactory.
    FollowUpId,
    /// One line of the audit trail.
    AuditId,
    /// One piece of work that is due at a time.
    JobId,
    /// One entry of the screen list.
    ScreeningId,
    /// Figures of a period as they were shown once.
    ShownFiguresId,
}

impl From<UserId> for AgentId {
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}

impl From<AgentId> for UserId {
    fn from(agent: AgentId) -> Self {
        Self(agent.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn new_ids_sort_by_time_of_creation() {
        let earlier = CallId::new(Timestamp::from_micros(1_000_000), u128::MAX);
        let later = CallId::new(Timestamp::from_micros(1_001_000), 0);
        assert!(earlier < later);
        assert_eq!(later.as_uuid().get_version_num(), 7);
    }

    proptest! {
        #[test]
        fn derived_ids_differ_when_epoch_or_counter_differ(a in 0..1_u64 << 40, b in 0..1_u64 << 40, c in 0..1_u64 << 40, d in 0..1_u64 << 40) {
            let first = LegId::derived(a, b);
            let second = LegId::derived(c, d);
            prop_assert_eq!(first == second, (a, b) == (c, d));
            prop_assert_eq!(first.as_uuid().get_version_num(), 8);
        }

        #[test]
        fn ids_are_ordered_as_their_bytes_are(a in any::<u128>(), b in any::<u128>()) {
            let bytes = a.to_be_bytes().cmp(&b.to_be_bytes());
            prop_assert_eq!(CallId::from_u128(a).cmp(&CallId::from_u128(b)), bytes);
        }

        #[test]
        fn an_id_survives_text(value in any::<u128>()) {
            let id = WorkOrderId::from_u128(value);
            prop_assert_eq!(id.to_string().parse::<WorkOrderId>().unwrap(), id);
        }
    }
}
