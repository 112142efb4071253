//! A process that is killed while it appends: what the file holds is a prefix of what was appended,
//! and nothing older than a second is missing.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rand::RngExt;
use untrained::store::{FlushPolicy, ResultRow, Store, StudyInfo};

use crate::store::support::{Folder, child, child_file, quick, row, rows, setup};

/// Kills with commits every 20 ms, at moments spread over many of them.
const KILLS: u64 = 50;
/// Kills with the usual pace, late enough for something to be a second old.
const SLOW_KILLS: u64 = 3;
/// What may be lost.
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

/// What a child said until it was killed.
struct Killed {
    study: String,
    /// When each row was appended, as far before the kill.
    ages: Vec<Duration>,
}

fn kill(test: &str, path: &Path, after: Duration) -> Killed {
    let mut child = child(test, path);
    let out = BufReader::new(child.stdout.take().unwrap());
    let (sender, begun) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut study = None;
        let mut times = Vec::new();
        for line in out.lines().map_while(Result::ok) {
            if let Some(id) = line.strip_prefix("study ") {
                study = Some(id.to_owned());
                sender.send(()).unwrap();
            } else if line == format!("row {}", times.len()) {
                times.push(Instant::now());
            }
        }
        (study.expect("no study was begun"), times)
    });
    begun.recv().unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    let at = Instant::now();
    child.wait().unwrap();
    let (study, times) = reader.join().unwrap();
    Killed {
        study,
        ages: times.into_iter().map(|time| at.saturating_duration_since(time)).collect(),
    }
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
fn check(path: &Path, killed: &Killed) -> usize {
    let store = Store::open(path).unwrap();
    let study: StudyInfo = store.find(&killed.study).unwrap();
    let kept = rows(&store, &study);
    assert!(is_prefix(&kept), "study {}", study.id);
    assert_eq!(study.counts.total(), kept.len() as u64);
    let old = killed.ages.iter().filter(|&&age| age > LOSS).count();
    assert!(kept.len() >= old, "{} of {old} rows older than a second are left", kept.len());
    kept.len()
}

#[test]
fn a_killed_process_leaves_a_prefix() {
    let folder = Folder::new();
    let path = folder.db();
    let mut rng = untrained::seed::stream(0, &["kills"]);
    let mut kept = 0;
    let mut last = None;
    for _ in 0..KILLS {
        let after = Duration::from_millis(rng.random_range(0..150));
        let killed = kill("store::killed::child_that_appends_quickly", &path, after);
        kept += check(&path, &killed);
        last = Some(killed);
    }
    // Commits every 20 ms must have saved something in 75 ms on average.
    assert!(kept > 0);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let text = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    let killed = last.unwrap();
    let study = Store::read(&path).unwrap().find(&killed.study).unwrap();
    assert!(["running", "killed"].contains(&study.standing()));
}

#[test]
fn a_killed_process_loses_at_most_a_second() {
    let folder = Folder::new();
    let mut rng = untrained::seed::stream(1, &["kills"]);
    for _ in 0..SLOW_KILLS {
        let after = Duration::from_millis(rng.random_range(1500..2500));
        let killed = kill("store::killed::child_that_appends", &folder.db(), after);
        let old = killed.ages.iter().filter(|&&age| age > LOSS).count();
        assert!(old > 0, "the child was too slow to lose anything");
        check(&folder.db(), &killed);
    }
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
