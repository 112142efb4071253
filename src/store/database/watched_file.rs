//! A database file that may be deleted or replaced while it is open.

use std::path::{Path, PathBuf};

use super::engine::Connection;

/// Which file a connection is to.
#[derive(Debug)]
pub(super) struct WatchedFile {
    /// The identity of the file on its file system; `None` where the system tells none.
    identity: Option<(u64, u64)>,
    /// Where its contents were saved.
    saved: Option<PathBuf>,
}

impl WatchedFile {
    pub(super) fn new(path: &Path) -> Self {
        Self { identity: identity(path), saved: None }
    }

    /// Whether its name stands for no file or for another one.
    pub(super) fn is_gone(&self, path: &Path) -> bool {
        self.identity.is_some() && identity(path) != self.identity
    }

    /// Saves everything that the connection reads next to the file that is gone, or else in the folder for
    /// temporary files; where. Saved again, it replaces what was saved before.
    pub(super) fn save(&mut self, connection: &Connection, path: &Path) -> Option<PathBuf> {
        if let Some(saved) = &self.saved {
            std::fs::remove_file(saved).ok()?;
        }
        let name = path.file_name()?.to_string_lossy();
        let folders = [path.parent().map(Path::to_owned), Some(std::env::temp_dir())];
        let candidates = folders.into_iter().flatten().flat_map(|folder| {
            let name = name.clone();
            (1..100).map(move |number| {
                let number = if number > 1 { format!("-{number}") } else { String::new() };
                folder.join(format!("{name}.saved{number}.db"))
            })
        });
        let connection = connection.sqlite()?;
        let save = |target: &PathBuf| {
            let text = target.to_str()?;
            // It never writes over a file.
            connection.execute("VACUUM INTO ?1", [text]).ok()
        };
        self.saved =
            candidates.filter(|target| !target.exists()).find(|target| save(target).is_some());
        self.saved.clone()
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// An open file cannot be deleted there.
#[cfg(not(unix))]
fn identity(_path: &Path) -> Option<(u64, u64)> {
    None
}
