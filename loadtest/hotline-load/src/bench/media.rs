//! Sound through the gateway beside the same sound through rtpengine, by the same generator.

use super::collect::{cpu_per_call_s, figure, lost_percent, middle};
use super::process::is_installed;
use super::queue::with_phones;
use super::recorded::yardstick;
use super::rtpengine::Rtpengine;
use super::system::{Store, Wanted};
use super::{Bench, tell};
use crate::figure::{Peer, PeerRun};
use crate::run::{self, RunReport};
use crate::scenario::Scenario;

type Value = fn(&RunReport) -> Option<f64>;

pub(super) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let base = bench.scenario("media")?;
    let ours = bench.knows("calls", "desk_phones_ready")?;
    if !ours {
        tell(
            "no `calls.desk_phones_ready`: the gateway's sound cannot be measured, only the peer's",
        );
    }
    let peer = is_installed("rtpengine");
    if !peer {
        tell("rtpengine is not installed: its recorded figures stand in");
    }
    for calls in bench.steps(&base) {
        let scenario = of_calls(&base, calls);
        let beside = if peer { relayed(bench, &scenario, calls)? } else { Vec::new() };
        if ours {
            through_gateway(bench, &scenario, calls, &beside)?;
        }
    }
    Ok(())
}

fn of_calls(base: &Scenario, calls: u32) -> Scenario {
    let mut scenario = with_phones(base, calls);
    if let Some(callers) = &mut scenario.callers {
        callers.calls = calls;
    }
    scenario
}

fn relayed(bench: &mut Bench, scenario: &Scenario, calls: u32) -> anyhow::Result<Vec<RunReport>> {
    let load = format!("calls={calls} media=rtp-rtp relay=rtpengine");
    let log = bench.options.out.join("raw/rtpengine.log");
    let reports = bench.repeat(scenario, &load, |one| {
        let mut relay = Rtpengine::start(&log)?;
        relay.measure(one, calls)
    })?;
    let each: Value = |report| cpu_per_call_s(report, &["rtpengine"]);
    bench.add(figure("rtpengine_cpu_ms_per_call_s", "ms", &load, &reports, each, None))?;
    Ok(reports)
}

fn through_gateway(
    bench: &mut Bench,
    scenario: &Scenario,
    calls: u32,
    beside: &[RunReport],
) -> anyhow::Result<()> {
    let recorded = !bench.knows("calls", "record")?;
    let rec = if recorded { "on" } else { "off" };
    let load = format!("calls={calls} media=rtp-rtp rec={rec}");
    let base = bench.scenario("media")?;
    let wanted = Wanted { store: Store::Sqlite, agents: bench.accounts(&base), recorded };
    let reports = bench.repeat(scenario, &load, |one| {
        let mut system = bench.start_system(wanted)?;
        let report = run::run(one, &system.target()?);
        system.check()?;
        report
    })?;
    let rows: [(&str, &str, Value, Value); 4] = [
        (
            "relay_cpu_ms_per_call_s",
            "ms",
            |report| cpu_per_call_s(report, &["gateway"]),
            |report| cpu_per_call_s(report, &["rtpengine"]),
        ),
        ("relay_loss_percent", "%", lost_percent, lost_percent),
        ("relay_delay_p50_ms", "ms", |r| Some(r.delay?.p50_ms), |r| Some(r.delay?.p50_ms)),
        ("relay_delay_p99_ms", "ms", |r| Some(r.delay?.p99_ms), |r| Some(r.delay?.p99_ms)),
    ];
    for (name, unit, own, other) in rows {
        let now = middle(beside, other).map(|value| Peer {
            name: "rtpengine".to_owned(),
            value,
            run: PeerRun::Same,
        });
        let peer = now.or_else(|| yardstick(name, calls));
        bench.add(figure(name, unit, &load, &reports, own, peer))?;
    }
    Ok(())
}
