//! Tables as spreadsheets, pandas and other programs write them, as benchmark tables and as scores.

use std::io::Write;
use std::path::Path;

use serde_json::Value as Json;
use untrained::benchmark::{self, BenchmarkRow, MetricLookup, NEVER_CANCEL};
use untrained::evaluation::{AccuracyLookups, join, read_scores};
use untrained::space::Space;
use untrained::statistics::kendall_tau_b;

use super::{data, read, value};

const FIRST: &str = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|";
const SECOND: &str = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";

/// Kendall's tau of a file of scores with a metric of a table, and the architectures compared.
fn tau(table: &Path, metric: &str, scores: &Path, column: &str) -> Result<(f64, usize), String> {
    let words = |error: &dyn std::error::Error| error.to_string();
    let space = Space::builtin("nas-bench-201").unwrap();
    let table = benchmark::open(table).map_err(|error| words(&error))?;
    let accuracy = MetricLookup::new(&table, &space, metric).map_err(|error| words(&error))?;
    let scores = read_scores(scores, column).map_err(|error| words(&error))?;
    let lookups = AccuracyLookups { accuracy: &accuracy, validation: None };
    let joined = join(scores, lookups, &|_| true).map_err(|error| words(&error))?;
    Ok((kendall_tau_b(&joined.pairs()).unwrap(), joined.rows.len()))
}

fn write(name: &str, content: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

fn rows(name: &str, content: &[u8]) -> Result<(Vec<BenchmarkRow>, Vec<String>), String> {
    let (_folder, path) = write(name, content);
    let table = benchmark::open(&path).map_err(|error| error.to_string())?;
    read(&table).map_err(|error| error.to_string())
}

/// The values of the column `x`; a missing one is `None`.
fn column(name: &str, content: &[u8]) -> Result<Vec<Option<f64>>, String> {
    let (rows, metrics) = rows(name, content)?;
    Ok(rows.iter().map(|row| value(row, &metrics, "x")).collect())
}

/// What is said to somebody who asks for the metric `x`.
fn no_metric(content: &str) -> String {
    let (_folder, path) = write("a.csv", content.as_bytes());
    let table = benchmark::open(&path).unwrap();
    let space = Space::builtin("nas-bench-201").unwrap();
    MetricLookup::new(&table, &space, "x").unwrap_err().to_string()
}

/// The same tables and scores as pandas and scipy read them.
#[test]
fn correlations_are_those_of_pandas_and_scipy() {
    let Some(folder) = data::shared("cases/formats") else { return };
    let mut seen = Vec::new();
    for case in std::fs::read_dir(folder).unwrap().flatten() {
        let text = std::fs::read_to_string(case.path().join("expected.json")).unwrap();
        let expected: Json = serde_json::from_str(&text).unwrap();
        let words: Vec<&str> = expected["command"].as_str().unwrap().split(' ').collect();
        if words.get(2) != Some(&"correlate") {
            continue;
        }
        let option = |name: &str| words[words.iter().position(|word| *word == name).unwrap() + 1];
        let files = [option("--table"), option("--scores")].map(|name| case.path().join(name));
        let name = case.file_name().to_string_lossy().into_owned();
        let found = tau(&files[0], option("--metric"), &files[1], "score");
        let (tau, count) = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = &expected["expected"];
        if let Some(known) = expected["tau_b"].as_f64() {
            assert!((tau - known).abs() < 5e-5, "{name}: {tau} for {known}");
            assert_eq!(count as u64, expected["n"].as_u64().unwrap(), "{name}");
        }
        seen.push(name);
    }
    assert!(seen.len() >= 10, "{seen:?}");
}

#[test]
fn indices_of_pandas_and_columns_of_any_name_are_read() {
    for (table, scores, column) in [
        ("pandas-index-csv/pandasindex.csv", "pandas-index-csv/scores.csv", "score"),
        ("scores-arch-column/plain.csv", "scores-arch-column/scores_arch.csv", "nwot"),
    ] {
        let files = [table, scores].map(|name| data::shared(&format!("cases/{name}")));
        let [Some(table), Some(scores)] = files else { return };
        let (tau, _) = tau(&table, "acc", &scores, column).unwrap();
        assert!((tau - 0.073).abs() < 5e-4, "{tau}");
    }
    // As `DataFrame.to_csv` and R's `write.table` write row names, in tables and in scores.
    for text in [
        format!(",arch,score,x\n0,{FIRST},3,1\n1,{SECOND},4,2\n"),
        format!("arch,score,x\n0,{FIRST},3,1\n1,{SECOND},4,2\n"),
    ] {
        assert_eq!(column("a.csv", text.as_bytes()).unwrap(), [Some(1.0), Some(2.0)]);
        let (_folder, path) = write("a.csv", text.as_bytes());
        let scores = read_scores(&path, "score").unwrap();
        assert_eq!(scores.iter().map(|row| row.score).collect::<Vec<_>>(), [3.0, 4.0]);
        assert_eq!(scores[1].architecture, SECOND);
    }
}

#[test]
fn cells_without_a_value_are_missing_wherever_they_stand() {
    for word in [
        "", "N/A", "n/a", "-", "#N/A", "nan", "NaN", "None", "NULL", "null", "NA", "<NA>", "inf",
        "-inf", "#DIV/0!", " ",
    ] {
        let text = format!("arch,x\na,{word}\nb,1.5\nc,{word}\n{}d,{word}\n", "e,2\n".repeat(120));
        let found = column("a.csv", text.as_bytes()).unwrap();
        assert_eq!(found[..3], [None, Some(1.5), None], "{word}");
        assert_eq!(found.last(), Some(&None), "{word}");
    }
}

#[test]
fn numbers_are_read_as_spreadsheets_write_them() {
    for (cells, expected) in [
        ("1.5;2", [1.5, 2.0]),
        ("1,5;2,25", [1.5, 2.25]),
        ("72,5%;8%", [72.5, 8.0]),
        ("72.5 %;8%", [72.5, 8.0]),
        ("1.234.567;89", [1_234_567.0, 89.0]),
        ("1.234,5;2.345,25", [1234.5, 2345.25]),
        ("1,234.5;2", [1234.5, 2.0]),
        ("1 234 567;89", [1_234_567.0, 89.0]),
        ("1'234'567,5;89", [1_234_567.5, 89.0]),
        ("1,2E+03;2", [1200.0, 2.0]),
        ("1.2e3;\u{2212}2", [1200.0, -2.0]),
    ] {
        let (first, second) = cells.split_once(';').unwrap();
        for (name, delimiter) in [("a.csv", ";"), ("a.tsv", "\t")] {
            let line = |arch: &str, cell: &str| [arch, cell].join(delimiter) + "\r\n";
            let text = [line("arch", "x"), line("a", first), line("b", second)].concat();
            let found = column(name, text.as_bytes()).unwrap();
            assert_eq!(found, expected.map(Some), "{cells}");
        }
        let text = format!("arch,x\na,\"{first}\"\nb,\"{second}\"\n");
        assert_eq!(column("a.csv", text.as_bytes()).unwrap(), expected.map(Some), "{cells}");
    }
    // Another column settles what this one leaves open.
    let text = "arch;x;y\na;1,234;0,5\nb;5,678;0,75\n";
    assert_eq!(column("a.csv", text.as_bytes()).unwrap(), [Some(1.234), Some(5.678)]);
    let text = "arch,x,y\na,\"1,234\",0.5\nb,\"5,678\",0.75\n";
    assert_eq!(column("a.csv", text.as_bytes()).unwrap(), [Some(1234.0), Some(5678.0)]);
    // Three digits behind a point are a fraction.
    let text = "arch,x\na,93.105\nb,94.221\n";
    assert_eq!(column("a.csv", text.as_bytes()).unwrap(), [Some(93.105), Some(94.221)]);
}

#[test]
fn what_is_not_clearly_a_number_is_named() {
    for (content, place) in [
        (format!("arch,x\n{FIRST},1\n{SECOND},high\n"), "line 3: `high` is not a number"),
        (format!("arch,x\n{FIRST},1\n{SECOND},2.3M\n"), "line 3: `2.3M` is not a number"),
        (format!("arch;x\n{FIRST};1,234\n{SECOND};5,678\n"), "line 2: `1,234` has a mark that may"),
        (format!("arch,x\n{FIRST},72.5%\n{SECOND},0.725\n"), "line 3: `0.725` is mixed with"),
        (format!("arch,x\n{FIRST},1e400\n{SECOND},1\n"), "line 2: `1e400` is not a number"),
    ] {
        let error = no_metric(&content);
        assert!(error.contains("`x`") && error.contains(place), "{place}: {error}");
    }
    let (_folder, path) = write("a.csv", b"arch,x,y,note\na,1,1,x\nb,high,2,y\nc,3,3,1\n");
    let facts = benchmark::open(&path).unwrap().facts(NEVER_CANCEL).unwrap();
    assert_eq!(facts.left_out.len(), 1, "{:?}", facts.left_out);
    assert!(facts.left_out[0].starts_with("x: line 3: `high`"), "{:?}", facts.left_out);
}

#[test]
fn text_of_every_encoding_and_its_remarks_are_read() {
    let plain = "arch,x,note\na,1,\"b\nc\"\nb,2,\u{e9}\n";
    let little: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = plain.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for content in [
        plain.as_bytes().to_vec(),
        plain.replace('\n', "\r\n").into_bytes(),
        format!("\u{feff}{plain}").into_bytes(),
        [&[0xff, 0xfe][..], &little].concat(),
        [&[0xfe, 0xff][..], &big].concat(),
        format!("# made\n\n#by a tool\n{plain}").into_bytes(),
        format!("sep=,\n{plain}").into_bytes(),
        format!("# {plain}").into_bytes(),
        format!("{plain}\n,,\n# the end\n").into_bytes(),
    ] {
        let text = String::from_utf8_lossy(&content).into_owned();
        for name in ["a.csv", "a"] {
            assert_eq!(column(name, &content).unwrap(), [Some(1.0), Some(2.0)], "{text}");
        }
    }
}

#[test]
fn damaged_rows_are_named_with_their_line() {
    for (content, expected) in [
        ("arch,x\na,1\nb,2,3\n", "line 3: has 3 cells, but the header has 2"),
        ("arch,x\r\na,1\r\nb\r\n", "line 3: has 1 cell, but the header has 2"),
        ("arch,x\na,1,2\nb,2\n", "line 3: has 2 cells, but the first row has 3"),
        ("# c\narch,x\na,1\n\n\nb\n", "line 6: has 1 cell,"),
        ("arch,x\na,1\n\"b,2\nc,3\n", "a cell in line 3 swallows"),
        ("arch,x,y\na,\"1,3\nb,\"2\",4\n", "a cell in line 2 swallows"),
    ] {
        let error = rows("a.csv", content.as_bytes()).unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn json_of_every_kind_is_read() {
    for content in [
        "{\"arch\": \"a\", \"x\": 1}\n{\"arch\": \"b\", \"x\": null}\n{\"arch\": \"c\", \"x\": 3}\n",
        "[{\"arch\": \"a\", \"x\": 1}, {\"arch\": \"b\", \"x\": NaN},\n {\"x\": 3, \"arch\": \"c\"}]",
        "{\"arch\":{\"0\":\"a\",\"1\":\"b\",\"2\":\"c\"},\"x\":{\"0\":1,\"1\":null,\"2\":3}}",
        "{\"columns\":[\"arch\",\"x\"],\"index\":[0,1,2],\"data\":[[\"a\",1],[\"b\",null],[\"c\",3]]}",
        "{\"0\":{\"arch\":\"a\",\"x\":1},\"1\":{\"arch\":\"b\",\"x\":null},\"2\":{\"arch\":\"c\",\"x\":3}}",
        "{\"a\":{\"x\":1,\"y\":2},\"b\":{\"y\":2},\"c\":{\"x\":3}}",
        "{\"config\":{\"arch\":\"a\"},\"x\":1}\n{\"config\":{\"arch\":\"b\"}}\n{\"config\":{\"arch\":\"c\"},\"x\":3}",
        "{\"arch\": \"a\", \"x\": \"1.0\"}\n{\"arch\": \"b\"}\n\n{\"arch\": \"c\", \"x\": 3}",
    ] {
        for name in ["a.json", "a.jsonl", "a"] {
            let found = column(name, content.as_bytes());
            assert_eq!(found.unwrap(), [Some(1.0), None, Some(3.0)], "{content}");
        }
    }
    // A metric that comes late, and members of objects.
    let late = "{\"arch\": \"a\"}\n".repeat(150) + "{\"arch\": \"b\", \"x\": 2}\n";
    assert_eq!(column("a.jsonl", late.as_bytes()).unwrap()[150], Some(2.0));
    let (rows, metrics) =
        rows("a.jsonl", b"{\"arch\": \"a\", \"scores\": {\"naswot\": 2, \"jacob\": null}}")
            .unwrap();
    assert_eq!(value(&rows[0], &metrics, "scores.naswot"), Some(2.0));
    let error =
        column("a.jsonl", b"{\"arch\": \"a\", \"x\": 1}\n{\"arch\": \"b\", \"x\": 1").unwrap_err();
    assert!(error.contains("line 2") && error.contains("truncated"), "{error}");
}

#[test]
fn packed_tables_are_told_by_their_content() {
    let text = "arch,x\na,1\nb,2\n";
    let packed = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        write(&mut bytes);
        bytes
    };
    let zipped = |names: &[&str]| {
        packed(&|bytes| {
            let mut archive = zip::ZipWriter::new(std::io::Cursor::new(bytes));
            for name in names {
                let options = zip::write::SimpleFileOptions::default();
                archive.start_file(*name, options).unwrap();
                archive.write_all(text.as_bytes()).unwrap();
            }
            archive.finish().unwrap();
        })
    };
    let kinds = [
        packed(&|bytes| {
            let mut packer = flate2::write::GzEncoder::new(bytes, flate2::Compression::fast());
            packer.write_all(text.as_bytes()).unwrap();
        }),
        packed(&|bytes| {
            let mut packer = bzip2::write::BzEncoder::new(bytes, bzip2::Compression::fast());
            packer.write_all(text.as_bytes()).unwrap();
        }),
        packed(&|bytes| *bytes = zstd::encode_all(text.as_bytes(), 1).unwrap()),
        // Written by `xz`.
        XZ_TABLE.to_vec(),
        zipped(&["folder/table.csv", "__MACOSX/folder/._table.csv"]),
    ];
    for (number, bytes) in kinds.iter().enumerate() {
        for name in ["a.csv", "a.csv.gz", "a"] {
            let found = column(name, bytes).unwrap();
            assert_eq!(found, [Some(1.0), Some(2.0)], "kind {number}, {name}");
        }
        for end in 0..bytes.len() {
            let _ = column("a.csv", &bytes[..end]);
        }
    }
    let error = column("a.zip", &zipped(&["a.csv", "b.csv"])).unwrap_err();
    assert!(error.contains("several files (a.csv, b.csv, ..)"), "{error}");
}

/// `printf 'arch,x\na,1\nb,2\n' | xz`.
const XZ_TABLE: &[u8] = &[
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01,
    0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x0e, 0x61, 0x72, 0x63, 0x68, 0x2c,
    0x78, 0x0a, 0x61, 0x2c, 0x31, 0x0a, 0x62, 0x2c, 0x32, 0x0a, 0x00, 0x00, 0x0c, 0xf3, 0xfb, 0x4c,
    0xc3, 0xe0, 0xf9, 0x8e, 0x00, 0x01, 0x27, 0x0f, 0xdf, 0x1a, 0xfc, 0x6a, 0x1f, 0xb6, 0xf3, 0x7d,
    0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
];

/// Pickles in the layouts of a report: read, or told to be what they are.
#[test]
fn pickles_of_hardware_and_of_trainings_are_read() {
    let Some(folder) = data::shared("cases/formats") else { return };
    let facts = |name: &str| benchmark::open(&folder.join(name)).unwrap().facts(NEVER_CANCEL);
    let hardware = facts("hw_nas_bench_pickle/HW-NAS-Bench-v1_0.pickle").unwrap();
    assert_eq!((hardware.format, hardware.rows), ("HW-NAS-Bench", 60));
    assert_eq!(hardware.metrics[0].name, "cifar10.edgegpu_latency");
    assert_eq!(hardware.spaces, ["nas-bench-201"]);
    let trainings = facts("nb301_pickle/nb301_full_training.pickle").unwrap();
    assert_eq!((trainings.format, trainings.rows), ("NAS-Bench-301", 1));
    assert_eq!(trainings.metrics[0].max, Some(2.0));
    // Other files are told to be what they are.
    for (content, part) in [
        (&b"\x89HDF\r\n\x1a\n...."[..], "an HDF5 file"),
        (b"\x80\x04K\x01.", "a Python pickle of an unknown layout"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"),
    ] {
        let error = rows("a.h5", content).unwrap_err();
        assert!(error.contains(part) && error.contains("not read"), "{error}");
    }
}

#[test]
fn lists_of_naslib_are_architectures() {
    let names = ["naslib_list.json", "naslib_tuple.csv", "zc_nasbench201.json"];
    let mut tables = Vec::new();
    for name in names {
        let Some(path) = data::shared(&format!("cases/naslib-encoding/{name}")) else { return };
        let table = benchmark::open(&path).unwrap();
        assert_eq!(table.facts(NEVER_CANCEL).unwrap().spaces, ["nas-bench-201"], "{name}");
        let metric = ["accuracy", "acc", "cifar10.val_accuracy"];
        let metric = metric[names.iter().position(|other| *other == name).unwrap()];
        let space = Space::builtin("nas-bench-201").unwrap();
        tables.push(MetricLookup::new(&table, &space, metric).unwrap());
    }
    let space = Space::builtin("nas-bench-201").unwrap();
    let cell = space.parse("(0, 4, 2, 0, 1, 1)").unwrap();
    for table in &tables {
        assert_eq!(table.get(&cell), Some(92.076_667));
        assert_eq!(table.report().values, tables[0].report().values);
    }
}

#[test]
fn values_far_from_all_others_are_named() {
    let third = "|skip_connect~0|+|none~0|none~1|+|none~0|none~1|none~2|";
    let notices = |value: &str| {
        let text = format!("arch,x\n{FIRST},93.5\n{SECOND},{value}\n{third},90\n");
        let (_folder, path) = write("a.csv", text.as_bytes());
        let space = Space::builtin("nas-bench-201").unwrap();
        let lookup = MetricLookup::new(&benchmark::open(&path).unwrap(), &space, "x").unwrap();
        lookup.report().notices("nas-bench-201", "x").join("; ")
    };
    let said = notices("-1e308");
    assert!(said.contains("may be errors of the table: -1e308 of |none~0|"), "{said}");
    assert_eq!(notices("10"), "");
}

/// Scores name architectures by index, by hash, and in every format.
#[test]
fn scores_are_read_from_every_kind_of_table() {
    let folder = data::fixture("benchmark_tables");
    let mut first = None;
    for name in ["runs.tsv", "runs.jsonl", "runs.json", "runs.parquet", "runs.xlsx"] {
        let scores = read_scores(&folder.join(name), "params").unwrap();
        assert_eq!((scores.len(), scores[1].score), (10, 1_563_007.0), "{name}");
        let scores: Vec<(String, f64)> =
            scores.into_iter().map(|row| (row.architecture, row.score)).collect();
        assert_eq!(first.get_or_insert_with(|| scores.clone()), &scores, "{name}");
    }
    let table = write("a.csv", b"index,acc\n4,10\n5,20\n6,30\n");
    let scores = write("b.csv", b"index,score\n4,1\n5,3\n6,2\n");
    let (tau, count) = tau(&table.1, "acc", &scores.1, "score").unwrap();
    assert_eq!(count, 3);
    assert!((tau - 1.0 / 3.0).abs() < 1e-12, "{tau}");
    // A table of NAS-Bench-101 has architectures and hashes.
    let space = Space::builtin("nas-bench-101").unwrap();
    let table = super::table("nasbench_tiny.tfrecord");
    let (rows, _) = read(&table).unwrap();
    let text: String = rows
        .iter()
        .enumerate()
        .map(|(score, row)| format!("{},{score}\n", row.hash.as_ref().unwrap()))
        .collect();
    let (_folder, path) = write("c.csv", format!("hash,score\n{text}").as_bytes());
    let accuracy = MetricLookup::new(&table, &space, "test_4").unwrap();
    let lookups = AccuracyLookups { accuracy: &accuracy, validation: None };
    let joined = join(read_scores(&path, "score").unwrap(), lookups, &|_| true).unwrap();
    assert_eq!(joined.coverage.unknown.count, 0);
    assert_eq!(joined.rows.len(), rows.len());
}

/// Exports of other programs: the architecture is a parameter there.
#[test]
fn parameters_of_experiment_trackers_are_found() {
    for text in [
        format!(
            ",number,value,params_arch,state\n0,0,1,{FIRST},COMPLETE\n1,1,2,{SECOND},COMPLETE\n"
        ),
        format!(
            "\"Name\",\"State\",\"config/architecture\",\"value\"\n\"a\",\"finished\",\"{FIRST}\",\"1\"\n\"b\",\"finished\",\"{SECOND}\",\"2\"\n"
        ),
    ] {
        let (rows, metrics) = rows("a.csv", text.as_bytes()).unwrap();
        assert_eq!(rows[1].architecture, SECOND);
        assert_eq!(value(&rows[1], &metrics, "value"), Some(2.0));
    }
}
