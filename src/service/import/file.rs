//! The file itself: its hash, its heading, its lines some at a time, from wherever an earlier run has stopped.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Position, Reader, ReaderBuilder, Terminator};
use sha2::{Digest, Sha256};

use super::line::Heading;
use super::run::Batch;
use super::{ImportError, as_u64};
use crate::store::import_run::ImportPosition;

/// SHA-256 of a file's content, in hexadecimal: what makes it the same file tomorrow.
pub(super) fn hash(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let len = file.read(&mut buffer)?;
        if len == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(buffer.get(..len).unwrap_or_default());
    }
}

/// An open file of orders.
pub(super) struct OrderFile {
    path: PathBuf,
    reader: Reader<File>,
    heading: Heading,
    len: u64,
}

impl OrderFile {
    /// Opens the file and goes to where `position` says.
    pub(super) fn open(path: &Path, position: &ImportPosition) -> Result<Self, ImportError> {
        let fault = |error| ImportError::File { path: path.to_owned(), error };
        let file = File::open(path).map_err(fault)?;
        let len = file.metadata().map_err(fault)?.len();
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            // A carriage return before it falls away with the blanks; counted so, line numbers are those of an editor.
            .terminator(Terminator::Any(b'\n'))
            .from_reader(file);
        let mut record = ByteRecord::new();
        let csv_fault = |error| ImportError::Csv { path: path.to_owned(), line: 1, error };
        reader.read_byte_record(&mut record).map_err(csv_fault)?;
        let heading = Heading::read(&record)
            .map_err(|what| ImportError::Heading { path: path.to_owned(), what })?;
        if position.done_bytes > 0 {
            let mut place = Position::new();
            place.set_byte(as_u64(position.done_bytes));
            place.set_line(as_u64(position.done_line).saturating_add(1));
            reader.seek(place).map_err(csv_fault)?;
        }
        Ok(Self { path: path.to_owned(), reader, heading, len })
    }

    pub(super) const fn heading(&self) -> &Heading {
        &self.heading
    }

    /// Bytes of the whole file.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// The next lines, at most `count` of them. Blank ones are passed over.
    pub(super) fn batch(&mut self, count: usize) -> Result<Batch, ImportError> {
        let mut records = Vec::with_capacity(count);
        let mut last = false;
        while records.len() < count && !last {
            let line = self.reader.position().line();
            let mut record = ByteRecord::new();
            let more = self.reader.read_byte_record(&mut record);
            last =
                !more.map_err(|error| ImportError::Csv { path: self.path.clone(), line, error })?;
            let line = record.position().map_or(line, Position::line);
            let blank = record.iter().all(|field| field.iter().all(u8::is_ascii_whitespace));
            if !last && !blank {
                records.push((line, record));
            }
        }
        let place = self.reader.position();
        Ok(Batch {
            records,
            done_bytes: place.byte(),
            done_line: place.line().saturating_sub(1),
            last,
        })
    }
}
