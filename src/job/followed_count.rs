//! Detects rankings that follow a plain count so closely that they add little information.

use std::fmt;

use crate::format::thousands;
use crate::statistics::spearman_rho;
use crate::store::{Record, Status};

/// From this rank correlation on a value says little that the count does not say.
const CLOSE: f64 = 0.95;

/// Below so many architectures a correlation says little.
const LEAST: usize = 20;

/// A plain count that values follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FollowedCount {
    /// What is counted, as a reader calls it.
    pub count: &'static str,
    /// The rank correlation (Spearman) of value and count.
    pub rho: f64,
    /// Over how many architectures.
    pub architectures: usize,
}

impl fmt::Display for FollowedCount {
    /// What a reader should know, after the name of what ranks.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, rho, architectures } = self;
        let architectures = thousands(*architectures);
        write!(
            formatter,
            "closely follows the {count} here (Spearman's rho {rho:.3} over {architectures} \
             architectures), so it adds little information"
        )
    }
}

/// The counts of the records of a job.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordCounts {
    rows: Vec<CountRow>,
}

#[derive(Clone, Copy, Debug)]
struct CountRow {
    value: f64,
    counts: [f64; COUNTS.len()],
}

/// A plain count: what it is called, the score that it is, and its value.
type PlainCount = (&'static str, &'static str, fn(&Record) -> f64);

const COUNTS: [PlainCount; 4] = [
    ("number of units", "units", |record| record.units as f64),
    ("number of parameters", "params", |record| record.params as f64),
    ("number of multiply-adds", "macs", |record| record.macs as f64),
    ("number of convolutions", "layers", |record| record.layers as f64),
];

impl RecordCounts {
    /// Adds a record with the value that ranks it; one that may not be chosen does not count.
    pub(super) fn add(&mut self, record: &Record, value: f64) {
        if record.status == Status::Ok && value.is_finite() {
            self.rows.push(CountRow { value, counts: COUNTS.map(|(_, _, of)| of(record)) });
        }
    }

    /// The count that the values follow most closely, if closely enough; `ranked_by` may be one of them.
    pub(super) fn followed(&self, ranked_by: &str) -> Option<FollowedCount> {
        let architectures = self.rows.len();
        if architectures < LEAST || COUNTS.iter().any(|(_, score, _)| *score == ranked_by) {
            return None;
        }
        let followed = COUNTS.iter().enumerate().filter_map(|(at, (count, _, _))| {
            let pairs: Vec<(f64, f64)> =
                self.rows.iter().map(|row| (row.counts[at], row.value)).collect();
            let rho = spearman_rho(&pairs)?;
            Some(FollowedCount { count, rho, architectures })
        });
        followed.filter(|count| count.rho >= CLOSE).max_by(|a, b| a.rho.total_cmp(&b.rho))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rows: impl Iterator<Item = (f64, [f64; COUNTS.len()])>) -> RecordCounts {
        RecordCounts { rows: rows.map(|(value, counts)| CountRow { value, counts }).collect() }
    }

    #[test]
    fn the_count_that_values_follow_most_closely_is_told() {
        let row = |at: u32| {
            let at = f64::from(at);
            (at.ln_1p(), [at, at * 7.0 % 40.0, at - at % 3.0, 3.0])
        };
        let followed = counts((0..40).map(row));
        let told = followed.followed("naswot").unwrap();
        assert_eq!((told.count, told.architectures), ("number of units", 40));
        assert!((told.rho - 1.0).abs() < 1e-12, "{told:?}");
        // A count follows itself, and few architectures tell nothing.
        assert_eq!(followed.followed("params"), None);
        assert_eq!(counts((0..19).map(row)).followed("naswot"), None);
        let other = counts((0..40).map(|at| (f64::from(at * 11 % 40), row(at).1)));
        assert_eq!(other.followed("naswot"), None);
    }
}
