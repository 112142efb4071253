//! Chooses the architectures of a table to score, if not all of them are.

use std::collections::BTreeMap;

use super::{EvaluationError, EvaluationProgress};
use crate::benchmark::{BenchmarkRow, BenchmarkTable, MetricLookup};
use crate::seed;
use crate::space::{Architecture, Space};

/// Draws architectures that have an accuracy in the table, uniformly without replacement; all of them
/// if there are fewer. Architectures are distinguished in the same way as by the lookup.
///
/// Every architecture has a random number of its own, from the seed and its identity, and the lowest
/// are drawn: the order of the table's rows does not matter, and a larger sample holds a smaller one.
///
/// # Errors
///
/// [`EvaluationError::NothingToDraw`] if the table names no architecture that can be built, and
/// whatever reading meets.
pub fn sample(
    table: &BenchmarkTable,
    accuracy: &MetricLookup,
    count: usize,
    seed: u64,
    watch: EvaluationProgress<'_>,
) -> Result<Vec<String>, EvaluationError> {
    let space = accuracy.space();
    let mut drawn: BTreeMap<(u64, String), String> = BTreeMap::new();
    for row in table.rows(watch)? {
        let Some(architecture) = architecture(space, &row?) else { continue };
        if accuracy.get(&architecture).is_none() {
            continue;
        }
        let identity = architecture.identity();
        let number = seed::derive(seed, &["evaluation sample", &identity]);
        drawn.entry((number, identity)).or_insert_with(|| architecture.to_string());
        if drawn.len() > count {
            drawn.pop_last();
        }
    }
    if drawn.is_empty() {
        let (path, metric) = (table.path().to_owned(), accuracy.metric().to_owned());
        return Err(EvaluationError::NothingToDraw { path, metric });
    }
    Ok(drawn.into_values().collect())
}

fn architecture(space: &Space, row: &BenchmarkRow) -> Option<Architecture> {
    if row.architecture.is_empty() {
        return row.index.and_then(|index| space.from_index(index));
    }
    space.parse(&row.architecture).ok()
}
