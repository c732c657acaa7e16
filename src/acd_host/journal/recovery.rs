//! What a start finds in the journal folder: the distributor as it was, and where to go on.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::Path;

use acd::Acd;
use types::{CentreId, GatewayId, Timestamp};

use super::line::LineError;
use super::reader::FileLines;
use super::{
    Content, EntryNumber, EventSource, FORMAT, JournalEntry, JournalId, Line, Opening, ReadError,
    list_files,
};

/// Why a journal cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the journal folder cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error(
        "the journal belongs to the centre {found}, this node serves {expected}: give each centre a folder of its own"
    )]
    OtherCentre { expected: CentreId, found: CentreId },
    #[error("the journal was written by a newer release (format {0}): start that release")]
    NewerFormat(u32),
}

/// The journal as a crash or a stop left it.
#[derive(Debug)]
pub struct Recovered {
    pub journal: JournalId,
    /// The distributor after the last whole entry.
    pub core: Acd,
    pub last: EntryNumber,
    /// The `now` of the last entry: time never runs backwards for the distributor.
    pub at: Timestamp,
    pub gateways: BTreeMap<GatewayId, EventSource>,
    /// Entries whose orders came out otherwise than they were recorded: a changed release.
    pub differences: u64,
    /// Bytes of a torn tail that have been cut off.
    pub torn_bytes: u64,
}

/// Reads the newest file and replays it. `None` for an empty folder.
///
/// # Errors
/// [`RecoveryError`]. A torn tail is no error: it is cut off.
pub fn recover(folder: &Path, centre: &CentreId) -> Result<Option<Recovered>, RecoveryError> {
    for (_, path) in list_files(folder)?.into_iter().rev() {
        let mut file = FileLines::open(&path)?;
        match file.opening() {
            Ok(opening) => {
                check_opening(&opening, centre)?;
                return Ok(Some(replay(file, opening, &path)?));
            }
            // A crash while the file was begun: nothing of it has been acknowledged, and the file
            // before it holds everything. An opening is synced before the first entry follows.
            Err(
                ReadError::NoOpening { .. } | ReadError::Line { error: LineError::Damaged, .. },
            ) => {
                tracing::warn!(path = %path.display(), "journal file without a beginning set aside");
                std::fs::remove_file(&path)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

fn check_opening(opening: &Opening, centre: &CentreId) -> Result<(), RecoveryError> {
    if opening.format > FORMAT {
        return Err(RecoveryError::NewerFormat(opening.format));
    }
    if opening.centre != *centre {
        return Err(RecoveryError::OtherCentre {
            expected: centre.clone(),
            found: opening.centre.clone(),
        });
    }
    Ok(())
}

fn replay(mut file: FileLines, opening: Opening, path: &Path) -> Result<Recovered, RecoveryError> {
    let gateways = opening.gateways.into_iter().map(|source| (source.gateway.clone(), source));
    let mut recovered = Recovered {
        journal: opening.journal,
        core: opening.core,
        last: opening.after,
        at: opening.at,
        gateways: gateways.collect(),
        differences: 0,
        torn_bytes: 0,
    };
    loop {
        match file.next() {
            Ok(Some(Line::Entry(entry))) => recovered.take(*entry, path)?,
            Ok(Some(Line::Opening(_))) => {}
            Ok(None) => return Ok(recovered),
            Err(ReadError::Line { error: LineError::Damaged, offset, .. }) => {
                recovered.torn_bytes = cut(path, offset)?;
                return Ok(recovered);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

impl Recovered {
    fn take(&mut self, entry: JournalEntry, path: &Path) -> Result<(), ReadError> {
        if entry.number != self.last.next() {
            return Err(ReadError::Order {
                path: path.to_owned(),
                expected: self.last.next(),
                found: entry.number,
            });
        }
        self.last = entry.number;
        self.at = entry.at;
        if let Content::Turn { input, effects, .. } = entry.content {
            self.differences += u64::from(self.core.handle(entry.at, input) != effects);
        }
        if let Some(source) = entry.source {
            self.gateways.insert(source.gateway.clone(), source);
        }
        Ok(())
    }
}

/// Cuts the file at `offset`; returns how many bytes went. They are kept beside it: a tail that a
/// crash has torn is one line nobody was told of, but a damaged disk may have hit more.
fn cut(path: &Path, offset: u64) -> std::io::Result<u64> {
    let bytes = std::fs::read(path)?;
    let place = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    let tail = bytes.get(place..).unwrap_or_default();
    if tail.iter().filter(|byte| **byte == b'\n').count() > 1 {
        tracing::error!(path = %path.display(), offset, "the journal is damaged before its end: what follows is kept in a .torn file");
    }
    std::fs::write(path.with_extension("torn"), tail)?;
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(offset)?;
    file.sync_all()?;
    Ok(tail.len() as u64)
}
