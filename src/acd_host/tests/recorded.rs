//! Recorded journals in `tests/journals/`: this build must decide as the one that wrote them. A defect
//! becomes a test by dropping its journal there; `RECORD_JOURNALS=1` writes the standing ones anew.

use std::path::{Path, PathBuf};

use crate::acd_host::replay::replay;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journals")
}

/// Keeps the journal of a test under `name`, where the run was told to.
pub fn record(journal: &Path, name: &str) {
    if crate::testing::variable("RECORD_JOURNALS").is_none() {
        return;
    }
    let mut files: Vec<_> =
        std::fs::read_dir(journal).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for (number, file) in files.iter().enumerate() {
        std::fs::copy(file, folder().join(format!("{name}-{}.jsonl", number + 1))).unwrap();
    }
}

#[test]
fn every_recorded_journal_replays_without_a_difference() {
    let mut replayed = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            let found = replay(&path).unwrap();
            assert!(found.first_difference.is_none(), "{found}");
            replayed += found.entries;
        }
    }
    assert!(replayed > 10, "the recorded journals are gone");
}

#[test]
fn a_journal_of_another_decision_names_the_first_difference() {
    let original = folder().join("waiting-over-a-restart-2.jsonl");
    let text = std::fs::read_to_string(original).unwrap();
    let line = text.lines().find(|line| line.contains("\"order\":\"offer\"")).unwrap();
    let body = &line[line.find("\"body\":").unwrap() + 7..line.len() - 1];
    let entry: crate::acd_host::journal::Line = serde_json::from_str(body).unwrap();
    let crate::acd_host::journal::Line::Entry(mut entry) = entry else { panic!("an entry") };
    let crate::acd_host::journal::Content::Turn { effects, .. } = &mut entry.content else {
        panic!("a turn");
    };
    effects.clear();
    let number = entry.number.0;
    let mut changed = Vec::new();
    crate::acd_host::journal::seal(&crate::acd_host::journal::Line::Entry(entry), &mut changed);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("changed.jsonl");
    let changed = String::from_utf8(changed).unwrap();
    std::fs::write(&file, text.replace(line, changed.trim_end())).unwrap();
    let found = replay(&file).unwrap();
    let difference = found.first_difference.as_ref().expect("it decides otherwise");
    assert_eq!(difference.entry.number.0, number);
    let told = found.to_string();
    assert!(
        told.contains(&format!("entry {number} ")) && told.contains("recorded: none"),
        "{told}"
    );
}
