//! Ranges of numbers with at most three decimals.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::space::problem::ProblemList;
use crate::space::topology::stages::ParameterValue;

/// The most values of a range.
const MAX_VALUES: usize = 100_000;

/// All numbers from `min` to `max` in steps of `step`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Range")]
pub(super) struct RangeFile {
    /// The smallest one.
    #[schemars(range(min = 0.001, max = 65536))]
    min: f64,
    /// The largest one.
    #[schemars(range(min = 0.001, max = 65536))]
    max: f64,
    /// The distance between two of them.
    #[schemars(range(min = 0.001, max = 65536))]
    step: f64,
}

/// The same in thousandths.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumberRange {
    min: u32,
    max: u32,
    step: u32,
}

impl NumberRange {
    /// Checks what a file says.
    pub(super) fn new(file: &RangeFile, path: &str, problems: &mut ProblemList) -> Option<Self> {
        let mut number = |key: &str, value: f64| {
            let number = ParameterValue::from_f64(value);
            if number.is_none() {
                problems
                    .add(format!("{path}.{key}"), format!("is {value}; three decimals at most"));
            }
            number.map(ParameterValue::thousandths)
        };
        let (min, max, step) =
            (number("min", file.min), number("max", file.max), number("step", file.step));
        let range = Self { min: min?, max: max?, step: step? };
        if range.max < range.min {
            problems.add(format!("{path}.max"), format!("is below min = {}", file.min));
            return None;
        }
        if range.count() > MAX_VALUES {
            let count = range.count();
            problems.add(path, format!("has {count} values; at most {MAX_VALUES} are allowed"));
            return None;
        }
        Some(range)
    }

    /// The number of values.
    pub(super) fn count(&self) -> usize {
        ((self.max - self.min) / self.step) as usize + 1
    }

    /// The value at a position.
    pub(super) fn at(&self, position: usize) -> ParameterValue {
        ParameterValue::from_thousandths(self.min + self.step * position as u32)
    }

    /// All values.
    pub(super) fn iter(&self) -> impl Iterator<Item = ParameterValue> + use<> {
        let range = *self;
        (0..range.count()).map(move |position| range.at(position))
    }

    /// The position of the first value that is at least that, which may lie behind the last one.
    pub(super) fn position(&self, value: f64) -> usize {
        let steps = (value * 1000.0 - f64::from(self.min)) / f64::from(self.step);
        if steps > 0.0 { steps.ceil() as usize } else { 0 }
    }
}
