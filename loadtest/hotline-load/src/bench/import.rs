//! The floor while orders of another system are taken over: an import must not be felt in a call (R28).

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;

use super::queue::{delays, with_phones};
use super::system::{Store, Wanted};
use super::{Bench, tell};
use crate::outcome::Delays;
use crate::run::{self, RunReport};
use crate::scenario::Scenario;
use crate::stats::Summary;

type Of = fn(&Delays) -> Option<Summary>;

/// Orders that are taken over beside each load: the longer load has twice as many, so that they last it.
const LOADS: [(&str, usize, [&str; 2], Of); 2] = [
    ("queue", 100_000, ["offer_delay_p50_ms", "offer_delay_p99_ms"], |delays| delays.offer_ms),
    ("crowded", 200_000, ["next_offer_p50_ms", "next_offer_p99_ms"], |delays| delays.next_offer_ms),
];
/// Registered agents.
const AGENTS: u32 = 500;
/// Every so many-th order is still open; the others are history.
const OPEN_EVERY: usize = 20;

/// The two loads of calls that come to free agents and of agents who are awaited, each with an import going on.
pub(super) fn measure(bench: &mut Bench, store: Store) -> anyhow::Result<()> {
    for (load, orders, names, of) in LOADS {
        let base = bench.scenario(load)?;
        // A name of its own, so that `--loads queue-import` picks it.
        let steps = vec![AGENTS];
        let base =
            Scenario { name: format!("{load}-import"), quick_steps: steps.clone(), steps, ..base };
        for agents in bench.steps(&base) {
            let scenario = with_phones(&base, agents);
            let cps = base.callers.as_ref().map_or(0.0, |callers| callers.rate_per_s);
            let load = format!("agents={agents} cps={cps} import=on store={} rec=on", store.word());
            let wanted = Wanted { store, agents: bench.accounts(&base), recorded: true };
            let reports = bench.repeat(&scenario, &load, |one| once(bench, one, wanted, orders))?;
            delays(bench, names, &load, &reports, of)?;
        }
    }
    Ok(())
}

/// One load on a system of its own, the import begun before it and still going on after it.
fn once(
    bench: &Bench,
    scenario: &Scenario,
    wanted: Wanted,
    orders: usize,
) -> anyhow::Result<RunReport> {
    let file = bench.orders(orders)?;
    let mut system = bench.start_system(wanted)?;
    let file = file.to_str().context("the folder of the figures has a name that is no UTF-8")?;
    let by = ["import", "orders", file, "--system", "bench", "--by", "supervisor01"];
    let mut import = system.beside(bench, &by)?;
    let report = run::run(scenario, &system.target()?);
    import.check_alive().context("the import did not go on to the end of the load")?;
    system.check()?;
    report
}

impl Bench {
    /// A file of orders as a county's former system may hand them over; made once.
    fn orders(&self, count: usize) -> anyhow::Result<PathBuf> {
        let path = self.options.out.join(format!("orders-{count}.csv"));
        if !path.exists() {
            tell(&format!("writing {count} orders"));
            // Written whole or not at all: a torn file would be taken for the whole one next time.
            let fresh = path.with_extension("new");
            fs::write(&fresh, orders(count)).with_context(|| fresh.display().to_string())?;
            fs::rename(&fresh, &path)?;
        }
        Ok(path)
    }
}

fn orders(count: usize) -> String {
    let mut text = String::from(
        "external_no,registered_at,demand_type,category,title,content,town,phones,status,unit,closed_at,reply\n",
    );
    for number in 0..count {
        let (month, day) = (number / 28 % 12 + 1, number % 28 + 1);
        let phone = 13_800_000_000 + number;
        let rest = match number % OPEN_EVERY {
            0 => "open,,,".to_owned(),
            _ => "closed,U14,2025-12-31 17:00,已现场核实并修复，已告知诉求人".to_owned(),
        };
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "BENCH-{number:06},2025-{month:02}-{day:02} 09:30,complaint,060401,路灯不亮（第 {number} 件）,\
             清泉镇主街路灯一周不亮，晚上行走不便，请尽快维修,T03,{phone},{rest}"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_has_all_fields_and_a_number_of_its_own() {
        let text = orders(100);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 101);
        assert!(lines.iter().all(|line| line.split(',').count() == 12), "{}", lines[1]);
        assert_eq!(lines.iter().filter(|line| line.contains(",open,")).count(), 5);
        assert!(lines[100].starts_with("BENCH-000099,2025-04-16 "), "{}", lines[100]);
    }
}
