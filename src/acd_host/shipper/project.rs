//! One batch of journal entries as rows.

use std::collections::BTreeMap;

use acd::{AgentStateName, NotReadyReason, Record};
use figures::number_rang;
use gateway_protocol::Event;
use sqlx::types::Json;
use types::{CallId, CentreId, Phone, Timestamp};

use super::super::journal::{Carrier, Content, JournalEntry, JournalId};
use crate::service::call::fold::{self, agent_of, call_of, word, word_of_tagged};
use crate::service::call::returns::rules::ReturnRules;
use crate::store::acd_event::{self, AcdEvent};
use crate::store::agent_log::{self, AgentChange};
use crate::store::call::{self, Call};
use crate::store::missed_call_return::{self, Owed, ReturnState, Settlement};
use crate::store::offer_log::{self, Offer, OfferOutcome};
use crate::store::recording::{self, Recording};
use crate::store::screening;
use crate::store::{StoreError, Tx};

/// Where a batch belongs, and by which rules it is read.
pub(super) struct Ground<'a> {
    pub centre: &'a CentreId,
    pub journal: JournalId,
    pub returns: &'a ReturnRules,
    pub now: Timestamp,
}

/// Stores everything that `entries` say.
pub(super) async fn project(
    tx: &mut Tx,
    ground: Ground<'_>,
    entries: &[JournalEntry],
) -> Result<(), StoreError> {
    let Ground { centre, journal, returns, now } = ground;
    let (events, changes, calls) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut batch = Batch { tx, centre, journal, returns, now, events, changes, calls };
    for entry in entries {
        match &entry.content {
            Content::Turn { carrier, .. } => batch.turn(entry, carrier.as_ref()).await?,
            Content::Noted { event } => batch.noted(entry, event).await?,
            Content::Rejected { .. } => {}
        }
    }
    batch.finish().await
}

struct Batch<'a> {
    tx: &'a mut Tx,
    centre: &'a CentreId,
    journal: JournalId,
    returns: &'a ReturnRules,
    now: Timestamp,
    events: Vec<AcdEvent>,
    changes: Vec<AgentChange>,
    /// Calls of this batch as they have become.
    calls: BTreeMap<CallId, Call>,
}

impl Batch<'_> {
    async fn turn(
        &mut self,
        entry: &JournalEntry,
        carrier: Option<&Carrier>,
    ) -> Result<(), StoreError> {
        for (item, (at, record)) in (1_i64..).zip(entry.records()) {
            let place = Place { entry: number(entry.number.0), item };
            self.event(place, at, record);
            self.call(at, record, carrier).await?;
            self.offer(at, record).await?;
            self.duty(at, record).await?;
            self.agent(place, at, record);
        }
        Ok(())
    }

    fn event(&mut self, place: Place, at: Timestamp, record: &Record) {
        self.events.push(AcdEvent {
            journal: self.journal.0,
            entry: place.entry,
            item: place.item,
            at,
            kind: word_of_tagged(record, "record"),
            call: call_of(record),
            agent: agent_of(record),
            body: Json(record.clone()),
        });
    }

    async fn call(
        &mut self,
        at: Timestamp,
        record: &Record,
        carrier: Option<&Carrier>,
    ) -> Result<(), StoreError> {
        let Some(id) = call_of(record) else { return Ok(()) };
        if let Some(mut call) = fold::begin(at, record) {
            call.trunk = carrier.map(|carrier| carrier.trunk.clone());
            call.sip_call_id = carrier.map(|carrier| carrier.sip_call_id.clone());
            self.calls.insert(id, call);
            return Ok(());
        }
        if !self.calls.contains_key(&id)
            && let Some(call) = call::find(self.tx, self.centre, id).await?
        {
            self.calls.insert(id, call);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            fold::apply(call, at, record);
        }
        Ok(())
    }

    async fn offer(&mut self, at: Timestamp, record: &Record) -> Result<(), StoreError> {
        match record {
            Record::OfferMade { call, leg, agent, step, .. } => {
                let offer = Offer {
                    leg: *leg,
                    call: *call,
                    agent: *agent,
                    step: word(step),
                    offered_at: at,
                    rang_at: None,
                    ended_at: None,
                    outcome: None,
                    cause: None,
                };
                offer_log::add(self.tx, self.centre, &offer).await
            }
            Record::OfferRinging { leg, .. } => offer_log::rang(self.tx, *leg, at).await,
            Record::OfferLapsed { leg, .. } => {
                offer_log::end(self.tx, *leg, at, OfferOutcome::Lapsed, None).await
            }
            Record::OfferRefused { leg, .. } => {
                offer_log::end(self.tx, *leg, at, OfferOutcome::Refused, None).await
            }
            Record::OfferFailed { leg, cause, .. } => {
                let cause = word(cause);
                offer_log::end(self.tx, *leg, at, OfferOutcome::Failed, Some(&cause)).await
            }
            Record::OfferWithdrawn { leg, reason, .. } => {
                let cause = word(reason);
                offer_log::end(self.tx, *leg, at, OfferOutcome::Withdrawn, Some(&cause)).await
            }
            Record::CallAnswered { call, agent, .. }
            | Record::CallTakenOver { call, agent, .. } => {
                offer_log::answer(self.tx, *call, *agent, at).await
            }
            _ => Ok(()),
        }
    }

    /// Missed-call returns: owed, or promised, and settled by the next talk with that number. Screened calls, counted
    /// with their entry of the list.
    async fn duty(&mut self, at: Timestamp, record: &Record) -> Result<(), StoreError> {
        match record {
            Record::MissedCallReturnOwed { call, caller, cause } => {
                let (cause, due_at) = (word(cause), self.returns.due_at(at));
                let owed = Owed { call: *call, caller, cause: &cause, at, due_at };
                missed_call_return::owe(self.tx, self.centre, owed).await
            }
            Record::QueueCallbackPromised { call, caller, expires_at: Some(until), .. } => {
                missed_call_return::promise(self.tx, self.centre, *call, caller, at, *until).await
            }
            Record::QueueCallbackEnded { call, .. } => {
                missed_call_return::promise_over(self.tx, self.centre, *call).await
            }
            Record::CallResumed { call, .. } => {
                let note = "来电实际未中断";
                missed_call_return::take_back(self.tx, self.centre, *call, at, note).await
            }
            Record::OutboundFailed { call, cause, .. } if number_rang(*cause) => {
                let Some(party) = self.party_of(*call) else { return Ok(()) };
                let next_at = self.returns.next_at(at);
                missed_call_return::tried(self.tx, self.centre, &party, at, next_at).await
            }
            Record::CallAnswered { call, .. } => {
                self.settle(*call, at, ReturnState::Redialled).await
            }
            Record::OutboundAnswered { call, .. } => {
                self.settle(*call, at, ReturnState::Returned).await
            }
            Record::CallScreened { caller, rang_at, .. } => {
                screening::count(self.tx, self.centre, caller, *rang_at).await
            }
            _ => Ok(()),
        }
    }

    async fn settle(
        &mut self,
        call: CallId,
        at: Timestamp,
        state: ReturnState,
    ) -> Result<(), StoreError> {
        let Some(party) = self.party_of(call) else { return Ok(()) };
        let by = self.calls.get(&call).and_then(|talk| talk.agent);
        let settlement = Settlement { state, at, by, call: Some(call) };
        missed_call_return::settle_party(self.tx, self.centre, &party, settlement).await
    }

    /// The citizen of a call of this batch.
    fn party_of(&self, call: CallId) -> Option<Phone> {
        self.calls.get(&call)?.party.clone()
    }

    fn agent(&mut self, place: Place, at: Timestamp, record: &Record) {
        let Record::AgentStateChanged { agent, from, to, cause } = record else { return };
        self.changes.push(AgentChange {
            journal: self.journal.0,
            entry: place.entry,
            item: place.item,
            agent: *agent,
            at,
            from_state: word_of_tagged(from, "state"),
            to_state: word_of_tagged(to, "state"),
            reason: reason_of(to),
            cause: word(cause),
        });
    }

    async fn noted(&mut self, entry: &JournalEntry, event: &Event) -> Result<(), StoreError> {
        let Event::RecordingReady { call, recording, file, started_at, duration_ms, bytes } = event
        else {
            return Ok(());
        };
        let Some(source) = &entry.source else { return Ok(()) };
        let recording = Recording {
            id: *recording,
            call: *call,
            gateway: source.gateway.clone(),
            file: file.clone(),
            started_at: *started_at,
            duration_ms: number(*duration_ms),
            bytes: number(*bytes),
        };
        recording::add(self.tx, self.centre, &recording, self.now).await
    }

    async fn finish(self) -> Result<(), StoreError> {
        acd_event::add(self.tx, self.centre, &self.events).await?;
        agent_log::add(self.tx, self.centre, &self.changes).await?;
        for call in self.calls.values() {
            call::save(self.tx, self.centre, call).await?;
        }
        Ok(())
    }
}

/// Where in the journal a record stands.
#[derive(Clone, Copy)]
struct Place {
    entry: i64,
    item: i64,
}

/// The reason of a Not-Ready state, in one word: `meal`, `no_answer`.
pub(super) fn reason_of(state: &AgentStateName) -> Option<String> {
    match state {
        AgentStateName::NotReady { reason: NotReadyReason::Break { kind } } => Some(word(kind)),
        AgentStateName::NotReady { reason } => Some(word_of_tagged(reason, "reason")),
        _ => None,
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
