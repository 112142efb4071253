//! Searches that are kept: known results, studies that are resumed, shared and repeated, stores that
//! cannot be used.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use untrained::store::{ResultRow, Store, StoreError};

use crate::program::{Folder, quick_search, refused, run, text};

/// All of a row that a repetition of the run must give again; the rest is time and place.
fn outcome(row: &ResultRow) -> (u64, String, String, u64, u64, u64) {
    let record = &row.record;
    let status = record.status.name().to_owned();
    let (score, value) = (record.score.to_bits(), record.rank_score().to_bits());
    (row.position, record.architecture.clone(), status, score, value, record.params)
}

/// The rows of one study of a file.
fn rows(store: &Path, id: &str) -> Vec<ResultRow> {
    let store = Store::read(store).unwrap();
    let study = store.find(id).unwrap();
    store.rows(&study).unwrap().collect::<Result<_, StoreError>>().unwrap()
}

fn ids(store: &Path) -> Vec<String> {
    Store::read(store).unwrap().list().unwrap().into_iter().map(|study| study.id).collect()
}

fn search(store: &Path, more: &[&str]) -> (i32, String) {
    let (code, _, error) = quick_search(&[&["--store", text(store)], more].concat());
    (code, error)
}

#[test]
fn a_second_run_computes_nothing_and_gives_the_same() {
    let folder = Folder::new();
    let (store, out) = (folder.path("s.db"), folder.path("out.csv"));
    let table = |more: &[&str]| {
        let out = ["--samples", "40", "--out", text(&out), "--overwrite"];
        let (code, error) = search(&store, &[&out, more].concat());
        assert_eq!(code, 0, "{error}");
        let without_seconds = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            [&fields[..7], &fields[8..]].concat().join(",")
        };
        let text = std::fs::read_to_string(folder.path("out.csv")).unwrap();
        (text.lines().map(without_seconds).collect::<Vec<_>>(), error)
    };
    let (first, error) = table(&[]);
    // Two of them may be one network.
    assert!(!error.contains("40 reused"), "{error}");
    let (second, error) = table(&[]);
    assert!(error.contains("40 reused"), "{error}");
    assert_eq!(second, first);
    // Another seed is another batch and other weights: nothing is known.
    let (other, error) = table(&["--seed", "1"]);
    assert!(!error.contains("40 reused"), "{error}");
    assert_ne!(other, first);
    assert_eq!(ids(&store).len(), 3);
}

#[test]
fn known_results_serve_other_scores_but_not_other_networks() {
    let folder = Folder::new();
    let store = folder.path("s.db");
    search(&store, &["--samples", "20", "--score", "naswot"]);
    let (_, error) = search(&store, &["--samples", "20", "--score", "regions"]);
    // Only the paper's search keeps disconnected ones, in whose place others are scored.
    assert!(error.contains("18 reused"), "{error}");
    for other in [["--count", "live"], ["--batch-size", "9"], ["--set", "skeleton.channels=8"]] {
        let (_, error) =
            search(&store, &[&["--samples", "20", "--score", "naswot"], &other[..]].concat());
        // Cells that differ in dead edges only are one network where only live units count.
        let known: u32 = error
            .split("; ")
            .find_map(|part| part.split_once(" reused"))
            .map_or(0, |(count, _)| count.parse().unwrap());
        assert!(known < 5, "{other:?}: {error}");
    }
}

/// A search that is interrupted after some rows and resumed has the rows of one that was not.
#[cfg(unix)]
#[test]
fn an_interrupted_search_is_resumed_with_its_own_options() {
    let folder = Folder::new();
    let (store, whole) = (folder.path("s.db"), folder.path("whole.db"));
    for (strategy, samples) in [("random", "400"), ("evolution", "300")] {
        let options = ["--strategy", strategy, "--samples", samples, "--seed", "7"];
        let mut child = start(&store, &options, Stdio::null());
        wait_for_rows(&store, 20);
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let id = ids(&store).pop().unwrap();
        let half = rows(&store, &id).len();
        assert!(half < samples.parse().unwrap(), "it was finished before it was interrupted");
        // The options are the study's own; only the store is named.
        let (code, _, error) = run(&["search", "--store", text(&store), "--resume", &id[..6]]);
        assert_eq!(code, 0, "{error}");
        assert_eq!(search(&whole, &options).0, 0);
        let expected = rows(&whole, &ids(&whole).pop().unwrap());
        let resumed = rows(&store, &id);
        assert_eq!(
            resumed.iter().map(outcome).collect::<Vec<_>>(),
            expected.iter().map(outcome).collect::<Vec<_>>()
        );
        let (_, shown, _) = run(&["studies", "--store", text(&store), "show", &id]);
        assert!(shown.contains("interrupted") && shown.contains("resume"), "{shown}");
    }
}

/// A table that cannot be written any more ends the run; its study goes on, and how is told.
#[cfg(unix)]
#[test]
fn a_run_that_cannot_write_its_table_says_how_to_go_on() {
    let folder = Folder::new();
    let (store, pipe) = (folder.path("s.db"), folder.path("out.csv"));
    std::os::unix::fs::symlink("/proc/self/fd/1", &pipe).unwrap();
    let flags = ["--samples", "300", "--out", text(&pipe), "--overwrite"];
    let mut child = start(&store, &flags, Stdio::piped());
    // Reads a few rows and is gone.
    let mut rows_read = child.stdout.take().unwrap();
    std::io::Read::read_exact(&mut rows_read, &mut [0; 1000]).unwrap();
    drop(rows_read);
    let done = child.wait_with_output().unwrap();
    let error = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{error}");
    let id = ids(&store).pop().unwrap();
    let way = format!("untrained --batch search --store {} --resume {id}", text(&store));
    assert!(error.contains("could not be written") && error.contains(&way), "{error}");
    assert!(rows(&store, &id).len() < 300);
    let (code, _, error) = run(&["search", "--store", text(&store), "--resume", &id]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(rows(&store, &id).len(), 300);
}

fn start(store: &Path, more: &[&str], stdout: Stdio) -> Child {
    let common = ["--batch", "search", "--device", "cpu", "--batch-size", "8"];
    Command::new(assert_cmd::cargo::cargo_bin("untrained"))
        .args(common)
        .args(["--set", "skeleton.cells=1", "--store", text(store)])
        .args(more)
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until the latest study has so many rows.
fn wait_for_rows(store: &Path, count: u64) {
    let written = || -> Option<u64> {
        let studies = Store::read(store).ok()?.list().ok()?;
        studies.last().filter(|study| !study.workers.is_empty()).map(|one| one.counts.total())
    };
    while written().unwrap_or(0) < count {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn two_processes_on_one_study_score_each_network_once() {
    const SAMPLES: usize = 1500;
    let folder = Folder::new();
    let store = folder.path("s.db");
    let first = start(&store, &["--samples", &SAMPLES.to_string()], Stdio::null());
    wait_for_rows(&store, 1);
    let id = ids(&store).pop().unwrap();
    let second = start(&store, &["--join", &id], Stdio::null());
    let computed = |child: Child| {
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{error}");
        let known = error.split("; ").find_map(|part| part.split_once(" reused"));
        let known = known.map_or(0, |(count, _)| count.parse::<usize>().unwrap());
        assert!(error.contains("scored 1500 architectures"), "{error}");
        SAMPLES - known
    };
    let shares = [computed(first), computed(second)];
    let rows = rows(&store, &id);
    assert_eq!(rows.len(), SAMPLES);
    // Equal networks share a result: what nobody computed has the key of something computed.
    let different: std::collections::HashSet<_> = rows.iter().map(|row| row.key).collect();
    assert_eq!(shares[0] + shares[1], different.len(), "{shares:?}");
    assert!(shares[0] > 0 && shares[1] > 0, "one did it all: {shares:?}");
    // The same as a process alone.
    let alone = folder.path("alone.db");
    search(&alone, &["--samples", &SAMPLES.to_string()]);
    let expected = self::rows(&alone, &ids(&alone)[0]);
    assert_eq!(
        rows.iter().map(outcome).collect::<Vec<_>>(),
        expected.iter().map(outcome).collect::<Vec<_>>()
    );
}

#[test]
fn a_study_is_not_mixed_with_other_options_and_may_grow() {
    let folder = Folder::new();
    let store = folder.path("s.db");
    let file = text(&store);
    search(&store, &["--samples", "12"]);
    let id = ids(&store)[0].clone();
    let resume = ["search", "--store", file, "--resume", &id];
    let with = |more: &[&'static str]| [&resume[..], more].concat();
    refused(
        &with(&["--batch-size", "16", "--strategy", "local", "--seed", "3"]),
        &[
            "batch-size is 8 there and 16 here",
            r#"task.search.strategy is "random" there and "local" here"#,
            "seed is 0 there and 3 here",
            "leave these options out",
        ],
    );
    refused(&with(&["--samples", "5"]), &["samples is 12 there and 5 here"]);
    refused(&with(&["--images", "builtin"]), &["images"]);
    refused(&["search", "--store", file, "--resume", "ffffffff"], &["no study `ffffffff`", &id]);
    refused(&["search", "--store", file, "--resume", &id, "--join", &id], &["--join"]);
    refused(&["search", "--store", "none", "--resume", &id], &["--resume needs the database"]);
    let (code, _, error) = run(&with(&["--constraint", "latency=..5s"]));
    assert!(code == 2 && error.contains("latency constraint"), "{error}");
    let missing = folder.text("missing.db");
    refused(&["search", "--store", &missing, "--resume", &id], &["missing.db"]);
    // The study's copy of its space does not stand for a file that was mistyped.
    let missing = folder.text("missing.toml");
    refused(&[&resume[..], &["--space", &missing]].concat(), &["missing.toml"]);
    assert_eq!(rows(&store, &id).len(), 12);
    let (code, _, error) = run(&with(&["--samples", "20"]));
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("scored 20") && error.contains("12 reused"), "{error}");
    // From now on it is a study of twenty.
    let (_, shown, _) = run(&["studies", "--store", file, "show", &id]);
    assert!(shown.lines().any(|line| line.split_whitespace().eq(["samples", "20"])), "{shown}");
    let whole = folder.path("whole.db");
    search(&whole, &["--samples", "20"]);
    let expected = rows(&whole, &ids(&whole)[0]);
    assert_eq!(
        rows(&store, &id).iter().map(outcome).collect::<Vec<_>>(),
        expected.iter().map(outcome).collect::<Vec<_>>()
    );
}

#[test]
fn a_study_is_repeated_from_the_job_in_its_file() {
    let folder = Folder::new();
    let store = folder.path("s.db");
    search(&store, &["--strategy", "local", "--samples", "30", "--constraint", "params=..200K"]);
    let id = ids(&store)[0].clone();
    let (code, job, _) = run(&["studies", "--store", text(&store), "show", &id, "--job"]);
    assert_eq!(code, 0);
    let file = folder.text("job.toml");
    std::fs::write(&file, job.replace("s.db", "again.db")).unwrap();
    let (code, _, error) = run(&[&file, "--store", &folder.text("again.db")]);
    assert_eq!(code, 0, "{error}");
    let again = folder.path("again.db");
    assert_eq!(
        rows(&again, &ids(&again)[0]).iter().map(outcome).collect::<Vec<_>>(),
        rows(&store, &id).iter().map(outcome).collect::<Vec<_>>()
    );
}

/// The study has a copy of its space file, which is used where the file has vanished and refused where it
/// has changed.
#[test]
fn a_study_goes_on_without_its_space_file() {
    let folder = Folder::new();
    let store = folder.path("s.db");
    let (_, shown, _) = run(&["spaces", "show", "nas-bench-201"]);
    let file = folder.path("space.toml");
    std::fs::write(&file, &shown).unwrap();
    search(&store, &["--space", text(&file), "--samples", "10", "--score", "naswot"]);
    let id = ids(&store)[0].clone();
    let resume = ["search", "--store", text(&store), "--resume", &id, "--samples", "15"];
    std::fs::write(&file, shown.replace("channels = 16", "channels = 12")).unwrap();
    refused(&resume, &["space file is"]);
    std::fs::remove_file(&file).unwrap();
    let (code, _, error) = run(&resume);
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("10 reused"), "{error}");
    let (_, copy, _) = run(&["studies", "--store", text(&store), "show", &id, "--space"]);
    let copied = untrained::space::Space::from_text(&copy, "copy").unwrap();
    assert_eq!(copied.id(), "nas-bench-201");
}

/// A search that learns from a table is resumed with its clock where it stood.
#[test]
fn a_search_on_a_table_keeps_its_accuracies_and_its_budget() {
    let folder = Folder::new();
    let space = untrained::space::Space::builtin("nas-bench-201").unwrap();
    let mut table = "arch,accuracy,seconds\n".to_owned();
    for architecture in space.enumerate() {
        let name = architecture.to_string();
        table.push_str(&format!("{name},{},10\n", name.matches("nor_conv_3x3").count()));
    }
    let path = folder.text("table.csv");
    std::fs::write(&path, table).unwrap();
    let store = folder.path("s.db");
    let clock = ["--time", "seconds", "--budget", "255", "--strategy", "area"];
    let (code, error) =
        search(&store, &[&["--table", &path, "--metric", "accuracy"], &clock[..]].concat());
    assert_eq!(code, 0, "{error}");
    let id = ids(&store)[0].clone();
    let before = rows(&store, &id);
    // Twenty candidates are scored, then 25 trainings of ten seconds fit.
    assert_eq!(before.len(), 20 + 25);
    assert!(before[..20].iter().all(|row| row.told.is_some() && row.record.accuracy.is_none()));
    assert!(before[20..].iter().all(|row| row.told.is_none() && row.record.accuracy.is_some()));
    let (code, _, error) = run(&["search", "--store", text(&store), "--resume", &id]);
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("45 reused"), "{error}");
    let accuracies = |rows: &[ResultRow]| -> Vec<_> {
        rows.iter().map(|row| (outcome(row), row.record.accuracy, row.told)).collect()
    };
    assert_eq!(accuracies(&rows(&store, &id)), accuracies(&before));
}

#[test]
fn stores_that_cannot_be_used_are_told() {
    let folder = Folder::new();
    let garbage = folder.text("garbage.db");
    std::fs::write(&garbage, "no database\n".repeat(500)).unwrap();
    let small = |store: &str| quick_search(&["--samples", "2", "--store", store]);
    let (code, _, error) = small(&garbage);
    assert!(code == 2 && error.contains("garbage.db"), "{error}");
    let newer = folder.path("newer.db");
    search(&newer, &["--samples", "2"]);
    let raise =
        |connection: rusqlite::Connection| connection.pragma_update(None, "user_version", 99);
    raise(rusqlite::Connection::open(&newer).unwrap()).unwrap();
    let (code, _, error) = small(text(&newer));
    assert!(code == 2 && error.contains("newer version"), "{error}");
    let (code, _, error) = small(&folder.text("no/folder/s.db"));
    assert!(code == 2 && error.contains("s.db"), "{error}");
    refused(&["score", "--onnx", "m.onnx", "--store", "x.db"], &["--store"]);
    // The default file is beside the job; where it cannot be made, the search goes on without.
    std::fs::create_dir(folder.path("untrained.db")).unwrap();
    let options = ["--samples", "2", "--device", "cpu", "--batch-size", "4"];
    let done = assert_cmd::Command::cargo_bin("untrained")
        .unwrap()
        .current_dir(folder.path(""))
        .args(["--batch", "search"])
        .args(options)
        .assert()
        .success();
    let error = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    assert!(error.contains("results are not stored in a study"), "{error}");
}

/// Beside a job file, not where the program is called.
#[test]
fn the_default_store_lies_beside_the_job() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let job = folder.path("job.toml");
    std::fs::write(
        &job,
        "[options]\nbatch-size = 4\ndevice = \"cpu\"\n[task.search]\nsamples = 2\n",
    )
    .unwrap();
    let call = |arguments: &[&str]| {
        assert_cmd::Command::cargo_bin("untrained")
            .unwrap()
            .current_dir(elsewhere.path(""))
            .arg("--batch")
            .args(arguments)
            .assert()
            .success();
    };
    call(&[text(&job)]);
    assert!(folder.path("untrained.db").is_file() && !elsewhere.path("untrained.db").exists());
    call(&["search", "--samples", "2", "--batch-size", "4", "--device", "cpu"]);
    assert!(elsewhere.path("untrained.db").is_file());
}
