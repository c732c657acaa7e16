//! Pages show causes and reasons in Chinese: each name that the server sends has its words in each table of the pages
//! that is looked up by it.

use std::path::Path;

use acd::{AbandonCause, BreachCause, BreakReason, NotReadyReason, OwedCause};

use crate::testing::names::{names, names_of};

/// The entries `name: "words"` of a table of a page, found by the line that begins it.
fn table(file: &str, head: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines = text.lines().skip_while(|line| line.trim_start() != head);
    assert!(lines.next().is_some(), "{file} has no table {head}");
    let entries = lines.take_while(|line| !line.trim_start().starts_with('}'));
    let entries = entries.filter_map(|line| line.trim().split_once(": \""));
    let is_chinese = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    let worded = entries.filter(|(_, words)| words.contains(is_chinese));
    worded.map(|(name, _)| name.to_owned()).collect()
}

fn has_all(file: &str, head: &str, sent: Vec<String>) {
    let known = table(file, head);
    let missing: Vec<_> = sent.into_iter().filter(|name| !known.contains(name)).collect();
    assert!(missing.is_empty(), "{file}, {head}: no words for {missing:?}");
}

#[test]
fn every_cause_that_pages_name_has_chinese_words() {
    let owed = names::<OwedCause>();
    has_all("agent/text.ts", "causes: {", owed.clone());
    has_all("supervisor/text.ts", "owed: {", owed);
    has_all("supervisor/text.ts", "causes: {", names_of::<BreachCause>("cause"));
    let ends = "const ENDS: Record<string, string> = {";
    has_all("supervisor/explanation.ts", ends, names::<AbandonCause>());
    let breaks = names::<BreakReason>();
    let reasons = names_of::<NotReadyReason>("reason").into_iter().chain(breaks);
    let table = "export const NOT_READY: Record<string, string> = {";
    has_all("shared/text.ts", table, reasons.chain(["warned".to_owned()]).collect());
}

#[test]
fn every_step_of_an_explanation_has_its_sentence() {
    let document = crate::api::document().unwrap();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let steps = document["components"]["schemas"]["StepWord"]["enum"].as_array().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards/supervisor/explanation.ts");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(steps.len() > 10, "{steps:?}");
    for step in steps {
        let case = format!("case \"{}\":", step.as_str().unwrap());
        assert!(text.contains(&case), "no sentence for {step}");
    }
}
