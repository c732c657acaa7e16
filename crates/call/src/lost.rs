//! Agents' phones that go silent, or die, in the middle of a conversation (R16, R17): the citizen is
//! told, hears music, and is never hung up on.
//!
//! Owns: what is heard while a phone is mute. Must not do: decide how long a citizen waits for it;
//! that is the server's.

use types::LegId;

use crate::leg::{Leg, LegState};
use crate::machine::Machine;
use crate::output::{EndCause, Fact, Output, Source};

impl Machine {
    /// RTP of a leg stopped, or came again.
    pub(crate) fn media(&mut self, id: LegId, lost: bool) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let (call, agent) = (leg.call, leg.is_agent());
        leg.silent = lost;
        if agent {
            self.mark_lost(id, lost);
        }
        self.report(if lost {
            Fact::LegMediaLost { call, leg: id }
        } else {
            Fact::LegMediaBack { call, leg: id }
        });
    }

    /// A connected agent's phone falls silent or is back. One that is on hold changes nothing that
    /// anybody hears.
    fn mark_lost(&mut self, id: LegId, lost: bool) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let LegState::Connected { ordered_hold, phone_hold, media_lost, .. } = &mut leg.state
        else {
            return;
        };
        let held = *ordered_hold || *phone_hold;
        if std::mem::replace(media_lost, lost) == lost || held {
            return;
        }
        if lost {
            self.mute(id, self.lost_notice());
        } else {
            self.unmute(id, self.settings.media_back_notice.clone());
        }
    }

    /// A phone that was silent before its connection: the loss begins with the connection, for the
    /// citizen and for the server.
    pub(crate) fn silent_from_the_start(&mut self, first: LegId, second: LegId) {
        for id in [first, second] {
            if self.legs.get(&id).is_some_and(|leg| leg.silent && leg.is_agent()) {
                self.media(id, true);
            }
        }
    }

    fn lost_notice(&self) -> Source {
        Source::Prompts(self.settings.media_lost_notice.clone())
    }

    // --- who hears what -----------------------------------------------------------------------

    /// The peer of a leg that has just become mute hears `source` in its place. A leg that mutes
    /// itself hears silence, unless its peer does the same: then both hear music.
    pub(crate) fn mute(&mut self, id: LegId, source: Source) {
        let Some(peer) = self.legs.get(&id).and_then(Leg::peer) else { return };
        let both = self.legs.get(&peer).is_some_and(Leg::is_mute);
        self.hear(peer, source);
        if !both {
            self.hear(id, Source::Silence);
        }
    }

    /// Nothing mutes this leg any more: both hear each other, unless the peer is mute.
    pub(crate) fn unmute(&mut self, id: LegId, notice: Vec<String>) {
        let Some(peer) = self.legs.get(&id).and_then(Leg::peer) else { return };
        if self.legs.get(&peer).is_some_and(Leg::is_mute) {
            self.hear(peer, Source::Silence);
            self.hear(id, Source::Music);
        } else {
            self.out.push(Output::Bridge { first: id, second: peer, notice });
        }
    }

    // --- phones that die ----------------------------------------------------------------------

    /// Whether this end is the death of the phone of who answered a citizen, an agent or a neighbouring centre, rather
    /// than somebody's hang-up.
    pub(crate) fn leaves_a_citizen(&self, id: LegId, cause: EndCause) -> bool {
        let Some(leg) = self.legs.get(&id) else { return false };
        let peer = leg.peer().and_then(|peer| self.legs.get(&peer));
        matches!(cause, EndCause::Vanished | EndCause::Fault)
            && peer.is_some_and(|peer| {
                if leg.is_agent() { !peer.is_agent() } else { !leg.is_caller() && peer.is_caller() }
            })
    }

    /// The agent's leg is over, the citizen waits for what the server decides.
    pub(crate) fn lose_agent(&mut self, id: LegId, cause: EndCause) {
        let waits_already = self.legs.get(&id).is_some_and(Leg::is_mute);
        let Some(citizen) = self.end(id, cause) else { return };
        let source = if waits_already { Source::Music } else { self.lost_notice() };
        self.hear(citizen, source);
    }
}
