//! The headset check of a softphone: a call to the gateway, a tone for as long as it listens. What it
//! found is the server's to say. It runs over a connection: nothing is sent twice.

use hotline_phone::sip::message::{Message, StartLine};

use super::step::{Party, Sound, Step, Wake};
use super::text::{self, Dialog};
use crate::clock::SECOND_NS;
use crate::media::Voice;
use crate::webrtc::{LocalEnd, Role, description};

/// Prompts, listening and whatever a busy gateway takes for them.
const LIMIT_NS: u64 = 40 * SECOND_NS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Calling,
    Talking,
    Over,
}

/// How the call of a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// By the gateway, after it was answered.
    Ended,
    Refused {
        status: u16,
    },
    /// The gateway has not ended it in time.
    Silence,
}

/// The check of one softphone.
#[derive(Debug)]
pub struct Check {
    party: Party,
    ear: usize,
    local: LocalEnd,
    dialog: Dialog,
    state: State,
}

impl Check {
    /// `dialog` goes to the gateway's service.
    #[must_use]
    pub fn new(phone: u32, ear: usize, local: LocalEnd, dialog: Dialog) -> Self {
        Self { party: Party::Check { phone }, ear, local, dialog, state: State::Idle }
    }

    /// Whether a message belongs to this call.
    #[must_use]
    pub fn owns(&self, message: &Message) -> bool {
        message.get("Call-ID") == Some(&self.dialog.call_id)
    }

    /// Calls.
    pub fn begin(&mut self, now_ns: u64, step: &mut Step) {
        let offer = description::offer(&self.local, 1);
        let branch = format!("i{}", self.dialog.call_id);
        step.send(self.dialog.request("INVITE", 1, &branch, "", &offer));
        step.wake(now_ns + LIMIT_NS, self.party, Wake::Patience);
        self.state = State::Calling;
    }

    /// The limit has come.
    pub fn wake(&mut self, step: &mut Step) -> Option<Checked> {
        let method = match self.state {
            State::Calling => "CANCEL",
            State::Talking => "BYE",
            State::Idle | State::Over => return None,
        };
        let (cseq, branch) = if method == "BYE" { (2, "b") } else { (1, "i") };
        let branch = format!("{branch}{}", self.dialog.call_id);
        step.send(self.dialog.request(method, cseq, &branch, "", ""));
        self.over(step);
        Some(Checked::Silence)
    }

    fn over(&mut self, step: &mut Step) {
        if self.state == State::Talking {
            step.sounds.push(Sound::Stop { party: self.party });
        }
        self.state = State::Over;
    }

    /// A message of this call has come.
    pub fn receive(&mut self, message: &Message, step: &mut Step) -> Option<Checked> {
        match &message.start {
            StartLine::Request { method, .. } if method == "ACK" => None,
            StartLine::Request { method, .. } => {
                step.send(text::response(message, 200, "", &self.dialog.contact, ""));
                let ends = method == "BYE" && self.state == State::Talking;
                ends.then(|| self.over(step)).map(|()| Checked::Ended)
            }
            StartLine::Response { status, .. } => self.answered(*status, message, step),
        }
    }

    fn answered(&mut self, status: u16, answer: &Message, step: &mut Step) -> Option<Checked> {
        if answer.method() != "INVITE" || self.state != State::Calling || status < 200 {
            return None;
        }
        if status >= 300 {
            if let Some(to) = answer.get("To") {
                self.dialog.to = to.to_owned();
            }
            let branch = format!("i{}", self.dialog.call_id);
            step.send(self.dialog.request("ACK", 1, &branch, "", ""));
            self.over(step);
            return Some(Checked::Refused { status });
        }
        self.dialog.confirm(answer);
        let branch = format!("a{}", self.dialog.call_id);
        step.send(self.dialog.request("ACK", 1, &branch, "", ""));
        self.state = State::Talking;
        if let Some(remote) = description::read(&answer.body) {
            let (party, ear, role, voice) = (self.party, self.ear, Role::OFFERER, Voice::Tone);
            step.sounds.push(Sound::StartSecure { party, ear, remote, role, voice });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webrtc::tests::local;

    fn called() -> (Check, Message) {
        let dialog = Dialog {
            transport: "WS",
            local: "127.0.0.1:6000".parse().unwrap(),
            from: "<sip:a@h>;tag=k".to_owned(),
            to: "<sip:headset-check@h>".to_owned(),
            call_id: "c".to_owned(),
            contact: "sip:a@x.invalid;transport=ws".to_owned(),
            target: "sip:headset-check@h".to_owned(),
            route: Vec::new(),
        };
        let mut check = Check::new(4, 2, local(), dialog);
        let mut step = Step::default();
        check.begin(0, &mut step);
        let invite = Message::parse(&step.sends[0]).unwrap();
        assert!(check.owns(&invite) && invite.get("Via").unwrap().starts_with("SIP/2.0/WS "));
        (check, invite)
    }

    #[test]
    fn it_speaks_from_the_answer_to_the_gateways_bye() {
        let (mut check, invite) = called();
        let body = description::answer(&local(), &local().seen(), 1);
        let ok = text::response(&invite, 200, "t", "sip:g@h", &body);
        let mut step = Step::default();
        assert_eq!(check.receive(&Message::parse(&ok).unwrap(), &mut step), None);
        let party = Party::Check { phone: 4 };
        let (ear, remote, role, voice) = (2, local().seen(), Role::OFFERER, Voice::Tone);
        assert_eq!(step.sounds, [Sound::StartSecure { party, ear, remote, role, voice }]);
        let bye = check.dialog.request("BYE", 2, "b", "", "");
        let mut step = Step::default();
        let over = check.receive(&Message::parse(&bye).unwrap(), &mut step);
        assert_eq!((over, &step.sounds[..]), (Some(Checked::Ended), &[Sound::Stop { party }][..]));
        assert_eq!(check.wake(&mut step), None, "over is over");
    }

    #[test]
    fn a_refusal_is_acknowledged_and_silence_is_cancelled() {
        let (mut check, invite) = called();
        let no = text::response(&invite, 403, "t", "sip:g@h", "");
        let mut step = Step::default();
        let over = check.receive(&Message::parse(&no).unwrap(), &mut step);
        assert_eq!(over, Some(Checked::Refused { status: 403 }));
        assert!(step.sends[0].starts_with(b"ACK ") && step.sounds.is_empty());
        let (mut check, _) = called();
        let mut step = Step::default();
        assert_eq!(check.wake(&mut step), Some(Checked::Silence));
        assert!(step.sends[0].starts_with(b"CANCEL "));
    }
}
