//! What is registered at intake: source, petitioner, demand (domain section 5).
//!
//! Owns: the fields of a draft. Must not do: judge them; that is `decide`.

use serde::{Deserialize, Serialize};
use types::{CallId, CategoryCode, Phone, Timestamp, UnitCode};

use crate::{Channel, DemandType, Urgency};

/// Everything the agent fills in while the order is a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Intake {
    pub source: Source,
    #[serde(default)]
    pub petitioner: Petitioner,
    #[serde(default)]
    pub demand: Demand,
}

/// Where the demand came from (D5, D7, D21).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    pub channel: Channel,
    /// The call in which it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
    /// The public number that was dialled (D5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialled_no: Option<Phone>,
    /// Number of the order at the upper platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_no: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_system: Option<String>,
    /// Limit of the upper platform; it never pauses (domain 7.3 rule 7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_due_at: Option<Timestamp>,
}

/// Whose demand it is. The numbers mask themselves in logs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Petitioner {
    pub name: String,
    pub phones: Vec<Phone>,
    pub address: String,
    /// Firm, if the petitioner speaks for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firm_name: Option<String>,
    /// Gave no name.
    pub anonymous: bool,
    /// Asked that units do not learn who she is (K11).
    pub confidential: bool,
    /// Said she needs no feedback.
    pub feedback_declined: bool,
    /// When and how she wants to be called, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_contact: Option<String>,
}

impl Petitioner {
    /// Whether anyone can tell her anything.
    #[must_use]
    pub fn contactable(&self) -> bool {
        !self.phones.is_empty()
    }
}

/// What is wanted. Category, type and place may be missing in a draft only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Demand {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demand_type: Option<DemandType>,
    /// A leaf of the taxonomy, six digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryCode>,
    pub title: String,
    pub content: String,
    pub wanted_outcome: String,
    /// When it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_at: Option<Timestamp>,
    pub place: Place,
    /// Firm, unit or person complained about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respondent: Option<String>,
    pub tags: Vec<String>,
    /// Set by a person to raise the taxonomy's default; never lowers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// The petitioner agrees that question and answer are published.
    pub public_ok: bool,
}

/// Where it happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Place {
    /// Town or subdistrict, by its unit code (`T03`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub town: Option<UnitCode>,
    pub address: String,
}

impl Place {
    /// Whether anything is known about the place (guard of T3).
    #[must_use]
    pub fn known(&self) -> bool {
        self.town.is_some() || !self.address.trim().is_empty()
    }
}
