//! The combined rank: tables, studies, resumed searches, comparison with accuracies, wrong input.

use std::collections::HashMap;

use crate::program::run as untrained;

const QUICK: [&str; 9] = [
    "search",
    "--score",
    "combined",
    "--device",
    "cpu",
    "--set",
    "skeleton.cells=1",
    "--set",
    "skeleton.channels=4",
];
const COMPONENTS: [&str; 6] =
    ["macs", "path-norm", "expressivity", "independence", "decorrelation", "volume"];

/// The rows of a table by column, cells as text.
fn rows(path: &str) -> Vec<HashMap<String, String>> {
    csv::Reader::from_path(path).unwrap().deserialize().map(|row| row.unwrap()).collect()
}

fn number(row: &HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or(f64::NEG_INFINITY)
}

/// The combined rank by its definition: each rank counted pair by pair.
fn expected(rows: &[HashMap<String, String>]) -> Vec<f64> {
    let compared: Vec<_> = rows.iter().filter(|row| row["status"] == "ok").collect();
    let n = compared.len() as f64;
    let of = |row: &HashMap<String, String>| {
        let ln = |column: &&str| {
            let own = number(row, column);
            let count = |test: fn(f64, f64) -> bool| {
                compared.iter().filter(|other| test(number(other, column), own)).count() as f64
            };
            let below = count(|other, own| other < own);
            let equal = count(|other, own| other == own);
            ((below + (equal + 1.0) / 2.0) / n).ln()
        };
        COMPONENTS.iter().map(ln).sum()
    };
    rows.iter().map(of).collect()
}

/// The architectures that are listed, best first.
fn listed(text: &str) -> Vec<String> {
    let ranks =
        text.lines().filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    ranks.filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect()
}

#[test]
fn tables_studies_and_exports_have_the_combined_rank_and_its_components() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, store, lines) = (path("out.csv"), path("studies.db"), path("out.jsonl"));
    let flags = [&QUICK[..], &["--samples", "40", "--store", &store]].concat();
    let (code, shown, error) = untrained(&[&flags[..], &["--out", &out]].concat());
    assert_eq!(code, 0, "{error}");
    assert!(shown.contains("4 images (noise)") && shown.contains("--score naswot"), "{shown}");
    let rows = rows(&out);
    let compared = rows.iter().filter(|row| row["status"] == "ok").count();
    assert!(shown.contains(&format!("ln(rank / {compared})")), "{shown}");
    for (row, expected) in rows.iter().zip(expected(&rows)) {
        let combined = number(row, "combined");
        if row["status"] == "ok" {
            assert!((combined - expected).abs() < 1e-9, "{row:?} {expected}");
        } else {
            assert_eq!(row["combined"], "", "{row:?}");
        }
        assert_eq!(row["score"], "", "NASWOT was not asked for");
    }
    let mut order: Vec<_> = rows.iter().filter(|row| row["status"] == "ok").collect();
    order.sort_by(|a, b| number(b, "combined").total_cmp(&number(a, "combined")));
    let best: Vec<_> = order.iter().take(10).map(|row| row["architecture"].clone()).collect();
    assert_eq!(listed(&shown), best);
    // A second search reuses every result and comes to the same.
    let (code, again, error) = untrained(&[&flags[..], &["--out", &lines]].concat());
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("40 reused"), "{error}");
    assert_eq!(listed(&again), best);
    let first = std::fs::read_to_string(&lines).unwrap();
    let first: serde_json::Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!(first["path-norm"].as_f64(), rows[0]["path-norm"].parse().ok());
    // The study ranks by the same.
    let (_, list, _) = untrained(&["studies", "--store", &store]);
    let id = list.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let (code, study, error) = untrained(&["studies", "show", &id, "--store", &store]);
    assert_eq!(code, 0, "{error}");
    assert!(study.contains(&best[0]) && study.contains("combined"), "{study}");
}

/// A study by another score gets the components, and is then ranked as if it had had them from the start.
#[test]
fn a_study_is_completed_without_scoring_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (store, whole, out) = (path("studies.db"), path("whole.csv"), path("out.csv"));
    let common = [&QUICK[3..], &["--samples", "20"]].concat();
    let moments = ["--batch-size", "4", "--images", "noise"];
    let params = [&["search", "--score", "params"], &common[..], &moments, &["--store", &store]];
    let combined = [&["search"], &common[..], &["--store", "none", "--out", &whole]];
    for flags in [params.concat(), combined.concat()] {
        let (code, _, error) = untrained(&flags);
        assert_eq!(code, 0, "{error}");
    }
    let (_, list, _) = untrained(&["studies", "--store", &store]);
    let id = list.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let complete = ["studies", "complete", &id, "--store", &store];
    let (code, shown, error) = untrained(&complete);
    assert!(code == 0 && !shown.starts_with("0 results"), "{shown}{error}");
    let (code, again, error) = untrained(&complete);
    assert!(code == 0 && again.starts_with("0 results"), "{again}{error}");
    let (code, _, error) = untrained(&["studies", "export", &id, &out, "--store", &store]);
    assert_eq!(code, 0, "{error}");
    for (stored, computed) in rows(&out).iter().zip(rows(&whole)) {
        assert_eq!(stored["architecture"], computed["architecture"]);
        for name in &COMPONENTS[1..] {
            let stored = stored[&format!("scores.{name}")].parse::<f64>().ok();
            assert_eq!(stored, computed[*name].parse().ok(), "{name}");
        }
    }
    // Later searches reuse what was completed, and show nothing that they did not ask for.
    let (again, volume) = (path("again.csv"), path("volume.csv"));
    let search = [&["search"], &common[..], &["--store", &store]].concat();
    for (more, table, whole) in [
        (&[][..], &again, COMPONENTS.len() - 1),
        (&["--combine", "volume,independence"][..], &volume, 2),
    ] {
        let (code, _, error) = untrained(&[&search[..], more, &["--out", table]].concat());
        // Disconnected architectures are not completed.
        let disconnected = 20 - rows(table).iter().filter(|row| row["status"] == "ok").count();
        let reused = error.split("; ").find_map(|part| part.split_once(" reused"));
        let reused: usize = reused.unwrap().0.parse().unwrap();
        assert!(code == 0 && reused + disconnected >= 20, "{error}");
        let first = rows(table).swap_remove(0);
        let is_component = |key: &&String| COMPONENTS.contains(&key.as_str()) && *key != "macs";
        assert_eq!(first.keys().filter(is_component).count(), whole, "{first:?}");
    }
    for (reused, computed) in rows(&again).iter().zip(rows(&whole)) {
        for column in ["architecture", "score", "status", "combined"].iter().chain(&COMPONENTS) {
            assert_eq!(reused[*column], computed[*column], "{column}");
        }
    }
    assert!(!rows(&volume)[0].contains_key("path-norm"));
    // NASWOT is not there, so it is computed.
    let (code, _, error) = untrained(&[&search[..], &["--also", "naswot"]].concat());
    assert!(code == 0 && !error.contains("20 reused"), "{error}");
    let (code, _, error) = untrained(&[&search[..], &["--score", "naswot"]].concat());
    let before = |word: &str| {
        let numbers = error.split_once(word)?.0.rsplit(|letter: char| !letter.is_ascii_digit());
        numbers.into_iter().next()?.parse::<usize>().ok()
    };
    // The paper's search keeps the disconnected ones that it draws.
    let known = before(" reused").unwrap();
    assert!(code == 0 && known >= 10 && before(" ok") == Some(known), "{error}");
    let (code, _, error) = untrained(&[&complete[..], &["--scores", "volum"]].concat());
    assert!(code == 2 && error.contains("did you mean `volume`"), "{error}");
    let missing = path("missing.db");
    let (code, _, error) = untrained(&["studies", "complete", &id, "--store", &missing]);
    assert!(code == 2 && error.contains("does not exist"), "{error}");
    assert!(!std::path::Path::new(&missing).exists(), "a file was made");
    let (code, _, error) = untrained(&[&complete[..], &["--scores", "naswot"]].concat());
    assert!(code == 2 && error.contains("search again"), "{error}");
}

#[test]
fn naswot_beside_it_sees_the_mini_batch_of_the_paper() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (both, alone) = (path("both.csv"), path("alone.csv"));
    let common = ["--samples", "6", "--store", "none", "--count", "live"];
    let also = [&QUICK[..], &common, &["--also", "naswot", "--out", &both]].concat();
    let naswot = [&["search", "--score", "naswot"], &QUICK[3..], &common, &["--out", &alone]];
    for flags in [also, naswot.concat()] {
        let (code, _, error) = untrained(&flags);
        assert_eq!(code, 0, "{error}");
    }
    let (both, alone) = (rows(&both), rows(&alone));
    let mut compared = 0;
    for both in &both {
        // The paper's search keeps the disconnected ones that it draws, so it has fewer others.
        let same = alone.iter().find(|row| row["architecture"] == both["architecture"]);
        let Some(alone) = same else { continue };
        compared += 1;
        for column in ["score", "regions", "units", "params"] {
            assert_eq!(both[column], alone[column], "{column}");
        }
        assert!(both["status"] != "ok" || !both["path-norm"].is_empty(), "{both:?}");
        assert!(!alone.contains_key("path-norm"));
    }
    assert!(compared >= 3, "{compared} are in both");
}

#[test]
fn a_resumed_search_is_the_uninterrupted_one() {
    // With two operations, most architectures are disconnected and passed over.
    let few = "topology.operations=[\"none\", \"nor_conv_3x3\", \"skip_connect\"]";
    for strategy in ["random", "local"] {
        check_resumed(&["--strategy", strategy, "--set", few]);
    }
    check_resumed(&["--strategy", "evolution", "--population", "6"]);
}

fn check_resumed(strategy: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (whole, parts) = (path("whole.db"), path("parts.db"));
    let run = |samples: &str, store: &str, more: &[&str]| {
        let flags =
            [&QUICK[..], strategy, &["--samples", samples, "--store", store], more].concat();
        let (code, shown, error) = untrained(&flags);
        assert_eq!(code, 0, "{error}");
        shown
    };
    let at_once = run("40", &whole, &[]);
    run("15", &parts, &[]);
    let (_, list, _) = untrained(&["studies", "--store", &parts]);
    let id = list.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let resume = ["search", "--resume", &id, "--samples", "40", "--store", &parts];
    let (code, resumed, error) = untrained(&resume);
    assert_eq!(code, 0, "{error}");
    assert_eq!(listed(&resumed), listed(&at_once));
}

#[test]
fn wrong_lists_are_refused() {
    for (flags, part) in [
        (&["--score", "combined", "--combine", "path-norn"][..], "did you mean `path-norm`"),
        (&["--score", "combined", "--combine", "macs,macs"], "listed twice"),
        (&["--score", "combind"], "did you mean `combined`"),
        (&["--score", "naswot", "--combine", "macs"], "--combine needs the score `combined`"),
        (&["--also", "combined"], "--also cannot be `combined`"),
        (&["--also", "volum"], "did you mean `volume`"),
        (&["--initial-score", "combined"], "--initial-score needs the strategy area"),
    ] {
        let (code, _, error) = untrained(&[&["search"], flags].concat());
        assert!(code == 2 && error.contains(part), "{flags:?}: {error}");
    }
}
