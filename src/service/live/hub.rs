//! Numbers messages, keeps the last ones, hands them on. Nobody waits for a slow page.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::broadcast;
use types::{AgentId, Role, Timestamp, UnitCode};

use crate::clock::Clock;
use crate::service::session::Person;

/// Messages kept for pages that come back.
const RING_LEN_MAX: usize = 4_096;
/// Messages a page may lag behind before it is dropped.
const LAG_MAX: usize = 1_024;
/// Numbers begin at the second of the start times this, so that they rise over restarts and stay
/// whole in JavaScript (below 2^53).
const NUMBERS_PER_S: u64 = 1 << 20;

/// Who may see a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// One agent alone.
    Agent(AgentId),
    /// Who watches the floor: leaders, supervisors.
    Floor,
    /// One agent, and who watches the floor.
    AgentAndFloor(AgentId),
    /// Who works on orders in the centre.
    Desk,
    /// The centre, and the unit that handles it.
    CentreAndUnit(Option<UnitCode>),
}

/// Roles that watch the floor.
pub const FLOOR_ROLES: &[Role] =
    &[Role::TeamLeader, Role::Supervisor, Role::InspectionOffice, Role::CountyLeader];

const CENTRE_ROLES: &[Role] = &[
    Role::Agent,
    Role::TeamLeader,
    Role::QualityInspector,
    Role::Dispatcher,
    Role::Reviewer,
    Role::FollowUpClerk,
    Role::Supervisor,
    Role::InspectionOffice,
    Role::CountyLeader,
];

const DESK_ROLES: &[Role] = &[
    Role::Dispatcher,
    Role::Reviewer,
    Role::FollowUpClerk,
    Role::QualityInspector,
    Role::Supervisor,
    Role::TeamLeader,
];

impl Audience {
    /// Whether `person` may see it.
    #[must_use]
    pub fn includes(&self, person: &Person) -> bool {
        let is = |agent: &AgentId| AgentId::from(person.user_id) == *agent;
        match self {
            Self::Agent(agent) => is(agent),
            Self::Floor => person.has_any(FLOOR_ROLES),
            Self::AgentAndFloor(agent) => is(agent) || person.has_any(FLOOR_ROLES),
            Self::Desk => person.has_any(DESK_ROLES),
            Self::CentreAndUnit(unit) => {
                let own = person.unit.as_ref().map(|unit| &unit.code);
                person.has_any(CENTRE_ROLES) || (unit.is_some() && own == unit.as_ref())
            }
        }
    }
}

/// One message, ready to send.
#[derive(Debug)]
pub struct LiveMessage {
    pub number: u64,
    pub audience: Audience,
    /// `{number, at, topic, data}`.
    pub text: String,
}

#[derive(Serialize)]
struct Frame<'a, T> {
    number: u64,
    at: Timestamp,
    topic: &'a str,
    data: T,
}

/// The node's hub. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LiveHub {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    clock: Clock,
    ring: Mutex<Ring>,
    out: broadcast::Sender<Arc<LiveMessage>>,
}

#[derive(Debug)]
struct Ring {
    last: u64,
    kept: VecDeque<Arc<LiveMessage>>,
}

/// What a page that comes (back) gets first.
#[derive(Debug)]
pub struct Resumed {
    /// The last number so far.
    pub last: u64,
    /// The oldest number that can still be resumed after.
    pub oldest: u64,
    /// Messages after the page's last number; `None` where some of them are gone.
    pub missed: Option<Vec<Arc<LiveMessage>>>,
    pub following: broadcast::Receiver<Arc<LiveMessage>>,
}

impl LiveHub {
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let second = u64::try_from(clock.now().as_micros() / 1_000_000).unwrap_or(0);
        let ring = Ring { last: second * NUMBERS_PER_S, kept: VecDeque::new() };
        let out = broadcast::channel(LAG_MAX).0;
        Self { shared: Arc::new(Shared { clock, ring: Mutex::new(ring), out }) }
    }

    /// Tells everyone of `audience` who listens now, and those who come back soon.
    pub fn publish(&self, topic: &str, audience: Audience, data: impl Serialize) {
        let mut ring = self.ring();
        let number = ring.last + 1;
        let frame = Frame { number, at: self.shared.clock.now(), topic, data };
        let text = match serde_json::to_string(&frame) {
            Ok(text) => text,
            Err(error) => {
                tracing::error!(%error, topic, "a live message cannot be written as JSON");
                return;
            }
        };
        let message = Arc::new(LiveMessage { number, audience, text });
        ring.last = number;
        ring.kept.push_back(Arc::clone(&message));
        if ring.kept.len() > RING_LEN_MAX {
            ring.kept.pop_front();
        }
        // Within the lock, so that listeners hear in the order of the numbers. Nobody may listen.
        let _ = self.shared.out.send(message);
    }

    /// Begins to listen, after `after` where the page names its last number.
    #[must_use]
    pub fn listen(&self, after: Option<u64>) -> Resumed {
        let ring = self.ring();
        let oldest = ring.kept.front().map_or(ring.last, |message| message.number - 1);
        let missed = match after {
            None => Some(Vec::new()),
            Some(after) if after < oldest || after > ring.last => None,
            Some(after) => {
                let first = ring.kept.partition_point(|message| message.number <= after);
                Some(ring.kept.range(first..).cloned().collect())
            }
        };
        Resumed { last: ring.last, oldest, missed, following: self.shared.out.subscribe() }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.shared.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message of this connection alone: `hello`, `resync`.
#[must_use]
pub fn frame(number: u64, at: Timestamp, topic: &str, data: impl Serialize) -> String {
    serde_json::to_string(&Frame { number, at, topic, data }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub() -> LiveHub {
        LiveHub::new(Clock::manual(Timestamp::from_micros(1_770_000_000_000_000)))
    }

    #[test]
    fn a_page_that_comes_back_gets_what_it_missed() {
        let hub = hub();
        let start = hub.listen(None).last;
        hub.publish("board", Audience::Floor, 1);
        hub.publish("board", Audience::Floor, 2);
        let resumed = hub.listen(Some(start + 1));
        let numbers: Vec<_> =
            resumed.missed.unwrap().iter().map(|message| message.number).collect();
        assert_eq!(numbers, [start + 2]);
    }

    #[test]
    fn a_number_of_another_run_or_too_old_means_to_load_again() {
        let hub = hub();
        let start = hub.listen(None).last;
        for _ in 0..RING_LEN_MAX + 10 {
            hub.publish("board", Audience::Floor, ());
        }
        assert!(hub.listen(Some(start + 5)).missed.is_none());
        assert!(hub.listen(Some(start + 10)).missed.is_some());
        assert!(hub.listen(Some(7)).missed.is_none());
        assert!(hub.listen(Some(u64::MAX)).missed.is_none());
    }

    #[test]
    fn numbers_of_a_later_start_are_higher_and_whole_in_javascript() {
        let first = hub().listen(None).last;
        let clock = Clock::manual(Timestamp::from_micros(1_770_000_001_000_000));
        let later = LiveHub::new(clock).listen(None).last;
        assert!(later > first && later < 1 << 53);
    }
}
