//! Jobs whose process is killed again and again and that come to the same end all the same.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use untrained::backend::Cancel;
use untrained::job::{self, JobConfig, Options, SearchOptions, StoreLocation, StudyMode, Task};
use untrained::store::{FlushPolicy, ResultRow, Store, StoreError};

use crate::support::watchdog::wait_until;

/// The variable by which a child process knows its file.
const CHILD: &str = "UNTRAINED_TEST_KILLED";
/// How often a job is killed.
const KILLS: usize = 50;
/// Architectures of the job; too many for the time until it was killed so often.
const SAMPLES: u64 = 4000;

/// A search that takes about a millisecond for a network and learns from what it has scored.
pub fn config(store: &Path, samples: u64) -> JobConfig {
    let options = Options {
        batch_size: Some(8),
        device: "cpu".to_owned(),
        set: ["skeleton.cells=1", "skeleton.channels=4"].map(|set| set.parse().unwrap()).to_vec(),
        ..Options::default()
    };
    let search = SearchOptions {
        samples: Some(samples),
        strategy: untrained::search::StrategyKind::Evolution,
        ..SearchOptions::default()
    };
    JobConfig {
        store: Some(StoreLocation::File(store.to_owned())),
        // A killed process is known as such after half a second.
        pace: FlushPolicy {
            commit: Duration::from_millis(20),
            rows: 64,
            expiry: Duration::from_millis(500),
        },
        ..JobConfig::new(options, Task::Search(Box::new(search)))
    }
}

#[test]
fn child_that_searches() {
    let Some(path) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let mut config = config(&path, SAMPLES);
    let studies = Store::open(&path).unwrap().list().unwrap();
    if let Some(study) = studies.first() {
        config.study = StudyMode::Resume(study.id.clone());
    }
    job::run(&config, &Cancel::new(), &mut |_| {}).unwrap();
}

fn child(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed_jobs::child_that_searches", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn rows(path: &Path) -> Vec<ResultRow> {
    let store = Store::read(path).unwrap();
    let studies = store.list().unwrap();
    assert_eq!(studies.len(), 1, "a resumed study is no new one");
    store.rows(&studies[0]).unwrap().collect::<Result<_, StoreError>>().unwrap()
}

/// How many results the study has; 0 before there is one.
fn total(path: &Path) -> u64 {
    let Ok(store) = Store::read(path) else { return 0 };
    store.list().unwrap().first().map_or(0, |study| study.counts.total())
}

/// All of a row but time, place and the moment.
fn outcome(row: &ResultRow) -> (u64, String, String, u64, u64, u64, Option<u64>) {
    let record = &row.record;
    let status = record.status.name().to_owned();
    let (score, value) = (record.score.to_bits(), record.rank_score().to_bits());
    let regions = record.regions.map(f64::to_bits);
    (row.position, record.architecture.clone(), status, score, value, record.units, regions)
}

#[test]
fn a_job_that_is_killed_fifty_times_ends_as_one_that_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (killed, whole) = (folder.path().join("killed.db"), folder.path().join("whole.db"));
    let mut before = 0;
    let mut interrupted = 0;
    for kill in 0..KILLS {
        let mut child = child(&killed);
        // Any moment from the first: a start, a wait for a killed one, a search under way. Every
        // fourth is killed as soon as it is there, the others once they have written some results.
        let results = (kill % 4 * 5) as u64;
        if results > 0 {
            let is_over = |child: &mut Child| child.try_wait().unwrap().is_some();
            wait_until("results of this process", || {
                total(&killed) >= before + results || is_over(&mut child)
            });
        }
        child.kill().unwrap();
        let status = child.wait().unwrap();
        interrupted += usize::from(!status.success());
        let now = total(&killed);
        assert!(now >= before, "results of an earlier process are gone");
        before = now;
    }
    assert!(interrupted > KILLS / 2, "it was finished after {} kills", interrupted);
    assert!(child(&killed).wait().unwrap().success());
    let summary = job::run(&config(&whole, SAMPLES), &Cancel::new(), &mut |_| {}).unwrap();
    assert_eq!(summary.counts.total(), SAMPLES);
    let (killed, whole) = (rows(&killed), rows(&whole));
    assert_eq!(killed.len() as u64, SAMPLES);
    for (killed, whole) in killed.iter().zip(&whole) {
        assert_eq!(outcome(killed), outcome(whole));
    }
    // The control: other rows are told apart.
    assert_ne!(outcome(&killed[0]), outcome(&whole[1]));
}
