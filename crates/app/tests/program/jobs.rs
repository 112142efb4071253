//! Job files: written by flags, run again, refused where they are wrong.

use crate::program::run as untrained;

#[test]
fn a_saved_job_repeats_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (job, first, again) = (path("job.toml"), path("first.csv"), path("again.csv"));
    let flags = [
        "--strategy",
        "evolution",
        "--samples",
        "20",
        "--batch-size",
        "8",
        "--device",
        "cpu",
        "--seed",
        "5",
        "--set",
        "skeleton.cells=1",
        "--constraint",
        "params=..300K",
        "--score",
        "regions",
    ];
    let (code, shown, error) =
        untrained(&[&flags[..], &["--out", &first, "--save-job", &job]].concat());
    assert_eq!(code, 0, "{error}");
    let (code, repeated, error) = untrained(&[&job, "--out", &again]);
    assert_eq!(code, 0, "{error}");
    assert_eq!(shown, repeated);
    let rows = |path: &str| {
        let mut rows = csv::Reader::from_path(path).unwrap();
        rows.records()
            .map(|row| row.unwrap().iter().take(7).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&first), rows(&again));
    // The file names the table of the first run, which is there already.
    let (code, _, error) = untrained(&[&job]);
    assert!(code == 2 && error.contains("first.csv exists"), "{error}");
    let (code, _, error) = untrained(&["search", "--save-job", &job]);
    assert!(code == 2 && error.contains("job.toml exists"), "{error}");
    let (code, _, error) = untrained(&["search", "--overwrite"]);
    assert!(code == 2 && error.contains("--overwrite needs"), "{error}");
}

#[test]
fn jobs_that_score_are_files_too() {
    let folder = tempfile::tempdir().unwrap();
    let job = folder.path().join("job.toml").to_str().unwrap().to_owned();
    let architecture = "8:16:8:16:8";
    let flags =
        ["score", architecture, "--space", "nats-size", "--batch-size", "8", "--device", "cpu"];
    let (code, shown, error) = untrained(&[&flags[..], &["--save-job", &job]].concat());
    assert_eq!(code, 0, "{error}");
    let (code, again, _) = untrained(&["run", &job]);
    let score =
        |text: &str| text.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert_eq!((code, score(&again)), (0, score(&shown)));
}

#[test]
fn wrong_job_files_are_refused_with_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.toml");
    for (text, part) in [
        ("[options]\nsead = 1", "line 2"),
        (
            "[task.search]\nstrategy = \"magic\"",
            "task.search.strategy: `magic` is unknown; valid: ",
        ),
        ("[task.search]\nconstraint = [\"speed=..1\"]", "valid: params"),
        ("options = 3", "options: must be a table"),
        ("\u{0}", "job.toml"),
    ] {
        std::fs::write(&path, text).unwrap();
        let (code, _, error) = untrained(&[path.to_str().unwrap()]);
        assert!(code == 2 && error.contains(part), "{text}: {error}");
    }
    let (code, _, error) = untrained(&["no/such/job.toml"]);
    assert!(code == 2 && error.contains("no/such/job.toml"), "{error}");
}

/// A job file and a file of studies may be somebody else's, and a trainer is any program.
#[test]
fn a_training_command_of_a_file_runs_only_if_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (job, store, sign) = (path("job.toml"), path("studies.db"), path("was-run"));
    let trainer = format!("sh -c 'touch {sign}; echo \"{{\\\"accuracy\\\": 1}}\"' \u{1b} {{arch}}");
    let text = format!(
        "[options]\ndevice = \"cpu\"\n[task.search]\nstrategy = \"rs\"\nsamples = 3\n\
         trainer = {}\n",
        format!("{trainer:?}").replace("\\u{1b}", "\\u001b")
    );
    std::fs::write(&job, text).unwrap();
    let was_run = || std::fs::exists(&sign).unwrap();
    let (code, _, error) = untrained(&["run", &job]);
    assert!(code == 2 && !was_run(), "{error}");
    // What would be run is shown, as it is, and cannot hide itself.
    for part in ["touch ", "--allow-trainer", "\\u{1b}", "job.toml"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let (code, _, error) = untrained(&["run", &job, "--allow-trainer", "--store", &store]);
    assert!(code == 0 && was_run(), "{error}");
    std::fs::remove_file(&sign).unwrap();
    let id = error.lines().find_map(|line| line.strip_prefix("study ")).unwrap().to_owned();
    let resume = ["search", "--store", &store, "--resume", &id, "--samples", "5"];
    let (code, _, error) = untrained(&resume);
    assert!(code == 2 && !was_run() && error.contains("--allow-trainer"), "{error}");
    let (code, _, error) = untrained(&["search", "--allow-trainer"]);
    assert!(code == 2 && error.contains("needs --resume or --join"), "{error}");
    let (code, _, error) = untrained(&[&resume[..], &["--allow-trainer"]].concat());
    assert!(code == 0 && was_run(), "{error}");
}
