//! 剔除事件: proposed by one person with reason and span, approved by another. It takes nothing out of any
//! figure: an approved one gives a marked figure beside the raw one (`domain.md` section 15).

use figures::{Exclusion, ExclusionError, ExclusionId, ExclusionKind, Signature};
use serde::{Deserialize, Serialize};
use types::{AuditId, Role, Timestamp, UserId};
use utoipa::ToSchema;

use super::cache::turn;
use super::question::{fault, period};
use super::rows::{Names, names};
use super::words;
use crate::service::call::fold::word;
use crate::service::session::Person;
use crate::service::{Context, ServiceError};
use crate::store::audit::AuditLine;
use crate::store::exclusion::ExclusionRow;
use crate::store::{self, StoreError, Tx};

/// Who may propose: those who run the floor and those who answer for it.
const PROPOSERS: &[Role] = &[Role::TeamLeader, Role::Supervisor];
/// Who may sign second: exemptions are the hotline office's (`domain.md` section 11).
const APPROVERS: &[Role] = &[Role::Supervisor];
/// Longest reason, in characters.
const WHAT_LEN_MAX: usize = 500;
/// Longest span of one event, in days.
const DAYS_MAX: u64 = 31;

/// What the local rule knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExclusionKindName {
    SuddenEvent,
    SystemFault,
    DemandAboveCapacity,
}

/// A proposal.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub kind: ExclusionKindName,
    pub what: String,
    pub from: Timestamp,
    pub until: Timestamp,
}

/// One exclusion event with its signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExclusionView {
    pub number: u64,
    pub kind: ExclusionKindName,
    pub kind_name: &'static str,
    pub what: String,
    pub from: Timestamp,
    pub until: Timestamp,
    /// `proposed approved rejected revoked`.
    pub state: &'static str,
    pub proposed_by: String,
    pub proposed_at: Timestamp,
    pub approved_by: Option<String>,
    pub approved_at: Option<Timestamp>,
    pub revoked_by: Option<String>,
    pub revoked_at: Option<Timestamp>,
    /// Why it was rejected or revoked.
    pub note: String,
    /// The asking person may sign it.
    pub may_approve: bool,
    pub may_revoke: bool,
}

/// Every exclusion event of the centre, newest first: none is ever hidden.
///
/// # Errors
/// [`ServiceError`].
pub async fn exclusions(
    ctx: &Context,
    person: &Person,
) -> Result<Vec<ExclusionView>, ServiceError> {
    let names = names(ctx).await?;
    let mut tx = ctx.db.read().await?;
    let rows = store::exclusion::list(&mut tx, &ctx.centre).await?;
    rows.into_iter().rev().map(|row| view(row, person, &names)).collect()
}

/// Writes a proposal into the register.
///
/// # Errors
/// [`ServiceError::Forbidden`], [`ServiceError::Fields`].
pub async fn propose(
    ctx: &Context,
    person: &Person,
    source: &str,
    wish: Proposal,
) -> Result<ExclusionView, ServiceError> {
    require(person, PROPOSERS, "提出")?;
    let what = checked_text("what", &wish.what, "事由")?;
    let span = period(wish.from, wish.until)?;
    if wish.until.since(wish.from).as_secs() > DAYS_MAX * 86_400 {
        return Err(fault("until", format!("一次剔除事件最长 {DAYS_MAX} 天，请缩短时间段。")));
    }
    let now = ctx.clock.now();
    if wish.until > now {
        return Err(fault("until", "剔除事件只能在结束之后提出，请核对结束时间。".to_owned()));
    }
    let mut tx = ctx.db.begin().await?;
    let row = ExclusionRow {
        number: store::exclusion::next_number(&mut tx, &ctx.centre).await?,
        kind: word(&wish.kind),
        what,
        from_at: span.from(),
        until_at: span.until(),
        proposed_by: person.user_id,
        proposed_at: now,
        approved_by: None,
        approved_at: None,
        revoked_by: None,
        revoked_at: None,
        note: String::new(),
    };
    match store::exclusion::add(&mut tx, &ctx.centre, &row).await {
        // Somebody else has just taken the number.
        Err(StoreError::Duplicate(_)) => return Err(ServiceError::VersionConflict),
        other => other?,
    }
    let note = format!("{} {} to {}: {}", row.kind, row.from_at, row.until_at, row.what);
    audit(ctx, &mut tx, person, source, "exclusion_proposed", row.number, note).await?;
    tx.commit().await?;
    view(row, person, &names(ctx).await?)
}

/// Signs a proposal of somebody else.
///
/// # Errors
/// [`ServiceError::Forbidden`], [`ServiceError::NotFound`], [`ServiceError::Refused`] (`own_proposal`
/// and others).
pub async fn approve(
    ctx: &Context,
    person: &Person,
    source: &str,
    number: u64,
) -> Result<ExclusionView, ServiceError> {
    require(person, APPROVERS, "批准")?;
    let turn = turn(ctx).await?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let row = find(ctx, &mut tx, number).await?;
    let mut exclusion = of_row(row.clone())?;
    exclusion.approve(Signature { by: person.user_id, at: now }).map_err(refusal)?;
    store::exclusion::approve(&mut tx, &ctx.centre, row.number, person.user_id, now).await?;
    let note = String::new();
    audit(ctx, &mut tx, person, source, "exclusion_approved", row.number, note).await?;
    tx.commit().await?;
    ctx.reports.clear();
    drop(turn);
    let signed = ExclusionRow { approved_by: Some(person.user_id), approved_at: Some(now), ..row };
    view(signed, person, &names(ctx).await?)
}

/// Rejects a proposal, or revokes an approval: the raw figure stands alone again. The proposer may take
/// her own proposal back.
///
/// # Errors
/// [`ServiceError::Forbidden`], [`ServiceError::NotFound`], [`ServiceError::Refused`], [`ServiceError::Fields`]
/// without a reason.
pub async fn revoke(
    ctx: &Context,
    person: &Person,
    source: &str,
    number: u64,
    note: &str,
) -> Result<ExclusionView, ServiceError> {
    let note = checked_text("note", note, "理由")?;
    let turn = turn(ctx).await?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let row = find(ctx, &mut tx, number).await?;
    if !may_revoke(&row, person) {
        require(person, APPROVERS, "退回或撤销")?;
        return Err(refusal(ExclusionError::Revoked));
    }
    let by = person.user_id;
    store::exclusion::revoke(&mut tx, &ctx.centre, &row, by, now, &note).await?;
    let action = if row.approved_by.is_some() { "exclusion_revoked" } else { "exclusion_rejected" };
    audit(ctx, &mut tx, person, source, action, row.number, note.clone()).await?;
    tx.commit().await?;
    ctx.reports.clear();
    drop(turn);
    let signed = ExclusionRow { revoked_by: Some(by), revoked_at: Some(now), note, ..row };
    view(signed, person, &names(ctx).await?)
}

fn may_revoke(row: &ExclusionRow, person: &Person) -> bool {
    let takes_back = row.proposed_by == person.user_id && row.approved_by.is_none();
    row.revoked_by.is_none() && (takes_back || person.has_any(APPROVERS))
}

fn require(person: &Person, roles: &[Role], what: &str) -> Result<(), ServiceError> {
    if person.has_any(roles) {
        return Ok(());
    }
    let labels: Vec<&str> = roles.iter().map(|role| role.label()).collect();
    Err(ServiceError::Forbidden(format!("{what}剔除事件须由{}办理。", labels.join("或"))))
}

fn checked_text(field: &str, text: &str, name: &str) -> Result<String, ServiceError> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > WHAT_LEN_MAX {
        return Err(fault(field, format!("请填写{name}，1 至 {WHAT_LEN_MAX} 字。")));
    }
    Ok(text.to_owned())
}

fn refusal(error: ExclusionError) -> ServiceError {
    let (code, detail) = match error {
        ExclusionError::OwnProposal => {
            ("own_proposal", "不能批准本人提出的剔除事件，请由另一位热线办督办员批准。")
        }
        ExclusionError::ApprovedBefore => ("approved_before", "该剔除事件已经批准，无需重复办理。"),
        ExclusionError::Revoked => ("revoked", "该剔除事件已退回或撤销。如仍需剔除，请重新提出。"),
        ExclusionError::BeforeProposal => {
            ("before_proposal", "批准时间早于提出时间，请核对服务器时钟后重试。")
        }
    };
    ServiceError::Refused { code, detail: detail.to_owned() }
}

async fn find(ctx: &Context, tx: &mut Tx, number: u64) -> Result<ExclusionRow, ServiceError> {
    let number = i64::try_from(number).unwrap_or(-1);
    let found = store::exclusion::find(tx, &ctx.centre, number).await?;
    found.ok_or(ServiceError::NotFound("剔除事件"))
}

/// As the pure crate knows it.
pub(super) fn of_row(row: ExclusionRow) -> Result<Exclusion, ServiceError> {
    let kind = match kind_of(&row)? {
        ExclusionKindName::SuddenEvent => ExclusionKind::SuddenEvent,
        ExclusionKindName::SystemFault => ExclusionKind::SystemFault,
        ExclusionKindName::DemandAboveCapacity => ExclusionKind::DemandAboveCapacity,
    };
    let signature =
        |by: Option<UserId>, at: Option<Timestamp>| by.zip(at).map(|(by, at)| Signature { by, at });
    Ok(Exclusion {
        id: ExclusionId(u64::try_from(row.number).unwrap_or(0)),
        kind,
        what: row.what,
        period: period(row.from_at, row.until_at)?,
        proposed: Signature { by: row.proposed_by, at: row.proposed_at },
        approved: signature(row.approved_by, row.approved_at),
        revoked: signature(row.revoked_by, row.revoked_at),
    })
}

fn kind_of(row: &ExclusionRow) -> Result<ExclusionKindName, ServiceError> {
    let word = serde_json::Value::String(row.kind.clone());
    serde_json::from_value(word).map_err(|_| {
        let row = row.number.to_string();
        StoreError::Inconsistent { table: "exclusion", column: "kind", row }.into()
    })
}

fn view(row: ExclusionRow, person: &Person, names: &Names) -> Result<ExclusionView, ServiceError> {
    let kind = kind_of(&row)?;
    let state = match (row.approved_by, row.revoked_by) {
        (None, None) => "proposed",
        (Some(_), None) => "approved",
        (None, Some(_)) => "rejected",
        (Some(_), Some(_)) => "revoked",
    };
    let name = |id: UserId| names.get(&id.into()).cloned().unwrap_or_else(|| id.to_string());
    let own = row.proposed_by == person.user_id;
    Ok(ExclusionView {
        number: u64::try_from(row.number).unwrap_or(0),
        kind,
        kind_name: words::exclusion_kind(of_row(row.clone())?.kind),
        may_approve: state == "proposed" && !own && person.has_any(APPROVERS),
        may_revoke: may_revoke(&row, person),
        what: row.what,
        from: row.from_at,
        until: row.until_at,
        state,
        proposed_by: name(row.proposed_by),
        proposed_at: row.proposed_at,
        approved_by: row.approved_by.map(name),
        approved_at: row.approved_at,
        revoked_by: row.revoked_by.map(name),
        revoked_at: row.revoked_at,
        note: row.note,
    })
}

async fn audit(
    ctx: &Context,
    tx: &mut Tx,
    person: &Person,
    source: &str,
    action: &str,
    number: i64,
    note: String,
) -> Result<(), ServiceError> {
    let now = ctx.clock.now();
    let line = AuditLine {
        id: AuditId::new(now, ctx.random.number()),
        at: now,
        user_id: Some(person.user_id),
        actor: person.username.clone(),
        source: source.to_owned(),
        action: action.to_owned(),
        subject_kind: "exclusion".to_owned(),
        subject: number.to_string(),
        value_from: None,
        value_to: None,
        note,
    };
    Ok(store::audit::append(tx, &ctx.centre, &line).await?)
}
