//! Sound through the gateway beside the same sound through rtpengine, by the same generator: from a
//! trunk to desk phones, and to softphones.

use super::collect::{cpu_per_call_s, figure, lost_percent, middle};
use super::process::is_installed;
use super::queue::with_phones;
use super::recorded::yardstick;
use super::rtpengine::{FarEnd, Rtpengine};
use super::system::{Store, Wanted};
use super::{Bench, tell};
use crate::figure::{Peer, PeerRun};
use crate::run::{self, RunReport};
use crate::scenario::{PhoneKind, Scenario};

type Value = fn(&RunReport) -> Option<f64>;

/// A load of calls that only talk, and its words.
#[derive(Debug, Clone, Copy)]
struct Leg {
    scenario: &'static str,
    media: &'static str,
    far_end: FarEnd,
    /// Of processor time of rtpengine alone; then of ours: processor time, loss, delays.
    peers_name: &'static str,
    names: [&'static str; 4],
}

const PLAIN: Leg = Leg {
    scenario: "media",
    media: "rtp-rtp",
    far_end: FarEnd::Rtp,
    peers_name: "rtpengine_cpu_ms_per_call_s",
    names: [
        "relay_cpu_ms_per_call_s",
        "relay_loss_percent",
        "relay_delay_p50_ms",
        "relay_delay_p99_ms",
    ],
};

const SECURE: Leg = Leg {
    scenario: "media-srtp",
    media: "rtp-srtp",
    far_end: FarEnd::Browser,
    peers_name: "rtpengine_srtp_cpu_ms_per_call_s",
    names: [
        "srtp_cpu_ms_per_call_s",
        "srtp_loss_percent",
        "srtp_delay_p50_ms",
        "srtp_delay_p99_ms",
    ],
};

pub(super) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let peer = is_installed("rtpengine");
    if !peer {
        tell("rtpengine is not installed: its recorded figures stand in");
    }
    for leg in [PLAIN, SECURE] {
        let base = bench.scenario(leg.scenario)?;
        // Softphones are Ready by their headset checks, desk phones by this switch alone.
        let softphones =
            base.phones.as_ref().is_some_and(|phones| phones.kind == PhoneKind::Softphone);
        let ours = softphones || bench.knows("calls", "desk_phones_ready")?;
        if !ours {
            tell("no `calls.desk_phones_ready`: only the peer's sound can be measured");
        }
        for calls in bench.steps(&base) {
            let scenario = of_calls(&base, calls);
            let beside = if peer { relayed(bench, leg, &scenario, calls)? } else { Vec::new() };
            if ours {
                through_gateway(bench, leg, &scenario, calls, &beside)?;
            }
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

fn relayed(
    bench: &mut Bench,
    leg: Leg,
    scenario: &Scenario,
    calls: u32,
) -> anyhow::Result<Vec<RunReport>> {
    let load = format!("calls={calls} media={} relay=rtpengine", leg.media);
    let log = bench.options.out.join("raw/rtpengine.log");
    let reports = bench.repeat(scenario, &load, |one| {
        let mut relay = Rtpengine::start(&log)?;
        relay.measure(one, calls, leg.far_end)
    })?;
    let each: Value = |report| cpu_per_call_s(report, &["rtpengine"]);
    bench.add(figure(leg.peers_name, "ms", &load, &reports, each, None))?;
    Ok(reports)
}

fn through_gateway(
    bench: &mut Bench,
    leg: Leg,
    scenario: &Scenario,
    calls: u32,
    beside: &[RunReport],
) -> anyhow::Result<()> {
    let recorded = !bench.knows("acd", "record")?;
    let rec = if recorded { "on" } else { "off" };
    let load = format!("calls={calls} media={} rec={rec}", leg.media);
    let base = bench.scenario(leg.scenario)?;
    let wanted = Wanted { store: Store::Sqlite, agents: bench.accounts(&base), recorded };
    let reports = bench.repeat(scenario, &load, |one| {
        let mut system = bench.start_system(wanted)?;
        let target = match leg.far_end {
            FarEnd::Rtp => system.target()?,
            FarEnd::Browser => system.target_of_pages()?,
        };
        let report = run::run(one, &target);
        system.check()?;
        report
    })?;
    let rows: [(&str, Value, Value); 4] = [
        (
            "ms",
            |report| cpu_per_call_s(report, &["gateway"]),
            |report| cpu_per_call_s(report, &["rtpengine"]),
        ),
        ("%", lost_percent, lost_percent),
        ("ms", |r| Some(r.delay?.p50_ms), |r| Some(r.delay?.p50_ms)),
        ("ms", |r| Some(r.delay?.p99_ms), |r| Some(r.delay?.p99_ms)),
    ];
    for (name, (unit, own, other)) in leg.names.into_iter().zip(rows) {
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
