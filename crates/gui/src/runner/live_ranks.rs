//! The combined ranks of the results of a running search: each value changes as others arrive.

use std::collections::HashSet;

use untrained::job::JobConfig;
use untrained::score::{ComponentRanks, Components, Ranking};
use untrained::store::{Record, Status};

/// Results are compared again once there are this part more of them.
const GROWTH: usize = 32;

/// What the combined rank compares, in order of arrival.
pub struct LiveRanks {
    components: Components,
    seen: HashSet<String>,
    rows: Vec<LiveRow>,
    compared: usize,
}

struct LiveRow {
    architecture: String,
    params: f64,
    /// How many results there were with it.
    results: f64,
    components: Vec<f64>,
}

/// A result as it is drawn.
pub struct RankedRow {
    /// The architecture.
    pub architecture: String,
    /// Trainable parameters.
    pub params: f64,
    /// How many results there were with it.
    pub results: f64,
    /// Its combined rank.
    pub value: f64,
}

impl LiveRanks {
    /// For a job that ranks by the combined rank.
    pub fn of_job(job: &JobConfig) -> Option<Self> {
        match job.ranked_without_training().ok()?? {
            Ranking::Combined(components) => {
                Some(Self { components, seen: HashSet::new(), rows: Vec::new(), compared: 0 })
            }
            Ranking::Score(_) => None,
        }
    }

    /// Adds a result, the last of so many.
    pub fn add(&mut self, record: &Record, results: u64) {
        if record.status == Status::Ok && self.seen.insert(record.architecture.clone()) {
            let components = record.component_values(&self.components);
            let (params, results) = (record.params as f64, results as f64);
            let architecture = record.architecture.clone();
            self.rows.push(LiveRow { architecture, params, results, components });
        }
    }

    /// All results with their ranks among each other, if they are compared again: with `all` if one has
    /// come since, else once a few per cent have.
    pub fn compare(&mut self, all: bool) -> Option<Vec<RankedRow>> {
        let (rows, compared) = (self.rows.len(), self.compared);
        if rows == compared || !all && rows < compared + compared / GROWTH + 1 {
            return None;
        }
        self.compared = rows;
        let values = self.rows.iter().map(|row| row.components.as_slice());
        let ranks = ComponentRanks::of(self.components.len(), values);
        let ranked = |row: &LiveRow| RankedRow {
            architecture: row.architecture.clone(),
            params: row.params,
            results: row.results,
            value: ranks.combined(&row.components),
        };
        Some(self.rows.iter().map(ranked).collect())
    }
}
