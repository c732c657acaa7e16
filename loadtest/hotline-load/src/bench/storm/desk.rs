//! The agents' pages in a storm: whoever is free takes up the most pressing duty, calls, talks, hangs up.
//! One thread asks for all of them, so that the order of what is handed out can be judged.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock::{self, SECOND_NS};
use crate::page::Page;

const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// How long an agent talks with whom she has called back.
const TALK_NS: u64 = 5 * SECOND_NS;
/// Of so many callers who are owed a call, one is noted as elderly.
const ELDER_EVERY: usize = 6;

/// What was done about those who were missed.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Worked {
    /// Longest time from a miss to its place in the list.
    pub listed_max_s: Option<f64>,
    pub dialled: usize,
    /// Handed out while a more pressing duty was free.
    pub out_of_order: usize,
    /// Priorities in the order in which duties were handed out.
    pub order: Vec<String>,
    /// Open when the desk closed.
    pub left: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Free,
    Calling,
    Talking { since_ns: u64 },
}

#[derive(Debug)]
struct Seat {
    page: Page,
    doing: Doing,
}

/// All agents' pages, and a supervisor's.
#[derive(Debug)]
pub(super) struct Desk {
    seats: Vec<Seat>,
    supervisor: Page,
    /// When each missed call was first seen in the list, by its last call: seconds after the miss.
    listed_s: BTreeMap<String, f64>,
    seen: Vec<String>,
    worked: Worked,
}

impl Desk {
    pub(super) fn new(pages: Vec<Page>, supervisor: Page) -> Self {
        let seats = pages.into_iter().map(|page| Seat { page, doing: Doing::Free }).collect();
        Self {
            seats,
            supervisor,
            listed_s: BTreeMap::new(),
            seen: Vec::new(),
            worked: Worked::default(),
        }
    }

    /// Works until `over`.
    ///
    /// # Errors
    /// A server that does not answer, or refuses what it must not.
    pub(super) fn work(&mut self, over: &AtomicBool) -> anyhow::Result<Worked> {
        while !over.load(Ordering::Relaxed) {
            let items = self.list()?;
            self.notice(&items)?;
            for index in 0..self.seats.len() {
                self.serve(index)?;
            }
            sleep(LOOK_AGAIN);
        }
        self.worked.left = self.list()?.len();
        self.worked.listed_max_s = self.listed_s.values().copied().reduce(f64::max);
        Ok(self.worked.clone())
    }

    fn list(&self) -> anyhow::Result<Vec<Value>> {
        let list = self.supervisor.get("/missed-call-returns")?;
        Ok(list["items"].as_array().context("a work list without items")?.clone())
    }

    /// Notes when each miss came into the list, and some callers as elderly.
    fn notice(&mut self, items: &[Value]) -> anyhow::Result<()> {
        for item in items {
            let (last, duty) = (word(item, "last_call"), word(item, "call"));
            if let Entry::Vacant(first) = self.listed_s.entry(last) {
                first.insert(seconds_since(&word(item, "last_at"))?);
            }
            if self.seen.contains(&duty) {
                continue;
            }
            self.seen.push(duty.clone());
            if self.seen.len().is_multiple_of(ELDER_EVERY) {
                let path = format!("/calls/{duty}/caller/elder");
                self.supervisor.command("PUT", &path, &json!({ "elder": true }))?;
            }
        }
        Ok(())
    }

    fn serve(&mut self, index: usize) -> anyhow::Result<()> {
        let Some(Seat { page, doing }) = self.seats.get(index) else { return Ok(()) };
        let doing = *doing;
        let state = page.get("/agent/me")?["state"].clone();
        let (name, phase) = (word(&state, "name"), word(&state, "phase"));
        let now_ns = clock::now_ns();
        let next = match doing {
            Doing::Free if name == "ready" => self.call_back(index)?,
            Doing::Calling if phase == "talking" => Doing::Talking { since_ns: now_ns },
            Doing::Talking { since_ns } if name == "outbound" && now_ns >= since_ns + TALK_NS => {
                self.hang_up(index)?;
                doing
            }
            _ if name == "outbound" => doing,
            _ => Doing::Free,
        };
        if let Some(seat) = self.seats.get_mut(index) {
            seat.doing = next;
        }
        Ok(())
    }

    /// Takes the most pressing duty up and calls; free still where there is none, or a citizen's call was
    /// faster.
    fn call_back(&mut self, index: usize) -> anyhow::Result<Doing> {
        let before = self.list()?;
        let Some(Seat { page, .. }) = self.seats.get(index) else { return Ok(Doing::Free) };
        let (status, claimed) =
            page.command("POST", "/missed-call-returns/claim_next", &json!({}))?;
        if status != 200 {
            return Ok(Doing::Free);
        }
        let duty = word(&claimed, "call");
        let path = |command: &str| format!("/missed-call-returns/{duty}/{command}");
        let (status, _) = page.command("POST", &path("dial"), &json!({}))?;
        if status != 202 {
            page.command("POST", &path("release"), &json!({}))?;
            return Ok(Doing::Free);
        }
        let Judged { priority, passed_over } = judge(&before, &duty);
        self.worked.dialled += 1;
        self.worked.out_of_order += usize::from(passed_over);
        self.worked.order.push(priority);
        Ok(Doing::Calling)
    }

    fn hang_up(&self, index: usize) -> anyhow::Result<()> {
        if let Some(Seat { page, .. }) = self.seats.get(index) {
            // The citizen may have been faster.
            page.command("POST", "/agent/me/hang_up", &json!({}))?;
        }
        Ok(())
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Judged {
    priority: String,
    passed_over: bool,
}

/// How pressing a duty was that was handed out, and whether the list before had a free one ahead of it. One
/// that came into the list afterwards is as pressing as its being handed out says.
fn judge(before: &[Value], duty: &str) -> Judged {
    let place = before.iter().position(|item| word(item, "call") == duty);
    let free = |item: &&Value| item["claim"].is_null() && item["next_at"].is_null();
    let ahead = before.iter().take(place.unwrap_or(0)).filter(free).count();
    let priority = place.and_then(|place| before.get(place)).map(|item| word(item, "priority"));
    Judged { priority: priority.unwrap_or_default(), passed_over: ahead > 0 }
}

fn word(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Seconds of the wall clock since an instant that the server has named.
#[expect(clippy::cast_precision_loss, reason = "some minutes in nanoseconds")]
fn seconds_since(instant: &str) -> anyhow::Result<f64> {
    let at = OffsetDateTime::parse(instant, &Rfc3339).context(instant.to_owned())?;
    let since_ns = i128::from(clock::wall_ns()) - at.unix_timestamp_nanos();
    Ok(since_ns.max(0) as f64 / SECOND_NS as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(call: &str, claimed: bool, resting: bool) -> Value {
        let claim = if claimed { json!({ "mine": false }) } else { Value::Null };
        let next_at = if resting { json!("2026-02-13T10:00:00+08:00") } else { Value::Null };
        json!({ "call": call, "priority": "repeat", "claim": claim, "next_at": next_at })
    }

    #[test]
    fn a_duty_is_out_of_order_when_a_free_one_stood_ahead_of_it() {
        let judged = |before: &[Value], duty| judge(before, duty).passed_over;
        assert!(!judged(&[item("a", false, false), item("b", false, false)], "a"));
        assert!(judged(&[item("a", false, false), item("b", false, false)], "b"));
        assert!(!judged(&[item("a", true, false), item("b", false, false)], "b"), "a is taken");
        assert!(!judged(&[item("a", false, true), item("b", false, false)], "b"), "a rests");
        assert!(!judged(&[item("a", false, false)], "new"), "it came afterwards");
        assert_eq!(judge(&[item("a", false, false)], "a").priority, "repeat");
    }
}
