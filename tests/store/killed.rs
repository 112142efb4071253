//! A process that is killed while it appends: what the file holds is a prefix of what was appended,
//! and nothing that was committed is missing. Commits come by themselves, at least every second.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::Duration;

use rand::RngExt;
use untrained::store::{FlushPolicy, ResultRow, Store, StudyInfo};

use crate::store::support::{Folder, child, child_file, quick, row, rows, setup};
use crate::support::watchdog::wait_until;

/// Kills with commits every 20 ms, at moments spread over many of them.
const KILLS: u64 = 50;
/// Kills with the usual pace, each after something was committed.
const SLOW_KILLS: u64 = 3;
/// What may be lost: the longest that rows wait for a commit.
const LOSS: Duration = Duration::from_secs(1);

/// Appends rows until it is killed, and says so after each.
fn append_forever(pace: FlushPolicy) {
    let Some(path) = child_file() else { return };
    let study = Store::open(&path).unwrap().begin(&setup(0), pace).unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "\nstudy {}", study.id()).unwrap();
    for position in 0.. {
        study.append(row(position)).unwrap();
        writeln!(out, "row {position}").unwrap();
        if position % 16 == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn child_that_appends_quickly() {
    append_forever(quick());
}

#[test]
fn child_that_appends() {
    append_forever(FlushPolicy::default());
}

/// Runs a child until something has happened, and kills it; the id of its study.
fn kill(test: &str, path: &Path, happened: impl FnOnce(&str)) -> String {
    let mut child = child(test, path);
    let out = BufReader::new(child.stdout.take().unwrap());
    let (sender, begun) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            if let Some(id) = line.strip_prefix("study ") {
                sender.send(id.to_owned()).unwrap();
            }
        }
    });
    let study = begun.recv().expect("no study was begun");
    happened(&study);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    study
}

/// Waits until a study has more committed rows; how many.
fn wait_for_commit(path: &Path, study: &str) -> u64 {
    let store = Store::read(path).unwrap();
    let committed = || store.find(study).map_or(0, |study| study.counts.total());
    wait_until("a commit", || committed() > 0);
    committed()
}

/// Whether rows are the first ones that a child appends, with all of their values.
fn is_prefix(rows: &[ResultRow]) -> bool {
    rows.iter().zip(0..).all(|(read, position)| {
        let mut expected = row(position);
        expected.time_ms = read.time_ms;
        *read == expected
    })
}

/// Checks what is left after a kill; how many rows that is.
fn check(path: &Path, study: &str) -> u64 {
    let store = Store::open(path).unwrap();
    let study: StudyInfo = store.find(study).unwrap();
    let kept = rows(&store, &study);
    assert!(is_prefix(&kept), "study {}", study.id);
    assert_eq!(study.counts.total(), kept.len() as u64);
    kept.len() as u64
}

#[test]
fn a_killed_process_leaves_a_prefix() {
    let folder = Folder::new();
    let path = folder.db();
    let mut rng = untrained::seed::stream(0, &["kills"]);
    let mut last = None;
    for _ in 0..KILLS {
        let after = Duration::from_millis(rng.random_range(0..150));
        let sleep = |_: &str| std::thread::sleep(after);
        let study = kill("store::killed::child_that_appends_quickly", &path, sleep);
        check(&path, &study);
        last = Some(study);
    }
    let connection = rusqlite::Connection::open(&path).unwrap();
    let text = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    let study = Store::read(&path).unwrap().find(&last.unwrap()).unwrap();
    assert!(["running", "killed"].contains(&study.standing()));
}

#[test]
fn a_killed_process_loses_nothing_that_was_committed() {
    let folder = Folder::new();
    let path = folder.db();
    let quickly = ("store::killed::child_that_appends_quickly", 1);
    let usual = ("store::killed::child_that_appends", SLOW_KILLS);
    for (test, kills) in [quickly, usual] {
        for _ in 0..kills {
            let mut committed = 0;
            let study = kill(test, &path, |study| committed = wait_for_commit(&path, study));
            let kept = check(&path, &study);
            assert!(committed > 0 && kept >= committed, "{kept} of {committed} rows are left");
        }
    }
    assert!(FlushPolicy::default().commit <= LOSS);
}

#[test]
fn a_gap_or_a_changed_row_is_no_prefix() {
    let whole: Vec<ResultRow> = (0..5).map(row).collect();
    assert!(is_prefix(&whole) && is_prefix(&whole[..2]) && is_prefix(&[]));
    assert!(!is_prefix(&whole[1..]));
    assert!(!is_prefix(&[whole[0].clone(), whole[2].clone()]));
    let mut changed = whole.clone();
    changed[3].record.units += 1;
    assert!(!is_prefix(&changed));
}
