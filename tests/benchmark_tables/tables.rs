//! The small tables and how a test reads them.

#![allow(dead_code, reason = "another test program uses a part of it")]

use std::path::PathBuf;

use untrained::benchmark::{self, BenchmarkError, BenchmarkRow, BenchmarkTable, NEVER_CANCEL};

/// Every small table.
pub const TABLES: [&str; 25] = [
    "NATS-tiny-simple",
    "NATS-tiny-simple.tar",
    "NAS-Bench-201-zip.pth",
    "NAS-Bench-201-legacy.pth",
    "nasbench_tiny.tfrecord",
    "ResNet.json",
    "ResNet_in.json",
    "zc_nasbench201.json",
    "cells.csv",
    "cells.csv.gz",
    "indices.csv",
    "runs.tsv",
    "runs.jsonl",
    "runs.json",
    "runs.parquet",
    "runs-gzip.parquet",
    "runs-zstd.parquet",
    "runs-lz4.parquet",
    "runs.xlsx",
    "hw-nas-bench.pickle",
    "nb301.pickle",
    "nas-bench-macro_tiny.json",
    "transnas-bench_tiny.pth",
    "zc_transbench101_micro.json",
    "zc_transbench101_macro.json",
];

pub fn fixture(name: &str) -> PathBuf {
    crate::data::fixture("benchmark_tables").join(name)
}

pub fn table(name: &str) -> BenchmarkTable {
    benchmark::open(&fixture(name)).unwrap()
}

/// All rows with the names of the metrics.
pub fn read(table: &BenchmarkTable) -> Result<(Vec<BenchmarkRow>, Vec<String>), BenchmarkError> {
    let mut rows = table.rows(NEVER_CANCEL)?;
    let found = rows.by_ref().collect::<Result<Vec<BenchmarkRow>, _>>()?;
    Ok((found, rows.metrics().to_vec()))
}

/// A record of a TFRecord file with its length and checksums.
pub fn framed(record: &[u8]) -> Vec<u8> {
    let masked = |bytes: &[u8]| {
        let check = crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8);
        check.to_le_bytes()
    };
    let length = (record.len() as u64).to_le_bytes();
    [&length[..], &masked(&length), record, &masked(record)].concat()
}

/// A record of NAS-Bench-101: a run of an architecture with a training accuracy of 1.
pub fn run(architecture: usize, epochs: usize) -> Vec<u8> {
    let metrics = "CgkZAAAAAAAA8D8=";
    let keys = format!("\"{architecture:032x}\", {epochs}, \"0100\", \"input,output\"");
    framed(format!("[{keys}, \"{metrics}\"]").as_bytes())
}
