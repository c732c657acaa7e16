//! An instant, in microseconds since 1970 UTC. Text is RFC 3339 with +08:00 at every edge.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// Seconds that Asia/Shanghai is ahead of UTC; China has had no daylight saving time since 1991
/// (`domain.md` 7.3 rule 1).
pub const SHANGHAI_OFFSET_S: i32 = 8 * 3_600;

/// An instant in microseconds since 1970-01-01T00:00:00Z. PostgreSQL keeps microseconds, so nothing
/// finer exists here: a value read back equals the value written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = DateTime))]
pub struct Timestamp(i64);

/// A text that is no RFC 3339 instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 instant: {0:?}")]
pub struct TimestampError(String);

impl Timestamp {
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Time passed since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The same instant as a civil time of Shanghai; 1970 for instants outside the years -9999 to 9999.
    #[must_use]
    pub fn to_local(self) -> OffsetDateTime {
        let offset = UtcOffset::from_whole_seconds(SHANGHAI_OFFSET_S).unwrap_or(UtcOffset::UTC);
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .ok()
            .and_then(|utc| utc.checked_to_offset(offset))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// The instant of any civil time; finer parts than microseconds are cut off.
    #[must_use]
    pub fn from_local(civil: OffsetDateTime) -> Self {
        Self(i64::try_from(civil.unix_timestamp_nanos() / 1_000).unwrap_or(0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_local().format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        OffsetDateTime::parse(text, &Rfc3339)
            .map(Self::from_local)
            .map_err(|_| TimestampError(text.to_owned()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// INTEGER in SQLite (text would not sort: `…:05.005Z` < `…:05Z`), TIMESTAMPTZ in PostgreSQL.
#[cfg(feature = "sqlx")]
mod database {
    use sqlx::encode::IsNull;
    use sqlx::error::BoxDynError;
    use sqlx::{Decode, Encode, Postgres, Sqlite, Type};
    use time::OffsetDateTime;

    use super::Timestamp;

    impl Type<Sqlite> for Timestamp {
        fn type_info() -> <Sqlite as sqlx::Database>::TypeInfo {
            <i64 as Type<Sqlite>>::type_info()
        }

        fn compatible(info: &<Sqlite as sqlx::Database>::TypeInfo) -> bool {
            <i64 as Type<Sqlite>>::compatible(info)
        }
    }

    impl<'q> Encode<'q, Sqlite> for Timestamp {
        fn encode_by_ref(
            &self,
            buffer: &mut <Sqlite as sqlx::Database>::ArgumentBuffer,
        ) -> Result<IsNull, BoxDynError> {
            <i64 as Encode<'q, Sqlite>>::encode_by_ref(&self.0, buffer)
        }
    }

    impl<'r> Decode<'r, Sqlite> for Timestamp {
        fn decode(value: <Sqlite as sqlx::Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
            Ok(Self(<i64 as Decode<'r, Sqlite>>::decode(value)?))
        }
    }

    impl Type<Postgres> for Timestamp {
        fn type_info() -> <Postgres as sqlx::Database>::TypeInfo {
            <OffsetDateTime as Type<Postgres>>::type_info()
        }

        fn compatible(info: &<Postgres as sqlx::Database>::TypeInfo) -> bool {
            <OffsetDateTime as Type<Postgres>>::compatible(info)
        }
    }

    impl<'q> Encode<'q, Postgres> for Timestamp {
        fn encode_by_ref(
            &self,
            buffer: &mut <Postgres as sqlx::Database>::ArgumentBuffer,
        ) -> Result<IsNull, BoxDynError> {
            <OffsetDateTime as Encode<'q, Postgres>>::encode_by_ref(&self.to_local(), buffer)
        }
    }

    impl<'r> Decode<'r, Postgres> for Timestamp {
        fn decode(value: <Postgres as sqlx::Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
            Ok(Self::from_local(<OffsetDateTime as Decode<'r, Postgres>>::decode(value)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_local_time_with_its_offset() {
        let instant: Timestamp = "2026-02-13T16:00:00Z".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-02-14T00:00:00+08:00");
    }

    #[test]
    fn an_instant_beyond_the_calendar_is_shown_and_does_not_panic() {
        for micros in [i64::MIN, 253_402_300_799_000_000, i64::MAX] {
            assert!(Timestamp::from_micros(micros).to_string().starts_with("1970-01-01"));
        }
    }

    #[test]
    fn since_never_goes_below_zero() {
        assert_eq!(Timestamp::from_micros(1).since(Timestamp::from_micros(5)), Duration::ZERO);
        assert_eq!(
            Timestamp::from_micros(5).since(Timestamp::from_micros(1)),
            Duration::from_micros(4)
        );
    }

    proptest! {
        #[test]
        fn an_instant_survives_json(micros in -62_000_000_000_000_000_i64..250_000_000_000_000_000) {
            let instant = Timestamp::from_micros(micros);
            let json = serde_json::to_string(&instant).unwrap();
            prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), instant);
        }
    }
}
