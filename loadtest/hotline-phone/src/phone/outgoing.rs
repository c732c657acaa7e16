//! A call we make, from INVITE to its final response: provisionals, PRACK, 401/407, CANCEL and the
//! race of CANCEL with 200 (RFC 3261 9.1, 13.2, 22.2).

use std::sync::Arc;

use super::call::{Call, CallEvent, Command};
use super::dialog::Dialog;
use super::leg::{End, Input, Leg, MediaSlot, mark};
use super::options::{CallOptions, PreparedMedia};
use super::{ALLOW, Ua};
use crate::clock;
use crate::error::PhoneError;
use crate::media::heard::HeardSamples;
use crate::media::task::MediaCommand;
use crate::report::{CallDirection, EndedBy, Outcome};
use crate::sdp::Session;
use crate::sip::digest;
use crate::sip::message::{Message, StartLine};
use crate::sip::resend::Sent;
use crate::sip::transport::Received;
use crate::sip::uri::SipUri;

/// Sends the INVITE from a task of its own.
pub(super) async fn start(
    ua: &Arc<Ua>,
    to: &str,
    mut options: CallOptions,
) -> Result<Call, PhoneError> {
    let uri: SipUri = to.parse()?;
    let peer = uri.resolve().await?;
    let from = options.from.take().unwrap_or_else(|| ua.config.user.clone());
    let dialog = Dialog::outgoing(ua, &from, &uri, peer);
    let (call_id, local_ip) = (dialog.call_id.clone(), dialog.ours.ip());
    let memory = HeardSamples::default();
    let reliable_provisionals = options.reliable_provisionals;
    let media = PreparedMedia::open(options, local_ip, memory.clone()).await?;
    let inbox = ua.open_inbox(&call_id).ok_or_else(too_many)?;
    let (mut leg, ends) = Leg::new(Arc::clone(ua), dialog, inbox);
    leg.media = MediaSlot::Prepared(Box::new(media));
    leg.report.direction = CallDirection::Out;
    leg.report.from.clone_from(&from);
    leg.report.to = uri.to_string();
    let call = Call {
        call_id,
        from,
        to: uri.user.clone(),
        local_ip,
        commands: ends.commands,
        events: ends.events,
        end: Some(ends.end),
        report: None,
        memory,
    };
    tokio::spawn(run(leg, reliable_provisionals));
    Ok(call)
}

fn too_many() -> PhoneError {
    PhoneError::argument("this phone has too many calls", "该话机的通话数已达上限")
}

async fn run(mut leg: Leg, reliable_provisionals: bool) {
    let mut dialling = Dialling::new(&mut leg, reliable_provisionals);
    let refused = dialling.dial().await;
    let end = match refused {
        Some(end) => end,
        None => leg.talk().await,
    };
    leg.finish(end).await;
}

/// An INVITE under way.
struct Dialling<'a> {
    leg: &'a mut Leg,
    invite: Message,
    /// A response has come: CANCEL may be sent.
    proceeding: bool,
    cancelling: bool,
    challenges: u8,
    last_rseq: u32,
}

impl<'a> Dialling<'a> {
    fn new(leg: &'a mut Leg, reliable_provisionals: bool) -> Self {
        let mut invite = leg.dialog.request(&leg.ua.clone(), "INVITE");
        invite.push("Contact", leg.dialog.contact.clone());
        invite.push("Allow", ALLOW);
        if reliable_provisionals {
            invite.push("Supported", "100rel");
        }
        if let Some(offer) = leg.offer() {
            invite.set_body("application/sdp", offer);
        }
        Self { leg, invite, proceeding: false, cancelling: false, challenges: 0, last_rseq: 0 }
    }

    fn invite_number(&self) -> u32 {
        self.invite.cseq().map_or(0, |(number, _)| number)
    }

    /// `None` when the call was answered.
    async fn dial(&mut self) -> Option<End> {
        mark(&mut self.leg.report.timings_ms.invite);
        self.send_invite().await;
        loop {
            let done = match self.leg.next().await {
                Input::Sip(received) => self.on_sip(&received).await,
                Input::Command(Command::Hangup | Command::Reject(_)) => {
                    self.cancel().await;
                    None
                }
                Input::Command(_) => None,
                Input::Media(event) => {
                    self.leg.on_media(event);
                    None
                }
                Input::GaveUp(Sent::Final { .. }) => None,
                Input::GaveUp(_) => Some(Some(self.gave_up())),
                Input::Closed => Some(Some(End::network(0, "phone closed"))),
            };
            if let Some(end) = done {
                return end;
            }
        }
    }

    fn gave_up(&self) -> End {
        if self.cancelling {
            return End::new(
                Outcome::Cancelled,
                408,
                "no final response to CANCEL",
                EndedBy::Local,
            );
        }
        End::network(408, "no response")
    }

    async fn send_invite(&mut self) {
        let (bytes, to) =
            (self.invite.to_bytes(), self.leg.dialog.next_hop(self.leg.ua.is_reliable()));
        let reliable = self.leg.ua.is_reliable();
        self.leg.resends.add(Sent::Invite, bytes.clone(), to, clock::now(), reliable);
        if let Err(error) = self.leg.ua.transport.send(bytes, to).await {
            tracing::debug!(%to, %error, "sip.invite_not_sent");
        }
    }

    /// `Some(None)`: answered. `Some(Some(end))`: over.
    async fn on_sip(&mut self, received: &Received) -> Option<Option<End>> {
        let message = &received.message;
        let (number, method) = message.cseq()?;
        let status = match message.status() {
            Some(status) if method == "INVITE" && number == self.invite_number() => status,
            _ => return self.leg.on_request(received).await.map(Some),
        };
        match status {
            100..200 => {
                self.on_provisional(message, status).await;
                None
            }
            200..300 => Some(self.on_answer(message).await),
            _ => self.on_refusal(message, status).await.map(Some),
        }
    }

    async fn on_provisional(&mut self, response: &Message, status: u16) {
        self.proceeding = true;
        self.leg.resends.done(&Sent::Invite);
        mark(&mut self.leg.report.timings_ms.first_provisional);
        if self.cancelling {
            self.send_cancel().await;
            return;
        }
        if status == 180 && mark(&mut self.leg.report.timings_ms.ringing) {
            self.leg.tell(CallEvent::Ringing);
        } else if status != 180 {
            self.leg.tell(CallEvent::Progress { status });
        }
        if status > 100 {
            self.leg.dialog.learn(response);
            self.acknowledge_reliable(response).await;
        }
        if let Some(audio) = Session::parse(&response.body).and_then(|session| session.audio()) {
            self.leg.connect_media(audio).await;
            if mark(&mut self.leg.report.timings_ms.early_media) {
                self.leg.tell(CallEvent::EarlyMedia);
            }
        }
    }

    /// PRACK (RFC 3262 4): in order, each once.
    async fn acknowledge_reliable(&mut self, response: &Message) {
        let required =
            response.list("Require").iter().any(|tag| tag.eq_ignore_ascii_case("100rel"));
        let rseq = response.get("RSeq").and_then(|value| value.trim().parse::<u32>().ok());
        let Some(rseq) = rseq.filter(|rseq| required && *rseq > self.last_rseq) else { return };
        self.last_rseq = rseq;
        let invite_seq = self.invite_number();
        let mut prack = self.leg.dialog.request(&self.leg.ua.clone(), "PRACK");
        prack.push("RAck", format!("{rseq} {invite_seq} INVITE"));
        self.leg.send_request("PRACK", &prack).await;
    }

    /// A 2xx: acknowledge; where we had given up meanwhile, hang up at once.
    async fn on_answer(&mut self, response: &Message) -> Option<End> {
        self.stop_waiting();
        self.leg.dialog.learn(response);
        self.acknowledge().await;
        mark(&mut self.leg.report.timings_ms.answered);
        if self.cancelling {
            self.leg.say_bye().await;
            return Some(End::new(
                Outcome::Cancelled,
                200,
                "answered while cancelling",
                EndedBy::Local,
            ));
        }
        match Session::parse(&response.body).and_then(|session| session.audio()) {
            Some(audio) => {
                self.leg.connect_media(audio).await;
            }
            None if matches!(self.leg.media, MediaSlot::Running { .. }) => {}
            None => {
                self.leg.say_bye().await;
                return Some(End::new(
                    Outcome::Failed,
                    200,
                    "answered without usable audio",
                    EndedBy::Local,
                ));
            }
        }
        self.leg.tell_media(MediaCommand::Talk(true)).await;
        self.leg.tell(CallEvent::Answered);
        None
    }

    /// The final response is here.
    fn stop_waiting(&mut self) {
        let cseq = self.invite_number();
        self.leg.resends.done(&Sent::Invite);
        for method in ["INVITE", "CANCEL"] {
            self.leg.resends.done(&Sent::Request { method, cseq });
        }
    }

    async fn acknowledge(&mut self) {
        let number = self.invite_number();
        let mut ack = self.leg.dialog.numbered_request(&self.leg.ua, "ACK", number);
        copy_credentials(&self.invite, &mut ack);
        let (bytes, to) = (ack.to_bytes(), self.leg.dialog.next_hop(self.leg.ua.is_reliable()));
        self.leg.remember(number, "ACK", bytes.clone());
        self.leg.send(bytes, to).await;
    }

    /// A final response of 300 or more: acknowledge, and try again where it was a challenge.
    async fn on_refusal(&mut self, response: &Message, status: u16) -> Option<End> {
        self.stop_waiting();
        let ack = self.same_transaction("ACK", response.get("To"));
        let number = self.invite_number();
        self.leg.remember(number, "ACK", ack.to_bytes());
        let to = self.leg.dialog.next_hop(self.leg.ua.is_reliable());
        self.leg.send(ack.to_bytes(), to).await;
        if !self.cancelling && self.answer_challenge(response, status).await {
            return None;
        }
        let reason = match &response.start {
            StartLine::Response { reason, .. } => reason.clone(),
            StartLine::Request { .. } => String::new(),
        };
        if self.cancelling {
            return Some(End::new(Outcome::Cancelled, status, reason, EndedBy::Local));
        }
        Some(End::new(Outcome::Rejected, status, reason, EndedBy::Remote))
    }

    async fn answer_challenge(&mut self, response: &Message, status: u16) -> bool {
        let (asks, answers) = match status {
            401 => ("WWW-Authenticate", "Authorization"),
            407 => ("Proxy-Authenticate", "Proxy-Authorization"),
            _ => return false,
        };
        let challenge = digest::strongest(response.all(asks));
        let (Some(who), Some(challenge)) = (self.leg.ua.config.credentials.clone(), challenge)
        else {
            return false;
        };
        self.challenges += 1;
        if self.challenges > 1 && !(challenge.is_stale() && self.challenges == 2) {
            return false;
        }
        let StartLine::Request { uri, .. } = self.invite.start.clone() else { return false };
        let answer = challenge.answer(&who, "INVITE", &uri, &crate::entropy::token());
        self.leg.dialog.local_seq += 1;
        let number = self.leg.dialog.local_seq;
        let mut again = Message::request("INVITE", &uri);
        again.push("Via", self.leg.ua.via(self.leg.dialog.ours));
        for name in [
            "Max-Forwards",
            "From",
            "To",
            "Call-ID",
            "User-Agent",
            "Contact",
            "Allow",
            "Supported",
            "Content-Type",
        ] {
            if let Some(value) = self.invite.get(name) {
                again.push(name, value);
            }
        }
        again.push("CSeq", format!("{number} INVITE"));
        again.push(answers, answer);
        again.body.clone_from(&self.invite.body);
        self.invite = again;
        self.send_invite().await;
        true
    }

    /// CANCEL and the ACK to a refusal belong to the INVITE's transaction: same branch, number.
    fn same_transaction(&self, method: &str, to: Option<&str>) -> Message {
        let StartLine::Request { uri, .. } = &self.invite.start else { return self.invite.clone() };
        let mut request = Message::request(method, uri);
        for name in ["Via", "Route", "Max-Forwards", "From"] {
            for value in self.invite.all(name) {
                request.push(name, value);
            }
        }
        request.push("To", to.or_else(|| self.invite.get("To")).unwrap_or_default());
        request.push("Call-ID", self.leg.dialog.call_id.clone());
        let number = self.invite_number();
        request.push("CSeq", format!("{number} {method}"));
        request
    }

    async fn cancel(&mut self) {
        if !self.cancelling {
            self.cancelling = true;
            if self.proceeding {
                self.send_cancel().await;
            }
        }
    }

    async fn send_cancel(&mut self) {
        let number = self.invite_number();
        let cancel = self.same_transaction("CANCEL", None);
        let (bytes, to) = (cancel.to_bytes(), self.leg.dialog.next_hop(self.leg.ua.is_reliable()));
        // Once answered by 200 the CANCEL is done; the INVITE's 487 must follow within 32 s.
        let reliable = self.leg.ua.is_reliable();
        let what = Sent::Request { method: "CANCEL", cseq: number };
        self.leg.resends.add(what, bytes.clone(), to, clock::now(), reliable);
        let what = Sent::Request { method: "INVITE", cseq: number };
        self.leg.resends.add(what, Vec::new(), to, clock::now(), true);
        self.leg.send(bytes, to).await;
    }
}

fn copy_credentials(invite: &Message, ack: &mut Message) {
    for name in ["Authorization", "Proxy-Authorization"] {
        if let Some(value) = invite.get(name) {
            ack.push(name, value);
        }
    }
}
