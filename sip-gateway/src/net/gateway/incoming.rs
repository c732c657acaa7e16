//! Requests that reach us: calls from trunks, and what happens inside dialogs.

use bytes::Bytes;
use call::{EndCause, FailureCause, Input};
use types::{CallId, LegId, Phone};

use super::headset::CheckKind;
use super::leg::{CalleeState, CallerState, Side, SipLeg};
use super::{Gateway, MediaAnswer, Stage};
use crate::media::{Direction, MediaError, MediaKind, Negotiated};
use crate::net::{clock, random};
use crate::sip::address::{param, uri_of, user_of};
use crate::sip::clean::ALLOW;
use crate::sip::dialog::Dialog;
use crate::sip::engine::ServerTx;
use crate::sip::flow::Flow;
use crate::sip::message::Message;
use crate::sip::trunk;

const SDP: &str = "application/sdp";

impl Gateway {
    pub(super) fn request(&mut self, tx: ServerTx, request: Message, flow: Flow) {
        metrics::counter!("gateway_sip_requests_total", "method" => request.method().to_owned())
            .increment(1);
        if let Some(tag) = param(request.header("To"), "tag") {
            let key = (request.call_id().to_owned(), tag.to_owned());
            match self.dialogs.get(&key).copied() {
                Some(leg) => self.in_dialog(leg, tx, request, flow),
                None => self.respond(&tx, &request, 481),
            }
            return;
        }
        match request.method() {
            "INVITE" => self.new_call(tx, request, &flow),
            "REGISTER" => self.register(&tx, &request, &flow),
            "OPTIONS" => self.options(&tx, &request),
            _ => self.respond(&tx, &request, 481),
        }
    }

    fn options(&self, tx: &ServerTx, request: &Message) {
        let response = Message::response(request, 200)
            .with("Allow", ALLOW)
            .with("Accept", SDP)
            .with("Supported", "outbound, path");
        self.engine.respond(tx, response);
    }

    fn new_call(&mut self, tx: ServerTx, invite: Message, flow: &Flow) {
        let dialled = dialled_of(invite.uri());
        if flow.transport.is_websocket() || self.agent_of(flow).is_some() {
            return self.agent_calls(tx, invite, flow, &dialled);
        }
        let trunk = match trunk::admit(&self.config.trunks, flow.remote.ip(), &dialled) {
            Ok(trunk) => trunk,
            Err(why) => {
                let status = why.status();
                metrics::counter!("gateway_calls_refused_total", "status" => status.to_string())
                    .increment(1);
                tracing::info!(source = %flow.remote, status, "call refused");
                return self.respond(&tx, &invite, status);
            }
        };
        let refused = if self.is_stopping() {
            Some("stopping")
        } else if self.machine.callers(&trunk.name) >= trunk.calls_max {
            Some("calls_max")
        } else if !self.newcomers.admit(clock::now()) {
            Some("rate")
        } else {
            None
        };
        if let Some(reason) = refused {
            return self.unavailable(&tx, &invite, reason);
        }
        self.begin(tx, invite, flow, MediaKind::Rtp, Self::new_leg_id());
    }

    /// 503: not now. Said before anything is spent on the call.
    fn unavailable(&self, tx: &ServerTx, invite: &Message, reason: &'static str) {
        count_unavailable(reason);
        let retry_after_s = self.retry_after_s().to_string();
        let busy = Message::response(invite, 503).with("Retry-After", retry_after_s.as_str());
        self.engine.respond(tx, busy);
    }

    fn agent_calls(&mut self, tx: ServerTx, invite: Message, flow: &Flow, dialled: &str) {
        let Some((agent, device, media)) = self.agent_of(flow) else {
            return self.respond(&tx, &invite, 403);
        };
        let Some(kind) = CheckKind::of_service(dialled) else {
            return self.respond(&tx, &invite, 404);
        };
        let leg = Self::new_leg_id();
        self.begin_check(leg, kind, agent, device);
        self.begin(tx, invite, flow, media, leg);
    }

    /// Makes the dialog and asks the media room; nobody hears of the call before it answered.
    fn begin(&mut self, tx: ServerTx, invite: Message, flow: &Flow, kind: MediaKind, id: LegId) {
        let tag = format!("{:016x}", random::random_u64());
        let mut dialog = Dialog::of_incoming(&invite, &tag, self.contact(flow), flow.clone());
        dialog.flow_is_the_way |= self.agent_of(flow).is_some();
        self.invites.insert(tx.id, id);
        self.engine.respond(&tx, Message::response(&invite, 100));
        let offer = invite.body.clone();
        let side = Side::Callee { tx, invite, sdp: None, state: CalleeState::New };
        self.remember(id, SipLeg { dialog, media: kind, side, reoffer: None });
        let media = self.media.clone();
        if offer.is_empty() {
            self.ask(
                async move { MediaAnswer::Offer { leg: id, result: media.offer(id, kind).await } },
            );
        } else {
            self.ask(async move {
                MediaAnswer::Incoming { leg: id, result: media.answer(id, kind, offer).await }
            });
        }
    }

    pub(super) fn incoming_answered(&mut self, id: LegId, result: Result<Negotiated, MediaError>) {
        match result {
            Ok(negotiated) => self.incoming_ready(id, negotiated.sdp),
            Err(error) => self.refuse_media(id, &error),
        }
    }

    /// The media room is ready for a call that reached us: it may ring.
    pub(super) fn incoming_ready(&mut self, id: LegId, ours: Bytes) {
        let Some(leg) = self.legs.get_mut(&id) else {
            self.media.close(id);
            return;
        };
        let Side::Callee { sdp, state, .. } = &mut leg.side else { return };
        *sdp = Some(ours);
        *state = CalleeState::Ringing;
        if self.checks.contains_key(&id) {
            return self.answer(id);
        }
        if self.is_stopping() {
            count_unavailable("stopping");
            self.media.close(id);
            return self.reject(id, 503);
        }
        let Some(leg) = self.legs.get(&id) else { return };
        let Side::Callee { invite, .. } = &leg.side else { return };
        let dialled = dialled_of(invite.uri());
        let Ok(trunk) = trunk::admit(&self.config.trunks, leg.dialog.flow.remote.ip(), &dialled)
        else {
            return;
        };
        let now = clock::now();
        let arrived = Input::CallerArrived {
            call: CallId::new(now, random::random_u128()),
            leg: id,
            caller: caller_of(invite),
            dialled,
            trunk: trunk.name.clone(),
            sip_call_id: invite.call_id().to_owned(),
            arrived_at: now,
        };
        metrics::counter!("gateway_calls_arrived_total").increment(1);
        self.feed(arrived);
    }

    pub(super) fn refuse_media(&mut self, id: LegId, error: &MediaError) {
        tracing::info!(%error, leg = %id, "call refused by the media room");
        let status = match error {
            MediaError::NoPort | MediaError::Io(_) => 503,
            _ => 488,
        };
        if status == 503 {
            count_unavailable("media");
        } else {
            metrics::counter!("gateway_calls_refused_total", "status" => "488").increment(1);
        }
        self.checks.remove(&id);
        self.media.close(id);
        self.reject(id, status);
    }

    // --- orders of the machine about callers ----------------------------------------------------

    /// 180, or 183 with our media.
    pub(super) fn progress(&mut self, id: LegId, status: u16) {
        let Some(leg) = self.legs.get(&id) else { return };
        let Side::Callee { tx, invite, sdp, .. } = &leg.side else { return };
        let mut response =
            Message::response(invite, status).with("Contact", leg.dialog.contact.as_str());
        response.set("To", leg.dialog.local.as_str());
        if status == 183
            && let Some(sdp) = sdp
        {
            response = response.with_body(SDP, sdp.clone());
        }
        self.engine.respond(tx, response);
    }

    pub(super) fn answer(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Side::Callee { tx, invite, sdp, state } = &mut leg.side else { return };
        *state = CalleeState::Answered;
        let mut response = Message::response(invite, 200)
            .with("Contact", leg.dialog.contact.as_str())
            .with("Allow", ALLOW);
        response.set("To", leg.dialog.local.as_str());
        if let Some(sdp) = sdp {
            response = response.with_body(SDP, sdp.clone());
        }
        self.engine.respond(tx, response);
    }

    pub(super) fn reject(&mut self, id: LegId, status: u16) {
        let Some(leg) = self.forget(id) else { return };
        let Side::Callee { tx, invite, state, .. } = &leg.side else { return };
        if matches!(state, CalleeState::Answered | CalleeState::Confirmed) {
            return;
        }
        let mut response = Message::response(invite, status);
        response.set("To", leg.dialog.local.as_str());
        if status == 503 {
            response.set("Retry-After", self.retry_after_s().to_string());
        }
        self.engine.respond(tx, response);
    }

    // --- what happens to a call that reached us --------------------------------------------------

    pub(super) fn acknowledged(&mut self, tx: u64, ack: Message) {
        let Some(&id) = self.invites.get(&tx) else { return };
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let mut offered_by_us = true;
        let mut confirmed = false;
        if let Side::Callee { tx: first, invite, state, .. } = &mut leg.side
            && first.id == tx
        {
            offered_by_us = invite.body.is_empty();
            confirmed = *state == CalleeState::Answered;
            if confirmed {
                *state = CalleeState::Confirmed;
            }
        }
        if offered_by_us && !ack.body.is_empty() {
            let (media, answer) = (self.media.clone(), ack.body);
            self.ask(async move {
                let result = media.accept(id, answer).await;
                MediaAnswer::Accepted { leg: id, stage: Stage::Ack, result }
            });
        }
        if confirmed {
            self.check_answered(id);
        }
    }

    pub(super) fn cancelled(&mut self, tx: u64) {
        let Some(&id) = self.invites.get(&tx) else { return };
        let Some(leg) = self.legs.get(&id) else { return };
        let Side::Callee { state, .. } = &leg.side else { return };
        if matches!(state, CalleeState::Answered | CalleeState::Confirmed) {
            // Our 200 was sent first: the call stands, and the caller's BYE will end it.
            return;
        }
        self.reject(id, 487);
        self.media.close(id);
        self.checks.remove(&id);
        self.feed(Input::Gone { leg: id, cause: EndCause::HungUp });
    }

    pub(super) fn server_tx_over(&mut self, tx: u64) {
        let Some(id) = self.invites.remove(&tx) else { return };
        let unconfirmed = self.legs.get(&id).is_some_and(|leg| {
            matches!(&leg.side, Side::Callee { tx: first, state: CalleeState::Answered, .. }
                if first.id == tx)
        });
        if unconfirmed {
            // 64*T1 without ACK (RFC 3261 section 13.3.1.4).
            self.bye(id);
            self.drop_check(id);
            self.feed(Input::Gone { leg: id, cause: EndCause::Vanished });
        }
    }

    fn in_dialog(&mut self, id: LegId, tx: ServerTx, request: Message, flow: Flow) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if !leg.dialog.matches(&request) && param(&leg.dialog.remote, "tag").is_some() {
            return self.respond(&tx, &request, 481);
        }
        if !leg.dialog.advance(&request) {
            let late = Message::response(&request, 500).with("Retry-After", "1");
            return self.engine.respond(&tx, late);
        }
        // A phone that changed its connection (a browser that came back) is answered there.
        if leg.dialog.flow_is_the_way {
            leg.dialog.flow = flow;
        }
        match request.method() {
            "BYE" => self.hung_up(id, &tx, &request),
            "INVITE" | "UPDATE" => self.reoffer(id, tx, request),
            "INFO" => self.info(id, &tx, &request),
            "OPTIONS" => self.options(&tx, &request),
            "PRACK" | "NOTIFY" => self.respond(&tx, &request, 200),
            _ => self.respond(&tx, &request, 405),
        }
    }

    fn hung_up(&mut self, id: LegId, tx: &ServerTx, bye: &Message) {
        self.respond(tx, bye, 200);
        let early = self.legs.get(&id).is_some_and(|leg| {
            matches!(&leg.side, Side::Callee { state, .. }
                if matches!(state, CalleeState::New | CalleeState::Ringing))
        });
        if early {
            self.reject(id, 487);
        }
        if let Some(leg) = self.forget(id)
            && let Side::Caller { state, .. } = leg.side
            && state != CallerState::Answered
        {
            let cause = FailureCause::Declined;
            return self.feed(Input::Refused { leg: id, cause, sip_status: None });
        }
        self.drop_check(id);
        self.feed(Input::Gone { leg: id, cause: EndCause::HungUp });
    }

    /// A new offer inside the dialog (RFC 3264 section 8): hold, retrieve, a changed address.
    fn reoffer(&mut self, id: LegId, tx: ServerTx, request: Message) {
        if let Some(target) = Some(uri_of(request.header("Contact"))).filter(|t| !t.is_empty())
            && let Some(leg) = self.legs.get_mut(&id)
        {
            target.clone_into(&mut leg.dialog.remote_target);
        }
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.reoffer.is_some() {
            return self.respond(&tx, &request, 491);
        }
        let kind = leg.media;
        if request.body.is_empty() && request.method() == "UPDATE" {
            let refreshed =
                Message::response(&request, 200).with("Contact", leg.dialog.contact.as_str());
            return self.engine.respond(&tx, refreshed);
        }
        let (media, offer) = (self.media.clone(), request.body.clone());
        if offer.is_empty() {
            // Without an offer we repeat ours; its answer comes in the ACK.
            self.invites.insert(tx.id, id);
            leg.reoffer = Some((tx, request));
            self.ask(async move {
                let result = media.offer(id, kind).await;
                let result = result.map(|sdp| Negotiated { sdp, direction: Direction::SendRecv });
                MediaAnswer::Reoffer { leg: id, result }
            });
        } else {
            leg.reoffer = Some((tx, request));
            self.ask(async move {
                MediaAnswer::Reoffer { leg: id, result: media.answer(id, kind, offer).await }
            });
        }
    }

    pub(super) fn reoffer_answered(&mut self, id: LegId, result: Result<Negotiated, MediaError>) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some((tx, request)) = leg.reoffer.take() else { return };
        match result {
            Ok(Negotiated { sdp, direction }) => {
                let response = Message::response(&request, 200)
                    .with("Contact", leg.dialog.contact.as_str())
                    .with("Allow", ALLOW)
                    .with_body(SDP, sdp);
                self.engine.respond(&tx, response);
                let held = matches!(direction, Direction::SendOnly | Direction::Inactive);
                self.feed(Input::PhoneHold { leg: id, held });
            }
            // RFC 3261 section 14.2: a re-INVITE that cannot be met leaves the call as it is.
            Err(error) => {
                tracing::info!(%error, leg = %id, "re-INVITE not acceptable");
                self.respond(&tx, &request, 488);
            }
        }
    }

    fn info(&mut self, id: LegId, tx: &ServerTx, info: &Message) {
        self.respond(tx, info, 200);
        let text = String::from_utf8_lossy(&info.body);
        let digit = match info.header("Content-Type").split(';').next().unwrap_or("").trim() {
            "application/dtmf-relay" => text
                .lines()
                .find_map(|line| line.trim().strip_prefix("Signal="))
                .and_then(|signal| signal.trim().chars().next()),
            "application/dtmf" => text.trim().chars().next(),
            _ => None,
        };
        if let Some(digit) = digit.filter(|d| "0123456789*#ABCD".contains(*d)) {
            self.feed(Input::Digit { leg: id, digit });
        }
    }
}

fn count_unavailable(reason: &'static str) {
    metrics::counter!("gateway_calls_refused_total", "status" => "503", "reason" => reason)
        .increment(1);
}

/// The number (or service) in a request URI, without `+`.
fn dialled_of(uri: &str) -> String {
    let user = user_of(uri).unwrap_or("");
    user.strip_prefix('+').unwrap_or(user).to_owned()
}

/// Who calls: the network's assertion before the caller's own word (RFC 3325), nobody where the
/// number is withheld.
fn caller_of(invite: &Message) -> Option<Phone> {
    let asserted = invite.header("P-Asserted-Identity");
    let hidden = invite.header("Privacy").split(';').any(|v| matches!(v.trim(), "id" | "user"));
    let value = if asserted.is_empty() { invite.header("From") } else { asserted };
    if hidden {
        return None;
    }
    let caller: Phone = user_of(uri_of(value))?.parse().ok()?;
    Some(caller.national())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite(from: &str) -> Message {
        Message::request("INVITE", "sip:12345@h").with("From", from)
    }

    #[test]
    fn the_caller_is_whom_the_network_asserts_and_nobody_when_withheld() {
        let own = invite("<sip:+8613800138000@c>;tag=1");
        assert_eq!(caller_of(&own).unwrap().reveal(), "13800138000");
        let asserted = own.clone().with("P-Asserted-Identity", "<tel:02112345678>");
        assert_eq!(caller_of(&asserted).unwrap().reveal(), "02112345678");
        assert_eq!(caller_of(&own.with("Privacy", "id")), None);
        assert_eq!(caller_of(&invite("<sip:anonymous@anonymous.invalid>;tag=1")), None);
    }
}
