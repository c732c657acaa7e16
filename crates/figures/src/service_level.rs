//! Readings of the service level side by side, each with its formula: ours, the standard's, the
//! county's task list, and those of other contact centres (`peers.md` section 2).

use acd::rates::Rate;
use serde::{Deserialize, Serialize};

use crate::traffic::Counts;

/// How somebody counts. T is 15 s in all of them but [`Reading::Within30`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// K2b, our headline: nothing leaves the base.
    Strict,
    /// K1 of GB/T 33358-2016, over the set of calls at hand.
    National,
    /// K2a (人工应答及时率): who was not answered is not in it.
    NationalInTime,
    /// K1s, the seed's D1.
    Seed,
    /// The seed's D2 and K2: each answered call in time.
    SeedInTime,
    /// K3 (Jiangsu).
    Within30,
    /// Abandons count as misses. Refused calls were never offered.
    CiscoNegative,
    /// Abandons within T leave the base.
    CiscoIgnore,
    /// Abandons within T count as served.
    CiscoPositive,
    /// `app_queue`'s first: a call moves the counters when it ends.
    Asterisk,
    /// `app_queue`'s second.
    AsteriskWithAbandons,
}

/// What a share must reach, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "goal", content = "percent", rename_all = "snake_case")]
pub enum Goal {
    AtLeast(u64),
    /// Exactly so many percent fail.
    Above(u64),
}

/// One reading of one set of calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingFigure {
    pub reading: Reading,
    pub formula: String,
    pub rate: Rate,
    pub goal: Option<Goal>,
    /// `None` without a goal, and over no calls.
    pub met: Option<bool>,
}

impl Goal {
    /// `None` over no calls: there is nothing to judge.
    #[must_use]
    pub const fn met_by(self, rate: Rate) -> Option<bool> {
        if rate.whole == 0 {
            return None;
        }
        Some(match self {
            Self::AtLeast(percent) => rate.is_at_least(percent),
            Self::Above(percent) => rate.is_above(percent),
        })
    }
}

impl Reading {
    pub const ALL: [Self; 11] = [
        Self::Strict,
        Self::National,
        Self::NationalInTime,
        Self::Seed,
        Self::SeedInTime,
        Self::Within30,
        Self::CiscoNegative,
        Self::CiscoIgnore,
        Self::CiscoPositive,
        Self::Asterisk,
        Self::AsteriskWithAbandons,
    ];

    /// Its name among the figures of a [`crate::Line`].
    #[must_use]
    pub const fn figure(self) -> &'static str {
        match self {
            Self::Strict => "k2b_strict",
            Self::National => "k1_national",
            Self::NationalInTime => "k2a_national",
            Self::Seed => "k1s_seed",
            Self::SeedInTime => "k2_seed",
            Self::Within30 => "k3",
            Self::CiscoNegative => "cisco_negative",
            Self::CiscoIgnore => "cisco_ignore",
            Self::CiscoPositive => "cisco_positive",
            Self::Asterisk => "asterisk",
            Self::AsteriskWithAbandons => "asterisk_with_abandons",
        }
    }

    /// In the symbols of `domain.md` 3.1; A and B are answered and abandoned, B15 abandoned within T.
    #[must_use]
    pub const fn formula(self) -> &'static str {
        match self {
            Self::Strict => "N15 / R",
            Self::National | Self::Seed => "N / R",
            Self::NationalInTime | Self::SeedInTime => "N15 / N",
            Self::Within30 => "N30 / R",
            Self::CiscoNegative => "N15 / (R - blocked)",
            Self::CiscoIgnore => "N15 / (R - blocked - B15)",
            Self::CiscoPositive => "(N15 + B15) / (R - blocked)",
            Self::Asterisk => "A15 / A, ended calls only",
            Self::AsteriskWithAbandons => "(A15 + B15) / (A + B - blocked), ended calls only",
        }
    }

    /// Where somebody has set one.
    #[must_use]
    pub const fn goal(self) -> Option<Goal> {
        match self {
            Self::Strict | Self::NationalInTime => Some(Goal::AtLeast(80)),
            Self::National => Some(Goal::AtLeast(95)),
            Self::Seed => Some(Goal::Above(80)),
            Self::SeedInTime => Some(Goal::AtLeast(100)),
            Self::Within30
            | Self::CiscoNegative
            | Self::CiscoIgnore
            | Self::CiscoPositive
            | Self::Asterisk
            | Self::AsteriskWithAbandons => None,
        }
    }

    /// What the reading makes of these counts.
    #[must_use]
    pub const fn rate(self, counts: Counts) -> Rate {
        let in_time = counts.tally.answered_in_time;
        let offered = counts.tally.requests.saturating_sub(counts.blocked);
        let gave_up = counts.abandoned_15s;
        match self {
            Self::Strict => counts.tally.in_time_of_requests(),
            Self::National | Self::Seed => counts.tally.connection_rate(),
            Self::NationalInTime | Self::SeedInTime => counts.tally.in_time_of_answered(),
            Self::Within30 => counts.within_30s(),
            Self::CiscoNegative => Rate { part: in_time, whole: offered },
            Self::CiscoIgnore => Rate { part: in_time, whole: offered.saturating_sub(gave_up) },
            Self::CiscoPositive => Rate { part: in_time.saturating_add(gave_up), whole: offered },
            Self::Asterisk => Rate { part: counts.ended_15s, whole: counts.ended },
            Self::AsteriskWithAbandons => Rate {
                part: counts.ended_15s.saturating_add(gave_up),
                whole: (counts.ended.saturating_add(counts.abandoned))
                    .saturating_sub(counts.blocked),
            },
        }
    }
}

impl Counts {
    /// Every reading of these counts, in one order.
    #[must_use]
    pub fn readings(self) -> Vec<ReadingFigure> {
        let figure = |reading: Reading| {
            let (rate, goal) = (reading.rate(self), reading.goal());
            let met = goal.and_then(|goal| goal.met_by(rate));
            ReadingFigure { reading, formula: reading.formula().to_owned(), rate, goal, met }
        };
        Reading::ALL.map(figure).to_vec()
    }
}
