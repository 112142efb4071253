//! Tables for tests.

use std::borrow::Cow;

use super::table::ResultTable;
use untrained::store::{Record, Status};

/// A record with a score and a number of parameters; singular where the score is not finite.
pub fn record(architecture: &str, score: f64, params: u64) -> Record {
    Record {
        architecture: architecture.to_owned(),
        score,
        sd: None,
        status: if score.is_finite() { Status::Ok } else { Status::Singular },
        params,
        macs: params * 10,
        units: 100,
        seconds: 0.25,
        layers: 3,
        regions: None,
        accuracy: None,
        index: None,
        seed: 0,
        repeats: 1,
        device: String::new(),
        driver: String::new(),
        version: Cow::Borrowed(""),
        message: None,
        draws: Default::default(),
        value: score,
        scores: Default::default(),
    }
}

/// A table of such records.
pub fn table(rows: &[(&str, f64, u64)]) -> ResultTable {
    let mut table = ResultTable::default();
    for (position, &(name, score, params)) in rows.iter().enumerate() {
        table.push(position as u64, &record(name, score, params));
    }
    table
}
