//! The journal: every fact with what the core made of it. A bug report is a journal.

use serde::{Deserialize, Serialize};
use types::Timestamp;

use crate::core::Acd;
use crate::effect::Effect;
use crate::input::Input;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Rises by one from line to line.
    pub number: u64,
    /// What `handle` was given as `now`.
    pub at: Timestamp,
    pub input: Input,
    pub effects: Vec<Effect>,
}

/// The first place where a build decides otherwise than the one that wrote the journal.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Difference {
    /// `index` is the place in the entry's effects; `None` on a side that has no more of them.
    #[error("entry {number}, effect {index}: recorded {recorded:?}, now {computed:?}")]
    Effect {
        number: u64,
        index: usize,
        recorded: Option<Box<Effect>>,
        computed: Option<Box<Effect>>,
    },
    #[error("entry {found} follows entry {before}: the journal has a gap")]
    Gap { before: u64, found: u64 },
}

/// Runs a whole journal through an empty core.
///
/// # Errors
/// The first difference between recorded and recomputed effects, or a gap in the numbers.
pub fn replay(entries: impl IntoIterator<Item = JournalEntry>) -> Result<Acd, Difference> {
    replay_into(Acd::default(), entries)
}

/// Runs the rest of a journal through a core that was restored from a snapshot.
///
/// # Errors
/// As [`replay`].
pub fn replay_into(
    mut acd: Acd,
    entries: impl IntoIterator<Item = JournalEntry>,
) -> Result<Acd, Difference> {
    let mut before = None;
    for entry in entries {
        if let Some(before) = before
            && entry.number != before + 1
        {
            return Err(Difference::Gap { before, found: entry.number });
        }
        before = Some(entry.number);
        let computed = acd.handle(entry.at, entry.input);
        compare(entry.number, entry.effects, computed)?;
    }
    Ok(acd)
}

fn compare(number: u64, recorded: Vec<Effect>, computed: Vec<Effect>) -> Result<(), Difference> {
    if recorded == computed {
        return Ok(());
    }
    let (mut recorded, mut computed) = (recorded.into_iter(), computed.into_iter());
    let mut index = 0;
    loop {
        let (was, is) = (recorded.next(), computed.next());
        if was != is {
            let (recorded, computed) = (was.map(Box::new), is.map(Box::new));
            return Err(Difference::Effect { number, index, recorded, computed });
        }
        index += 1;
    }
}
