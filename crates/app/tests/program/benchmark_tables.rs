//! `benchmark` on the command line.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value as Json;
use untrained::benchmark;

#[path = "../../../../tests/benchmark_tables/tables.rs"]
mod tables;

use tables::{TABLES, fixture, read, table};

fn untrained(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("untrained").unwrap();
    command.args(["--batch", "benchmark"]).args(arguments);
    command
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn info_shows_facts() {
    let file = fixture("nasbench_tiny.tfrecord");
    let done = untrained(&["info", text(&file)]).assert().success();
    let shown = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    for part in ["format: NAS-Bench-101", "space: nas-bench-101", "rows: 2", "test_12_max"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let done = untrained(&["info", text(&file), "--json"]).assert().success();
    let facts: Json = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!((&facts["rows"], &facts["datasets"][0]), (&2.into(), &"cifar10".into()));
    assert_eq!(facts["metrics"][0]["name"], "parameters");
    assert_eq!(facts["metrics"][0]["max"], 2e6);
}

/// A converted table is read back with the same rows, metric by metric.
#[test]
fn converted_tables_are_the_same_tables() {
    let folder = tempfile::tempdir().unwrap();
    for name in TABLES {
        let out = folder.path().join(format!("{name}.csv"));
        untrained(&["convert", text(&fixture(name)), text(&out)]).assert().success();
        let (rows, metrics) = read(&table(name)).unwrap();
        let (again, names) = read(&benchmark::open(&out).unwrap()).unwrap();
        assert_eq!(rows.len(), again.len(), "{name}");
        for (row, again) in rows.iter().zip(&again) {
            assert_eq!((&row.architecture, row.index), (&again.architecture, again.index));
            assert_eq!(row.hash, again.hash, "{name}");
            for (position, metric) in metrics.iter().enumerate() {
                let there = names.iter().position(|known| known == metric).unwrap();
                assert_eq!(row.value(position), again.value(there), "{name} {metric}");
            }
        }
    }
    let leftovers = std::fs::read_dir(folder.path()).unwrap();
    assert_eq!(leftovers.count(), TABLES.len(), "no unfinished table is left");
}

#[test]
fn tables_are_replaced_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.csv");
    std::fs::write(&out, "precious").unwrap();
    let file = fixture("indices.csv");
    let refused = untrained(&["convert", text(&file), text(&out)]).assert().code(2);
    let said = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(said.contains("--overwrite"), "{said}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "precious");
    untrained(&["convert", text(&file), text(&out), "--overwrite"]).assert().success();
    assert_ne!(std::fs::read_to_string(&out).unwrap(), "precious");
    untrained(&["convert", text(&file), text(&folder.path().join("out.txt"))]).assert().code(2);
}

#[test]
fn bad_tables_end_with_code_2_the_file_and_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged.tfrecord");
    let mut bytes = std::fs::read(fixture("nasbench_tiny.tfrecord")).unwrap();
    bytes[500] ^= 4;
    std::fs::write(&damaged, bytes).unwrap();
    let out = folder.path().join("out.csv");
    for arguments in [&["info", text(&damaged)][..], &["convert", text(&damaged), text(&out)]] {
        let refused = untrained(arguments).assert().code(2);
        let said = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
        for part in ["damaged.tfrecord", "record 1 at byte", "download it again"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    assert!(!out.exists());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing unfinished is left");
}

/// Ctrl-C ends a conversion soon and leaves nothing unfinished.
#[cfg(unix)]
#[test]
fn a_conversion_can_be_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("long.tfrecord"), folder.path().join("out.csv"));
    let records: Vec<u8> = (0..200_000).flat_map(|number| tables::run(number, 108)).collect();
    std::fs::write(&file, records).unwrap();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("untrained"))
        .args(["--batch", "benchmark", "convert", text(&file), text(&out)])
        .spawn()
        .unwrap();
    // The second of two readings has begun.
    let begin = std::time::Instant::now();
    while !folder.path().join("out.csv.partial").exists() {
        assert!(begin.elapsed().as_secs() < 60 && child.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let interrupt =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something is left");
}

/// The list of formats in the help is the list of readers.
#[test]
fn help_lists_every_format() {
    let done = untrained(&["--help"]).assert().success();
    let shown = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    for format in benchmark::ALL {
        assert!(shown.contains(format.name), "{}: {shown}", format.name);
    }
}
