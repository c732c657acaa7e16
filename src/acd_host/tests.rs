//! The host behind a real WebSocket and a real HTTP port, with a gateway that follows a script.

mod calls;
mod database_away;
mod days;
mod desk_phones;
mod known_callers;
mod live_pages;
mod neighbour;
mod recorded;
mod restart;
mod returns;
mod standby;
mod waiting;

use std::path::Path;

use acd::Input;
use types::Timestamp;

use super::journal::{Content, FileLines, Line, files_of};

/// What a journal says that the distributor was told, with the time it was given.
fn told(folder: &Path) -> Vec<(Timestamp, Input)> {
    let mut told = Vec::new();
    for file in files_of(folder).unwrap_or_default() {
        let mut lines = FileLines::open(&file).unwrap();
        if lines.opening().is_err() {
            continue;
        }
        while let Ok(Some(line)) = lines.next_whole() {
            let Line::Entry(entry) = line else { continue };
            if let Content::Turn { input, .. } = entry.content {
                told.push((entry.at, input));
            }
        }
    }
    told
}

fn inputs(folder: &Path) -> Vec<Input> {
    told(folder).into_iter().map(|(_, input)| input).collect()
}
