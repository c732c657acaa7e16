//! The queue: calls that are distributed at once, agents who are awaited, callers who wait.

use super::collect::{cpu_per_call, cpu_per_call_s, figure};
use super::recorded::yardstick;
use super::system::{Store, Wanted};
use super::{Bench, tell};
use crate::ceiling::{float, ratio};
use crate::outcome::Delays;
use crate::run::{self, RunReport};
use crate::scenario::Scenario;
use crate::stats::Summary;

const EVERYTHING: [&str; 3] = ["hotline", "gateway", "postgres"];

pub(super) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    for store in bench.stores() {
        waiting(bench, store)?;
    }
    if !bench.knows("calls", "desk_phones_ready")? {
        tell(
            "no `calls.desk_phones_ready`: agents are not Ready by registering, no queue is measured",
        );
        return Ok(());
    }
    for store in bench.stores() {
        for recorded in recordings(bench)? {
            distributed(bench, store, recorded)?;
        }
        for load in ["busy", "crowded"] {
            awaited(bench, store, load)?;
        }
        super::import::measure(bench, store)?;
    }
    Ok(())
}

/// Recording on, and off where there is a switch for it.
fn recordings(bench: &Bench) -> anyhow::Result<Vec<bool>> {
    if bench.knows("acd", "record")? {
        return Ok(vec![false, true]);
    }
    tell("recording cannot be switched off (no `acd.record`): measured with recording alone");
    Ok(vec![true])
}

/// Share of the agents that may be busy on average while each caller still finds one free.
const OCCUPANCY_MAX: f64 = 0.9;

/// One load on a system of its own.
fn once(bench: &Bench, scenario: &Scenario, wanted: Wanted) -> anyhow::Result<RunReport> {
    let mut system = bench.start_system(wanted)?;
    let report = run::run(scenario, &system.target()?);
    system.check()?;
    report
}

fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn distributed(bench: &mut Bench, store: Store, recorded: bool) -> anyhow::Result<()> {
    let base = bench.scenario("queue")?;
    for agents in bench.steps(&base) {
        let scenario = with_phones(&base, agents);
        let cps = base.callers.as_ref().map_or(0.0, |callers| callers.rate_per_s);
        let (store_word, rec) = (store.word(), switch(recorded));
        let load = format!("agents={agents} cps={cps} store={store_word} rec={rec}");
        let wanted = Wanted { store, agents: bench.accounts(&base), recorded };
        let reports = bench.repeat(&scenario, &load, |one| once(bench, one, wanted))?;
        let name = "queue_call_cpu_ms";
        let each = |report: &RunReport| cpu_per_call(report, &EVERYTHING);
        bench.add(figure(name, "ms", &load, &reports, each, yardstick(name, agents)))?;
        if !finds_agents_free(&scenario) {
            tell(&format!("{agents} agents are too few for {cps} calls/s: no offer delay"));
            continue;
        }
        let names = ["offer_delay_p50_ms", "offer_delay_p99_ms"];
        delays(bench, names, &load, &reports, |delays| delays.offer_ms)?;
    }
    Ok(())
}

/// Whether callers find free agents: else they wait for one, and the delay is not the system's.
fn finds_agents_free(scenario: &Scenario) -> bool {
    let (Some(callers), Some(phones)) = (&scenario.callers, &scenario.phones) else { return false };
    let middle_ms = |(least, most): (u64, u64)| float(least + most) / 2.0;
    let busy_ms = middle_ms(phones.answer_after_ms) + callers.talk_ms.map_or(0.0, middle_ms);
    callers.rate_per_s * busy_ms / 1_000.0 <= OCCUPANCY_MAX * f64::from(phones.count)
}

fn awaited(bench: &mut Bench, store: Store, load: &str) -> anyhow::Result<()> {
    let base = bench.scenario(load)?;
    for agents in bench.steps(&base) {
        let scenario = with_phones(&base, agents);
        let cps = base.callers.as_ref().map_or(0.0, |callers| callers.rate_per_s);
        let load = format!("agents={agents} cps={cps} store={} rec=on", store.word());
        let wanted = Wanted { store, agents: bench.accounts(&base), recorded: true };
        let reports = bench.repeat(&scenario, &load, |one| once(bench, one, wanted))?;
        let names = ["next_offer_p50_ms", "next_offer_p99_ms"];
        delays(bench, names, &load, &reports, |delays| delays.next_offer_ms)?;
    }
    Ok(())
}

pub(super) fn delays(
    bench: &mut Bench,
    [p50, p99]: [&'static str; 2],
    load: &str,
    reports: &[RunReport],
    of: fn(&Delays) -> Option<Summary>,
) -> anyhow::Result<()> {
    let middle = |report: &RunReport| of(&report.delays).map(|delay| delay.p50);
    bench.add(figure(p50, "ms", load, reports, middle, yardstick(p50, 0)))?;
    let worst = |report: &RunReport| of(&report.delays).map(|delay| delay.p99);
    bench.add(figure(p99, "ms", load, reports, worst, yardstick(p99, 0)))
}

fn waiting(bench: &mut Bench, store: Store) -> anyhow::Result<()> {
    let base = bench.scenario("waiting")?;
    for callers in bench.steps(&base) {
        let mut scenario = base.clone();
        if let Some(one) = &mut scenario.callers {
            one.calls = callers;
        }
        let load = format!("waiting={callers} store={} rec=on", store.word());
        let wanted = Wanted { store, agents: 0, recorded: true };
        let reports = bench.repeat(&scenario, &load, |one| once(bench, one, wanted))?;
        let name = "waiting_caller_cpu_ms_per_s";
        let each = |report: &RunReport| cpu_per_call_s(report, &EVERYTHING);
        bench.add(figure(name, "ms/s", &load, &reports, each, yardstick(name, callers)))?;
        let name = "waiting_caller_kib";
        bench.add(figure(name, "KiB", &load, &reports, kib_each, yardstick(name, callers)))?;
    }
    Ok(())
}

/// What our two programs grew by, per waiting caller.
fn kib_each(report: &RunReport) -> Option<f64> {
    let grown = |name: &&str| {
        let before = report.pss_before_kib.get(*name)?;
        Some(report.pss_window_kib.get(*name)?.saturating_sub(*before))
    };
    let sum: u64 = ["hotline", "gateway"].iter().filter_map(grown).sum();
    (report.in_window > 0).then(|| ratio(sum, float(report.in_window as u64)))
}

pub(super) fn with_phones(base: &Scenario, count: u32) -> Scenario {
    let mut scenario = base.clone();
    if let Some(phones) = &mut scenario.phones {
        phones.count = count;
    }
    scenario
}

impl Bench {
    /// As many accounts as the largest step of a load needs: one base serves all its steps.
    pub(super) fn accounts(&self, scenario: &Scenario) -> u32 {
        self.steps(scenario).into_iter().max().unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_calls_a_second_of_17_seconds_need_nearly_200_agents() {
        let text = include_str!("../../../scenarios/queue.toml");
        let base = Scenario::parse(text).unwrap();
        assert!(!finds_agents_free(&with_phones(&base, 50)));
        assert!(finds_agents_free(&with_phones(&base, 200)));
    }
}
