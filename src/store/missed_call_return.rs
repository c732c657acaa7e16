//! 漏接回拨: one duty per number and local day (R24), opened and settled by what happens on the lines.
//!
//! Numbers are kept as they are dialled within the country ([`Phone::national`]), so that one telephone
//! has one duty. Taking duties up stands in [`work`].

pub mod work;

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, query, query_as, query_scalar};
use types::{AgentId, CallId, CentreId, Phone, Timestamp};

use super::call::CallDirection;
use super::{StoreError, Tx};

/// The duty to call somebody back whom the hotline missed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct MissedCallReturn {
    /// The first missed call, which names the duty.
    pub call: CallId,
    pub caller: Phone,
    /// Why (`acd::OwedCause`).
    pub cause: String,
    pub owed_at: Timestamp,
    /// K12: of the oldest miss that has not been settled.
    pub due_at: Timestamp,
    /// Missed calls of that number that day; 0 where each turned out to live.
    pub missed: i64,
    pub last_call: CallId,
    pub last_at: Timestamp,
    pub state: ReturnState,
    pub done_at: Option<Timestamp>,
    pub done_by: Option<AgentId>,
    pub done_call: Option<CallId>,
    pub note: String,
    /// A settlement of it came after `due_at`.
    pub late: bool,
    #[sqlx(flatten)]
    pub work: Work,
}

/// What has been done about a duty so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Work {
    /// How often the number was really rung, in vain.
    pub attempts: i64,
    pub tried_at: Option<Timestamp>,
    /// The number is not to be called before; `None`: at once.
    pub next_at: Option<Timestamp>,
    pub claimed_by: Option<AgentId>,
    /// The claim lapses then.
    pub claim_until: Option<Timestamp>,
}

impl Work {
    /// Who is at it at `now`, and until when.
    #[must_use]
    pub fn claim(&self, now: Timestamp) -> Option<(AgentId, Timestamp)> {
        self.claimed_by.zip(self.claim_until).filter(|(_, until)| now < *until)
    }
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ReturnState {
    Open,
    /// We have called back.
    Returned,
    /// The citizen has called again and was answered.
    Redialled,
    /// Not reached after the attempts the centre has set.
    GivenUp,
}

macro_rules! columns {
    () => {
        "m.call, m.caller, m.cause, m.owed_at, m.due_at, m.missed, m.last_call, m.last_at, m.state, \
         m.done_at, m.done_by, m.done_call, m.note, m.late, m.attempts, m.tried_at, m.next_at, \
         m.claimed_by, m.claim_until"
    };
}
use columns;

mod sql {
    pub const IS_RESUMED: &str = "select count(*) from acd_event \
        where call = $1 and centre = $2 and kind = 'call_resumed' and at >= $3";
    pub const DAY_OF: &str =
        "select local_day from missed_call_return where centre = $1 and call = $2";
    pub const ADD_CALL: &str = "insert into missed_call (centre, call, caller, local_day, owed_at) \
        values ($1, $2, $3, $4, $5) on conflict (call, local_day) do nothing";
    // A further miss of the same number and day opens a settled duty again, with a limit of its own. One whose calls have
    // all turned out to live begins anew.
    pub const OWE: &str = "insert into missed_call_return \
        (centre, call, caller, local_day, cause, owed_at, missed, last_call, last_at, state, note, due_at) \
        values ($1, $2, $3, $4, $5, $6, $8, $2, $6, 'open', '', $7) \
        on conflict (centre, caller, local_day) do update set \
        missed = missed_call_return.missed + $8, \
        owed_at = case when missed_call_return.missed = 0 or excluded.owed_at < missed_call_return.owed_at \
            then excluded.owed_at else missed_call_return.owed_at end, \
        late = (missed_call_return.late and missed_call_return.missed > 0), \
        last_call = case when excluded.last_at < missed_call_return.last_at \
            then missed_call_return.last_call else excluded.last_call end, \
        last_at = case when excluded.last_at < missed_call_return.last_at \
            then missed_call_return.last_at else excluded.last_at end, \
        state = 'open', done_at = null, done_by = null, done_call = null, \
        due_at = case when missed_call_return.state in ('open', 'given_up') \
            and missed_call_return.due_at < excluded.due_at \
            then missed_call_return.due_at else excluded.due_at end, \
        attempts = case when missed_call_return.state = 'open' \
            then missed_call_return.attempts else 0 end, \
        tried_at = case when missed_call_return.state in ('open', 'given_up') \
            then missed_call_return.tried_at else null end, \
        next_at = case when missed_call_return.state = 'open' \
            then missed_call_return.next_at else null end, \
        claimed_by = case when missed_call_return.state = 'open' \
            then missed_call_return.claimed_by else null end, \
        claim_until = case when missed_call_return.state = 'open' \
            then missed_call_return.claim_until else null end";
    // A promise belongs to no local day, so K12 counts it by the return alone that is owed where it is not kept.
    pub const PROMISE: &str = "insert into missed_call_return \
        (centre, call, caller, local_day, cause, owed_at, missed, last_call, last_at, state, note, due_at, next_at) \
        values ($1, $2, $3, '', 'queue_callback', $4, 1, $2, $4, 'open', '', $5, $5) \
        on conflict (centre, caller, local_day) do update set call = excluded.call, \
        owed_at = excluded.owed_at, last_call = excluded.last_call, last_at = excluded.last_at, \
        state = 'open', done_at = null, done_by = null, done_call = null, due_at = excluded.due_at, \
        late = false, attempts = 0, tried_at = null, next_at = excluded.next_at, claimed_by = null, \
        claim_until = null";
    pub const PROMISE_OVER: &str =
        "delete from missed_call_return where centre = $1 and call = $2 and local_day = ''";
    pub const NEXT_TALK: &str = "select id, direction, answered_at, agent from call \
        where centre = $1 and party in ($2, $3, $4) and answered_at >= $5 \
        order by answered_at, id limit 1";
    // Whoever had claimed it: the citizen has been talked to. A miss after the talk is owed a talk of its own. The second
    // number is how older rows have it.
    pub const SETTLE_PARTY: &str = "update missed_call_return set state = $1, done_at = $2, \
        done_by = $3, done_call = $4, late = (late or $2 > due_at), claimed_by = null, \
        claim_until = null where centre = $5 and caller in ($6, $7) and state in ('open', 'given_up') \
        and last_at <= $2";
    pub const TRIED: &str = "update missed_call_return set attempts = attempts + 1, \
        tried_at = case when tried_at > $1 then tried_at else $1 end, \
        next_at = case when next_at > $2 then next_at else $2 end, \
        claimed_by = null, claim_until = null \
        where centre = $3 and caller in ($4, $5) and state = 'open' and owed_at <= $1";
    // As `figures::duties` does: the call goes out of every duty it stands behind, and a duty without any was none.
    pub const TAKE_BACK: &str = "update missed_call_return set missed = missed - 1, \
        state = case when missed <= 1 and state in ('open', 'given_up') then 'redialled' else state end, \
        done_at = case when missed <= 1 and state in ('open', 'given_up') then $1 else done_at end, \
        note = case when missed <= 1 and state in ('open', 'given_up') then $2 else note end \
        where centre = $3 and exists (select 1 from missed_call c where c.centre = $3 and c.call = $4 \
            and c.caller = missed_call_return.caller and c.local_day = missed_call_return.local_day)";
    pub const DROP_CALL: &str = "delete from missed_call where centre = $1 and call = $2";
    pub const FIND: &str = concat!(
        "select ",
        columns!(),
        " from missed_call_return m where m.centre = $1 and m.call = $2"
    );
}

/// A call that was missed, and until when its caller is to be called back.
#[derive(Debug, Clone, Copy)]
pub struct Owed<'a> {
    pub call: CallId,
    pub caller: &'a Phone,
    pub cause: &'a str,
    pub at: Timestamp,
    pub due_at: Timestamp,
}

/// How a duty was settled by a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    pub state: ReturnState,
    pub at: Timestamp,
    pub by: Option<AgentId>,
    pub call: Option<CallId>,
}

/// A talk that is on record.
#[derive(Debug, FromRow)]
struct Talk {
    id: CallId,
    direction: CallDirection,
    answered_at: Timestamp,
    agent: Option<AgentId>,
}

/// A call was missed: opens the duty of its number and local day, or counts it to the open one. Journals may arrive late:
/// what a later talk on record has answered is settled by it, and a call that is known to live was not missed.
///
/// # Errors
/// [`StoreError`].
pub async fn owe(tx: &mut Tx, centre: &CentreId, owed: Owed<'_>) -> Result<(), StoreError> {
    let resumed: i64 = on_tx!(tx, |db| query_scalar(sql::IS_RESUMED)
        .bind(owed.call)
        .bind(centre)
        .bind(owed.at)
        .fetch_one(db)
        .await)?;
    if resumed > 0 {
        return Ok(());
    }
    let caller = owed.caller.national();
    // A call that is missed again after midnight stays with the duty that it names.
    let named: Option<String> = on_tx!(tx, |db| query_scalar(sql::DAY_OF)
        .bind(centre)
        .bind(owed.call)
        .fetch_optional(db)
        .await)?;
    let local_day = named.unwrap_or_else(|| owed.at.to_local().date().to_string());
    let added = on_tx!(tx, |db| query(sql::ADD_CALL)
        .bind(centre)
        .bind(owed.call)
        .bind(&caller)
        .bind(&local_day)
        .bind(owed.at)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    on_tx!(tx, |db| query(sql::OWE)
        .bind(centre)
        .bind(owed.call)
        .bind(&caller)
        .bind(&local_day)
        .bind(owed.cause)
        .bind(owed.at)
        .bind(owed.due_at)
        .bind(i64::from(added > 0))
        .execute(db)
        .await
        .map(|_| ()))?;
    match next_talk(tx, centre, owed.caller, owed.at).await? {
        Some(talk) => settle_party(tx, centre, &caller, talk.settlement()).await,
        None => Ok(()),
    }
}

/// The first talk with a number at `since` or later, in whatever spelling its trunk gave.
async fn next_talk(
    tx: &mut Tx,
    centre: &CentreId,
    caller: &Phone,
    since: Timestamp,
) -> Result<Option<Talk>, StoreError> {
    let national = caller.national();
    Ok(on_tx!(tx, |db| query_as(sql::NEXT_TALK)
        .bind(centre)
        .bind(&national)
        .bind(caller)
        .bind(national.international())
        .bind(since)
        .fetch_optional(db)
        .await)?)
}

impl Talk {
    fn settlement(self) -> Settlement {
        let state = match self.direction {
            CallDirection::Inbound => ReturnState::Redialled,
            CallDirection::Outbound => ReturnState::Returned,
        };
        Settlement { state, at: self.answered_at, by: self.agent, call: Some(self.id) }
    }
}

/// A call back was promised to a caller who gave up waiting for it (`queue_callback`). While the promise stands the
/// distributor keeps it and nobody else works on it; a distributor that forgets it, because another node has taken
/// over, leaves it to whoever calls back.
///
/// # Errors
/// [`StoreError`].
pub async fn promise(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
    caller: &Phone,
    at: Timestamp,
    until: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::PROMISE)
        .bind(centre)
        .bind(call)
        .bind(caller.national())
        .bind(at)
        .bind(until)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The promise is kept, taken back by a redial, or has become a return that is owed.
///
/// # Errors
/// [`StoreError`].
pub async fn promise_over(tx: &mut Tx, centre: &CentreId, call: CallId) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::PROMISE_OVER)
        .bind(centre)
        .bind(call)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The citizen and an agent have talked: every duty owed to that number until then is answered by it,
/// whoever had claimed it. Nobody is called twice for what one talk has settled.
///
/// # Errors
/// [`StoreError`].
pub async fn settle_party(
    tx: &mut Tx,
    centre: &CentreId,
    party: &Phone,
    settlement: Settlement,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::SETTLE_PARTY)
        .bind(settlement.state)
        .bind(settlement.at)
        .bind(settlement.by)
        .bind(settlement.call)
        .bind(centre)
        .bind(party.national())
        .bind(party)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The number was really rung, in vain: an attempt at every duty owed to it by then. Who had claimed one is
/// free of it until `next_at`.
///
/// # Errors
/// [`StoreError`].
pub async fn tried(
    tx: &mut Tx,
    centre: &CentreId,
    party: &Phone,
    at: Timestamp,
    next_at: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::TRIED)
        .bind(at)
        .bind(next_at)
        .bind(centre)
        .bind(party.national())
        .bind(party)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The call that was thought lost lives (`Record::CallResumed`).
///
/// # Errors
/// [`StoreError`].
pub async fn take_back(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
    at: Timestamp,
    note: &str,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::TAKE_BACK)
        .bind(at)
        .bind(note)
        .bind(centre)
        .bind(call)
        .execute(db)
        .await
        .map(|_| ()))?;
    on_tx!(tx, |db| query(sql::DROP_CALL).bind(centre).bind(call).execute(db).await.map(|_| ()))?;
    Ok(())
}

/// # Errors
/// [`StoreError`].
pub async fn find(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
) -> Result<Option<MissedCallReturn>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND).bind(centre).bind(call).fetch_optional(db).await)?)
}
