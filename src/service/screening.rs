//! Screening of nuisance calls (`domain.md` section 12): a leader for a day, a supervisor for 30 days, every entry with
//! its reason, reviewed every week. The distributor is told the list whenever it has changed.

use std::time::Duration;

use acd::{ScreenedBy, ScreenedNumber};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use types::{AuditId, Phone, Role, ScreeningId, Timestamp, UserId};
use utoipa::ToSchema;

use super::live::RunningFloor;
use super::session::Person;
use super::{Context, FieldFault, ServiceError};
use crate::store;
use crate::store::Tx;
use crate::store::audit::AuditLine;
use crate::store::screening::{Screening, SetAs};

/// Who may put a number on the list, or take it off.
const SETTERS: &[Role] = &[Role::TeamLeader, Role::Supervisor];
/// Who may see it besides.
const WATCHERS: &[Role] =
    &[Role::TeamLeader, Role::Supervisor, Role::InspectionOffice, Role::CountyLeader];

/// How soon a change reaches the distributor.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// An entry is looked at again after this.
const REVIEW_EVERY: Duration = Duration::from_secs(7 * 86_400);
/// Entries that are over are listed for so long.
const LISTED_FOR: Duration = Duration::from_secs(30 * 86_400);
/// Most entries in one answer.
const LIST_LEN_MAX: i64 = 500;
/// Longest reason or review, in characters.
const TEXT_LEN_MAX: usize = 500;

/// A wish to screen a number.
#[derive(Debug, Clone)]
pub struct NewScreening {
    pub number: Phone,
    pub reason: String,
    /// For how long, from now.
    pub hours: u32,
}

/// An entry of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScreeningView {
    pub id: ScreeningId,
    /// For who may change the list; the others see `masked` alone.
    pub number: Option<Phone>,
    pub masked: String,
    pub reason: String,
    pub set_at: Timestamp,
    pub until: Timestamp,
    pub set_by: UserId,
    pub set_as: SetAs,
    /// Whether callers are stopped by it now.
    pub in_force: bool,
    /// Calls that it has stopped, each with a prompt and the emergency key.
    pub calls: i64,
    pub last_call_at: Option<Timestamp>,
    pub reviewed_at: Option<Timestamp>,
    pub reviewed_by: Option<UserId>,
    pub review: String,
    /// In force, and nobody has looked at it for a week.
    pub review_due: bool,
    pub ended_at: Option<Timestamp>,
    pub ended_by: Option<UserId>,
}

/// The list: what is in force, and what was within the last 30 days. `review_due` alone for the weekly review.
///
/// # Errors
/// [`ServiceError::Forbidden`].
pub async fn list(
    ctx: &Context,
    person: &Person,
    review_due: bool,
) -> Result<Vec<ScreeningView>, ServiceError> {
    if !person.has_any(WATCHERS) {
        return Err(ServiceError::Forbidden("您没有查看屏蔽名单的权限。".to_owned()));
    }
    let now = ctx.clock.now();
    let mut tx = ctx.db.read().await?;
    let found = if review_due {
        let looked_at = now - REVIEW_EVERY;
        store::screening::unreviewed(&mut tx, &ctx.centre, now, looked_at, LIST_LEN_MAX).await?
    } else {
        store::screening::since(&mut tx, &ctx.centre, now - LISTED_FOR, LIST_LEN_MAX).await?
    };
    let whole = person.has_any(SETTERS);
    Ok(found.into_iter().map(|entry| view(entry, now, whole)).collect())
}

/// Puts a number on the list, in place of the entry it may have.
///
/// # Errors
/// [`ServiceError::Forbidden`], [`ServiceError::Fields`].
pub async fn add(
    ctx: &Context,
    person: &Person,
    new: NewScreening,
) -> Result<ScreeningView, ServiceError> {
    let set_as = setter(person)?;
    check(ctx, &new, set_as)?;
    let now = ctx.clock.now();
    let entry = Screening {
        id: ScreeningId::new(now, ctx.random.number()),
        number: new.number.national(),
        reason: new.reason.trim().to_owned(),
        set_at: now,
        until: now + Duration::from_secs(u64::from(new.hours) * 3_600),
        set_by: person.user_id,
        set_as,
        calls: 0,
        last_call_at: None,
        reviewed_at: None,
        reviewed_by: None,
        review: String::new(),
        ended_at: None,
        ended_by: None,
    };
    let mut tx = ctx.db.begin().await?;
    store::screening::add(&mut tx, &ctx.centre, &entry).await?;
    note(ctx, &mut tx, person, "screening_set", &entry, &entry.reason).await?;
    tx.commit().await?;
    Ok(view(entry, now, true))
}

/// Takes an entry off the list before its time.
///
/// # Errors
/// [`ServiceError::Forbidden`]; [`ServiceError::NotFound`] for what is not in force.
pub async fn end(ctx: &Context, person: &Person, id: ScreeningId) -> Result<(), ServiceError> {
    setter(person)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let ended = store::screening::end(&mut tx, &ctx.centre, id, now, person.user_id).await?;
    let found = store::screening::find(&mut tx, &ctx.centre, id).await?;
    let Some(entry) = found.filter(|_| ended) else {
        return Err(ServiceError::NotFound("生效中的屏蔽记录"));
    };
    note(ctx, &mut tx, person, "screening_ended", &entry, "").await?;
    Ok(tx.commit().await?)
}

/// The weekly look at an entry that stays.
///
/// # Errors
/// [`ServiceError::Forbidden`] for all but supervisors; [`ServiceError::Fields`]; [`ServiceError::NotFound`].
pub async fn review(
    ctx: &Context,
    person: &Person,
    id: ScreeningId,
    found: &str,
) -> Result<ScreeningView, ServiceError> {
    if !person.has(Role::Supervisor) {
        return Err(ServiceError::Forbidden("屏蔽名单由热线办督办员每周复核。".to_owned()));
    }
    let found = found.trim();
    check_text("review", found, "复核意见")?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let by = (now, person.user_id);
    let reviewed = store::screening::review(&mut tx, &ctx.centre, id, by, found).await?;
    let entry = store::screening::find(&mut tx, &ctx.centre, id).await?;
    let Some(entry) = entry.filter(|_| reviewed) else {
        return Err(ServiceError::NotFound("生效中的屏蔽记录"));
    };
    note(ctx, &mut tx, person, "screening_reviewed", &entry, found).await?;
    tx.commit().await?;
    Ok(view(entry, now, true))
}

/// Hands the list to the distributor, now and whenever it has changed, until `stop`. A node that stands by has none: its
/// distributor is told when it owns the centre.
pub(super) async fn keep_distributor_told(
    ctx: Context,
    floor: RunningFloor,
    stop: CancellationToken,
) {
    let mut told: Option<Vec<ScreenedNumber>> = None;
    while !stop.is_cancelled() {
        if floor.links.owns() {
            tell(&ctx, &floor, &mut told).await;
        } else {
            told = None;
        }
        let _ = tokio::time::timeout(LOOK_EVERY, stop.cancelled()).await;
    }
}

async fn tell(ctx: &Context, floor: &RunningFloor, told: &mut Option<Vec<ScreenedNumber>>) {
    match in_force(ctx).await {
        // Said once to each owner in any case: a distributor that was taken up from its journal has the list of then.
        Ok(now) if told.as_ref() != Some(&now) => {
            if floor.handle.screen(now.clone()).await.is_ok() {
                *told = Some(now);
            }
        }
        Ok(_) => {}
        // What the distributor was told last stays in force until its time is over.
        Err(error) => tracing::warn!(%error, "the screen list cannot be read"),
    }
}

async fn in_force(ctx: &Context) -> Result<Vec<ScreenedNumber>, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let found = store::screening::in_force(&mut tx, &ctx.centre, ctx.clock.now()).await?;
    let number = |entry: Screening| ScreenedNumber {
        number: entry.number,
        set_at: entry.set_at,
        until: entry.until,
        set_by: screened_by(entry.set_as),
    };
    Ok(found.into_iter().map(number).collect())
}

const fn screened_by(set_as: SetAs) -> ScreenedBy {
    match set_as {
        SetAs::TeamLeader => ScreenedBy::TeamLeader,
        SetAs::Supervisor => ScreenedBy::Supervisor,
    }
}

/// In which role she decides: the one that may do more.
fn setter(person: &Person) -> Result<SetAs, ServiceError> {
    if person.has(Role::Supervisor) {
        Ok(SetAs::Supervisor)
    } else if person.has(Role::TeamLeader) {
        Ok(SetAs::TeamLeader)
    } else {
        let detail = "屏蔽来电由班长（最长 24 小时）或热线办督办员（最长 30 天）决定。";
        Err(ServiceError::Forbidden(detail.to_owned()))
    }
}

fn check(ctx: &Context, new: &NewScreening, set_as: SetAs) -> Result<(), ServiceError> {
    let most = screened_by(set_as).lasts_max().as_secs() / 3_600;
    let mut faults = Vec::new();
    if !(1..=most).contains(&u64::from(new.hours)) {
        let detail = format!("屏蔽时长为 1 至 {most} 小时，到期自动解除，不能永久屏蔽");
        faults.push(FieldFault::new("hours", detail));
    }
    // As it is stored and compared: a public number has as many spellings as any other.
    let number = new.number.national();
    let is_it = |text: &str| text.parse::<Phone>().is_ok_and(|ours| ours.national() == number);
    let ours = ctx.config.calls.numbers.iter().any(|route| is_it(&route.number))
        || is_it(&ctx.config.acd.caller_id);
    if ours || is_public_service(&number) {
        faults.push(FieldFault::new("number", "公共服务号码和热线自己的号码不能屏蔽"));
    }
    if let Err(ServiceError::Fields(more)) = check_text("reason", new.reason.trim(), "屏蔽理由")
    {
        faults.extend(more);
    }
    if faults.is_empty() { Ok(()) } else { Err(ServiceError::Fields(faults)) }
}

/// 110, 119, 120, 122 and other public services: nobody's nuisance. Behind an area code of three or four digits too.
fn is_public_service(number: &Phone) -> bool {
    let digits = number.reveal();
    let longest = if digits.starts_with('0') { 4 + 5 } else { 5 };
    digits.len() <= longest
}

fn check_text(field: &str, text: &str, what: &str) -> Result<(), ServiceError> {
    if (1..=TEXT_LEN_MAX).contains(&text.chars().count()) {
        return Ok(());
    }
    let detail = format!("请填写{what}，1 至 {TEXT_LEN_MAX} 字");
    Err(ServiceError::Fields(vec![FieldFault::new(field, detail)]))
}

fn view(entry: Screening, now: Timestamp, whole: bool) -> ScreeningView {
    let in_force = entry.ended_at.is_none() && entry.until > now;
    let looked_at = entry.reviewed_at.unwrap_or(entry.set_at);
    ScreeningView {
        id: entry.id,
        masked: entry.number.masked(),
        number: whole.then_some(entry.number),
        reason: entry.reason,
        set_at: entry.set_at,
        until: entry.until,
        set_by: entry.set_by,
        set_as: entry.set_as,
        in_force,
        calls: entry.calls,
        last_call_at: entry.last_call_at,
        reviewed_at: entry.reviewed_at,
        reviewed_by: entry.reviewed_by,
        review: entry.review,
        review_due: in_force && now.since(looked_at) >= REVIEW_EVERY,
        ended_at: entry.ended_at,
        ended_by: entry.ended_by,
    }
}

async fn note(
    ctx: &Context,
    tx: &mut Tx,
    person: &Person,
    action: &str,
    entry: &Screening,
    note: &str,
) -> Result<(), ServiceError> {
    let now = ctx.clock.now();
    let line = AuditLine {
        id: AuditId::new(now, ctx.random.number()),
        at: now,
        user_id: Some(person.user_id),
        actor: person.username.clone(),
        source: String::new(),
        action: action.to_owned(),
        subject_kind: "screening".to_owned(),
        subject: entry.id.to_string(),
        value_from: None,
        value_to: Some(format!("{} {}", entry.number.masked(), entry.until)),
        note: note.to_owned(),
    };
    Ok(store::audit::append(tx, &ctx.centre, &line).await?)
}
