//! The task of one call: what it waits for, how it sends, how it ends. The phases are in
//! `outgoing`, `incoming` and `talk`; answers to the peer's requests in `requests`.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::Ua;
use super::call::{CallEvent, Command};
use super::dialog::Dialog;
use super::options::PreparedMedia;
use crate::clock;
use crate::media::task::{MediaCommand, MediaEvent, MediaHandle};
use crate::report::{CallReport, EndedBy, Outcome};
use crate::sdp::{Direction, RemoteAudio, Session};
use crate::sip::message::Message;
use crate::sip::resend::{Due, Resends, Sent};
use crate::sip::transport::Received;

/// How long a call that has ended still answers repeats of the peer's last messages.
const LINGER: Duration = Duration::from_secs(5);
pub(super) const EVENTS_MAX: usize = 256;
pub(super) const COMMANDS_MAX: usize = 64;
const MEDIA_EVENTS_MAX: usize = 256;

/// What a call waits for.
#[derive(Debug)]
pub(super) enum Input {
    Sip(Received),
    Command(Command),
    Media(MediaEvent),
    /// 32 s without an answer to this.
    GaveUp(Sent),
    /// The phone was closed.
    Closed,
}

/// How a call ended.
#[derive(Debug)]
pub(super) struct End {
    pub outcome: Outcome,
    pub status: u16,
    pub reason: String,
    pub by: EndedBy,
}

impl End {
    pub fn new(outcome: Outcome, status: u16, reason: impl Into<String>, by: EndedBy) -> Self {
        Self { outcome, status, reason: reason.into(), by }
    }

    pub fn network(status: u16, reason: &str) -> Self {
        Self::new(Outcome::Failed, status, reason, EndedBy::Network)
    }
}

/// The sound of a call before and after it starts.
#[derive(Debug)]
pub(super) enum MediaSlot {
    None,
    Prepared(Box<PreparedMedia>),
    Running { handle: MediaHandle, address: SocketAddr },
}

/// One call's task.
#[derive(Debug)]
pub(super) struct Leg {
    pub ua: Arc<Ua>,
    pub dialog: Dialog,
    pub media: MediaSlot,
    pub report: CallReport,
    pub resends: Resends,
    /// The last response to each kind of request, for its repeats: number, method, bytes.
    pub answers: VecDeque<(u32, String, Vec<u8>)>,
    pub session_id: u64,
    pub session_version: u64,
    /// We made the offer in a response: the answer comes in the ACK.
    pub offered_in_response: bool,
    inbox: mpsc::Receiver<Received>,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<CallEvent>,
    end: oneshot::Sender<CallReport>,
    media_sender: mpsc::Sender<MediaEvent>,
    media_events: mpsc::Receiver<MediaEvent>,
    gave_up: VecDeque<Sent>,
    abandoned: bool,
}

/// The holder's ends of a leg's channels.
pub(super) struct LegEnds {
    pub commands: mpsc::Sender<Command>,
    pub events: mpsc::Receiver<CallEvent>,
    pub end: oneshot::Receiver<CallReport>,
}

impl Leg {
    pub fn new(ua: Arc<Ua>, dialog: Dialog, inbox: mpsc::Receiver<Received>) -> (Self, LegEnds) {
        let (commands_sender, commands) = mpsc::channel(COMMANDS_MAX);
        let (events, events_receiver) = mpsc::channel(EVENTS_MAX);
        let (end, end_receiver) = oneshot::channel();
        let (media_sender, media_events) = mpsc::channel(MEDIA_EVENTS_MAX);
        let report = CallReport {
            call_id: dialog.call_id.clone(),
            transport: ua.transport.kind(),
            zero_unix_ms: clock::zero_unix_ms(),
            ..CallReport::default()
        };
        let leg = Self {
            ua,
            dialog,
            media: MediaSlot::None,
            report,
            resends: Resends::default(),
            answers: VecDeque::new(),
            session_id: crate::entropy::number(),
            session_version: 0,
            offered_in_response: false,
            inbox,
            commands,
            events,
            end,
            media_sender,
            media_events,
            gave_up: VecDeque::new(),
            abandoned: false,
        };
        (leg, LegEnds { commands: commands_sender, events: events_receiver, end: end_receiver })
    }

    /// Waits for the next thing to happen; repeats what is due meanwhile.
    pub async fn next(&mut self) -> Input {
        loop {
            if let Some(what) = self.gave_up.pop_front() {
                return Input::GaveUp(what);
            }
            let due_at = self.resends.next_due();
            let due = async {
                match due_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                received = self.inbox.recv() => return received.map_or(Input::Closed, Input::Sip),
                command = self.commands.recv(), if !self.abandoned => {
                    self.abandoned = command.is_none();
                    return Input::Command(command.unwrap_or(Command::Hangup));
                }
                Some(event) = self.media_events.recv() => return Input::Media(event),
                () = due => self.repeat_due().await,
            }
        }
    }

    async fn repeat_due(&mut self) {
        for due in self.resends.due(clock::now()) {
            match due {
                Due::Repeat(bytes, to) => self.send(bytes, to).await,
                Due::GaveUp(what) => self.gave_up.push_back(what),
            }
        }
    }

    /// Sends; a transport that fails shows as silence, which the timers notice.
    pub async fn send(&self, bytes: Vec<u8>, to: SocketAddr) {
        if let Err(error) = self.ua.transport.send(bytes, to).await {
            tracing::debug!(call_id = self.dialog.call_id, %to, %error, "sip.send_failed");
        }
    }

    /// Sends a request of this dialog and repeats it until it is answered.
    pub async fn send_request(&mut self, method: &'static str, request: &Message) {
        let (bytes, to) = (request.to_bytes(), self.dialog.next_hop(self.ua.is_reliable()));
        let cseq = request.cseq().map_or(0, |(number, _)| number);
        let what = Sent::Request { method, cseq };
        self.resends.add(what, bytes.clone(), to, clock::now(), self.ua.is_reliable());
        self.send(bytes, to).await;
    }

    /// An event for the holder; one who does not listen loses it.
    pub fn tell(&self, event: CallEvent) {
        drop(self.events.try_send(event));
    }

    /// Our session description as an offer.
    pub fn offer(&mut self) -> Option<String> {
        self.session_version += 1;
        let (address, codecs) = match &self.media {
            MediaSlot::None => return None,
            MediaSlot::Prepared(media) => (media.address, media.codecs.clone()),
            MediaSlot::Running { address, .. } => {
                (*address, vec![crate::Codec::Pcma, crate::Codec::Pcmu])
            }
        };
        Some(crate::sdp::offer(address, &codecs, self.session_id, self.session_version))
    }

    /// Our answer to an offer, and the peer's audio; `None` when there is nothing to agree on.
    pub fn answer_to(&mut self, offer: &[u8]) -> Option<(String, RemoteAudio)> {
        let address = match &self.media {
            MediaSlot::None => return None,
            MediaSlot::Prepared(media) => media.address,
            MediaSlot::Running { address, .. } => *address,
        };
        self.session_version += 1;
        let session = Session::parse(offer)?;
        let audio = session.audio()?;
        Some((session.answer(address, self.session_id, self.session_version)?, audio))
    }

    /// Starts the media, or tells it the peer's new address. True when it has just started.
    pub async fn connect_media(&mut self, remote: RemoteAudio) -> bool {
        self.report.codec = Some(remote.codec);
        let mut started = false;
        self.media = match std::mem::replace(&mut self.media, MediaSlot::None) {
            MediaSlot::Prepared(media) => {
                started = true;
                let PreparedMedia { socket, address, speaker, recording, .. } = *media;
                let events = self.media_sender.clone();
                let handle = MediaHandle::start(socket, speaker, recording, events);
                MediaSlot::Running { handle, address }
            }
            other => other,
        };
        self.tell_media(MediaCommand::Remote(remote)).await;
        if !started {
            let held = !remote.direction.receives() || remote.direction == Direction::Inactive;
            self.tell(CallEvent::Changed { held });
        }
        started
    }

    pub async fn tell_media(&self, command: MediaCommand) {
        if let MediaSlot::Running { handle, .. } = &self.media {
            handle.tell(command).await;
        }
    }

    /// Passes a media event on.
    pub fn on_media(&mut self, event: MediaEvent) {
        match event {
            MediaEvent::FirstRtp(at) => {
                self.report.timings_ms.first_rtp = Some(clock::since_zero_ms(at));
                self.tell(CallEvent::FirstRtp);
            }
            MediaEvent::Digit(digit) => self.tell(CallEvent::Digit(digit)),
            MediaEvent::SayFinished => self.tell(CallEvent::SayFinished),
        }
    }

    /// Stops the media, hands the report over, then answers repeats for a while.
    pub async fn finish(mut self, end: End) {
        if let MediaSlot::Running { handle, .. } =
            std::mem::replace(&mut self.media, MediaSlot::None)
        {
            let figures = handle.stop().await;
            self.report.take_media(figures);
        }
        while let Ok(event) = self.media_events.try_recv() {
            self.on_media(event);
        }
        self.report.outcome = end.outcome;
        self.report.status = end.status;
        self.report.reason = end.reason;
        self.report.ended_by = end.by;
        self.report.close(clock::since_zero_ms(clock::now()));
        let (closed_events, _) = mpsc::channel(1);
        self.events = closed_events;
        let (closed_end, _) = oneshot::channel();
        drop(std::mem::replace(&mut self.end, closed_end).send(self.report.clone()));
        self.linger().await;
        self.ua.close_inbox(&self.dialog.call_id);
    }

    async fn linger(&mut self) {
        self.abandoned = true;
        let until = clock::now() + LINGER;
        loop {
            match tokio::time::timeout_at(until, self.next()).await {
                Ok(Input::Sip(received)) => drop(self.on_request(&received).await),
                Ok(Input::Closed) => return,
                Ok(_) => {}
                // The peer may still wait for our refusal to arrive.
                Err(_) if self.resends.is_empty() => return,
                Err(_) => self.outlast_resends().await,
            }
        }
    }

    async fn outlast_resends(&mut self) {
        while !self.resends.is_empty() {
            match self.next().await {
                Input::Sip(received) => drop(self.on_request(&received).await),
                Input::Closed => return,
                Input::Command(_) | Input::Media(_) | Input::GaveUp(_) => {}
            }
        }
    }
}

/// Sets a moment once.
pub(super) fn mark(slot: &mut Option<f64>) -> bool {
    let first = slot.is_none();
    if first {
        *slot = Some(clock::since_zero_ms(clock::now()));
    }
    first
}
