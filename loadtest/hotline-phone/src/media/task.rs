//! The media of one call: one task, one UDP socket, paced by absolute deadlines. It learns where to
//! send from the call and tells it what happened; its figures come back when it is stopped.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;

use super::heard::{HeardFigures, Recording};
use super::receive::{ReceiveFigures, Receiver};
use super::rtp::{self, TelephoneEvent};
use super::send::Sender;
use super::source::Speaker;
use super::{FRAME_MS, FRAME_SAMPLES, RATE_HZ};
use crate::clock::{self, Instant};
use crate::sdp::RemoteAudio;

/// Packets older than this are not caught up on but left out: 10 frames.
const CATCH_UP_MAX_FRAMES: u64 = 10;
const PACKET_MAX_BYTES: usize = 2048;
const QUEUE_MAX: usize = 64;

/// What the call tells its media.
#[derive(Debug)]
pub enum MediaCommand {
    /// Where and how to send; packets are accepted from this address's host.
    Remote(RemoteAudio),
    /// Start or stop talking (answered, held).
    Talk(bool),
    Digit(char),
    Stop(oneshot::Sender<MediaFigures>),
}

/// What media tells its call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MediaEvent {
    FirstRtp(Instant),
    Digit(char),
    SayFinished,
}

/// All figures of one call's media.
#[derive(Debug, Clone, Default)]
pub struct MediaFigures {
    pub sent: u64,
    pub receive: ReceiveFigures,
    /// Packets from elsewhere, or no RTP, or of an unknown payload type.
    pub foreign: u64,
    pub digits: String,
    pub heard: HeardFigures,
}

/// The call's handle on its media.
#[derive(Debug)]
pub struct MediaHandle {
    commands: mpsc::Sender<MediaCommand>,
}

impl MediaHandle {
    /// Starts the media at this moment, which is zero of what is heard.
    pub fn start(
        socket: UdpSocket,
        speaker: Speaker,
        recording: Recording,
        events: mpsc::Sender<MediaEvent>,
    ) -> Self {
        let (commands, inbox) = mpsc::channel(QUEUE_MAX);
        let task = MediaTask {
            socket,
            speaker,
            recording,
            events,
            start: clock::now(),
            sender: Sender::new(crate::entropy::number()),
            receiver: Receiver::default(),
            timeline: super::timeline::Timeline::default(),
            remote: None,
            talking: false,
            frames: 0,
            foreign: 0,
            first_seen: false,
        };
        tokio::spawn(task.run(inbox));
        Self { commands }
    }

    /// Passes a command on; a media task that has stopped needs none.
    pub async fn tell(&self, command: MediaCommand) {
        drop(self.commands.send(command).await);
    }

    /// Stops the media and takes its figures.
    pub async fn stop(self) -> MediaFigures {
        let (reply, figures) = oneshot::channel();
        self.tell(MediaCommand::Stop(reply)).await;
        figures.await.unwrap_or_default()
    }
}

struct MediaTask {
    socket: UdpSocket,
    speaker: Speaker,
    recording: Recording,
    events: mpsc::Sender<MediaEvent>,
    start: Instant,
    sender: Sender,
    receiver: Receiver,
    timeline: super::timeline::Timeline,
    remote: Option<RemoteAudio>,
    talking: bool,
    frames: u64,
    foreign: u64,
    first_seen: bool,
}

impl MediaTask {
    async fn run(mut self, mut inbox: mpsc::Receiver<MediaCommand>) {
        let mut ticks = tokio::time::interval_at(self.start, Duration::from_millis(FRAME_MS));
        // Deadlines stay multiples of 20 ms from the start: late ticks come in a burst.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (mut incoming, mut outgoing) = (vec![0_u8; PACKET_MAX_BYTES], Vec::with_capacity(256));
        loop {
            tokio::select! {
                _ = ticks.tick() => self.tick(&mut outgoing).await,
                got = self.socket.recv_from(&mut incoming) => {
                    if let Ok((length, from)) = got {
                        self.receive(incoming.get(..length).unwrap_or_default(), from);
                    }
                }
                command = inbox.recv() => match command {
                    Some(MediaCommand::Remote(remote)) => self.remote = Some(remote),
                    Some(MediaCommand::Talk(talking)) => self.talking = talking,
                    Some(MediaCommand::Digit(digit)) => {
                        self.sender.press(digit);
                    }
                    Some(MediaCommand::Stop(reply)) => {
                        drop(reply.send(self.finish()));
                        return;
                    }
                    None => {
                        drop(self.finish());
                        return;
                    }
                },
            }
        }
    }

    /// Samples since the media began.
    fn position(&self) -> f64 {
        clock::now().saturating_duration_since(self.start).as_secs_f64() * f64::from(RATE_HZ)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative")]
    fn whole_position(&self) -> u64 {
        self.position() as u64
    }

    async fn tick(&mut self, packet: &mut Vec<u8>) {
        let now = self.whole_position();
        self.frames += 1;
        let settled = self.timeline.settle(now);
        self.recording.append(&settled);
        let late = (now / FRAME_SAMPLES as u64).saturating_sub(self.frames);
        let remote = self.remote.filter(|remote| self.talking && remote.direction.receives());
        let Some(remote) = remote.filter(|_| late <= CATCH_UP_MAX_FRAMES) else {
            self.sender.skip(1);
            return;
        };
        let frame = self.speaker.next_frame();
        self.sender.packet(remote.codec, remote.event_payload_type, &frame, packet);
        // A refused packet is the peer's loss, which the peer counts.
        drop(self.socket.send_to(packet, remote.address).await);
        if self.speaker.take_finished() {
            self.tell(MediaEvent::SayFinished);
        }
    }

    fn receive(&mut self, packet: &[u8], from: SocketAddr) {
        let expected = |remote: RemoteAudio| same_host(remote.address.ip(), from.ip());
        let Some(remote) = self.remote.filter(|remote| expected(*remote)) else {
            self.foreign += 1;
            return;
        };
        let Some((header, payload)) = rtp::parse(packet) else {
            self.foreign += 1;
            return;
        };
        let codec = super::codec::Codec::from_payload_type(header.payload_type);
        let is_event = remote.event_payload_type == Some(header.payload_type);
        if codec.is_none() && !is_event {
            self.foreign += 1;
            return;
        }
        let now = self.position();
        if !self.first_seen {
            self.first_seen = true;
            self.tell(MediaEvent::FirstRtp(clock::now()));
        }
        if !self.receiver.arrived(&header, now) {
            return;
        }
        if let Some(codec) = codec {
            let samples = codec.decode(payload);
            self.speaker.heard(&samples);
            let now = self.whole_position();
            self.timeline.place(header.ssrc, header.timestamp, now, &samples);
        } else if let Some(event) = TelephoneEvent::parse(payload)
            && let Some(digit) = self.receiver.digit(&header, event.digit)
        {
            self.tell(MediaEvent::Digit(digit));
        }
    }

    /// A call that does not listen loses an event, never its media.
    fn tell(&self, event: MediaEvent) {
        let _ = self.events.try_send(event);
    }

    fn finish(mut self) -> MediaFigures {
        let rest = self.timeline.finish(self.whole_position());
        self.recording.append(&rest);
        MediaFigures {
            sent: self.sender.sent(),
            receive: self.receiver.figures(),
            foreign: self.foreign,
            digits: self.receiver.digits().to_owned(),
            heard: self.recording.finish(Some(clock::since_zero_ms(self.start))),
        }
    }
}

/// A peer that says 0.0.0.0 (old hold) may send from anywhere.
fn same_host(signalled: IpAddr, from: IpAddr) -> bool {
    signalled.is_unspecified() || signalled == from
}
