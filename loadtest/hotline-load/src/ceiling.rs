//! The generator against itself: how many calls and packets per second it can make before it is late,
//! so that a figure can be told from the generator's own limit.

use std::net::{Ipv4Addr, SocketAddrV4};

use serde::Serialize;

use crate::clock::{self, SECOND_NS};
use crate::engine::Engine;
use crate::run::{self, RunReport, Target};
use crate::scenario::{Arrivals, Callers, PhoneKind, Phones, Scenario, Window};

/// Steps tried: calls per second, and calls with sound.
const CALL_STEPS: [u32; 6] = [100, 250, 500, 1_000, 2_000, 4_000];
const SOUND_STEPS: [u32; 6] = [100, 250, 500, 1_000, 2_000, 3_000];

/// One step.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Calls per second, or calls with sound in both directions.
    pub load: u32,
    pub packets_per_s: u64,
    pub core_share: f64,
    /// One-way time of probes from the generator to itself: what it adds to every delay.
    pub delay_p99_ms: Option<f64>,
    /// Processor time of the generator per call, or per call-second.
    pub cpu_ms_each: f64,
    pub clean: bool,
    pub because: Vec<String>,
}

/// The last clean steps and all steps.
#[derive(Debug, Clone, Serialize)]
pub struct Ceiling {
    pub calls_per_s: Option<u32>,
    pub calls_with_sound: Option<u32>,
    pub packets_per_s: Option<u64>,
    /// Calls of which one leg is WebRTC.
    pub calls_with_srtp: Option<u32>,
    pub call_steps: Vec<Step>,
    pub sound_steps: Vec<Step>,
    pub srtp_steps: Vec<Step>,
}

/// Climbs until a step is not clean.
///
/// # Errors
/// No sockets.
pub fn climb(quick: bool) -> anyhow::Result<Ceiling> {
    let seconds = if quick { 3 } else { 10 };
    let mut call_steps = Vec::new();
    for rate in CALL_STEPS {
        let report = against_itself(&calls_at(rate, seconds))?;
        let calls = float(report.calls.calls as u64);
        let each = ratio(report.whole.generator_cpu_ms, calls);
        call_steps.push(step(rate, &report, each));
        if report.saturated {
            break;
        }
    }
    let mut sound_steps = Vec::new();
    for calls in SOUND_STEPS {
        let report = against_itself(&sound_of(calls, seconds))?;
        let window = report.window.clone().unwrap_or_default();
        let each = ratio(window.generator_cpu_ms, f64::from(calls) * window.seconds);
        sound_steps.push(step(calls, &report, each));
        if report.saturated {
            break;
        }
    }
    let mut srtp_steps = Vec::new();
    for calls in SOUND_STEPS {
        let report = srtp_against_itself(calls, seconds)
            .unwrap_or_else(|error| RunReport::failed(&sound_of(calls, seconds), &error));
        let window = report.window.clone().unwrap_or_default();
        let each = ratio(window.generator_cpu_ms, f64::from(calls) * window.seconds);
        srtp_steps.push(step(calls, &report, each));
        if report.saturated {
            break;
        }
    }
    let last = |steps: &[Step]| steps.iter().rev().find(|step| step.clean).cloned();
    Ok(Ceiling {
        calls_per_s: last(&call_steps).map(|step| step.load),
        calls_with_sound: last(&sound_steps).map(|step| step.load),
        packets_per_s: last(&sound_steps).map(|step| step.packets_per_s),
        calls_with_srtp: last(&srtp_steps).map(|step| step.load),
        call_steps,
        sound_steps,
        srtp_steps,
    })
}

fn step(load: u32, report: &RunReport, cpu_ms_each: f64) -> Step {
    let usage = report.window.as_ref().unwrap_or(&report.whole);
    // Sent and received: each is a packet that the generator handles.
    let packets = report.media.window_sent + report.media.window_received;
    Step {
        load,
        packets_per_s: whole_per_s(packets, usage.seconds),
        core_share: usage.generator_share(),
        delay_p99_ms: report.delay.map(|delay| delay.p99_ms),
        cpu_ms_each,
        clean: !report.saturated,
        because: report.because.clone(),
    }
}

/// Callers and one phone that takes all calls, in one process.
///
/// # Errors
/// No sockets.
pub fn against_itself(scenario: &Scenario) -> anyhow::Result<RunReport> {
    let nowhere = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9);
    let answer_after_ms = scenario.phones.as_ref().map_or((0, 0), |phones| phones.answer_after_ms);
    let mut engine = Engine::new(nowhere, scenario.seed, answer_after_ms)?;
    let rtp = scenario.phones.as_ref().is_some_and(|phones| phones.rtp);
    let phone = engine.add_phone(None, rtp)?;
    engine.set_peer(phone);
    run::run_with(scenario, &Target::alone(phone), engine)
}

/// As much sound as `calls` calls between a trunk and a softphone have: as many plain legs and as many
/// of WebRTC, which talk in pairs.
///
/// # Errors
/// No sockets; legs that do not come up.
pub fn srtp_against_itself(calls: u32, seconds: u32) -> anyhow::Result<RunReport> {
    let nowhere = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9);
    let mut scenario = sound_of(calls, seconds);
    scenario.name = format!("ceiling-srtp-{calls}");
    let mut engine = Engine::new(nowhere, scenario.seed, (0, 0))?;
    for pair in 0..calls.div_ceil(2) as usize {
        let ((a, at_a), (b, at_b)) =
            (engine.media.port_of(2 * pair), engine.media.port_of(2 * pair + 1));
        engine.media.start(a, at_b);
        engine.media.start(b, at_a);
        engine.media.connect_secure(clock::now_ns())?;
        engine.step()?;
    }
    let legs = 2 * calls.div_ceil(2) as usize;
    run::wait_for_legs(&mut engine, legs)?;
    run::sound_only(&scenario, &Target::alone(nowhere), engine, calls as usize)
}

fn phones(rtp: bool) -> Phones {
    Phones {
        count: 1,
        kind: PhoneKind::Desk,
        register: false,
        register_per_s: 1.0,
        refresh_every_s: None,
        settle_ms: 0,
        answer_after_ms: (0, 0),
        rtp,
    }
}

/// Short calls without sound.
#[must_use]
pub fn calls_at(rate: u32, seconds: u32) -> Scenario {
    let callers = Callers {
        calls: rate * seconds,
        rate_per_s: f64::from(rate),
        arrivals: Arrivals::Even,
        dial: "12345".to_owned(),
        first_number: 13_800_000_000,
        talk_ms: Some((100, 100)),
        patience_ms: 20_000,
        patience_mean_ms: None,
        numbers: None,
        rtp: false,
        window: None,
    };
    let name = format!("ceiling-calls-{rate}");
    let (callers, phones) = (Some(callers), Some(phones(false)));
    load(name, callers, phones)
}

/// Calls that only talk.
#[must_use]
pub fn sound_of(calls: u32, seconds: u32) -> Scenario {
    let callers = Callers {
        calls,
        rate_per_s: 500.0,
        arrivals: Arrivals::Even,
        dial: "12345".to_owned(),
        first_number: 13_800_000_000,
        talk_ms: None,
        patience_ms: 20_000,
        patience_mean_ms: None,
        numbers: None,
        rtp: true,
        window: Some(Window { settle_ms: 500, length_ms: u64::from(seconds) * 1_000 }),
    };
    let name = format!("ceiling-sound-{calls}");
    let (callers, phones) = (Some(callers), Some(phones(true)));
    load(name, callers, phones)
}

fn load(name: String, callers: Option<Callers>, phones: Option<Phones>) -> Scenario {
    let (steps, quick_steps) = (Vec::new(), Vec::new());
    let registrations = None;
    Scenario { name, seed: 1, callers, phones, registrations, steps, quick_steps, drain_ms: 200 }
}

/// A count as a number to divide.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of a load, far below 2^52")]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// `part` of `whole`; 0 of nothing.
#[must_use]
pub fn ratio(part: u64, whole: f64) -> f64 {
    if whole > 0.0 { float(part) / whole } else { 0.0 }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate, never negative"
)]
fn whole_per_s(count: u64, seconds: f64) -> u64 {
    ratio(count, seconds).min(float(SECOND_NS)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_can_call_itself() {
        let report = against_itself(&calls_at(20, 1)).unwrap();
        assert_eq!((report.calls.answered, report.calls.hung_up_on), (20, 0));
        assert!(report.delays.offer_ms.unwrap().n == 20);
    }

    #[test]
    fn a_load_that_could_not_be_put_on_has_no_figure_and_says_why() {
        let error = anyhow::anyhow!("a port is taken").context("phones");
        let report = RunReport::failed(&sound_of(5, 1), &error);
        assert!(report.saturated && report.window.is_none());
        assert_eq!(report.because, ["phones: a port is taken"]);
    }

    #[test]
    fn sound_flows_both_ways_and_none_is_lost() {
        let report = against_itself(&sound_of(5, 1)).unwrap();
        let media = report.media;
        assert!((450..=550).contains(&media.window_sent), "{media:?}");
        assert_eq!(media.window_received, media.window_sent);
        assert_eq!(report.in_window, 5);
        assert!(report.delay.is_some());
    }

    #[test]
    fn protected_sound_flows_both_ways_and_none_is_lost() {
        let report = srtp_against_itself(4, 1).unwrap();
        let media = report.media;
        assert!((350..=450).contains(&media.window_sent), "{media:?}");
        assert_eq!(media.window_received, media.window_sent);
        assert!(report.srtp.unwrap().contains("GCM"));
    }
}
