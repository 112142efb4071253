//! A table of trained accuracies beside results: every state, and the figures of the command line.

use std::path::PathBuf;

use egui_kittest::kittest::Queryable;
use serde_json::Value;
use untrained::benchmark;
use untrained::evaluation::{self, Comparison, CorrelateOptions};
use untrained::job::{Options, SearchOptions};
use untrained::statistics::AccuracyFilter;
use untrained::store::Status;

use crate::stored::{by_naswot, quick, record, study};
use crate::support::{Window, shared, shows};

fn fixture(name: &str) -> PathBuf {
    crate::data::fixture(name)
}

/// Rows of a table of two columns.
fn rows(name: &str) -> Vec<(String, String)> {
    let mut reader = csv::Reader::from_path(fixture(name)).unwrap();
    reader.records().map(|row| row.unwrap()).map(|row| (row[0].into(), row[1].into())).collect()
}

/// A window that shows a study of the scores whose correlation scipy computed; the study's id.
fn scored(search: SearchOptions, size: [f32; 2]) -> (Window, String) {
    let folder = tempfile::tempdir().unwrap();
    let records = rows("evaluation/scores.csv").into_iter().map(|(score, architecture)| {
        let score: f64 = score.parse().unwrap();
        let status = if score.is_finite() { Status::Ok } else { Status::Singular };
        record(&architecture, score, status)
    });
    let options = Options { set: vec!["skeleton.cells=1".parse().unwrap()], ..quick() };
    let id = study(&folder.path().join("studies.db"), options, search, records.collect());
    let mut window = Window::in_folder(folder, None, size);
    window.press("Studies");
    window.press("Show");
    window.see("60 of 60 rows");
    (window, id)
}

fn showing() -> Window {
    let mut window = scored(by_naswot(), [1280.0, 900.0]).0;
    window.press("Benchmark");
    window.see("No benchmark table is attached");
    window
}

/// Waits until the intervals are there as well.
fn compared(window: &mut Window) {
    window.see("Rank correlation with accuracy");
    window.until("the intervals", |harness| !shows(harness, "Computing intervals"));
}

/// What `correlate` says of a study.
fn correlate(window: &Window, study: &str) -> Value {
    let table = benchmark::open(&fixture("evaluation/table.csv")).unwrap();
    let store = window.path("studies.db");
    let going_on = |_: f64| true;
    let compared =
        evaluation::compare_study(&store, study, None, (&table, "accuracy"), &going_on).unwrap();
    let options =
        CorrelateOptions { filter: Some(AccuracyFilter::default()), ..Default::default() };
    let Comparison { score, joined, .. } = &compared;
    let found = evaluation::correlate(score, joined, options, &going_on).unwrap();
    serde_json::to_value(found).unwrap()
}

#[test]
fn without_results_it_says_what_to_do() {
    let mut window = Window::new(None);
    window.press("Benchmark");
    window.see("No results to compare");
    window.drop_file(&fixture("evaluation/table.csv"));
    window.see("table.csv will be attached once there are results.");
}

#[test]
fn without_a_table_the_formats_are_listed() {
    let mut window = showing();
    window.see("Supported tables:");
    window.see("NAS-Bench-201");
}

#[test]
fn figures_are_those_of_scipy_and_of_the_command_line() {
    let (mut window, id) = scored(by_naswot(), [1280.0, 900.0]);
    window.press("Benchmark");
    window.drop_file(&fixture("evaluation/table.csv"));
    compared(&mut window);
    let texts = window.texts();
    let has = |text: &str| assert!(texts.iter().any(|shown| shown == text), "{text}: {texts:?}");
    let golden = std::fs::read_to_string(fixture("evaluation/golden.json")).unwrap();
    let golden: Value = serde_json::from_str(&golden).unwrap();
    for statistic in ["tau_b", "rho"] {
        has(&format!("{:.3}", golden["score"]["all"][statistic].as_f64().unwrap()));
    }
    has(&format!("{:.3}", golden["score"]["best_tenth"]["tau_b"].as_f64().unwrap()));
    let told = correlate(&window, &id);
    let number = |value: &Value| value.as_f64().map_or("-".to_owned(), |it| format!("{it:.3}"));
    for report in told["predictors"].as_array().unwrap() {
        has(report["predictor"].as_str().unwrap());
        for statistic in ["tau_b", "rho"] {
            let estimate = &report["all"][statistic];
            has(&number(&estimate["value"]).replace("-0.000", "0.000"));
            let interval = &estimate["interval"];
            has(&format!("{} to {}", number(&interval["low"]), number(&interval["high"])));
        }
    }
    for report in told["paper"]["predictors"].as_array().unwrap() {
        has(&number(&report["all"]["tau_b"]["value"]));
    }
    window.see("60 of 60 scored architectures have accuracy in the table");
    window.see("2 with an infinite score");
    // By hand: the highest score, and the place of its accuracy in the table.
    let (scores, table) = (rows("evaluation/scores.csv"), rows("evaluation/table.csv"));
    let accuracy =
        |text: &str| -> f64 { table.iter().find(|row| row.0 == text).unwrap().1.parse().unwrap() };
    let score = |row: &(String, String)| row.0.parse::<f64>().unwrap();
    let best = scores.iter().map(score).fold(f64::MIN, f64::max);
    let chosen = accuracy(&scores.iter().find(|row| score(row) == best).unwrap().1);
    let better = table.iter().filter(|row| row.1.parse::<f64>().unwrap() > chosen).count();
    has(&format!("{chosen:.3}"));
    has(&format!("{} of 60", better + 1));
}

#[test]
fn a_file_that_is_no_table_lists_what_is_one() {
    let mut window = showing();
    let path = window.path("notes.txt");
    std::fs::write(&path, "no table").unwrap();
    window.drop_file(&path);
    window.see("This table cannot be used");
    window.see("is not a benchmark table that can be read; valid formats:");
    window.drop_file(&fixture("evaluation/table.csv"));
    compared(&mut window);
    window.press("Detach");
    window.see("No benchmark table is attached");
}

#[test]
fn a_table_of_another_space_names_the_space() {
    let mut window = showing();
    window.drop_file(&fixture("benchmark_tables/ResNet.json"));
    window.see("Scores and accuracies cannot be compared");
    window.see("is not a table of the space nas-bench-201");
    window.see("it may be one of");
}

#[test]
fn a_path_is_typed_and_one_that_is_not_there_is_told() {
    let mut window = showing();
    window.harness.get_by_label("Table").focus();
    window.harness.get_by_label("Table").type_text("/no/such/table.csv");
    window.press("Attach");
    window.see("cannot read /no/such/table.csv");
    window.see("Choose another table…");
}

#[test]
fn the_table_of_a_search_by_accuracy_is_there_at_once() {
    let search = SearchOptions {
        strategy: untrained::search::StrategyKind::Area,
        table: Some(fixture("evaluation/table.csv")),
        metric: Some("accuracy".to_owned()),
        ..by_naswot()
    };
    let (mut window, _) = scored(search, [1100.0, 700.0]);
    // What ranks it is the accuracy, and is called so.
    let score = |row: (String, String)| row.0.parse::<f64>().unwrap();
    let best = rows("evaluation/scores.csv").into_iter().map(score).fold(f64::MIN, f64::max);
    window.harness.query_all_by_label(&format!("{best:.4}")).next().unwrap().click();
    window.see("by accuracy");
    window.press("Benchmark");
    compared(&mut window);
    window.see("Top-scored architecture");
}

#[test]
fn a_table_that_is_dropped_elsewhere_goes_with_the_results() {
    let (mut window, _) = scored(by_naswot(), [1280.0, 900.0]);
    window.drop_file(&fixture("evaluation/table.csv"));
    compared(&mut window);
}

#[test]
fn results_without_an_accuracy_are_told() {
    let mut window = showing();
    let table = window.path("other.csv");
    let cell = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
    std::fs::write(&table, format!("architecture,accuracy\n{cell},10\n")).unwrap();
    window.drop_file(&table);
    window.see("Scores and accuracies cannot be compared");
    window.see("at least 2 are needed");
}

#[test]
fn a_published_table_has_many_metrics() {
    let Some(table) = shared("data/nb201_tss.csv.gz") else { return };
    let mut window = showing();
    window.drop_file(&table);
    compared(&mut window);
    window.see("c10_test_200");
    window.see("of 15,625");
}
