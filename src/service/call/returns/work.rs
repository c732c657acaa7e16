//! Working duties off: one takes a duty up, calls its number, and leaves it or gives it up.
//!
//! A claim is one of a duty, not of a caller: two duties to one number are two. It lapses by itself.
//! What settles a duty is a talk with its number, whoever had it (the shipper sees it among the records);
//! anything else is for the holder of the claim alone.

use std::time::Duration;

use acd::{AgentCommand, DialPurpose};
use types::{AgentId, CallId, Role, Timestamp};

use super::rules::{NotNow, ReturnRules};
use super::{in_order, rules};
use crate::service::session::Person;
use crate::service::{Context, FieldFault, ServiceError};
use crate::store::missed_call_return::work::OpenDuty;
use crate::store::missed_call_return::{MissedCallReturn, ReturnState, find};
use crate::store::{Tx, missed_call_return};

/// Those who call back.
const CALLERS_BACK: &[Role] = &[Role::Agent, Role::FollowUpClerk, Role::TeamLeader];

/// Longest reason for giving up, in characters.
const NOTE_CHARS_MAX: usize = 200;

/// Takes up the duty that is most pressing and can be called now. Who is at one already goes on with it.
///
/// # Errors
/// [`ServiceError::Refused`] `nothing_due` where there is none.
pub async fn claim_next(ctx: &Context, person: &Person) -> Result<CallId, ServiceError> {
    let agent = caller_back(person)?;
    let (rules, now) = (rules(ctx), ctx.clock.now());
    // Read beside the writers: on SQLite there is one at a time.
    let ordered = in_order(ctx).await?;
    let holder = |duty: &MissedCallReturn| duty.work.claim(now).map(|(agent, _)| agent);
    let callable = |duty: &MissedCallReturn| rules.may_call(duty, now).is_ok();
    let own = ordered.iter().find(|open| holder(&open.duty) == Some(agent));
    if let Some(open) = own.filter(|open| callable(&open.duty)) {
        return Ok(open.duty.call);
    }
    let free = ordered.iter().filter(|open| holder(&open.duty).is_none() && callable(&open.duty));
    let until = now + rules.claim;
    let mut tx = ctx.db.begin().await?;
    for OpenDuty { duty, .. } in free {
        // Somebody may have been faster since it was read.
        if missed_call_return::work::claim(&mut tx, &ctx.centre, duty.call, agent, now, until)
            .await?
        {
            tx.commit().await?;
            return Ok(duty.call);
        }
    }
    Err(nothing_due(&rules, now))
}

/// Takes a duty up; again, it goes on.
///
/// # Errors
/// [`ServiceError::Refused`] where it is settled or somebody else is at it.
pub async fn claim(ctx: &Context, person: &Person, call: CallId) -> Result<(), ServiceError> {
    let agent = caller_back(person)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let duty = open_duty(&mut tx, ctx, call).await?;
    let until = now + rules(ctx).claim;
    if missed_call_return::work::claim(&mut tx, &ctx.centre, call, agent, now, until).await? {
        return Ok(tx.commit().await?);
    }
    drop(tx);
    Err(not_hers(ctx, &duty, now).await)
}

/// Leaves a duty to others.
///
/// # Errors
/// [`ServiceError::Refused`] where it is not hers.
pub async fn release(ctx: &Context, person: &Person, call: CallId) -> Result<(), ServiceError> {
    let agent = caller_back(person)?;
    let mut tx = ctx.db.begin().await?;
    let duty = open_duty(&mut tx, ctx, call).await?;
    if missed_call_return::work::release(&mut tx, &ctx.centre, call, agent).await? {
        return Ok(tx.commit().await?);
    }
    drop(tx);
    Err(not_hers(ctx, &duty, ctx.clock.now()).await)
}

/// Calls the number of a duty she has taken up: her own phone first. The claim lasts as long as both
/// may ring, and its own span after that. That the number was rung in vain is counted when it was.
///
/// # Errors
/// [`ServiceError::Refused`] with the reason, and from when it may be called.
pub async fn dial(ctx: &Context, person: &Person, call: CallId) -> Result<CallId, ServiceError> {
    let agent = caller_back(person)?;
    let (rules, now) = (rules(ctx), ctx.clock.now());
    let mut tx = ctx.db.begin().await?;
    let duty = open_duty(&mut tx, ctx, call).await?;
    if duty.work.claim(now).map(|(holder, _)| holder) != Some(agent) {
        drop(tx);
        return Err(not_hers(ctx, &duty, now).await);
    }
    rules.may_call(&duty, now).map_err(|not_now| refused_now(not_now, now))?;
    let until = now + ringing_max(&ctx.config.acd) + rules.claim;
    missed_call_return::work::claim(&mut tx, &ctx.centre, call, agent, now, until).await?;
    tx.commit().await?;
    let dialled = CallId::new(now, ctx.random.number());
    let purpose = DialPurpose::MissedCallReturn;
    let command = AgentCommand::Dial { call: dialled, number: duty.caller, purpose };
    ctx.floor()?.handle.command(agent, command).await?;
    Ok(dialled)
}

/// Ends a duty whose caller was not reached in as many attempts as the centre has set. For K12 it stays
/// one that nobody has returned.
///
/// # Errors
/// [`ServiceError::Refused`] while attempts are left, or where it is not hers.
pub async fn give_up(
    ctx: &Context,
    person: &Person,
    call: CallId,
    note: &str,
) -> Result<(), ServiceError> {
    let agent = caller_back(person)?;
    let note = note.trim();
    if note.is_empty() || note.chars().count() > NOTE_CHARS_MAX {
        let detail = format!("请填写联系不上的情况，1 到 {NOTE_CHARS_MAX} 个字。");
        return Err(ServiceError::Fields(vec![FieldFault::new("note", detail)]));
    }
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let duty = open_duty(&mut tx, ctx, call).await?;
    let (attempts, needed) = (duty.work.attempts, rules(ctx).attempts_max);
    if attempts < needed {
        return Err(refused(
            "attempts_left",
            format!(
                "已拨打 {attempts} 次未接通，满 {needed} 次才可登记为联系不上。请到时间后再拨。"
            ),
        ));
    }
    if missed_call_return::work::give_up(&mut tx, &ctx.centre, call, agent, note, now).await? {
        return Ok(tx.commit().await?);
    }
    drop(tx);
    Err(not_hers(ctx, &duty, now).await)
}

fn caller_back(person: &Person) -> Result<AgentId, ServiceError> {
    if person.has_any(CALLERS_BACK) {
        return Ok(person.user_id.into());
    }
    Err(ServiceError::Forbidden("只有话务员、班长和回访员可以办理漏接回拨。".to_owned()))
}

async fn open_duty(
    tx: &mut Tx,
    ctx: &Context,
    call: CallId,
) -> Result<MissedCallReturn, ServiceError> {
    let duty = find(tx, &ctx.centre, call).await?.ok_or(ServiceError::NotFound("漏接回拨"))?;
    let what = match duty.state {
        ReturnState::Open => return Ok(duty),
        ReturnState::Returned => "已经回拨接通",
        ReturnState::Redialled => "市民已再次来电并接通",
        ReturnState::GivenUp => "已登记为联系不上",
    };
    Err(refused("return_settled", format!("这条漏接回拨{what}，无需再办理。请刷新列表。")))
}

/// Longest time from the command to the end of an attempt in vain.
fn ringing_max(acd: &acd::Config) -> Duration {
    let both = u64::from(acd.own_phone_ring_limit_ms) + u64::from(acd.outbound_ring_limit_ms);
    Duration::from_millis(both)
}

fn refused(code: &'static str, detail: String) -> ServiceError {
    ServiceError::Refused { code, detail }
}

async fn not_hers(ctx: &Context, duty: &MissedCallReturn, now: Timestamp) -> ServiceError {
    let Some((holder, until)) = duty.work.claim(now) else {
        let detail = "请先认领这条漏接回拨（原认领可能已过期），再办理。";
        return refused("not_claimed", detail.to_owned());
    };
    let name = ctx.directory.name(ctx, holder).await.name;
    let until = moment(until, now);
    refused(
        "claimed_by_other",
        format!("这条漏接回拨已由{name}认领，{until} 前由其办理。请另选一条。"),
    )
}

fn refused_now(not_now: NotNow, now: Timestamp) -> ServiceError {
    match not_now {
        NotNow::Night { from } => {
            let from = moment(from, now);
            let detail = format!("现在不是回拨时段，不打扰市民休息。最早可在 {from} 回拨。");
            refused("outside_return_hours", detail)
        }
        NotNow::TriedJustNow { from } => {
            let from = moment(from, now);
            refused("tried_just_now", format!("刚拨过、未接通。下次最早可在 {from} 回拨。"))
        }
        NotNow::Promised { from } => {
            let from = moment(from, now);
            let detail =
                format!("已约定排队回呼，轮到时自动拨打。到 {from} 仍未拨打的，可在此回拨。");
            refused("callback_promised", detail)
        }
    }
}

fn nothing_due(rules: &ReturnRules, now: Timestamp) -> ServiceError {
    match rules.night_until(now) {
        Some(from) => refused_now(NotNow::Night { from }, now),
        None => refused("nothing_due", "现在没有可以回拨的漏接电话。".to_owned()),
    }
}

/// `14:05`, with the date where it is another day.
fn moment(at: Timestamp, now: Timestamp) -> String {
    let (local, today) = (at.to_local(), now.to_local().date());
    let time = format!("{:02}:{:02}", local.hour(), local.minute());
    if local.date() == today {
        return time;
    }
    format!("{}月{}日 {time}", u8::from(local.month()), local.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_of_another_day_has_its_date() {
        let now = "2026-02-13T20:30:00+08:00".parse().unwrap();
        assert_eq!(moment("2026-02-13T21:05:59+08:00".parse().unwrap(), now), "21:05");
        assert_eq!(moment("2026-02-14T08:00:00+08:00".parse().unwrap(), now), "2月14日 08:00");
    }
}
