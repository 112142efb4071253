//! Files that change while the window is open: the study database, to which other processes also write,
//! the results of the study on display, and a space file that is being corrected.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::results::result_set::ResultSet;
use crate::studies::stored::list_studies;
use crate::tasks::message::Message;
use crate::tasks::{MessageSender, TaskRunner};
use untrained::store::{ResultRow, Store, StoreError, is_server};

/// Results that are told at a time.
const ARRIVALS: usize = 128;
/// How often files are looked at.
const PERIOD: Duration = Duration::from_millis(700);

/// A watcher: its own thread checks the files as long as this exists.
#[derive(Clone, Default)]
pub struct FileWatch(Arc<Mutex<WatchTargets>>);

/// The files.
#[derive(Default)]
struct WatchTargets {
    store: Option<WatchedFile>,
    space: Option<WatchedFile>,
    study: Option<WatchedStudy>,
}

/// A file and how it was when it was last looked at.
struct WatchedFile {
    path: PathBuf,
    stamp: FileStamp,
}

/// A study whose results are shown.
#[derive(Clone)]
struct WatchedStudy {
    /// The sheet that shows it: shown again, the study has another one.
    sheet: u64,
    store: PathBuf,
    id: String,
    known: KnownPositions,
    stamp: FileStamp,
}

/// Which positions of a study are known: other processes fill gaps late.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownPositions {
    /// All before this one.
    next: u64,
    /// And these.
    beyond: BTreeSet<u64>,
}

impl KnownPositions {
    /// Adds a position; `false` if it was known.
    fn add(&mut self, position: u64) -> bool {
        if position < self.next || !self.beyond.insert(position) {
            return false;
        }
        while self.beyond.remove(&self.next) {
            self.next += 1;
        }
        true
    }
}

/// Length and time of a file and of SQLite's log beside it.
type FileStamp = [Option<(u64, SystemTime)>; 2];

/// How often a server is asked: it does not tell what has changed.
const SERVER_PERIOD: Duration = Duration::from_secs(3);

fn stamp(path: &Path) -> FileStamp {
    if is_server(path) {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        return [Some((now.as_secs() / SERVER_PERIOD.as_secs(), SystemTime::UNIX_EPOCH)), None];
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    [path, Path::new(&log)].map(|path| {
        let facts = std::fs::metadata(path).ok()?;
        Some((facts.len(), facts.modified().unwrap_or(SystemTime::UNIX_EPOCH)))
    })
}

impl FileWatch {
    /// Begins to look.
    pub fn start(tasks: &mut TaskRunner) -> Self {
        let watch = Self::default();
        let targets = Arc::downgrade(&watch.0);
        tasks.start("watch", move |sender| {
            while let Some(targets) = targets.upgrade() {
                if !look(&Self(targets), sender) {
                    return;
                }
                std::thread::sleep(PERIOD);
            }
        });
        watch
    }

    fn targets(&self) -> MutexGuard<'_, WatchTargets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists the studies of a file whenever it changes.
    pub fn watch_store(&self, path: Option<&Path>) {
        // It is listed at the first look.
        let never = Some((u64::MAX, SystemTime::UNIX_EPOCH));
        self.targets().store =
            path.map(|path| WatchedFile { path: path.to_owned(), stamp: [never; 2] });
    }

    /// Tells when a space file changes; a name that is no file is not watched.
    pub fn watch_space(&self, name: &str) {
        let path = Some(Path::new(name)).filter(|path| path.is_file());
        self.targets().space =
            path.map(|path| WatchedFile { path: path.to_owned(), stamp: stamp(path) });
    }

    /// Adds the results that a study gets to those that are shown.
    pub fn watch_study(&self, sheet: &ResultSet) {
        let mut known = KnownPositions::default();
        for row in 0..sheet.table.len() as u32 {
            known.add(sheet.table.position(row));
        }
        self.targets().study = sheet.store.clone().zip(sheet.study.clone()).map(|(store, id)| {
            // What came since the results were read is found at the first look.
            WatchedStudy { sheet: sheet.id, store, id, known, stamp: [None; 2] }
        });
    }
}

/// Looks once; `false` if the window is gone.
fn look(watch: &FileWatch, sender: &MessageSender) -> bool {
    let mut targets = watch.targets();
    let store = targets.store.as_mut().and_then(changed);
    let space = targets.space.as_mut().and_then(changed);
    let study = targets.study.clone().filter(|study| study.stamp != stamp(&study.store));
    drop(targets);
    let mut is_open = true;
    // An editor may replace a file by taking it away first.
    if let Some(path) = space.filter(|path| path.exists()) {
        is_open &= sender.send(Message::SpaceFileChanged(path));
    }
    if let Some(path) = store {
        is_open &= sender.send(Message::StudiesListed(list_studies(&path)));
    }
    if let Some(study) = study {
        is_open &= add_arrivals(watch, study, sender);
    }
    is_open
}

/// The file, if it has changed.
fn changed(seen: &mut WatchedFile) -> Option<PathBuf> {
    let now = stamp(&seen.path);
    (std::mem::replace(&mut seen.stamp, now) != now).then(|| seen.path.clone())
}

/// Reads the results that came since; `false` if the window is gone.
fn add_arrivals(watch: &FileWatch, mut study: WatchedStudy, sender: &MessageSender) -> bool {
    study.stamp = stamp(&study.store);
    // A file that cannot be read now can be later; the list of studies tells why.
    let Ok(rows) = arrivals(&mut study) else { return true };
    let sheet = study.sheet;
    let mut targets = watch.targets();
    match &mut targets.study {
        Some(shown) if shown.sheet == sheet => *shown = study,
        _ => return true,
    }
    drop(targets);
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        // Few enough that a frame is not late for them.
        let part = rows.by_ref().take(ARRIVALS).collect();
        if !sender.send(Message::RowsArrived(sheet, part)) {
            return false;
        }
    }
    true
}

fn arrivals(study: &mut WatchedStudy) -> Result<Vec<ResultRow>, StoreError> {
    let store = Store::read(&study.store)?;
    let info = store.find(&study.id)?;
    let mut rows = Vec::new();
    for row in store.rows_from(&info, study.known.next)? {
        let row = row?;
        if study.known.add(row.position) {
            rows.push(row);
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    // A gap that is filled late must not be overlooked, and nothing may come twice.
    #[test]
    fn positions_are_new_once_in_whatever_order() {
        let mut known = KnownPositions::default();
        let new = [2, 0, 0, 1, 2, 5, 3].map(|position| known.add(position));
        assert_eq!(new, [true, true, false, true, false, true, true]);
        assert_eq!(known, KnownPositions { next: 4, beyond: BTreeSet::from([5]) });
    }
}
