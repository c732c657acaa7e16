//! Drives one load: phones register, callers call, a window is measured, everybody hangs up.

mod shift;

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use anyhow::bail;
use hotline_phone::sip::digest::Credentials;
use serde::Serialize;

use crate::clock::{self, MS_NS, SECOND_NS};
use crate::engine::Engine;
use crate::measure::Watched;
use crate::media::{Delay, MediaCounts};
use crate::outcome::{Counts, Delays, ms};
use crate::plan::{self, CallPlan};
use crate::scenario::{Callers, PhoneKind, Phones, Registrations, Scenario};
use crate::stats::Summary;
use crate::usage::{Mark, Usage, memory};
use crate::verdict;

/// Hanging up is spread over this span, so that the end of a load is no storm.
const END_SPREAD_NS: u64 = 2 * SECOND_NS;
/// How long phones may take to register beyond their pace, and calls to end beyond their plan.
const PATIENCE_NS: u64 = 60 * SECOND_NS;

/// Where a load goes.
#[derive(Debug, Clone)]
pub struct Target {
    pub peer: SocketAddrV4,
    /// The server's pages, where softphones sign in.
    pub http: Option<SocketAddrV4>,
    /// Realm and domain of the registrar.
    pub domain: String,
    /// Phones that may register, or people who may sign in.
    pub credentials: Vec<Credentials>,
    pub watched: Vec<Watched>,
}

impl Target {
    /// Nobody registers there and nothing is watched.
    #[must_use]
    pub fn alone(peer: SocketAddrV4) -> Self {
        let (domain, credentials, watched) = (String::new(), Vec::new(), Vec::new());
        Self { peer, http: None, domain, credentials, watched }
    }
}

/// Raw figures of one load.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RunReport {
    pub name: String,
    pub seed: u64,
    pub calls: Counts,
    pub delays: Delays,
    pub registered: usize,
    pub register_failed: usize,
    pub register_ms: Option<Summary>,
    pub media: MediaCounts,
    /// How legs of WebRTC were protected.
    pub srtp: Option<String>,
    /// One-way time of probes of the window, through the peer.
    pub delay: Option<Delay>,
    /// First call to last end, and what was done behind.
    pub whole: Usage,
    /// The measuring window; absent in loads without one.
    pub window: Option<Usage>,
    /// How many calls were talking, or waiting, as the window opened.
    pub in_window: usize,
    pub pss_before_kib: BTreeMap<String, u64>,
    pub pss_window_kib: BTreeMap<String, u64>,
    pub saturated: bool,
    /// Why the figures are none.
    pub because: Vec<String>,
}

impl RunReport {
    /// Of a load that could not be put on: no figure, and why.
    #[must_use]
    pub fn failed(scenario: &Scenario, error: &anyhow::Error) -> Self {
        let (name, seed) = (scenario.name.clone(), scenario.seed);
        Self { name, seed, saturated: true, because: vec![format!("{error:#}")], ..Self::default() }
    }
}

/// Runs a load to its end.
///
/// # Errors
/// No sockets, phones that cannot register, a watched program that has ended.
pub fn run(scenario: &Scenario, target: &Target) -> anyhow::Result<RunReport> {
    let answer_after_ms = scenario.phones.as_ref().map_or((0, 0), |phones| phones.answer_after_ms);
    let mut engine = Engine::new(target.peer, scenario.seed, answer_after_ms)?;
    let softphones = |phones: &&Phones| phones.kind == PhoneKind::Softphone;
    match scenario.phones.as_ref().filter(softphones) {
        Some(phones) => shift::begin(phones, target, &mut engine)?,
        None => add_phones(scenario, target, &mut engine)?,
    }
    run_with(scenario, target, engine)
}

/// The same with phones that have been made before (a proxy must know their address).
///
/// # Errors
/// As [`run`].
pub fn run_with(
    scenario: &Scenario,
    target: &Target,
    mut engine: Engine,
) -> anyhow::Result<RunReport> {
    register_all(scenario, &mut engine)?;
    let plans = scenario.callers.as_ref().map_or_else(Vec::new, |c| plan::calls(c, scenario.seed));
    if let Some(callers) = &scenario.callers {
        let patience_ns = callers.patience_ms * MS_NS;
        engine.add_callers(&plans, &callers.dial, patience_ns, callers.rtp)?;
    }
    let settle_ms = scenario.phones.as_ref().map_or(0, |phones| phones.settle_ms);
    rest(&mut engine, settle_ms * MS_NS)?;
    engine.registers = crate::engine::RegisterCounts::default();
    engine.media.forget_slots();
    keep_registered(scenario, &plans, &mut engine);
    let pss_before_kib = memory(&target.watched);
    let begun = Mark::now(&target.watched)?;
    let mut window = WindowReport::default();
    if let Some(callers) = &scenario.callers {
        window = serve_callers(callers, &plans, target, &mut engine)?;
    }
    if let Some(registrations) = &scenario.registrations {
        serve_registrations(registrations, &mut engine)?;
    }
    rest(&mut engine, scenario.drain_ms * MS_NS)?;
    let whole = Mark::now(&target.watched)?.usage_since(&begun);
    Ok(report(scenario, engine, whole, window, pss_before_kib))
}

/// Measures sound that somebody else has started on the engine: a relay without signalling.
///
/// # Errors
/// A watched program has ended.
pub fn sound_only(
    scenario: &Scenario,
    target: &Target,
    mut engine: Engine,
    calls: usize,
) -> anyhow::Result<RunReport> {
    let Some(span) = scenario.callers.as_ref().and_then(|callers| callers.window) else {
        bail!("the load has no `callers.window`");
    };
    engine.media.forget_slots();
    let pss_before_kib = memory(&target.watched);
    let begun = Mark::now(&target.watched)?;
    rest(&mut engine, span.settle_ms * MS_NS)?;
    let mut window = measure_window(span.length_ms * MS_NS, target, &mut engine)?;
    window.in_window = calls;
    let whole = Mark::now(&target.watched)?.usage_since(&begun);
    Ok(report(scenario, engine, whole, window, pss_before_kib))
}

/// Waits until so many legs of WebRTC carry sound.
///
/// # Errors
/// They do not, in time.
pub fn wait_for_legs(engine: &mut Engine, count: usize) -> anyhow::Result<()> {
    let limit_ns = clock::now_ns() + PATIENCE_NS;
    loop {
        rest(engine, 20 * MS_NS)?;
        let legs = engine.media.ears.legs();
        if legs.connected >= count {
            return Ok(());
        }
        if legs.failed > 0 || clock::now_ns() > limit_ns {
            bail!("{} of {count} legs of WebRTC came up, {} failed", legs.connected, legs.failed);
        }
    }
}

/// The phones of a load, registered ones with the target's credentials.
fn add_phones(scenario: &Scenario, target: &Target, engine: &mut Engine) -> anyhow::Result<()> {
    let Some(phones) = &scenario.phones else { return Ok(()) };
    let count = phones.count as usize;
    if phones.register && target.credentials.len() < count {
        let known = target.credentials.len();
        bail!("{count} phones are to register but only {known} have a password (--phones)");
    }
    for index in 0..count {
        let who = target.credentials.get(index).filter(|_| phones.register);
        engine.add_phone(who.map(|who| (who, target.domain.as_str())), phones.rtp)?;
    }
    Ok(())
}

fn register_all(scenario: &Scenario, engine: &mut Engine) -> anyhow::Result<()> {
    let desks = |phones: &&Phones| phones.register && phones.kind == PhoneKind::Desk;
    let Some(phones) = scenario.phones.as_ref().filter(desks) else { return Ok(()) };
    let count = phones.count as usize;
    let begin_ns = clock::now_ns();
    for index in 0..count {
        engine.register_at(index, begin_ns + pace_ns(index, phones.register_per_s));
    }
    let limit_ns = begin_ns + pace_ns(count, phones.register_per_s) + PATIENCE_NS;
    while engine.phones_registered() < count {
        engine.step()?;
        if clock::now_ns() > limit_ns || engine.registers.failed > 0 {
            let (done, why) = (engine.phones_registered(), &engine.registers.last_failure);
            bail!("only {done} of {count} phones could register; last failure: {why:?}");
        }
    }
    Ok(())
}

/// Lets the phones register anew for as long as callers come.
fn keep_registered(scenario: &Scenario, plans: &[CallPlan], engine: &mut Engine) {
    let (Some(phones), Some(last)) = (&scenario.phones, plans.last()) else { return };
    let Some(every_s) = phones.refresh_every_s else { return };
    let now_ns = clock::now_ns();
    let every_ns = u64::from(every_s) * SECOND_NS;
    for round_ns in (every_ns..=last.start_ns + PATIENCE_NS).step_by(every_ns as usize) {
        for index in 0..phones.count as usize {
            engine.register_at(index, now_ns + round_ns + pace_ns(index, phones.register_per_s));
        }
    }
}

/// When number `index` of an even stream is due.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "spans of some hours at most, never negative"
)]
fn pace_ns(index: usize, per_s: f64) -> u64 {
    (index as f64 / per_s * SECOND_NS as f64) as u64
}

fn rest(engine: &mut Engine, span_ns: u64) -> anyhow::Result<()> {
    let until_ns = clock::now_ns() + span_ns;
    while clock::now_ns() < until_ns {
        engine.step()?;
    }
    Ok(())
}

#[derive(Debug, Default)]
struct WindowReport {
    usage: Option<Usage>,
    in_window: usize,
    srtp: Option<String>,
    pss_kib: BTreeMap<String, u64>,
}

fn serve_callers(
    callers: &Callers,
    plans: &[CallPlan],
    target: &Target,
    engine: &mut Engine,
) -> anyhow::Result<WindowReport> {
    let zero_ns = clock::now_ns() + 100 * MS_NS;
    engine.start_callers(plans, zero_ns);
    let last_ns = zero_ns + plans.last().map_or(0, |plan| plan.start_ns);
    let mut report = WindowReport::default();
    let mut limit_ns = last_ns + callers.patience_ms * MS_NS + PATIENCE_NS;
    if let Some((_, most_ms)) = callers.talk_ms {
        limit_ns += most_ms * MS_NS;
    }
    if let Some(window) = callers.window {
        rest(engine, (last_ns + window.settle_ms * MS_NS).saturating_sub(clock::now_ns()))?;
        report = measure_window(window.length_ms * MS_NS, target, engine)?;
        if callers.talk_ms.is_none() {
            engine.end_calls(clock::now_ns(), END_SPREAD_NS);
            limit_ns = clock::now_ns() + END_SPREAD_NS + PATIENCE_NS;
        }
    }
    while engine.callers_over() < plans.len() && clock::now_ns() < limit_ns {
        engine.step()?;
    }
    Ok(report)
}

fn measure_window(
    length_ns: u64,
    target: &Target,
    engine: &mut Engine,
) -> anyhow::Result<WindowReport> {
    let talking = engine.callers_talking();
    let in_window =
        if talking > 0 { talking } else { engine.calls().len() - engine.callers_over() };
    let opened = Mark::now(&target.watched)?;
    engine.media.set_window(true);
    rest(engine, length_ns)?;
    engine.media.set_window(false);
    let usage = Some(Mark::now(&target.watched)?.usage_since(&opened));
    // Packets under way still count as received; then memory is read, which takes a while.
    rest(engine, 200 * MS_NS)?;
    let srtp = engine.media.ears.legs().profile;
    Ok(WindowReport { usage, in_window, srtp, pss_kib: memory(&target.watched) })
}

fn serve_registrations(load: &Registrations, engine: &mut Engine) -> anyhow::Result<()> {
    let begin_ns = clock::now_ns();
    let count = load.count as usize;
    for index in 0..count {
        engine.register_at(index, begin_ns + pace_ns(index, load.rate_per_s));
    }
    let limit_ns = begin_ns + pace_ns(count, load.rate_per_s) + PATIENCE_NS;
    while engine.registers.accepted + engine.registers.failed < count && clock::now_ns() < limit_ns
    {
        engine.step()?;
    }
    Ok(())
}

fn report(
    scenario: &Scenario,
    mut engine: Engine,
    whole: Usage,
    window: WindowReport,
    pss_before_kib: BTreeMap<String, u64>,
) -> RunReport {
    let calls = engine.calls();
    let counts = Counts::of(&calls);
    let media = engine.media.counts();
    let registers = std::mem::take(&mut engine.registers);
    let judged = window.usage.as_ref().unwrap_or(&whole);
    let all_are_answered = scenario.callers.is_some() && scenario.phones.is_some();
    let because = verdict::faults(all_are_answered, counts, media, judged, registers.failed);
    RunReport {
        name: scenario.name.clone(),
        seed: scenario.seed,
        calls: counts,
        delays: Delays::of(&calls, &engine.events),
        registered: registers.accepted,
        register_failed: registers.failed,
        register_ms: Summary::of(registers.took_ns.iter().copied().map(ms).collect()),
        media,
        srtp: window.srtp,
        delay: engine.media.delay(),
        whole,
        window: window.usage,
        in_window: window.in_window,
        pss_before_kib,
        pss_window_kib: window.pss_kib,
        saturated: !because.is_empty(),
        because,
    }
}
