//! When a missed call is due, when its number may be called, and whose turn is first. Pure.

use std::time::Duration;

use figures::Daytime;
use serde::Serialize;
use types::Timestamp;
use utoipa::ToSchema;

use crate::config::MissedCallReturns;
use crate::store::missed_call_return::MissedCallReturn;
use crate::store::missed_call_return::work::OpenDuty;

/// What the centre has decided about calling back.
#[derive(Debug, Clone)]
pub struct ReturnRules {
    /// The limit runs, and people are called, within it alone.
    pub daytime: Daytime,
    /// How long a duty stays with whoever took it up.
    pub claim: Duration,
    /// How long a number rests that was rung in vain.
    pub retry_after: Duration,
    /// So many attempts in vain let a duty be given up.
    pub attempts_max: i64,
}

/// Who is called back first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnPriority {
    /// An emergency number was dialled, the caller has an urgent matter open, or her talk was cut off.
    Emergency,
    Elder,
    /// More than one call was missed.
    Repeat,
    Normal,
}

/// Why a number is not to be called now, and from when it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNow {
    Night {
        from: Timestamp,
    },
    TriedJustNow {
        from: Timestamp,
    },
    /// The distributor calls by itself until then (`queue_callback`).
    Promised {
        from: Timestamp,
    },
}

impl ReturnRules {
    #[must_use]
    pub fn of(config: &MissedCallReturns) -> Self {
        Self {
            daytime: config.daytime(),
            claim: config.claim(),
            retry_after: config.retry_after(),
            attempts_max: i64::from(config.attempts_max),
        }
    }

    /// K12: two hours of daytime after the miss.
    #[must_use]
    pub fn due_at(&self, owed_at: Timestamp) -> Timestamp {
        self.daytime.due_at(owed_at)
    }

    /// When a number that was rung in vain may be called again.
    #[must_use]
    pub fn next_at(&self, tried_at: Timestamp) -> Timestamp {
        self.daytime.open_from(tried_at + self.retry_after)
    }

    /// From when people may be called; `None` where they may be now.
    #[must_use]
    pub fn night_until(&self, now: Timestamp) -> Option<Timestamp> {
        Some(self.daytime.open_from(now)).filter(|from| now < *from)
    }

    /// # Errors
    /// [`NotNow`].
    pub fn may_call(&self, duty: &MissedCallReturn, now: Timestamp) -> Result<(), NotNow> {
        let next_at = duty.work.next_at.unwrap_or(now).max(now);
        let from = self.daytime.open_from(next_at);
        if self.night_until(now).is_some() {
            return Err(NotNow::Night { from });
        }
        let promised = duty.cause == "queue_callback" && duty.work.tried_at.is_none();
        if now >= from {
            Ok(())
        } else if promised {
            Err(NotNow::Promised { from })
        } else {
            Err(NotNow::TriedJustNow { from })
        }
    }
}

impl ReturnPriority {
    #[must_use]
    pub const fn of(open: &OpenDuty) -> Self {
        match open.rank {
            0 => Self::Emergency,
            1 => Self::Elder,
            2 => Self::Repeat,
            _ => Self::Normal,
        }
    }
}

#[cfg(test)]
mod tests {
    use types::CallId;

    use super::*;
    use crate::store::missed_call_return::{ReturnState, Work};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn rules() -> ReturnRules {
        ReturnRules {
            daytime: Daytime::default(),
            claim: Duration::from_secs(600),
            retry_after: Duration::from_secs(1_800),
            attempts_max: 3,
        }
    }

    fn duty() -> MissedCallReturn {
        let owed_at = at("2026-02-13T09:00:00+08:00");
        MissedCallReturn {
            call: CallId::from_u128(1),
            caller: "13800138000".parse().unwrap(),
            cause: "abandoned".to_owned(),
            owed_at,
            due_at: owed_at,
            missed: 1,
            last_call: CallId::from_u128(1),
            last_at: owed_at,
            state: ReturnState::Open,
            done_at: None,
            done_by: None,
            done_call: None,
            note: String::new(),
            late: false,
            work: Work::default(),
        }
    }

    fn tried(next_at: &str) -> MissedCallReturn {
        let work = Work { next_at: Some(at(next_at)), ..Work::default() };
        MissedCallReturn { work, ..duty() }
    }

    #[test]
    fn an_attempt_late_in_the_evening_rests_until_the_morning() {
        let next = |tried: &str| rules().next_at(at(tried)).to_string();
        assert_eq!(next("2026-02-13T10:00:00+08:00"), "2026-02-13T10:30:00+08:00");
        assert_eq!(next("2026-02-13T19:45:00+08:00"), "2026-02-14T08:00:00+08:00");
    }

    #[test]
    fn nobody_is_called_at_night_or_before_the_next_attempt() {
        let rules = rules();
        let noon = at("2026-02-13T12:00:00+08:00");
        assert_eq!(rules.may_call(&duty(), noon), Ok(()));
        let tried_now = tried("2026-02-13T12:20:00+08:00");
        let from = at("2026-02-13T12:20:00+08:00");
        assert_eq!(rules.may_call(&tried_now, noon), Err(NotNow::TriedJustNow { from }));
        assert_eq!(rules.may_call(&tried_now, from), Ok(()));
        let night = at("2026-02-13T20:00:00+08:00");
        let from = at("2026-02-14T08:00:00+08:00");
        assert_eq!(rules.may_call(&duty(), night), Err(NotNow::Night { from }));
        let from = at("2026-02-14T09:00:00+08:00");
        let tried_late = tried("2026-02-14T09:00:00+08:00");
        assert_eq!(rules.may_call(&tried_late, night), Err(NotNow::Night { from }));
    }
}
