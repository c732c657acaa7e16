//! Calls that we make: agents' phones, citizens by the outbound trunk; and the requests we send
//! inside dialogs.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use call::{EndCause, FailureCause, Input};
use gateway_protocol::DeviceKind;
use types::{AgentId, LegId, Phone};

use super::leg::{CalleeState, CallerState, Side, SipLeg};
use super::{Gateway, MediaAnswer, Stage, TxPurpose};
use crate::config::OutboundTransport;
use crate::media::{Direction, MediaError, MediaKind};
use crate::net::random;
use crate::sip::clean::ALLOW;
use crate::sip::dialog::Dialog;
use crate::sip::engine::{ClientTx, SOFTWARE};
use crate::sip::flow::Flow;
use crate::sip::message::Message;
use crate::sip::sockets;

const SDP: &str = "application/sdp";

impl Gateway {
    pub(super) fn invite_agent(
        &mut self,
        id: LegId,
        agent: AgentId,
        caller: Option<String>,
        dialled: &str,
        auto_answer: bool,
    ) {
        let Some(device) = self.registrar.find(agent).cloned() else {
            return self.refuse(id, FailureCause::Unreachable);
        };
        self.break_off_checks(agent);
        let user = caller.unwrap_or_else(|| dialled.to_owned());
        let to = format!("<sip:{}@{}>", device.username, self.config.domain);
        let mut invite = self.first_invite(&device.flow, &device.contact, &user, &to);
        invite.headers.push(("X-Hotline-Leg".to_owned(), id.to_string()));
        invite.headers.push(("X-Hotline-Dialled".to_owned(), dialled.to_owned()));
        if auto_answer {
            // RFC 5373, and the header most desk phones know.
            invite.headers.push(("Answer-Mode".to_owned(), "Auto".to_owned()));
            invite.headers.push((
                "Alert-Info".to_owned(),
                "<http://localhost>;info=alert-autoanswer".to_owned(),
            ));
        }
        let kind = match device.kind {
            DeviceKind::Browser => MediaKind::WebRtc,
            DeviceKind::DeskPhone => MediaKind::Rtp,
        };
        self.prepare(id, kind, invite, device.flow, true);
    }

    pub(super) fn invite_number(&mut self, id: LegId, number: &Phone, caller_id: &str) {
        let address = self.config.outbound.address.clone();
        if address.is_empty() {
            tracing::warn!("no call outward: `gateway.outbound.address` is empty");
            return self.refuse(id, FailureCause::GatewayFault);
        }
        let to = format!("<sip:{}@{address}>", number.reveal());
        let target = format!("sip:{}@{address}", number.reveal());
        let invite = self.first_invite(&self.udp.clone(), &target, caller_id, &to);
        // The flow is known when the carrier's address has been resolved.
        self.prepare(id, MediaKind::Rtp, invite, self.udp.clone(), false);
    }

    fn refuse(&mut self, leg: LegId, cause: FailureCause) {
        self.feed(Input::Refused { leg, cause, sip_status: None });
    }

    fn first_invite(&self, flow: &Flow, target: &str, user: &str, to: &str) -> Message {
        let tag = format!("{:016x}", random::random_u64());
        let from = format!("<sip:{user}@{}>;tag={tag}", self.config.domain);
        Message::request("INVITE", target)
            .with("Max-Forwards", "70")
            .with("From", from)
            .with("To", to)
            .with("Call-ID", format!("{:032x}@{}", random::random_u128(), self.config.domain))
            .with("CSeq", "1 INVITE")
            .with("Contact", self.contact(flow))
            .with("Allow", ALLOW)
            .with("User-Agent", SOFTWARE)
    }

    fn prepare(&mut self, id: LegId, kind: MediaKind, invite: Message, flow: Flow, bound: bool) {
        let dialog = Dialog {
            call_id: invite.call_id().to_owned(),
            local: invite.header("From").to_owned(),
            remote: invite.header("To").to_owned(),
            remote_target: invite.uri().to_owned(),
            route_set: Vec::new(),
            local_seq: 1,
            remote_seq: 0,
            contact: invite.header("Contact").to_owned(),
            flow_is_the_way: bound,
            flow,
        };
        let state = CallerState::Preparing;
        let side = Side::Caller { invite, tx: None, state, cancel_wanted: false };
        self.remember(id, SipLeg { dialog, media: kind, side, reoffer: None });
        let media = self.media.clone();
        self.ask(
            async move { MediaAnswer::Offer { leg: id, result: media.offer(id, kind).await } },
        );
    }

    /// Our offer is ready: for a call that reached us without one, or for one that we make.
    pub(super) fn offer_made(&mut self, id: LegId, result: Result<Bytes, MediaError>) {
        let incoming =
            self.legs.get(&id).is_some_and(|leg| matches!(leg.side, Side::Callee { .. }));
        match result {
            Ok(sdp) if incoming => self.incoming_ready(id, sdp),
            Err(error) if incoming => self.refuse_media(id, &error),
            Ok(sdp) => self.offer_ready(id, sdp),
            Err(error) => {
                tracing::warn!(%error, leg = %id, "no media for a call outward");
                self.forget(id);
                self.refuse(id, FailureCause::GatewayFault);
            }
        }
    }

    fn offer_ready(&mut self, id: LegId, sdp: Bytes) {
        let Some(leg) = self.legs.get_mut(&id) else {
            // Withdrawn while the offer was made.
            self.media.close(id);
            return;
        };
        let Side::Caller { invite, .. } = &mut leg.side else { return };
        invite.set("Content-Type", SDP);
        invite.body = sdp;
        if leg.dialog.flow_is_the_way {
            self.send_invite(id);
        } else {
            self.resolve_outbound(id);
        }
    }

    /// Finds (and for TCP opens) the way to the carrier without holding up the loop.
    fn resolve_outbound(&mut self, id: LegId) {
        let address = self.config.outbound.address.clone();
        let tcp = self.config.outbound.transport == OutboundTransport::Tcp;
        let (udp, engine) = (self.udp.clone(), Arc::clone(&self.engine));
        let (limiter, done) = (Arc::clone(&self.limiter), self.outbound.clone());
        let open = self.connected.clone();
        tokio::spawn(async move {
            let found = async {
                let none = || std::io::Error::other(format!("{address} has no address"));
                let remote: SocketAddr =
                    tokio::net::lookup_host(&address).await?.next().ok_or_else(none)?;
                match open.get(&remote) {
                    Some(flow) if tcp => Ok(flow.clone()),
                    _ if tcp => sockets::connect_tcp(engine, remote, limiter).await,
                    _ => Ok(udp.towards(remote)),
                }
            };
            let _ = done.send((id, found.await)).await;
        });
    }

    pub(super) fn outbound_connected(&mut self, id: LegId, flow: std::io::Result<Flow>) {
        match flow {
            Ok(flow) => {
                if crate::sip::sockets::UDP != flow.id {
                    self.connected.insert(flow.remote, flow.clone());
                }
                let contact = self.contact(&flow);
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.dialog.flow_is_the_way = flow.id != crate::sip::sockets::UDP;
                    leg.dialog.flow = flow;
                    leg.dialog.contact.clone_from(&contact);
                    if let Side::Caller { invite, .. } = &mut leg.side {
                        invite.set("Contact", contact);
                    }
                }
                self.send_invite(id);
            }
            Err(error) => {
                tracing::warn!(%error, "the outbound trunk cannot be reached");
                self.forget(id);
                self.refuse(id, FailureCause::GatewayFault);
            }
        }
    }

    fn send_invite(&mut self, id: LegId) {
        let tx = ClientTx(self.engine.next_id());
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let flow = leg.dialog.flow.clone();
        let Side::Caller { invite, tx: slot, state, .. } = &mut leg.side else { return };
        invite.headers.insert(0, ("Via".to_owned(), self.engine.via(&flow)));
        *slot = Some(tx);
        *state = CallerState::Calling;
        let invite = invite.clone();
        self.client_txs.insert(tx, TxPurpose::Invite(id));
        self.engine.request(tx, flow, invite);
    }

    // --- what comes back -------------------------------------------------------------------------

    pub(super) fn response(&mut self, tx: ClientTx, response: &Message, flow: &Flow) {
        let Some(TxPurpose::Invite(id)) = self.client_txs.get(&tx) else { return };
        let id = *id;
        match response.status() {
            101..=199 => self.provisional(id, response),
            200..=299 => self.invite_accepted(id, response, flow),
            300.. => {
                let status = response.status();
                self.forget(id);
                let cause = FailureCause::of_status(status);
                self.feed(Input::Refused { leg: id, cause, sip_status: Some(status) });
            }
            _ => self.provisional_only(id),
        }
    }

    fn provisional_only(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Side::Caller { state, cancel_wanted, .. } = &mut leg.side else { return };
        if *state == CallerState::Calling {
            *state = CallerState::Proceeding;
        }
        if *cancel_wanted && *state == CallerState::Proceeding {
            self.send_cancel(id);
        }
    }

    fn provisional(&mut self, id: LegId, response: &Message) {
        self.provisional_only(id);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.dialog.learn(response);
        if response.body.is_empty() {
            return self.feed(Input::Ringing { leg: id, early_media: false });
        }
        let (media, answer) = (self.media.clone(), response.body.clone());
        self.ask(async move {
            let result = media.accept(id, answer).await;
            MediaAnswer::Accepted { leg: id, stage: Stage::Early, result }
        });
    }

    fn invite_accepted(&mut self, id: LegId, response: &Message, flow: &Flow) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.dialog.learn(response);
        if !leg.dialog.flow_is_the_way {
            leg.dialog.flow = flow.clone();
        }
        let Side::Caller { state, cancel_wanted, .. } = &mut leg.side else { return };
        let unwanted = *cancel_wanted || *state == CallerState::Cancelled;
        *state = CallerState::Answered;
        let seq = response.cseq().map_or(1, |(seq, _)| seq);
        let way = leg.dialog.way();
        let mut ack = leg.dialog.ack(seq);
        ack.headers.insert(0, ("Via".to_owned(), self.engine.via(&way)));
        self.engine.acknowledge(way, &ack);
        if unwanted {
            // The 200 crossed our CANCEL; the machine orders the BYE.
            return self.feed(Input::Answered { leg: id });
        }
        let (media, answer) = (self.media.clone(), response.body.clone());
        self.ask(async move {
            let result = media.accept(id, answer).await;
            MediaAnswer::Accepted { leg: id, stage: Stage::Final, result }
        });
    }

    pub(super) fn accepted(
        &mut self,
        id: LegId,
        stage: Stage,
        result: Result<Direction, MediaError>,
    ) {
        match (stage, result) {
            (Stage::Early, Ok(_)) => self.feed(Input::Ringing { leg: id, early_media: true }),
            (Stage::Early, Err(_)) => self.feed(Input::Ringing { leg: id, early_media: false }),
            (Stage::Final, Ok(_)) => self.feed(Input::Answered { leg: id }),
            (Stage::Ack, Ok(direction)) => {
                let held = matches!(direction, Direction::SendOnly | Direction::Inactive);
                self.feed(Input::PhoneHold { leg: id, held });
            }
            (Stage::Final, Err(error)) => {
                tracing::info!(%error, leg = %id, "answer not understood");
                self.bye(id);
                let cause = FailureCause::Rejected;
                self.feed(Input::Refused { leg: id, cause, sip_status: Some(488) });
            }
            (Stage::Ack, Err(error)) => {
                tracing::info!(%error, leg = %id, "answer in ACK not understood");
                self.bye(id);
                self.feed(Input::Gone { leg: id, cause: EndCause::Fault });
            }
        }
    }

    pub(super) fn client_tx_over(&mut self, tx: ClientTx) {
        let Some(TxPurpose::Invite(id)) = self.client_txs.remove(&tx) else { return };
        let unanswered = self.legs.get(&id).is_some_and(|leg| {
            matches!(&leg.side, Side::Caller { state, .. } if *state != CallerState::Answered)
        });
        if unanswered {
            self.forget(id);
            self.refuse(id, FailureCause::Unreachable);
        }
    }

    // --- orders ----------------------------------------------------------------------------------

    pub(super) fn cancel(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Side::Caller { state, cancel_wanted, .. } = &mut leg.side else { return };
        *cancel_wanted = true;
        match state {
            CallerState::Preparing => {
                self.forget(id);
                self.refuse(id, FailureCause::Withdrawn);
            }
            CallerState::Proceeding => self.send_cancel(id),
            CallerState::Calling | CallerState::Cancelled | CallerState::Answered => {}
        }
    }

    fn send_cancel(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Side::Caller { invite, state, .. } = &mut leg.side else { return };
        *state = CallerState::Cancelled;
        // RFC 3261 section 9.1: the same Via, Call-ID, tags and number as the INVITE.
        let mut cancel = Message::request("CANCEL", invite.uri());
        for name in ["Via", "Route", "Max-Forwards", "From", "To", "Call-ID"] {
            for value in invite.all(name) {
                cancel.headers.push((name.to_owned(), value.to_owned()));
            }
        }
        let cancel = cancel.with("CSeq", "1 CANCEL").with("User-Agent", SOFTWARE);
        let flow = leg.dialog.flow.clone();
        self.farewell(flow, cancel);
    }

    /// BYE; the dialog is forgotten at once, later requests in it get 481.
    pub(super) fn bye(&mut self, id: LegId) {
        let Some(mut leg) = self.forget(id) else { return };
        let established = match &leg.side {
            Side::Callee { state, .. } => {
                matches!(state, CalleeState::Answered | CalleeState::Confirmed)
            }
            Side::Caller { state, .. } => *state == CallerState::Answered,
        };
        if !established {
            return;
        }
        let way = leg.dialog.way();
        let mut bye = leg.dialog.request("BYE");
        bye.headers.insert(0, ("Via".to_owned(), self.engine.via(&way)));
        self.farewell(way, bye);
    }

    fn farewell(&mut self, flow: Flow, request: Message) {
        let tx = ClientTx(self.engine.next_id());
        self.client_txs.insert(tx, TxPurpose::Farewell);
        self.engine.request(tx, flow, request);
    }
}
