//! Readers of benchmark tables: small tables that Python made, the published samples where they are
//! at hand, and damaged ones.

mod damage;
#[path = "../support/data.rs"]
mod data;
mod everyday;
mod formats;
mod lookup;
mod memory;
mod published;
mod tables;

use untrained::benchmark::BenchmarkRow;

use tables::{TABLES, fixture, framed, read, run, table};

/// A value of a row by the name of its metric.
fn value(row: &BenchmarkRow, metrics: &[String], name: &str) -> Option<f64> {
    let position = metrics.iter().position(|metric| metric == name);
    row.value(position.unwrap_or_else(|| panic!("no metric {name}: {metrics:?}")))
}
