//! The numeric columns of all results: those of the core's list of result columns.

use std::sync::LazyLock;

use crate::explain;
use untrained::store::{NumberFormat, RESULT_COLUMNS, Record};

/// A column of numbers that every result has, if only as a gap.
pub struct NumberColumn {
    /// The name in headings and filters.
    pub name: &'static str,
    /// The unit for the heading; empty for a plain number.
    pub unit: &'static str,
    /// A description in one sentence.
    pub about: String,
    /// How it is written.
    pub format: NumberFormat,
    /// Its value; NaN where there is none.
    pub(super) value: fn(&Record) -> f64,
}

/// All of them, in the order of files.
pub static NUMBERS: LazyLock<Vec<NumberColumn>> = LazyLock::new(|| {
    let columns = RESULT_COLUMNS.iter().filter_map(|column| Some((column, column.number?)));
    let number = columns.map(|(column, number)| NumberColumn {
        name: column.name,
        unit: column.unit,
        about: match column.name {
            "score" => explain::SCORE.to_owned(),
            _ => capitalised(column.explanation),
        },
        format: number.format,
        value: number.value,
    });
    number.collect()
});

/// A column that is measured on request, named as in the constraints of a search.
pub struct MeasuredColumn {
    /// The name.
    pub name: &'static str,
    /// The unit for the heading.
    pub unit: &'static str,
    /// A description in one sentence.
    pub about: &'static str,
    /// How it is written.
    pub format: NumberFormat,
}

/// The columns that are measured on request.
pub static MEASURED: [MeasuredColumn; 2] = [
    MeasuredColumn {
        name: "latency",
        unit: "ms",
        about: "Time of one mini-batch on the device of the search, measured on request",
        format: NumberFormat::Decimals(3),
    },
    MeasuredColumn {
        name: "activations",
        unit: "B",
        about: "Peak memory of 32-bit activations for one image, in bytes",
        format: NumberFormat::Whole,
    },
];

/// What was measured of an architecture.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The architecture.
    pub architecture: String,
    /// Milliseconds of one mini-batch.
    pub latency_ms: f64,
    /// Bytes of activations that are needed at once, for one image.
    pub activation_bytes: f64,
}

/// A text that begins with a capital letter.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
