//! The best records of a job, during the run and at its end.

use super::event::BEST;
use super::followed_count::{FollowedCount, RecordCounts};
use crate::score::Ranking;
use crate::store::{Record, RecordRanks};

/// Ranks the records of a job. By the combined rank every record counts, since it belongs to the set;
/// by a score, the best are kept.
#[derive(Clone, Debug)]
pub struct Leaderboard {
    /// The best, best first, where a score ranks.
    best: Vec<Record>,
    combined: Option<CombinedRecords>,
    /// Where a score ranks: the counts of all records.
    counts: RecordCounts,
    ranked_by: &'static str,
    /// How many are kept.
    size: usize,
}

#[derive(Clone, Debug)]
struct CombinedRecords {
    ranks: RecordRanks,
    /// Those that count.
    records: Vec<Record>,
}

impl Leaderboard {
    /// No record yet.
    pub fn new(ranking: Option<&Ranking>) -> Self {
        Self::keeping(ranking, BEST)
    }

    /// No record yet; the `size` best ones are kept.
    pub fn keeping(ranking: Option<&Ranking>, size: usize) -> Self {
        let combined = match ranking {
            Some(Ranking::Combined(components)) => {
                let ranks = RecordRanks::new(components.clone());
                Some(CombinedRecords { ranks, records: Vec::new() })
            }
            Some(Ranking::Score(_)) | None => None,
        };
        let ranked_by = ranking.map_or("", Ranking::name);
        Self { best: Vec::new(), combined, counts: RecordCounts::default(), ranked_by, size }
    }

    /// Adds a record; of equal ones the earlier one wins.
    pub fn add(&mut self, record: &Record) {
        if let Some(combined) = &mut self.combined {
            if combined.ranks.add(record) {
                combined.records.push(record.clone());
            }
            return;
        }
        let score = record.rank_score();
        if score == f64::NEG_INFINITY {
            return;
        }
        self.counts.add(record, score);
        // Evolution may come back to an architecture, and a trainer to another accuracy.
        let is_there = |known: &Record| known.architecture == record.architecture;
        if let Some(at) = self.best.iter().position(is_there) {
            if self.best[at].rank_score() >= score {
                return;
            }
            self.best.remove(at);
        }
        let place = self.best.partition_point(|better| better.rank_score() >= score);
        if place < self.size {
            self.best.insert(place, record.clone());
            self.best.truncate(self.size);
        }
    }

    /// The best records, best first, at most as many as are kept, with the values by which they are ranked.
    pub fn best(&self) -> Vec<Record> {
        let Some(CombinedRecords { ranks, records }) = &self.combined else {
            return self.best.clone();
        };
        let mut values: Vec<(f64, usize)> =
            records.iter().map(|record| ranks.combined(record)).zip(0..).collect();
        values.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let best = values.into_iter().take(self.size);
        best.map(|(value, at)| Record { value, ..records[at].clone() }).collect()
    }

    /// The plain count that the values follow so closely that they add little information.
    pub fn followed_count(&self) -> Option<FollowedCount> {
        // Accuracies may follow whatever they like.
        if self.ranked_by.is_empty() {
            return None;
        }
        let Some(CombinedRecords { ranks, records }) = &self.combined else {
            return self.counts.followed(self.ranked_by);
        };
        let mut counts = RecordCounts::default();
        records.iter().for_each(|record| counts.add(record, ranks.combined(record)));
        counts.followed(self.ranked_by)
    }

    /// The value of the best record where a score ranks.
    pub fn best_value(&self) -> Option<f64> {
        self.best.first().map(|record| record.value)
    }

    /// The number of records that the combined rank compares; `None` if a score ranks.
    pub fn ranks(&self) -> Option<&RecordRanks> {
        self.combined.as_ref().map(|combined| &combined.ranks)
    }
}
