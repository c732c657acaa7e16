//! Reading the county's CSV files: strict, whole, with faults that name file, line and remedy.
//!
//! Owns: header check, line numbers, the list of faults. Must not do: open files; text comes in.

use std::fmt;

/// One fault in a data file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Fault {
    pub file: String,
    /// Line in the file, the header is 1; `None` when the fault is of the whole file.
    pub line: Option<u64>,
    /// Chinese: what is wrong and what to change.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{} line {line}: {}", self.file, self.text),
            None => write!(f, "{}: {}", self.file, self.text),
        }
    }
}

/// All faults of a file that is refused whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Faults(pub Vec<Fault>);

/// Faults found so far in one file.
pub(crate) struct Report<'a> {
    file: &'a str,
    faults: Vec<Fault>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(file: &'a str) -> Self {
        Self { file, faults: Vec::new() }
    }

    pub(crate) fn add(&mut self, line: u64, text: impl Into<String>) {
        self.faults.push(Fault { file: self.file.to_owned(), line: Some(line), text: text.into() });
    }

    pub(crate) fn add_whole(&mut self, text: impl Into<String>) {
        self.faults.push(Fault { file: self.file.to_owned(), line: None, text: text.into() });
    }

    /// The value, or the fault noted at `line`.
    pub(crate) fn take<T, E: fmt::Display>(
        &mut self,
        line: u64,
        result: Result<T, E>,
    ) -> Option<T> {
        result.map_err(|error| self.add(line, error.to_string())).ok()
    }

    /// Every fault, when no value could be made.
    pub(crate) fn fail<T>(self) -> Result<T, Faults> {
        Err(Faults(self.faults))
    }

    /// `value` when nothing was wrong, every fault otherwise.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, Faults> {
        if self.faults.is_empty() { Ok(value) } else { Err(Faults(self.faults)) }
    }
}

/// One row, by column name.
pub(crate) struct Row {
    pub(crate) line: u64,
    columns: &'static [&'static str],
    fields: Vec<String>,
}

impl Row {
    /// The trimmed field; empty when the column is unknown, which a test of the columns excludes.
    pub(crate) fn get(&self, column: &str) -> &str {
        self.columns
            .iter()
            .position(|one| *one == column)
            .and_then(|at| self.fields.get(at))
            .map_or("", |field| field.trim())
    }

    /// The parts of a `|` list, without empty ones.
    pub(crate) fn list(&self, column: &str) -> impl Iterator<Item = &str> {
        self.get(column).split('|').map(str::trim).filter(|part| !part.is_empty())
    }
}

/// The rows of a CSV text whose header must be exactly `columns`.
pub(crate) fn rows(
    text: &str,
    columns: &'static [&'static str],
    report: &mut Report<'_>,
) -> Vec<Row> {
    // With CRLF the csv reader counts a record's line from the CR: one too low.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut header_seen = false;
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                report.add_whole(format!("不是合法的 CSV（UTF-8，逗号分隔）：{error}"));
                return Vec::new();
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        if !header_seen {
            if !record.iter().map(str::trim).eq(columns.iter().copied()) {
                report.add(line, format!("表头不对，应为 {}", columns.join(",")));
                return Vec::new();
            }
            header_seen = true;
        } else if record.len() == columns.len() {
            let fields = record.iter().map(str::to_owned).collect();
            rows.push(Row { line, columns, fields });
        } else {
            report.add(line, format!("有 {} 列，应有 {} 列", record.len(), columns.len()));
        }
    }
    if !header_seen {
        report.add_whole("文件是空的，请至少写表头");
    }
    rows
}

/// A short fingerprint of a file's text (FNV-1a, 64 bit): names the version that an order was
/// decided by. Not a defence against forgery.
pub(crate) fn version_of(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
