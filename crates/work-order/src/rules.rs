//! The county's data, loaded whole, as the decision needs it.
//!
//! Owns: putting the files together. Must not do: read files; texts come in.

use crate::table::{Fault, Faults};
use crate::units::{UserSeed, parse_users};
use crate::{Calendar, MissingYear, Profile, Taxonomy, Units};

/// What a decision is made by. Immutable; a change of data makes a new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub calendar: Calendar,
    pub profile: Profile,
    pub taxonomy: Taxonomy,
    pub units: Units,
}

/// The texts of the county's files.
#[derive(Debug, Clone, Copy)]
pub struct CountyFiles<'a> {
    pub holidays: &'a str,
    pub profile: &'a str,
    pub units: &'a str,
    pub taxonomy: &'a str,
    pub users: &'a str,
}

/// A loaded county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct County {
    pub rules: Rules,
    /// People of the centre; accounts of units come from [`Units::accounts`].
    pub users: Vec<UserSeed>,
}

impl County {
    /// Reads all files.
    ///
    /// # Errors
    /// Every fault of every file at once.
    pub fn load(files: &CountyFiles<'_>) -> Result<Self, Faults> {
        let mut faults: Vec<Fault> = Vec::new();
        let calendar = keep(Calendar::parse("holidays.csv", files.holidays), &mut faults);
        let profile = keep(Profile::parse("profile.csv", files.profile), &mut faults);
        let units = keep(Units::parse("units.csv", files.units), &mut faults);
        // Without units every unit code would be a fault; say only what is wrong.
        let (taxonomy, users) = match &units {
            Some(units) => (
                keep(Taxonomy::parse("taxonomy.csv", files.taxonomy, units), &mut faults),
                keep(parse_users("users.csv", files.users, units), &mut faults),
            ),
            None => (None, None),
        };
        match (calendar, profile, units, taxonomy, users) {
            (Some(calendar), Some(profile), Some(units), Some(taxonomy), Some(users)) => {
                Ok(Self { rules: Rules { calendar, profile, taxonomy, units }, users })
            }
            _ => Err(Faults(faults)),
        }
    }
}

fn keep<T>(result: Result<T, Faults>, faults: &mut Vec<Fault>) -> Option<T> {
    result.map_err(|more| faults.extend(more.0)).ok()
}

impl From<MissingYear> for crate::Refusal {
    fn from(missing: MissingYear) -> Self {
        Self::with(crate::RefusalCode::CalendarYearMissing, missing.to_string())
    }
}
