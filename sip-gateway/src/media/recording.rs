//! Two-channel recordings: where a packet belongs in time (`place`), the thread that writes files
//! (`writer`), and what a file is until it is complete (`unfinished`). The path of a packet only hands over samples; a slow or full disk costs
//! recorded sound, never the call.

mod place;
mod unfinished;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use tokio::sync::mpsc;
use types::Timestamp;

use super::api::{MediaEvent, RecordingOrder};
use super::g711::{Codec, FRAME_SAMPLES};
use place::Placement;
pub use unfinished::Label;

/// Frames that may wait for the disk: about 20 s of 40 recorded calls.
const WAITING_MAX: usize = 80_000;

/// Names a running recording between the packets' path and the writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordingSlot(u64);

/// Up to 20 ms of one channel.
#[derive(Debug)]
struct Sound {
    slot: RecordingSlot,
    channel: usize,
    /// Samples since the start of the recording.
    position: u64,
    codec: Codec,
    length: u8,
    codes: [u8; FRAME_SAMPLES],
}

#[derive(Debug)]
enum Order {
    Start {
        slot: RecordingSlot,
        order: RecordingOrder,
    },
    Sound(Sound),
    /// Sound was dropped because the disk lags.
    Lagging(RecordingSlot),
    Stop {
        slot: RecordingSlot,
        ended_at: Timestamp,
    },
    /// The server has stored the report of this recording.
    Reported(Label),
}

/// The way to the writing thread; cheap to clone.
#[derive(Debug, Clone)]
pub struct Recorder {
    orders: Sender<Order>,
    waiting: Arc<AtomicUsize>,
}

impl Recorder {
    /// Starts the writing thread, which first completes what a killed gateway has left. It ends,
    /// completing its files, when the last handle is gone.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn start(folder: PathBuf, events: mpsc::Sender<MediaEvent>) -> std::io::Result<Self> {
        let (orders, receiver) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&waiting);
        std::thread::Builder::new()
            .name("recordings".to_owned())
            .spawn(move || writer::run(&folder, &receiver, &counter, &events))?;
        Ok(Self { orders, waiting })
    }

    /// Begins a recording; the two taps belong to its first and second leg.
    pub fn begin(&self, slot: RecordingSlot, order: RecordingOrder) -> [Tap; 2] {
        self.send(Order::Start { slot, order });
        [0, 1].map(|channel| Tap {
            recorder: self.clone(),
            slot,
            channel,
            started_at: order.started_at,
            placement: Placement::default(),
            lagging: false,
        })
    }

    pub fn end(&self, slot: RecordingSlot, ended_at: Timestamp) {
        self.send(Order::Stop { slot, ended_at });
    }

    /// The server has stored the report of a complete recording.
    pub fn reported(&self, label: Label) {
        self.send(Order::Reported(label));
    }

    fn send(&self, order: Order) {
        // The thread lives as long as this sender; a send can only fail while the process ends.
        let _ = self.orders.send(order);
    }
}

impl RecordingSlot {
    pub const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// What a recorded leg holds: it turns packets into placed sound.
#[derive(Debug)]
pub struct Tap {
    recorder: Recorder,
    slot: RecordingSlot,
    channel: usize,
    started_at: Timestamp,
    placement: Placement,
    lagging: bool,
}

impl Tap {
    pub fn slot(&self) -> RecordingSlot {
        self.slot
    }

    /// Takes what the leg said in one packet.
    pub fn add(&mut self, now: Timestamp, ssrc: u32, timestamp: u32, codec: Codec, payload: &[u8]) {
        let arrival = samples(self.started_at, now);
        let mut position = self.placement.place(arrival, ssrc, timestamp, payload.len() as u64);
        for part in payload.chunks(FRAME_SAMPLES) {
            let mut codes = [0; FRAME_SAMPLES];
            codes[..part.len()].copy_from_slice(part);
            let length = part.len() as u8;
            let (slot, channel) = (self.slot, self.channel);
            self.hand_over(Sound { slot, channel, position, codec, length, codes });
            position += part.len() as u64;
        }
    }

    fn hand_over(&mut self, sound: Sound) {
        if self.recorder.waiting.load(Ordering::Relaxed) >= WAITING_MAX {
            metrics::counter!("gateway_recording_frames_dropped_total").increment(1);
            if !std::mem::replace(&mut self.lagging, true) {
                self.recorder.send(Order::Lagging(self.slot));
            }
            return;
        }
        self.recorder.waiting.fetch_add(1, Ordering::Relaxed);
        self.recorder.send(Order::Sound(sound));
    }
}

/// Samples at 8 kHz from `start` to `now`.
fn samples(start: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.since(start).as_micros() / 125).unwrap_or(u64::MAX)
}
