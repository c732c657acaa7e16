//! `acd-bench AGENTS WAITING GROUPS`: one load for a look, or for a profiler. The figures of the project are made by
//! `make bench`.

use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::Instant;

use acd_bench::{Load, Plan, time_decisions};

/// The server's: decisions allocate.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

static ZERO: LazyLock<Instant> = LazyLock::new(now);

#[expect(clippy::disallowed_methods, reason = "a program times what it runs")]
fn now() -> Instant {
    Instant::now()
}

fn clock() -> u64 {
    let zero = *ZERO;
    u64::try_from(now().saturating_duration_since(zero).as_nanos()).unwrap_or(u64::MAX)
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program answers on the terminal")]
fn main() -> ExitCode {
    let numbers: Vec<u32> = std::env::args().skip(1).filter_map(|it| it.parse().ok()).collect();
    let [agents, waiting, groups] = numbers[..] else {
        eprintln!("acd-bench AGENTS WAITING GROUPS");
        return ExitCode::from(2);
    };
    let load = Load { agents, waiting, groups };
    for wallboard in [false, true] {
        let plan = Plan { load, seed: 1, decisions: 100_000, wallboard };
        let mut timed = time_decisions(plan, clock);
        println!("{load} wallboard={wallboard}: {}", summary(&mut timed.decisions_ns));
        println!(
            "  waited {:?}, clock {} ns, rules broken {}",
            timed.waiting, timed.clock_ns, timed.broken
        );
        if wallboard {
            println!("  copies of the floor: {}", summary(&mut timed.views_ns));
        }
    }
    ExitCode::SUCCESS
}

fn summary(ns: &mut [u64]) -> String {
    ns.sort_unstable();
    let at = |percent: usize| ns.get(ns.len() * percent / 100).map_or(0.0, |ns| *ns as f64 / 1e3);
    let mean = ns.iter().sum::<u64>() as f64 / ns.len().max(1) as f64 / 1e3;
    let max = ns.last().map_or(0.0, |ns| *ns as f64 / 1e3);
    format!("n {} mean {mean:.2} p50 {:.2} p99 {:.2} max {max:.1} us", ns.len(), at(50), at(99))
}
