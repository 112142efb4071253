//! Brushes: the part of an axis in which rows must lie.

use std::collections::{BTreeMap, BTreeSet};

use super::decisions::{DecisionTable, NO_VALUE};
use super::filter::RowTest;
use super::table::ResultTable;

/// Something rows differ in: a column of numbers or a decision of the space.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResultAxis {
    /// A decision by name.
    Decision(String),
    /// A column of numbers by name.
    Number(String),
}

impl ResultAxis {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Decision(name) | Self::Number(name) => name,
        }
    }
}

/// What rows are to be on an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum AxisBrush {
    /// From a number to another one, both included.
    Range([f64; 2]),
    /// One of these values of a decision.
    Values(BTreeSet<String>),
}

/// A brush for every axis that has one; rows are to be in all of them.
pub type AxisBrushes = BTreeMap<ResultAxis, AxisBrush>;

impl AxisBrush {
    /// The brush as a test of rows. A row without the decision, or whose decisions have not been read
    /// yet, fails it.
    pub fn on<'t>(
        &self,
        axis: &ResultAxis,
        table: &'t ResultTable,
        decisions: &'t DecisionTable,
    ) -> RowTest<'t> {
        match (axis, self) {
            (ResultAxis::Number(name), Self::Range([least, most])) => {
                let (least, most) = (*least, *most);
                let values = table.column(name).unwrap_or_default();
                Box::new(move |row| {
                    values.get(row as usize).is_some_and(|value| (least..=most).contains(value))
                })
            }
            (ResultAxis::Decision(name), Self::Values(values)) => {
                let Some(decision) = decisions.column(name) else { return Box::new(|_| false) };
                let meant: Vec<bool> =
                    decision.values.iter().map(|value| values.contains(value)).collect();
                Box::new(move |row| {
                    let code = decision.codes.get(row as usize).copied().unwrap_or(NO_VALUE);
                    meant.get(usize::from(code)).copied().unwrap_or(false)
                })
            }
            // A number has no categories and a decision no range.
            _ => Box::new(|_| true),
        }
    }

    /// What it says, for people.
    pub fn text(&self, axis: &ResultAxis, write: impl Fn(f64) -> String) -> String {
        match self {
            Self::Range([least, most]) => {
                format!("{} {} to {}", axis.name(), write(*least), write(*most))
            }
            Self::Values(values) => {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                format!("{} {}", axis.name(), values.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::table;
    use super::*;

    fn met(axis: ResultAxis, brush: &AxisBrush) -> Vec<u32> {
        let table = table(&[("a", 1.0, 10), ("b", 2.0, 20), ("c", f64::NEG_INFINITY, 30)]);
        let mut decisions = DecisionTable::default();
        decisions.push([("op", "conv"), ("depth", "2")]);
        decisions.push([("op", "none")]);
        let test = brush.on(&axis, &table, &decisions);
        (0..3).filter(|&row| test(row)).collect()
    }

    #[test]
    fn ranges_hold_their_ends_and_values_are_those_named() {
        let score = || ResultAxis::Number("score".to_owned());
        let op = || ResultAxis::Decision("op".to_owned());
        let values = |names: &[&str]| {
            AxisBrush::Values(names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>())
        };
        assert_eq!(met(score(), &AxisBrush::Range([1.0, 2.0])), [0, 1]);
        assert_eq!(met(score(), &AxisBrush::Range([1.5, 9.0])), [1]);
        assert_eq!(met(score(), &AxisBrush::Range([f64::NEG_INFINITY, 1.0])), [0, 2]);
        assert_eq!(met(op(), &values(&["conv"])), [0]);
        assert_eq!(met(op(), &values(&["conv", "none", "other"])), [0, 1]);
        // The second row has no depth, the third is not read.
        assert_eq!(met(ResultAxis::Decision("depth".to_owned()), &values(&["2"])), [0]);
        assert_eq!(met(ResultAxis::Decision("nothing".to_owned()), &values(&["2"])), [0_u32; 0]);
        let text = values(&["none", "conv"]).text(&op(), |_| String::new());
        assert_eq!(text, "op conv, none");
    }
}
