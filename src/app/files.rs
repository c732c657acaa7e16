//! The data folder: what lies where, who may read it, the ports file.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
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
        std::fs::create_dir_all(&path).map_err(refused(&path))?;
        for name in FOLDERS {
            let below = path.join(name);
            std::fs::create_dir_all(&below).map_err(refused(&below))?;
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
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = DataFolder::open(&config(&file.join("data"))).unwrap_err().to_string();
        assert!(error.contains("file/data") && error.contains("HOTLINE_DATA"), "{error}");
    }
}
