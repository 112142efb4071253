//! Studies and rows to test with, and this test program as a child process.

#![allow(dead_code, reason = "another test program uses a part of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use untrained::store::{
    Draws, FlushPolicy, Record, ResultRow, SpaceSnapshot, Status, Store, StoreError, StudyInfo,
    StudySetup,
};

/// A folder with a store's name in it.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn db(&self) -> PathBuf {
        self.path("studies.db")
    }
}

/// Signs of life often enough for tests that wait for a process to expire.
pub fn quick() -> FlushPolicy {
    FlushPolicy {
        commit: Duration::from_millis(20),
        rows: 4096,
        expiry: Duration::from_millis(600),
    }
}

/// What a job of some size is.
pub fn setup(samples: u64) -> StudySetup {
    let job = serde_json::json!({
        "options": { "batch-size": 128, "seed": u64::MAX, "mean": null, "set": [] },
        "task": { "search": { "samples": samples } },
    });
    let space = SpaceSnapshot {
        id: "nas-bench-201".to_owned(),
        fingerprint: "ab".repeat(32),
        text: Some("text".to_owned()),
    };
    StudySetup {
        space: Some(space),
        seed: u64::MAX,
        weight_seeds: vec![u64::MAX, 1],
        device: "a device".to_owned(),
        driver: "a driver".to_owned(),
        ..StudySetup::new(job, &"cd".repeat(32))
    }
}

/// Rows of every kind: each status, values at the ends of their ranges, texts that need quoting.
pub fn row(position: u64) -> ResultRow {
    let status = Status::ALL[(position % 4) as usize];
    let record = Record {
        architecture: format!("|op~{position}|, \"quoted\"\n'ä'"),
        score: match status {
            Status::Ok => 1000.0 + 1.0 / (position + 3) as f64,
            Status::Disconnected if position % 8 == 2 => 12.5,
            _ => f64::NEG_INFINITY,
        },
        sd: position.is_multiple_of(3).then_some(0.1 + 0.2),
        status,
        params: position * 1_000_003,
        macs: i64::MAX as u64,
        units: position,
        seconds: 1e-9 * position as f64,
        layers: position % 20,
        regions: position.is_multiple_of(2).then_some(127.5),
        accuracy: (position % 3 == 1).then_some(93.25),
        index: (!position.is_multiple_of(5)).then_some(position * position),
        seed: u64::MAX,
        repeats: 2,
        device: format!("device {}", position % 2),
        driver: String::new(),
        version: "0.0.1".into(),
        value: match status {
            Status::Ok => 1000.0 + 1.0 / (position + 3) as f64,
            _ => f64::NEG_INFINITY,
        },
        message: (status == Status::Failed).then(|| "it is, \"they\" say, too large".to_owned()),
        draws: match position % 4 {
            1 => Draws([("naswot".to_owned(), vec![1.5, 0.1 + 0.2])].into()),
            _ => Draws::default(),
        },
        scores: BTreeMap::new(),
    };
    let mut row = ResultRow::new(position, record);
    row.told = position.is_multiple_of(11).then_some(0.5);
    if position.is_multiple_of(7) {
        row.canonical = "another text".to_owned();
    }
    row.record.scores = match position % 3 {
        0 => BTreeMap::new(),
        1 => BTreeMap::from([("synflow".to_owned(), 0.1), ("accuracy".to_owned(), 93.25)]),
        _ => BTreeMap::from([("synflow".to_owned(), f64::INFINITY)]),
    };
    row
}

/// A study of the first `count` rows in a new or existing file; what was appended.
pub fn filled(path: &Path, count: u64) -> (StudyInfo, Vec<ResultRow>) {
    let study = Store::open(path).unwrap().begin(&setup(count), FlushPolicy::default()).unwrap();
    let rows: Vec<ResultRow> = (0..count).map(row).collect();
    for row in &rows {
        study.append(row.clone()).unwrap();
    }
    let id = study.id().to_owned();
    study.finish(untrained::store::StudyState::Done).unwrap();
    (Store::read(path).unwrap().find(&id).unwrap(), rows)
}

/// All rows of a study.
pub fn rows(store: &Store, study: &StudyInfo) -> Vec<ResultRow> {
    store.rows(study).unwrap().collect::<Result<_, StoreError>>().unwrap()
}

/// An error with its causes.
pub fn message(error: &dyn std::error::Error) -> String {
    untrained::job::chain(error)
}

/// Asserts that something fails with a message that holds all of `words`.
pub fn refused<T>(result: Result<T, StoreError>, words: &[&str]) {
    let message = message(&result.err().expect("it was accepted"));
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
}

/// The name of the variable by which a child knows its file.
const CHILD: &str = "UNTRAINED_TEST_STORE";

/// The file that a test is to work on if it runs as a child process; else `None`, and it has nothing
/// to do.
pub fn child_file() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

/// This test program running one test as a child process, its output to be read.
pub fn child(test: &str, file: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(CHILD, file)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}
