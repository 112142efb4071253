//! Joins in memory what several parts of a file contain about an architecture.

use std::collections::HashMap;

/// The most memory: the published files need less than 40 MB.
const MAX_BYTES: usize = 96 << 20;
/// Memory behind an architecture beside its key (twice) and its values.
const ROW_BYTES: usize = 300;
/// Memory behind a value, growth included.
const VALUE_BYTES: usize = 3 * size_of::<(u32, f64)>();

/// Architectures in the order in which they were met, with values by metric.
#[derive(Default)]
pub struct GatheredScores {
    known: HashMap<String, u32>,
    rows: Vec<(String, Vec<(u32, f64)>)>,
    bytes: usize,
}

impl GatheredScores {
    /// Makes sure that an architecture is there; its number.
    pub fn meet(&mut self, key: &str) -> Result<(), String> {
        self.number(key).map(drop)
    }

    /// Adds a value; the last one counts.
    pub fn add(&mut self, key: &str, metric: usize, value: f64) -> Result<(), String> {
        self.take(VALUE_BYTES)?;
        let number = self.number(key)?;
        self.rows[number].1.push((metric as u32, value));
        Ok(())
    }

    /// The keys in the order in which they were met.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|(key, _)| key.as_str())
    }

    pub fn get(&self, number: usize) -> Option<(&str, &[(u32, f64)])> {
        self.rows.get(number).map(|(key, values)| (key.as_str(), values.as_slice()))
    }

    fn number(&mut self, key: &str) -> Result<usize, String> {
        if let Some(&number) = self.known.get(key) {
            return Ok(number as usize);
        }
        self.take(ROW_BYTES + 2 * key.len())?;
        let number = self.rows.len();
        self.known.insert(key.to_owned(), number as u32);
        self.rows.push((key.to_owned(), Vec::new()));
        Ok(number)
    }

    fn take(&mut self, bytes: usize) -> Result<(), String> {
        self.bytes += bytes;
        if self.bytes > MAX_BYTES {
            return Err(format!(
                "the file has more than {} MiB of values: it is not a file of NAS-Bench-Suite-Zero",
                MAX_BYTES >> 20
            ));
        }
        Ok(())
    }
}
