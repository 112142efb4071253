//! How fast benchmark tables are read.
//!
//! `cargo bench --bench tables` writes a table of the size of NAS-Bench-101 (423,624 different cells
//! with made-up accuracies) as a TFRecord file, counts its facts, makes a lookup of one metric and
//! converts it to CSV, and reads that.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use untrained::benchmark::{self, MetricLookup, NEVER_CANCEL};
use untrained::space::Space;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let (records, csv) = (folder.path().join("a.tfrecord"), folder.path().join("a.csv"));
    let space = Space::builtin("nas-bench-101").unwrap();
    let cells = timed("writing", || write_records(&space, &records));
    let table = benchmark::open(&records).unwrap();
    let facts = timed("facts", || table.facts(NEVER_CANCEL).unwrap());
    assert_eq!((facts.rows, cells), (423_624, 423_624));
    let lookup = timed("lookup", || MetricLookup::new(&table, &space, "test_108").unwrap());
    assert_eq!(lookup.report().values, 423_624);
    timed("rows to CSV", || convert(&records, &csv));
    let table = benchmark::open(&csv).unwrap();
    let facts = timed("facts of the CSV", || table.facts(NEVER_CANCEL).unwrap());
    assert_eq!(facts.rows, 423_624);
    timed("lookup of the CSV", || MetricLookup::new(&table, &space, "test_108").unwrap());
    for path in [&records, &csv] {
        let bytes = path.metadata().unwrap().len();
        println!("{}: {} MB", path.extension().unwrap().display(), bytes / 1_000_000);
    }
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = work();
    println!("{what}: {:.1} s", begin.elapsed().as_secs_f64());
    result
}

/// One run of every cell; how many there are.
fn write_records(space: &Space, path: &Path) -> usize {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut count = 0;
    for cell in space.enumerate() {
        let written = cell.to_string();
        let (bits, names) = written.split_once(':').unwrap_or((&written, ""));
        let rows: Vec<&str> = bits.split('-').collect();
        let vertices = rows.len() + 1;
        let matrix: String = (0..vertices)
            .map(|row| format!("{:0>vertices$}", rows.get(row).unwrap_or(&"")))
            .collect();
        let inner = if names.is_empty() { String::new() } else { format!("{names},") };
        let hash = cell.benchmark_key();
        let metrics = STANDARD.encode(metrics(0.5 + count as f64 / 1e6));
        let text =
            format!("[\"{hash}\", 108, \"{matrix}\", \"input,{inner}output\", \"{metrics}\"]");
        write_record(&mut file, text.as_bytes());
        count += 1;
    }
    file.flush().unwrap();
    count
}

/// A `ModelMetrics` of three evaluations, five doubles in each.
fn metrics(accuracy: f64) -> Vec<u8> {
    let mut message = Vec::new();
    for share in [0.0, 0.5, 1.0] {
        message.extend([0x0a, 45]);
        for field in 1..=5_u8 {
            message.push(field << 3 | 1);
            message.extend((accuracy * share).to_le_bytes());
        }
    }
    message.extend([0x10, 0x80, 0x08]);
    message
}

fn write_record(file: &mut impl Write, record: &[u8]) {
    let masked = |bytes: &[u8]| {
        crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
    };
    let length = (record.len() as u64).to_le_bytes();
    for part in [&length[..], &masked(&length), record, &masked(record)] {
        file.write_all(part).unwrap();
    }
}

fn convert(from: &Path, to: &Path) {
    let rows = benchmark::open(from).unwrap();
    let mut file = csv::Writer::from_path(to).unwrap();
    let mut rows = rows.rows(NEVER_CANCEL).unwrap();
    let mut header = false;
    while let Some(row) = rows.next().transpose().unwrap() {
        if !header {
            let keys = ["architecture", "hash"].map(str::to_owned);
            file.write_record(keys.iter().chain(rows.metrics())).unwrap();
            header = true;
        }
        let keys = [row.architecture, row.hash.unwrap_or_default()];
        let values = row.values.iter().map(f64::to_string);
        file.write_record(keys.into_iter().chain(values)).unwrap();
    }
    file.flush().unwrap();
}
