//! Files that are old, new, strange, damaged, locked or read-only.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use untrained::score::{SCORES, ScoreSet};
use untrained::store::{
    FlushPolicy, Store, StoreAccess, StoreError, StudyInfo, StudyState, WantedScores,
};

use crate::store::support::{Folder, filled, refused, row, rows, setup};

const SOON: Duration = Duration::from_millis(100);

fn version_1(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(include_str!("fixtures/version-1.sql")).unwrap();
}

/// The tables, indices and views of a file.
fn layout(path: &Path) -> Vec<(String, Option<String>)> {
    let connection = Connection::open(path).unwrap();
    let mut statement =
        connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
    let without_comments = |sql: String| {
        let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
        lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
    };
    let read = |row: &rusqlite::Row<'_>| {
        Ok((row.get(0)?, row.get::<_, Option<String>>(1)?.map(without_comments)))
    };
    statement.query_map([], read).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Checks what is in the file of version 1.
fn check_version_1(store: &Store) {
    let studies = store.list().unwrap();
    let ids: Vec<&str> = studies.iter().map(|study| &*study.id).collect();
    assert_eq!(ids, ["0a1b2c3d", "ffffffff"]);
    let standing: Vec<&str> = studies.iter().map(StudyInfo::standing).collect();
    assert_eq!(standing, ["done", "killed"]);
    assert_eq!(studies[0].setup.seed, u64::MAX);
    assert_eq!((studies[0].counts.total(), studies[0].best), (3, Some(1712.5)));
    let rows = rows(store, &studies[0]);
    let scores: Vec<f64> = rows.iter().map(|row| row.record.score).collect();
    assert_eq!(scores, [1712.5, f64::NEG_INFINITY, 1650.0]);
    assert_eq!(rows[1].canonical, "|a~0|");
    assert_eq!(rows[1].record.scores["accuracy"], 93.25);
    assert_eq!((&*rows[1].record.device, &*rows[1].record.version), ("Apple M2", "0.1.0"));
    let scores = ScoreSet::of(&SCORES[0]);
    let wanted = WantedScores { key: rows[0].key.unwrap(), scores };
    assert_eq!(store.cached(&[wanted]).unwrap(), Some(rows[0].clone()));
    assert_eq!(store.events(&studies[0]).unwrap().len(), 2);
}

#[test]
fn version_1_is_brought_to_the_present_version() {
    let folder = Folder::new();
    version_1(&folder.db());
    let store = Store::open(&folder.db()).unwrap();
    check_version_1(&store);
    Store::open(&folder.path("fresh.db")).unwrap();
    assert_eq!(layout(&folder.db()), layout(&folder.path("fresh.db")));
    let study = store.resume(&store.find("ff").unwrap(), FlushPolicy::default()).unwrap();
    study.append(row(0)).unwrap();
    study.finish(StudyState::Done).unwrap();
    check_version_1_again(&folder.db());
}

fn check_version_1_again(path: &Path) {
    let store = Store::open(path).unwrap();
    let study = store.find("ffffffff").unwrap();
    assert_eq!((study.standing(), rows(&store, &study).len()), ("done", 1));
}

#[test]
fn version_1_is_read_without_being_changed() {
    let folder = Folder::new();
    version_1(&folder.db());
    let before = std::fs::read(folder.db()).unwrap();
    check_version_1(&Store::read(&folder.db()).unwrap());
    assert_eq!(std::fs::read(folder.db()).unwrap(), before);
    let here = Store::open(&folder.path("here.db")).unwrap();
    let merged = here.merge(&Store::read(&folder.db()).unwrap()).unwrap();
    assert_eq!(merged.iter().map(|one| one.added).collect::<Vec<_>>(), [3, 0]);
    check_version_1(&here);
}

#[test]
fn two_processes_make_or_migrate_a_file_at_once() {
    for old in [false, true] {
        let folder = Folder::new();
        if old {
            version_1(&folder.db());
        }
        std::thread::scope(|scope| {
            let open = || Store::open(&folder.db()).map(|_| ()).unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
        assert_eq!(Store::read(&folder.db()).unwrap().list().unwrap().len(), 2 * usize::from(old));
    }
}

/// Asserts that a file is refused, to write and to read, and stays as it is.
fn left_alone(path: &Path, words: &[&str]) {
    let before = std::fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    for access in [StoreAccess::Create, StoreAccess::Write, StoreAccess::Read] {
        refused(Store::open_with(path, access, SOON), &[&[&*name], words].concat());
    }
    assert_eq!(std::fs::read(path).unwrap(), before);
}

#[test]
fn files_that_are_not_ours_are_left_alone() {
    let folder = Folder::new();
    let path = folder.path("newer.db");
    filled(&path, 1);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    left_alone(&path, &["newer version", "99", "choose another"]);
    let path = folder.path("foreign.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE bookmark (url)").unwrap();
    left_alone(&path, &["another program", "choose another"]);
    let path = folder.path("marked.db");
    let mark = "PRAGMA application_id = 77; CREATE TABLE x (y); DROP TABLE x";
    Connection::open(&path).unwrap().execute_batch(mark).unwrap();
    left_alone(&path, &["another program"]);
    let path = folder.path("results.csv");
    std::fs::write(&path, "architecture,score\n".repeat(1000)).unwrap();
    left_alone(&path, &["is not a study database", "choose another file"]);
    std::fs::write(&path, "short").unwrap();
    left_alone(&path, &["is not a study database"]);
}

#[test]
fn missing_and_empty_files() {
    let folder = Folder::new();
    let path = folder.db();
    refused(Store::read(&path), &["does not exist", "choose another"]);
    refused(Store::open_with(&path, StoreAccess::Write, SOON), &["does not exist"]);
    assert!(!path.exists());
    refused(Store::open(&folder.path("no/folder/studies.db")), &["folder exists"]);
    std::fs::create_dir(folder.path("folder.db")).unwrap();
    refused(Store::open(&folder.path("folder.db")), &["folder.db"]);
    std::fs::write(&path, "").unwrap();
    assert!(Store::read(&path).unwrap().list().unwrap().is_empty());
    assert_eq!(filled(&path, 2).1.len(), 2);
}

/// A file of one study whose bytes were changed; it was closed before.
fn damaged(change: impl FnOnce(&mut std::fs::File, u64)) -> (Folder, PathBuf, StudyInfo) {
    let folder = Folder::new();
    let (study, _) = filled(&folder.db(), 2000);
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    Connection::open(folder.db()).unwrap().query_row(checkpoint, [], |_| Ok(())).unwrap();
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(folder.db()).unwrap();
    let length = file.metadata().unwrap().len();
    change(&mut file, length);
    let path = folder.db();
    (folder, path, study)
}

fn read_all(path: &Path, study: &StudyInfo) -> Result<usize, StoreError> {
    let rows = Store::read(path)?.rows(study)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows.len())
}

#[test]
fn a_damaged_file_is_an_error_that_says_how_to_save_it() {
    let (_folder, path, study) = damaged(|_, _| {});
    assert_eq!(read_all(&path, &study).unwrap(), 2000);
    // Every page but the first few, which hold the schema and the study.
    let (_folder, path, study) = damaged(|file, length| {
        file.seek(SeekFrom::Start(length / 4)).unwrap();
        file.write_all(&vec![0xa5; (length / 2) as usize]).unwrap();
    });
    refused(read_all(&path, &study), &["studies.db is damaged", ".recover"]);
}

#[test]
fn a_truncated_file_is_an_error() {
    let (_folder, path, study) = damaged(|file, length| file.set_len(length / 2).unwrap());
    refused(read_all(&path, &study), &["studies.db is damaged"]);
    let (_folder, path, study) = damaged(|file, _| file.set_len(1000).unwrap());
    refused(read_all(&path, &study), &["studies.db is"]);
}

#[test]
fn a_header_of_garbage_is_no_store() {
    let (_folder, path, _) = damaged(|file, _| {
        let mut start = [0; 16];
        file.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"SQLite format 3\0");
        file.seek(SeekFrom::Start(0)).unwrap();
        file.write_all(b"SQLite format 4\0").unwrap();
    });
    left_alone(&path, &["is not a study database"]);
}

#[test]
fn a_locked_file_is_waited_for_and_then_an_error() {
    let folder = Folder::new();
    let (study, _) = filled(&folder.db(), 3);
    let other = Connection::open(folder.db()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store = Store::open_with(&folder.db(), StoreAccess::Write, SOON).unwrap();
    let words = ["locked by another program", "studies.db", "close"];
    refused(store.begin(&setup(1), FlushPolicy::default()).map(|_| ()), &words);
    refused(store.delete(&study), &words);
    // Readers are not in the way.
    assert_eq!(rows(&store, &study).len(), 3);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            other.execute_batch("COMMIT").unwrap();
        });
        let patient = Store::open(&folder.db()).unwrap();
        patient.begin(&setup(1), FlushPolicy::default()).unwrap();
    });
}

#[test]
fn rows_that_meet_a_lock_are_kept_and_written_later() {
    let folder = Folder::new();
    let store = Store::open_with(&folder.db(), StoreAccess::Create, SOON).unwrap();
    let study = store.begin(&setup(1), FlushPolicy::default()).unwrap();
    let other = Connection::open(folder.db()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    study.append(row(0)).unwrap();
    refused(study.flush(), &["locked by another program"]);
    other.execute_batch("COMMIT").unwrap();
    study.append(row(1)).unwrap();
    study.flush().unwrap();
    assert_eq!(rows(&store, study.info()).len(), 2);
}

#[test]
fn names_with_a_meaning_elsewhere_are_names() {
    let folder = Folder::new();
    let names: &[&str] = if cfg!(windows) {
        &["with space.db", "ä%41#b.db", "it's.db"]
    } else {
        &[
            "with space.db",
            "ä%41#b?mode=memory.db",
            "it's.db",
            ":memory:",
            "file:x.db",
            "back\\slash",
        ]
    };
    for name in names {
        let path = folder.path(name);
        let (study, _) = filled(&path, 2);
        assert!(path.is_file(), "{name}");
        assert_eq!(rows(&Store::read(&path).unwrap(), &study).len(), 2, "{name}");
    }
}

// A name is that of a study, and goes with it into another file.
#[test]
fn studies_have_names_and_notes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("a.db")).unwrap();
    let setup = untrained::store::StudySetup::new(serde_json::json!({}), "batch");
    drop(store.begin(&setup, FlushPolicy::default()).unwrap());
    let study = store.list().unwrap().remove(0);
    assert_eq!((study.name.as_str(), study.note.as_str()), ("", ""));
    store.set_label(&study, "first", "with few images").unwrap();
    let other = Store::open(&folder.path().join("b.db")).unwrap();
    other.merge(&store).unwrap();
    for one in [&store, &other] {
        let study = one.find(&study.id).unwrap();
        assert_eq!((study.name.as_str(), study.note.as_str()), ("first", "with few images"));
    }
    store.delete(&study).unwrap();
    assert!(store.set_label(&study, "gone", "").is_err());
}
