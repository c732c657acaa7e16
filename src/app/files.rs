//! The data folder: what lies where, who may read it, the ports file.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::config::Config;

use super::BoundPorts;

/// Folders below the data folder.
const FOLDERS: &[&str] = &["journal", "recordings", SECRETS, TLS];
/// Keys that server and gateway share.
pub const SECRETS: &str = "secrets";
/// The local authority and the server's certificate.
pub const TLS: &str = "tls";

/// What is wrong with the data folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error(
        "cannot write to {path} ({error}): make room, or give the folder to the user that runs hotline, \
         or name another one by HOTLINE_DATA (data.dir)"
    )]
    NotWritable { path: PathBuf, error: std::io::Error },
    #[error(
        "another hotline serves from {path}: end that one (`fuser {path}/hotline.lock` names it), or name another \
         folder by HOTLINE_DATA (data.dir)"
    )]
    InUse { path: PathBuf },
}

/// The data folder, known to be writable.
#[derive(Debug, Clone)]
pub struct DataFolder {
    path: PathBuf,
}

impl DataFolder {
    /// Makes what is missing and proves that it can be written.
    ///
    /// # Errors
    /// [`FolderError::NotWritable`].
    pub fn open(config: &Config) -> Result<Self, FolderError> {
        let path = config.data.dir.clone();
        let refused = |path: &Path| {
            let path = path.to_owned();
            move |error| FolderError::NotWritable { path, error }
        };
        make_private(&path).map_err(refused(&path))?;
        for name in FOLDERS {
            let below = path.join(name);
            make_private(&below).map_err(refused(&below))?;
        }
        let probe = path.join(".write-probe");
        // Written out and synced: a full disk takes a name but no content.
        write_and_sync(&probe, &[0_u8; 4096]).map_err(refused(&path))?;
        std::fs::remove_file(&probe).map_err(refused(&path))?;
        Ok(Self { path })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps a second server away from this folder for as long as the lock lives.
    ///
    /// # Errors
    /// [`FolderError::InUse`], [`FolderError::NotWritable`].
    pub fn lock(&self) -> Result<FolderLock, FolderError> {
        let path = self.path.join("hotline.lock");
        let refused = |error| FolderError::NotWritable { path: path.clone(), error };
        let file = std::fs::File::create(&path).map_err(refused)?;
        match file.try_lock() {
            Ok(()) => Ok(FolderLock(file)),
            Err(std::fs::TryLockError::WouldBlock) => {
                Err(FolderError::InUse { path: self.path.clone() })
            }
            Err(std::fs::TryLockError::Error(error)) => {
                Err(FolderError::NotWritable { path, error })
            }
        }
    }

    /// Nobody listens any more: whoever waits for the file must not find the old ports.
    pub fn remove_ports(&self) {
        if let Err(error) = std::fs::remove_file(self.path.join("ports.json")) {
            tracing::warn!(%error, "could not remove ports.json");
        }
    }

    /// `ports.json`, replaced as a whole so that no reader sees half of it.
    ///
    /// # Errors
    /// [`FolderError::NotWritable`].
    pub fn write_ports(&self, ports: &BoundPorts) -> Result<(), FolderError> {
        let path = self.path.join("ports.json");
        let text = serde_json::to_string(ports).unwrap_or_default() + "\n";
        let fresh = self.path.join(".ports.json.new");
        std::fs::write(&fresh, text)
            .and_then(|()| std::fs::rename(&fresh, &path))
            .map_err(|error| FolderError::NotWritable { path, error })
    }

    /// Writes a file that only its owner may read.
    ///
    /// # Errors
    /// [`FolderError::NotWritable`].
    pub fn write_secret(&self, below: &str, text: &str) -> Result<PathBuf, FolderError> {
        let path = self.path.join(below);
        let written = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            });
        match written {
            Ok(()) => Ok(path),
            Err(error) => Err(FolderError::NotWritable { path, error }),
        }
    }
}

/// The folder belongs to one server while this lives; the system gives it back even after a crash.
#[derive(Debug)]
pub struct FolderLock(#[expect(dead_code, reason = "held, not read")] std::fs::File);

/// Makes a folder that is the owner's alone: people's data lie in it. One that exists stays as it is.
fn make_private(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn write_and_sync(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn config(dir: &Path) -> Config {
        let dir = dir.display().to_string();
        Config::from_layers(None, [("HOTLINE_DATA".to_owned(), dir)]).unwrap()
    }

    #[test]
    fn the_folder_is_made_and_secrets_are_the_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(&config(&folder.path().join("data"))).unwrap();
        let path = data.write_secret("secrets/link.key", "00").unwrap();
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        data.write_ports(&BoundPorts { http: 1, https: Some(2) }).unwrap();
        let text = std::fs::read_to_string(data.path().join("ports.json")).unwrap();
        assert_eq!(text, "{\"http\":1,\"https\":2}\n");
    }

    #[test]
    fn a_second_server_is_kept_away() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(&config(&folder.path().join("data"))).unwrap();
        let mode = std::fs::metadata(data.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let first = data.lock().unwrap();
        assert!(matches!(data.lock(), Err(FolderError::InUse { .. })));
        drop(first);
        assert!(data.lock().is_ok());
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = DataFolder::open(&config(&file.join("data"))).unwrap_err().to_string();
        assert!(error.contains("file/data") && error.contains("HOTLINE_DATA"), "{error}");
    }
}
