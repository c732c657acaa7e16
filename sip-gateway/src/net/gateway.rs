//! The run loop: one task owns the call machine, the dialogs, the registrar and the link's state;
//! everything that happens reaches it as an event, and it never waits for a peer.

mod headset;
mod incoming;
mod leg;
mod link;
mod outgoing;
mod register;
mod stopping;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::Bytes;
use call::{Input, Machine, Output, Settings};
use gateway_protocol::{Event, PromptId};
use tokio::sync::{mpsc, watch};
use types::{AgentId, LegId, RecordingId, Timestamp};

use crate::config::Config;
use crate::control::link::LinkEvent;
use crate::control::translate;
use crate::media::{Direction, Media, MediaError, MediaEvent, MediaKind, Negotiated, Source};
use crate::net::{clock, random};
use crate::sip::digest::DigestServer;
use crate::sip::engine::{ClientTx, Engine, ServerTx, SipEvent};
use crate::sip::flow::{Flow, FlowId};
use crate::sip::message::Message;
use crate::sip::rate::{Bucket, Limiter};
use crate::sip::registrar::Registrar;
use leg::SipLeg;
use stopping::Stopping;
pub use stopping::Wish;

/// How long a link may be gone before newcomers are treated without the server.
const SERVER_LOST_AFTER: Duration = Duration::from_secs(2);

/// What the media room answered to a question that the loop did not wait for.
#[derive(Debug)]
pub(crate) enum MediaAnswer {
    /// To the offer of an INVITE that reached us.
    Incoming {
        leg: LegId,
        result: Result<Negotiated, MediaError>,
    },
    /// Our own offer: for a new INVITE, or for an INVITE without one.
    Offer {
        leg: LegId,
        result: Result<Bytes, MediaError>,
    },
    /// The peer's answer has been taken in.
    Accepted {
        leg: LegId,
        stage: Stage,
        result: Result<Direction, MediaError>,
    },
    Reoffer {
        leg: LegId,
        result: Result<Negotiated, MediaError>,
    },
}

/// Which message carried an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Early,
    Final,
    Ack,
}

/// What the run loop shares with the HTTP side.
#[derive(Debug, Default)]
pub struct Health {
    /// The server has welcomed us.
    pub linked: AtomicBool,
    pub stopping: AtomicBool,
}

/// Everything the loop needs from outside.
#[derive(Debug)]
pub struct Parts {
    pub config: Arc<Config>,
    pub engine: Arc<Engine>,
    pub media: Media,
    pub udp: Flow,
    pub limiter: Arc<Limiter>,
    pub health: Arc<Health>,
}

/// The sources of events.
#[derive(Debug)]
pub struct Events {
    pub sip: mpsc::Receiver<SipEvent>,
    pub media: mpsc::Receiver<MediaEvent>,
    pub link: mpsc::Receiver<LinkEvent>,
    /// What is wished of the gateway; a sender that is gone wishes its end.
    pub wish: watch::Receiver<Wish>,
}

#[derive(Debug)]
pub(crate) enum TxPurpose {
    Invite(LegId),
    /// Nothing hangs on the answer: BYE, CANCEL.
    Farewell,
}

pub struct Gateway {
    config: Arc<Config>,
    engine: Arc<Engine>,
    media: Media,
    udp: Flow,
    limiter: Arc<Limiter>,
    /// How many calls may begin.
    newcomers: Bucket,
    health: Arc<Health>,
    machine: Machine,
    registrar: Registrar,
    digest: DigestServer,
    flows: HashMap<FlowId, Flow>,
    legs: HashMap<LegId, SipLeg>,
    /// Call-ID and our tag of every dialog.
    dialogs: HashMap<(String, String), LegId>,
    invites: HashMap<u64, LegId>,
    client_txs: HashMap<ClientTx, TxPurpose>,
    checks: BTreeMap<LegId, headset::Check>,
    /// Started, and not yet over with the media room.
    recordings: BTreeSet<RecordingId>,
    stopping: Stopping,
    link: link::LinkState,
    answers: mpsc::Sender<MediaAnswer>,
    connected: HashMap<SocketAddr, Flow>,
    outbound: mpsc::Sender<(LegId, std::io::Result<Flow>)>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("legs", &self.legs.len()).finish_non_exhaustive()
    }
}

/// Runs the gateway until it is told to stop; then lets calls end, or ends them, and returns.
pub async fn run(parts: Parts, events: Events) {
    let (answers, mut answered) = mpsc::channel(4_096);
    let (outbound, mut connections) = mpsc::channel(256);
    let mut gateway = Gateway::new(parts, answers, outbound);
    let Events { mut sip, mut media, mut link, mut wish } = events;
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let mut wished = Wish::Run;
    loop {
        let deadline = clock::instant_of(gateway.next_deadline());
        let writable = gateway.link.writable();
        tokio::select! {
            biased;
            changed = wish.changed(), if wished != Wish::End => {
                wished = if changed.is_ok() { *wish.borrow_and_update() } else { Wish::End };
                gateway.wished(wished);
            }
            Some(answer) = answered.recv() => gateway.media_answer(answer),
            Some((leg, flow)) = connections.recv() => gateway.outbound_connected(leg, flow),
            Some(event) = link.recv() => gateway.link_event(event),
            Some(event) = media.recv() => gateway.media_event(event),
            Some(event) = sip.recv() => gateway.sip_event(event),
            _ = writable => {}
            () = tokio::time::sleep_until(deadline) => gateway.strike(),
            _ = second.tick() => gateway.measure(),
        }
        let over = gateway.goes();
        gateway.pump();
        if over {
            return;
        }
    }
}

impl Gateway {
    fn new(
        parts: Parts,
        answers: mpsc::Sender<MediaAnswer>,
        outbound: mpsc::Sender<(LegId, std::io::Result<Flow>)>,
    ) -> Self {
        let Parts { config, engine, media, udp, limiter, health } = parts;
        let settings = Settings {
            unattended_answer_after: Duration::from_secs(config.unattended_answer_after_s),
            ..Settings::default()
        };
        let digest = DigestServer::new(
            config.domain.as_str(),
            random::bytes16(),
            config.sip.digest_algorithms.clone(),
        );
        let per_s = config.max_new_calls_per_s;
        let newcomers = Bucket::new(per_s, per_s, clock::now());
        let instance = types::GatewayInstanceId::new(clock::now(), random::random_u128());
        Self {
            config,
            engine,
            media,
            udp,
            limiter,
            newcomers,
            health,
            machine: Machine::new(settings),
            registrar: Registrar::default(),
            digest,
            flows: HashMap::new(),
            legs: HashMap::new(),
            dialogs: HashMap::new(),
            invites: HashMap::new(),
            client_txs: HashMap::new(),
            checks: BTreeMap::new(),
            recordings: BTreeSet::new(),
            stopping: Stopping::No,
            link: link::LinkState::new(instance, clock::now()),
            answers,
            connected: HashMap::new(),
            outbound,
        }
    }

    fn sip_event(&mut self, event: SipEvent) {
        match event {
            SipEvent::Request { tx, request, flow } => self.request(tx, request, flow),
            SipEvent::Acknowledged { tx, ack } => self.acknowledged(tx, ack),
            SipEvent::Cancelled { tx } => self.cancelled(tx),
            SipEvent::ServerTxOver { tx } => self.server_tx_over(tx),
            SipEvent::Response { tx, response, flow } => self.response(tx, &response, &flow),
            SipEvent::ClientTxOver { tx } => self.client_tx_over(tx),
            SipEvent::FlowOpened(flow) => self.flow_opened(flow),
            SipEvent::FlowClosed(id) => self.flow_closed(id),
        }
    }

    fn media_event(&mut self, event: MediaEvent) {
        if self.check_event(&event) {
            return;
        }
        match event {
            MediaEvent::Digit { leg, digit } => self.feed(Input::Digit { leg, digit }),
            // Only a browser sends without a break; a silent trunk or desk phone is no fault (R15).
            MediaEvent::MediaLost { leg } | MediaEvent::MediaBack { leg }
                if !self.is_browser(leg) => {}
            MediaEvent::MediaLost { leg } => self.feed(Input::MediaLost { leg }),
            MediaEvent::MediaBack { leg } => self.feed(Input::MediaBack { leg }),
            MediaEvent::RecordingReady {
                call,
                recording,
                file,
                started_at,
                duration_ms,
                bytes,
            } => {
                self.report(Event::RecordingReady {
                    call,
                    recording,
                    file,
                    started_at,
                    duration_ms,
                    bytes,
                });
            }
            MediaEvent::RecordingFailed { call, recording, fault } => {
                metrics::counter!("gateway_recordings_failed_total").increment(1);
                self.report(Event::RecordingFailed { call, recording, fault });
            }
            MediaEvent::RecordingOver { recording } => {
                self.recordings.remove(&recording);
            }
            MediaEvent::WebRtcFailed { leg } => {
                metrics::counter!("gateway_webrtc_failed_total").increment(1);
                self.feed(Input::MediaLost { leg });
            }
            MediaEvent::PromptsFinished { .. } | MediaEvent::Measured { .. } => {}
        }
    }

    fn is_browser(&self, leg: LegId) -> bool {
        self.legs.get(&leg).is_some_and(|leg| leg.media == MediaKind::WebRtc)
    }

    /// Gives the machine an input and carries out what it says.
    fn feed(&mut self, input: Input) {
        let outputs = self.machine.handle(clock::now(), input);
        for output in outputs {
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Ring { leg } => self.progress(leg, 180),
            Output::Progress { leg } => self.progress(leg, 183),
            Output::Answer { leg } => self.answer(leg),
            Output::Reject { leg, status } => self.reject(leg, status),
            Output::InviteAgent { leg, agent, caller, dialled, auto_answer, .. } => {
                let caller = caller.map(|phone| phone.reveal().to_owned());
                self.invite_agent(leg, agent, caller, &dialled, auto_answer);
            }
            Output::InviteNumber { leg, number, caller_id, .. } => {
                self.invite_number(leg, &number, &caller_id);
            }
            Output::Cancel { leg } => self.cancel(leg),
            Output::Bye { leg } => self.bye(leg),
            Output::Hear { leg, source } => self.media.hear(leg, source_of(source)),
            Output::Bridge { first, second, notice } => {
                self.media.connect(first, second, notice.into_iter().map(PromptId::new).collect());
            }
            Output::StartRecording { call, recording, first, second } => {
                self.recordings.insert(recording);
                self.media.start_recording(recording, call, first, second, clock::now());
            }
            Output::StopRecording { call } => self.media.stop_recording(call),
            Output::CloseMedia { leg } => self.media.close(leg),
            Output::Report(fact) => self.report(translate::event_of(fact)),
        }
    }

    fn report(&mut self, event: Event) {
        self.link.outbox.push(clock::now(), event);
    }

    /// Asks the media room without waiting; the answer comes back as an event of the loop.
    fn ask<F>(&self, question: F)
    where
        F: Future<Output = MediaAnswer> + Send + 'static,
    {
        let answers = self.answers.clone();
        tokio::spawn(async move {
            let _ = answers.send(question.await).await;
        });
    }

    fn media_answer(&mut self, answer: MediaAnswer) {
        match answer {
            MediaAnswer::Incoming { leg, result } => self.incoming_answered(leg, result),
            MediaAnswer::Offer { leg, result } => self.offer_made(leg, result),
            MediaAnswer::Accepted { leg, stage, result } => self.accepted(leg, stage, result),
            MediaAnswer::Reoffer { leg, result } => self.reoffer_answered(leg, result),
        }
    }

    fn next_deadline(&self) -> Timestamp {
        [
            self.machine.next_deadline(),
            self.registrar.next_expiry(),
            self.check_deadline(),
            self.link.lost_deadline(),
            self.stop_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or_else(|| clock::now() + Duration::from_secs(60))
    }

    fn strike(&mut self) {
        let now = clock::now();
        self.feed(Input::Tick);
        for event in self.registrar.expire(now) {
            self.report(event);
        }
        self.strike_checks(now);
        if self.link.lost_deadline().is_some_and(|at| at <= now) {
            self.link.declare_lost();
            self.feed(Input::ServerLost);
            tracing::warn!("no server: newcomers get the waiting treatment, events are kept");
        }
    }

    fn measure(&self) {
        let gauge = |name: &'static str, value: usize| {
            metrics::gauge!(name).set(u32::try_from(value).map_or(f64::MAX, f64::from));
        };
        gauge("gateway_legs", self.machine.leg_count());
        gauge("gateway_dialogs", self.legs.len());
        gauge("gateway_devices", self.registrar.len());
        gauge("gateway_events_kept", self.link.outbox.len());
        let signalling = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        gauge("gateway_tasks", signalling + self.media.tasks());
        let (running, finished) = self.engine.transactions();
        gauge("gateway_sip_transactions_running", running);
        gauge("gateway_sip_transactions_finished", finished);
    }

    /// Adds a leg's dialog, so that requests inside it are found.
    fn remember(&mut self, id: LegId, leg: SipLeg) {
        let tag = crate::sip::address::param(&leg.dialog.local, "tag").unwrap_or("").to_owned();
        self.dialogs.insert((leg.dialog.call_id.clone(), tag), id);
        self.legs.insert(id, leg);
    }

    fn forget(&mut self, id: LegId) -> Option<SipLeg> {
        let leg = self.legs.remove(&id)?;
        let tag = crate::sip::address::param(&leg.dialog.local, "tag").unwrap_or("").to_owned();
        self.dialogs.remove(&(leg.dialog.call_id.clone(), tag));
        if let leg::Side::Callee { tx, .. } = &leg.side {
            self.invites.remove(&tx.id);
        }
        Some(leg)
    }

    fn contact(&self, flow: &Flow) -> String {
        let transport = match flow.transport {
            crate::sip::flow::Transport::Udp => "udp",
            crate::sip::flow::Transport::Tcp => "tcp",
            crate::sip::flow::Transport::Ws | crate::sip::flow::Transport::Wss => "ws",
        };
        format!("<sip:hotline@{};transport={transport}>", self.engine.advertise())
    }

    fn new_leg_id() -> LegId {
        LegId::new(clock::now(), random::random_u128())
    }

    fn respond(&self, tx: &ServerTx, request: &Message, status: u16) {
        self.engine.respond(tx, Message::response(request, status));
    }

    fn agent_of(&self, flow: &Flow) -> Option<(AgentId, types::DeviceId, MediaKind)> {
        let (agent, device) = self.registrar.of_flow(flow)?;
        let kind = match device.kind {
            gateway_protocol::DeviceKind::Browser => MediaKind::WebRtc,
            gateway_protocol::DeviceKind::DeskPhone => MediaKind::Rtp,
        };
        Some((agent, device.device, kind))
    }
}

fn source_of(source: call::Source) -> Source {
    match source {
        call::Source::Silence => Source::Silence,
        call::Source::Ringback => Source::Ringback,
        call::Source::Music => Source::Music,
        call::Source::Prompts(ids) => {
            Source::Prompts { ids: ids.into_iter().map(PromptId::new).collect(), then_music: true }
        }
        call::Source::Peer(leg) => Source::Peer(leg),
    }
}
