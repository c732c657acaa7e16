//! What is known of callers before anybody talks with them, in memory: an arrival is decided on at once, whatever the
//! tables do.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use acd::Routing;
use types::{AgentId, Phone};

/// Numbers in their national spelling.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallerBook {
    /// Noted as elderly.
    pub elders: HashSet<Phone>,
    /// Have called in vain, and are owed a return.
    pub missed: HashSet<Phone>,
    /// Who has told her matter to an agent in a call, and it is not over (a draft of an interrupted call is such a
    /// matter): to whom.
    pub matters: HashMap<Phone, AgentId>,
}

/// The book that the host reads and `service::known_callers` keeps. Cheap to clone; empty until it was filled, and
/// then as it was when the tables were read last.
#[derive(Debug, Clone, Default)]
pub struct KnownCallers(Arc<RwLock<CallerBook>>);

impl KnownCallers {
    /// `routing` with what is known of `caller`. Holds the book for a look-up, never for the tables.
    pub(super) fn complete(&self, routing: Routing, caller: Option<&Phone>) -> Routing {
        let Some(caller) = caller.map(Phone::national) else { return routing };
        let book = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Routing {
            preferred: book.matters.get(&caller).copied(),
            elder: book.elders.contains(&caller),
            repeat_caller: book.missed.contains(&caller),
            ..routing
        }
    }

    /// Changes the book; whoever does has read the tables before.
    pub fn change(&self, change: impl FnOnce(&mut CallerBook)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> Phone {
        text.parse().unwrap()
    }

    #[test]
    fn a_caller_is_known_under_any_spelling_and_a_stranger_is_routed_as_ever() {
        let known = KnownCallers::default();
        let agent = AgentId::from_u128(7);
        known.change(|book| {
            book.elders.insert(phone("13800138000"));
            book.missed.insert(phone("13800138000"));
            book.matters.insert(phone("13800138000"), agent);
        });
        let queue = Routing { queue: "elders".parse().ok(), ..Routing::default() };
        let found = known.complete(queue.clone(), Some(&phone("+8613800138000")));
        let expected =
            Routing { preferred: Some(agent), elder: true, repeat_caller: true, ..queue.clone() };
        assert_eq!(found, expected);
        for stranger in [Some(phone("13900139000")), None] {
            assert_eq!(known.complete(queue.clone(), stranger.as_ref()), queue);
        }
    }
}
