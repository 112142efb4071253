//! Two to four architectures side by side, each with the results it belongs to.

use crate::inspect::InspectionCache;
use crate::inspect::kernel_picture::KernelPicture;
use crate::inspect::network::{NetworkKey, NetworkOrigin};
use crate::results::rank::RankInfo;
use crate::results::result_set::ResultSet;
use crate::results::sheet::{ColumnGoal, NUMBERS, ResultTable};
use untrained::score::Placement;
use untrained::store::Status;

/// Numbers of which neither more nor less is better.
const UNRATED: [&str; 2] = ["index", "units"];
/// Steps that can be undone.
const PAST: usize = 50;
/// Architectures that are compared at most.
pub const COMPARED: usize = 4;

/// An architecture that is compared.
#[derive(Clone, Debug)]
pub struct ComparedNetwork {
    /// The architecture these numbers belong to.
    pub origin: NetworkOrigin,
    /// The architecture.
    pub key: NetworkKey,
    /// Its status.
    pub status: Status,
    /// What ranks its results.
    pub ranked_by: String,
    /// Its rank and of how many, as it was added.
    pub rank: Option<(u64, u64)>,
    /// How it ranks in each component, if the combined rank ranks its results.
    pub placement: Option<Placement>,
    /// Its numbers by name, without missing ones.
    pub numbers: Vec<(String, f64)>,
}

impl ComparedNetwork {
    /// A row of results.
    pub fn new(sheet: &ResultSet, row: u32) -> Self {
        let table = &sheet.table;
        let standing = RankInfo::new(table, row);
        let value = |name: &str| Some((name.to_owned(), table.value(name, row)));
        let numbers = table.names().filter_map(value).filter(|(_, value)| !value.is_nan());
        Self {
            origin: sheet.origin(),
            key: NetworkKey { results: sheet.id, architecture: table.architecture(row).to_owned() },
            status: table.status(row),
            ranked_by: sheet.ranked_by().to_owned(),
            rank: standing.rank.map(|rank| (rank, standing.of)),
            placement: standing.placement,
            numbers: numbers.collect(),
        }
    }

    /// One of its numbers.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

/// A number of all that are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonRow {
    /// Its name.
    pub name: String,
    /// Its values; `None` for architectures without one.
    pub values: Vec<Option<f64>>,
    /// Which values are the best, if they differ.
    pub best: Vec<bool>,
    /// Differences to the first in per cent of its size, where both are finite and the first is not 0.
    pub relative: Vec<Option<f64>>,
}

impl ComparisonRow {
    fn new(name: &str, values: Vec<Option<f64>>) -> Self {
        let better = |one: f64, other: f64| match ColumnGoal::of(name) {
            ColumnGoal::Low => one < other,
            ColumnGoal::High => one > other,
        };
        let known = || values.iter().flatten().copied();
        let is_rated = !UNRATED.contains(&name);
        let differ = is_rated && known().any(|value| Some(value) != known().next());
        let is_best = |value: &Option<f64>| {
            value.is_some_and(|value| differ && known().all(|other| !better(other, value)))
        };
        let first =
            values.first().copied().flatten().filter(|first| first.is_finite() && *first != 0.0);
        let relative = |value: &Option<f64>| {
            let (value, first) = ((*value).filter(|value| value.is_finite())?, first?);
            Some(100.0 * (value - first) / first.abs())
        };
        Self {
            name: name.to_owned(),
            best: values.iter().map(is_best).collect(),
            relative: values.iter().map(relative).collect(),
            values,
        }
    }
}

/// The architectures that are compared.
#[derive(Default)]
pub struct NetworkComparison {
    /// In the order they were added.
    pub entries: Vec<ComparedNetwork>,
    /// What was compared before.
    past: Vec<Vec<ComparedNetwork>>,
    /// What was undone, the last step last.
    future: Vec<Vec<ComparedNetwork>>,
}

impl NetworkComparison {
    /// Whether there is room for one more.
    pub fn has_room(&self) -> bool {
        self.entries.len() < COMPARED
    }

    /// Whether an architecture of certain results is among them.
    pub fn contains(&self, sheet: u64, architecture: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.key.results == sheet && entry.key.architecture == architecture)
    }

    /// Compares other architectures; the present ones can be had back.
    pub fn replace(&mut self, entries: Vec<ComparedNetwork>) {
        self.future.clear();
        self.past.push(std::mem::replace(&mut self.entries, entries));
        if self.past.len() > PAST {
            self.past.remove(0);
        }
    }

    /// Adds a row of results, unless it is there or there is no room. Whether it was added.
    pub fn add(&mut self, sheet: &ResultSet, row: u32) -> bool {
        let is_row = (row as usize) < sheet.table.len();
        let is_new = is_row && !self.contains(sheet.id, sheet.table.architecture(row));
        if is_new && self.has_room() {
            let mut entries = self.entries.clone();
            entries.push(ComparedNetwork::new(sheet, row));
            self.replace(entries);
        }
        is_new
    }

    /// Takes an entry off.
    pub fn remove(&mut self, at: usize) {
        if at < self.entries.len() {
            let mut entries = self.entries.clone();
            entries.remove(at);
            self.replace(entries);
        }
    }

    /// Whether a step can be undone, and whether one can be done again.
    pub fn has_steps(&self) -> [bool; 2] {
        [!self.past.is_empty(), !self.future.is_empty()]
    }

    /// Goes back one step.
    pub fn undo(&mut self) {
        if let Some(before) = self.past.pop() {
            self.future.push(std::mem::replace(&mut self.entries, before));
        }
    }

    /// Does again what was undone last.
    pub fn redo(&mut self) {
        if let Some(after) = self.future.pop() {
            self.past.push(std::mem::replace(&mut self.entries, after));
        }
    }

    /// The numbers that any of them has, a row each.
    pub fn numbers(&self) -> Vec<ComparisonRow> {
        let mut names: Vec<&str> = NUMBERS.iter().map(|number| number.name).collect();
        for (name, _) in self.entries.iter().flat_map(|entry| &entry.numbers) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        // What ranks results is one of the others, unless it is a further score.
        let is_other =
            |entry: &ComparedNetwork| ["score", "accuracy"].contains(&entry.ranked_by.as_str());
        names.retain(|name| *name != "value" || !self.entries.iter().all(is_other));
        let row = |name: &str| {
            let values: Vec<Option<f64>> =
                self.entries.iter().map(|entry| entry.number(name)).collect();
            values.iter().any(Option::is_some).then(|| ComparisonRow::new(name, values))
        };
        names.into_iter().filter_map(row).collect()
    }

    /// The least and the greatest share of all kernel matrices that are there: where their common scale
    /// begins and ends.
    pub fn range(&self, details: &InspectionCache) -> Option<[f64; 2]> {
        let pictures = self.entries.iter().filter_map(|entry| details.picture(&entry.key));
        let ranges = pictures.map(|picture: std::sync::Arc<KernelPicture>| picture.range);
        ranges.reduce(|[low, high], [least, most]| [low.min(least), high.max(most)])
    }
}

/// The rows with the highest and the lowest finite score among some rows; `None` if there are fewer
/// than two.
pub fn extremes(table: &ResultTable, rows: &[u32]) -> Option<[u32; 2]> {
    let name = table.shown_name("score");
    let score = |row: &u32| table.value(name, *row);
    let may = |row: &&u32| table.status(**row) == Status::Ok && score(row).is_finite();
    let all = || rows.iter().filter(may);
    // Of equal scores, the one that came first.
    let best = *all().min_by(|a, b| score(b).total_cmp(&score(a)).then(a.cmp(b)))?;
    let worst = *all().min_by(|a, b| score(a).total_cmp(&score(b)).then(a.cmp(b)))?;
    (best != worst).then_some([best, worst])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sheet::samples::table;

    fn sheet(rows: &[(&str, f64, u64)]) -> ResultSet {
        ResultSet::new("test".to_owned(), table(rows))
    }

    #[test]
    fn extremes_are_of_finite_scores_among_what_is_shown() {
        let rows = [("a", 3.0, 1), ("b", f64::NEG_INFINITY, 1), ("c", 1.0, 1), ("d", 9.0, 1)];
        let table = table(&rows);
        assert_eq!(extremes(&table, &[0, 1, 2, 3]), Some([3, 2]));
        assert_eq!(extremes(&table, &[0, 1, 2]), Some([0, 2]));
        assert_eq!(extremes(&table, &[0, 1]), None);
        assert_eq!(extremes(&table, &[]), None);
    }

    #[test]
    fn entries_of_different_results_are_kept_apart() {
        let (one, other) = (sheet(&[("a", 1.0, 10)]), sheet(&[("a", 2.0, 20)]));
        let mut comparison = NetworkComparison::default();
        comparison.add(&one, 0);
        comparison.add(&one, 0);
        comparison.add(&other, 0);
        comparison.add(&other, 7);
        assert_eq!(comparison.entries.len(), 2);
        comparison.replace(Vec::new());
        comparison.undo();
        assert_eq!((comparison.entries.len(), comparison.has_steps()), (2, [true, true]));
        comparison.redo();
        assert!(comparison.entries.is_empty());
        comparison.undo();
        let rows = comparison.numbers();
        let row = |name: &str| rows.iter().find(|row| row.name == name).unwrap();
        assert_eq!(row("score").values, [Some(1.0), Some(2.0)]);
        assert!(rows.iter().all(|row| row.name != "value"));
    }

    #[test]
    fn ranks_are_among_those_that_may_be_chosen() {
        let sheet = sheet(&[("a", 2.0, 10), ("b", 3.0, 25), ("c", f64::NEG_INFINITY, 10)]);
        let rank = |row| ComparedNetwork::new(&sheet, row).rank;
        assert_eq!([rank(0), rank(1), rank(2)], [Some((2, 2)), Some((1, 2)), None]);
    }

    #[test]
    fn the_best_is_the_highest_score_and_the_fewest_parameters() {
        let sheet = sheet(&[("a", 2.0, 10), ("b", 3.0, 25), ("c", f64::NEG_INFINITY, 10)]);
        let mut comparison = NetworkComparison::default();
        (0..3).for_each(|row| assert!(comparison.add(&sheet, row)));
        let rows = comparison.numbers();
        let row = |name: &str| rows.iter().find(|row| row.name == name).unwrap();
        assert_eq!(row("score").best, [false, true, false]);
        assert_eq!(row("score").relative, [Some(0.0), Some(50.0), None]);
        assert_eq!(row("params").best, [true, false, true]);
        assert_eq!(row("params").relative, [Some(0.0), Some(150.0), Some(0.0)]);
        // Where all are equal, none is better.
        assert_eq!(row("units").best, [false; 3]);
    }
}
