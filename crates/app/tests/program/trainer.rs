//! Searches that learn from the user's own training program.

use crate::program::quick_search as search;

/// A program whose accuracy is the number of 3x3 convolutions; it fails on cells with a pool.
const TRAINER: &str = r#"sh -c 'case "$1" in *pool*) exit 4;; esac; n=$(echo "$1" | grep -o nor_conv_3x3 | wc -l); echo "{\"accuracy\": $n}"' trainer {arch}"#;

#[test]
fn searches_learn_from_the_trainer_and_survive_its_failures() {
    let folder = tempfile::tempdir().unwrap();
    for (strategy, scored) in [("area", 20), ("rea", 0), ("rs", 0)] {
        let path = folder.path().join(format!("{strategy}.csv"));
        let (code, shown, error) = search(&[
            "--strategy",
            strategy,
            "--samples",
            "25",
            "--trainer",
            TRAINER,
            "--trainers",
            "2",
            "--out",
            path.to_str().unwrap(),
        ]);
        assert_eq!(code, 3, "some cells have pools: {error}");
        assert!(shown.lines().next().unwrap().contains("accuracy"), "{shown}");
        assert!(error.contains("the trainer failed (exit status: 4)"), "{error}");
        let mut rows = csv::Reader::from_path(path).unwrap();
        let headers = rows.headers().unwrap().clone();
        let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let (accuracy, score, status) = (column("accuracy"), column("score"), column("status"));
        let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        let count = |condition: &dyn Fn(&csv::StringRecord) -> bool| {
            rows.iter().filter(|row| condition(row)).count()
        };
        assert_eq!(rows.len(), 25 + scored);
        let trained = |row: &csv::StringRecord| !row[accuracy].is_empty();
        let failed = |row: &csv::StringRecord| &row[status] == "failed";
        assert_eq!(count(&|row| trained(row) || failed(row)), 25);
        assert!(count(&trained) > 0 && count(&failed) > 0);
        for row in rows.iter().filter(|row| trained(row)) {
            let convolutions = row[0].matches("nor_conv_3x3").count() as f64;
            assert_eq!(row[accuracy].parse::<f64>().unwrap(), convolutions);
            // AREA has scored its first population before it trains the best of it.
            let has_score =
                scored > 0 && rows.iter().any(|other| other[0] == row[0] && !trained(other));
            assert_eq!(row[score].is_empty(), !has_score, "{row:?}");
            assert!(!row[0].contains("pool"));
        }
    }
}

#[test]
fn trainers_go_with_strategies_that_train() {
    for (arguments, part) in [
        (&["--strategy", "rea"][..], "give the command"),
        (&["--trainer", "x {arch}"], "trains nothing"),
        (&["--strategy", "rs", "--trainer", "x"], "where the architecture goes"),
        (&["--strategy", "rs", "--trainer", "x {arch}", "--trainers", "0"], "--trainers must"),
        (&["--strategy", "rs", "--trainer", "x {arch}", "--trainer-limit", "0"], "--trainer-limit"),
    ] {
        let (code, _, error) = search(arguments);
        assert!(code == 2 && error.contains(part), "{arguments:?}: {error}");
    }
}
