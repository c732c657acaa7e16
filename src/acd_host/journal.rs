//! The centre's journal: what the distributor was told and what it ordered, in local append-only
//! files (`architecture.md` section 2).
//!
//! Owns: the files' format, their writing in groups off the decision path, their reading after a
//! crash and by the shipper. Must not do: decide, talk to the database.
//!
//! A folder holds `<first entry>.jsonl` files. The first line of each carries the distributor as it
//! was before the file's first entry, so a restart needs the newest file alone. Every line carries
//! its checksum; a tail torn by a crash is cut off, because nothing on it was ever acknowledged.

mod disk;
mod line;
mod reader;
mod recovery;
mod writer;

use std::path::{Path, PathBuf};

use acd::{Acd, Effect, Input, Record};
use gateway_protocol::{Event, EventNumber};
use serde::{Deserialize, Serialize};
use types::{CentreId, GatewayId, GatewayInstanceId, Timestamp, TrunkName};
use uuid::Uuid;

pub use disk::{Disk, FolderDisk};
pub use reader::{EntryReader, FileLines, ReadError, files_of};
pub use recovery::{Recovered, RecoveryError, recover};
pub use writer::{JournalWriter, WriterStatus};

/// Version of the line format; a reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// Names one journal for ever: a node that takes a centre over on another machine begins a new one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct JournalId(pub Uuid);

impl JournalId {
    /// A new id, version 7: `now` and the caller's randomness.
    #[must_use]
    pub fn new(now: Timestamp, random: u128) -> Self {
        Self(types::AuditId::new(now, random).as_uuid())
    }
}

impl std::fmt::Display for JournalId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of an entry within one journal; the first is 1, none is left out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EntryNumber(pub u64);

impl EntryNumber {
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// One thing that has happened, at `at`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    pub number: EntryNumber,
    /// The `now` that the distributor was given.
    pub at: Timestamp,
    /// The gateway's event this entry carries; a repeated one is recognised by it after a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<EventSource>,
    pub content: Content,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// One turn of the distributor: what it was told and what it ordered.
    Turn {
        input: Input,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        effects: Vec<Effect>,
        /// With a call's arrival: where the carrier's records have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        carrier: Option<Carrier>,
    },
    /// What a gateway reported and the distributor has no use for: recordings, keys.
    Noted { event: Event },
    /// An input that the distributor could not digest; it was left out, and the distributor was
    /// taken up again as it was before.
    Rejected { input: Input, fault: String },
}

/// A call as the carrier knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    pub trunk: TrunkName,
    pub sip_call_id: String,
}

impl JournalEntry {
    /// The records of this entry in order, each with its time.
    pub fn records(&self) -> impl Iterator<Item = (Timestamp, &Record)> {
        let effects = match &self.content {
            Content::Turn { effects, .. } => effects.as_slice(),
            Content::Noted { .. } | Content::Rejected { .. } => &[],
        };
        effects.iter().filter_map(|effect| match effect {
            Effect::Record { at, record } => Some((*at, record)),
            _ => None,
        })
    }
}

/// Which event of which run of which gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSource {
    pub gateway: GatewayId,
    pub instance: GatewayInstanceId,
    pub number: EventNumber,
}

/// First line of a file: everything that a restart needs from before the file's first entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Opening {
    pub format: u32,
    pub journal: JournalId,
    pub centre: CentreId,
    /// The last entry before this file.
    pub after: EntryNumber,
    /// The `now` of that entry.
    pub at: Timestamp,
    /// The last event of each gateway that entries up to `after` carry.
    pub gateways: Vec<EventSource>,
    pub core: Acd,
}

/// One line of a journal file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    Opening(Box<Opening>),
    Entry(Box<JournalEntry>),
}

/// The file whose first entry is `first`.
fn file_path(folder: &Path, first: EntryNumber) -> PathBuf {
    folder.join(format!("{:020}.jsonl", first.0))
}

/// The journal's files in order, by the number of their first entry.
fn list_files(folder: &Path) -> std::io::Result<Vec<(EntryNumber, PathBuf)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_journal = path.extension().is_some_and(|extension| extension == "jsonl");
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        if let (true, Some(number)) = (is_journal, number) {
            files.push((EntryNumber(number), path));
        }
    }
    files.sort();
    Ok(files)
}

/// Deletes files whose entries are all shipped, but for the newest `keep`, which at least two are.
/// Says how many went.
///
/// # Errors
/// The file system's.
pub fn prune(folder: &Path, shipped: EntryNumber, keep: usize) -> std::io::Result<usize> {
    let files = list_files(folder)?;
    let spare = files.len().saturating_sub(keep.max(2));
    let mut deleted = 0;
    for pair in files.windows(2).take(spare) {
        let [(_, path), (next_first, _)] = pair else { break };
        if *next_first > shipped.next() {
            break;
        }
        std::fs::remove_file(path)?;
        deleted += 1;
    }
    Ok(deleted)
}

/// A line as it stands in a file, for tests that write journals.
#[cfg(test)]
pub fn seal(line: &Line, out: &mut Vec<u8>) {
    line::seal(line, out).expect("lines are plain data");
}

#[cfg(test)]
mod tests;
