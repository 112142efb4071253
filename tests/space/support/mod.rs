//! Finds the data that tests compare with, which is not part of the project.
#![allow(dead_code, reason = "every test uses a part of it")]

use std::io::Read;

use crate::support::shared;

/// The columns of NAS-Bench-201's table: by row, the architecture.
pub fn nas_bench_201_table() -> Option<Vec<String>> {
    let file = std::fs::File::open(shared("data/nb201_tss.csv.gz")?).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let rows = rows.records().enumerate().map(|(position, row)| {
        let row = row.unwrap();
        assert_eq!(row[0].parse::<usize>().unwrap(), position);
        row[1].to_owned()
    });
    Some(rows.collect())
}
