//! The thread that writes recordings: WAV, 8 kHz, 16 bit, two channels. A file has a temporary name
//! until it is complete, and its header is kept true every two seconds of sound.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use gateway_protocol::RecordingFault;
use tokio::sync::mpsc;
use types::Timestamp;

use super::super::api::{MediaEvent, RecordingOrder};
use super::unfinished::{self, FRAME_LEN, HEADER_LEN, Label, Settled};
use super::{Order, RecordingSlot, Sound, samples};

/// Sound waits so long for late packets before it is written: 500 ms.
const WINDOW_FRAMES: u64 = 4_000;

/// Sound gathers for so long: a thread that is woken for each packet costs more than the packet's relay.
const GATHER: Duration = Duration::from_millis(50);

/// Frames of one write, when a long silence is written.
const WRITE_FRAMES_MAX: u64 = 8_000;

/// The header is renewed after so much sound.
const FLUSH_FRAMES: u64 = 16_000;

/// A packet further ahead of the written sound than this is dropped (an hour: no such silence
/// passes without the other channel).
const AHEAD_FRAMES_MAX: u64 = 8_000 * 3_600;

/// Completes what a killed gateway has left; then runs until the last sender is gone, and completes
/// what is open.
pub(super) fn run(
    folder: &Path,
    orders: &Receiver<Order>,
    waiting: &AtomicUsize,
    events: &mpsc::Sender<MediaEvent>,
) {
    adopt(folder, events);
    let mut open: HashMap<RecordingSlot, Take> = HashMap::new();
    while let Ok(first) = orders.recv() {
        for order in std::iter::once(first).chain(orders.try_iter()) {
            carry_out(order, folder, &mut open, waiting, events);
        }
        // What is told when no recording runs (that a report is stored) must not wait: the gateway may be leaving.
        if !open.is_empty() {
            std::thread::sleep(GATHER);
        }
    }
    for take in open.into_values() {
        take.complete(None, events);
    }
}

fn carry_out(
    order: Order,
    folder: &Path,
    open: &mut HashMap<RecordingSlot, Take>,
    waiting: &AtomicUsize,
    events: &mpsc::Sender<MediaEvent>,
) {
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
                let cause = "the disk lags: sound has been dropped";
                take.tell_failure(events, RecordingFault::DiskSlow, cause);
            }
        }
        Order::Stop { slot, ended_at } => {
            if let Some(take) = open.remove(&slot) {
                take.complete(Some(ended_at), events);
            }
        }
        Order::Reported(label) => unfinished::reported(folder, &label),
    }
}

/// Recordings whose writer died with its process: what it had written becomes their recording. Those
/// that were complete, but perhaps not reported, are reported again: the server knows them by id.
fn adopt(folder: &Path, events: &mpsc::Sender<MediaEvent>) {
    for (label, settled) in unfinished::unreported(folder) {
        let _ = events.blocking_send(ready(&label, settled));
    }
    for (path, label) in unfinished::orphans(folder) {
        match unfinished::settle(folder, &path, &label) {
            Ok(Some(settled)) => {
                metrics::counter!("gateway_recordings_adopted_total").increment(1);
                tracing::warn!(
                    call.id = %label.call,
                    file = %settled.file,
                    duration_ms = settled.duration_ms,
                    "a recording that was cut off is complete"
                );
                let _ = events.blocking_send(ready(&label, settled));
            }
            Ok(None) => {
                tracing::warn!(call.id = %label.call, "a recording was cut off before its first sound");
            }
            Err(error) => {
                metrics::counter!("gateway_recording_failures_total").increment(1);
                let file = path.display();
                tracing::error!(%error, %file, "a recording that was cut off stays unfinished");
            }
        }
    }
}

fn ready(label: &Label, settled: Settled) -> MediaEvent {
    MediaEvent::RecordingReady {
        call: label.call,
        recording: label.recording,
        file: settled.file,
        started_at: label.started_at,
        duration_ms: settled.duration_ms,
        bytes: settled.bytes,
    }
}

/// One recording in the making.
struct Take {
    label: Label,
    folder: PathBuf,
    /// `None` where it never began, or was completed because the disk refused.
    draft: Option<Draft>,
    /// Frames handed to the draft.
    written: u64,
    flushed: u64,
    /// Frames after the written ones, still open to late packets.
    window: VecDeque<[i16; 2]>,
}

struct Draft {
    path: PathBuf,
    writer: BufWriter<File>,
}

impl Draft {
    fn begin(folder: &Path, label: &Label) -> io::Result<Self> {
        let (path, mut file) = unfinished::create(folder, label)?;
        let started = unfinished::write_header(&file, 0)
            .and_then(|()| file.seek(SeekFrom::Start(HEADER_LEN)).map(|_| ()));
        if let Err(error) = started {
            // Nothing of it is worth keeping.
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        Ok(Self { path, writer: BufWriter::new(file) })
    }

    fn write(&mut self, frames: impl Iterator<Item = [i16; 2]>) -> io::Result<()> {
        let bytes: Vec<u8> = frames.flatten().flat_map(i16::to_le_bytes).collect();
        self.writer.write_all(&bytes)
    }

    /// Brings everything to the file and makes its header true.
    fn flush(&mut self, frames: u64) -> io::Result<()> {
        self.writer.flush()?;
        unfinished::write_header(self.writer.get_ref(), frames * FRAME_LEN)
    }
}

impl Take {
    fn start(folder: &Path, order: RecordingOrder, events: &mpsc::Sender<MediaEvent>) -> Self {
        let RecordingOrder { call, recording, started_at, .. } = order;
        let mut take = Self {
            label: Label { call, recording, started_at },
            folder: folder.to_owned(),
            draft: None,
            written: 0,
            flushed: 0,
            window: VecDeque::new(),
        };
        match Draft::begin(folder, &take.label) {
            Ok(draft) => take.draft = Some(draft),
            Err(error) => take.tell_failure(events, fault_of(&error), &error.to_string()),
        }
        take
    }

    fn add(&mut self, sound: &Sound, events: &mpsc::Sender<MediaEvent>) {
        let codes = sound.codes.get(..usize::from(sound.length)).unwrap_or_default();
        let end = sound.position.saturating_add(codes.len() as u64);
        if self.draft.is_none() || end > self.written + AHEAD_FRAMES_MAX {
            return;
        }
        self.advance(end.saturating_sub(WINDOW_FRAMES), events);
        if self.draft.is_none() {
            return;
        }
        // What comes too late for its place has been written as silence.
        let late =
            usize::try_from(self.written.saturating_sub(sound.position)).unwrap_or(usize::MAX);
        let codes = codes.get(late..).unwrap_or_default();
        let first = sound.position.max(self.written) - self.written;
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let until = first.saturating_add(codes.len());
        if until > self.window.len() {
            self.window.resize(until, [0, 0]);
        }
        for (frame, code) in self.window.range_mut(first..until).zip(codes) {
            if let Some(sample) = frame.get_mut(sound.channel) {
                *sample = sound.codec.decode(*code);
            }
        }
    }

    /// Writes everything before `until`; what nobody said is silence.
    fn advance(&mut self, until: u64, events: &mpsc::Sender<MediaEvent>) {
        let Some(draft) = &mut self.draft else { return };
        let mut result = Ok(());
        while self.written < until && result.is_ok() {
            let count = (until - self.written).min(WRITE_FRAMES_MAX);
            let mut said = std::iter::repeat_with(|| self.window.pop_front().unwrap_or([0, 0]));
            result = draft.write(said.by_ref().take(usize::try_from(count).unwrap_or(0)));
            self.written += count;
        }
        if result.is_ok() && self.written >= self.flushed + FLUSH_FRAMES {
            self.flushed = self.written;
            result = draft.flush(self.written);
        }
        if let Err(error) = result {
            self.cut(&error, events);
        }
    }

    /// The disk takes no more: what it took becomes the recording, the call goes on without one.
    fn cut(&mut self, error: &io::Error, events: &mpsc::Sender<MediaEvent>) {
        self.tell_failure(events, fault_of(error), &error.to_string());
        self.window.clear();
        if let Some(draft) = self.draft.take() {
            // Not even tried again: the disk has refused it.
            let (file, _refused) = draft.writer.into_parts();
            drop(file);
            self.settle(&draft.path, events);
        }
    }

    fn complete(mut self, ended_at: Option<Timestamp>, events: &mpsc::Sender<MediaEvent>) {
        let heard = self.written + self.window.len() as u64;
        let end = ended_at.map_or(heard, |ended_at| samples(self.label.started_at, ended_at));
        self.advance(end, events);
        if let Some(mut draft) = self.draft.take() {
            if let Err(error) = draft.writer.flush() {
                self.tell_failure(events, fault_of(&error), &error.to_string());
            }
            let (file, _refused) = draft.writer.into_parts();
            drop(file);
            self.settle(&draft.path, events);
        }
        let recording = self.label.recording;
        let _ = events.blocking_send(MediaEvent::RecordingOver { recording });
    }

    fn settle(&self, path: &Path, events: &mpsc::Sender<MediaEvent>) {
        match unfinished::settle(&self.folder, path, &self.label) {
            // This thread may wait for the listener; nobody else does for it.
            Ok(Some(settled)) => drop(events.blocking_send(ready(&self.label, settled))),
            Ok(None) => tracing::info!(call.id = %self.label.call, "a recording without sound"),
            // The next start tries again.
            Err(error) => self.tell_failure(events, fault_of(&error), &error.to_string()),
        }
    }

    fn tell_failure(&self, events: &mpsc::Sender<MediaEvent>, fault: RecordingFault, cause: &str) {
        let Label { call, recording, .. } = self.label;
        metrics::counter!("gateway_recording_failures_total").increment(1);
        tracing::error!(call.id = %call, recording.id = %recording, cause, "recording damaged");
        let _ = events.blocking_send(MediaEvent::RecordingFailed { call, recording, fault });
    }
}

fn fault_of(error: &io::Error) -> RecordingFault {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => RecordingFault::DiskFull,
        _ => RecordingFault::DiskFailed,
    }
}
