//! An agent's phone, or a peer that a proxy sends calls to: rings at once, answers after a while,
//! talks until the other side hangs up. As many calls at once as come.

use std::collections::HashMap;
use std::net::SocketAddrV4;

use hotline_phone::sip::message::{Message, StartLine};

use super::sdp;
use super::step::{Ear, Party, Resend, Sound, Step, T2_NS, Wake};
use super::text;
use crate::media::Voice;
use crate::outcome::{PhoneEvent, PhoneFact};
use crate::webrtc::{Role, description};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ringing,
    /// 200 sent, no ACK yet.
    Answered(Resend),
    Talking,
}

#[derive(Debug)]
struct Leg {
    number: u32,
    state: State,
    from: SocketAddrV4,
    invite: Message,
    answer: Vec<u8>,
    sounding: bool,
}

/// One phone.
#[derive(Debug)]
pub struct Phone {
    index: u32,
    contact: String,
    ear: Ear,
    rtp: bool,
    legs: HashMap<String, Leg>,
    by_number: HashMap<u32, String>,
    next_number: u32,
}

impl Phone {
    #[must_use]
    pub fn new(index: u32, contact: String, ear: Ear, rtp: bool) -> Self {
        let (legs, by_number) = (HashMap::new(), HashMap::new());
        Self { index, contact, ear, rtp, legs, by_number, next_number: 0 }
    }

    /// Takes a request that came `from` there; `answer_after_ns` is how long a new call is to ring.
    pub fn receive(
        &mut self,
        request: &Message,
        from: SocketAddrV4,
        now_ns: u64,
        answer_after_ns: u64,
        step: &mut Step,
    ) -> Option<PhoneEvent> {
        let StartLine::Request { method, .. } = &request.start else { return None };
        let call_id = request.get("Call-ID")?.to_owned();
        step.to = Some(from);
        match method.as_str() {
            "INVITE" => {
                let fresh = !self.legs.contains_key(&call_id);
                if fresh {
                    self.invited(call_id, request, now_ns, answer_after_ns, step)
                } else {
                    self.invited_again(&call_id, request, step);
                    None
                }
            }
            "ACK" => {
                self.acknowledged(&call_id);
                None
            }
            "CANCEL" => {
                step.send(text::response(request, 200, "", &self.contact, ""));
                self.cancelled(&call_id, step)
            }
            "BYE" => {
                step.send(text::response(request, 200, "", &self.contact, ""));
                self.ended(&call_id, now_ns, step)
            }
            _ => {
                step.send(text::response(request, 200, "p", &self.contact, ""));
                None
            }
        }
    }

    fn event(&self, at_ns: u64, what: PhoneFact) -> Option<PhoneEvent> {
        Some(PhoneEvent { phone: self.index, at_ns, what })
    }

    /// Sent again, or a new offer inside the call: the answer is the same.
    fn invited_again(&self, call_id: &str, invite: &Message, step: &mut Step) {
        let Some(leg) = self.legs.get(call_id) else { return };
        if invite.get("To").is_some_and(|to| to.contains(";tag=")) {
            let body = answer_to(&self.ear, &invite.body, leg.number).unwrap_or_default();
            step.send(text::response(invite, 200, "", &self.contact, &body));
        } else if leg.state != State::Ringing {
            step.send(leg.answer.clone());
        }
    }

    fn invited(
        &mut self,
        call_id: String,
        invite: &Message,
        now_ns: u64,
        answer_after_ns: u64,
        step: &mut Step,
    ) -> Option<PhoneEvent> {
        let number = self.next_number;
        self.next_number += 1;
        let tag = tag_of(number);
        step.send(text::response(invite, 180, &tag, &self.contact, ""));
        let party = Party::Phone { phone: self.index, leg: number };
        step.wake(now_ns + answer_after_ns, party, Wake::Answer);
        let caller = invite.get("From").and_then(|from| text::user_of(from).parse().ok());
        let leg = Leg {
            number,
            state: State::Ringing,
            from: step.to?,
            invite: invite.clone(),
            answer: Vec::new(),
            sounding: false,
        };
        self.by_number.insert(number, call_id.clone());
        self.legs.insert(call_id, leg);
        self.event(now_ns, PhoneFact::Offered { caller })
    }

    /// A time that one of its calls asked for has come.
    pub fn wake(&mut self, number: u32, why: Wake, now_ns: u64, step: &mut Step) {
        let Some(call_id) = self.by_number.get(&number) else { return };
        let Some(leg) = self.legs.get_mut(call_id) else { return };
        let party = Party::Phone { phone: self.index, leg: number };
        step.to = Some(leg.from);
        match (why, leg.state) {
            (Wake::Answer, State::Ringing) => {
                let Some(body) = answer_to(&self.ear, &leg.invite.body, number) else {
                    let (tag, contact) = (tag_of(number), &self.contact);
                    return step.send(text::response(&leg.invite, 488, &tag, contact, ""));
                };
                leg.answer =
                    text::response(&leg.invite, 200, &tag_of(number), &self.contact, &body);
                step.send(leg.answer.clone());
                let resend = Resend::begun(now_ns);
                step.wake(resend.first_ns(now_ns), party, Wake::ResendAnswer);
                leg.state = State::Answered(resend);
                if let Some(sound) = sound_of(&self.ear, &leg.invite.body, party, self.rtp) {
                    leg.sounding = true;
                    step.sounds.push(sound);
                }
            }
            (Wake::ResendAnswer, State::Answered(mut resend)) => {
                if let Some(at_ns) = resend.next_ns(now_ns, T2_NS) {
                    step.send(leg.answer.clone());
                    step.wake(at_ns, party, Wake::ResendAnswer);
                }
                leg.state = State::Answered(resend);
            }
            _ => {}
        }
    }

    fn acknowledged(&mut self, call_id: &str) {
        if let Some(leg) = self.legs.get_mut(call_id)
            && matches!(leg.state, State::Answered(_))
        {
            leg.state = State::Talking;
        }
    }

    fn cancelled(&mut self, call_id: &str, step: &mut Step) -> Option<PhoneEvent> {
        if self.legs.get(call_id).is_some_and(|leg| leg.state == State::Ringing) {
            let leg = self.forget(call_id, step)?;
            let tag = tag_of(leg.number);
            step.send(text::response(&leg.invite, 487, &tag, &self.contact, ""));
        }
        None
    }

    fn ended(&mut self, call_id: &str, now_ns: u64, step: &mut Step) -> Option<PhoneEvent> {
        self.forget(call_id, step)?;
        self.event(now_ns, PhoneFact::Freed)
    }

    fn forget(&mut self, call_id: &str, step: &mut Step) -> Option<Leg> {
        let leg = self.legs.remove(call_id)?;
        self.by_number.remove(&leg.number);
        if leg.sounding {
            let party = Party::Phone { phone: self.index, leg: leg.number };
            step.sounds.push(Sound::Stop { party });
        }
        Some(leg)
    }
}

/// The answer to an offer; `None` where it offers nothing that this phone has.
fn answer_to(ear: &Ear, offer: &[u8], session: u32) -> Option<String> {
    match ear {
        Ear::Plain { address, .. } => Some(sdp::body(*address, u64::from(session))),
        Ear::Secure { local, .. } => {
            Some(description::answer(local, &description::read(offer)?, u64::from(session)))
        }
    }
}

/// What begins with the answer. A leg of WebRTC begins where no sound is wanted, too: without it the
/// gateway would end the call.
fn sound_of(ear: &Ear, offer: &[u8], party: Party, rtp: bool) -> Option<Sound> {
    match *ear {
        Ear::Plain { socket, .. } => {
            let to = sdp::destination(offer).filter(|_| rtp)?;
            Some(Sound::Start { party, socket, to })
        }
        Ear::Secure { ear, .. } => {
            let remote = description::read(offer)?;
            let (role, voice) = (Role::of_answerer(&remote), Voice::Probes);
            Some(Sound::StartSecure { party, ear, remote, role, voice })
        }
    }
}

fn tag_of(number: u32) -> String {
    format!("p{number}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webrtc::LocalEnd;

    const SDP: &str = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 7000 RTP/AVP 8\r\n";

    fn request(method: &str) -> Message {
        request_of(method, "one")
    }

    fn request_of(method: &str, call_id: &str) -> Message {
        let mut request = Message::request(method, "sip:agent01@127.0.0.1");
        for (name, value) in [
            ("Via", "SIP/2.0/UDP h;branch=z9hG4bK1"),
            ("From", "<sip:13800000009@h>;tag=g"),
            ("To", "<sip:agent01@h>"),
            ("Call-ID", call_id),
        ] {
            request.push(name, value);
        }
        request.push("CSeq", format!("1 {method}"));
        if method == "INVITE" {
            request.set_body("application/sdp", SDP.to_owned());
        }
        request
    }

    fn phone() -> Phone {
        let ear = Ear::Plain { socket: 0, address: "127.0.0.1:6002".parse().unwrap() };
        Phone::new(4, "sip:agent01@127.0.0.1:5070".to_owned(), ear, true)
    }

    fn gateway() -> SocketAddrV4 {
        "127.0.0.1:5060".parse().unwrap()
    }

    fn statuses(step: &Step) -> Vec<u16> {
        step.sends.iter().map(|sent| Message::parse(sent).unwrap().status().unwrap()).collect()
    }

    #[test]
    fn a_phone_rings_answers_talks_and_is_free_again() {
        let (mut phone, mut step) = (phone(), Step::default());
        let offered = phone.receive(&request("INVITE"), gateway(), 10, 100, &mut step).unwrap();
        assert_eq!(offered.what, PhoneFact::Offered { caller: Some(13_800_000_009) });
        assert_eq!(
            phone.receive(&request("INVITE"), gateway(), 11, 100, &mut step),
            None,
            "sent again"
        );
        let party = Party::Phone { phone: 4, leg: 0 };
        assert_eq!(step.wakes, [(110, party, Wake::Answer)]);
        phone.wake(0, Wake::Answer, 110, &mut step);
        assert_eq!(statuses(&step), [180, 200]);
        assert!(matches!(step.sounds[..], [Sound::Start { .. }]));
        phone.receive(&request("ACK"), gateway(), 120, 0, &mut step);
        phone.wake(0, Wake::ResendAnswer, 610, &mut step);
        assert_eq!(statuses(&step), [180, 200], "nothing is resent after the ACK");
        let freed = phone.receive(&request("BYE"), gateway(), 900, 0, &mut step).unwrap();
        assert_eq!((freed.what, freed.at_ns), (PhoneFact::Freed, 900));
        assert_eq!(step.sounds.last(), Some(&Sound::Stop { party }));
        assert!(phone.legs.is_empty() && phone.by_number.is_empty());
    }

    #[test]
    fn a_cancelled_call_gets_487_and_does_not_count_as_talk() {
        let (mut phone, mut step) = (phone(), Step::default());
        phone.receive(&request("INVITE"), gateway(), 10, 100, &mut step);
        assert_eq!(phone.receive(&request("CANCEL"), gateway(), 20, 0, &mut step), None);
        assert_eq!(statuses(&step), [180, 200, 487]);
        phone.wake(0, Wake::Answer, 110, &mut step);
        assert_eq!(statuses(&step), [180, 200, 487]);
    }

    #[test]
    fn a_softphone_answers_by_webrtc_and_refuses_plain_sound() {
        let local = LocalEnd {
            address: "127.1.0.7:4000".parse().unwrap(),
            ufrag: "abcd".to_owned(),
            pwd: "0123456789abcdef01234567".to_owned(),
            fingerprint: [0xab; 32],
        };
        let offer = description::offer(&local, 1);
        let contact = "sip:a@x.invalid;transport=ws".to_owned();
        let mut phone = Phone::new(4, contact, Ear::Secure { ear: 2, local: local.clone() }, true);
        let mut step = Step::default();
        let mut invite = request("INVITE");
        invite.set_body("application/sdp", offer);
        phone.receive(&invite, gateway(), 10, 0, &mut step);
        phone.wake(0, Wake::Answer, 10, &mut step);
        let answer = Message::parse(step.sends.last().unwrap()).unwrap();
        assert_eq!(description::read(&answer.body), Some(local.clone().seen()));
        let party = Party::Phone { phone: 4, leg: 0 };
        let (ear, remote, voice) = (2, local.seen(), Voice::Probes);
        let role = Role { controlling: false, dtls_client: true };
        assert_eq!(step.sounds, [Sound::StartSecure { party, ear, remote, role, voice }]);
        let other = request_of("INVITE", "two");
        phone.receive(&other, gateway(), 20, 0, &mut step);
        phone.wake(1, Wake::Answer, 20, &mut step);
        assert_eq!(statuses(&step), [180, 200, 180, 488]);
    }
}
