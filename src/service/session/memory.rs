//! Who was signed in when the database last answered: while it is away, calls go on by it.
//!
//! The tables decide as long as they answer. While they do not, a person who was signed in a moment ago stays so, for
//! as long as a session may be idle; nobody new is let in, and nobody comes back who has signed out here.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use types::{SessionId, Timestamp};

use super::Person;

/// After it has not answered, the database is asked again no sooner: requests between are not held up.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// Most people remembered; those seen longest ago go first.
const LEN_MAX: usize = 50_000;

/// Shared by all requests. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct SessionMemory(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    /// By the hash of their token.
    people: HashMap<String, Remembered>,
    /// Sessions that have ended lately: what the tables said of them before may still be on its way.
    ended: HashSet<SessionId>,
    /// The same, oldest first.
    ended_in_order: VecDeque<SessionId>,
    /// The database did not answer then.
    silent_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Remembered {
    person: Person,
    /// When the tables last said so.
    confirmed_at: Timestamp,
    expires_at: Timestamp,
}

impl SessionMemory {
    /// The tables say that this is `person`, until `expires_at`.
    pub(super) fn confirm(
        &self,
        hash: &str,
        person: &Person,
        expires_at: Timestamp,
        now: Timestamp,
    ) {
        let mut memory = self.memory();
        memory.silent_at = None;
        if memory.ended.contains(&person.session) {
            return;
        }
        if memory.people.len() >= LEN_MAX {
            memory.make_room();
        }
        let person = person.clone();
        memory.people.insert(hash.to_owned(), Remembered { person, confirmed_at: now, expires_at });
    }

    /// The tables know no such session.
    pub(super) fn deny(&self, hash: &str) {
        let mut memory = self.memory();
        memory.silent_at = None;
        memory.people.remove(hash);
    }

    /// A session has ended, here or on another node.
    pub fn forget(&self, session: SessionId) {
        let mut memory = self.memory();
        memory.people.retain(|_, known| known.person.session != session);
        memory.note_end(session);
    }

    /// The database does not answer.
    pub(super) fn silent(&self, now: Timestamp) {
        self.memory().silent_at = Some(now);
    }

    /// Whether it did not answer a moment ago: it need not be asked again yet.
    pub(in crate::service) fn is_silent(&self, now: Timestamp) -> bool {
        self.memory().silent_at.is_some_and(|at| at <= now && now.since(at) < ASK_AGAIN)
    }

    /// Who it was when the tables last said so, at most `idle_max` ago.
    pub(super) fn recall(
        &self,
        hash: &str,
        machine: bool,
        now: Timestamp,
        idle_max: Duration,
    ) -> Option<Person> {
        let memory = self.memory();
        let known = memory.people.get(hash)?;
        let holds = known.person.machine == machine
            && now < known.expires_at
            && now.since(known.confirmed_at) < idle_max;
        holds.then(|| known.person.clone())
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn note_end(&mut self, session: SessionId) {
        if !self.ended.insert(session) {
            return;
        }
        self.ended_in_order.push_back(session);
        if self.ended_in_order.len() > LEN_MAX
            && let Some(oldest) = self.ended_in_order.pop_front()
        {
            self.ended.remove(&oldest);
        }
    }

    /// Forgets the half that was seen longest ago.
    fn make_room(&mut self) {
        let mut times: Vec<Timestamp> =
            self.people.values().map(|known| known.confirmed_at).collect();
        times.sort_unstable();
        if let Some(middle) = times.get(times.len() / 2).copied() {
            self.people.retain(|_, known| known.confirmed_at > middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use types::UserId;

    use super::*;

    const IDLE: Duration = Duration::from_secs(7_200);

    fn person(session: u128, machine: bool) -> Person {
        Person {
            session: SessionId::from_u128(session),
            user_id: UserId::from_u128(session),
            username: "agent01".to_owned(),
            display_name: "陈晓雨".to_owned(),
            roles: Vec::new(),
            unit: None,
            machine,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn a_person_is_known_until_she_leaves_or_has_been_idle_too_long() {
        let memory = SessionMemory::default();
        memory.confirm("a", &person(1, false), at(40_000), at(100));
        memory.confirm("b", &person(2, true), at(200), at(100));
        let known = |hash, machine, now| memory.recall(hash, machine, at(now), IDLE).is_some();
        assert!(known("a", false, 150) && known("b", true, 150));
        assert!(!known("a", true, 150), "a cookie is no bearer token");
        assert!(!known("b", true, 200), "expired");
        assert!(known("a", false, 7_299) && !known("a", false, 7_300), "idle for too long");
        memory.forget(SessionId::from_u128(1));
        assert!(!known("a", false, 150), "signed out");
        // Asked for before she left, answered after.
        memory.confirm("a", &person(1, false), at(40_000), at(101));
        assert!(!known("a", false, 150), "signed out for good");
        memory.deny("b");
        assert!(!known("b", true, 150));
    }

    #[test]
    fn a_silent_database_is_asked_again_after_a_while() {
        let memory = SessionMemory::default();
        assert!(!memory.is_silent(at(10)));
        memory.silent(at(10));
        assert!(memory.is_silent(at(11)) && !memory.is_silent(at(12)));
        memory.silent(at(20));
        memory.confirm("a", &person(1, false), at(900), at(20));
        assert!(!memory.is_silent(at(20)), "it has answered");
    }

    #[test]
    fn a_full_memory_keeps_those_seen_last() {
        let memory = SessionMemory::default();
        for number in 0..=LEN_MAX {
            let second = i64::try_from(number).unwrap();
            memory.confirm(&number.to_string(), &person(1, false), at(900_000), at(second));
        }
        let last = at(i64::try_from(LEN_MAX).unwrap());
        assert!(memory.recall(&LEN_MAX.to_string(), false, last, IDLE).is_some());
        assert!(memory.memory().people.len() <= LEN_MAX / 2 + 1);
    }
}
