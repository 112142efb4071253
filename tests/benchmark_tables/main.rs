//! Readers of benchmark tables: small tables that Python made, the published samples where they are
//! at hand, and damaged ones.

mod command_line;
mod damage;
mod formats;
mod lookup;
mod memory;
mod published;
#[path = "../space_support/mod.rs"]
mod support;

use std::path::PathBuf;

use untrained::benchmark::{self, BenchmarkError, Row, TO_THE_END, Table};

/// Every small table.
const TABLES: [&str; 11] = [
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
];

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/benchmark_tables").join(name)
}

fn table(name: &str) -> Table {
    benchmark::open(&fixture(name)).unwrap()
}

/// All rows with the names of the metrics.
fn read(table: &Table) -> Result<(Vec<Row>, Vec<String>), BenchmarkError> {
    let mut rows = table.rows(TO_THE_END)?;
    let found = rows.by_ref().collect::<Result<Vec<Row>, _>>()?;
    Ok((found, rows.metrics().to_vec()))
}

/// A value of a row by the name of its metric.
fn value(row: &Row, metrics: &[String], name: &str) -> Option<f64> {
    let position = metrics.iter().position(|metric| metric == name);
    row.value(position.unwrap_or_else(|| panic!("no metric {name}: {metrics:?}")))
}
