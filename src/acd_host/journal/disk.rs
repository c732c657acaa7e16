//! Where journal bytes go. A trait, so that a test can make the disk full.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;

use super::{EntryNumber, file_path};

/// What the writer needs of a disk.
pub trait Disk: Send + 'static {
    /// Begins a new file, whose first entry is `first`; replaces a half-written one of that name.
    ///
    /// # Errors
    /// The disk's.
    fn begin(&mut self, first: EntryNumber) -> io::Result<()>;

    /// Writes at the end of what has been kept so far and syncs. After an error nothing of `bytes`
    /// counts as written: the next call overwrites it.
    ///
    /// # Errors
    /// The disk's.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// A folder of the local file system.
#[derive(Debug)]
pub struct FolderDisk {
    folder: PathBuf,
    file: Option<File>,
    /// Bytes of the current file that are known to be whole.
    kept: u64,
}

impl FolderDisk {
    /// A writer into `folder`, which exists. The first thing to do is [`Disk::begin`].
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder, file: None, kept: 0 }
    }
}

impl Disk for FolderDisk {
    fn begin(&mut self, first: EntryNumber) -> io::Result<()> {
        let path = file_path(&self.folder, first);
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(path)?;
        // The new name must survive a power cut as well: sync the folder that holds it.
        File::open(&self.folder)?.sync_all()?;
        self.file = Some(file);
        self.kept = 0;
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("no journal file is open"))?;
        file.set_len(self.kept)?;
        file.seek(SeekFrom::Start(self.kept))?;
        file.write_all(bytes)?;
        file.sync_data()?;
        self.kept += bytes.len() as u64;
        Ok(())
    }
}
