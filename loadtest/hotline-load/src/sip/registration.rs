//! REGISTER with digest, once or again and again. One transaction at a time.

use hotline_phone::sip::digest::{self, Credentials};
use hotline_phone::sip::message::Message;

use super::step::{Party, Resend, Step, T2_NS, Wake};
use super::text::Dialog;

/// Asked for with every registration, in seconds.
const EXPIRES_S: u32 = 3_600;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Asking { begun_ns: u64, challenged: bool, resend: Resend },
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// After so long, challenge included.
    Accepted {
        took_ns: u64,
    },
    Refused {
        status: u16,
    },
    Silence,
}

/// The registering of one phone.
#[derive(Debug)]
pub struct Registration {
    party: Party,
    dialog: Dialog,
    who: Credentials,
    state: State,
    cseq: u32,
    last: Vec<u8>,
}

impl Registration {
    #[must_use]
    pub fn new(phone: u32, dialog: Dialog, who: Credentials) -> Self {
        let party = Party::Registration { phone };
        Self { party, dialog, who, state: State::Idle, cseq: 0, last: Vec::new() }
    }

    /// Registers (again). One that is still under way is left alone.
    pub fn begin(&mut self, now_ns: u64, step: &mut Step) {
        if self.state == State::Idle {
            self.ask(now_ns, false, "", now_ns, step);
        }
    }

    fn ask(&mut self, begun_ns: u64, challenged: bool, auth: &str, now_ns: u64, step: &mut Step) {
        self.cseq += 1;
        let more = format!("{auth}Expires: {EXPIRES_S}\r\n");
        let branch = format!("r{}-{}", self.dialog.call_id, self.cseq);
        self.last = self.dialog.request("REGISTER", self.cseq, &branch, &more, "");
        step.send(self.last.clone());
        let resend = Resend::begun(now_ns);
        step.wake(resend.first_ns(now_ns), self.party, Wake::ResendRegister);
        self.state = State::Asking { begun_ns, challenged, resend };
    }

    /// Time to ask once more. Earlier wakes that have lost their reason do at most one resend.
    pub fn wake(&mut self, now_ns: u64, step: &mut Step) -> Option<Registered> {
        let State::Asking { resend, .. } = &mut self.state else { return None };
        if let Some(at_ns) = resend.next_ns(now_ns, T2_NS) {
            step.send(self.last.clone());
            step.wake(at_ns, self.party, Wake::ResendRegister);
            return None;
        }
        self.state = State::Idle;
        Some(Registered::Silence)
    }

    /// An answer to REGISTER has come.
    pub fn receive(
        &mut self,
        answer: &Message,
        now_ns: u64,
        step: &mut Step,
    ) -> Option<Registered> {
        let State::Asking { begun_ns, challenged, .. } = self.state else { return None };
        if answer.cseq().is_none_or(|(number, _)| number != self.cseq) {
            return None;
        }
        match answer.status()? {
            100..=199 => None,
            200..=299 => {
                self.state = State::Idle;
                Some(Registered::Accepted { took_ns: now_ns.saturating_sub(begun_ns) })
            }
            401 if !challenged => {
                let challenge = digest::strongest(answer.all("WWW-Authenticate"))?;
                let cnonce = format!("{:08x}{now_ns:016x}", self.cseq);
                let value = challenge.answer(&self.who, "REGISTER", &self.dialog.target, &cnonce);
                self.ask(begun_ns, true, &format!("Authorization: {value}\r\n"), now_ns, step);
                None
            }
            status => {
                self.state = State::Idle;
                Some(Registered::Refused { status })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration() -> Registration {
        let dialog = Dialog {
            transport: "UDP",
            local: "127.0.0.1:5070".parse().unwrap(),
            from: "<sip:agent01@h>;tag=a".to_owned(),
            to: "<sip:agent01@h>".to_owned(),
            call_id: "c".to_owned(),
            contact: "sip:agent01@127.0.0.1:5070".to_owned(),
            target: "sip:h".to_owned(),
            route: Vec::new(),
        };
        let who = Credentials { user: "agent01".to_owned(), password: "p".to_owned() };
        Registration::new(0, dialog, who)
    }

    fn answer(step: &Step, status: u16, challenge: &str) -> Message {
        let request = Message::parse(step.sends.last().unwrap()).unwrap();
        let mut answer = Message::response(&request, status, "t");
        answer.push("WWW-Authenticate", challenge);
        answer
    }

    #[test]
    fn a_challenge_is_answered_once() {
        let mut registration = registration();
        let mut step = Step::default();
        registration.begin(5, &mut step);
        let challenge = answer(&step, 401, "Digest realm=\"h\", nonce=\"n\", qop=\"auth\"");
        assert_eq!(registration.receive(&challenge, 10, &mut step), None);
        let second = Message::parse(step.sends.last().unwrap()).unwrap();
        assert!(second.get("Authorization").unwrap().contains("username=\"agent01\""));
        let again = answer(&step, 401, "Digest realm=\"h\", nonce=\"m\"");
        let end = registration.receive(&again, 20, &mut step);
        assert_eq!(end, Some(Registered::Refused { status: 401 }));
    }

    #[test]
    fn the_time_counts_from_the_first_request() {
        let mut registration = registration();
        let mut step = Step::default();
        registration.begin(5, &mut step);
        let end = registration.receive(&answer(&step, 200, ""), 25, &mut step);
        assert_eq!(end, Some(Registered::Accepted { took_ns: 20 }));
    }
}
