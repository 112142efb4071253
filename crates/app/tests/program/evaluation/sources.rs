//! Scores from a file, from a study and computed now are the same scores.

use std::path::Path;

use serde_json::Value;
use untrained::job::{JobConfig, Options, SearchOptions, Task};
use untrained::store::{
    FlushPolicy, Record, ResultRow, SpaceSnapshot, Status, Store, StudySetup, StudyState,
    space_fingerprint,
};

use crate::evaluation::support::{
    Folder, compared, fixture, json, predictor, refused, rows, shown, untrained,
};

/// Options with which scoring takes moments.
const QUICK: [&str; 6] = ["--device", "cpu", "--batch-size", "8", "--set", "skeleton.cells=1"];

/// The figures of a predictor without its name.
fn figures(found: &Value, name: &str) -> Value {
    predictor(&found["predictors"], name)["all"].clone()
}

#[test]
fn architectures_are_drawn_from_the_table_and_scored() {
    let folder = Folder::new();
    let out = folder.path("out.csv");
    let scoring = [&QUICK[..], &["--samples", "12", "--out", &out, "--resamples", "50"]].concat();
    let found = json("correlate", &scoring);
    assert_eq!(found["architectures"]["given"], 12);
    assert_eq!(found["architectures"]["used"], 12, "one without an accuracy was drawn");
    assert_eq!(found["unknown"], serde_json::json!([]));
    assert_eq!(found["score"], "naswot");
    let scored: Vec<String> = rows(&out).into_iter().map(|row| row.0).collect();
    let known: Vec<String> = rows(&fixture("table.csv")).into_iter().map(|row| row.0).collect();
    assert!(scored.len() == 12 && scored.iter().all(|one| known.contains(one)));
    // The table that it wrote gives the same figures, regions among them.
    let again = ["--scores", &out, "--set", "skeleton.cells=1", "--resamples", "50"];
    let again = json("correlate", &again);
    assert_eq!(figures(&found, "naswot"), figures(&again, "score"));
    for name in ["params", "macs", "layers", "relu-layers", "regions"] {
        assert_eq!(figures(&found, name), figures(&again, name), "{name}");
    }
    let column = json("correlate", &["--scores", &out, "--column", "params", "--resamples", "50"]);
    assert_eq!(figures(&column, "params"), figures(&found, "params"));
    // Another seed draws others; the whole table is scored where more is asked for.
    let other = folder.path("other.csv");
    let more = ["--samples", "12", "--out", &other, "--resamples", "0", "--seed", "9"];
    shown("correlate", &[&QUICK[..], &more].concat());
    assert_ne!(rows(&out), rows(&other));
    let more = ["--resamples", "0", "--score", "params", "--paper-filter"];
    let all = json("correlate", &[&QUICK[..], &more].concat());
    assert_eq!(all["architectures"]["used"], 60);
    let golden = &crate::evaluation::support::golden()["params"]["all"]["tau_b"];
    let tau = figures(&all, "params")["tau_b"]["value"].as_f64().unwrap();
    assert!((tau - golden.as_f64().unwrap()).abs() < 1e-9, "{tau}, scipy {golden}");
    let text = shown("protocol", &[&QUICK[..], &["--samples", "12", "--sizes", "10"]].concat());
    assert!(text.contains("seconds per run") && !text.contains(" - "), "{text}");
}

/// Every score in one table: computed now, or read from what was computed then.
#[test]
fn all_scores_are_compared_at_once() {
    let folder = Folder::new();
    let out = folder.path("all.csv");
    let flags = ["--all", "--samples", "24", "--resamples", "10", "--device", "cpu"];
    let small = ["--set", "skeleton.cells=1", "--set", "skeleton.channels=4", "--out", &out];
    let found = json("correlate", &[&flags[..], &small].concat());
    let names: Vec<&str> = (found["predictors"].as_array().unwrap().iter())
        .map(|one| one["predictor"].as_str().unwrap())
        .collect();
    assert_eq!(names[0], "combined");
    for score in untrained::score::SCORES.iter().map(|score| score.name) {
        assert!(names.contains(&score), "{score} is not in {names:?}");
    }
    let searches = found["searches"].as_array().unwrap();
    assert_eq!(searches.len(), names.len());
    // The draws are the same for every score, and so is what a random choice gives.
    let random = |at: usize| searches[at][0]["random"]["mean"].as_f64().unwrap();
    assert!((1..names.len()).all(|at| random(at) == random(0)));
    let again = json("correlate", &["--all", "--scores", &out, "--resamples", "10"]);
    for name in ["combined", "naswot", "path-norm", "volume", "params"] {
        let tau = |found: &Value| figures(found, name)["tau_b"]["value"].as_f64().unwrap();
        assert!((tau(&found) - tau(&again)).abs() < 1e-12, "{name}");
    }
    let text = shown("correlate", &["--all", "--scores", &out, "--resamples", "0"]);
    assert!(text.contains("search of 1,000") && text.contains("best 20 %"), "{text}");
    let (code, _, error) = compared("correlate", &["--all", "--score", "naswot"]);
    assert!(code == 2 && error.contains("'--all' cannot be used with '--score"), "{error}");
}

/// Several seeds and mini-batches in one command: a table for each mini-batch, and the runs as they are
/// alone.
#[test]
fn seeds_and_mini_batches_are_compared_in_one_command() {
    let small = ["--set", "skeleton.cells=1", "--set", "skeleton.channels=4", "--device", "cpu"];
    let common = ["--all", "--also", "growth", "--samples", "20", "--resamples", "0"];
    let flags = [&common[..], &small].concat();
    let repeated = [&flags[..], &["--seeds", "0,7", "--batches", "noise:2,builtin:3"]].concat();
    let found = json("correlate", &repeated);
    let runs = found["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 4);
    assert_eq!(
        (&runs[3]["seed"], &runs[3]["images"], &runs[3]["batch_size"]),
        (&Value::from(7), &Value::from("builtin"), &Value::from(3))
    );
    let alone =
        ["--seed", "7", "--architecture-seed", "0", "--images", "builtin", "--batch-size", "3"];
    let alone = json("correlate", &[&flags[..], &alone].concat());
    assert_eq!(figures(&runs[3], "volume")["rho"], figures(&alone, "volume")["rho"]);
    assert_ne!(figures(&runs[2], "volume")["rho"], figures(&alone, "volume")["rho"]);
    let text = shown("correlate", &repeated);
    assert!(text.contains("2 images (noise), seeds 0, 7") && text.contains("3 images"), "{text}");
    for (flags, part) in [
        (["--all", "--batches", "noise"], "such as noise:4"),
        (["--all", "--batches", "jpeg:4"], "jpeg"),
        (["--resamples=0", "--seeds", "1"], "--all"),
    ] {
        let (code, _, error) = compared("correlate", &flags);
        assert!(code == 2 && error.contains(part), "{flags:?}: {error}");
    }
}

#[test]
fn json_lines_are_read_as_csv_is() {
    let folder = Folder::new();
    let mut lines = String::new();
    for (score, architecture) in rows(&fixture("scores.csv")) {
        let row = match score.parse::<f64>().unwrap() {
            f64::NEG_INFINITY => {
                format!("null,\"status\":\"singular\",\"architecture\":{architecture:?}")
            }
            score => format!("{score},\"architecture\":{architecture:?},\"other\":[1,2]"),
        };
        lines.push_str(&format!("{{\"score\":{row}}}\n"));
    }
    let lines = folder.file("scores.jsonl", &lines);
    let from_lines = json("correlate", &["--scores", &lines, "--resamples", "20"]);
    let from_csv = json("correlate", &["--scores", &fixture("scores.csv"), "--resamples", "20"]);
    assert_eq!(from_lines["predictors"], from_csv["predictors"]);
}

fn record(architecture: &str, score: f64) -> Record {
    Record {
        architecture: architecture.to_owned(),
        score,
        sd: None,
        status: if score.is_finite() { Status::Ok } else { Status::Singular },
        params: 1,
        macs: 1,
        units: 1,
        seconds: 0.25,
        layers: 1,
        regions: None,
        accuracy: None,
        index: None,
        seed: 0,
        repeats: 1,
        device: String::new(),
        driver: String::new(),
        version: "0".into(),
        message: None,
        draws: Default::default(),
        value: score,
        scores: Default::default(),
    }
}

/// A study of the scores of the small file, with their negative as a further score; its id.
fn study(path: &Path, options: Options) -> String {
    let space = options.open_space().unwrap();
    let search = SearchOptions {
        samples: Some(60),
        score: Some("naswot".to_owned()),
        ..SearchOptions::default()
    };
    let job = JobConfig::new(options, Task::Search(Box::new(search)));
    let name = SpaceSnapshot {
        id: space.id().to_owned(),
        fingerprint: space_fingerprint(&space),
        text: None,
    };
    let setup = StudySetup {
        space: Some(name),
        ..StudySetup::new(serde_json::to_value(&job).unwrap(), "")
    };
    let study = Store::open(path).unwrap().begin(&setup, FlushPolicy::default()).unwrap();
    for (at, (score, architecture)) in rows(&fixture("scores.csv")).iter().enumerate() {
        let score: f64 = score.parse().unwrap();
        let mut row = ResultRow::new(at as u64, record(architecture, score));
        row.record.scores.insert("opposite".to_owned(), -score);
        study.append(row).unwrap();
    }
    let id = study.id().to_owned();
    study.finish(StudyState::Done).unwrap();
    id
}

#[test]
fn a_study_is_compared_on_its_own_space() {
    let folder = Folder::new();
    let store = folder.path("studies.db");
    let set = vec!["skeleton.cells=1".parse().unwrap()];
    let id = study(Path::new(&store), Options { set, ..Options::default() });
    let common = ["--study", &id[..6], "--store", &store, "--resamples", "0"];
    let found = json("correlate", &common);
    let scores = ["--scores", &fixture("scores.csv"), "--resamples", "0"];
    let expected = json("correlate", &scores);
    assert_eq!(found["score"], "naswot");
    assert_eq!(figures(&found, "naswot"), figures(&expected, "score"));
    assert_eq!(figures(&found, "params"), figures(&expected, "params"));
    let opposite = json("correlate", &[&common[..], &["--score", "opposite"]].concat());
    let tau = |figures: Value| figures["tau_b"]["value"].as_f64().unwrap();
    assert_eq!(tau(figures(&opposite, "opposite")), -tau(figures(&expected, "score")));
    let message = format!(
        "study {id} has no score `other`: it has naswot, params, macs, layers, relu-layers, regions, \
         activation-sites, path-norm, expressivity, independence, decorrelation, volume, growth, swap, \
         trainability, opposite"
    );
    refused(compared("correlate", &[&common[..], &["--score", "other"]].concat()), &message);
    let arguments = ["--study", &id, "--store", &store, "--sizes", "8", "--runs", "3"];
    let found = json("protocol", &arguments);
    assert_eq!(found["rows"][0]["seconds"], serde_json::json!({ "mean": 2.0, "sd": 0.0 }));
}

/// A study as `search` makes it: its space has other settings than the default, and its own score.
#[test]
fn a_search_is_compared_by_what_ranked_it() {
    let folder = Folder::new();
    let (store, out) = (folder.path("studies.db"), folder.path("out.csv"));
    let search = ["--samples", "40", "--score", "regions", "--store", &store, "--out", &out];
    let (code, _, error) = untrained(&[&["search"], &QUICK[..], &search].concat());
    assert_eq!(code, 0, "{error}");
    let id = Store::read(Path::new(&store)).unwrap().list().unwrap().remove(0).id;
    let table: String =
        rows(&out).iter().enumerate().map(|(at, row)| format!("{},{}\n", row.0, at % 7)).collect();
    let table = folder.file("table.csv", &format!("architecture,accuracy\n{table}"));
    let common =
        ["correlate", "--table", &table, "--metric", "accuracy", "--resamples", "0", "--json"];
    let run = |more: &[&str]| {
        let (code, shown, error) = untrained(&[&common[..], more].concat());
        assert_eq!(code, 0, "{error}");
        serde_json::from_str::<Value>(&shown).unwrap()
    };
    let found = run(&["--study", &id, "--store", &store]);
    assert_eq!((&found["score"], &found["architectures"]["used"]), (&"regions".into(), &40.into()));
    let scores = ["--scores", &out, "--set", "skeleton.cells=1", "--column", "regions"];
    assert_eq!(found["predictors"], run(&scores)["predictors"]);
    let naswot = run(&["--study", &id, "--store", &store, "--score", "naswot"]);
    assert_ne!(figures(&naswot, "naswot"), figures(&naswot, "regions"));
}

#[test]
fn a_study_whose_space_file_changed_is_refused() {
    let folder = Folder::new();
    let store = folder.path("studies.db");
    let text = untrained::space::Space::builtin_text("nas-bench-201").unwrap();
    let file = folder.file("mine.toml", text);
    let id = study(Path::new(&store), Options { space: file.clone(), ..Options::default() });
    let arguments = ["--study", &id, "--store", &store, "--resamples", "0"];
    shown("correlate", &arguments);
    let changed = text.replace("classes = 10", "classes = 20");
    assert_ne!(changed, text);
    folder.file("mine.toml", &changed);
    let message = format!(
        "the space {file} has changed since study {id} was made: export the study and use the \
         exported table as scores"
    );
    refused(compared("correlate", &arguments), &message);
}

/// What was scored for a comparison is known the next time.
#[test]
fn scores_of_a_comparison_are_kept() {
    let folder = Folder::new();
    let store = folder.path("studies.db");
    let options = ["--samples", "20", "--device", "cpu", "--batch-size", "8", "--resamples", "10"];
    let run = || {
        let (code, shown, error) =
            compared("correlate", &[&options[..], &["--store", &store]].concat());
        assert_eq!(code, 0, "{error}");
        (shown, error)
    };
    let (first, _) = run();
    let (second, error) = run();
    assert!(error.contains("20 reused"), "{error}");
    assert_eq!(second, first);
    let id = Store::read(Path::new(&store)).unwrap().list().unwrap().remove(0).id;
    let (_, studied, _) =
        compared("correlate", &["--study", &id, "--store", &store, "--resamples", "10"]);
    assert_eq!(studied.lines().last(), first.lines().last());
}

/// Ctrl-C while architectures are scored: what was scored is compared.
#[cfg(unix)]
#[test]
fn an_interrupted_run_reports_what_it_scored() {
    let folder = Folder::new();
    let out = folder.path("out.csv");
    let space = untrained::space::Space::builtin("nas-bench-201").unwrap();
    let mut table = "architecture,accuracy\n".to_owned();
    for (at, architecture) in space.enumerate().enumerate() {
        table.push_str(&format!("{},{}\n", architecture, at % 97));
    }
    let table = folder.file("table.csv", &table);
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("untrained"))
        .args(["--batch", "correlate", "--table", &table, "--metric", "accuracy"])
        .args([
            "--store",
            "none",
            "--samples",
            "15000",
            "--device",
            "cpu",
            "--out",
            &out,
            "--resamples",
            "10",
        ])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let scored = || std::fs::read_to_string(&out).unwrap_or_default().lines().count();
    while scored() < 6 {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(130), "{}", String::from_utf8_lossy(&done.stderr));
    let count = scored() - 1;
    let words =
        format!("naswot against accuracy on nas-bench-201: {count} of {count} architectures");
    assert!(text.contains(&words) && text.contains("relu-layers"), "{words}: {text}");
}
