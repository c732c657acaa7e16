//! All callers, phones and their sound on one thread and one clock: reads sockets, serves due times,
//! paces sound. It must not know what a load is for.

mod desk;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};

use hotline_phone::sip::message::Message;

use crate::clock;
use crate::media::Media;
use crate::net::poll::Poll;
use crate::net::udp::{self, Receiver};
use crate::net::web_socket::WebSocket;
use crate::outcome::{CallTimes, PhoneEvent};
use crate::plan::{AnswerTimes, CallPlan};
use crate::sip::caller::{self, Caller, CallerOptions};
use crate::sip::step::{Party, Sound, Step, Wake};
use desk::Desk;

/// Sockets shared by all callers, and by all sound.
const CALLER_SOCKETS: usize = 4;
const MEDIA_SOCKETS: usize = 8;

#[derive(Debug, Clone, Copy)]
enum Owner {
    Callers,
    Phone(usize),
}

#[derive(Debug)]
struct SipSocket {
    line: Line,
    local: SocketAddrV4,
    owner: Owner,
}

/// What carries SIP.
#[derive(Debug)]
enum Line {
    Udp(UdpSocket),
    /// A browser's.
    Web(Box<WebSocket>),
}

/// What registering gave.
#[derive(Debug, Clone, Default)]
pub struct RegisterCounts {
    pub accepted: usize,
    pub failed: usize,
    pub last_failure: Option<String>,
    pub took_ns: Vec<u64>,
}

/// What the softphones' headset checks gave, as far as SIP tells.
#[derive(Debug, Clone, Default)]
pub struct CheckCounts {
    pub ended: usize,
    pub failed: usize,
    pub last_failure: Option<String>,
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
    pub checks: CheckCounts,
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
            checks: CheckCounts::default(),
            events: Vec::new(),
            over: 0,
        })
    }

    fn open(&mut self, owner: Owner) -> io::Result<usize> {
        let (socket, local) = udp::bind(self.ip, matches!(owner, Owner::Callers))?;
        let index = self.sockets.len();
        self.poll.add(&socket, index as u64)?;
        self.sockets.push(SipSocket { line: Line::Udp(socket), local, owner });
        Ok(index)
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
        self.media.receive(clock::now_ns());
        Ok(())
    }

    fn read(&mut self, index: usize) {
        let Some(one) = self.sockets.get_mut(index) else { return };
        let (owner, local) = (one.owner, one.local);
        let mut messages = Vec::new();
        let mut take = |bytes: &[u8], from: SocketAddrV4| {
            messages.extend(Message::parse(bytes).map(|message| (message, from)));
        };
        let mut lost = false;
        match &mut one.line {
            Line::Udp(socket) => {
                self.receiver.drain(socket, |bytes, arrival| take(bytes, arrival.from));
            }
            // All that comes by a connection comes from its other end.
            Line::Web(socket) => {
                lost = !socket.drain(|bytes| take(bytes, local));
                if lost {
                    self.poll.remove(socket.as_stream());
                }
            }
        }
        if lost {
            self.registers.failed += 1;
            self.registers.last_failure = Some("the gateway closed a connection".to_owned());
        }
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
            Party::Phone { phone, leg } => self.wake_phone(phone as usize, leg, why, now_ns),
            Party::Registration { phone } => self.wake_registration(phone as usize, why, now_ns),
            Party::Check { phone } => self.wake_check(phone as usize, why, now_ns),
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

    fn carry_out(&mut self, socket: usize, step: Step) {
        if let Some(one) = self.sockets.get_mut(socket) {
            for bytes in &step.sends {
                match &mut one.line {
                    // A datagram that the system does not take is lost; resending is the cure.
                    Line::Udp(socket) => {
                        drop(socket.send_to(bytes, step.to.unwrap_or(self.peer)));
                    }
                    Line::Web(socket) => socket.send(bytes),
                }
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
                Sound::StartSecure { party, ear, remote, role, voice } => {
                    let now_ns = clock::now_ns();
                    let stream = self.media.start_secure(ear, remote, role, voice, now_ns);
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
