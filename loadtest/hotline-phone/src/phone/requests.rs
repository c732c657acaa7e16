//! What a call answers to its peer's messages in any phase: repeats, BYE, re-INVITE, UPDATE,
//! INFO, OPTIONS, late responses. Strict about tags and numbers, as it judges the gateway.

use super::call::CallEvent;
use super::leg::{End, Leg, mark};
use super::{AGENT, ALLOW};
use crate::clock;
use crate::media::rtp::is_digit;
use crate::report::{EndedBy, Outcome};
use crate::sip::message::{Message, StartLine};
use crate::sip::resend::Sent;
use crate::sip::transport::Received;

/// Answers kept for repeats.
const ANSWERS_MAX: usize = 8;

impl Leg {
    /// Handles a message that the current phase does not claim for itself. The end of the call
    /// when it was a BYE.
    pub async fn on_request(&mut self, received: &Received) -> Option<End> {
        let message = &received.message;
        let StartLine::Request { method, .. } = &message.start else {
            self.on_response(received).await;
            return None;
        };
        let (number, _) = message.cseq()?;
        if method == "ACK" {
            self.on_ack(number, message).await;
            return None;
        }
        if self.repeat_answer(number, method, received).await {
            return None;
        }
        if !self.dialog.owns(message) {
            self.respond(received, 481, None).await;
            return None;
        }
        if self.dialog.remote_seq.is_some_and(|last| number < last) {
            self.respond(received, 500, None).await;
            return None;
        }
        self.dialog.remote_seq = Some(number);
        match method.as_str() {
            "BYE" => return Some(self.on_bye(received).await),
            "INVITE" | "UPDATE" => self.on_offer(received, method == "INVITE").await,
            "INFO" => self.on_info(received).await,
            "OPTIONS" | "NOTIFY" | "PRACK" => self.respond(received, 200, None).await,
            _ => self.respond(received, 405, None).await,
        }
        None
    }

    async fn on_bye(&mut self, received: &Received) -> End {
        mark(&mut self.report.timings_ms.bye);
        self.respond(received, 200, None).await;
        End::new(Outcome::Answered, 200, "OK", EndedBy::Remote)
    }

    /// A response to one of our requests. A repeated 2xx to the INVITE is acknowledged again.
    pub async fn on_response(&mut self, received: &Received) {
        let (message, Some(status)) = (&received.message, received.message.status()) else {
            return;
        };
        let Some((cseq, method)) = message.cseq() else { return };
        if method == "INVITE" && status >= 200 {
            let repeated = self.answers.iter().find(|(n, m, _)| *n == cseq && m == "ACK");
            if let Some((_, _, ack)) = repeated.cloned() {
                let to = if status < 300 {
                    self.dialog.next_hop(self.ua.is_reliable())
                } else {
                    received.peer
                };
                self.send(ack, to).await;
            }
            return;
        }
        if status >= 200 {
            for method_sent in ["BYE", "CANCEL", "PRACK"] {
                if method_sent == method {
                    self.resends.done(&Sent::Request { method: method_sent, cseq });
                }
            }
        }
    }

    async fn on_ack(&mut self, number: u32, ack: &Message) {
        self.resends.done(&Sent::Final { cseq: number });
        if self.offered_in_response && !ack.body.is_empty() {
            self.offered_in_response = false;
            if let Some(audio) = crate::sdp::Session::parse(&ack.body).and_then(|s| s.audio()) {
                self.connect_media(audio).await;
            }
        }
    }

    async fn on_offer(&mut self, received: &Received, is_invite: bool) {
        self.dialog.learn_target(&received.message);
        let body = &received.message.body;
        let description = if !body.is_empty() {
            let Some((answer, audio)) = self.answer_to(body) else {
                self.respond(received, 488, None).await;
                return;
            };
            self.connect_media(audio).await;
            Some(answer)
        } else if is_invite {
            self.offered_in_response = true;
            self.offer()
        } else {
            None
        };
        self.respond(received, 200, description).await;
    }

    /// Digits by INFO (application/dtmf-relay or application/dtmf).
    async fn on_info(&mut self, received: &Received) {
        let message = &received.message;
        let kind = message.get("Content-Type").unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with("application/dtmf") {
            let text = String::from_utf8_lossy(&message.body).into_owned();
            let signal = text.lines().find_map(|line| line.trim().strip_prefix("Signal="));
            let digit = signal.unwrap_or(&text).trim().chars().next();
            if let Some(digit) = digit.map(|d| d.to_ascii_uppercase()).filter(|d| is_digit(*d)) {
                if self.report.digits_received.len() < 256 {
                    self.report.digits_received.push(digit);
                }
                self.tell(CallEvent::Digit(digit));
            }
        }
        self.respond(received, 200, None).await;
    }

    async fn repeat_answer(&mut self, number: u32, method: &str, received: &Received) -> bool {
        let known = self.answers.iter().find(|(n, m, _)| *n == number && m == method);
        let Some((_, _, bytes)) = known.cloned() else { return false };
        self.send(bytes, received.peer).await;
        true
    }

    /// Answers a request; a final answer to an INVITE is repeated until its ACK.
    pub async fn respond(&mut self, received: &Received, status: u16, description: Option<String>) {
        let request = &received.message;
        let mut response = Message::response(request, status, &self.dialog.local_tag);
        let (number, method) =
            request.cseq().map_or((0, String::new()), |(n, m)| (n, m.to_owned()));
        if status > 100 && matches!(method.as_str(), "INVITE" | "UPDATE") && status < 300 {
            response.push("Contact", self.dialog.contact.clone());
        }
        response.push("Allow", ALLOW);
        response.push("User-Agent", AGENT);
        if let Some(description) = description {
            response.set_body("application/sdp", description);
        }
        let bytes = response.to_bytes();
        self.remember(number, &method, bytes.clone());
        if method == "INVITE" && status >= 200 {
            let what = Sent::Final { cseq: number };
            let reliable = self.ua.is_reliable();
            self.resends.add(what, bytes.clone(), received.peer, clock::now(), reliable);
        }
        self.send(bytes, received.peer).await;
    }

    /// Keeps an answer (or our ACK, under its INVITE's number) for repeats.
    pub fn remember(&mut self, number: u32, method: &str, bytes: Vec<u8>) {
        self.answers.retain(|(n, m, _)| !(*n == number && m == method));
        if self.answers.len() == ANSWERS_MAX {
            self.answers.pop_front();
        }
        self.answers.push_back((number, method.to_owned(), bytes));
    }
}
