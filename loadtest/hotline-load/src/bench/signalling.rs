//! Registering and short calls: the gateway beside Kamailio and SIPp, by the same generator.

use super::collect::{cpu_per_call, figure, middle};
use super::kamailio::Kamailio;
use super::process::is_installed;
use super::recorded::yardstick;
use super::system::{Store, Wanted};
use super::{Bench, sipp, tell};
use crate::ceiling::{float, ratio};
use crate::engine::Engine;
use crate::figure::{Figure, Peer, PeerRun};
use crate::run::{self, RunReport, Target};
use crate::scenario::Scenario;

pub(super) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let kamailio = is_installed("kamailio");
    if !kamailio {
        tell("kamailio is not installed: its recorded figures stand in");
    }
    registering(bench, kamailio)?;
    short_calls(bench, kamailio)
}

fn registering(bench: &mut Bench, kamailio: bool) -> anyhow::Result<()> {
    let base = bench.scenario("register")?;
    for rate in bench.steps(&base) {
        let scenario = at_register_rate(&base, rate);
        let phones = base.phones.as_ref().map_or(1, |phones| phones.count);
        let mut beside = Vec::new();
        if kamailio {
            let load = format!("registers_per_s={rate} auth=none peer=kamailio");
            beside = bench.repeat(&scenario, &load, |one| through_kamailio(bench, one))?;
            let each = |report: &RunReport| per_register(report, &["kamailio"]);
            bench.add(figure("kamailio_register_cpu_ms", "ms", &load, &beside, each, None))?;
        }
        let load = format!("registers_per_s={rate} phones={phones} auth=digest store=sqlite");
        let wanted = Wanted { store: Store::Sqlite, agents: phones, recorded: true };
        let reports = bench.repeat(&scenario, &load, |one| through_gateway(bench, one, wanted))?;
        let now = middle(&beside, |report| per_register(report, &["kamailio"]));
        let peer = now.map(kamailio_now).or_else(|| yardstick("register_cpu_ms", rate));
        let each = |report: &RunReport| per_register(report, &["gateway"]);
        bench.add(figure("register_cpu_ms", "ms", &load, &reports, each, peer))?;
    }
    Ok(())
}

fn short_calls(bench: &mut Bench, kamailio: bool) -> anyhow::Result<()> {
    let base = bench.scenario("calls")?;
    let ours = bench.knows("calls", "desk_phones_ready")?;
    if !ours {
        tell("no `calls.desk_phones_ready`: short calls are measured through the peers alone");
    }
    for rate in bench.steps(&base) {
        let scenario = at_call_rate(&base, rate);
        if is_installed("sipp") {
            alone(bench, &scenario, rate)?;
        }
        let mut beside = Vec::new();
        if kamailio {
            let load = format!("cps={rate} peer=kamailio");
            beside = bench.repeat(&scenario, &load, |one| through_kamailio(bench, one))?;
            let each = |report: &RunReport| cpu_per_call(report, &["kamailio"]);
            bench.add(figure("kamailio_call_cpu_ms", "ms", &load, &beside, each, None))?;
        }
        if ours {
            b2bua(bench, &scenario, rate, &beside)?;
        }
    }
    Ok(())
}

fn b2bua(
    bench: &mut Bench,
    scenario: &Scenario,
    rate: u32,
    beside: &[RunReport],
) -> anyhow::Result<()> {
    let agents = scenario.phones.as_ref().map_or(1, |phones| phones.count);
    let recorded = !bench.knows("acd", "record")?;
    let rec = if recorded { "on" } else { "off" };
    let load = format!("cps={rate} agents={agents} store=sqlite rec={rec}");
    let wanted = Wanted { store: Store::Sqlite, agents, recorded };
    let reports = bench.repeat(scenario, &load, |one| through_gateway(bench, one, wanted))?;
    let now = middle(beside, |report| cpu_per_call(report, &["kamailio"]));
    let peer = now.map(kamailio_now).or_else(|| yardstick("b2bua_call_cpu_ms", rate));
    let each = |report: &RunReport| cpu_per_call(report, &["gateway"]);
    bench.add(figure("b2bua_call_cpu_ms", "ms", &load, &reports, each, peer))?;
    let all = |report: &RunReport| cpu_per_call(report, &["hotline", "gateway"]);
    bench.add(figure("short_call_cpu_ms", "ms", &load, &reports, all, None))
}

fn alone(bench: &mut Bench, scenario: &Scenario, rate: u32) -> anyhow::Result<()> {
    let calls = scenario.callers.as_ref().map_or(0, |callers| callers.calls);
    tell(&format!("sipp cps={rate}"));
    let mut figure = Figure::new("sipp_call_cpu_ms", "ms", format!("cps={rate} peer=itself"));
    figure.value = Some(sipp::call_cpu_ms(rate, calls, &bench.options.out.join("raw"))?);
    figure.runs = 1;
    bench.add(figure)
}

fn kamailio_now(value: f64) -> Peer {
    Peer { name: "kamailio".to_owned(), value, run: PeerRun::Same }
}

fn per_register(report: &RunReport, programs: &[&str]) -> Option<f64> {
    let used: u64 = programs.iter().filter_map(|name| report.whole.cpu_ms.get(*name)).sum();
    (report.registered > 0).then(|| ratio(used, float(report.registered as u64)))
}

fn at_register_rate(base: &Scenario, rate: u32) -> Scenario {
    let mut scenario = base.clone();
    if let Some(registrations) = &mut scenario.registrations {
        // As long as the file says at its own rate.
        registrations.count = scaled(registrations.count, registrations.rate_per_s, rate);
        registrations.rate_per_s = f64::from(rate);
    }
    scenario
}

fn at_call_rate(base: &Scenario, rate: u32) -> Scenario {
    let mut scenario = base.clone();
    if let Some(callers) = &mut scenario.callers {
        callers.calls = scaled(callers.calls, callers.rate_per_s, rate);
        callers.rate_per_s = f64::from(rate);
    }
    scenario
}

/// A count that takes as long at another rate.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of calls")]
fn scaled(count: u32, per_s: f64, rate: u32) -> u32 {
    (f64::from(count) / per_s * f64::from(rate)).round().max(1.0) as u32
}

fn through_gateway(
    bench: &Bench,
    scenario: &Scenario,
    wanted: Wanted,
) -> anyhow::Result<RunReport> {
    let mut system = bench.start_system(wanted)?;
    let report = run::run(scenario, &system.target()?);
    system.check()?;
    report
}

/// The same load through Kamailio: its registrar asks for no password, its calls go to one phone.
fn through_kamailio(bench: &Bench, scenario: &Scenario) -> anyhow::Result<RunReport> {
    let folder = bench.options.out.join("raw");
    let mut scenario = scenario.clone();
    let Some(phones) = &mut scenario.phones else { anyhow::bail!("the load has no phones") };
    let answer_after_ms = phones.answer_after_ms;
    let mut credentials = Vec::new();
    if scenario.registrations.is_some() {
        for index in 0..phones.count {
            let user = format!("desk{index:05}");
            credentials.push(hotline_phone::Credentials { user, password: String::new() });
        }
        let kamailio =
            Kamailio::start(std::net::SocketAddrV4::new([127, 0, 0, 1].into(), 9), &folder)?;
        let watched = vec![kamailio.watched()];
        let (peer, domain) = (kamailio.address, "hotline.local".to_owned());
        return run::run(&scenario, &Target { peer, http: None, domain, credentials, watched });
    }
    phones.count = 1;
    phones.register = false;
    let nowhere = std::net::SocketAddrV4::new([127, 0, 0, 1].into(), 9);
    let mut engine = Engine::new(nowhere, scenario.seed, answer_after_ms)?;
    let phone = engine.add_phone(None, phones.rtp)?;
    let kamailio = Kamailio::start(phone, &folder)?;
    engine.set_peer(kamailio.address);
    let watched = vec![kamailio.watched()];
    let (peer, domain) = (kamailio.address, "hotline.local".to_owned());
    run::run_with(&scenario, &Target { peer, http: None, domain, credentials, watched }, engine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_rate_takes_as_long() {
        assert_eq!(scaled(1_000, 50.0, 200), 4_000);
        assert_eq!(scaled(10, 500.0, 10), 1);
    }
}
