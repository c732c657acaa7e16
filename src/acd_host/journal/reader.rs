//! Reads journal files: one file line by line, and the whole journal entry by entry.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::line::{self, LineError};
use super::{EntryNumber, JournalEntry, Line, Opening, file_path, list_files};

/// Why a journal cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the journal folder cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("{path}, byte {offset}: {error}; restore the file from a backup")]
    Line { path: PathBuf, offset: u64, error: LineError },
    #[error("{path} does not begin with the state of the distributor")]
    NoOpening { path: PathBuf },
    #[error("{path}: entry {found:?} stands where {expected:?} belongs")]
    Order { path: PathBuf, expected: EntryNumber, found: EntryNumber },
    #[error("entry {0:?} is in no file of the journal any more")]
    Missing(EntryNumber),
}

/// One file, from its first line on.
#[derive(Debug)]
pub struct FileLines {
    path: PathBuf,
    file: BufReader<File>,
    /// End of the last whole line.
    pub(super) offset: u64,
    buffer: Vec<u8>,
}

impl FileLines {
    /// # Errors
    /// The file system's.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = BufReader::with_capacity(256 * 1024, File::open(path)?);
        Ok(Self { path: path.to_owned(), file, offset: 0, buffer: Vec::new() })
    }

    /// The next line, or `None` at the end of the file.
    ///
    /// # Errors
    /// [`ReadError::Line`] where the bytes at [`FileLines::offset`] are no whole line.
    pub(super) fn next(&mut self) -> Result<Option<Line>, ReadError> {
        self.buffer.clear();
        let len = self.file.read_until(b'\n', &mut self.buffer)?;
        if len == 0 {
            return Ok(None);
        }
        match line::open(&self.buffer) {
            Ok(line) => {
                self.offset += len as u64;
                Ok(Some(line))
            }
            Err(error) => {
                Err(ReadError::Line { path: self.path.clone(), offset: self.offset, error })
            }
        }
    }

    /// The next line, or `None` at the end of the file and at a torn tail.
    ///
    /// # Errors
    /// [`ReadError`] for a line that is whole but not understood.
    pub fn next_whole(&mut self) -> Result<Option<Line>, ReadError> {
        match self.next() {
            Err(ReadError::Line { error: LineError::Damaged, .. }) => Ok(None),
            other => other,
        }
    }

    /// The file's first line.
    ///
    /// # Errors
    /// [`ReadError::NoOpening`] where it is another.
    pub fn opening(&mut self) -> Result<Opening, ReadError> {
        match self.next()? {
            Some(Line::Opening(opening)) => Ok(*opening),
            _ => Err(ReadError::NoOpening { path: self.path.clone() }),
        }
    }
}

/// The file itself, or the journal files of a folder in order.
///
/// # Errors
/// The file system's.
pub fn files_of(journal: &Path) -> Result<Vec<PathBuf>, ReadError> {
    if journal.is_dir() {
        Ok(list_files(journal)?.into_iter().map(|(_, path)| path).collect())
    } else {
        Ok(vec![journal.to_owned()])
    }
}

/// The journal's entries in order, across files. Used while the writer appends: never reads past
/// the entry that the caller knows to be synced.
#[derive(Debug)]
pub struct EntryReader {
    folder: PathBuf,
    next: EntryNumber,
    file: Option<FileLines>,
}

impl EntryReader {
    /// Entries after `after`.
    #[must_use]
    pub const fn after(folder: PathBuf, after: EntryNumber) -> Self {
        Self { folder, next: after.next(), file: None }
    }

    /// Up to `count_max` entries that are not above `synced`.
    ///
    /// # Errors
    /// [`ReadError`]; the same call can be made again.
    pub fn read(
        &mut self,
        synced: EntryNumber,
        count_max: usize,
    ) -> Result<Vec<JournalEntry>, ReadError> {
        let mut entries = Vec::new();
        while self.next <= synced && entries.len() < count_max {
            entries.push(self.read_one()?);
        }
        Ok(entries)
    }

    fn read_one(&mut self) -> Result<JournalEntry, ReadError> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.open_file()?,
        };
        let entry = loop {
            match file.next()? {
                Some(Line::Entry(entry)) if entry.number < self.next => {}
                Some(Line::Entry(entry)) => break *entry,
                Some(Line::Opening(_)) => {}
                // The writer goes on in the file named after the next entry.
                None => {
                    let following = file_path(&self.folder, self.next);
                    file =
                        FileLines::open(&following).map_err(|_| ReadError::Missing(self.next))?;
                }
            }
        };
        if entry.number != self.next {
            return Err(ReadError::Order {
                path: file.path,
                expected: self.next,
                found: entry.number,
            });
        }
        self.next = entry.number.next();
        self.file = Some(file);
        Ok(entry)
    }

    fn open_file(&self) -> Result<FileLines, ReadError> {
        let files = list_files(&self.folder)?;
        let holding = files.iter().rev().find(|(first, _)| *first <= self.next);
        let (_, path) = holding.ok_or(ReadError::Missing(self.next))?;
        Ok(FileLines::open(path)?)
    }
}
