//! The server's side of the loop: handshake, resending, commands.

use std::sync::atomic::Ordering;

use call::Input;
use gateway_protocol::{
    Command, Event, EventNumber, GatewayMessage, Hello, NumberedCommand, PROTOCOL_VERSION,
    ServerMessage, Snapshot, Welcome,
};
use tokio::sync::mpsc;
use types::{GatewayInstanceId, RecordingId, Timestamp};

use super::{Gateway, SERVER_LOST_AFTER};
use crate::control::inbox::{Inbox, Verdict};
use crate::control::link::LinkEvent;
use crate::control::outbox::Outbox;
use crate::control::translate;
use crate::net::{clock, random};
use crate::sip::engine::SOFTWARE;

/// What the loop remembers of the link.
#[derive(Debug)]
pub struct LinkState {
    instance: GatewayInstanceId,
    pub outbox: Outbox,
    inbox: Inbox,
    sender: Option<mpsc::Sender<GatewayMessage>>,
    /// The handshake on the present link is complete.
    welcomed: bool,
    snapshot_due: bool,
    done_due: bool,
    lost_since: Option<Timestamp>,
    declared_lost: bool,
}

impl LinkState {
    pub fn new(instance: GatewayInstanceId, now: Timestamp) -> Self {
        Self {
            instance,
            outbox: Outbox::default(),
            inbox: Inbox::default(),
            sender: None,
            welcomed: false,
            snapshot_due: false,
            done_due: false,
            lost_since: Some(now),
            declared_lost: false,
        }
    }

    fn has_work(&self) -> bool {
        self.welcomed && (self.outbox.has_unsent() || self.snapshot_due || self.done_due)
    }

    /// Becomes ready when there is something to send and room for it.
    pub fn writable(&self) -> impl Future<Output = ()> + use<> {
        let sender = self.sender.clone().filter(|_| self.has_work());
        async move {
            match sender {
                // An error means the link is gone; `Closed` is on its way, so there is no hurry.
                Some(sender) if sender.reserve().await.is_ok() => {}
                _ => std::future::pending().await,
            }
        }
    }

    pub fn lost_deadline(&self) -> Option<Timestamp> {
        self.lost_since.filter(|_| !self.declared_lost).map(|since| since + SERVER_LOST_AFTER)
    }

    /// Whether a server listens that has not stored everything yet.
    pub fn owes_events(&self) -> bool {
        self.welcomed && !self.outbox.is_empty()
    }

    pub fn declare_lost(&mut self) {
        self.declared_lost = true;
    }
}

impl Gateway {
    pub(super) fn link_event(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Open(sender) => {
                let hello = GatewayMessage::Hello(Hello {
                    protocol: PROTOCOL_VERSION,
                    gateway: self.config.id.clone(),
                    instance: self.link.instance,
                    software: SOFTWARE.to_owned(),
                    last_event: self.link.outbox.last(),
                    fencing: self.link.inbox.fencing(),
                    last_command: self.link.inbox.last(),
                });
                // The queue of a new link is empty.
                let _ = sender.try_send(hello);
                self.link.sender = Some(sender);
            }
            LinkEvent::Message(message) => self.server_message(*message),
            LinkEvent::Closed => self.unlink(),
        }
    }

    fn unlink(&mut self) {
        self.link.sender = None;
        self.link.welcomed = false;
        self.health.linked.store(false, Ordering::Relaxed);
        self.link.lost_since.get_or_insert_with(clock::now);
    }

    fn server_message(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::Welcome(welcome) => self.welcome(welcome),
            ServerMessage::Command(command) => self.command(command),
            ServerMessage::EventsStored { up_to } => self.events_stored(up_to),
            ServerMessage::Credentials { credentials } => self.credentials(credentials),
            ServerMessage::Refused { reason } => {
                tracing::error!(%reason, "the server refuses this gateway");
                self.unlink();
            }
        }
    }

    fn welcome(&mut self, welcome: Welcome) {
        if welcome.protocol != PROTOCOL_VERSION {
            let (theirs, ours) = (welcome.protocol, PROTOCOL_VERSION);
            tracing::error!(theirs, ours, "the server speaks another version: update both alike");
            return self.unlink();
        }
        if !self.link.inbox.meet(welcome.fencing) {
            tracing::warn!("a former owner of the centre has answered; trying again");
            return self.unlink();
        }
        tracing::info!(
            centre = %welcome.centre,
            resend_from = welcome.events_stored.0 + 1,
            "linked"
        );
        if cfg!(feature = "test-clock") {
            let offset_s = welcome.business_time_offset_us / 1_000_000;
            metrics::gauge!("gateway_business_time_offset_seconds")
                .set(i32::try_from(offset_s).map_or(f64::NAN, f64::from));
        }
        self.events_stored(welcome.events_stored);
        self.link.outbox.rewind();
        self.link.welcomed = true;
        self.link.snapshot_due = true;
        self.link.done_due = true;
        self.link.lost_since = None;
        self.health.linked.store(true, Ordering::Relaxed);
        self.credentials(welcome.credentials);
        if std::mem::take(&mut self.link.declared_lost) {
            self.feed(Input::ServerBack);
        }
    }

    fn events_stored(&mut self, up_to: EventNumber) {
        for event in self.link.outbox.stored(up_to) {
            if let Event::RecordingReady { call, recording, started_at, .. } = event {
                self.media.recording_reported(call, recording, started_at);
            }
        }
    }

    fn credentials(&mut self, credentials: Vec<gateway_protocol::DigestCredential>) {
        for agent in self.digest.replace(credentials) {
            for event in self.registrar.revoke_desk_phone(agent) {
                self.report(event);
            }
        }
    }

    fn command(&mut self, numbered: NumberedCommand) {
        let NumberedCommand { fencing, number, command } = numbered;
        match self.link.inbox.take(fencing, number) {
            Verdict::Do => {
                self.link.done_due = true;
                self.obey(command);
            }
            Verdict::Done => self.link.done_due = true,
            Verdict::Fenced => {
                metrics::counter!("gateway_commands_fenced_total").increment(1);
            }
            Verdict::Gap => {
                tracing::warn!(number = number.0, "commands are missing; opening the link anew");
                self.unlink();
            }
        }
    }

    fn obey(&mut self, command: Command) {
        metrics::counter!("gateway_commands_total").increment(1);
        if let Command::RevokeDevice { agent, session } = command {
            return self.revoke(agent, session);
        }
        let recording = RecordingId::new(clock::now(), random::random_u128());
        if let Some(order) = translate::order_of(command, recording) {
            self.feed(Input::Order(order));
        }
    }

    /// Sends what is due: events in order, after a handshake then the snapshot, then acknowledgements.
    pub(super) fn pump(&mut self) {
        let Some(sender) = self.link.sender.clone() else { return };
        while self.link.has_work() {
            let Ok(permit) = sender.try_reserve() else { return };
            let now = clock::now();
            if let Some(event) =
                self.link.outbox.has_unsent().then(|| self.link.outbox.next(now)).flatten()
            {
                permit.send(GatewayMessage::Event(event));
            } else if std::mem::take(&mut self.link.snapshot_due) {
                permit.send(GatewayMessage::Snapshot(self.snapshot(now)));
            } else if std::mem::take(&mut self.link.done_due) {
                permit.send(GatewayMessage::CommandsDone {
                    fencing: self.link.inbox.fencing(),
                    up_to: self.link.inbox.last(),
                });
            }
        }
    }

    fn snapshot(&self, now: Timestamp) -> Snapshot {
        Snapshot {
            up_to: self.link.outbox.last(),
            at: now,
            calls: self.machine.calls().into_iter().map(translate::snapshot_of).collect(),
            devices: self.registrar.snapshot(),
            draining: self.is_stopping(),
        }
    }
}
