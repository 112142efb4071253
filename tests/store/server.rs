//! Studies on a PostgreSQL server: the same as in a file, whatever happens to the server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use untrained::backend::Cancel;
use untrained::job::{self, Event, JobConfig, JobError, StudyMode};
use untrained::store::{
    ExportRows, FlushPolicy, Remark, ResultRow, Store, StoreError, StudyState, export,
};

use super::shared::{PLACES, share_a_study, work};
use super::support::{Folder, child, filled, message, quick, refused, row, rows, setup};
use crate::killed_jobs;
use crate::support::postgres::Server;
use crate::support::watchdog::wait_until;

/// Texts of all numbers, for those that are not equal to themselves.
fn texts(rows: &[ResultRow]) -> Vec<String> {
    rows.iter().map(|row| format!("{row:?}")).collect()
}

#[test]
fn a_server_keeps_what_a_file_keeps_to_the_bit() {
    const ROWS: u64 = 1500;
    let Some(server) = Server::start() else { return };
    let (folder, path) = (Folder::new(), server.database("kept"));
    let (study, appended) = filled(&path, ROWS);
    let (in_file, _) = filled(&folder.db(), ROWS);
    let (store, file) = (Store::read(&path).unwrap(), Store::read(&folder.db()).unwrap());
    assert_eq!(texts(&rows(&store, &study)), texts(&appended));
    assert_eq!((study.counts, study.best), (in_file.counts, in_file.best));
    assert_eq!(study.setup, in_file.setup);
    let best = |store: &Store, study| {
        let best = store.best(study, 20).unwrap();
        best.into_iter().map(|row| (row.position, row.record)).collect::<Vec<_>>()
    };
    assert_eq!(best(&store, &study), best(&file, &in_file));
    assert_eq!(store.score_names(&study).unwrap(), file.score_names(&in_file).unwrap());
    let kinds = |store: &Store, study| {
        let events = store.events(study).unwrap();
        events.into_iter().map(|event| (event.kind, event.text)).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&store, &study), kinds(&file, &in_file));
    refused(store.find("zzz"), &["no study", &study.id]);

    // What people note.
    let writer = Store::open(&path).unwrap();
    let remark = Remark { marked: true, note: "a \u{1f600} 'note'".to_owned() };
    let remarks = BTreeMap::from([(appended[3].record.architecture.clone(), remark.clone())]);
    writer.set_remarks(&study, &remarks).unwrap();
    writer.set_label(&study, "a name", "a note").unwrap();
    assert_eq!(store.remarks(&study).unwrap(), remarks);
    let study = store.find(&study.id[..5]).unwrap();
    assert_eq!((&*study.name, &*study.note), ("a name", "a note"));
    assert_eq!(rows(&store, &study)[3].remark, remark);

    // To a file, and to another server: the same again.
    let out = |name: &str| folder.path(name);
    let count = export(&store, &study, ExportRows::All, &out("server.jsonl"), false).unwrap();
    assert_eq!(count, ROWS);
    let copy = Store::open(&folder.path("copy.db")).unwrap();
    assert_eq!(copy.merge(&store).unwrap()[0].added, ROWS);
    let back = Store::open(&server.database("back")).unwrap();
    assert_eq!(back.merge(&copy).unwrap()[0].added, ROWS);
    for other in [&copy, &back] {
        let found = other.find(&study.id).unwrap();
        assert_eq!(texts(&rows(other, &found)), texts(&rows(&store, &study)));
        assert_eq!(
            (found.counts, found.best, &found.name),
            (study.counts, study.best, &study.name)
        );
    }
    export(&copy, &copy.list().unwrap()[0], ExportRows::All, &out("copy.jsonl"), false).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path(name)).unwrap();
    assert_eq!(read("server.jsonl"), read("copy.jsonl"));
    assert_eq!(back.merge(&copy).unwrap()[0].added, 0, "it was there");
    refused(back.merge(&Store::read(back.path()).unwrap()), &["into itself"]);

    // The view, for readers of the database.
    let sum =
        server.sql("kept", "SELECT count(*), count(score), min(seed) FROM untrained.v_result");
    assert_eq!(sum.unwrap(), format!("{ROWS}|{}|{}", ROWS / 2 - ROWS / 8, u64::MAX));
    writer.delete(&study).unwrap();
    assert!(store.list().unwrap().is_empty());
    assert_eq!(server.sql("kept", "SELECT count(*) FROM untrained.result").unwrap(), "0");
}

#[test]
fn processes_that_share_a_study_on_a_server_score_everything_once() {
    let Some(server) = Server::start() else { return };
    let path = server.database("shared");
    // All make the tables at once.
    std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(|| Store::open(&path).map(drop).unwrap())));
    });
    share_a_study(&path, |store, info| {
        refused(store.resume(&store.find(&info.id).unwrap(), quick()), &["is being written by"]);
    });
    let left = "SELECT count(*) FROM untrained.claim";
    assert_eq!(server.sql("shared", left).unwrap(), "0", "claims are left");
}

#[test]
fn what_a_killed_process_had_claimed_is_another_ones() {
    let Some(server) = Server::start() else { return };
    let path = server.database("killed");
    let store = Store::open(&path).unwrap();
    let study = store.begin(&setup(PLACES), quick()).unwrap();
    let mut child = child("store::shared::child_that_works", &path);
    let claimed = || server.sql("killed", "SELECT count(DISTINCT worker) FROM untrained.claim");
    wait_until("a claim of the other process", || claimed().unwrap() != "0");
    child.kill().unwrap();
    child.wait().unwrap();
    work(&study);
    let info = study.info().clone();
    study.finish(StudyState::Done).unwrap();
    assert_eq!(rows(&store, &info).len() as u64, PLACES);
    assert_eq!(store.find(&info.id).unwrap().counts.total(), PLACES);
}

/// A search that learns from what it has scored. A process counts as killed after as long as in a real job, since a
/// server takes a while to start.
fn search(store: &Path, samples: u64) -> JobConfig {
    let mut job = killed_jobs::config(store, samples);
    job.pace.expiry = FlushPolicy::default().expiry;
    job
}

/// All of a row but time, place and the moment.
fn outcome(row: &ResultRow) -> (u64, String, String, u64, u64) {
    let record = &row.record;
    let (score, value) = (record.score.to_bits(), record.rank_score().to_bits());
    (row.position, record.architecture.clone(), record.status.name().to_owned(), score, value)
}

/// How many results of the only study a server has; `None` where it does not answer.
fn total(path: &Path) -> Option<u64> {
    let store = Store::read(path).ok()?;
    Some(store.list().ok()?.first()?.counts.total())
}

#[test]
fn a_search_goes_on_after_its_server_was_killed_and_nothing_is_lost_or_scored_twice() {
    const SAMPLES: u64 = 400;
    const KILLS: u64 = 2;
    let Some(mut server) = Server::start() else { return };
    let path = server.database("search");
    let config = search(&path, SAMPLES);
    let run = std::thread::spawn(move || {
        let (mut warnings, mut scored) = (Vec::new(), 0);
        let summary = job::run(&config, &Cancel::new(), &mut |event| match event {
            Event::Warning(text) => warnings.push(text),
            Event::Scored { .. } => scored += 1,
            _ => {}
        });
        (summary.map_err(|error| message(&error)), warnings, scored)
    });
    for kill in 1..=KILLS {
        wait_until("results", || total(&path).is_some_and(|total| total >= kill * SAMPLES / 8));
        server.kill();
        std::thread::sleep(Duration::from_millis(300));
        server.restart();
    }
    let (summary, warnings, scored) = run.join().unwrap();
    let summary = summary.unwrap();
    assert_eq!(summary.counts.total(), SAMPLES);
    assert_eq!(scored, SAMPLES, "a result was told twice or not at all");
    let told: Vec<_> = warnings.iter().filter(|text| text.contains("cannot reach")).collect();
    assert!(
        !told.is_empty() && told.iter().all(|text| text.contains("nothing is lost")),
        "{warnings:?}"
    );
    let store = Store::read(&path).unwrap();
    let studies = store.list().unwrap();
    assert_eq!((studies.len(), studies[0].counts.total()), (1, SAMPLES));
    assert_eq!(studies[0].standing(), "done");
    let folder = Folder::new();
    job::run(&search(&folder.db(), SAMPLES), &Cancel::new(), &mut |_| {}).unwrap();
    let whole = Store::read(&folder.db()).unwrap();
    let whole = rows(&whole, &whole.list().unwrap()[0]);
    let killed = rows(&store, &studies[0]);
    assert_eq!(killed.len(), whole.len());
    for (killed, whole) in killed.iter().zip(&whole) {
        assert_eq!(outcome(killed), outcome(whole));
    }
}

#[test]
fn results_that_a_server_can_no_longer_take_are_saved_and_can_be_added() {
    let Some(mut server) = Server::start() else { return };
    let path = server.database("gone");
    let pace = FlushPolicy { expiry: Duration::from_millis(50), ..quick() };
    let study = Store::open(&path).unwrap().begin(&setup(20), pace).unwrap();
    let id = study.id().to_owned();
    (0..10).for_each(|position| study.append(row(position)).unwrap());
    study.flush().unwrap();
    server.kill();
    (10..20).for_each(|position| {
        // The writer may have noticed.
        let _ = study.append(row(position));
    });
    let error = study.finish(StudyState::Done).unwrap_err();
    let told = message(&error);
    let StoreError::Unreachable { saved: Some(saved), results: 10, .. } = error else {
        panic!("{told}")
    };
    assert!(told.contains("merge") && told.contains(&*saved.to_string_lossy()), "{told}");
    server.restart();
    let store = Store::open(&path).unwrap();
    assert_eq!(store.find(&id).unwrap().counts.total(), 10);
    let merged = store.merge(&Store::read(&saved).unwrap()).unwrap();
    std::fs::remove_file(&saved).unwrap();
    assert_eq!((merged.len(), merged[0].added, &merged[0].to), (1, 10, &id));
    let found = store.find(&id).unwrap();
    assert_eq!(found.counts.total(), 20);
    for (position, row) in rows(&store, &found).iter().enumerate() {
        assert_eq!(row.record, super::support::row(position as u64).record);
    }
}

#[test]
fn a_server_that_cannot_be_used_says_why_and_what_to_do() {
    let Some(mut server) = Server::start() else { return };
    let open = |path: &Path| Store::open(path);
    let down: PathBuf = "postgres://untrained@127.0.0.1:1/x".into();
    refused(open(&down), &["cannot reach the database server", "127.0.0.1:1/x", "refused"]);
    refused(open(&server.address("untrained", "none")), &["no such database", "createdb"]);
    refused(open(&server.address("stranger", "postgres")), &["refused the user", "PGPASSFILE"]);

    let empty = server.database("empty");
    refused(Store::read(&empty).map(drop), &["holds no studies yet"]);
    assert_eq!(
        server.sql("empty", "SELECT to_regnamespace('untrained')").unwrap(),
        "",
        "read only"
    );

    let foreign = server.database("other_one");
    server.sql("other_one", "CREATE SCHEMA untrained; CREATE TABLE untrained.t (a int)").unwrap();
    refused(open(&foreign), &["another program's", "choose another database"]);
    server.sql("other_one", "CREATE TABLE untrained.store (a int)").unwrap();
    refused(open(&foreign), &["another program's"]);

    let newer = server.database("newer");
    filled(&newer, 3);
    server.sql("newer", "UPDATE untrained.store SET version = 99").unwrap();
    for result in [open(&newer), Store::read(&newer)] {
        refused(result, &["newer version of this program", "format 99"]);
    }
    server.sql("newer", "UPDATE untrained.store SET version = 5").unwrap();
    assert_eq!(total(&newer), Some(3), "it was changed");

    // Readers need to read only; whoever may not write is told so.
    server
        .sql(
            "newer",
            "CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA untrained TO reader; \
                         GRANT SELECT ON ALL TABLES IN SCHEMA untrained TO reader",
        )
        .unwrap();
    let reader = server.address("reader", "newer");
    assert_eq!(total(&reader), Some(3));
    let begun = open(&reader).unwrap().begin(&setup(1), quick());
    refused(begun.map(drop), &["may not do this"]);

    // A job says it at once as well: there is nothing yet that it could lose.
    server.kill();
    match job::run(&search(&newer, 10), &Cancel::new(), &mut |_| {}) {
        Err(JobError::Store(StoreError::Lost { .. })) => {}
        other => panic!("{other:?}"),
    }
    server.restart();
    let mut resumed = search(&newer, 10);
    resumed.study = StudyMode::Resume("zzz".to_owned());
    assert!(job::run(&resumed, &Cancel::new(), &mut |_| {}).is_err());
}
