//! Searches that wait, queue, are stopped with their window, or run in another process.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use egui_kittest::kittest::Queryable;
use untrained::backend::Cancel;
use untrained::job::{JobConfig, StoreLocation, run};
use untrained::store::{Remark, Store};

use crate::support::{Window, job, shows, with_job};

fn results(window: &Window) -> u64 {
    let Ok(store) = Store::read(&window.path("studies.db")) else { return 0 };
    store.list().unwrap().iter().map(|study| study.counts.total()).sum()
}

/// Waits until the process of the search tells again that it is alive, and writes what it has.
fn next_heartbeat(window: &mut Window) {
    let database = rusqlite::Connection::open(window.path("studies.db")).unwrap();
    let expires = || -> i64 {
        database.query_row("SELECT max(expires) FROM worker", [], |row| row.get(0)).unwrap()
    };
    let last = expires();
    window.until("a heartbeat", |_| expires() > last);
}

fn started(samples: u64) -> Window {
    let mut window = with_job(samples);
    window.see("Set up a search");
    window.press("Start search");
    window.see("Running");
    let begin = Instant::now();
    while results(&window) == 0 {
        window.harness.step();
        assert!(begin.elapsed() < Duration::from_secs(60), "no result comes");
    }
    window
}

#[test]
fn a_paused_search_scores_nothing_until_it_goes_on() {
    let mut window = started(100_000);
    window.press("Pause / Resume");
    window.see("Paused");
    // What was under way is written with one of the next two heartbeats, since one may just have been due.
    // From then to the next nothing comes, though the search is alive.
    next_heartbeat(&mut window);
    next_heartbeat(&mut window);
    let before = results(&window);
    next_heartbeat(&mut window);
    assert_eq!(results(&window), before);
    window.press("Pause / Resume");
    window.see("Running");
    let begin = Instant::now();
    while results(&window) <= before {
        window.harness.step();
        assert!(begin.elapsed() < Duration::from_secs(60), "it does not go on");
    }
    window.press("Pause / Resume");
    window.see("Paused");
    window.press("Stop search");
    window.see("Stopped");
}

#[test]
fn searches_wait_for_each_other() {
    let mut window = started(5000);
    window.press("Set up");
    window.press("Add to queue");
    window.press("Run");
    window.see("1 waiting:");
    window.press("Remove nas-bench-201 from the queue");
    assert!(!shows(&window.harness, "waiting:"));
    window.press("Set up");
    window.press("Add to queue");
    // A search that is stopped holds the queue.
    window.press("Run");
    window.press("Stop search");
    window.see("Stopped");
    window.press("Start next");
    window.see("Running");
    window.press("Stop search");
    window.see("Stopped");
    assert_eq!(Store::read(&window.path("studies.db")).unwrap().list().unwrap().len(), 2);
}

#[test]
fn a_search_that_is_done_is_followed_by_the_next() {
    let mut window = started(300);
    window.press("Set up");
    window.press("Add to queue");
    window.until("both", |harness| {
        shows(harness, "300/300") || harness.query_by_label("Add to queue").is_none()
    });
    window.press("Studies");
    window.until("two studies that are done", |harness| {
        harness.query_all_by_label("done").count() == 2
    });
}

#[test]
fn a_window_that_is_closed_asks_and_its_study_can_be_resumed() {
    let mut window = started(100_000);
    assert!(window.close(), "it closes without a question");
    window.see("A search is running");
    window.press("Keep running");
    assert!(!shows(&window.harness, "A search is running"));
    assert!(window.close());
    window.press("Stop and close");
    window.until("the end", |harness| !shows(harness, "A search is running"));
    let store = Store::read(&window.path("studies.db")).unwrap();
    let study = store.list().unwrap().remove(0);
    assert_eq!(study.standing(), "interrupted");
    assert!(study.counts.total() > 0);
}

#[test]
fn a_window_without_a_search_closes_at_once() {
    let mut window = Window::new(None);
    assert!(!window.close());
}

/// A search of another program appears while it runs, and its results come by themselves.
#[test]
fn a_study_of_another_process_is_followed() {
    let mut window = Window::new(None);
    window.press("Studies");
    window.see("No studies yet");
    let path = job(window.folder.path(), 100_000);
    let mut other = JobConfig::load(path.as_ref()).unwrap();
    // Large enough networks that the search goes on while the test looks.
    other.options.set.clear();
    other.options.batch_size = Some(64);
    other.store = Some(StoreLocation::File(window.path("studies.db")));
    let cancel = std::sync::Arc::new(Cancel::new());
    let request = cancel.clone();
    let thread = std::thread::spawn(move || run(&other, &request, &mut |_| {}).unwrap());
    window.see("running");
    window.press("Show");
    window.see("study ");
    let rows = |window: &Window| {
        let texts = window.texts();
        let found = texts.iter().find_map(|text| text.split_once(" of ")?.1.strip_suffix(" rows"));
        found.map(|count| count.replace(',', "").parse::<u64>().unwrap()).unwrap_or_default()
    };
    window.until("rows", |harness| !shows(harness, " of 0 rows") && shows(harness, " rows"));
    let first = rows(&window);
    let begin = Instant::now();
    while rows(&window) <= first {
        window.harness.step();
        std::thread::sleep(Duration::from_millis(10));
        assert!(begin.elapsed() < Duration::from_secs(60), "no row was added");
    }
    cancel.cancel();
    thread.join().unwrap();
    // What was scored while the search was stopped is in the study as well.
    let all = results(&window);
    let begin = Instant::now();
    while rows(&window) != all {
        window.harness.step();
        std::thread::sleep(Duration::from_millis(10));
        assert!(begin.elapsed() < Duration::from_secs(60), "{} of {all} rows", rows(&window));
    }
}

#[test]
fn a_study_whose_space_file_has_vanished_is_shown_and_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let space = folder.path().join("own.toml");
    let text = untrained::space::Space::builtin_text("nas-bench-201").unwrap();
    std::fs::write(&space, text).unwrap();
    let path = job(folder.path(), 8);
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("[options]", &format!("[options]\nspace = {space:?}"));
    std::fs::write(&path, text).unwrap();
    let mut window = Window::in_folder(folder, Some(&path), [1280.0, 900.0]);
    window.see("Set up a search");
    window.press("Start search");
    window.see("Done");
    std::fs::remove_file(&space).unwrap();
    window.press("Studies");
    window.press("Show");
    window.see("8 of 8 rows");
    let store = Store::read(&window.path("studies.db")).unwrap();
    let study = store.list().unwrap().remove(0);
    let best = store.best(&study, 1).unwrap().remove(0).record.architecture;
    window.harness.query_all_by_label(&best).next().unwrap().click();
    window.see("nor_conv_3x3");
    window.menu("Study", "Extend search");
    window.see("Done");
    assert_eq!(store.find(&study.id).unwrap().counts.total(), 108);
}

#[test]
fn a_file_of_studies_of_a_newer_version_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(&folder.path().join("studies.db")).unwrap());
    let connection = rusqlite::Connection::open(folder.path().join("studies.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let mut window = Window::in_folder(folder, None, [1280.0, 800.0]);
    window.press("Studies");
    window.see("newer version");
}

// A star that is set in a study that goes on must not replace the note that is there.
#[test]
fn a_note_outlives_a_study_that_goes_on() {
    let mut window = started(5000);
    let store = Store::open(&window.path("studies.db")).unwrap();
    let study = store.list().unwrap().remove(0);
    let begin = Instant::now();
    while store.best(&study, 1).unwrap().is_empty() {
        window.harness.step();
        assert!(begin.elapsed() < Duration::from_secs(60), "nothing can be chosen");
    }
    window.press("Stop search");
    window.see("Stopped");
    let best = store.best(&study, 1).unwrap().remove(0).record.architecture;
    let note = Remark { marked: false, note: "small".to_owned() };
    store.set_remarks(&study, &BTreeMap::from([(best.clone(), note)])).unwrap();
    window.press("Resume search");
    window.see("Running");
    window.press("Stop search");
    window.see("Stopped");
    window.press("Results");
    window.until("the best", |harness| harness.query_all_by_label(&best).next().is_some());
    window.harness.query_all_by_label(&best).next().unwrap().click();
    window.see("small");
    window.press("Marked");
    let begin = Instant::now();
    while !store.remarks(&study).unwrap()[&best].marked {
        window.harness.step();
        assert!(begin.elapsed() < Duration::from_secs(60), "the star is not kept");
    }
    assert_eq!(store.remarks(&study).unwrap()[&best].note, "small");
}
