//! 排班遵守: what agents did beside what the roster said, from the log of their states.

use std::collections::BTreeMap;

use ::staffing::{
    Activity, ActualSpan, Adherence, PlannedSpan, adherence as compare, least_adherent_first,
    plan_of,
};
use serde::Serialize;
use types::{AgentId, Timestamp};
use utoipa::ToSchema;

use super::words::{Day, Days};
use super::{roster, standard};
use crate::service::{Context, ServiceError};
use crate::store::agent_log::{self, AgentChange};

/// Changes so long before the day tell in which state it found her.
const LOOK_BACK_DAYS: i64 = 1;

/// A day's adherence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AdherenceView {
    pub day: Day,
    /// Up to here; the end of the day where it is over.
    pub until: Timestamp,
    /// Least adherent first.
    pub people: Vec<AgentAdherence>,
}

/// One agent's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentAdherence {
    pub agent: AgentId,
    pub name: String,
    /// Null where nothing was planned.
    pub share_ppm: Option<u64>,
    pub planned_s: u64,
    pub kept_s: u64,
    /// A call reached into what was planned: not her fault.
    pub ran_over_s: u64,
    /// Work that nobody had planned.
    pub unplanned_s: u64,
    pub deviations: Vec<DeviationView>,
    /// Her shifts overlap: they cannot be compared.
    pub overlapping: bool,
}

/// A span in which plan and record differ. Activities: `on_line meal rest training meeting off`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeviationView {
    pub from: Timestamp,
    pub until: Timestamp,
    pub planned: &'static str,
    pub actual: &'static str,
    pub call_ran_over: bool,
}

/// Adherence of a day, or of its part that has passed. Nothing is kept of it: it follows from roster and log.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn adherence(ctx: &Context, day: Day) -> Result<AdherenceView, ServiceError> {
    let (from, until) = (day.start(), day.end().min(ctx.clock.now()));
    let mut tx = ctx.db.read().await?;
    let duties = roster::duties(ctx, &mut tx, Days { first: day, last: day }).await?;
    let since = day.plus(-LOOK_BACK_DAYS).start();
    let log = agent_log::between(&mut tx, &ctx.centre, since, until).await?;
    let people = roster::people(ctx, &mut tx).await?;
    let tolerance = standard::in_force_in(ctx, &mut tx).await?.tolerance();
    drop(tx);
    let window = (from, until.max(from));
    let mut plans: BTreeMap<AgentId, Vec<PlannedSpan>> = BTreeMap::new();
    for (_, duty) in &duties {
        plans.entry(duty.agent).or_default().extend(within(plan_of(duty), window));
    }
    let mut records: BTreeMap<AgentId, Vec<ActualSpan>> = BTreeMap::new();
    for changes in log.chunk_by(|one, other| one.agent == other.agent) {
        if let Some(first) = changes.first() {
            records.insert(first.agent, spans(changes, window));
        }
    }
    let (mut kept, mut overlapping) = (Vec::new(), Vec::new());
    for person in &people {
        let agent: AgentId = person.id.into();
        let mut plan = plans.remove(&agent).unwrap_or_default();
        plan.sort_unstable_by_key(|span| span.from);
        let record = records.remove(&agent).unwrap_or_default();
        match compare(&plan, &record, tolerance) {
            Ok(adherence) if !adherence.planned.is_zero() || !adherence.unplanned.is_zero() => {
                kept.push((agent, adherence));
            }
            Ok(_) => {}
            Err(_) => overlapping.push((agent, Adherence::default())),
        }
    }
    let names: BTreeMap<AgentId, &str> =
        people.iter().map(|person| (person.id.into(), person.display_name.as_str())).collect();
    let view = |(agent, kept): (AgentId, Adherence), overlapping: bool| {
        let name = names.get(&agent).copied().unwrap_or_default();
        view(agent, name, &kept, overlapping)
    };
    let mut shown: Vec<AgentAdherence> =
        overlapping.into_iter().map(|one| view(one, true)).collect();
    shown.extend(least_adherent_first(kept).into_iter().map(|one| view(one, false)));
    Ok(AdherenceView { day, until: window.1, people: shown })
}

fn view(agent: AgentId, name: &str, kept: &Adherence, overlapping: bool) -> AgentAdherence {
    let deviations = kept.deviations.iter().map(|deviation| DeviationView {
        from: deviation.from,
        until: deviation.until,
        planned: word(deviation.planned),
        actual: word(deviation.actual),
        call_ran_over: deviation.call_ran_over,
    });
    AgentAdherence {
        agent,
        name: name.to_owned(),
        share_ppm: kept.share().map(|share| (share.clamp(0.0, 1.0) * 1e6) as u64),
        planned_s: kept.planned.as_secs(),
        kept_s: kept.kept.as_secs(),
        ran_over_s: kept.ran_over.as_secs(),
        unplanned_s: kept.unplanned.as_secs(),
        deviations: deviations.collect(),
        overlapping,
    }
}

const fn word(activity: Activity) -> &'static str {
    match activity {
        Activity::OnLine => "on_line",
        Activity::Meal => "meal",
        Activity::Rest => "rest",
        Activity::Training => "training",
        Activity::Meeting => "meeting",
        Activity::Off => "off",
    }
}

/// The parts of a plan that lie in the window.
fn within(
    plan: Vec<PlannedSpan>,
    (from, until): (Timestamp, Timestamp),
) -> impl Iterator<Item = PlannedSpan> {
    let cut = move |span: PlannedSpan| PlannedSpan {
        from: span.from.max(from),
        until: span.until.min(until),
        ..span
    };
    plan.into_iter().map(cut).filter(|span| span.from < span.until)
}

/// What the log of one agent says of the window. Her last state before it reaches in.
fn spans(changes: &[AgentChange], (from, until): (Timestamp, Timestamp)) -> Vec<ActualSpan> {
    let ends = changes.iter().skip(1).map(|next| next.at).chain([until]);
    let spans = changes.iter().zip(ends).map(|(change, end)| ActualSpan {
        from: change.at.max(from),
        until: end.min(until),
        activity: activity(change),
        with_caller: matches!(change.to_state.as_str(), "talking" | "outbound"),
    });
    spans.filter(|span| span.from < span.until).collect()
}

/// What a state is for. Who signed in and is not yet ready, or whose phone fails, is not on the line.
fn activity(change: &AgentChange) -> Activity {
    match (change.to_state.as_str(), change.reason.as_deref()) {
        ("not_ready", Some("meal")) => Activity::Meal,
        ("not_ready", Some("training")) => Activity::Training,
        ("not_ready", Some("meeting")) => Activity::Meeting,
        ("not_ready", _) => Activity::Rest,
        ("signed_out", _) => Activity::Off,
        _ => Activity::OnLine,
    }
}
