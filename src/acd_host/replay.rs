//! `hotline replay`: gives a recorded journal to this build and says where it decides otherwise.

use std::path::{Path, PathBuf};

use acd::Effect;
use simulation::{Recorded, Recorder};

use super::journal::{Content, EntryNumber, FileLines, JournalEntry, Line, ReadError};

/// What a replay found.
#[derive(Debug)]
pub struct Replay {
    pub entries: u64,
    pub first_difference: Option<Box<Difference>>,
}

/// The first entry whose orders came out otherwise.
#[derive(Debug)]
pub struct Difference {
    pub file: PathBuf,
    pub entry: JournalEntry,
    /// What this build orders.
    pub ordered: Vec<Effect>,
}

/// Replays one journal file, or all files of a folder, each from the state it begins with.
///
/// # Errors
/// [`ReadError`]; a torn tail ends the replay without one.
pub fn replay(journal: &Path) -> Result<Replay, ReadError> {
    let mut replay = Replay { entries: 0, first_difference: None };
    for file in super::journal::files_of(journal)? {
        replay_file(&file, &mut replay)?;
        if replay.first_difference.is_some() {
            break;
        }
    }
    Ok(replay)
}

fn replay_file(file: &Path, replay: &mut Replay) -> Result<(), ReadError> {
    let mut lines = FileLines::open(file)?;
    let mut core = lines.opening()?.core;
    while let Some(line) = lines.next_whole()? {
        let Line::Entry(entry) = line else { continue };
        replay.entries += 1;
        let Content::Turn { input, effects, .. } = &entry.content else { continue };
        let ordered = core.handle(entry.at, input.clone());
        if ordered != *effects {
            replay.first_difference =
                Some(Box::new(Difference { file: file.to_owned(), entry: *entry, ordered }));
            return Ok(());
        }
    }
    Ok(())
}

/// What a journal tells of callers and agents, to be played under another configuration. `seed` draws what it does
/// not tell.
///
/// # Errors
/// [`ReadError`]; a torn tail ends the reading without one.
pub fn recorded(journal: &Path, seed: u64) -> Result<Recorded, ReadError> {
    let mut recorder = Recorder::default();
    for file in super::journal::files_of(journal)? {
        let mut lines = FileLines::open(&file)?;
        let opening = lines.opening()?;
        recorder.begin(opening.at, &opening.core);
        while let Some(line) = lines.next_whole()? {
            let Line::Entry(entry) = line else { continue };
            if let Content::Turn { input, effects, .. } = &entry.content {
                recorder.take(entry.at, input, effects);
            }
        }
    }
    Ok(recorder.finish(seed))
}

impl std::fmt::Display for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.first_difference {
            None => write!(f, "{} entries, no difference", self.entries),
            Some(difference) => write!(f, "{difference}"),
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let EntryNumber(number) = self.entry.number;
        let Content::Turn { input, effects, .. } = &self.entry.content else { return Ok(()) };
        writeln!(f, "{}: entry {number} at {}", self.file.display(), self.entry.at)?;
        writeln!(f, "told: {}", json(input))?;
        let recorded = effects.iter().map(Some).chain(std::iter::repeat(None));
        let ordered = self.ordered.iter().map(Some).chain(std::iter::repeat(None));
        let pairs = recorded.zip(ordered).take(effects.len().max(self.ordered.len()));
        for (index, (recorded, ordered)) in pairs.enumerate() {
            if recorded != ordered {
                writeln!(f, "effect {index} recorded: {}", recorded.map_or("none".into(), json))?;
                writeln!(f, "effect {index} now:      {}", ordered.map_or("none".into(), json))?;
                return Ok(());
            }
        }
        Ok(())
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
