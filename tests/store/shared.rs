//! Several processes and one study.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::Duration;

use untrained::plan::Count;
use untrained::score::{SCORES, ScoreSet};
use untrained::space::Space;
use untrained::store::{
    ClaimOutcome, ClaimRequest, FlushPolicy, ScoreKey, ScoreKeys, Store, StoreError, Study,
    StudyInfo, StudyState, WantedScores,
};
use untrained::weights::Initialisation;

use crate::store::support::{Folder, child, child_file, quick, refused, row, rows, setup};
use crate::support::watchdog::wait_until;

const PROCESSES: usize = 3;
pub(super) const PLACES: u64 = 150;
/// How many architectures are claimed at once.
const GROUP: u64 = 4;

fn key(index: u64) -> ScoreKey {
    let space = Space::builtin("nas-bench-201").unwrap();
    let keys = ScoreKeys::new(&space, "batch", &[1], Count::Paper, Initialisation::default());
    keys.of(&space.from_index(index).unwrap())
}

fn claim(study: &Study, position: u64) -> ClaimOutcome {
    let architecture = row(position).record.architecture;
    let want = ClaimRequest { position, architecture: &architecture, wanted: &[] };
    study.claim(&[want]).unwrap().remove(0)
}

/// Scores what it can claim of a study until every place has its result; the places it scored.
pub(super) fn work(study: &Study) -> Vec<u64> {
    let mut mine = Vec::new();
    let mut left: BTreeSet<u64> = (0..PLACES).collect();
    // Places that others are at are asked for again once nothing else is left.
    let mut taken = BTreeSet::new();
    while !left.is_empty() {
        let group: Vec<u64> = left.difference(&taken).copied().take(GROUP as usize).collect();
        if group.is_empty() {
            std::thread::sleep(Duration::from_millis(1));
            taken.clear();
            continue;
        }
        let texts: Vec<String> = group.iter().map(|&at| row(at).record.architecture).collect();
        let wants: Vec<ClaimRequest<'_>> = group
            .iter()
            .zip(&texts)
            .map(|(&position, architecture)| ClaimRequest { position, architecture, wanted: &[] })
            .collect();
        for (&position, claim) in group.iter().zip(study.claim(&wants).unwrap()) {
            match claim {
                ClaimOutcome::Mine => {
                    mine.push(position);
                    std::thread::sleep(Duration::from_millis(2));
                    study.append(row(position)).unwrap();
                    left.remove(&position);
                }
                ClaimOutcome::Taken => {
                    taken.insert(position);
                }
                ClaimOutcome::Done(_) | ClaimOutcome::Cached(_) => {
                    left.remove(&position);
                }
            }
        }
    }
    mine
}

#[test]
fn child_that_works() {
    let Some(path) = child_file() else { return };
    let store = Store::open(&path).unwrap();
    let info = store.list().unwrap().remove(0);
    let study = store.join(&info, quick()).unwrap();
    let mine: Vec<String> = work(&study).iter().map(u64::to_string).collect();
    study.finish(StudyState::Done).unwrap();
    writeln!(std::io::stdout(), "\nscored {}", mine.join(" ")).unwrap();
}

/// Several processes work on a new study of a store: each place is scored by one of them. `meanwhile` is called when
/// all have started.
pub(super) fn share_a_study(path: &Path, meanwhile: impl Fn(&Store, &StudyInfo)) {
    let store = Store::open(path).unwrap();
    let study = store.begin(&setup(PLACES), quick()).unwrap();
    let info = study.info().clone();
    let children: Vec<_> =
        (1..PROCESSES).map(|_| child("store::shared::child_that_works", path)).collect();
    wait_until("the start of every process", || {
        store.find(&info.id).unwrap().workers.len() == PROCESSES
    });
    meanwhile(&store, &info);
    let mut scored = vec![work(&study)];
    study.finish(StudyState::Done).unwrap();
    for mut child in children {
        let text = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("scored "));
        let line = line.expect("a child did not finish");
        scored.push(line.split_whitespace().map(|text| text.parse().unwrap()).collect());
        assert!(child.wait().unwrap().success());
    }
    let all: Vec<u64> = scored.concat();
    assert_eq!(all.len() as u64, PLACES, "scored twice or not at all: {scored:?}");
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), (0..PLACES).collect());
    assert!(scored.iter().filter(|mine| !mine.is_empty()).count() > 1, "one did it all");
    let info = store.find(&info.id).unwrap();
    assert_eq!(rows(&store, &info).len() as u64, PLACES);
    assert_eq!(info.standing(), "done");
}

#[test]
fn processes_that_share_a_study_score_everything_once() {
    share_a_study(&Folder::new().db(), |_, _| {});
}

#[test]
fn threads_that_share_a_study_score_everything_once() {
    let folder = Folder::new();
    let study = Store::open(&folder.db()).unwrap().begin(&setup(PLACES), quick()).unwrap();
    let scored: Vec<Vec<u64>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..PROCESSES)
            .map(|_| {
                scope.spawn(|| {
                    let store = Store::open(&folder.db()).unwrap();
                    work(&store.join(study.info(), quick()).unwrap())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(scored.concat().len() as u64, PLACES, "{scored:?}");
}

#[test]
fn a_claim_is_one_processs_until_its_result_is_there() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let one = store.begin(&setup(2), FlushPolicy::default()).unwrap();
    let two = store.join(one.info(), FlushPolicy::default()).unwrap();
    assert_eq!(claim(&one, 0), ClaimOutcome::Mine);
    assert_eq!(claim(&one, 0), ClaimOutcome::Mine, "it may ask twice");
    assert_eq!(claim(&two, 0), ClaimOutcome::Taken);
    assert_eq!(claim(&two, 1), ClaimOutcome::Mine);
    one.append(row(0)).unwrap();
    one.flush().unwrap();
    let ClaimOutcome::Done(done) = claim(&two, 0) else { panic!("the result is not seen") };
    assert_eq!(done.record, row(0).record);
    drop(two);
    assert_eq!(claim(&one, 1), ClaimOutcome::Mine, "what a process leaves behind is free");
    assert_eq!(store.find(one.id()).unwrap().standing(), "running", "one still works on it");
}

#[test]
fn equal_networks_are_scored_once_wherever_they_stand() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let one = store.begin(&setup(4), FlushPolicy::default()).unwrap();
    let two = store.join(one.info(), FlushPolicy::default()).unwrap();
    let ask = |study: &Study, position: u64| {
        let architecture = row(position).record.architecture;
        let wanted = [WantedScores { key: key(5), scores: ScoreSet::of(&SCORES[0]) }];
        let want = ClaimRequest { position, architecture: &architecture, wanted: &wanted };
        study.claim(&[want]).unwrap().remove(0)
    };
    assert_eq!(ask(&one, 0), ClaimOutcome::Mine);
    assert_eq!(ask(&one, 1), ClaimOutcome::Taken);
    assert_eq!(ask(&two, 2), ClaimOutcome::Taken);
    let mut result = row(0);
    result.key = Some(key(5));
    one.append(result.clone()).unwrap();
    let ClaimOutcome::Cached(found) = ask(&one, 1) else { panic!("not reused") };
    assert_eq!(found.record, result.record);
    let ClaimOutcome::Cached(_) = ask(&two, 2) else { panic!("not reused by another process") };
    let other = store.begin(&setup(9), FlushPolicy::default()).unwrap();
    let ClaimOutcome::Cached(_) = ask(&other, 0) else { panic!("not reused in another study") };
}

#[test]
fn processes_that_propose_different_architectures_are_told() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let one = store.begin(&setup(2), FlushPolicy::default()).unwrap();
    let two = store.join(one.info(), FlushPolicy::default()).unwrap();
    let want = |architecture| ClaimRequest { position: 0, architecture, wanted: &[] };
    assert_eq!(one.claim(&[want("a")]).unwrap(), [ClaimOutcome::Mine]);
    let words = ["position 0", "belongs to a, not to b", "same order"];
    refused(two.claim(&[want("b")]), &words);
    let mut result = row(0);
    result.record.architecture = "a".to_owned();
    one.append(result).unwrap();
    one.flush().unwrap();
    refused(two.claim(&[want("b")]), &words);
}

#[test]
fn child_that_claims_and_hangs() {
    claim_and_hang(quick());
}

#[test]
fn child_that_claims_and_hangs_for_long() {
    claim_and_hang(FlushPolicy { expiry: Duration::from_secs(3600), ..quick() });
}

fn claim_and_hang(policy: FlushPolicy) {
    let Some(path) = child_file() else { return };
    let store = Store::open(&path).unwrap();
    let study = store.join(&store.list().unwrap()[0], policy).unwrap();
    assert_eq!(claim(&study, 0), ClaimOutcome::Mine);
    let mut out = std::io::stdout();
    writeln!(out, "\nclaimed").unwrap();
    std::thread::sleep(Duration::from_secs(600));
}

/// A child that has claimed the first place of a study.
fn hanging(folder: &Folder) -> std::process::Child {
    run("store::shared::child_that_claims_and_hangs", folder)
}

fn run(test: &str, folder: &Folder) -> std::process::Child {
    let mut child = child(test, &folder.db());
    let out = BufReader::new(child.stdout.take().unwrap());
    let claimed = out.lines().map_while(Result::ok).any(|line| line == "claimed");
    assert!(claimed, "the child claimed nothing");
    child
}

/// When a process counts as killed unless it gives another heartbeat, in milliseconds since 1970.
fn expires(folder: &Folder, process: u32) -> i64 {
    let name = format!("process {process}");
    let database = rusqlite::Connection::open(folder.db()).unwrap();
    let select = "SELECT expires FROM worker WHERE name = ?1";
    database.query_row(select, [name], |row| row.get(0)).unwrap()
}

#[test]
fn what_a_killed_process_had_claimed_is_taken_over_after_a_while() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let study = store.begin(&setup(1), quick()).unwrap();
    let mut child = hanging(&folder);
    // It puts off its end for longer than it would have lived without heartbeats.
    let first = expires(&folder, child.id());
    let lifetime = i64::try_from(quick().expiry.as_millis()).unwrap();
    wait_until("heartbeats beyond the first expiry", || {
        expires(&folder, child.id()) > first + lifetime
    });
    assert_eq!(claim(&study, 0), ClaimOutcome::Taken);
    // As if it ran on another computer, of whose processes nothing is known.
    let database = rusqlite::Connection::open(folder.db()).unwrap();
    let mark = format!("0-{}", child.id());
    let name = format!("process {}", child.id());
    database.execute("UPDATE worker SET mark = ?1 WHERE name = ?2", [mark, name]).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(claim(&study, 0), ClaimOutcome::Taken, "it may still run");
    wait_until("the end of the killed process's claim", || claim(&study, 0) != ClaimOutcome::Taken);
    assert_eq!(claim(&study, 0), ClaimOutcome::Mine);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_process_of_this_computer_is_not_waited_for() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let study = store.begin(&setup(1), FlushPolicy::default()).unwrap();
    let test = "store::shared::child_that_claims_and_hangs_for_long";
    let mut child = run(test, &folder);
    assert_eq!(claim(&study, 0), ClaimOutcome::Taken);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(claim(&study, 0), ClaimOutcome::Mine, "its claim would last an hour");
    let info = study.info().clone();
    drop(study);
    let mut child = run(test, &folder);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(store.find(&info.id).unwrap().workers, Vec::<String>::new());
    let study = store.resume(&info, FlushPolicy::default()).unwrap();
    assert_eq!(claim(&study, 0), ClaimOutcome::Mine);
}

#[test]
fn a_study_that_is_written_is_not_resumed_but_one_of_a_killed_process_is() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let info = {
        let study = store.begin(&setup(1), quick()).unwrap();
        study.info().clone()
    };
    let mut child = hanging(&folder);
    let process = format!("process {}", child.id());
    let words = [&*process, "joining", &info.id];
    refused(store.resume(&info, quick()), &words);
    refused(store.delete(&info), &words);
    assert_eq!(store.find(&info.id).unwrap().workers, std::slice::from_ref(&process));
    child.kill().unwrap();
    child.wait().unwrap();
    let study = store.resume(&info, quick()).unwrap();
    assert_eq!(claim(&study, 0), ClaimOutcome::Mine, "the killed process's claim is free");
}

#[test]
fn a_study_that_is_deleted_while_it_is_written_is_an_error() {
    let folder = Folder::new();
    let store = Store::open(&folder.db()).unwrap();
    let study = store.begin(&setup(1), FlushPolicy::default()).unwrap();
    let connection = rusqlite::Connection::open(folder.db()).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = ON; DELETE FROM study").unwrap();
    study.append(row(0)).unwrap();
    let error = study.flush().unwrap_err();
    assert!(matches!(&error, StoreError::Gone(id) if id == study.id()), "{error}");
    let gone = store.resume(study.info(), FlushPolicy::default()).map(|_| ()).unwrap_err();
    assert!(matches!(gone, StoreError::Gone(_)), "{gone}");
}
