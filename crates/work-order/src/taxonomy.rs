//! The tree of demands and the dispatch catalogue on it (domain 16.2).
//!
//! Owns: `taxonomy.csv`, who leads and assists, default urgency, search. Must not do: dispatch.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::{CategoryCode, UnitCode};

use crate::table::{Faults, version_of};
use crate::{LeafProfile, Route, Units, Urgency};

mod read;
mod search;

pub use search::CategoryHit;

/// A third-level entry: what an order carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Leaf {
    pub code: CategoryCode,
    pub level1: String,
    pub level2: String,
    pub level3: String,
    pub lead: LeadRule,
    pub assist: Vec<AssistRule>,
    /// Default urgency; a person may raise it.
    pub urgency: Urgency,
    /// Words in title or content that make it urgent by default (`缺失` for a manhole cover).
    pub urgent_words: Vec<String>,
    /// A report of this category is confidential by default.
    pub confidential_reports: bool,
    /// Department matter: may not be dispatched to a town (国办函〔2025〕66号).
    pub towns_forbidden: bool,
    pub route: Route,
    pub profile: LeafProfile,
    pub keywords: Vec<String>,
}

/// Who leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LeadRule {
    /// One of these units; the first unless the dispatcher knows better (`P05`-`P08`).
    Unit { units: Vec<UnitCode> },
    /// The town or subdistrict of the event's place.
    TownOfPlace,
}

/// Who assists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AssistRule {
    Unit {
        unit: UnitCode,
    },
    TownOfPlace,
    /// The unit whose matter it is; a person names it (事项单位, 责任单位).
    MatterUnit,
    /// Every unit (natural disaster).
    AllUnits,
}

/// What the catalogue proposes for one demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DispatchSuggestion {
    /// Best first; empty when the town of the place is not known.
    pub lead_units: Vec<UnitCode>,
    pub assist_units: Vec<UnitCode>,
    pub route: Route,
    pub towns_forbidden: bool,
    pub catalogue_version: String,
}

/// The whole tree, by code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxonomy {
    leaves: BTreeMap<CategoryCode, Leaf>,
    version: String,
}

impl Taxonomy {
    /// Reads `taxonomy.csv`; see `county/README.md` for the columns.
    ///
    /// # Errors
    /// Every faulty line; the file is refused whole.
    pub fn parse(file: &str, text: &str, units: &Units) -> Result<Self, Faults> {
        let leaves = read::leaves(file, text, units)?;
        Ok(Self { leaves, version: version_of(text) })
    }

    /// Fingerprint of the catalogue, stored with every dispatch (T6).
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    #[must_use]
    pub fn leaf(&self, code: &CategoryCode) -> Option<&Leaf> {
        self.leaves.get(code)
    }

    /// Every leaf, in order of code.
    pub fn iter(&self) -> impl Iterator<Item = &Leaf> {
        self.leaves.values()
    }

    /// Lead and assisting units for a leaf at a place.
    #[must_use]
    pub fn suggest(&self, leaf: &Leaf, town: Option<&UnitCode>) -> DispatchSuggestion {
        let lead_units = match &leaf.lead {
            LeadRule::Unit { units } => units.clone(),
            LeadRule::TownOfPlace => town.cloned().into_iter().collect(),
        };
        let assist_units = leaf
            .assist
            .iter()
            .filter_map(|rule| match rule {
                AssistRule::Unit { unit } => Some(unit.clone()),
                AssistRule::TownOfPlace => town.cloned(),
                AssistRule::MatterUnit | AssistRule::AllUnits => None,
            })
            .filter(|unit| !lead_units.contains(unit))
            .collect();
        DispatchSuggestion {
            lead_units,
            assist_units,
            route: leaf.route,
            towns_forbidden: leaf.towns_forbidden,
            catalogue_version: self.version.clone(),
        }
    }
}

impl Leaf {
    /// Urgency before a person raises it: the leaf's, or urgent when the text has a trigger word.
    #[must_use]
    pub fn default_urgency(&self, title: &str, content: &str) -> Urgency {
        let hit =
            self.urgent_words.iter().any(|word| title.contains(word) || content.contains(word));
        if hit { self.urgency.max(Urgency::Urgent) } else { self.urgency }
    }
}
