//! Searches that learn from a benchmark table.

use crate::program::quick_search as search;
use untrained::space::Space;

/// A table of the whole space: the accuracy is the number of 3x3 convolutions, a training takes 10 s.
fn table(folder: &std::path::Path) -> String {
    let space = Space::builtin("nas-bench-201").unwrap();
    let mut text = "arch,accuracy,final,seconds\n".to_owned();
    for architecture in space.enumerate() {
        let name = architecture.to_string();
        let count = name.matches("nor_conv_3x3").count();
        text.push_str(&format!("{name},{count},{},10\n", 10 * count));
    }
    let path = folder.join("table.csv");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn searches_learn_from_a_table_within_their_budget() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path());
    for (strategy, scored) in [("area", 20), ("rea", 0), ("rs", 0)] {
        let path = folder.path().join(format!("{strategy}.csv"));
        let out = path.to_str().unwrap();
        let flags = [
            "--strategy",
            strategy,
            "--table",
            &table,
            "--metric",
            "accuracy",
            "--report",
            "final",
        ];
        let clock = ["--time", "seconds", "--budget", "305", "--out", out, "--overwrite"];
        let (code, shown, error) = search(&[&flags[..], &clock[..]].concat());
        assert_eq!(code, 0, "{error}");
        // 30 trainings of 10 s; the 31st would exceed the budget.
        assert!(error.contains(&format!("scored {} architectures", 30 + scored)), "{error}");
        let best: f64 =
            shown.lines().nth(1).unwrap().split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(shown.contains(&format!("final of the winner: {:.4}", 10.0 * best)), "{shown}");
        let (_, _, error) = search(&[&flags[..], &["--samples", "15"]].concat());
        assert!(error.contains(&format!("scored {} architectures", 15 + scored)), "{error}");
    }
}

/// Rows that cannot be used are counted and named; an architecture without a value fails alone.
#[test]
fn rows_that_cannot_be_used_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(folder.path());
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.push(lines[1].clone());
    lines.push("|no_such_op~0|+|none~0|none~1|+|none~0|none~1|none~2|,1,1,1".to_owned());
    lines[2] = format!("{},nan,1,10", lines[2].split(',').next().unwrap());
    std::fs::write(&path, lines.join("\n")).unwrap();
    let flags = ["--strategy", "rs", "--table", &path, "--metric", "accuracy", "--samples", "3"];
    let (code, _, error) = search(&flags);
    assert_eq!(code, 0, "{error}");
    for part in [
        "name no architecture of nas-bench-201: 1 (|no_such_op~0|",
        "repeat an earlier architecture",
        "without `accuracy`: 1",
    ] {
        assert!(error.contains(part), "`{part}` is not in {error}");
    }
    let whole = ["--strategy", "rs", "--table", &path, "--metric", "accuracy"];
    let (code, _, error) = search(&[&whole[..], &["--samples", "15625"]].concat());
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("1 failed"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_name_of_a_table_need_not_be_unicode() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(std::ffi::OsStr::from_bytes(b"t\xff.csv"));
    std::fs::rename(table(folder.path()), &path).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_untrained"))
        .args(["--batch", "search", "--strategy", "rs", "--metric", "accuracy", "--samples", "3"])
        .args(["--store", "none", "--table"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn table_flags_that_do_not_go_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path());
    for (arguments, part) in [
        (&["--table", &table, "--metric", "accuracy"][..], "--table needs one of the strategies"),
        (&["--strategy", "rs", "--table", &table], "--table needs a metric"),
        (&["--strategy", "rs", "--metric", "accuracy"], "--metric needs a benchmark table"),
        (&["--strategy", "rs", "--table", &table, "--metric", "acuracy"], "acuracy"),
        (
            &["--population", "5"],
            "--population is not used by the strategy random; the strategies that use it: \
             evolution, area, rea",
        ),
        (&["--strategy", "evolution", "--candidates", "30"], "strategies that use it: area"),
        (&["--strategy", "evolution", "--trainers", "2"], "use it: area, rea, rs"),
        (&["--strategy", "exhaustive", "--samples", "2"], "not used by the strategy exhaustive"),
        (
            &[
                "--strategy",
                "rs",
                "--table",
                &table,
                "--metric",
                "accuracy",
                "--trainer-limit",
                "5",
            ],
            "--trainer-limit needs a training command",
        ),
        (
            &["--strategy", "rs", "--table", &table, "--metric", "accuracy", "--budget", "3"],
            "--budget needs a time",
        ),
        (
            &[
                "--strategy",
                "rs",
                "--table",
                &table,
                "--metric",
                "accuracy",
                "--trainer",
                "x {arch}",
            ],
            "give only one",
        ),
        (&["--strategy", "rs", "--table", "no.csv", "--metric", "accuracy"], "no.csv"),
    ] {
        let (code, _, error) = search(arguments);
        assert!(code == 2 && error.contains(part), "{arguments:?}: {error}");
    }
}

#[test]
fn a_search_that_finds_nothing_leaves_no_table() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("table.csv");
    let out = table.to_str().unwrap();
    let (code, _, error) =
        search(&["--samples", "3", "--constraint", "params=..1", "--out", out, "--store", "none"]);
    assert!(code == 2 && error.contains("meets the constraints"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
