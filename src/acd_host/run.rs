//! The one task that owns the distributor.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use acd::{Acd, Config, Effect, GatewayFact, Input, RequestId};
use gateway_protocol::{DeviceKind, Event, NumberedEvent, Snapshot};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use types::{AgentId, CentreId, GatewayId, Timestamp};

use super::callers::KnownCallers;
use super::day::day_of;
use super::devices::Devices;
use super::floor::{Floor, FloorChange};
use super::floor_check::check_later;
use super::journal::{
    Carrier, Content, EntryNumber, EventSource, FORMAT, JournalEntry, JournalId, JournalWriter,
    Opening, WriterStatus,
};
use super::translate::{Guide, NumberRoutes, command_of, input_of, snapshot_of};
use super::watchdog::Heartbeat;
use super::{Answered, HostMessage};
use crate::clock::{SteadyClock, Stopwatch};
use crate::gateway_link::GatewayLinks;

/// Most messages of one turn: effects of the first wait for no more than these.
const BATCH_LEN_MAX: usize = 128;
/// The floor's copy is renewed at most this often.
const FLOOR_INTERVAL: Duration = Duration::from_millis(50);
/// The task turns at least this often, so that its heartbeat says it lives (R02).
const IDLE_MAX: Duration = Duration::from_millis(500);

/// Everything the task owns.
pub(super) struct Host {
    pub(super) centre: CentreId,
    pub(super) clock: SteadyClock,
    pub(super) routes: NumberRoutes,
    pub(super) known_callers: KnownCallers,
    pub(super) desk_phone_came: Option<mpsc::UnboundedSender<AgentId>>,
    pub(super) core: Acd,
    /// What the core was told last, as copies of the floor show it.
    pub(super) config: Arc<Config>,
    /// The journal's files, from which the core is taken up again after a fault in it.
    pub(super) folder: std::path::PathBuf,
    pub(super) journal_id: JournalId,
    pub(super) journal: JournalWriter,
    pub(super) rotate_entries: u64,
    pub(super) entries_in_file: u64,
    pub(super) last: EntryNumber,
    pub(super) gateways: BTreeMap<GatewayId, EventSource>,
    pub(super) links: GatewayLinks,
    pub(super) next_request: u64,
    pub(super) waiting: HashMap<(AgentId, RequestId), oneshot::Sender<Answered>>,
    /// Gateway events whose entry is not known to be on the disk.
    pub(super) unacknowledged: VecDeque<(EntryNumber, EventSource)>,
    /// Shared with copies of the floor; copied when it changes while one of them lives.
    pub(super) devices: Arc<Devices>,
    pub(super) floor: watch::Sender<Arc<Floor>>,
    pub(super) changes: broadcast::Sender<Arc<FloorChange>>,
    pub(super) heartbeat: Arc<Heartbeat>,
}

impl Host {
    /// Turns until `stop`; gives back what the next owner of the centre on this node needs.
    pub(super) async fn run(
        mut self,
        mut inbox: mpsc::Receiver<HostMessage>,
        stop: CancellationToken,
    ) -> (mpsc::Receiver<HostMessage>, JournalWriter) {
        self.heartbeat.runs();
        self.publish_floor();
        let mut synced = self.journal.status();
        let mut batch = Vec::with_capacity(BATCH_LEN_MAX);
        let mut floor_due = false;
        let (mut checked, mut check) = (self.last, tokio::spawn(async {}));
        let mut floor_timer = tokio::time::interval(FLOOR_INTERVAL);
        floor_timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let idle = self.sleep_until_deadline();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                count = inbox.recv_many(&mut batch, BATCH_LEN_MAX) => {
                    if count == 0 { break; }
                }
                changed = synced.changed() => {
                    if changed.is_ok() {
                        let status = *synced.borrow_and_update();
                        self.acknowledge(status);
                    }
                }
                _ = floor_timer.tick(), if floor_due => {
                    self.publish_floor();
                    floor_due = false;
                }
                () = tokio::time::sleep(idle) => {}
            }
            self.heartbeat.begins();
            let turned = Stopwatch::start();
            let before = self.last;
            self.begin_day_if_due();
            for message in batch.drain(..) {
                self.take(message);
            }
            self.tick_if_due();
            if self.last != before {
                floor_due = true;
                metrics::histogram!("hotline_acd_turn_seconds")
                    .record(turned.elapsed().as_secs_f64());
            }
            self.heartbeat.beat();
            if self.last != checked && check.is_finished() {
                checked = self.last;
                check = check_later(self.core.clone());
            }
        }
        self.publish_floor();
        self.heartbeat.ended();
        tracing::info!(last = self.last.0, "the distributor's host has stopped");
        self.journal.flush();
        (inbox, self.journal)
    }

    /// How long nothing is due; at most [`IDLE_MAX`].
    fn sleep_until_deadline(&self) -> Duration {
        let now = self.now();
        self.core.next_deadline().map_or(IDLE_MAX, |due| due.since(now).min(IDLE_MAX))
    }

    /// The clock, which for the distributor never runs backwards.
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn take(&mut self, message: HostMessage) {
        match message {
            HostMessage::Event { source, event } => self.take_event(source, event),
            HostMessage::Snapshot { gateway, snapshot } => self.take_snapshot(&gateway, *snapshot),
            HostMessage::GatewayLost { gateway } => {
                self.turn(Input::GatewayLost { gateway }, None, None);
            }
            HostMessage::Agent { agent, command, answer } => {
                self.next_request += 1;
                let request = RequestId(self.next_request);
                self.waiting.insert((agent, request), answer);
                self.turn(Input::Agent { agent, request, command }, None, None);
                // Every command is answered within its turn; what is left was not digested.
                self.waiting.remove(&(agent, request));
            }
            HostMessage::Configure { mut config } => {
                // Leg ids carry the owner's number: who changes settings does not change the owner.
                config.epoch = self.core.config().epoch;
                self.turn(Input::Configure { config }, None, None);
            }
            HostMessage::ScreeningList { numbers } => {
                self.turn(Input::ScreeningList { numbers }, None, None);
            }
            HostMessage::Announce { call, announcement } => {
                self.turn(Input::Announce { call, announcement }, None, None);
            }
        }
    }

    fn take_snapshot(&mut self, gateway: &GatewayId, mut snapshot: Snapshot) {
        let mut came = Vec::new();
        if self.desk_phone_came.is_some() {
            for device in snapshot.devices.iter_mut().filter(|it| it.kind == DeviceKind::DeskPhone)
            {
                device.proved_at = device.proved_at.or(Some(device.registered_at));
                came.push(device.agent);
            }
        }
        Arc::make_mut(&mut self.devices).replace(gateway, &snapshot);
        let input = snapshot_of(gateway, &snapshot, &self.guide());
        self.turn(input, None, None);
        for agent in came {
            self.desk_phone_has_come(agent);
        }
    }

    /// A desk phone that needs no headset check is proved by registering.
    fn prove_desk_phone(&mut self, gateway: &GatewayId, event: &NumberedEvent) {
        let Event::DeviceRegistered { agent, device, kind: DeviceKind::DeskPhone } = event.event
        else {
            return;
        };
        if self.desk_phone_came.is_none() {
            return;
        }
        let at = event.at;
        Arc::make_mut(&mut self.devices).proved(agent, device, at);
        let fact = GatewayFact::DeviceProved { agent, device, outcome: acd::ProofOutcome::Proved };
        self.turn(Input::Gateway { gateway: gateway.clone(), at, fact }, None, None);
        self.desk_phone_has_come(agent);
    }

    fn desk_phone_has_come(&self, agent: AgentId) {
        if let Some(came) = &self.desk_phone_came {
            // The listener ends with the server.
            let _ = came.send(agent);
        }
    }

    fn take_event(&mut self, source: EventSource, event: NumberedEvent) {
        if Devices::concerns(&event.event) {
            Arc::make_mut(&mut self.devices).note(&source.gateway, &event.event, event.at);
        }
        let carrier = carrier_of(&event.event);
        if carrier.is_some() {
            metrics::counter!("hotline_arrivals_total").increment(1);
        }
        match input_of(&source.gateway, &event, &self.guide()) {
            Some(input) => {
                let gateway = source.gateway.clone();
                self.turn(input, Some(source), carrier);
                self.prove_desk_phone(&gateway, &event);
            }
            None => {
                self.clock.take();
                self.keep(Some(source), Content::Noted { event: event.event });
            }
        }
    }

    const fn guide(&self) -> Guide<'_> {
        Guide { routes: &self.routes, callers: &self.known_callers }
    }

    /// Midnight is past, or passed while nobody owned the centre.
    pub(super) fn begin_day_if_due(&mut self) {
        let day = day_of(self.now());
        if day > self.core.day() {
            self.turn(Input::NewDay { day }, None, None);
        }
    }

    fn tick_if_due(&mut self) {
        let now = self.now();
        if self.core.next_deadline().is_some_and(|due| due <= now) {
            self.turn(Input::Tick, None, None);
        }
    }

    /// One input to the core: effects out, the entry to the journal.
    pub(super) fn turn(
        &mut self,
        input: Input,
        source: Option<EventSource>,
        carrier: Option<Carrier>,
    ) {
        let at = self.clock.take();
        let watch = Stopwatch::start();
        let core = &mut self.core;
        // The core's rules hold or it repairs itself; should it ever panic, one input is given up,
        // not the hotline.
        let handled = catch_unwind(AssertUnwindSafe(|| core.handle(at, input.clone())));
        metrics::histogram!("hotline_acd_decision_seconds").record(watch.elapsed().as_secs_f64());
        match handled {
            Ok(effects) => {
                for effect in &effects {
                    self.carry_out(effect);
                }
                self.keep(source, Content::Turn { input, effects, carrier });
            }
            Err(panic) => self.reject(input, source, &panic_text(panic.as_ref())),
        }
    }

    fn carry_out(&mut self, effect: &Effect) {
        match effect {
            Effect::Order { gateway, order } => {
                self.links.send(gateway, command_of(order.clone()));
            }
            Effect::Answer { agent, request, result } => {
                if let Some(answer) = self.waiting.remove(&(*agent, *request)) {
                    // The page may have gone meanwhile.
                    let _ = answer.send((*result, self.last.next()));
                }
            }
            Effect::Record { .. } => {}
            Effect::InvariantBroken { broken } => {
                tracing::error!(
                    ?broken,
                    "the distributor has repaired itself: keep the journal file for a report"
                );
                metrics::counter!("hotline_acd_repairs_total").increment(1);
            }
        }
    }

    /// Numbers an entry, tells the pages, hands it to the journal.
    fn keep(&mut self, source: Option<EventSource>, content: Content) {
        self.last = self.last.next();
        if let Some(source) = &source {
            self.gateways.insert(source.gateway.clone(), source.clone());
            self.unacknowledged.push_back((self.last, source.clone()));
        }
        let entry = JournalEntry { number: self.last, at: self.clock.last(), source, content };
        if let Some(change) = FloorChange::of(&entry) {
            // Nobody listens while the server starts.
            let _ = self.changes.send(Arc::new(change));
        }
        self.journal.append(entry);
        self.entries_in_file += 1;
        if self.entries_in_file >= self.rotate_entries {
            self.begin_file();
        }
    }

    /// Goes on in a new file, which begins with the core as it is now.
    pub(super) fn begin_file(&mut self) {
        self.entries_in_file = 0;
        self.journal.begin(Opening {
            format: FORMAT,
            journal: self.journal_id,
            centre: self.centre.clone(),
            after: self.last,
            at: self.clock.last(),
            gateways: self.gateways.values().cloned().collect(),
            core: self.core.clone(),
        });
    }

    /// The core has panicked over `input`: takes it up again from the journal, without the input.
    fn reject(&mut self, input: Input, source: Option<EventSource>, fault: &str) {
        tracing::error!(
            fault,
            "the distributor could not digest an input and is taken up from its journal"
        );
        metrics::counter!("hotline_acd_rejected_inputs_total").increment(1);
        self.journal.flush();
        // A disk that refuses has taken its time: that was no standstill.
        self.heartbeat.beat();
        self.heartbeat.begins();
        match super::journal::recover(&self.folder, &self.centre) {
            Ok(Some(recovered)) if recovered.last == self.last => self.core = recovered.core,
            Ok(_) => {
                tracing::error!("the journal ends elsewhere: the distributor goes on as it is");
            }
            Err(error) => {
                tracing::error!(%error, "the journal cannot be read: the distributor goes on as it is");
            }
        }
        self.keep(source, Content::Rejected { input, fault: fault.to_owned() });
    }

    fn acknowledge(&mut self, status: WriterStatus) {
        while let Some((number, source)) = self.unacknowledged.front() {
            if *number > status.synced {
                break;
            }
            self.links.stored(source);
            self.unacknowledged.pop_front();
        }
        metrics::gauge!("hotline_journal_unsynced_entries")
            .set(self.last.0.saturating_sub(status.synced.0) as f64);
    }

    fn publish_floor(&mut self) {
        if *self.config != *self.core.config() {
            self.config = Arc::new(self.core.config().clone());
        }
        let (config, devices) = (Arc::clone(&self.config), Arc::clone(&self.devices));
        let floor = Floor::new(self.last, self.core.show(), config, devices);
        self.heartbeat.set_waiting(floor.view.waiting.len());
        self.floor.send_replace(Arc::new(floor));
    }
}

fn carrier_of(event: &Event) -> Option<Carrier> {
    match event {
        Event::CallArrived { trunk, sip_call_id, .. } => {
            Some(Carrier { trunk: trunk.clone(), sip_call_id: sip_call_id.clone() })
        }
        _ => None,
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "panic without a message".to_owned())
}
