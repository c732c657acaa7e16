//! The table of requirements in `README.md` is true: each test is there, and names what it holds.

use std::collections::BTreeSet;
use std::path::Path;

/// R01 to R25 without the gateway's own (R15) and what Cargo holds (R09).
const HELD: [&str; 24] = [
    "R01", "R02", "R03", "R04", "R05", "R06", "R07", "R08", "R10", "R11", "R12", "R13", "R14",
    "R16", "R17", "R18", "R19", "R20", "R21", "R22", "R23", "R24", "R25", "R25a",
];

#[test]
fn every_requirement_has_a_test_that_names_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(folder.join("tests/README.md")).unwrap();
    let mut held = BTreeSet::new();
    for row in readme.lines().filter(|line| line.starts_with("| R")) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let (requirement, file, test) = (cells[1], cells[2], cells[3]);
        let text = std::fs::read_to_string(folder.join("../..").join(file)).unwrap();
        let at = text.find(&format!("fn {test}(")).unwrap_or_else(|| panic!("no {test} in {file}"));
        // Its attributes and comment: from the empty line before it.
        let head = text[..at].rfind("\n\n").map_or(&text[..at], |from| &text[from..at]);
        let runs = head.contains("test]") || head.contains("test(");
        assert!(runs || text.contains(&format!("store_test!({test})")), "{test} is no test");
        let named = [head, test].into_iter().any(|text| {
            let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
            words.any(|word| word.eq_ignore_ascii_case(requirement))
        });
        assert!(named, "{test} in {file} does not name {requirement}");
        held.insert(requirement.to_owned());
    }
    assert_eq!(held, HELD.map(str::to_owned).into());
}
