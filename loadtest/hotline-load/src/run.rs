//! Drives one load: phones register, callers call, a window is measured, everybody hangs up; and
//! counts what the watched programs used meanwhile.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use anyhow::{Context as _, bail};
use hotline_phone::sip::digest::Credentials;
use serde::Serialize;

use crate::clock::{self, MS_NS, SECOND_NS};
use crate::engine::Engine;
use crate::measure::{self, Watched};
use crate::media::{Delay, MediaCounts};
use crate::outcome::{Counts, Delays, ms};
use crate::plan::{self, CallPlan};
use crate::scenario::{Callers, Registrations, Scenario};
use crate::stats::Summary;

/// Hanging up is spread over this span, so that the end of a load is no storm.
const END_SPREAD_NS: u64 = 2 * SECOND_NS;
/// How long phones may take to register beyond their pace, and calls to end beyond their plan.
const PATIENCE_NS: u64 = 60 * SECOND_NS;
/// Share of packets that may be missing, of calls that may fail, before a figure is none.
const LOST_SHARE_MAX: f64 = 0.001;
const FAILED_SHARE_MAX: f64 = 0.005;
/// Share of its one core that the generator may use, and of the machine that may be busy.
const GENERATOR_SHARE_MAX: f64 = 0.9;
const MACHINE_SHARE_MAX: f64 = 0.97;
/// Share of 1 ms slots that may be served more than 5 ms late.
const LATE_SHARE_MAX: f64 = 0.05;

/// Where a load goes.
#[derive(Debug, Clone)]
pub struct Target {
    pub peer: SocketAddrV4,
    /// Realm and domain of the registrar.
    pub domain: String,
    /// Phones that may register.
    pub credentials: Vec<Credentials>,
    pub watched: Vec<Watched>,
}

/// Use of processor and memory over a stretch of time.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Usage {
    pub seconds: f64,
    pub cpu_ms: BTreeMap<String, u64>,
    pub generator_cpu_ms: u64,
    pub machine_busy_share: f64,
    /// Cores used by programs that have nothing to do with the load.
    pub others_cores: f64,
}

impl Usage {
    /// Processor time of all watched programs together.
    #[must_use]
    pub fn total_cpu_ms(&self) -> u64 {
        self.cpu_ms.values().sum()
    }

    /// Of one core.
    #[must_use]
    pub fn generator_share(&self) -> f64 {
        crate::ceiling::ratio(self.generator_cpu_ms, self.seconds * 1_000.0)
    }
}

/// Raw figures of one load.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    pub name: String,
    pub seed: u64,
    pub calls: Counts,
    pub delays: Delays,
    pub registered: usize,
    pub register_failed: usize,
    pub register_ms: Option<Summary>,
    pub media: MediaCounts,
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

/// Counters at an instant.
#[derive(Debug)]
struct Mark {
    at_ns: u64,
    cpu_ms: BTreeMap<String, u64>,
    own_ms: u64,
    machine_ms: (u64, u64),
}

impl Mark {
    fn now(watched: &[Watched]) -> anyhow::Result<Self> {
        let mut cpu_ms = BTreeMap::new();
        for one in watched {
            let used = one.cpu_ms().with_context(|| format!("{} (pid {})", one.name, one.pid))?;
            *cpu_ms.entry(one.name.clone()).or_default() += used;
        }
        let (own_ms, _) = measure::own_cpu_ms()?;
        Ok(Self { at_ns: clock::now_ns(), cpu_ms, own_ms, machine_ms: measure::machine_ms()? })
    }

    fn usage_since(&self, before: &Self) -> Usage {
        let used = |(name, after): (&String, &u64)| {
            let before = before.cpu_ms.get(name).copied().unwrap_or(0);
            (name.clone(), after.saturating_sub(before))
        };
        let busy = self.machine_ms.0.saturating_sub(before.machine_ms.0);
        let all = self.machine_ms.1.saturating_sub(before.machine_ms.1);
        let seconds = ms(self.at_ns - before.at_ns) / 1_000.0;
        let cpu_ms: BTreeMap<String, u64> = self.cpu_ms.iter().map(used).collect();
        let generator_cpu_ms = self.own_ms.saturating_sub(before.own_ms);
        let ours = cpu_ms.values().sum::<u64>() + generator_cpu_ms;
        Usage {
            seconds,
            cpu_ms,
            generator_cpu_ms,
            machine_busy_share: crate::ceiling::ratio(busy, crate::ceiling::float(all)),
            others_cores: crate::ceiling::ratio(busy.saturating_sub(ours), seconds * 1_000.0),
        }
    }
}

/// Runs a load to its end.
///
/// # Errors
/// No sockets, phones that cannot register, a watched program that has ended.
pub fn run(scenario: &Scenario, target: &Target) -> anyhow::Result<RunReport> {
    let answer_after_ms = scenario.phones.as_ref().map_or((0, 0), |phones| phones.answer_after_ms);
    let mut engine = Engine::new(target.peer, scenario.seed, answer_after_ms)?;
    add_phones(scenario, target, &mut engine)?;
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
    let pss_before_kib = memory(&target.watched);
    let begun = Mark::now(&target.watched)?;
    rest(&mut engine, span.settle_ms * MS_NS)?;
    let mut window = measure_window(span.length_ms * MS_NS, target, &mut engine)?;
    window.in_window = calls;
    let whole = Mark::now(&target.watched)?.usage_since(&begun);
    Ok(report(scenario, engine, whole, window, pss_before_kib))
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
    let Some(phones) = scenario.phones.as_ref().filter(|phones| phones.register) else {
        return Ok(());
    };
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
    Ok(WindowReport { usage, in_window, pss_kib: memory(&target.watched) })
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

/// Memory of each watched program; one that cannot be read is left out.
fn memory(watched: &[Watched]) -> BTreeMap<String, u64> {
    watched.iter().filter_map(|one| Some((one.name.clone(), one.pss_kib().ok()?))).collect()
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
    let because = faults(scenario, counts, media, judged, &registers);
    RunReport {
        name: scenario.name.clone(),
        seed: scenario.seed,
        calls: counts,
        delays: Delays::of(&calls, &engine.events),
        registered: registers.accepted,
        register_failed: registers.failed,
        register_ms: Summary::of(registers.took_ns.iter().copied().map(ms).collect()),
        media,
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

/// Everything that keeps the figures from being figures.
fn faults(
    scenario: &Scenario,
    calls: Counts,
    media: MediaCounts,
    usage: &Usage,
    registers: &crate::engine::RegisterCounts,
) -> Vec<String> {
    let mut faults = Vec::new();
    let mut check = |good: bool, what: String| {
        if !good {
            faults.push(what);
        }
    };
    let wanted_answer =
        scenario.callers.as_ref().is_some() && scenario.phones.is_some() && calls.calls > 0;
    let failed = if wanted_answer {
        calls.calls - calls.answered + calls.hung_up_on
    } else {
        calls.refused + calls.silent
    };
    let share = |part: u64, whole: u64| crate::ceiling::ratio(part, crate::ceiling::float(whole));
    let failed_share = share(failed as u64, calls.calls as u64);
    check(failed_share <= FAILED_SHARE_MAX, format!("{failed} of {} calls failed", calls.calls));
    let lost = media.window_sent.saturating_sub(media.window_received);
    check(
        share(lost, media.window_sent) <= LOST_SHARE_MAX,
        format!("{lost} of {} packets were lost", media.window_sent),
    );
    check(
        share(media.late_slots, media.slots) <= LATE_SHARE_MAX,
        format!("{} of {} slots were served late", media.late_slots, media.slots),
    );
    let own = usage.generator_share();
    check(own <= GENERATOR_SHARE_MAX, format!("the generator used {own:.2} of its core"));
    let busy = usage.machine_busy_share;
    let others = usage.others_cores;
    check(
        busy <= MACHINE_SHARE_MAX,
        format!("the machine was {:.0} % busy, {others:.1} cores with other things", busy * 100.0),
    );
    check(registers.failed == 0, format!("{} registrations failed", registers.failed));
    faults
}
