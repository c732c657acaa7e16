//! Skills and how well somebody has them. Language, dialect, enterprise desk, parallel number, special event: all are
//! skills.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use types::SkillCode;

/// How well an agent has a skill, or a call needs it: 1 (a little) to 5 (best). What lies outside counts as the nearer end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub struct SkillLevel(u8);

/// Skills by level.
pub type SkillLevels = BTreeMap<SkillCode, SkillLevel>;

impl SkillLevel {
    /// What a call needs unless it says otherwise: that an agent has the skill at all.
    pub const LEAST: Self = Self(1);
    /// What an agent has of whom nothing else is said.
    pub const USUAL: Self = Self(3);
    pub const BEST: Self = Self(5);

    #[must_use]
    pub const fn as_u8(self) -> u8 {
        self.0
    }
}

impl From<u8> for SkillLevel {
    fn from(level: u8) -> Self {
        Self(level.clamp(Self::LEAST.0, Self::BEST.0))
    }
}

impl From<SkillLevel> for u8 {
    fn from(level: SkillLevel) -> Self {
        level.0
    }
}

/// Each skill of a set with its level, or with `otherwise` where none is named. A level of a skill outside the set says
/// nothing.
pub(crate) fn levelled(
    skills: &BTreeSet<SkillCode>,
    levels: &SkillLevels,
    otherwise: SkillLevel,
) -> SkillLevels {
    let level = |skill: &SkillCode| levels.get(skill).copied().unwrap_or(otherwise);
    skills.iter().map(|skill| (skill.clone(), level(skill))).collect()
}

/// Whether somebody with `has` may take a call that needs `wanted`.
pub(crate) fn serves(has: &SkillLevels, wanted: &SkillLevels) -> bool {
    wanted.iter().all(|(skill, least)| has.get(skill).is_some_and(|level| level >= least))
}

/// The levels of the wanted skills together.
pub(crate) fn fitness(has: &SkillLevels, wanted: &SkillLevels) -> i64 {
    wanted.keys().filter_map(|skill| has.get(skill)).map(|level| i64::from(level.as_u8())).sum()
}
