//! Duties as a work list: which are open, who is at which, which were given up, and K12's counts.

use std::collections::BTreeSet;

use sqlx::{FromRow, query, query_as};
use types::{AgentId, CallId, CentreId, Timestamp, WorkOrderId};

use super::{MissedCallReturn, columns};
use crate::store::{StoreError, Tx};

/// An open duty with what decides how pressing it is.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OpenDuty {
    #[sqlx(flatten)]
    pub duty: MissedCallReturn,
    /// Whose turn is first: 0 an emergency number was dialled, the caller has an urgent order (or the draft of one) that is
    /// not over, or her talk was cut off; 1 elderly; 2 more than one call was missed; 3 the others.
    pub rank: i64,
    /// The draft that was begun with the caller since the first miss, and is one still.
    pub draft: Option<WorkOrderId>,
}

/// Open duties by what they wait for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct OpenCounts {
    pub open: i64,
    pub overdue: i64,
    pub emergency: i64,
    pub elder: i64,
    pub repeat: i64,
    pub claimed: i64,
    pub resting: i64,
}

/// Counts of K12 over the duties that arose on one local day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct ReturnTally {
    pub owed: i64,
    pub missed_calls: i64,
    pub returned: i64,
    pub returned_in_time: i64,
    pub redialled: i64,
    /// Not talked to yet, also those given up.
    pub open: i64,
    /// Of the open ones, those rung in vain.
    pub tried: i64,
    /// Of the open ones, those whose limit has not run out.
    pub running: i64,
}

mod sql {
    use super::columns;

    // $2: emergency numbers, each between commas.
    macro_rules! ranked {
        () => {
            "(select m.*, case \
             when m.cause = 'agent_lost' or $2 like '%,' || c.dialled || ',%' \
                or exists (select 1 from work_order w where w.centre = m.centre \
                and w.petitioner_phone = m.caller and w.state not in ('closed', 'rejected') \
                and w.urgency in ('urgent', 'critical')) then 0 \
             when exists (select 1 from elder_caller e where e.centre = m.centre \
                and e.number = m.caller) then 1 \
             when m.missed > 1 or (select count(*) from missed_call_return o \
                where o.centre = m.centre and o.caller = m.caller and o.state = 'open') > 1 then 2 \
             else 3 end as rank \
             from missed_call_return m left join call c on c.id = m.last_call \
             where m.centre = $1 and m.state = 'open')"
        };
    }

    pub const OPEN: &str = concat!(
        "select ",
        columns!(),
        ", cast(m.rank as bigint) as rank, \
         (select w.id from work_order w join call d on d.id = w.call_id \
            where d.centre = m.centre and d.party = m.caller and d.id >= m.call \
            and w.state = 'draft' order by d.id desc limit 1) as draft from ",
        ranked!(),
        " m order by m.rank, m.due_at, m.owed_at, m.call limit $3"
    );
    pub const OPEN_COUNTS: &str = concat!(
        "select count(*) as open, count(case when m.due_at < $3 then 1 end) as overdue, \
         count(case when m.rank = 0 then 1 end) as emergency, \
         count(case when m.rank = 1 then 1 end) as elder, \
         count(case when m.rank = 2 then 1 end) as repeat, \
         count(case when m.claimed_by is not null and m.claim_until > $3 then 1 end) as claimed, \
         count(case when m.next_at > $3 then 1 end) as resting from ",
        ranked!(),
        " m"
    );
    pub const CLAIM: &str = "update missed_call_return set claimed_by = $1, claim_until = $2 \
        where centre = $3 and call = $4 and state = 'open' \
        and (claimed_by is null or claimed_by = $1 or claim_until <= $5)";
    pub const RELEASE: &str = "update missed_call_return set claimed_by = null, claim_until = null \
        where centre = $1 and call = $2 and claimed_by = $3";
    pub const GIVE_UP: &str = "update missed_call_return set state = 'given_up', done_at = $1, \
        done_by = $2, note = $3, claimed_by = null, claim_until = null \
        where centre = $4 and call = $5 and state = 'open' and claimed_by = $2 and claim_until > $1";
    pub const TALLY: &str = "select count(*) as owed, \
        coalesce(cast(sum(missed) as bigint), 0) as missed_calls, \
        count(case when state = 'returned' then 1 end) as returned, \
        count(case when state = 'returned' and not late then 1 end) as returned_in_time, \
        count(case when state = 'redialled' then 1 end) as redialled, \
        count(case when state in ('open', 'given_up') then 1 end) as open, \
        count(case when state in ('open', 'given_up') and tried_at is not null then 1 end) as tried, \
        count(case when state in ('open', 'given_up') and not late and due_at >= $3 then 1 end) \
            as running \
        from missed_call_return where centre = $1 and local_day = $2 and missed > 0";
}

/// At most `limit` open duties, those first whose turn is first; of one rank those that are due first.
///
/// # Errors
/// [`StoreError`].
pub async fn open(
    tx: &mut Tx,
    centre: &CentreId,
    emergency_numbers: &BTreeSet<String>,
    limit: i64,
) -> Result<Vec<OpenDuty>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::OPEN)
        .bind(centre)
        .bind(between_commas(emergency_numbers))
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

/// Counts all open duties.
///
/// # Errors
/// [`StoreError`].
pub async fn open_counts(
    tx: &mut Tx,
    centre: &CentreId,
    emergency_numbers: &BTreeSet<String>,
    now: Timestamp,
) -> Result<OpenCounts, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::OPEN_COUNTS)
        .bind(centre)
        .bind(between_commas(emergency_numbers))
        .bind(now)
        .fetch_one(db)
        .await)?)
}

fn between_commas(numbers: &BTreeSet<String>) -> String {
    let mut text = String::from(",");
    for number in numbers {
        text.push_str(number);
        text.push(',');
    }
    text
}

/// Takes a duty up, or goes on with it; false where it is settled or somebody else is at it.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
    agent: AgentId,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on_tx!(tx, |db| query(sql::CLAIM)
        .bind(agent)
        .bind(until)
        .bind(centre)
        .bind(call)
        .bind(now)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Leaves a duty to others; false where it was not hers.
///
/// # Errors
/// [`StoreError`].
pub async fn release(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
    agent: AgentId,
) -> Result<bool, StoreError> {
    let rows = on_tx!(tx, |db| query(sql::RELEASE)
        .bind(centre)
        .bind(call)
        .bind(agent)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Ends a duty whose caller is not reached; false where it is not open or not under her claim.
///
/// # Errors
/// [`StoreError`].
pub async fn give_up(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
    agent: AgentId,
    note: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on_tx!(tx, |db| query(sql::GIVE_UP)
        .bind(now)
        .bind(agent)
        .bind(note)
        .bind(centre)
        .bind(call)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Counts the duties of the local day of `now`.
///
/// # Errors
/// [`StoreError`].
pub async fn tally(
    tx: &mut Tx,
    centre: &CentreId,
    now: Timestamp,
) -> Result<ReturnTally, StoreError> {
    let local_day = now.to_local().date().to_string();
    Ok(on_tx!(tx, |db| query_as(sql::TALLY)
        .bind(centre)
        .bind(&local_day)
        .bind(now)
        .fetch_one(db)
        .await)?)
}
