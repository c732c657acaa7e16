//! The recorded events as figures read them: by time in pages, and the few from elsewhere that a span
//! cannot do without.

use sqlx::{QueryBuilder, query_as};
use types::{CentreId, Phone, Timestamp};
use uuid::Uuid;

use super::acd_event::AcdEvent;
use super::rows::groups;
use super::{StoreError, Tx};

/// The last event of a page; the next page begins after it.
#[derive(Debug, Clone, Copy)]
pub struct Cursor {
    at: Timestamp,
    journal: Uuid,
    entry: i64,
    item: i64,
}

impl Cursor {
    /// Before everything that happened at `from` or later.
    #[must_use]
    pub const fn at(from: Timestamp) -> Self {
        Self { at: from, journal: Uuid::nil(), entry: -1, item: -1 }
    }

    #[must_use]
    pub const fn after(event: &AcdEvent) -> Self {
        Self { at: event.at, journal: event.journal, entry: event.entry, item: event.item }
    }
}

/// How far a journal is known: its id and its last known entry.
pub type Known = (Uuid, i64);

macro_rules! columns {
    () => {
        "e.journal, e.entry, e.item, e.at, e.kind, e.call, e.agent, e.body"
    };
}

mod sql {
    // Kinds that some figure is computed from.
    pub const PAGE: &str = concat!(
        "select ",
        columns!(),
        " from acd_event e where e.centre = $1 and e.at >= $2 and e.at < $3 \
         and (e.at, e.journal, e.entry, e.item) > ($2, $4, $5, $6) and e.kind in \
         ('call_arrived', 'call_answered', 'call_abandoned', 'call_resumed', 'call_returned', \
         'call_taken_over', 'call_ended', 'offer_made', 'offer_lapsed', 'offer_refused', \
         'offer_failed', 'offer_withdrawn', 'agent_state_changed', 'missed_call_return_owed', \
         'outbound_started', 'outbound_answered', 'outbound_failed', 'call_screened', \
         'screened_call_admitted', 'place_kept', 'surge_notice_played', \
         'queue_callback_promised', 'queue_callback_ended') \
         order by e.at, e.journal, e.entry, e.item limit $7"
    );
    pub const POSITIONS: &str = "select journal, shipped from journal_position where centre = $1";
    // One look into the index for each agent, instead of reading all her past.
    pub const AGENTS_FIRST: &str = "with recursive agents (agent) as (select f.agent from (select agent from agent_state_log \
         where centre = ";
    pub const AGENTS_NEXT: &str = " order by agent limit 1) f union all select (select l.agent \
        from agent_state_log l where l.centre = ";
    pub const LATEST: &str = " and l.agent > a.agent order by l.agent limit 1) from agents a \
        where a.agent is not null), latest (agent, at) as (select a.agent, (select l.at \
        from agent_state_log l where l.centre = ";
    // `cross join` keeps SQLite from reading all events first.
    pub const LATEST_EVENTS: &str = concat!(
        " order by l.at desc limit 1) from agents a where a.agent is not null) select ",
        columns!(),
        " from latest cross join acd_event e where e.at = latest.at and e.agent = latest.agent \
         and e.kind = 'agent_state_changed' and e.centre = "
    );
    pub const OF_PARTIES: &str = concat!(
        "select ",
        columns!(),
        " from call c cross join acd_event e where e.call = c.id and e.kind in ('call_arrived', \
         'call_answered', 'outbound_started', 'outbound_answered', 'outbound_failed') \
         and c.centre = "
    );
}

/// At most `limit` events after `cursor` and before `until`, in order of time.
///
/// # Errors
/// [`StoreError`].
pub async fn page(
    tx: &mut Tx,
    centre: &CentreId,
    cursor: Cursor,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<AcdEvent>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::PAGE)
        .bind(centre)
        .bind(cursor.at)
        .bind(until)
        .bind(cursor.journal)
        .bind(cursor.entry)
        .bind(cursor.item)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

/// How far each journal of the centre has reached the tables.
///
/// # Errors
/// [`StoreError`].
pub async fn positions(tx: &mut Tx, centre: &CentreId) -> Result<Vec<Known>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::POSITIONS).bind(centre).fetch_all(db).await)?)
}

/// The last change of state of each agent before `before`, among what was `known`.
///
/// # Errors
/// [`StoreError`].
pub async fn states_before(
    tx: &mut Tx,
    centre: &CentreId,
    before: Timestamp,
    known: &[Known],
) -> Result<Vec<AcdEvent>, StoreError> {
    if known.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on_tx!(tx, |db| {
        let mut statement = QueryBuilder::new(sql::AGENTS_FIRST);
        statement.push_bind(centre).push(sql::AGENTS_NEXT).push_bind(centre);
        statement.push(sql::LATEST).push_bind(centre);
        statement.push(" and l.agent = a.agent and l.at < ").push_bind(before).push(" and (");
        for (index, (journal, entry)) in known.iter().enumerate() {
            statement.push(if index == 0 { "(l.journal = " } else { " or (l.journal = " });
            statement.push_bind(*journal).push(" and l.entry <= ").push_bind(*entry).push(")");
        }
        statement.push(")").push(sql::LATEST_EVENTS).push_bind(centre);
        statement.build_query_as().fetch_all(db).await
    })?)
}

/// Events of calls from and to `parties` that rang at `since` or later: whoever is owed a call may be
/// reached days after.
///
/// # Errors
/// [`StoreError`].
pub async fn of_parties(
    tx: &mut Tx,
    centre: &CentreId,
    parties: &[Phone],
    since: Timestamp,
) -> Result<Vec<AcdEvent>, StoreError> {
    let mut found: Vec<AcdEvent> = Vec::new();
    for group in groups(parties) {
        let events: Vec<AcdEvent> = on_tx!(tx, |db| {
            let mut statement = QueryBuilder::new(sql::OF_PARTIES);
            statement.push_bind(centre).push(" and c.rang_at >= ").push_bind(since);
            statement.push(" and c.party in (");
            let mut list = statement.separated(", ");
            for party in group {
                list.push_bind(party);
            }
            statement.push(")");
            statement.build_query_as().fetch_all(db).await
        })?;
        found.extend(events);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use crate::testing::names::names_of;

    #[test]
    fn every_kind_that_is_asked_for_is_recorded_under_this_name() {
        let kinds = names_of::<acd::Record>("record");
        let (_, list) = super::sql::PAGE.split_once("e.kind in").unwrap();
        let asked: Vec<&str> = list.split('\'').skip(1).step_by(2).collect();
        assert!(asked.len() > 20, "{asked:?}");
        for kind in asked {
            assert!(kinds.iter().any(|known| known == kind), "nothing is recorded as {kind}");
        }
    }
}
