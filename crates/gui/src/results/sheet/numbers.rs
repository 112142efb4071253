//! The columns of numbers that every result has.

use crate::explain;
use untrained::store::Record;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFormat {
    /// A whole number with its thousands apart.
    Whole,
    /// So many decimals.
    Decimals(usize),
}

/// A column of numbers that every result has, if only as a gap.
pub struct NumberColumn {
    /// The name in headings and filters.
    pub name: &'static str,
    /// The unit for the heading; empty for a plain number.
    pub unit: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// How it is written.
    pub figures: NumberFormat,
    /// Its value; NaN where there is none.
    pub(super) of: fn(&Record) -> f64,
}

/// All of them, in the order of the table.
pub static NUMBERS: &[NumberColumn] = &[
    NumberColumn {
        name: "score",
        unit: "",
        about: explain::SCORE,
        figures: NumberFormat::Decimals(4),
        of: |record| record.score,
    },
    NumberColumn {
        name: "value",
        unit: "",
        about: "What the search ranks by: the chosen score, or the accuracy",
        figures: NumberFormat::Decimals(4),
        of: |record| record.value,
    },
    NumberColumn {
        name: "sd",
        unit: "",
        about: "Standard deviation of the score over weight draws",
        figures: NumberFormat::Decimals(4),
        of: |record| record.sd.unwrap_or(f64::NAN),
    },
    NumberColumn {
        name: "params",
        unit: "",
        about: "Trainable parameters",
        figures: NumberFormat::Whole,
        of: |record| record.params as f64,
    },
    NumberColumn {
        name: "macs",
        unit: "",
        about: "Multiply-adds per image",
        figures: NumberFormat::Whole,
        of: |record| record.macs as f64,
    },
    NumberColumn {
        name: "units",
        unit: "",
        about: "Units that are counted, V: the diagonal of the kernel matrix",
        figures: NumberFormat::Whole,
        of: |record| record.units as f64,
    },
    NumberColumn {
        name: "layers",
        unit: "",
        about: "Convolutions",
        figures: NumberFormat::Whole,
        of: |record| record.layers as f64,
    },
    NumberColumn {
        name: "regions",
        unit: "",
        about: "Different codes in the mini-batch: the linear regions its images fall into",
        figures: NumberFormat::Decimals(1),
        of: |record| record.regions.unwrap_or(f64::NAN),
    },
    NumberColumn {
        name: "accuracy",
        unit: "%",
        about: "Accuracy after training, where the search asked for it",
        figures: NumberFormat::Decimals(2),
        of: |record| record.accuracy.unwrap_or(f64::NAN),
    },
    NumberColumn {
        name: "seconds",
        unit: "s",
        about: "Time spent on it",
        figures: NumberFormat::Decimals(3),
        of: |record| record.seconds,
    },
    NumberColumn {
        name: "index",
        unit: "",
        about: "Number in the benchmark's order",
        figures: NumberFormat::Whole,
        of: |record| record.index.map_or(f64::NAN, |index| index as f64),
    },
];
