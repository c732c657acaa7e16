//! All legs, who hears whom, which calls are recorded. Every order takes effect under one short
//! lock, in the order in which orders are given.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use gateway_protocol::PromptId;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};
use types::{CallId, LegId};

use super::api::{
    Direction, MediaConfig, MediaError, MediaEvent, MediaKind, Negotiated, RecordingOrder, Source,
};
use super::leg::{Leg, Teller, Wire, lock};
use super::pacer;
use super::player::{Playing, PromptList, Speech};
use super::ports::PortPool;
use super::prompts::Library;
use super::recording::{Label, Recorder, RecordingSlot};
use super::roster::{Roster, Turn};
use super::rtp_wire::{self, RtpWire};
use super::sdp::{self, Agreement, Local};
use super::threads::MediaThreads;
use super::webrtc::{Hub, WebRtcWire};
use crate::net::{clock, random};

/// The room behind the handle.
#[derive(Debug)]
pub struct Room {
    config: MediaConfig,
    library: Library,
    hub: Arc<Hub>,
    recorder: Recorder,
    tell: Teller,
    state: Mutex<State>,
    /// A lock of its own: pacers must not wait while a port is looked for.
    roster: Mutex<Roster>,
    threads: MediaThreads,
}

#[derive(Debug)]
struct State {
    ports: PortPool,
    legs: HashMap<LegId, Arc<Leg>>,
    listeners: HashMap<LegId, AbortHandle>,
    recordings: HashMap<CallId, Recorded>,
    recorded: u64,
}

#[derive(Debug)]
struct Recorded {
    slot: RecordingSlot,
    legs: [LegId; 2],
}

impl Room {
    /// Binds, and starts the threads that carry sound, the browsers' sockets and the recording thread.
    pub fn start(
        config: MediaConfig,
        library: Library,
        events: mpsc::Sender<MediaEvent>,
    ) -> Result<Self, MediaError> {
        let threads = MediaThreads::start(config.threads)
            .map_err(|error| MediaError::Io(format!("media threads: {error}")))?;
        // Sockets belong to the runtime they are made in: the browsers' to the first thread's.
        let within = threads.runtime(0).map(Handle::enter);
        let hub = Arc::new(Hub::bind(config.webrtc_bind, &config.webrtc_advertise)?);
        // They end with their thread.
        for door in 0..hub.doors() {
            tokio::spawn(Arc::clone(&hub).listen(door));
        }
        drop(within);
        let recorder = Recorder::start(config.recordings_dir.clone(), events.clone())
            .map_err(|error| MediaError::Io(format!("recording thread: {error}")))?;
        let ports = PortPool::new(config.rtp_bind, &config.rtp_ports, random::random_u32());
        let state = State {
            ports,
            legs: HashMap::new(),
            listeners: HashMap::new(),
            recordings: HashMap::new(),
            recorded: 0,
        };
        let (tell, state) = (Teller(events), Mutex::new(state));
        let roster = Mutex::new(Roster::new(threads.count()));
        Ok(Self { config, library, hub, recorder, tell, state, roster, threads })
    }

    pub fn webrtc_port(&self) -> u16 {
        self.hub.port()
    }

    pub fn tasks(&self) -> usize {
        self.threads.tasks()
    }

    /// Paces the legs until the room is gone.
    pub fn start_pacers(self: &Arc<Self>) {
        for thread in 0..self.threads.count() {
            if let Some(runtime) = self.threads.runtime(thread) {
                runtime.spawn(pacer::run(Arc::downgrade(self), thread));
            }
        }
    }

    /// The legs of a slot of a pacer.
    pub fn turn(&self, thread: usize, slot: usize) -> Turn {
        lock(&self.roster).turn(thread, slot)
    }

    pub fn answer(
        &self,
        id: LegId,
        kind: MediaKind,
        offer: &Bytes,
    ) -> Result<Negotiated, MediaError> {
        let (leg, new) = self.leg_or_new(id, kind)?;
        let result = self.answer_on(&leg, offer);
        if result.is_err() && new {
            self.close(id);
        }
        result
    }

    fn answer_on(&self, leg: &Arc<Leg>, offer: &Bytes) -> Result<Negotiated, MediaError> {
        let now = clock::now();
        let (sdp, agreed) = match &leg.wire {
            Wire::Rtp(wire) => {
                let session = sdp::parse(offer)?;
                let (index, agreed) = sdp::agree(&session)?;
                let text = sdp::answer(&self.local(wire), &session, index, &agreed);
                (Bytes::from(text), agreed)
            }
            Wire::WebRtc(wire) => {
                let answered = wire.answer(now, offer)?;
                self.hub.register(wire.ufrag(), leg);
                answered
            }
        };
        leg.agree(now, &agreed);
        Ok(Negotiated { sdp, direction: agreed.direction })
    }

    pub fn offer(&self, id: LegId, kind: MediaKind) -> Result<Bytes, MediaError> {
        let (leg, _) = self.leg_or_new(id, kind)?;
        match &leg.wire {
            Wire::Rtp(wire) => Ok(Bytes::from(sdp::offer(&self.local(wire)))),
            Wire::WebRtc(wire) => {
                let offer = wire.offer()?;
                self.hub.register(wire.ufrag(), &leg);
                Ok(offer)
            }
        }
    }

    pub fn accept(&self, id: LegId, answer: &Bytes) -> Result<Direction, MediaError> {
        let leg = self.leg(id).ok_or(MediaError::UnknownLeg)?;
        let now = clock::now();
        let agreed: Agreement = match &leg.wire {
            Wire::Rtp(_) => sdp::agree(&sdp::parse(answer)?)?.1,
            Wire::WebRtc(wire) => wire.accept(now, answer)?,
        };
        leg.agree(now, &agreed);
        Ok(agreed.direction)
    }

    pub fn hear(&self, id: LegId, source: Source) {
        let state = lock(&self.state);
        let Some(leg) = state.legs.get(&id) else { return };
        let playing = match source {
            Source::Silence => Playing::Silence,
            Source::Ringback => endless(&self.library.ringback),
            Source::Music => endless(&self.library.music),
            Source::Prompts { ids, then_music } => {
                let list = PromptList::new(self.library.clips(&ids));
                let then = then_music.then(|| Arc::clone(&self.library.music));
                Playing::Prompts { list, then }
            }
            Source::Peer(from) => Playing::Forward { from },
            Source::Echo => Playing::Forward { from: id },
        };
        state.play(leg, playing);
    }

    pub fn connect(&self, a: LegId, b: LegId, notice: &[PromptId]) {
        let state = lock(&self.state);
        let (Some(first), Some(second)) = (state.legs.get(&a), state.legs.get(&b)) else { return };
        let notice = self.library.clips(notice);
        let hears = |from| {
            let notice = PromptList::new(notice.clone());
            if notice.is_over() {
                return Playing::Forward { from };
            }
            Playing::Mix { from, notice, speech: Speech::default() }
        };
        state.play(first, hears(b));
        state.play(second, hears(a));
    }

    pub fn start_recording(&self, order: RecordingOrder) {
        self.stop_recording(order.call);
        let mut state = lock(&self.state);
        state.recorded += 1;
        let slot = RecordingSlot::new(state.recorded);
        let legs = [order.first, order.second];
        let taps = self.recorder.begin(slot, order);
        for (leg, tap) in legs.iter().zip(taps) {
            if let Some(leg) = state.legs.get(leg) {
                leg.record(tap);
            }
        }
        state.recordings.insert(order.call, Recorded { slot, legs });
    }

    pub fn stop_recording(&self, call: CallId) {
        let mut state = lock(&self.state);
        let Some(recorded) = state.recordings.remove(&call) else { return };
        for leg in recorded.legs.iter().filter_map(|leg| state.legs.get(leg)) {
            leg.stop_recording(recorded.slot);
        }
        self.recorder.end(recorded.slot, clock::now());
    }

    pub fn recording_reported(&self, label: Label) {
        self.recorder.reported(label);
    }

    pub fn measure(&self, id: LegId, listen: Duration) {
        if let Some(leg) = self.leg(id) {
            leg.measure(clock::now() + listen);
        }
    }

    pub fn press(&self, id: LegId, code: u8) {
        if let Some(leg) = self.leg(id) {
            leg.press(code);
        }
    }

    /// Ends a leg: who heard it hears silence, its port rests.
    pub fn close(&self, id: LegId) {
        let mut state = lock(&self.state);
        let Some(leg) = state.legs.remove(&id) else { return };
        lock(&self.roster).remove(id);
        for listener in leg.listeners().iter() {
            state.play(listener, Playing::Silence);
        }
        state.play(&leg, Playing::Silence);
        if let Some(listener) = state.listeners.remove(&id) {
            listener.abort();
        }
        match &leg.wire {
            Wire::Rtp(wire) => state.ports.give_back(clock::now(), wire.port),
            Wire::WebRtc(_) => self.hub.forget(id),
        }
    }

    fn leg(&self, id: LegId) -> Option<Arc<Leg>> {
        lock(&self.state).legs.get(&id).cloned()
    }

    fn leg_or_new(&self, id: LegId, kind: MediaKind) -> Result<(Arc<Leg>, bool), MediaError> {
        let mut state = lock(&self.state);
        if let Some(leg) = state.legs.get(&id) {
            return Ok((Arc::clone(leg), false));
        }
        // The browsers' port is read in the first thread: there their legs are at home.
        let thread = if kind == MediaKind::WebRtc { 0 } else { lock(&self.roster).idlest_thread() };
        let within = self.threads.runtime(thread).map(Handle::enter);
        let wire = match kind {
            MediaKind::Rtp => {
                let pair = state.ports.take(clock::now())?;
                Wire::Rtp(Box::new(RtpWire::new(
                    pair,
                    random::random_u32(),
                    random::random_u64() >> 2,
                )?))
            }
            MediaKind::WebRtc => Wire::WebRtc(Box::new(WebRtcWire::new(&self.hub, clock::now()))),
        };
        let lost_after = self.config.media_lost_after;
        let leg = Arc::new(Leg::new(id, wire, random::random_u64(), self.tell.clone(), lost_after));
        if kind == MediaKind::Rtp {
            let task: JoinHandle<()> = tokio::spawn(rtp_wire::listen(Arc::clone(&leg)));
            state.listeners.insert(id, task.abort_handle());
        }
        drop(within);
        state.legs.insert(id, Arc::clone(&leg));
        lock(&self.roster).add(thread, &leg);
        Ok((leg, true))
    }

    fn local(&self, wire: &RtpWire) -> Local {
        Local {
            address: self.config.rtp_advertise,
            port: wire.port,
            session_id: wire.session_id,
            version: wire.next_version(),
        }
    }
}

impl State {
    /// Gives a leg a new source and keeps the lists of listeners true.
    fn play(&self, leg: &Arc<Leg>, playing: Playing) {
        let wanted = playing.from();
        if let Some(from) = wanted
            && !self.legs.contains_key(&from)
        {
            tracing::warn!(leg.id = %leg.id, "the leg to be heard is gone: silence instead");
            return self.play(leg, Playing::Silence);
        }
        let before = leg.play(playing);
        if before != wanted
            && let Some(source) = before.and_then(|from| self.legs.get(&from))
        {
            source.remove_listener(leg.id);
        }
        if let Some(source) = wanted.and_then(|from| self.legs.get(&from)) {
            source.add_listener(leg);
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let legs: Vec<LegId> = lock(&self.state).legs.keys().copied().collect();
        legs.into_iter().for_each(|leg| self.close(leg));
    }
}

fn endless(clip: &super::prompts::Clip) -> Playing {
    Playing::Loop { clip: Arc::clone(clip), position: 0 }
}
