//! Who acts on an order.
//!
//! Owns: the actor as the decision sees her and as the audit trail keeps her. Must not do: look up
//! accounts.

use serde::{Deserialize, Serialize};
use types::{UnitCode, UserId};

use crate::Role;

/// A signed-in person with her roles, or the system's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    Person(Person),
    System,
}

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub user: UserId,
    /// Display name, kept in the audit trail.
    pub name: String,
    pub roles: Vec<Role>,
    /// The handling unit she works for; `None` for staff of the centre.
    pub unit: Option<UnitCode>,
}

impl Person {
    /// The first of `roles` she has.
    #[must_use]
    pub fn role_among(&self, roles: &[Role]) -> Option<Role> {
        roles.iter().copied().find(|role| self.roles.contains(role))
    }
}

/// Who did it and in which role, as written into the audit trail (D4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum By {
    Person {
        user: UserId,
        name: String,
        role: Role,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<UnitCode>,
    },
    System,
}

impl By {
    /// The account, if a person did it.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Person { user, .. } => Some(*user),
            Self::System => None,
        }
    }
}
