//! The Rust files of the workspace.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// One file with its path from the root.
pub struct Source {
    pub path: String,
    pub text: String,
}

/// The workspace's root, wherever cargo was called.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn rust_files() -> anyhow::Result<Vec<Source>> {
    let mut files = Vec::new();
    for folder in ["src", "crates", "sip-gateway", "loadtest", "tests"] {
        walk(&root(), &root().join(folder), &mut files)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<Source>) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
            walk(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let path = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            files.push(Source { path, text });
        }
    }
    Ok(())
}
