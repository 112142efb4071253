//! Columns of results.

use std::collections::BTreeMap;

use super::super::explain;
use crate::store::{Record, Status};

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figures {
    /// A whole number with its thousands apart.
    Whole,
    /// So many decimals.
    Decimals(usize),
}

/// A column of numbers that every result has, if only as a gap.
pub struct Number {
    /// The name in headings and filters.
    pub name: &'static str,
    /// The unit for the heading; empty for a plain number.
    pub unit: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// How it is written.
    pub figures: Figures,
    /// Its value; NaN where there is none.
    of: fn(&Record) -> f64,
}

/// All of them, in the order of the table.
pub static NUMBERS: &[Number] = &[
    Number {
        name: "score",
        unit: "",
        about: explain::SCORE,
        figures: Figures::Decimals(4),
        of: |record| record.score,
    },
    Number {
        name: "value",
        unit: "",
        about: "What the search ranks by: the chosen score, or the accuracy",
        figures: Figures::Decimals(4),
        of: |record| record.value,
    },
    Number {
        name: "sd",
        unit: "",
        about: "Standard deviation of the score over weight draws",
        figures: Figures::Decimals(4),
        of: |record| record.sd.unwrap_or(f64::NAN),
    },
    Number {
        name: "params",
        unit: "",
        about: "Trainable parameters",
        figures: Figures::Whole,
        of: |record| record.params as f64,
    },
    Number {
        name: "macs",
        unit: "",
        about: "Multiply-adds per image",
        figures: Figures::Whole,
        of: |record| record.macs as f64,
    },
    Number {
        name: "units",
        unit: "",
        about: "Units that are counted, V: the diagonal of the kernel matrix",
        figures: Figures::Whole,
        of: |record| record.units as f64,
    },
    Number {
        name: "layers",
        unit: "",
        about: "Convolutions",
        figures: Figures::Whole,
        of: |record| record.layers as f64,
    },
    Number {
        name: "regions",
        unit: "",
        about: "Different codes in the mini-batch: the linear regions its images fall into",
        figures: Figures::Decimals(1),
        of: |record| record.regions.unwrap_or(f64::NAN),
    },
    Number {
        name: "accuracy",
        unit: "%",
        about: "Accuracy after training, where the search asked for it",
        figures: Figures::Decimals(2),
        of: |record| record.accuracy.unwrap_or(f64::NAN),
    },
    Number {
        name: "seconds",
        unit: "s",
        about: "Time spent on it",
        figures: Figures::Decimals(3),
        of: |record| record.seconds,
    },
    Number {
        name: "index",
        unit: "",
        about: "Number in the benchmark's order",
        figures: Figures::Whole,
        of: |record| record.index.map_or(f64::NAN, |index| index as f64),
    },
];

/// Results by column. Rows are in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Table {
    positions: Vec<u64>,
    architectures: Vec<Box<str>>,
    status: Vec<Status>,
    /// A vector for each of [`NUMBERS`], or none while there are no rows.
    numbers: Vec<Vec<f64>>,
    /// Further scores by name, NaN where a row has none.
    scores: BTreeMap<String, Vec<f64>>,
}

impl Table {
    /// Adds a row.
    pub fn push(&mut self, position: u64, record: &Record, scores: &BTreeMap<String, f64>) {
        let before = self.len();
        self.numbers.resize_with(NUMBERS.len(), Vec::new);
        for (number, values) in NUMBERS.iter().zip(&mut self.numbers) {
            values.push((number.of)(record));
        }
        for name in scores.keys().filter(|name| NUMBERS.iter().all(|known| known.name != **name)) {
            self.scores.entry(name.clone()).or_insert_with(|| vec![f64::NAN; before]);
        }
        for (name, values) in &mut self.scores {
            values.push(scores.get(name).copied().unwrap_or(f64::NAN));
        }
        self.positions.push(position);
        self.architectures.push(record.architecture.as_str().into());
        self.status.push(record.status);
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// The place of a row in the study.
    pub fn position(&self, row: u32) -> u64 {
        self.positions[row as usize]
    }

    /// The architecture of a row.
    pub fn architecture(&self, row: u32) -> &str {
        &self.architectures[row as usize]
    }

    /// What became of a row.
    pub fn status(&self, row: u32) -> Status {
        self.status[row as usize]
    }

    /// The names of all columns of numbers: [`NUMBERS`], then further scores.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        NUMBERS.iter().map(|number| number.name).chain(self.scores.keys().map(String::as_str))
    }

    /// A column of numbers, a value per row; nothing for a name that is not one of a column.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        match NUMBERS.iter().position(|number| number.name == name) {
            Some(at) => Some(self.numbers.get(at).map_or(&[], Vec::as_slice)),
            None => self.scores.get(name).map(Vec::as_slice),
        }
    }

    /// One number; NaN where there is none.
    pub fn value(&self, name: &str, row: u32) -> f64 {
        self.column(name).and_then(|values| values.get(row as usize)).copied().unwrap_or(f64::NAN)
    }

    /// Whether a column has a value in some row.
    pub fn has(&self, name: &str) -> bool {
        self.column(name).is_some_and(|values| values.iter().any(|value| !value.is_nan()))
    }

    /// How the numbers of a column are written.
    pub fn figures(name: &str) -> Figures {
        let known = NUMBERS.iter().find(|number| number.name == name);
        known.map_or(Figures::Decimals(4), |number| number.figures)
    }

    /// The place of a row among those that may be chosen, from 1; `None` where it may not be.
    pub fn rank(&self, row: u32) -> Option<u64> {
        let values = self.column("value")?;
        let value = |row: u32| Some(values[row as usize]).filter(|value| value.is_finite());
        let may = |row: u32| self.status(row) == Status::Ok && value(row).is_some();
        let own = may(row).then_some(values[row as usize])?;
        let better =
            (0..self.len() as u32).filter(|&other| may(other) && values[other as usize] > own);
        Some(better.count() as u64 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{record, table};
    use super::*;

    #[test]
    fn columns_keep_step_when_a_score_comes_late() {
        let mut table = table(&[("a", 1.0, 10), ("b", 2.0, 20)]);
        table.push(2, &record("c", 3.0, 30), &BTreeMap::from([("flops".to_owned(), 7.0)]));
        let flops = table.column("flops").unwrap();
        assert_eq!((flops.len(), flops[2]), (3, 7.0));
        assert!(flops[0].is_nan() && flops[1].is_nan());
        assert_eq!(table.value("params", 1), 20.0);
        assert!(table.column("nothing").is_none());
    }

    #[test]
    fn ranks_are_of_rows_that_may_be_chosen_and_equals_share_one() {
        let rows = [("a", f64::NEG_INFINITY, 1), ("b", 2.0, 1), ("c", 2.0, 1), ("d", 1.0, 1)];
        assert_eq!(
            [0, 1, 2, 3].map(|row| table(&rows).rank(row)),
            [None, Some(1), Some(1), Some(3)]
        );
    }
}
