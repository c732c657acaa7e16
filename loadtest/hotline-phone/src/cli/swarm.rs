//! `hotline-phone swarm`: many callers with patience on one socket. The plan of all callers is
//! drawn from the seed before the first call, so that the same seed is the same load.

use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::args::SwarmArguments;
use super::drive::{Limits, drive};
use super::listen::{draw, seed_or_draw};
use super::output;
use super::prepare::{Voice, phone_config};
use crate::clock;
use crate::error::PhoneError;
use crate::phone::Phone;
use crate::report::{CallReport, Outcome};

/// One caller.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Caller {
    number: String,
    start: Duration,
    patience: Duration,
    talk: Duration,
}

/// What became of all calls.
#[derive(Debug, Default, PartialEq, serde::Serialize)]
struct Summary {
    summary: bool,
    seed: u64,
    offered: usize,
    answered: usize,
    abandoned: usize,
    /// Refused, or without answer from the network.
    failed: usize,
    /// Waits of the answered callers.
    wait_ms: Waits,
    mos_min: Option<f64>,
    packets_lost: u64,
    packets_received: u64,
}

#[derive(Debug, Default, PartialEq, serde::Serialize)]
struct Waits {
    p50: Option<f64>,
    p90: Option<f64>,
    max: Option<f64>,
}

pub(super) async fn run(
    arguments: SwarmArguments,
    stop: CancellationToken,
) -> Result<bool, PhoneError> {
    let voice = Arc::new(Voice::open(&arguments.voice)?);
    let phone = Arc::new(Phone::bind(phone_config(&arguments.net, "swarm", None)).await?);
    phone.probe(&arguments.to).await?;
    let seed = seed_or_draw(arguments.seed);
    let mut running = JoinSet::new();
    let start = clock::now();
    for (caller, number) in plan(&arguments, seed).into_iter().zip(1_u64..) {
        let (phone, voice, stop) = (Arc::clone(&phone), Arc::clone(&voice), stop.clone());
        let to = arguments.to.clone();
        running.spawn(async move {
            tokio::select! {
                () = tokio::time::sleep_until(start + caller.start) => {}
                () = stop.cancelled() => return None,
            }
            let options = crate::CallOptions { from: Some(caller.number), ..voice.options(number) };
            let call = match phone.call(&to, options).await {
                Ok(call) => call,
                Err(error) => {
                    output::progress(&error.chinese(), &error.to_string());
                    return Some(CallReport::default());
                }
            };
            let limits = Limits {
                ring: Some(caller.patience),
                talk: Some(caller.talk),
                ..Limits::default()
            };
            Some(drive(call, limits, &stop).await)
        });
    }
    let mut reports = Vec::new();
    while let Some(report) = running.join_next().await {
        if let Ok(Some(report)) = report {
            output::json_line(&report);
            reports.push(report);
        }
    }
    let summary = summarise(&reports, seed);
    output::json_line(&summary);
    Ok(summary.failed == 0)
}

fn plan(arguments: &SwarmArguments, seed: u64) -> Vec<Caller> {
    let mut random = StdRng::seed_from_u64(seed);
    let caller = |index: u32| Caller {
        number: (arguments.from_base + u64::from(index)).to_string(),
        start: Duration::from_secs_f64(f64::from(index) / arguments.rate),
        patience: draw(&mut random, arguments.patience_ms),
        talk: draw(&mut random, arguments.talk_ms),
    };
    (0..arguments.callers).map(caller).collect()
}

fn summarise(reports: &[CallReport], seed: u64) -> Summary {
    let count = |outcome: Outcome| reports.iter().filter(|r| r.outcome == outcome).count();
    let answered = |report: &&CallReport| report.outcome == Outcome::Answered;
    let mut waits: Vec<f64> = reports.iter().filter(answered).filter_map(|r| r.wait_ms).collect();
    waits.sort_by(f64::total_cmp);
    Summary {
        summary: true,
        seed,
        offered: reports.len(),
        answered: count(Outcome::Answered),
        abandoned: count(Outcome::Cancelled),
        failed: count(Outcome::Rejected) + count(Outcome::Failed),
        wait_ms: Waits {
            p50: percentile(&waits, 50),
            p90: percentile(&waits, 90),
            max: waits.last().copied(),
        },
        mos_min: reports.iter().filter_map(|r| r.mos).min_by(f64::total_cmp),
        packets_lost: reports.iter().map(|r| r.packets.lost).sum(),
        packets_received: reports.iter().map(|r| r.packets.received).sum(),
    }
}

/// Nearest rank.
fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Arguments, Task};
    use clap::Parser;

    #[test]
    fn the_same_seed_is_the_same_load() {
        let line = "hotline-phone swarm --to sip:1@h --callers 20 --rate 4";
        let Task::Swarm(arguments) = Arguments::parse_from(line.split(' ')).task else { panic!() };
        assert_eq!(plan(&arguments, 7), plan(&arguments, 7));
        assert_ne!(plan(&arguments, 7), plan(&arguments, 8));
        assert_eq!(plan(&arguments, 7)[4].start, Duration::from_secs(1));
        assert_eq!(plan(&arguments, 7)[4].number, "13800000004");
    }

    #[test]
    fn the_summary_counts_each_call_once() {
        let of =
            |outcome, wait| CallReport { outcome, wait_ms: Some(wait), ..CallReport::default() };
        let mut reports: Vec<CallReport> =
            (1..=10).map(|n| of(Outcome::Answered, f64::from(n))).collect();
        reports.extend([
            of(Outcome::Cancelled, 99.0),
            of(Outcome::Rejected, 1.0),
            of(Outcome::Failed, 1.0),
        ]);
        let summary = summarise(&reports, 1);
        assert_eq!(
            (summary.offered, summary.answered, summary.abandoned, summary.failed),
            (13, 10, 1, 2)
        );
        assert_eq!(summary.wait_ms, Waits { p50: Some(5.0), p90: Some(9.0), max: Some(10.0) });
        assert_eq!(summarise(&[], 1).wait_ms, Waits::default());
    }
}
