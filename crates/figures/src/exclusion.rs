//! Exclusion events: sudden events, faults and overload, which one local rule takes out of the rate.
//! Here they take out nothing by themselves: an approved one yields a second, marked figure beside the
//! raw one (`domain.md` section 15).

use serde::{Deserialize, Serialize};
use thiserror::Error;
use types::{Timestamp, UserId};

use crate::calls::{CallFacts, Calls};
use crate::period::Period;

/// Its number in the centre's register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExclusionId(pub u64);

/// What the local rule knows (K1c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExclusionKind {
    SuddenEvent,
    SystemFault,
    DemandAboveCapacity,
}

/// Who, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    pub by: UserId,
    pub at: Timestamp,
}

/// A span whose calls somebody wants left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    pub id: ExclusionId,
    pub kind: ExclusionKind,
    /// What happened, in the proposer's words.
    pub what: String,
    /// Calls that rang within it.
    pub period: Period,
    pub proposed: Signature,
    pub approved: Option<Signature>,
    pub revoked: Option<Signature>,
}

/// Why an exclusion cannot be approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ExclusionError {
    #[error("who proposed an exclusion cannot approve it: ask a second person")]
    OwnProposal,
    #[error("the exclusion is approved already")]
    ApprovedBefore,
    #[error("the exclusion was revoked: propose a new one")]
    Revoked,
    #[error("an approval cannot be older than the proposal")]
    BeforeProposal,
}

impl Exclusion {
    /// # Errors
    /// [`ExclusionError`].
    pub fn approve(&mut self, signature: Signature) -> Result<(), ExclusionError> {
        if self.revoked.is_some() {
            return Err(ExclusionError::Revoked);
        }
        if self.approved.is_some() {
            return Err(ExclusionError::ApprovedBefore);
        }
        self.accepts(signature)?;
        self.approved = Some(signature);
        Ok(())
    }

    /// Whether it was approved, by a second person, and not revoked at `at`.
    #[must_use]
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        let given = |signature: &Signature| signature.at <= at;
        let approved = self.approved.filter(given).is_some_and(|by| self.accepts(by).is_ok());
        approved && !self.revoked.as_ref().is_some_and(given)
    }

    fn accepts(&self, signature: Signature) -> Result<(), ExclusionError> {
        if signature.by == self.proposed.by {
            return Err(ExclusionError::OwnProposal);
        }
        if signature.at < self.proposed.at {
            return Err(ExclusionError::BeforeProposal);
        }
        Ok(())
    }
}

/// Those in force at `at`, by number.
#[must_use]
pub fn in_force(exclusions: &[Exclusion], at: Timestamp) -> Vec<Exclusion> {
    let mut found: Vec<Exclusion> =
        exclusions.iter().filter(|exclusion| exclusion.is_in_force(at)).cloned().collect();
    found.sort_by_key(|exclusion| exclusion.id);
    found
}

/// A figure and, where exclusions touch it, its marked second. The second cannot be had without the
/// first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside<T> {
    raw: T,
    marked: Option<Marked<T>>,
}

/// A figure without the calls of these exclusions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Marked<T> {
    figure: T,
    without: Vec<ExclusionId>,
}

impl<T> Beside<T> {
    /// Every call counts.
    pub const fn raw(&self) -> &T {
        &self.raw
    }

    /// Without the calls of approved exclusions, and by which of them; `None` where none touches
    /// the figure.
    pub fn marked(&self) -> Option<(&T, &[ExclusionId])> {
        self.marked.as_ref().map(|marked| (&marked.figure, marked.without.as_slice()))
    }

    /// Another figure of the same calls.
    pub(crate) fn map<U>(&self, figure: impl Fn(&T) -> U) -> Beside<U> {
        let marked = self.marked.as_ref().map(|marked| Marked {
            figure: figure(&marked.figure),
            without: marked.without.clone(),
        });
        Beside { raw: figure(&self.raw), marked }
    }

    /// `counts` over all of `calls`, and over what `exclusions` leave of them; `reach` is the span
    /// whose calls the figure is made of.
    pub(crate) fn count(
        calls: &Calls,
        exclusions: &[Exclusion],
        reach: Period,
        counts: impl Fn(&Calls) -> T,
    ) -> Self {
        let touching: Vec<&Exclusion> =
            exclusions.iter().filter(|exclusion| meet(exclusion.period, reach)).collect();
        let raw = counts(calls);
        if touching.is_empty() {
            return Self { raw, marked: None };
        }
        let leaves_out = |call: &CallFacts| {
            touching.iter().any(|exclusion| exclusion.period.contains(call.fact.rang_at))
        };
        let figure = counts(&calls.without(reach, leaves_out));
        let without = touching.iter().map(|exclusion| exclusion.id).collect();
        Self { raw, marked: Some(Marked { figure, without }) }
    }
}

fn meet(a: Period, b: Period) -> bool {
    a.overlap_us(b.from(), b.until()) > 0
}
