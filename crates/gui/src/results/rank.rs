//! How an architecture ranks among the results it belongs to.

use std::time::{Duration, Instant};

use crate::results::sheet::{ResultTable, ValueHistogram};
use untrained::score::Placement;
use untrained::store::Status;

/// Bins of the histogram.
const BINS: usize = 40;
/// How old an answer may be while results arrive.
const FRESH: Duration = Duration::from_millis(500);

/// A place among results.
#[derive(Clone, Debug, PartialEq)]
pub struct RankInfo {
    /// The value that results are ranked by.
    pub value: f64,
    /// Its rank among the rows that may be chosen, from 1; `None` if it may not be chosen.
    pub rank: Option<u64>,
    /// Results that may be chosen.
    pub of: u64,
    /// The values of all that may be chosen.
    pub histogram: ValueHistogram,
    /// How it ranks in each component, if the combined rank ranks.
    pub placement: Option<Placement>,
}

impl RankInfo {
    /// The place of a row of a table.
    pub fn new(table: &ResultTable, row: u32) -> Self {
        let values = table.column("value").unwrap_or_default();
        let may = |&(other, value): &(usize, &f64)| {
            value.is_finite() && table.status(other as u32) == Status::Ok
        };
        let chosen: Vec<f64> =
            values.iter().enumerate().filter(may).map(|(_, value)| *value).collect();
        Self {
            value: table.value("value", row),
            rank: table.rank(row),
            of: chosen.len() as u64,
            histogram: ValueHistogram::new(chosen.iter().copied(), BINS),
            placement: table.placement(row),
        }
    }

    /// The share of the others that are not better, in per cent.
    pub fn percentile(&self) -> Option<f64> {
        let better = self.rank? - 1;
        let others = self.of.saturating_sub(1);
        Some(if others == 0 { 100.0 } else { 100.0 * (1.0 - better as f64 / others as f64) })
    }
}

/// The latest query and answer, because tables are long and frames are many.
#[derive(Default)]
pub struct RankCache {
    last: Option<(u64, u32, usize, Instant, RankInfo)>,
}

impl RankCache {
    /// The place of a row of the table of certain results.
    pub fn of(&mut self, sheet: u64, table: &ResultTable, row: u32) -> RankInfo {
        if let Some((of, at, length, asked, standing)) = &self.last
            && (*of, *at) == (sheet, row)
            && (*length == table.len() || asked.elapsed() < FRESH)
        {
            return standing.clone();
        }
        let standing = RankInfo::new(table, row);
        self.last = Some((sheet, row, table.len(), Instant::now(), standing.clone()));
        standing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sheet::samples::table;

    #[test]
    fn the_best_has_rank_one_and_the_highest_percentile() {
        let rows = [("a", 1.0, 1), ("b", 4.0, 1), ("c", 2.0, 1), ("d", f64::NEG_INFINITY, 1)];
        let table = table(&rows);
        let standing = |row| RankInfo::new(&table, row);
        assert_eq!((standing(1).rank, standing(1).percentile()), (Some(1), Some(100.0)));
        assert_eq!((standing(2).rank, standing(2).percentile()), (Some(2), Some(50.0)));
        assert_eq!((standing(0).rank, standing(0).percentile()), (Some(3), Some(0.0)));
        assert_eq!((standing(3).rank, standing(3).percentile()), (None, None));
        assert_eq!((standing(3).of, standing(3).histogram.counts.iter().sum::<u64>()), (3, 3));
    }

    #[test]
    fn the_last_answer_is_kept_for_the_same_row_only() {
        let table = table(&[("a", 1.0, 1), ("b", 2.0, 1)]);
        let mut standings = RankCache::default();
        assert_eq!(standings.of(0, &table, 0).rank, Some(2));
        assert_eq!(standings.of(0, &table, 0).rank, Some(2));
        assert_eq!(standings.of(0, &table, 1).rank, Some(1));
        let other = crate::results::sheet::samples::table(&[("a", 1.0, 1)]);
        assert_eq!(standings.of(1, &other, 0).rank, Some(1));
    }
}
