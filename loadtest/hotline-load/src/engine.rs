//! All callers, phones and their sound on one thread and one clock: reads sockets, serves due times,
//! paces sound. It must not know what a load is for.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};

use hotline_phone::sip::digest::Credentials;
use hotline_phone::sip::message::Message;

use crate::clock;
use crate::media::Media;
use crate::net::poll::Poll;
use crate::net::udp::{self, Receiver};
use crate::outcome::{CallTimes, PhoneEvent};
use crate::plan::{AnswerTimes, CallPlan};
use crate::sip::caller::{self, Caller, CallerOptions};
use crate::sip::phone::Phone;
use crate::sip::registration::{Registered, Registration};
use crate::sip::step::{Party, Sound, Step, Wake};
use crate::sip::text::Dialog;

/// Sockets shared by all callers, and by all sound.
const CALLER_SOCKETS: usize = 4;
const MEDIA_SOCKETS: usize = 8;

/// A phone of the load with its own socket, as in life: registrars tell phones apart by address.
#[derive(Debug)]
struct Desk {
    socket: usize,
    phone: Phone,
    registration: Option<Registration>,
    registered: bool,
}

#[derive(Debug, Clone, Copy)]
enum Owner {
    Callers,
    Phone(usize),
}

#[derive(Debug)]
struct SipSocket {
    socket: UdpSocket,
    local: SocketAddrV4,
    owner: Owner,
}

/// What registering gave.
#[derive(Debug, Clone, Default)]
pub struct RegisterCounts {
    pub accepted: usize,
    pub failed: usize,
    pub last_failure: Option<String>,
    pub took_ns: Vec<u64>,
}

/// The generator.
#[derive(Debug)]
pub struct Engine {
    ip: Ipv4Addr,
    /// The system under test, or the phone that is called directly.
    peer: SocketAddrV4,
    run: u64,
    poll: Poll,
    receiver: Receiver,
    ready: Vec<u64>,
    sockets: Vec<SipSocket>,
    wakes: BinaryHeap<Reverse<(u64, Party, Wake)>>,
    callers: Vec<Caller>,
    caller_options: Option<CallerOptions>,
    first_caller_socket: usize,
    desks: Vec<Desk>,
    answer_times: AnswerTimes,
    sounding: HashMap<Party, u32>,
    pub media: Media,
    pub registers: RegisterCounts,
    pub events: Vec<PhoneEvent>,
    over: usize,
}

impl Engine {
    /// # Errors
    /// No sockets.
    pub fn new(peer: SocketAddrV4, seed: u64, answer_after_ms: (u64, u64)) -> io::Result<Self> {
        let ip = Ipv4Addr::LOCALHOST;
        Ok(Self {
            ip,
            peer,
            run: clock::wall_ns(),
            poll: Poll::new()?,
            receiver: Receiver::default(),
            ready: Vec::new(),
            sockets: Vec::new(),
            wakes: BinaryHeap::new(),
            callers: Vec::new(),
            caller_options: None,
            first_caller_socket: 0,
            desks: Vec::new(),
            answer_times: AnswerTimes::new(seed, answer_after_ms),
            sounding: HashMap::new(),
            media: Media::bind(ip, MEDIA_SOCKETS, clock::now_ns())?,
            registers: RegisterCounts::default(),
            events: Vec::new(),
            over: 0,
        })
    }

    fn open(&mut self, owner: Owner) -> io::Result<usize> {
        let (socket, local) = udp::bind(self.ip, matches!(owner, Owner::Callers))?;
        let index = self.sockets.len();
        self.poll.add(&socket, index as u64)?;
        self.sockets.push(SipSocket { socket, local, owner });
        Ok(index)
    }

    /// Adds a phone; with credentials it can register in `domain`. Gives its address.
    ///
    /// # Errors
    /// No socket.
    pub fn add_phone(
        &mut self,
        who: Option<(&Credentials, &str)>,
        rtp: bool,
    ) -> io::Result<SocketAddrV4> {
        let index = self.desks.len();
        let socket = self.open(Owner::Phone(index))?;
        let local = self.sockets.get(socket).map_or(self.peer, |one| one.local);
        let user = who.map_or("peer", |(who, _)| who.user.as_str());
        let contact = format!("sip:{user}@{local}");
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let registration = who.map(|(who, domain)| {
            let address = format!("<sip:{}@{domain}>", who.user);
            let dialog = Dialog {
                local,
                from: format!("{address};tag=r{:x}", self.run),
                to: address.clone(),
                call_id: format!("{:x}-r{index}", self.run),
                contact: contact.clone(),
                target: format!("sip:{domain}"),
                route: Vec::new(),
            };
            Registration::new(number, dialog, who.clone())
        });
        let phone = Phone::new(number, contact, self.media.port_of(index + 1), rtp);
        self.desks.push(Desk { socket, phone, registration, registered: false });
        Ok(local)
    }

    /// Adds the callers; they wait to be started.
    ///
    /// # Errors
    /// No socket.
    pub fn add_callers(
        &mut self,
        plans: &[CallPlan],
        dial: &str,
        patience_ns: u64,
        rtp: bool,
    ) -> io::Result<()> {
        self.first_caller_socket = self.sockets.len();
        for _ in 0..CALLER_SOCKETS {
            self.open(Owner::Callers)?;
        }
        let (run, peer, dial) = (self.run, self.peer, dial.to_owned());
        let options = CallerOptions { run, peer, dial, patience_ns, rtp };
        for (index, plan) in plans.iter().enumerate() {
            let socket = self.caller_socket(index);
            let local = self.sockets.get(socket).map_or(self.peer, |one| one.local);
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            let media = self.media.port_of(index);
            self.callers.push(Caller::new(number, *plan, &options, local, media));
        }
        self.caller_options = Some(options);
        Ok(())
    }

    fn caller_socket(&self, index: usize) -> usize {
        self.first_caller_socket + index % CALLER_SOCKETS
    }

    /// Begins the load: each caller at its own time after `zero_ns`.
    pub fn start_callers(&mut self, plans: &[CallPlan], zero_ns: u64) {
        for (index, plan) in plans.iter().enumerate() {
            let party = Party::Caller { caller: u32::try_from(index).unwrap_or(u32::MAX) };
            self.wakes.push(Reverse((zero_ns + plan.start_ns, party, Wake::Start)));
        }
    }

    /// Ends every call, spread over `spread_ns`.
    pub fn end_calls(&mut self, now_ns: u64, spread_ns: u64) {
        let count = self.callers.len().max(1) as u64;
        for caller in 0..count {
            let at_ns = now_ns + spread_ns * caller / count;
            let party = Party::Caller { caller: u32::try_from(caller).unwrap_or(u32::MAX) };
            self.wakes.push(Reverse((at_ns, party, Wake::HangUp)));
        }
    }

    /// Lets phone number `index` (modulo their count) register at `at_ns`.
    pub fn register_at(&mut self, index: usize, at_ns: u64) {
        let phone = u32::try_from(index % self.desks.len().max(1)).unwrap_or(u32::MAX);
        self.wakes.push(Reverse((at_ns, Party::Registration { phone }, Wake::Start)));
    }

    /// Calls go there instead of to the system under test: the generator against itself.
    pub fn set_peer(&mut self, peer: SocketAddrV4) {
        self.peer = peer;
    }

    #[must_use]
    pub fn phones_registered(&self) -> usize {
        self.desks.iter().filter(|desk| desk.registered).count()
    }

    #[must_use]
    pub fn callers_over(&self) -> usize {
        self.over
    }

    #[must_use]
    pub fn callers_talking(&self) -> usize {
        self.callers.iter().filter(|caller| caller.is_talking()).count()
    }

    #[must_use]
    pub fn calls(&self) -> Vec<CallTimes> {
        self.callers.iter().map(|caller| caller.times).collect()
    }

    /// Waits for the next beat or message, at most about 1 ms, and serves all that is due.
    ///
    /// # Errors
    /// The system's, from waiting.
    pub fn step(&mut self) -> io::Result<()> {
        let mut ready = std::mem::take(&mut self.ready);
        self.poll.wait(&mut ready)?;
        for token in &ready {
            self.read(usize::try_from(*token).unwrap_or(usize::MAX));
        }
        self.ready = ready;
        self.serve_due();
        self.media.beat(clock::now_ns());
        self.media.receive(&mut self.receiver);
        Ok(())
    }

    fn read(&mut self, index: usize) {
        let Some(one) = self.sockets.get(index) else { return };
        let owner = one.owner;
        let mut messages = Vec::new();
        self.receiver.drain(&one.socket, |bytes, from, _| {
            messages.extend(Message::parse(bytes).map(|message| (message, from)));
        });
        let now_ns = clock::now_ns();
        for (message, from) in messages {
            match owner {
                Owner::Callers => self.tell_caller(&message, now_ns),
                Owner::Phone(phone) => self.tell_phone(phone, &message, from, now_ns),
            }
        }
    }

    fn serve_due(&mut self) {
        let now_ns = clock::now_ns();
        while let Some(Reverse((at_ns, party, why))) = self.wakes.peek().copied() {
            if at_ns > now_ns {
                return;
            }
            self.wakes.pop();
            self.wake(party, why);
        }
    }

    fn wake(&mut self, party: Party, why: Wake) {
        let now_ns = clock::now_ns();
        let mut step = Step::default();
        match party {
            Party::Caller { caller } => {
                let Some(options) = &self.caller_options else { return };
                let Some(one) = self.callers.get_mut(caller as usize) else { return };
                let was_over = one.is_over();
                one.wake(why, now_ns, options, &mut step);
                self.over += usize::from(!was_over && one.is_over());
                self.carry_out(self.caller_socket(caller as usize), step);
            }
            Party::Phone { phone, leg } => {
                let Some(desk) = self.desks.get_mut(phone as usize) else { return };
                desk.phone.wake(leg, why, now_ns, &mut step);
                let socket = desk.socket;
                self.carry_out(socket, step);
            }
            Party::Registration { phone } => self.wake_registration(phone as usize, why, now_ns),
        }
    }

    fn wake_registration(&mut self, phone: usize, why: Wake, now_ns: u64) {
        let mut step = Step::default();
        let Some(desk) = self.desks.get_mut(phone) else { return };
        let Some(registration) = &mut desk.registration else { return };
        let outcome = if why == Wake::Start {
            registration.begin(now_ns, &mut step);
            None
        } else {
            registration.wake(now_ns, &mut step)
        };
        let socket = desk.socket;
        self.note_registration(phone, outcome);
        self.carry_out(socket, step);
    }

    fn note_registration(&mut self, phone: usize, outcome: Option<Registered>) {
        let Some(outcome) = outcome else { return };
        match outcome {
            Registered::Accepted { took_ns } => {
                self.registers.accepted += 1;
                self.registers.took_ns.push(took_ns);
                if let Some(desk) = self.desks.get_mut(phone) {
                    desk.registered = true;
                }
            }
            failure => {
                self.registers.failed += 1;
                self.registers.last_failure = Some(format!("{failure:?}"));
            }
        }
    }

    fn tell_caller(&mut self, message: &Message, now_ns: u64) {
        let Some(options) = &self.caller_options else { return };
        let Some(index) = message.get("Call-ID").and_then(caller::index_in) else { return };
        let Some(one) = self.callers.get_mut(index) else { return };
        let mut step = Step::default();
        let was_over = one.is_over();
        one.receive(message, now_ns, options, &mut step);
        self.over += usize::from(!was_over && one.is_over());
        self.carry_out(self.caller_socket(index), step);
    }

    fn tell_phone(&mut self, index: usize, message: &Message, from: SocketAddrV4, now_ns: u64) {
        let mut step = Step::default();
        let Some(desk) = self.desks.get_mut(index) else { return };
        let socket = desk.socket;
        if message.status().is_some() {
            let registration =
                desk.registration.as_mut().filter(|_| message.method() == "REGISTER");
            let outcome = registration.and_then(|one| one.receive(message, now_ns, &mut step));
            self.note_registration(index, outcome);
        } else {
            let after_ns = self.answer_times.next_ns();
            self.events.extend(desk.phone.receive(message, from, now_ns, after_ns, &mut step));
        }
        self.carry_out(socket, step);
    }

    fn carry_out(&mut self, socket: usize, step: Step) {
        if let Some(one) = self.sockets.get(socket) {
            for bytes in &step.sends {
                // A datagram that the system does not take is lost; resending is the cure.
                drop(one.socket.send_to(bytes, step.to.unwrap_or(self.peer)));
            }
        }
        for wake in step.wakes {
            self.wakes.push(Reverse(wake));
        }
        for sound in step.sounds {
            match sound {
                Sound::Start { party, socket, to } => {
                    let stream = self.media.start(socket, to);
                    self.sounding.insert(party, stream);
                }
                Sound::Stop { party } => {
                    if let Some(stream) = self.sounding.remove(&party) {
                        self.media.stop(stream);
                    }
                }
            }
        }
    }
}
