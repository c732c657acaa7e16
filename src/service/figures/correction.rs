//! What was shown and is known better since: marked corrections, never a replacement.

use figures::{AsOf, Change, Correction, Group, Reason, Value, correct};
use serde::Serialize;
use types::{AgentId, CallId, Timestamp};
use utoipa::ToSchema;

use super::cache::{in_background, take, turn};
use super::ledger::load;
use super::question::period;
use super::rows::{Names, names};
use super::shown::as_of;
use super::view::AsOfView;
use super::words;
use crate::service::{Context, ServiceError};
use crate::store;

/// Showings of a span that are compared, from the newest back.
const SHOWN_MAX: i64 = 6;
/// Changes and reasons told of one correction; how many there are is told as well.
const TOLD_MAX: usize = 200;

/// The marked difference of two showings of one span, or of the last one and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CorrectionView {
    pub shown: AsOfView,
    pub corrected: AsOfView,
    /// The whole span and its days first.
    pub changes: Vec<ChangeView>,
    pub changes_total: u64,
    pub reasons: Vec<ReasonView>,
    pub reasons_total: u64,
}

/// One figure before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangeView {
    pub from: Timestamp,
    pub until: Timestamp,
    /// `total day half_hour skill number agent dial_test`.
    pub group: String,
    pub key: String,
    /// Without the calls of approved exclusions.
    pub marked: bool,
    pub figure: String,
    /// In Chinese.
    pub name: String,
    /// Null where there was no such figure.
    pub was: Option<ValueView>,
    pub is: Option<ValueView>,
}

/// A figure: `count` and `us` have a part alone, `share` and `mean_us` also a whole, `time` an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ValueView {
    pub unit: &'static str,
    pub part: Option<u64>,
    pub whole: Option<u64>,
    pub at: Option<Timestamp>,
}

/// Why figures changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonView {
    /// `call agent return exclusion_approved exclusion_revoked dial_finding time_passed`.
    pub reason: String,
    pub call: Option<CallId>,
    pub agent: Option<AgentId>,
    /// In Chinese.
    pub text: String,
    /// Event numbers that became known in between.
    pub events: Vec<String>,
}

/// What has changed from showing to showing of exactly this span and since the last, oldest first.
///
/// # Errors
/// [`ServiceError::Fields`], [`ServiceError::Refused`] (`span_too_busy`), [`ServiceError::Away`].
pub async fn corrections(
    ctx: &Context,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<CorrectionView>, ServiceError> {
    let period = period(from, until)?;
    let mut tx = ctx.db.read().await?;
    let mut shown =
        store::shown_figures::of_period(&mut tx, &ctx.centre, from, until, SHOWN_MAX).await?;
    drop(tx);
    shown.reverse();
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let now = take(ctx, period, None).await?;
    let mut moments: Vec<(AsOf, &str)> =
        shown.iter().map(|row| (as_of(row), row.digest.as_str())).collect();
    moments.push((now.report.as_of.clone(), &now.digest));
    let pairs: Vec<(AsOf, AsOf)> = (moments.windows(2))
        .filter_map(|two| match two {
            [(was, before), (is, after)] if before != after => Some((was.clone(), is.clone())),
            _ => None,
        })
        .collect();
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let names = names(ctx).await?;
    let _turn = turn(ctx).await?;
    let known: Vec<_> = pairs.iter().flat_map(|(was, is)| [&was.events, &is.events]).collect();
    let material = load(ctx, period, &known).await?;
    in_background(move || {
        let found =
            pairs.iter().filter_map(|(was, is)| correct(&material.sources(), period, was, is));
        found.map(|correction| view(correction, &names)).collect()
    })
    .await
}

fn view(mut correction: Correction, names: &Names) -> CorrectionView {
    correction.changes.sort_by(|a, b| (&a.group, a.from).cmp(&(&b.group, b.from)));
    CorrectionView {
        shown: AsOfView::of(&correction.shown),
        corrected: AsOfView::of(&correction.corrected),
        changes_total: correction.changes.len() as u64,
        changes: correction.changes.iter().take(TOLD_MAX).map(|of| change(of, names)).collect(),
        reasons_total: correction.reasons.len() as u64,
        reasons: correction.reasons.iter().take(TOLD_MAX).map(|of| reason(of, names)).collect(),
    }
}

fn change(change: &Change, names: &Names) -> ChangeView {
    let (group, key) = group(&change.group, names);
    ChangeView {
        from: change.from,
        until: change.until,
        group: group.to_owned(),
        key,
        marked: change.marked,
        figure: change.figure.clone(),
        name: words::figure(&change.figure).0,
        was: change.was.map(value),
        is: change.is.map(value),
    }
}

pub(super) fn group(group: &Group, names: &Names) -> (&'static str, String) {
    match group {
        Group::Total => ("total", String::new()),
        Group::Day => ("day", String::new()),
        Group::HalfHour => ("half_hour", String::new()),
        Group::Skill { skill } => {
            ("skill", skill.as_ref().map(ToString::to_string).unwrap_or_default())
        }
        Group::Number { dialled } => ("number", dialled.clone()),
        Group::Agent { agent } => ("agent", name(*agent, names)),
        Group::DialTest { batch } => ("dial_test", batch.clone()),
    }
}

fn name(agent: AgentId, names: &Names) -> String {
    names.get(&agent).cloned().unwrap_or_else(|| agent.to_string())
}

fn value(value: Value) -> ValueView {
    let (unit, part, whole, at) = match value {
        Value::Count { count } => ("count", Some(count), None, None),
        Value::Share { part, whole } => ("share", Some(part), Some(whole), None),
        Value::Mean { us, count } => ("mean_us", Some(us), Some(count), None),
        Value::Span { us } => ("us", Some(us), None, None),
        Value::Time { at } => ("time", None, None, Some(at)),
    };
    ValueView { unit, part, whole, at }
}

fn reason(reason: &Reason, names: &Names) -> ReasonView {
    let places = |events: &[figures::Place]| -> Vec<String> {
        events.iter().map(|place| format!("{}:{}", place.journal, place.entry)).collect()
    };
    let bare = |reason: &str, text: String| ReasonView {
        reason: reason.to_owned(),
        call: None,
        agent: None,
        text,
        events: Vec::new(),
    };
    match reason {
        Reason::Call { call, rang_at, events, .. } => ReasonView {
            call: Some(*call),
            events: places(events),
            ..bare("call", format!("{rang_at} 的来电有了新的记录"))
        },
        Reason::Agent { agent, events } => ReasonView {
            agent: Some(*agent),
            events: places(events),
            ..bare("agent", format!("{}的工作记录有补充", name(*agent, names)))
        },
        Reason::Return { call, .. } => ReasonView {
            call: Some(*call),
            ..bare("return", "漏接回拨的情况有变化".to_owned())
        },
        Reason::ExclusionApproved { exclusion } => {
            bare("exclusion_approved", format!("剔除事件 {} 获批准", exclusion.0))
        }
        Reason::ExclusionRevoked { exclusion } => {
            bare("exclusion_revoked", format!("剔除事件 {} 被撤销", exclusion.0))
        }
        Reason::DialFinding { batch, number } => {
            bare("dial_finding", format!("拨测批次 {batch} 第 {number} 次的结果补登"))
        }
        Reason::TimePassed { .. } => {
            bare("time_passed", "时间推移：当时仍在进行的通话、回拨时限等已有结果".to_owned())
        }
    }
}
