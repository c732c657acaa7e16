//! The phones of a load: desk phones, each with a UDP socket of its own (registrars tell them apart by
//! their address), and softphones, each with a WebSocket.

use std::cmp::Reverse;
use std::io;
use std::net::SocketAddrV4;

use hotline_phone::sip::digest::Credentials;
use hotline_phone::sip::message::Message;

use super::{Engine, Line, Owner, SipSocket};
use crate::net::web_socket::WebSocket;
use crate::sip::check::{Check, Checked};
use crate::sip::phone::Phone;
use crate::sip::registration::{Registered, Registration};
use crate::sip::step::{Ear, Party, Step, Wake};
use crate::sip::text::Dialog;

/// A phone with its socket.
#[derive(Debug)]
pub(super) struct Desk {
    socket: usize,
    phone: Phone,
    registration: Option<Registration>,
    registered: bool,
    /// A softphone's, made as soon as it is registered.
    check: Option<Check>,
}

impl Engine {
    /// Adds a desk phone; with credentials it can register in `domain`. Gives its address.
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
            let dialog = self.dialog_of(index, &who.user, domain, &contact, "UDP", local);
            Registration::new(number, dialog, who.clone())
        });
        let (socket_of_sound, address) = self.media.port_of(index + 1);
        let ear = Ear::Plain { socket: socket_of_sound, address };
        let phone = Phone::new(number, contact, ear, rtp);
        self.desks.push(Desk { socket, phone, registration, registered: false, check: None });
        Ok(local)
    }

    /// Adds a softphone on a connection that the gateway has accepted for `user`; once registered it
    /// has its headset checked. Gives its number.
    ///
    /// # Errors
    /// No socket for its sound, or none that can be waited for.
    pub fn add_softphone(
        &mut self,
        connection: WebSocket,
        user: &str,
        domain: &str,
    ) -> io::Result<usize> {
        let (index, socket) = (self.desks.len(), self.sockets.len());
        let local = connection.local()?;
        self.poll.add(connection.as_stream(), socket as u64)?;
        let (line, owner) = (Line::Web(Box::new(connection)), Owner::Phone(index));
        self.sockets.push(SipSocket { line, local, owner });
        // Browsers cannot be reached by an address: only their connection counts.
        let contact = format!("sip:{user}@e{index}.invalid;transport=ws");
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let dialog = self.dialog_of(index, user, domain, &contact, "WS", local);
        let (ear, at_ear) = self.media.ears.add()?;
        let mut to_check = dialog.clone();
        to_check.call_id = format!("{:x}-k{index}", self.run);
        to_check.target = format!("sip:headset-check@{domain}");
        to_check.to = format!("<{}>", to_check.target);
        let check = Some(Check::new(number, ear, at_ear.clone(), to_check));
        // The connection was authenticated; there is no password.
        let who = Credentials { user: user.to_owned(), password: String::new() };
        let registration = Some(Registration::new(number, dialog, who));
        let phone = Phone::new(number, contact, Ear::Secure { ear, local: at_ear }, true);
        self.desks.push(Desk { socket, phone, registration, registered: false, check });
        Ok(index)
    }

    fn dialog_of(
        &self,
        index: usize,
        user: &str,
        domain: &str,
        contact: &str,
        transport: &'static str,
        local: SocketAddrV4,
    ) -> Dialog {
        let address = format!("<sip:{user}@{domain}>");
        Dialog {
            transport,
            local,
            from: format!("{address};tag=r{:x}", self.run),
            to: address,
            call_id: format!("{:x}-r{index}", self.run),
            contact: contact.to_owned(),
            target: format!("sip:{domain}"),
            route: Vec::new(),
        }
    }

    #[must_use]
    pub fn phones_registered(&self) -> usize {
        self.desks.iter().filter(|desk| desk.registered).count()
    }

    pub(super) fn wake_phone(&mut self, phone: usize, leg: u32, why: Wake, now_ns: u64) {
        let mut step = Step::default();
        let Some(desk) = self.desks.get_mut(phone) else { return };
        desk.phone.wake(leg, why, now_ns, &mut step);
        let socket = desk.socket;
        self.carry_out(socket, step);
    }

    pub(super) fn wake_registration(&mut self, phone: usize, why: Wake, now_ns: u64) {
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
        self.note_registration(phone, outcome, now_ns);
        self.carry_out(socket, step);
    }

    fn note_registration(&mut self, phone: usize, outcome: Option<Registered>, now_ns: u64) {
        let Some(outcome) = outcome else { return };
        match outcome {
            Registered::Accepted { took_ns } => {
                self.registers.accepted += 1;
                self.registers.took_ns.push(took_ns);
                let Some(desk) = self.desks.get_mut(phone) else { return };
                let first = !std::mem::replace(&mut desk.registered, true);
                if first && desk.check.is_some() {
                    let party = Party::Check { phone: u32::try_from(phone).unwrap_or(u32::MAX) };
                    self.wakes.push(Reverse((now_ns, party, Wake::Start)));
                }
            }
            failure => {
                self.registers.failed += 1;
                self.registers.last_failure = Some(format!("{failure:?}"));
            }
        }
    }

    pub(super) fn wake_check(&mut self, phone: usize, why: Wake, now_ns: u64) {
        let mut step = Step::default();
        let Some(desk) = self.desks.get_mut(phone) else { return };
        let Some(check) = &mut desk.check else { return };
        let outcome = if why == Wake::Start {
            check.begin(now_ns, &mut step);
            None
        } else {
            check.wake(&mut step)
        };
        let socket = desk.socket;
        self.note_check(outcome);
        self.carry_out(socket, step);
    }

    fn note_check(&mut self, outcome: Option<Checked>) {
        match outcome {
            None => {}
            Some(Checked::Ended) => self.checks.ended += 1,
            Some(failure) => {
                self.checks.failed += 1;
                self.checks.last_failure = Some(format!("{failure:?}"));
            }
        }
    }

    pub(super) fn tell_phone(
        &mut self,
        index: usize,
        message: &Message,
        from: SocketAddrV4,
        now_ns: u64,
    ) {
        let mut step = Step::default();
        let Some(desk) = self.desks.get_mut(index) else { return };
        let socket = desk.socket;
        if let Some(check) = desk.check.as_mut().filter(|check| check.owns(message)) {
            let outcome = check.receive(message, &mut step);
            self.note_check(outcome);
        } else if message.status().is_some() {
            let registration =
                desk.registration.as_mut().filter(|_| message.method() == "REGISTER");
            let outcome = registration.and_then(|one| one.receive(message, now_ns, &mut step));
            self.note_registration(index, outcome, now_ns);
        } else {
            let after_ns = self.answer_times.next_ns();
            self.events.extend(desk.phone.receive(message, from, now_ns, after_ns, &mut step));
        }
        self.carry_out(socket, step);
    }
}
