//! The scenarios that come with the crate.

use super::{Days, DaysError};

/// Places of three sizes, with volumes of published reports (`domain.md` 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BuiltIn {
    /// A month of a county: 230 calls a day, a storm, a gateway that dies.
    County,
    /// A week of a prefecture city: 10,000 calls a day.
    City,
    /// A day of Beijing's size: 70,000 calls.
    Beijing,
}

impl BuiltIn {
    pub const ALL: [Self; 3] = [Self::County, Self::City, Self::Beijing];

    /// The word for it on a command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::County => "county",
            Self::City => "city",
            Self::Beijing => "beijing",
        }
    }

    /// The file, to be shown and changed.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::County => include_str!("../../scenarios/county.toml"),
            Self::City => include_str!("../../scenarios/city.toml"),
            Self::Beijing => include_str!("../../scenarios/beijing.toml"),
        }
    }

    /// The scenario of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|built_in| built_in.name() == name)
    }

    /// # Errors
    /// None: a test reads all of them.
    pub fn days(self) -> Result<Days, DaysError> {
        Days::from_toml(self.text())
    }
}
