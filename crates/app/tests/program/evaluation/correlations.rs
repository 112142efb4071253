//! `correlate` against scipy: the score and the baselines, all architectures and the best tenth, and
//! the paper's choice.

use serde_json::Value;

use crate::evaluation::support::{Folder, compared, fixture, golden, json, predictor, rows, shown};

/// Sums of some sixty terms in another order.
const ROUNDING: f64 = 1e-9;

/// Whether both rank correlations of a predictor are those of scipy.
fn agrees(found: &Value, expected: &Value) -> bool {
    ["all", "best_tenth"].iter().all(|part| {
        let (found, expected) = (&found[part], &expected[part]);
        found["n"] == expected["n"]
            && ["tau_b", "rho"].iter().all(|statistic| {
                let difference = found[statistic]["value"].as_f64().unwrap()
                    - expected[statistic].as_f64().unwrap();
                difference.abs() < ROUNDING
            })
    })
}

#[test]
fn the_score_and_the_baselines_correlate_as_scipy_says() {
    let found = json("correlate", &["--scores", &fixture("scores.csv"), "--paper-filter"]);
    let golden = golden();
    for name in ["score", "params", "relu-layers"] {
        let report = predictor(&found["predictors"], name);
        assert!(agrees(report, &golden[name]), "{name}: {report:#}\n{:#}", golden[name]);
        assert!(!agrees(report, &golden["paper"]["score"]), "every figure agrees");
        let interval = &report["all"]["tau_b"]["interval"];
        let (low, high) = (interval["low"].as_f64().unwrap(), interval["high"].as_f64().unwrap());
        let tau = report["all"]["tau_b"]["value"].as_f64().unwrap();
        assert!(low < tau && tau < high && high - low < 0.5, "{name}: {tau} in {interval}");
    }
    // Every network of the space has as many convolutions as ReLU layers, up to a constant.
    let layers = predictor(&found["predictors"], "layers");
    assert!(agrees(layers, &golden["relu-layers"]), "{layers:#}");
    let paper = &found["paper"];
    for name in ["score", "params"] {
        let report = predictor(&paper["predictors"], name);
        assert!(agrees(report, &golden["paper"][name]), "{name}: {report:#}");
    }
    for count in ["inaccurate", "not_finite"] {
        assert_eq!(paper[count], golden["paper"][count]);
        assert!(paper[count].as_u64().unwrap() > 0, "{count} is not tested");
    }
    assert_eq!(found["unknown"], serde_json::json!(["regions"]));
    assert_eq!(found["architectures"]["infinite"], 2);
}

/// Negative control: one score that moves, moves the figures.
#[test]
fn another_score_gives_other_figures() {
    let folder = Folder::new();
    let text = std::fs::read_to_string(fixture("scores.csv")).unwrap();
    let first = text.lines().nth(1).unwrap();
    let changed = first.replacen(first.split(',').next().unwrap(), "1000", 1);
    let other = folder.file("other.csv", &text.replace(first, &changed));
    let found = json("correlate", &["--scores", &other, "--resamples", "0"]);
    let golden = golden();
    assert!(!agrees(predictor(&found["predictors"], "score"), &golden["score"]));
    assert!(agrees(predictor(&found["predictors"], "params"), &golden["params"]));
    let report = predictor(&found["predictors"], "score");
    assert!(report["all"]["tau_b"]["interval"].is_null(), "--resamples 0 has an interval");
}

/// Fractions are accuracies too: 0.15 is the limit then.
#[test]
fn the_papers_choice_knows_fractions() {
    let folder = Folder::new();
    let mut table = "architecture,fraction\n".to_owned();
    for (architecture, accuracy) in rows(&fixture("table.csv")) {
        table.push_str(&format!("{architecture},{}\n", accuracy.parse::<f64>().unwrap() / 100.0));
    }
    let (table, scores) = (folder.file("table.csv", &table), fixture("scores.csv"));
    let arguments = [
        "correlate",
        "--table",
        &table,
        "--metric",
        "fraction",
        "--scores",
        &scores,
        "--json",
        "--paper-filter",
        "--resamples",
        "0",
    ];
    let (code, shown, error) = crate::evaluation::support::untrained(&arguments);
    assert_eq!(code, 0, "{error}");
    let found: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(found["paper"]["accuracy_above"], 0.15);
    assert!(agrees(predictor(&found["paper"]["predictors"], "score"), &golden()["paper"]["score"]));
}

#[test]
fn what_is_left_out_is_counted() {
    let folder = Folder::new();
    let text = std::fs::read_to_string(fixture("scores.csv")).unwrap();
    let table = rows(&fixture("table.csv"));
    let missing = "|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|";
    assert!(table.iter().all(|row| row.0 != missing));
    let more = format!(
        "{text}1.5,{missing}\n2.5,no architecture\n3.5,{}\nnan,{}\n",
        table[0].0, table[1].0
    );
    // The second architecture loses its score; the row that repeats it has none either.
    let line = text.lines().nth(2).unwrap();
    let more = more.replacen(line, &format!(",{}", table[1].0), 1);
    let scores = folder.file("more.csv", &more);
    let found = json("correlate", &["--scores", &scores, "--resamples", "0"]);
    let architectures = &found["architectures"];
    let counts = [("given", 64), ("used", 60), ("without_score", 1), ("infinite", 2)];
    for (name, count) in counts {
        assert_eq!(architectures[name], count, "{name}: {architectures:#}");
    }
    for (name, first) in [("unknown", "no architecture"), ("without_accuracy", missing)] {
        assert_eq!(architectures[name], serde_json::json!({ "count": 1, "first": [first] }));
    }
    assert_eq!(architectures["duplicates"]["count"], 2);
    let report = predictor(&found["predictors"], "score");
    assert_eq!((&report["dropped"], &report["all"]["n"]), (&1.into(), &59.into()));
    let text = shown("correlate", &["--scores", &scores, "--resamples", "0"]);
    for words in [
        "60 of 64 architectures",
        "1 not used: not an architecture of nas-bench-201, such as no architecture",
        "2 not used: duplicate, such as |",
        "1 not used: no accuracy in the table, such as |none~0|",
        "1 without a score",
        "2 with an infinite score",
        "not available: regions",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn tables_name_what_they_show() {
    let text = shown("correlate", &["--scores", &fixture("scores.csv"), "--paper-filter"]);
    let golden = golden();
    let value = |of: &Value| format!("{:.3}", of.as_f64().unwrap());
    for words in [
        "score against accuracy on nas-bench-201: 60 of 60 architectures",
        "best 10 % by accuracy",
        "the subset used in the paper: accuracy above 15",
        "regret @1",
        &value(&golden["score"]["all"]["tau_b"]),
        &value(&golden["params"]["best_tenth"]["rho"]),
        &value(&golden["paper"]["score"]["all"]["tau_b"]),
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() < 160), "{text}");
}

#[test]
fn the_scatter_plot_tells_its_statistics() {
    let folder = Folder::new();
    let scores = fixture("scores.csv");
    let plot = folder.path("plot.svg");
    let arguments = ["--scores", &scores, "--resamples", "0", "--plot", &plot];
    shown("correlate", &arguments);
    let drawn = std::fs::read_to_string(&plot).unwrap();
    let tau = format!("{:.3}", golden()["score"]["all"]["tau_b"].as_f64().unwrap());
    assert!(drawn.contains(&tau) && drawn.contains("n = 60"), "no {tau}");
    assert_eq!(drawn.matches("<circle").count(), 58, "two scores are infinite");
    let (code, shown_text, error) = compared("correlate", &arguments);
    assert!(code == 2 && shown_text.is_empty() && error.contains("exists"), "{error}");
    shown("correlate", &[&arguments[..], &["--overwrite"]].concat());
    let bitmap = folder.path("plot.png");
    shown("correlate", &["--scores", &scores, "--resamples", "0", "--plot", &bitmap]);
    assert_eq!(image::open(&bitmap).unwrap().width(), 1600);
}
