//! 拨测: an inspector hands in a batch of test calls (K4). They are tagged afterwards and stay in the base of
//! every other figure.

use figures::{DialAttempt, DialOutcome};
use serde::{Deserialize, Serialize};
use types::{AuditId, CallId, Timestamp};
use utoipa::ToSchema;

use super::cache::turn;
use super::question::fault;
use crate::service::call::fold::word;
use crate::service::session::Person;
use crate::service::{Context, ServiceError};
use crate::store::audit::AuditLine;
use crate::store::dial_attempt::DialAttemptRow;
use crate::store::{self, StoreError, Tx};

/// Most attempts of one request.
const ATTEMPTS_MAX: usize = 1_000;
/// Longest name of a batch, and longest dialled number, in characters.
const TEXT_LEN_MAX: usize = 64;
/// Nobody waits longer than a day.
const WAIT_MS_MAX: u64 = 86_400_000;

/// What the inspector met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DialFinding {
    Connected,
    WrongUnit,
    HungUp,
    NoAnswer,
    Busy,
    EmptyNumber,
}

/// A batch as it is handed in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DialFindings {
    pub batch: String,
    pub attempts: Vec<FoundAttempt>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundAttempt {
    /// Its number within the batch, which names one finding for ever.
    pub number: u32,
    pub dialled: String,
    pub dialled_at: Timestamp,
    pub outcome: DialFinding,
    /// From the ring to the answer; only of one that was connected.
    pub wait_ms: Option<u64>,
    /// Our record of it, where it is known.
    pub call: Option<CallId>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct HandedIn {
    pub added: u64,
    /// Whose number had been handed in before.
    pub known_before: u64,
}

/// Takes the findings of a batch.
///
/// # Errors
/// [`ServiceError::Fields`]; [`ServiceError::Refused`] (`dial_attempt_differs`) where one of these numbers was handed in
/// with another finding: what was found stays.
pub async fn hand_in(
    ctx: &Context,
    person: &Person,
    source: &str,
    findings: DialFindings,
) -> Result<HandedIn, ServiceError> {
    let turn = turn(ctx).await?;
    let now = ctx.clock.now();
    let rows = checked(&findings, person, now)?;
    let mut tx = ctx.db.begin().await?;
    let mut added = 0;
    for row in &rows {
        if store::dial_attempt::add(&mut tx, &ctx.centre, row).await? {
            added += 1;
        } else {
            check_repeated(ctx, &mut tx, row).await?;
        }
    }
    let line = AuditLine {
        id: AuditId::new(now, ctx.random.number()),
        at: now,
        user_id: Some(person.user_id),
        actor: person.username.clone(),
        source: source.to_owned(),
        action: "dial_test_handed_in".to_owned(),
        subject_kind: "dial_test".to_owned(),
        subject: findings.batch.trim().to_owned(),
        value_from: None,
        value_to: None,
        note: format!("{added} of {} attempts", rows.len()),
    };
    store::audit::append(&mut tx, &ctx.centre, &line).await?;
    tx.commit().await?;
    ctx.reports.clear();
    drop(turn);
    Ok(HandedIn { added, known_before: (rows.len() as u64).saturating_sub(added) })
}

/// What is handed in again must be what was handed in before.
async fn check_repeated(
    ctx: &Context,
    tx: &mut Tx,
    row: &DialAttemptRow,
) -> Result<(), ServiceError> {
    let before = store::dial_attempt::find(tx, &ctx.centre, &row.batch, row.number).await?;
    let finding = |row: &DialAttemptRow| {
        (row.dialled.clone(), row.dialled_at, row.outcome.clone(), row.wait_us, row.call)
    };
    if before.as_ref().map(finding) == Some(finding(row)) {
        return Ok(());
    }
    let detail = format!(
        "批次“{}”第 {} 次拨测已经登记，且内容不同。登记后不能修改，请核对编号，或用新的编号登记。",
        row.batch, row.number
    );
    Err(ServiceError::Refused { code: "dial_attempt_differs", detail })
}

fn checked(
    findings: &DialFindings,
    person: &Person,
    now: Timestamp,
) -> Result<Vec<DialAttemptRow>, ServiceError> {
    let batch = text("batch", &findings.batch, "批次名称")?;
    if findings.attempts.is_empty() || findings.attempts.len() > ATTEMPTS_MAX {
        let detail = format!("每批须有 1 至 {ATTEMPTS_MAX} 次拨测。");
        return Err(fault("attempts", detail));
    }
    let row = |(index, attempt): (usize, &FoundAttempt)| {
        let field = |name: &str| format!("attempts[{index}].{name}");
        let connected = attempt.outcome == DialFinding::Connected;
        if connected != attempt.wait_ms.is_some() {
            let detail = "接通的拨测须填写等待时长 wait_ms，其他结果不填。".to_owned();
            return Err(fault(&field("wait_ms"), detail));
        }
        if attempt.wait_ms.is_some_and(|wait| wait > WAIT_MS_MAX) || attempt.dialled_at > now {
            let detail = "拨测时间不能晚于现在，等待时长不超过一天。".to_owned();
            return Err(fault(&field("dialled_at"), detail));
        }
        let us = |wait_ms: u64| i64::try_from(wait_ms.saturating_mul(1_000)).unwrap_or(i64::MAX);
        Ok(DialAttemptRow {
            batch: batch.clone(),
            number: i64::from(attempt.number),
            dialled: text(&field("dialled"), &attempt.dialled, "所拨号码")?,
            dialled_at: attempt.dialled_at,
            outcome: word(&attempt.outcome),
            wait_us: attempt.wait_ms.map(us),
            call: attempt.call,
            recorded_at: now,
            recorded_by: person.user_id,
        })
    };
    findings.attempts.iter().enumerate().map(row).collect()
}

fn text(field: &str, text: &str, name: &str) -> Result<String, ServiceError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TEXT_LEN_MAX {
        return Err(fault(field, format!("请填写{name}，1 至 {TEXT_LEN_MAX} 字。")));
    }
    Ok(text.to_owned())
}

/// As the pure crate knows it.
pub(super) fn of_row(row: DialAttemptRow) -> Result<DialAttempt, ServiceError> {
    let word = serde_json::Value::String(row.outcome.clone());
    let finding: DialFinding = serde_json::from_value(word).map_err(|_| {
        let row = format!("{} {}", row.batch, row.number);
        StoreError::Inconsistent { table: "dial_attempt", column: "outcome", row }
    })?;
    let wait_us = row.wait_us.and_then(|wait| u64::try_from(wait).ok()).unwrap_or(0);
    let outcome = match finding {
        DialFinding::Connected => DialOutcome::Connected { wait_us },
        DialFinding::WrongUnit => DialOutcome::WrongUnit,
        DialFinding::HungUp => DialOutcome::HungUp,
        DialFinding::NoAnswer => DialOutcome::NoAnswer,
        DialFinding::Busy => DialOutcome::Busy,
        DialFinding::EmptyNumber => DialOutcome::EmptyNumber,
    };
    Ok(DialAttempt {
        batch: row.batch,
        number: u32::try_from(row.number).unwrap_or(0),
        dialled: row.dialled,
        dialled_at: row.dialled_at,
        recorded_at: row.recorded_at,
        outcome,
        call: row.call,
    })
}
