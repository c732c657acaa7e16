//! A recording that is not complete: its file in the folder `unfinished`, whose name says of which
//! call it is, and how it becomes a WAV that can be played, whoever stopped writing it.
//!
//! The writer holds a lock on its file, so that a starting gateway takes only what nobody writes. A
//! complete file leaves a note in the same folder until the server has stored the report of it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use types::{CallId, RecordingId, Timestamp};

/// Below the recordings folder; one small folder, so that a start need not search through years.
const FOLDER: &str = "unfinished";
const SUFFIX: &str = ".wav.part";
/// A note: the same name as the part's but for this; it holds the path of the complete file.
const NOTE_SUFFIX: &str = ".ready";

/// Bytes before the first sample.
pub const HEADER_LEN: u64 = 44;
/// Two channels of 16 bits.
pub const FRAME_LEN: u64 = 4;

/// Whose sound a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    pub call: CallId,
    pub recording: RecordingId,
    pub started_at: Timestamp,
}

/// A complete file.
#[derive(Debug, PartialEq, Eq)]
pub struct Settled {
    /// Path below the recordings folder, with `/`.
    pub file: String,
    pub duration_ms: u64,
    pub bytes: u64,
}

impl Label {
    /// `<call>.<recording>.<start in microseconds>.wav.part`, or `.ready`.
    fn file_name(&self, suffix: &str) -> String {
        format!("{}.{}.{}{suffix}", self.call, self.recording, self.started_at.as_micros())
    }

    fn of_file_name(name: &str, suffix: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(suffix)?.split('.');
        let label = Self {
            call: parts.next()?.parse().ok()?,
            recording: parts.next()?.parse().ok()?,
            started_at: Timestamp::from_micros(parts.next()?.parse().ok()?),
        };
        parts.next().is_none().then_some(label)
    }

    /// `YYYY/MM/DD`, the day in local time.
    fn day(&self) -> String {
        let day = self.started_at.to_local().date();
        format!("{:04}/{:02}/{:02}", day.year(), u8::from(day.month()), day.day())
    }

    /// `YYYY/MM/DD/<call>.wav`; a second recording of a call adds its own id.
    fn place(&self, folder: &Path) -> String {
        let (day, call) = (self.day(), self.call);
        let plain = format!("{day}/{call}.wav");
        if folder.join(&plain).exists() {
            return format!("{day}/{call}-{}.wav", self.recording);
        }
        plain
    }
}

/// Opens the file of a new recording, locked, with the header of an empty one. The folder of the day
/// is made too: later the disk may be full.
pub fn create(folder: &Path, label: &Label) -> io::Result<(PathBuf, File)> {
    fs::create_dir_all(folder.join(FOLDER))?;
    fs::create_dir_all(folder.join(label.day()))?;
    let path = folder.join(FOLDER).join(label.file_name(SUFFIX));
    let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
    lock(&file)?;
    Ok((path, file))
}

/// Writes the header for so many bytes of samples, wherever the file's cursor is.
pub fn write_header(file: &File, data_len: u64) -> io::Result<()> {
    file.write_all_at(&header(data_len), 0)
}

/// Makes whatever is there a true WAV under its final name. `None` where there was no sound: the file
/// is removed.
pub fn settle(folder: &Path, path: &Path, label: &Label) -> io::Result<Option<Settled>> {
    let file = OpenOptions::new().write(true).open(path)?;
    let frames = file.metadata()?.len().saturating_sub(HEADER_LEN) / FRAME_LEN;
    if frames == 0 {
        fs::remove_file(path)?;
        return Ok(None);
    }
    let bytes = HEADER_LEN + frames * FRAME_LEN;
    file.set_len(bytes)?;
    write_header(&file, frames * FRAME_LEN)?;
    let place = label.place(folder);
    fs::create_dir_all(folder.join(label.day()))?;
    // Without a note (on a full disk) the report is lost only if this process dies in this moment.
    if let Err(error) = fs::write(note(folder, label), &place) {
        tracing::debug!(%error, "no note of a complete recording");
    }
    fs::rename(path, folder.join(&place))?;
    Ok(Some(Settled { file: place, duration_ms: frames / 8, bytes }))
}

/// The files that nobody writes any more, oldest recording first.
pub fn orphans(folder: &Path) -> Vec<(PathBuf, Label)> {
    let mut found = labelled(folder, SUFFIX);
    found.retain(|(path, _)| nobody_writes(path));
    found
}

/// Complete recordings of which no server has stored a report, oldest first.
pub fn unreported(folder: &Path) -> Vec<(Label, Settled)> {
    let complete = |path: &Path| {
        let file = fs::read_to_string(path).ok()?;
        let bytes = fs::metadata(folder.join(&file)).ok()?.len();
        let duration_ms = bytes.saturating_sub(HEADER_LEN) / FRAME_LEN / 8;
        Some(Settled { file, duration_ms, bytes })
    };
    let notes = labelled(folder, NOTE_SUFFIX).into_iter();
    notes.filter_map(|(path, label)| Some((label, complete(&path)?))).collect()
}

/// The server has stored the report: the note has done its work.
pub fn reported(folder: &Path, label: &Label) {
    let path = note(folder, label);
    if let Err(error) = fs::remove_file(&path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(%error, file = %path.display(), "a note stays: its recording is reported again");
    }
}

fn note(folder: &Path, label: &Label) -> PathBuf {
    folder.join(FOLDER).join(label.file_name(NOTE_SUFFIX))
}

/// Files of one kind, oldest recording first. Other people's files are none of ours.
fn labelled(folder: &Path, suffix: &str) -> Vec<(PathBuf, Label)> {
    let Ok(entries) = fs::read_dir(folder.join(FOLDER)) else { return Vec::new() };
    let label_of = |entry: fs::DirEntry| {
        let label = Label::of_file_name(entry.file_name().to_str()?, suffix)?;
        Some((entry.path(), label))
    };
    let mut found: Vec<_> = entries.flatten().filter_map(label_of).collect();
    found.sort_by_key(|(_, label)| label.started_at);
    found
}

fn nobody_writes(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Not every file system knows locks; there a second gateway must have a folder of its own.
fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// RIFF/WAVE, PCM, two channels, 8 kHz, 16 bits.
fn header(data_len: u64) -> [u8; HEADER_LEN as usize] {
    // A WAV cannot say more than 4 GB: 37 hours.
    let data_len = u32::try_from(data_len).unwrap_or(u32::MAX - 36);
    let mut header = [0; HEADER_LEN as usize];
    let fields: [&[u8]; 13] = [
        b"RIFF",
        &(data_len.saturating_add(36)).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16_u32.to_le_bytes(),
        &1_u16.to_le_bytes(),
        &2_u16.to_le_bytes(),
        &8_000_u32.to_le_bytes(),
        &32_000_u32.to_le_bytes(),
        &4_u16.to_le_bytes(),
        &16_u16.to_le_bytes(),
        b"data",
        &data_len.to_le_bytes(),
    ];
    let bytes = fields.into_iter().flatten();
    header.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(n: u128) -> Label {
        Label {
            call: CallId::from_u128(n),
            recording: RecordingId::from_u128(n + 100),
            started_at: Timestamp::from_micros(1_790_000_000_123_456),
        }
    }

    fn half_written(folder: &Path, label: &Label, sound: &[u8]) -> PathBuf {
        let (path, file) = create(folder, label).unwrap();
        write_header(&file, 0).unwrap();
        file.write_all_at(sound, HEADER_LEN).unwrap();
        path
    }

    #[test]
    fn a_name_says_whose_sound_it_is() {
        let label = label(1);
        let name = label.file_name(SUFFIX);
        assert_eq!(Label::of_file_name(&name, SUFFIX), Some(label));
        for other in ["x.wav.part", "a.b.c.wav.part", "", &format!("{name}x")] {
            assert_eq!(Label::of_file_name(other, SUFFIX), None, "{other}");
        }
    }

    #[test]
    fn what_was_written_is_played_whole_though_nobody_closed_it() {
        let folder = tempfile::tempdir().unwrap();
        let sound: Vec<u8> = (0..8_000_u32).flat_map(u32::to_le_bytes).collect();
        // A torn frame at the end, as a killed writer leaves it.
        let torn = [&sound[..], &[1, 2, 3]].concat();
        half_written(folder.path(), &label(1), &torn);
        let [(path, found)] = orphans(folder.path()).try_into().unwrap();
        assert_eq!(found, label(1));
        let settled = settle(folder.path(), &path, &found).unwrap().unwrap();
        assert_eq!((settled.duration_ms, settled.bytes), (1_000, 32_044));
        assert!(settled.file.ends_with(&format!("/{}.wav", found.call)), "{}", settled.file);
        let wav = test_support::read_wav(&folder.path().join(&settled.file)).unwrap();
        assert_eq!((wav.rate_hz, wav.channels.len(), wav.channels[0].len()), (8_000, 2, 8_000));
        assert_eq!((wav.channels[0][7_999], wav.channels[1][7_999]), (7_999, 0));
        assert!(orphans(folder.path()).is_empty());
        // Until a server has stored the report, the next start makes it again.
        assert_eq!(unreported(folder.path()), [(found, settled)]);
        reported(folder.path(), &found);
        assert!(unreported(folder.path()).is_empty());
    }

    #[test]
    fn a_second_recording_of_a_call_has_a_name_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let (first, mut second) = (label(1), label(1));
        second.recording = RecordingId::from_u128(7);
        let files: Vec<String> = [first, second]
            .iter()
            .map(|label| {
                let path = half_written(folder.path(), label, &[0; 400]);
                settle(folder.path(), &path, label).unwrap().unwrap().file
            })
            .collect();
        assert_ne!(files[0], files[1]);
    }

    #[test]
    fn a_file_without_sound_is_removed_and_one_that_is_written_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = half_written(folder.path(), &label(1), &[]);
        assert_eq!(settle(folder.path(), &path, &label(1)).unwrap(), None);
        assert!(!path.exists());
        let (path, writer) = create(folder.path(), &label(2)).unwrap();
        assert!(orphans(folder.path()).is_empty());
        drop(writer);
        assert_eq!(orphans(folder.path()), [(path, label(2))]);
    }
}
