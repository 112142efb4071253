//! Every format gives the rows that Python put into the small tables.

use std::io::Write;

use serde_json::Value as Json;
use untrained::benchmark::{self, ALL, BenchmarkError, NEVER_CANCEL};
use untrained::space::Space;

use super::{TABLES, fixture, read, table, value};

/// Means of three numbers in another order differ in the last bits.
const TOLERANCE: f64 = 1e-12;

fn expected(name: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(fixture("expected.json")).unwrap();
    let mut all: Json = serde_json::from_str(&text).unwrap();
    let Json::Array(rows) = all[name].take() else { panic!("{name} is not in expected.json") };
    rows
}

/// Where a table differs from what is expected.
fn differences(name: &str, expected: &[Json]) -> Vec<String> {
    let (rows, metrics) = read(&table(name)).unwrap();
    let mut wrong = Vec::new();
    if rows.len() != expected.len() {
        wrong.push(format!("{} rows", rows.len()));
    }
    for (number, (row, expected)) in rows.iter().zip(expected).enumerate() {
        let keys = serde_json::json!([row.architecture, row.index, row.hash]);
        let known =
            serde_json::json!([expected["architecture"], expected["index"], expected["hash"]]);
        if keys != known {
            wrong.push(format!("row {number}: {keys} for {known}"));
        }
        let known = expected["metrics"].as_object().unwrap();
        for (metric, known) in known {
            let (found, known) = (value(row, &metrics, metric), known.as_f64().unwrap());
            if found.is_none_or(|found| (found - known).abs() > TOLERANCE * known.abs()) {
                wrong.push(format!("row {number}, {metric}: {found:?} for {known}"));
            }
        }
        for (position, metric) in metrics.iter().enumerate() {
            if row.value(position).is_some() && !known.contains_key(metric) {
                wrong.push(format!("row {number}: {metric} is made up"));
            }
        }
    }
    wrong
}

#[test]
fn rows_are_those_that_were_put_in() {
    for name in TABLES {
        let mut expected = expected(name);
        assert_eq!(differences(name, &expected), Vec::<String>::new(), "{name}");
        // The comparison sees a changed value and a lost metric.
        let metrics = expected[0]["metrics"].as_object_mut().unwrap();
        let first = metrics.keys().next().unwrap().clone();
        let known = metrics[&first].as_f64().unwrap();
        metrics.insert(first.clone(), (known + 1e-6).into());
        assert_eq!(differences(name, &expected).len(), 1, "{name}");
        expected[0]["metrics"].as_object_mut().unwrap().remove(&first);
        assert_eq!(differences(name, &expected).len(), 1, "{name}");
    }
}

#[test]
fn formats_are_told_by_content_and_name() {
    let formats = ["NATS-Bench", "NATS-Bench", "NAS-Bench-201", "NAS-Bench-201", "NAS-Bench-101"];
    let formats = formats.into_iter().chain([
        "Network Design Spaces",
        "Network Design Spaces",
        "NAS-Bench-Suite-Zero",
        "CSV",
        "CSV",
        "CSV",
        "CSV",
        "JSON",
        "JSON",
        "Parquet",
        "Parquet",
        "Parquet",
        "Parquet",
        "Excel workbook",
        "HW-NAS-Bench",
        "NAS-Bench-301",
        "NAS-Bench-Macro",
        "TransNAS-Bench-101",
        "NAS-Bench-Suite-Zero",
        "NAS-Bench-Suite-Zero",
    ]);
    let mut met = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    for (name, format) in TABLES.into_iter().zip(formats) {
        assert_eq!(table(name).format().name, format, "{name}");
        met.push(format);
        // The name is no matter where the content tells.
        if fixture(name).is_file() {
            let copy = folder.path().join("table");
            std::fs::copy(fixture(name), &copy).unwrap();
            assert_eq!(benchmark::open(&copy).unwrap().format().name, format, "{name}");
        }
    }
    for format in ALL {
        assert!(met.contains(&format.name), "no table of {}", format.name);
    }
    for (name, content) in [("notes", "some notes\n"), ("noise", "\0\u{1}\u{2}")] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let error = benchmark::open(&path).unwrap_err();
        assert!(matches!(error, BenchmarkError::Format { .. }), "{name}: {error}");
        assert!(error.to_string().contains("nasbench_full.tfrecord"), "{error}");
    }
    let error = benchmark::open(folder.path()).unwrap_err();
    assert!(matches!(error, BenchmarkError::Format { .. }), "a folder of other files: {error}");
    std::fs::write(folder.path().join("empty"), "").unwrap();
    let error = benchmark::open(&folder.path().join("empty")).unwrap_err();
    assert!(matches!(error, BenchmarkError::Read { .. }), "{error}");
    let error = benchmark::open(&folder.path().join("missing")).unwrap_err();
    assert!(matches!(error, BenchmarkError::Read { .. }), "{error}");
}

#[test]
fn facts_count_rows_values_and_spaces() {
    let facts = table("cells.csv").facts(NEVER_CANCEL).unwrap();
    assert_eq!((facts.format, facts.rows), ("CSV", 121));
    assert_eq!(facts.spaces, ["nas-bench-201"]);
    let found: Vec<_> = facts
        .metrics
        .iter()
        .map(|metric| (metric.name.as_str(), metric.count, metric.missing, metric.min, metric.max))
        .collect();
    // `note` holds a text in its first row and `empty` nothing.
    let accuracy = ("accuracy", 41, 80, Some(10.0), Some(90.25));
    assert_eq!(found, [accuracy, ("late", 1, 120, Some(0.5), Some(0.5))]);
    for (name, spaces, datasets) in [
        ("NATS-tiny-simple", &["nas-bench-201"][..], &["cifar10-valid", "cifar10", "cifar100"][..]),
        ("nasbench_tiny.tfrecord", &["nas-bench-101"], &["cifar10"]),
        ("ResNet_in.json", &["nds-resnet"], &["imagenet"]),
        ("zc_nasbench201.json", &["nas-bench-201"], &["cifar10", "cifar100"]),
        ("indices.csv", &[], &[]),
    ] {
        let facts = table(name).facts(NEVER_CANCEL).unwrap();
        assert_eq!(facts.spaces, spaces, "{name}");
        assert_eq!(facts.datasets, datasets, "{name}");
    }
}

/// Architectures come in the notation that the space writes.
#[test]
fn architectures_of_nas_bench_101_are_in_our_notation() {
    let space = Space::builtin("nas-bench-101").unwrap();
    for row in read(&table("nasbench_tiny.tfrecord")).unwrap().0 {
        let parsed = space.parse(&row.architecture).unwrap();
        assert_eq!(parsed.to_string(), row.architecture);
    }
}

#[test]
fn reading_can_be_cancelled_everywhere() {
    for name in TABLES {
        let no = |_: f64| false;
        let result = table(name).facts(&no);
        assert!(matches!(result, Err(BenchmarkError::Cancelled)), "{name}: {result:?}");
        let share = std::cell::Cell::new(0.0);
        let watch = |now: f64| {
            assert!((0.0..=1.0).contains(&now) && now >= share.replace(now), "{name}: {now}");
            true
        };
        table(name).facts(&watch).unwrap();
    }
}

/// Faults of each format name the place and what to do.
#[test]
fn faults_say_where_and_what() {
    let folder = tempfile::tempdir().unwrap();
    let fault = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let result = benchmark::open(&path).and_then(|table| read(&table).map(drop));
        let error = result.unwrap_err();
        let source = std::error::Error::source(&error);
        format!("{error}: {}", source.map(ToString::to_string).unwrap_or_default())
    };
    let record = std::fs::read(fixture("nasbench_tiny.tfrecord")).unwrap();
    let mut flipped = record.clone();
    flipped[700] ^= 1;
    let legacy = std::fs::read(fixture("NAS-Bench-201-legacy.pth")).unwrap();
    let cases: [(&str, &[u8], &str); 18] = [
        ("a.csv", b"a,b\n1,2\n", "line 1: no column names the architectures"),
        ("a.csv", b"arch,x,x\na,1,2\n", "line 1, column 3: a second column `x`"),
        ("a.csv", b"arch,x\na,1\n,2\n", "line 3, column architecture: is empty"),
        ("a.csv", b"index,x\n-1,1\n", "line 2, column index: `-1` is not a number"),
        ("a.csv", b"arch,x\na\xff,1\n", "line 2: is not UTF-8 text"),
        ("a.csv", &[&b"arch,x\na,1\n\""[..], &b"b".repeat(400_000)].concat(), "line 3"),
        ("a.tfrecord", &record[..record.len() - 1], "record 11 at byte"),
        ("a.tfrecord", &flipped, "its checksum is wrong"),
        ("a.tfrecord", b"0123456789ab", "record 0 at byte 0: the checksum of its length is wrong"),
        ("a.pth", b"PK\x03\x04 and nothing else", "is not a readable archive"),
        ("a.pth", &legacy[..legacy.len() / 2], "ends at byte"),
        ("a.pth", b"some text", "was not written by torch.save"),
        ("a.json", b"[{\"net\": {}}", "the file ends in the middle of a value"),
        ("a.json", b"[{\"other\": 1}]", "run 0 at byte 1: it is not a training run with a `net`"),
        ("a.json", b"[{\"net\": 1} {\"net\": 1}]", "run 1 at byte 11: a comma is missing"),
        (
            "a.json",
            b"{\"cifar10\": [1]}",
            "the dataset `cifar10` is not an object of architectures",
        ),
        ("a.json", b"{\"cifar10\": {\"b\": {}, \"a\": 1}}", "`a` has no object of metrics"),
        ("a.tar", b"no archive", "its list of files"),
    ];
    for (name, content, part) in cases {
        let error = fault(name, content);
        assert!(error.contains(part), "{part}: {error}");
    }
}

/// A late text in a column of numbers is told, not taken for nothing.
#[test]
fn a_text_among_numbers_is_an_error() {
    let mut file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    let rows = "cell,1\n".repeat(150);
    write!(file, "arch,x\n{rows}cell,high\n").unwrap();
    let error = read(&benchmark::open(file.path()).unwrap()).unwrap_err().to_string();
    assert!(error.contains("line 152, column x: `high` is not a number"), "{error}");
}
