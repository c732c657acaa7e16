//! Which events a span needs, read from the tables in pages.
//!
//! What is read depends on the span and on what was known alone, so that figures asked for again at the
//! same event number are made of the same events: those from [`BEFORE`] before the span (K1 looks back
//! 24 hours) to [`AFTER`] behind it (calls that still ring or talk at its end), the last state of each
//! agent before that, and the later calls of citizens who are owed one (K12).

use std::collections::BTreeSet;
use std::time::Duration;

use acd::Record;
use figures::{
    Daytime, DialAttempt, Event, EventNumber, Exclusion, Ledger, Period, Place, Sources,
};
use types::{Phone, Timestamp};

use super::{dial_test, exclusion};
use crate::service::{Context, ServiceError};
use crate::store::acd_event::AcdEvent;
use crate::store::figure_event::{self, Cursor, Known};
use crate::store::{self, Tx};

/// K1 slides over 24 hours in steps of 5 minutes.
const BEFORE: Duration = Duration::from_secs(25 * 3_600);
/// No call lasts longer.
const AFTER: Duration = Duration::from_secs(24 * 3_600);
/// Events of one statement: few enough that reading them keeps no thread for long.
const PAGE_LEN: i64 = 512;
/// Most events of one question, about 250 bytes each. A county has 6,000 a day, Beijing 800,000.
const EVENTS_MAX: usize = 1_200_000;

/// Everything that figures of a span are made of.
pub(super) struct Material {
    pub ledger: Ledger,
    pub exclusions: Vec<Exclusion>,
    pub dial_attempts: Vec<DialAttempt>,
    /// How far the journals had reached the tables.
    pub newest: EventNumber,
    /// In which the limit of K12 runs: as the period was shown first, so that changed hours rewrite no closed day.
    pub daytime: Daytime,
}

impl Material {
    pub fn sources(&self) -> Sources<'_> {
        Sources {
            ledger: &self.ledger,
            exclusions: &self.exclusions,
            dial_attempts: &self.dial_attempts,
            daytime: self.daytime,
        }
    }
}

/// Reads what figures of `period` need, now and at each of `moments`; one consistent picture.
pub(super) async fn load(
    ctx: &Context,
    period: Period,
    moments: &[&EventNumber],
) -> Result<Material, ServiceError> {
    let (since, until) = (period.from() - BEFORE, period.until() + AFTER);
    let mut tx = ctx.db.read().await?;
    let positions = figure_event::positions(&mut tx, &ctx.centre).await?;
    let mut events = pages(ctx, &mut tx, since, until).await?;
    let known = moments.iter().map(|moment| known(moment));
    for known in known.chain(std::iter::once(positions.clone())) {
        let states = figure_event::states_before(&mut tx, &ctx.centre, since, &known).await?;
        events.extend(states.into_iter().map(event));
    }
    let owed = owed(&events, period);
    let later = figure_event::of_parties(&mut tx, &ctx.centre, &owed, until).await?;
    events.extend(later.into_iter().map(event));
    let exclusions = store::exclusion::list(&mut tx, &ctx.centre).await?;
    let (from, end) = (period.from(), period.until());
    let attempts = store::dial_attempt::within(&mut tx, &ctx.centre, from, end).await?;
    let shown_by = store::shown_figures::daytime(&mut tx, &ctx.centre, from, end).await?;
    drop(tx);
    let daytime = shown_by.unwrap_or_else(|| ctx.config.missed_call_returns.daytime());
    let newest = newest(&events, &positions);
    let ledger = tokio::task::spawn_blocking(move || Ledger::new(events)).await;
    Ok(Material {
        ledger: ledger.map_err(|error| ServiceError::Internal(error.to_string()))?,
        exclusions: exclusions.into_iter().map(exclusion::of_row).collect::<Result<_, _>>()?,
        dial_attempts: attempts.into_iter().map(dial_test::of_row).collect::<Result<_, _>>()?,
        newest,
        daytime,
    })
}

async fn pages(
    ctx: &Context,
    tx: &mut Tx,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<Event>, ServiceError> {
    let mut events = Vec::new();
    let mut cursor = Cursor::at(since);
    loop {
        let page = figure_event::page(tx, &ctx.centre, cursor, until, PAGE_LEN).await?;
        let Some(last) = page.last() else { return Ok(events) };
        cursor = Cursor::after(last);
        let full = i64::try_from(page.len()).unwrap_or(0) == PAGE_LEN;
        events.extend(page.into_iter().map(event));
        if events.len() > EVENTS_MAX {
            return Err(ServiceError::Refused {
                code: "span_too_busy",
                detail: "该时间段话务量过大，无法一次计算。请缩短时间段后重试。".to_owned(),
            });
        }
        if !full {
            return Ok(events);
        }
    }
}

fn event(row: AcdEvent) -> Event {
    let number = |value: i64| u64::try_from(value).unwrap_or(0);
    let place = Place { journal: row.journal, entry: number(row.entry), item: number(row.item) };
    Event { place, at: row.at, record: row.body.0 }
}

fn known(moment: &EventNumber) -> Vec<Known> {
    let entry = |entry: u64| i64::try_from(entry).unwrap_or(i64::MAX);
    moment.journals().map(|(journal, last)| (journal, entry(last))).collect()
}

/// Of the journals that these events come from: what others hold does not touch the span.
fn newest(events: &[Event], positions: &[Known]) -> EventNumber {
    let met: BTreeSet<_> = events.iter().map(|event| event.place.journal).collect();
    let here = positions.iter().filter(|(journal, _)| met.contains(journal));
    here.fold(EventNumber::default(), |number, (journal, entry)| {
        number.and(*journal, u64::try_from(*entry).unwrap_or(0))
    })
}

/// The citizens whose calls of the span were missed, each once.
fn owed(events: &[Event], period: Period) -> Vec<Phone> {
    let callers = events.iter().filter(|event| period.contains(event.at)).filter_map(|event| {
        match &event.record {
            Record::MissedCallReturnOwed { caller, .. } => Some(caller.clone()),
            _ => None,
        }
    });
    callers.collect::<BTreeSet<_>>().into_iter().collect()
}
