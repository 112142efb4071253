//! How the best value of a study grew.

use std::path::Path;

use crate::results::sheet::ResultTable;
use crate::studies::stored::{LoadedStudy, load_study};
use untrained::job::{JobConfig, chain};
use untrained::store::Status;

/// The best value of a study after every result that changed it.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyCurve {
    /// The study.
    pub id: String,
    /// What ranks it.
    pub ranked_by: String,
    /// How many results it had.
    pub results: u64,
    /// Results so far and the best value among them, whenever it changed.
    pub best: Vec<[f64; 2]>,
}

impl StudyCurve {
    /// Reads a study.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub fn read(store: &Path, id: &str) -> Result<Self, String> {
        let LoadedStudy { info, job, table, .. } =
            load_study(store, id).map_err(|error| chain(&error))?;
        let ranked_by = job.as_ref().map_or("score", JobConfig::ranked_by).to_owned();
        Ok(Self { id: info.id, ranked_by, results: info.counts.total(), best: best_so_far(&table) })
    }

    /// The highest value.
    pub fn highest(&self) -> Option<f64> {
        self.best.last().map(|last| last[1])
    }

    /// The corners of its line, which has right angles.
    pub fn steps(&self) -> Vec<[f64; 2]> {
        let mut steps: Vec<[f64; 2]> = Vec::new();
        for &[results, value] in &self.best {
            if let Some(&[_, before]) = steps.last() {
                steps.push([results, before]);
            }
            steps.push([results, value]);
        }
        if let Some(&[_, value]) = steps.last() {
            steps.push([self.results as f64, value]);
        }
        steps
    }
}

fn best_so_far(table: &ResultTable) -> Vec<[f64; 2]> {
    let mut best: Vec<[f64; 2]> = Vec::new();
    for row in 0..table.len() as u32 {
        let value = table.value("value", row);
        let may = table.status(row) == Status::Ok && value.is_finite();
        if may && best.last().is_none_or(|last| value > last[1]) {
            best.push([f64::from(row) + 1.0, value]);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sheet::samples::table;

    #[test]
    fn the_best_grows_in_steps_to_the_last_result() {
        let rows = [
            ("a", f64::NEG_INFINITY, 1),
            ("b", 2.0, 1),
            ("c", 1.0, 1),
            ("d", 5.0, 1),
            ("e", 4.0, 1),
        ];
        let best = best_so_far(&table(&rows));
        assert_eq!(best, [[2.0, 2.0], [4.0, 5.0]]);
        let (id, ranked_by) = ("1".to_owned(), "score".to_owned());
        let curve = StudyCurve { id, ranked_by, results: 5, best };
        assert_eq!(curve.steps(), [[2.0, 2.0], [4.0, 2.0], [4.0, 5.0], [5.0, 5.0]]);
        assert_eq!(curve.highest(), Some(5.0));
    }
}
