//! A county's storm: more callers than the agents can answer, and every one who was missed called back in
//! order of priority. Asks nothing of the machine; it shows that nothing and nobody is lost.

mod desk;

use std::fs;
use std::net::SocketAddrV4;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context as _, bail};
use serde::Serialize;
use serde_json::Value;

use super::system::{Extra, Store, System, Wanted};
use super::{Bench, tell};
use crate::ceiling::{float, ratio};
use crate::engine::Engine;
use crate::figure::Figure;
use crate::outcome::Counts;
use crate::page::Page;
use crate::run;
use crate::scenario::Scenario;
use desk::{Desk, Worked};

/// From the ring of a called-back citizen's phone to her answer.
const CITIZEN_ANSWERS_MS: (u64, u64) = (1_000, 4_000);
/// What agents write down after a call, in milliseconds.
const WRAP_UP_MS: u64 = 5_000;
/// Most calls of one page of the list.
const PAGE_LEN: usize = 100;

/// What became of a storm.
#[derive(Debug, Clone, Serialize)]
struct Storm {
    /// As the callers saw it.
    callers: Counts,
    /// As the records have it.
    records: Records,
    /// What the agents did about those who were missed.
    worked: Worked,
    /// K12 of the board at the end.
    k12: Value,
}

/// The calls of the citizens in the server's records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct Records {
    calls: usize,
    answered: usize,
    abandoned: usize,
    /// Neither answered nor abandoned, or not ended.
    open: usize,
    /// Abandoned calls whose explanation does not end with how the caller was lost.
    unexplained: usize,
    /// The live figures are those of a recount of all events.
    recount_equal: bool,
}

pub(super) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    if !bench.knows("missed_call_returns", "claim_s")? {
        tell("no `missed_call_returns`: missed callers are not called back, no storm is measured");
        return Ok(());
    }
    let scenario = bench.scenario("storm")?;
    for store in bench.stores() {
        for agents in bench.steps(&scenario) {
            let calls = scenario.callers.as_ref().map_or(0, |callers| callers.calls);
            let load = format!("agents={agents} calls={calls} minutes=5 store={}", store.word());
            tell(&format!("storm {load}"));
            let storm = weather(bench, &scenario, store, agents)?;
            let file = bench.options.out.join("raw").join(format!("storm-{}.json", store.word()));
            fs::write(file, serde_json::to_string_pretty(&storm)?)?;
            for figure in storm.figures(&load) {
                bench.add(figure)?;
            }
        }
    }
    Ok(())
}

/// One storm on a system of its own.
fn weather(bench: &Bench, scenario: &Scenario, store: Store, agents: u32) -> anyhow::Result<Storm> {
    let (stop, over) = (&AtomicBool::new(false), &AtomicBool::new(false));
    thread::scope(|scope| {
        let (address_in, address) = mpsc::channel();
        let seed = scenario.seed;
        let citizens = scope.spawn(move || answer_for_citizens(seed, &address_in, stop));
        let storm = (|| {
            let outbound = address.recv().context("the citizens' telephone did not start")?;
            let wanted = Wanted { store, agents, recorded: true };
            let mut system = bench.start_system_with(wanted, &extra(outbound))?;
            let (target, mut desk) = (system.target()?, desk_of(&system)?);
            let working = scope.spawn(move || desk.work(over));
            let report = run::run(scenario, &target);
            over.store(true, Ordering::Relaxed);
            let worked = working.join().unwrap_or_else(|_| bail!("the agents' desk fell over"))?;
            let supervisor = system.person("supervisor01")?;
            let (records, k12) = (Records::of(&supervisor)?, k12(&supervisor)?);
            system.check()?;
            Ok(Storm { callers: report?.calls, records, worked, k12 })
        })();
        // Whatever happened, nobody is left waiting for the other.
        over.store(true, Ordering::Relaxed);
        stop.store(true, Ordering::Relaxed);
        citizens.join().unwrap_or_else(|_| bail!("the citizens' telephone fell over"))?;
        storm
    })
}

/// The telephones behind the outbound trunk: each number that is called answers after a while, and talks
/// until the agent hangs up.
fn answer_for_citizens(
    seed: u64,
    address: &mpsc::Sender<SocketAddrV4>,
    stop: &AtomicBool,
) -> anyhow::Result<()> {
    let nowhere = "127.0.0.1:9".parse()?;
    let mut engine = Engine::new(nowhere, seed, CITIZEN_ANSWERS_MS)?;
    address.send(engine.add_phone(None, true)?)?;
    while !stop.load(Ordering::Relaxed) {
        engine.step()?;
    }
    Ok(())
}

fn extra(outbound: SocketAddrV4) -> Extra {
    let settings = vec![
        ("HOTLINE__ACD__WRAP_UP_MS", WRAP_UP_MS.to_string()),
        // The storm may be measured at night; the hours are shown elsewhere.
        ("HOTLINE__MISSED_CALL_RETURNS__FROM_HOUR", "0".to_owned()),
        ("HOTLINE__MISSED_CALL_RETURNS__UNTIL_HOUR", "24".to_owned()),
        ("HOTLINE__ACD__RETURN_HOURS__FROM_MIN", "0".to_owned()),
        ("HOTLINE__ACD__RETURN_HOURS__UNTIL_MIN", "1440".to_owned()),
    ];
    Extra { settings, outbound: Some(outbound) }
}

fn desk_of(system: &System) -> anyhow::Result<Desk> {
    let mut pages = Vec::new();
    for who in &system.target_of_pages()?.credentials {
        pages.push(system.person(&who.user)?);
    }
    Ok(Desk::new(pages, system.person("supervisor01")?))
}

impl Records {
    fn of(supervisor: &Page) -> anyhow::Result<Self> {
        let rows = citizens_calls(supervisor)?;
        let word = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let count =
            |outcome: &str| rows.iter().filter(|row| word(row, "outcome") == outcome).count();
        let over = |row: &&Value| {
            row["state"] == "ended" && ["answered", "abandoned"].contains(&&*word(row, "outcome"))
        };
        let mut records = Self {
            calls: rows.len(),
            answered: count("answered"),
            abandoned: count("abandoned"),
            open: rows.len() - rows.iter().filter(over).count(),
            unexplained: 0,
            recount_equal: supervisor.get("/supervisor/recount")?["equal"] == true,
        };
        for row in rows.iter().filter(|row| word(row, "outcome") == "abandoned") {
            let told = supervisor.get(&format!("/calls/{}/explanation", word(row, "call")))?;
            let last = told["steps"].as_array().and_then(|steps| steps.last());
            let end = last.and_then(|step| step["cause"].as_str()).unwrap_or_default();
            records.unexplained += usize::from(end != "given_up");
        }
        Ok(records)
    }
}

/// Every call that came in.
fn citizens_calls(supervisor: &Page) -> anyhow::Result<Vec<Value>> {
    let (mut rows, mut after) = (Vec::new(), String::new());
    loop {
        let page = supervisor.get(&format!("/calls?limit={PAGE_LEN}{after}"))?;
        let items = page["items"].as_array().context("a page of calls without items")?;
        rows.extend(items.iter().filter(|row| row["direction"] == "inbound").cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(rows),
        }
    }
}

fn k12(supervisor: &Page) -> anyhow::Result<Value> {
    Ok(supervisor.get("/supervisor/board")?["k12"].clone())
}

impl Storm {
    /// Calls that one side knows and the other does not, or that did not end.
    fn lost(&self) -> usize {
        let (callers, records) = (self.callers, self.records);
        callers.calls.abs_diff(records.calls)
            + callers.answered.abs_diff(records.answered)
            + records.open
            + usize::from(!records.recount_equal)
    }

    fn figures(&self, load: &str) -> Vec<Figure> {
        let count = |key: &str| self.k12[key].as_u64().unwrap_or(0);
        let settled = count("returned") + count("redialled");
        let share = (count("owed") > 0).then(|| ratio(settled * 100, float(count("owed"))));
        let line = |name, unit, value: Option<f64>| {
            let mut figure = Figure::new(name, unit, load);
            (figure.value, figure.runs) = (value, 1);
            figure
        };
        let whole = |count: usize| Some(float(count as u64));
        vec![
            line("storm_calls_lost", "calls", whole(self.lost())),
            line("storm_abandoned", "calls", whole(self.records.abandoned)),
            line("storm_unexplained", "calls", whole(self.records.unexplained)),
            line("storm_return_listed_max_s", "s", self.worked.listed_max_s),
            line("storm_called_back", "%", share),
            line("storm_out_of_order", "calls", whole(self.worked.out_of_order)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn storm() -> Storm {
        let callers = Counts { calls: 60, answered: 25, gave_up: 35, ..Counts::default() };
        let records = Records {
            calls: 60,
            answered: 25,
            abandoned: 35,
            open: 0,
            unexplained: 0,
            recount_equal: true,
        };
        let worked = Worked { listed_max_s: Some(0.4), ..Worked::default() };
        let k12 = json!({ "owed": 30, "returned": 27, "redialled": 3 });
        Storm { callers, records, worked, k12 }
    }

    #[test]
    fn a_storm_that_lost_nothing_has_none_lost_and_all_called_back() {
        let figures = storm().figures("agents=8");
        let value = |name: &str| figures.iter().find(|one| one.name == name).unwrap().value;
        assert_eq!(value("storm_calls_lost"), Some(0.0));
        assert_eq!(value("storm_called_back"), Some(100.0));
        assert_eq!(value("storm_return_listed_max_s"), Some(0.4));
    }

    #[test]
    fn every_difference_between_callers_and_records_is_a_loss() {
        let mut storm = storm();
        storm.records.calls = 59;
        storm.records.answered = 24;
        assert_eq!(storm.lost(), 2);
        storm.records.recount_equal = false;
        storm.records.open = 1;
        assert_eq!(storm.lost(), 4);
    }
}
