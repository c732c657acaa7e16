//! Phones that ring beside the first one from the beginning (`agents_at_once`) are lent: a caller for whom nobody is ready
//! gets one of them, so that k idle agents serve k callers however close these follow each other (R22).

use types::{AgentId, CallId};

use crate::agent::AgentState;
use crate::call::{Inbound, Offer};
use crate::core::Acd;
use crate::effect::WithdrawReason;
use crate::index::{Lane, Rest, Slot};
use crate::offers::OfferEnd;

impl Acd {
    /// One more phone for a call that has one.
    pub(crate) fn lend(&mut self, call: CallId, agent: AgentId) {
        self.make_offer(call, agent, Lane::More);
        let offers = self.inbound_mut(call).and_then(Inbound::offers_mut);
        let offer = offers.and_then(|offers| offers.values_mut().find(|it| it.agent == agent));
        if let Some(offer) = offer {
            offer.lent = true;
        }
        self.reindex_lent(call);
    }

    /// Where a lent agent stands for other callers; `None` if hers is the only phone that rings within its limit.
    pub(crate) fn lent_slot(&self, id: AgentId) -> Option<Slot> {
        let agent = self.agents.get(&id)?;
        let AgentState::Offered { call, leg } = agent.state else { return None };
        let offers = self.inbound(call)?.offers()?;
        let in_time = |offer: &Offer| offer.overdue_since.is_none();
        let hers = offers.get(&leg).is_some_and(|offer| offer.lent && in_time(offer));
        let another = offers.iter().any(|(of, offer)| *of != leg && in_time(offer));
        if hers && another { self.slot_of(agent, Rest::Fresh) } else { None }
    }

    /// The offers of a call have changed, and with them which of its phones may be taken.
    pub(crate) fn reindex_lent(&mut self, call: CallId) {
        let Some(offers) = self.inbound(call).and_then(Inbound::offers) else { return };
        let agents: Vec<AgentId> = offers.values().map(|offer| offer.agent).collect();
        for agent in agents {
            self.lent.set(agent, self.lent_slot(agent));
        }
    }

    /// Frees a lent phone for somebody who has none. Not her doing: she keeps her idle clock.
    pub(crate) fn take_back(&mut self, id: AgentId) {
        if self.lent.slot(id).is_none() {
            return;
        }
        if let Some((call, leg)) = self.agents.get(&id).and_then(|agent| agent.state.lease()) {
            self.end_offer(call, leg, OfferEnd::Withdrawn(WithdrawReason::AnsweredElsewhere));
        }
    }
}
