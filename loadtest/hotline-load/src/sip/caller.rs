//! One citizen: calls, waits, talks, hangs up; or gives up. Loose dialog rules: the peer under test is
//! judged by timings here, by `hotline-phone` for its manners.

use std::net::SocketAddrV4;

use hotline_phone::sip::message::{Message, StartLine};

use super::sdp;
use super::step::{Party, Resend, Sound, Step, T2_NS, Wake};
use super::text::{self, Dialog};
use crate::outcome::{CallTimes, Ending};
use crate::plan::CallPlan;

/// Where a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    /// INVITE sent, nothing heard.
    Calling(Resend),
    /// A provisional answer came.
    Ringing,
    Talking,
    /// BYE sent.
    HangingUp(Resend),
    /// CANCEL sent.
    GivingUp(Resend),
    Over,
}

/// What all callers of a load share.
#[derive(Debug, Clone)]
pub struct CallerOptions {
    /// Makes Call-IDs of this run unique.
    pub run: u64,
    pub peer: SocketAddrV4,
    pub dial: String,
    pub patience_ns: u64,
    pub rtp: bool,
}

/// One caller and its one call.
#[derive(Debug)]
pub struct Caller {
    index: u32,
    plan: CallPlan,
    state: State,
    dialog: Dialog,
    /// Body and socket of the sound.
    media: (usize, SocketAddrV4),
    invite: Vec<u8>,
    /// The ACK of the answer, sent again when the answer is.
    ack: Vec<u8>,
    last: Vec<u8>,
    sounding: bool,
    pub times: CallTimes,
}

/// The index of the caller in a Call-ID that [`Caller`] made.
#[must_use]
pub fn index_in(call_id: &str) -> Option<usize> {
    call_id.rsplit_once('-')?.1.parse().ok()
}

impl Caller {
    #[must_use]
    pub fn new(
        index: u32,
        plan: CallPlan,
        options: &CallerOptions,
        local: SocketAddrV4,
        media: (usize, SocketAddrV4),
    ) -> Self {
        let id = format!("{:x}-{index}", options.run);
        let (number, peer) = (plan.number, options.peer);
        let target = format!("sip:{}@{peer}", options.dial);
        let dialog = Dialog {
            transport: "UDP",
            local,
            from: format!("<sip:{number}@{}>;tag=c{id}", local.ip()),
            to: format!("<{target}>"),
            call_id: id,
            contact: format!("sip:{number}@{local}"),
            target,
            route: Vec::new(),
        };
        Self {
            index,
            plan,
            state: State::Waiting,
            dialog,
            media,
            invite: Vec::new(),
            ack: Vec::new(),
            last: Vec::new(),
            sounding: false,
            times: CallTimes::new(plan.number),
        }
    }

    fn party(&self) -> Party {
        Party::Caller { caller: self.index }
    }

    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    #[must_use]
    pub fn is_talking(&self) -> bool {
        self.state == State::Talking
    }

    /// A time that this call asked for has come.
    pub fn wake(&mut self, why: Wake, now_ns: u64, options: &CallerOptions, step: &mut Step) {
        match (why, self.state) {
            (Wake::Start, State::Waiting) => self.call(now_ns, options, step),
            (Wake::ResendInvite, State::Calling(mut resend)) => {
                let next = resend.next_ns(now_ns, u64::MAX);
                self.state = State::Calling(resend);
                step.send(self.invite.clone());
                self.again(next, Wake::ResendInvite, now_ns, step);
            }
            (Wake::Patience, State::Calling(_) | State::Ringing) => self.give_up(now_ns, step),
            (Wake::HangUp, State::Talking) => self.hang_up(now_ns, step),
            (Wake::HangUp, State::Calling(_) | State::Ringing) => self.give_up(now_ns, step),
            (Wake::HangUp, State::Waiting) => self.over(Ending::GaveUp, now_ns, step),
            (Wake::ResendBye, State::HangingUp(mut resend)) => {
                let next = resend.next_ns(now_ns, T2_NS);
                self.state = State::HangingUp(resend);
                step.send(self.last.clone());
                self.again(next, Wake::ResendBye, now_ns, step);
            }
            (Wake::ResendCancel, State::GivingUp(mut resend)) => {
                let next = resend.next_ns(now_ns, T2_NS);
                self.state = State::GivingUp(resend);
                step.send(self.last.clone());
                self.again(next, Wake::ResendCancel, now_ns, step);
            }
            _ => {}
        }
    }

    fn again(&mut self, next: Option<u64>, why: Wake, now_ns: u64, step: &mut Step) {
        match next {
            Some(at_ns) => step.wake(at_ns, self.party(), why),
            None => self.over(Ending::Silence, now_ns, step),
        }
    }

    fn call(&mut self, now_ns: u64, options: &CallerOptions, step: &mut Step) {
        let body = sdp::body(self.media.1, self.plan.number);
        let allow = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE\r\n";
        let branch = format!("i{}", self.dialog.call_id);
        self.invite = self.dialog.request("INVITE", 1, &branch, allow, &body);
        step.send(self.invite.clone());
        self.times.invited_ns = Some(now_ns);
        let resend = Resend::begun(now_ns);
        step.wake(resend.first_ns(now_ns), self.party(), Wake::ResendInvite);
        let patience_ns = self.plan.patience_ns.unwrap_or(options.patience_ns);
        step.wake(now_ns + patience_ns, self.party(), Wake::Patience);
        self.state = State::Calling(resend);
    }

    fn hang_up(&mut self, now_ns: u64, step: &mut Step) {
        let branch = format!("b{}", self.dialog.call_id);
        self.last = self.dialog.request("BYE", 2, &branch, "", "");
        step.send(self.last.clone());
        self.silence(step);
        self.times.hung_up_ns = Some(now_ns);
        let resend = Resend::begun(now_ns);
        step.wake(resend.first_ns(now_ns), self.party(), Wake::ResendBye);
        self.state = State::HangingUp(resend);
    }

    fn give_up(&mut self, now_ns: u64, step: &mut Step) {
        let branch = format!("i{}", self.dialog.call_id);
        self.last = self.dialog.request("CANCEL", 1, &branch, "", "");
        step.send(self.last.clone());
        let resend = Resend::begun(now_ns);
        step.wake(resend.first_ns(now_ns), self.party(), Wake::ResendCancel);
        self.state = State::GivingUp(resend);
    }

    fn over(&mut self, ending: Ending, now_ns: u64, step: &mut Step) {
        self.silence(step);
        if self.state != State::Over {
            self.times.ended_ns = Some(now_ns);
            self.times.ending = Some(ending);
        }
        self.state = State::Over;
    }

    fn silence(&mut self, step: &mut Step) {
        if std::mem::take(&mut self.sounding) {
            step.sounds.push(Sound::Stop { party: self.party() });
        }
    }

    /// A message of this call has come.
    pub fn receive(
        &mut self,
        message: &Message,
        now_ns: u64,
        options: &CallerOptions,
        step: &mut Step,
    ) {
        match &message.start {
            StartLine::Request { method, .. } => self.asked(method, message, now_ns, step),
            StartLine::Response { status, .. } => match (message.method(), *status) {
                ("INVITE", 100..=199) => self.progress(*status, now_ns),
                ("INVITE", 200..=299) => self.answered(message, now_ns, options, step),
                ("INVITE", _) => self.refused(message, *status, now_ns, step),
                ("BYE", 200..) if matches!(self.state, State::HangingUp(_)) => {
                    self.over(Ending::Talked, now_ns, step);
                }
                // The 487 of the INVITE ends the call; 481 says that there is nothing to cancel.
                ("CANCEL", 481) => self.over(Ending::GaveUp, now_ns, step),
                _ => {}
            },
        }
    }

    fn progress(&mut self, status: u16, now_ns: u64) {
        if status > 100 {
            self.times.ringing_ns.get_or_insert(now_ns);
        }
        if let State::Calling(_) = self.state {
            self.state = State::Ringing;
        }
    }

    fn answered(
        &mut self,
        answer: &Message,
        now_ns: u64,
        options: &CallerOptions,
        step: &mut Step,
    ) {
        if !self.ack.is_empty() {
            return step.send(self.ack.clone());
        }
        self.dialog.confirm(answer);
        let branch = format!("a{}", self.dialog.call_id);
        self.ack = self.dialog.request("ACK", 1, &branch, "", "");
        step.send(self.ack.clone());
        self.times.answered_ns = Some(now_ns);
        let given_up = matches!(self.state, State::GivingUp(_));
        self.state = State::Talking;
        if given_up {
            return self.hang_up(now_ns, step);
        }
        if let Some(to) = sdp::destination(&answer.body).filter(|_| options.rtp) {
            self.sounding = true;
            step.sounds.push(Sound::Start { party: self.party(), socket: self.media.0, to });
        }
        if let Some(talk_ns) = self.plan.talk_ns {
            step.wake(now_ns + talk_ns, self.party(), Wake::HangUp);
        }
    }

    fn refused(&mut self, answer: &Message, status: u16, now_ns: u64, step: &mut Step) {
        let mut dialog = self.dialog.clone();
        if let Some(to) = answer.get("To") {
            dialog.to = to.to_owned();
        }
        step.send(dialog.request("ACK", 1, &format!("i{}", self.dialog.call_id), "", ""));
        let ending = match self.state {
            State::GivingUp(_) => Ending::GaveUp,
            _ => Ending::Refused(status),
        };
        self.over(ending, now_ns, step);
    }

    fn asked(&mut self, method: &str, request: &Message, now_ns: u64, step: &mut Step) {
        let body = match method {
            "INVITE" => sdp::body(self.media.1, self.plan.number),
            "ACK" => return,
            _ => String::new(),
        };
        step.send(text::response(request, 200, "", &self.dialog.contact, &body));
        if method == "BYE" {
            let ending = match self.state {
                State::HangingUp(_) => Ending::Talked,
                _ => Ending::HungUpOn,
            };
            self.over(ending, now_ns, step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> CallerOptions {
        CallerOptions {
            run: 10,
            peer: "127.0.0.1:5060".parse().unwrap(),
            dial: "12345".to_owned(),
            patience_ns: 1_000,
            rtp: true,
        }
    }

    fn called() -> (Caller, Message) {
        let plan = CallPlan {
            start_ns: 0,
            number: 13_800_000_001,
            talk_ns: Some(5_000),
            patience_ns: None,
        };
        let (local, rtp) = ("127.0.0.1:6000".parse().unwrap(), "127.0.0.1:6002".parse().unwrap());
        let mut caller = Caller::new(3, plan, &options(), local, (0, rtp));
        let mut step = Step::default();
        caller.wake(Wake::Start, 100, &options(), &mut step);
        let invite = Message::parse(&step.sends[0]).unwrap();
        assert_eq!(index_in(invite.get("Call-ID").unwrap()), Some(3));
        (caller, invite)
    }

    fn tell(caller: &mut Caller, bytes: &[u8], now_ns: u64) -> Step {
        let mut step = Step::default();
        caller.receive(&Message::parse(bytes).unwrap(), now_ns, &options(), &mut step);
        step
    }

    fn methods(step: &Step) -> Vec<String> {
        step.sends.iter().map(|sent| Message::parse(sent).unwrap().method().to_owned()).collect()
    }

    #[test]
    fn a_call_is_answered_talks_and_ends() {
        let (mut caller, invite) = called();
        tell(&mut caller, &text::response(&invite, 180, "t", "sip:p@h", ""), 200);
        let sdp = sdp::body("127.0.0.1:7000".parse().unwrap(), 1);
        let ok = text::response(&invite, 200, "t", "sip:p@h", &sdp);
        let step = tell(&mut caller, &ok, 300);
        assert_eq!(methods(&step), ["ACK"]);
        let party = Party::Caller { caller: 3 };
        assert_eq!(step.wakes, [(5_300, party, Wake::HangUp)]);
        assert!(matches!(step.sounds[..], [Sound::Start { .. }]));
        assert_eq!(methods(&tell(&mut caller, &ok, 400)), ["ACK"], "the answer came twice");
        let mut step = Step::default();
        caller.wake(Wake::HangUp, 5_300, &options(), &mut step);
        assert_eq!(step.sounds, [Sound::Stop { party }]);
        let bye = Message::parse(&step.sends[0]).unwrap();
        assert!(matches!(&bye.start, StartLine::Request { uri, .. } if uri == "sip:p@h"));
        tell(&mut caller, &text::response(&bye, 200, "", "sip:p@h", ""), 5_400);
        assert!(caller.is_over());
        assert_eq!(caller.times.ending, Some(Ending::Talked));
        assert_eq!(caller.times.answered_ns, Some(300));
    }

    #[test]
    fn who_gives_up_cancels_and_acknowledges_the_487() {
        let (mut caller, invite) = called();
        let mut step = Step::default();
        caller.wake(Wake::Patience, 1_100, &options(), &mut step);
        assert_eq!(methods(&step), ["CANCEL"]);
        let step = tell(&mut caller, &text::response(&invite, 487, "t", "sip:p@h", ""), 1_200);
        assert_eq!(methods(&step), ["ACK"]);
        assert_eq!(caller.times.ending, Some(Ending::GaveUp));
    }

    #[test]
    fn an_answer_that_crosses_the_cancel_is_hung_up() {
        let (mut caller, invite) = called();
        caller.wake(Wake::Patience, 1_100, &options(), &mut Step::default());
        let step = tell(&mut caller, &text::response(&invite, 200, "t", "sip:p@h", ""), 1_200);
        assert_eq!(methods(&step), ["ACK", "BYE"]);
    }

    #[test]
    fn silence_ends_a_call_after_32_seconds() {
        let (mut caller, _) = called();
        let (mut now_ns, mut sent) = (0, 0);
        while !caller.is_over() {
            now_ns += 500_000_000;
            let mut step = Step::default();
            caller.wake(Wake::ResendInvite, now_ns, &options(), &mut step);
            sent += step.sends.len();
            assert!(sent < 100);
        }
        assert_eq!(caller.times.ending, Some(Ending::Silence));
    }
}
