//! Norms to write by (not to fail on): files of 400 lines before their tests, functions of 70.

use crate::sources::Source;

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

/// What has grown past the norms.
pub fn grown(files: &[Source]) -> Vec<String> {
    let mut grown = Vec::new();
    for file in files {
        let lines: Vec<&str> =
            file.text.lines().take_while(|line| *line != "#[cfg(test)]").collect();
        if lines.len() > FILE_LINES_MAX {
            grown.push(format!("{}: {} lines", file.path, lines.len()));
        }
        for (at, name, length) in functions(&lines) {
            if length > FUNCTION_LINES_MAX {
                grown.push(format!("{}:{at}: fn {name} has {length} lines", file.path));
            }
        }
    }
    grown
}

/// Line, name and length of each function. rustfmt puts the closing brace under its `fn`.
fn functions(lines: &[&str]) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let Some(name) = name_of(code) else { continue };
        let closing = format!("{}}}", " ".repeat(indent));
        let length = lines[at..].iter().position(|line| *line == closing);
        if let Some(length) = length {
            found.push((at + 1, name, length + 1));
        }
    }
    found
}

fn name_of(code: &str) -> Option<String> {
    let (before, after) = code.split_once("fn ")?;
    let known = |word: &str| {
        matches!(word, "pub" | "async" | "const" | "unsafe" | "extern") || word.starts_with("pub(")
    };
    if code.ends_with(';') || !before.split_whitespace().all(known) {
        return None;
    }
    Some(after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_function_is_named_with_its_line() {
        let body = "    let x = 1;\n".repeat(80);
        let text = format!("//! x\n\npub async fn long() {{\n{body}}}\n\nfn short() {{\n}}\n");
        let found = grown(&[Source { path: "a.rs".to_owned(), text }]);
        assert_eq!(found, ["a.rs:3: fn long has 82 lines"]);
    }
}
