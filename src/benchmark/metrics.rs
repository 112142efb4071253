//! The names of a table's metrics, by position.

use std::collections::HashMap;

/// The most metrics of a table.
const MOST: usize = 4096;
/// The longest name.
const LONGEST_BYTES: usize = 200;

/// Names in the order in which they were met.
#[derive(Default)]
pub(super) struct MetricNames {
    names: Vec<String>,
    positions: HashMap<String, usize>,
}

impl MetricNames {
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The position of a name, which may be new; what is wrong with it where it is refused.
    pub fn position(&mut self, name: &str) -> Result<usize, String> {
        if let Some(&position) = self.positions.get(name) {
            return Ok(position);
        }
        if name.is_empty() || name.len() > LONGEST_BYTES {
            return Err(format!(
                "a metric's name has {} bytes, but 1 to {LONGEST_BYTES} are allowed: the file is \
                 damaged or not a benchmark table",
                name.len()
            ));
        }
        if self.names.len() == MOST {
            return Err(format!(
                "there are more than {MOST} metrics: the file is damaged or not a benchmark table"
            ));
        }
        self.names.push(name.to_owned());
        self.positions.insert(name.to_owned(), self.names.len() - 1);
        Ok(self.names.len() - 1)
    }
}

/// The mean of what there is; NaN where there is nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in values.filter(|value| value.is_finite()) {
        sum += value;
        count += 1;
    }
    if count == 0 { f64::NAN } else { sum / f64::from(count) }
}
