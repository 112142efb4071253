//! `protocol`: what a score chooses of N architectures.

use crate::evaluation::support::{Folder, fixture, golden, json, not_parsed, refused, rows, shown};
use crate::evaluation::support::{compared, untrained};

/// 2,000 draws of 60 architectures hold every one of them: the choices are known.
#[test]
fn large_samples_choose_the_highest() {
    let golden = golden();
    assert_eq!(golden["ties_of_highest"], 1);
    let scores = fixture("scores.csv");
    let found = json("protocol", &["--scores", &scores, "--sizes", "1,2000", "--runs", "20"]);
    let rows = found["rows"].as_array().unwrap();
    assert_eq!((&rows[0]["size"], &rows[1]["size"]), (&1.into(), &2000.into()));
    for (choice, expected) in [("by_score", "chosen"), ("optimal", "best")] {
        // A mean of twenty equal numbers.
        let mean = rows[1][choice]["mean"].as_f64().unwrap();
        assert!((mean - golden[expected].as_f64().unwrap()).abs() < 1e-9, "{choice}: {mean}");
    }
    assert_ne!(golden["chosen"], golden["best"]);
    // One architecture is no choice.
    assert_eq!(rows[0]["by_score"], rows[0]["random"]);
    assert!(rows[1]["seconds"].is_null(), "nobody told what the scores cost");
    assert_eq!((&found["runs"], &found["candidates"]), (&20.into(), &60.into()));
}

#[test]
fn the_default_is_the_papers_table() {
    let text = shown("protocol", &["--scores", &fixture("scores.csv")]);
    assert!(text.contains("500 runs for each N"), "{text}");
    assert!(text.contains("N exceeds the number of architectures (60)"), "{text}");
    for size in ["10", "100", "1,000"] {
        assert!(text.lines().any(|line| line.split_whitespace().next() == Some(size)), "{text}");
    }
    let found = json("protocol", &["--scores", &fixture("scores.csv")]);
    let sizes = found["rows"].as_array().unwrap().iter().map(|row| row["size"].as_u64().unwrap());
    assert!(sizes.eq([10, 100, 1000]));
    // Another seed draws others.
    let other = json("protocol", &["--scores", &fixture("scores.csv"), "--seed", "1"]);
    assert_ne!(found["rows"], other["rows"]);
}

/// The optimal choice looks at another metric; a run costs what its scores cost; disconnected
/// architectures are not chosen.
#[test]
fn validation_seconds_and_status_count() {
    let folder = Folder::new();
    let mut table = "architecture,test,validation\n".to_owned();
    let mut scores = "architecture,score,status,seconds\n".to_owned();
    for (at, (architecture, _)) in rows(&fixture("table.csv")).iter().take(10).enumerate() {
        table.push_str(&format!("{architecture},{at},{}\n", 10 - at));
        let status = if at == 9 { "disconnected" } else { "ok" };
        scores.push_str(&format!("{architecture},{at},{status},0.5\n"));
    }
    let (table, scores) = (folder.file("table.csv", &table), folder.file("scores.csv", &scores));
    let arguments = [
        "protocol",
        "--table",
        &table,
        "--metric",
        "test",
        "--validation",
        "validation",
        "--scores",
        &scores,
        "--sizes",
        "400",
        "--runs",
        "5",
        "--json",
    ];
    let (code, text, error) = untrained(&arguments);
    assert_eq!(code, 0, "{error}");
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    let row = &found["rows"][0];
    assert_eq!(row["by_score"]["mean"], 8.0, "the ninth is disconnected");
    assert_eq!(row["optimal"]["mean"], 0.0, "the first has the highest validation accuracy");
    assert_eq!(row["seconds"], serde_json::json!({ "mean": 200.0, "sd": 0.0 }));
    assert_eq!(found["validation"], "validation");
}

#[test]
fn sizes_and_runs_are_at_least_one() {
    let scores = fixture("scores.csv");
    let message = "a sample size or the number of runs is 0: give at least 1 for each";
    refused(compared("protocol", &["--scores", &scores, "--runs", "0"]), message);
    refused(compared("protocol", &["--scores", &scores, "--sizes", "10,0"]), message);
    not_parsed(
        compared("protocol", &["--scores", &scores, "--sizes", "ten"]),
        "invalid value 'ten' for '--sizes <N,..>': must be a whole number, 0 or more",
    );
    // The default can be copied from the help as it stands.
    let (code, help, _) = untrained(&["protocol", "--help"]);
    assert!(code == 0 && help.contains(" 10,100,1000]"), "{help}");
}
