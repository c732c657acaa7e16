//! The thread that writes recordings: WAV, 8 kHz, 16 bit, two channels. A file has a temporary name
//! until it is complete, and its header is kept true every two seconds of sound.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;

use hound::{SampleFormat, WavSpec, WavWriter};
use tokio::sync::mpsc;
use types::Timestamp;

use super::super::api::{MediaEvent, RecordingOrder};
use super::{Order, RecordingSlot, Sound, samples};

const SPEC: WavSpec = WavSpec {
    channels: 2,
    sample_rate: 8_000,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

/// Sound waits so long for late packets before it is written: 500 ms.
const WINDOW_FRAMES: u64 = 4_000;

/// The header is renewed after so much sound.
const FLUSH_FRAMES: u64 = 16_000;

/// A packet further ahead of the written sound than this is dropped (an hour: no such silence
/// passes without the other channel).
const AHEAD_FRAMES_MAX: u64 = 8_000 * 3_600;

/// Runs until the last sender is gone, then completes what is open.
pub(super) fn run(
    folder: &Path,
    orders: &Receiver<Order>,
    waiting: &AtomicUsize,
    events: &mpsc::Sender<MediaEvent>,
) {
    let mut open: HashMap<RecordingSlot, Take> = HashMap::new();
    while let Ok(order) = orders.recv() {
        match order {
            Order::Start { slot, order } => {
                let take = Take::start(folder, order, events);
                open.insert(slot, take);
            }
            Order::Sound(sound) => {
                waiting.fetch_sub(1, Ordering::Relaxed);
                if let Some(take) = open.get_mut(&sound.slot) {
                    take.add(&sound, events);
                }
            }
            Order::Lagging(slot) => {
                if let Some(take) = open.get(&slot) {
                    take.tell_failure(events, "the disk lags: sound has been dropped");
                }
            }
            Order::Stop { slot, ended_at } => {
                if let Some(take) = open.remove(&slot) {
                    take.complete(Some(ended_at), events);
                }
            }
        }
    }
    for take in open.into_values() {
        take.complete(None, events);
    }
}

/// One recording in the making.
struct Take {
    order: RecordingOrder,
    temporary: PathBuf,
    folder: PathBuf,
    file: String,
    writer: Option<WavWriter<BufWriter<File>>>,
    /// Frames on disk.
    written: u64,
    flushed: u64,
    /// Frames after the written ones, still open to late packets.
    window: VecDeque<[i16; 2]>,
}

impl Take {
    fn start(folder: &Path, order: RecordingOrder, events: &mpsc::Sender<MediaEvent>) -> Self {
        let file = name(folder, &order);
        let temporary = folder.join(format!("{file}.part"));
        let writer = create(&temporary);
        let folder = folder.to_owned();
        let mut take = Self {
            order,
            temporary,
            folder,
            file,
            writer: None,
            written: 0,
            flushed: 0,
            window: VecDeque::new(),
        };
        match writer {
            Ok(writer) => take.writer = Some(writer),
            Err(error) => take.tell_failure(events, &error.to_string()),
        }
        take
    }

    fn add(&mut self, sound: &Sound, events: &mpsc::Sender<MediaEvent>) {
        let codes = sound.codes.get(..usize::from(sound.length)).unwrap_or_default();
        let end = sound.position.saturating_add(codes.len() as u64);
        if self.writer.is_none() || end > self.written + AHEAD_FRAMES_MAX {
            return;
        }
        self.advance(end.saturating_sub(WINDOW_FRAMES), events);
        for (position, code) in (sound.position..).zip(codes) {
            let Some(index) = position.checked_sub(self.written) else { continue };
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            if index >= self.window.len() {
                self.window.resize(index + 1, [0, 0]);
            }
            if let Some(slot) = self.window.get_mut(index).and_then(|f| f.get_mut(sound.channel)) {
                *slot = sound.codec.decode(*code);
            }
        }
    }

    /// Writes everything before `until`; what nobody said is silence.
    fn advance(&mut self, until: u64, events: &mpsc::Sender<MediaEvent>) {
        let Some(writer) = &mut self.writer else { return };
        let mut result = Ok(());
        while self.written < until && result.is_ok() {
            let [first, second] = self.window.pop_front().unwrap_or([0, 0]);
            result = writer.write_sample(first).and_then(|()| writer.write_sample(second));
            self.written += 1;
        }
        if result.is_ok() && self.written >= self.flushed + FLUSH_FRAMES {
            self.flushed = self.written;
            result = writer.flush();
        }
        if let Err(error) = result {
            self.writer = None;
            self.tell_failure(events, &error.to_string());
        }
    }

    fn complete(mut self, ended_at: Option<Timestamp>, events: &mpsc::Sender<MediaEvent>) {
        let heard = self.written + self.window.len() as u64;
        let end = ended_at.map_or(heard, |ended_at| samples(self.order.started_at, ended_at));
        self.advance(end, events);
        let Some(writer) = self.writer.take() else {
            // What a full disk still took stays under its temporary name for an operator.
            return;
        };
        match self.store(writer) {
            Ok(bytes) => {
                let ready = MediaEvent::RecordingReady {
                    call: self.order.call,
                    recording: self.order.recording,
                    file: self.file,
                    started_at: self.order.started_at,
                    duration_ms: self.written / 8,
                    bytes,
                };
                // This thread may wait for the listener; nobody else does for it.
                let _ = events.blocking_send(ready);
            }
            Err(error) => self.tell_failure(events, &error.to_string()),
        }
    }

    fn store(&self, writer: WavWriter<BufWriter<File>>) -> Result<u64, hound::Error> {
        writer.finalize()?;
        let path = self.folder.join(&self.file);
        fs::rename(&self.temporary, &path)?;
        Ok(fs::metadata(&path)?.len())
    }

    fn tell_failure(&self, events: &mpsc::Sender<MediaEvent>, cause: &str) {
        metrics::counter!("gateway_recording_failures_total").increment(1);
        tracing::error!(call.id = %self.order.call, file = %self.file, cause, "recording damaged");
        let _ = events.blocking_send(MediaEvent::RecordingFailed {
            call: self.order.call,
            recording: self.order.recording,
            cause: cause.to_owned(),
        });
    }
}

/// `YYYY/MM/DD/<call>.wav`, the day in local time; a second recording of a call adds its own id.
fn name(folder: &Path, order: &RecordingOrder) -> String {
    let day = order.started_at.to_local().date();
    let (year, month, date) = (day.year(), u8::from(day.month()), day.day());
    let plain = format!("{year:04}/{month:02}/{date:02}/{}.wav", order.call);
    if folder.join(&plain).exists() || folder.join(format!("{plain}.part")).exists() {
        return plain.replace(".wav", &format!("-{}.wav", order.recording));
    }
    plain
}

fn create(path: &Path) -> Result<WavWriter<BufWriter<File>>, hound::Error> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    WavWriter::create(path, SPEC)
}
