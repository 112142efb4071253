//! Columns of results.

use std::collections::{BTreeMap, HashSet};

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::numbers::{MEASURED, NUMBERS};
use untrained::job::JobConfig;
use untrained::score::{
    COMBINED, ComponentRanks, Components, Placement, PlacementSet, Ranking, SCORES,
};
use untrained::store::{NumberFormat, Record, Status};

/// A column, with what is asked of it in every frame.
#[derive(Clone, Debug)]
struct NumberValues {
    all: Vec<f64>,
    /// Some value is there.
    filled: bool,
    /// The least and the greatest finite value.
    range: [f64; 2],
}

impl NumberValues {
    /// A column of gaps.
    fn gaps(rows: usize) -> Self {
        let range = [f64::INFINITY, f64::NEG_INFINITY];
        Self { all: vec![f64::NAN; rows], filled: false, range }
    }

    fn set(&mut self, row: usize, value: f64) {
        self.all[row] = value;
        self.note(value);
    }

    fn push(&mut self, value: f64) {
        self.all.push(value);
        self.note(value);
    }

    /// Keeps what is asked of the column up to date with a value.
    fn note(&mut self, value: f64) {
        self.filled |= !value.is_nan();
        if value.is_finite() {
            let [least, most] = self.range;
            self.range = [least.min(value), most.max(value)];
        }
    }
}

/// The row whose rank was asked for last, and its rank: the same row is asked for frame after frame.
#[derive(Debug, Default)]
struct LastRank(Mutex<Option<(u32, Option<u64>)>>);

impl Clone for LastRank {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Results by column. Rows are in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct ResultTable {
    positions: Vec<u64>,
    architectures: Vec<Arc<str>>,
    status: Vec<Status>,
    /// A column for each of [`NUMBERS`], or none while there are no rows.
    numbers: Vec<NumberValues>,
    /// Further scores by name, NaN where a row has none.
    scores: BTreeMap<String, NumberValues>,
    last_rank: LastRank,
    /// What rows are compared by, where that is the combined rank, and how many were when it was computed
    /// last.
    combined: Option<(Components, usize)>,
}

impl ResultTable {
    /// A table for the results of a job.
    pub fn of_job(job: Option<&JobConfig>) -> Self {
        let ranking = job.and_then(|job| job.ranked_without_training().ok().flatten());
        let combined = match ranking {
            Some(Ranking::Combined(components)) => Some((components, 0)),
            Some(Ranking::Score(_)) | None => None,
        };
        Self { combined, ..Self::default() }
    }

    /// Compares all rows by the combined rank, if that ranks them: each value is within all rows that may
    /// be chosen. Unless `all` is set, only once the table has grown by a few per cent. Whether values
    /// changed.
    pub fn compare(&mut self, all: bool) -> bool {
        const GROWTH: usize = 32;
        let rows = self.len();
        let Some((components, compared)) = &mut self.combined else { return false };
        if rows == *compared || !all && rows < *compared + *compared / GROWTH + 1 {
            return false;
        }
        *compared = rows;
        let components = components.clone();
        let values = self.compared_values(&components);
        let ranks = ComponentRanks::of(components.len(), values.iter().map(Vec::as_slice));
        let columns = self.component_columns(&components);
        let value = |row: usize| match self.status[row] {
            Status::Ok => ranks.combined(&values_of_row(&columns, row)),
            Status::Singular | Status::Disconnected | Status::Failed => f64::NEG_INFINITY,
        };
        let mut compared = NumberValues::gaps(0);
        (0..rows).map(value).for_each(|value| compared.push(value));
        if let Some(values) = self.numbers.get_mut(*VALUE) {
            values.clone_from(&compared);
        }
        self.scores.insert(COMBINED.to_owned(), compared);
        self.last_rank = LastRank::default();
        true
    }

    /// Adds a row.
    pub fn push(&mut self, position: u64, record: &Record) {
        let scores = &record.scores;
        let before = self.len();
        self.numbers.resize_with(NUMBERS.len(), || NumberValues::gaps(0));
        for (number, values) in NUMBERS.iter().zip(&mut self.numbers) {
            values.push((number.value)(record));
        }
        for name in scores.keys().filter(|name| NUMBERS.iter().all(|known| known.name != **name)) {
            self.scores.entry(name.clone()).or_insert_with(|| NumberValues::gaps(before));
        }
        for (name, values) in &mut self.scores {
            values.push(scores.get(name).copied().unwrap_or(f64::NAN));
        }
        self.positions.push(position);
        self.architectures.push(record.architecture.as_str().into());
        self.status.push(record.status);
        self.keep_rank(before as u32);
    }

    /// Sets a number of all rows of an architecture that was found out later, in a column of its own.
    pub fn set_number(&mut self, name: &str, architecture: &str, value: f64) {
        let rows = self.len();
        let column = self.scores.entry(name.to_owned()).or_insert_with(|| NumberValues::gaps(rows));
        for row in (0..rows).filter(|&row| *self.architectures[row] == *architecture) {
            column.set(row, value);
        }
    }

    /// Brings the last rank up to date with a new row.
    fn keep_rank(&mut self, added: u32) {
        let new = self.chosen_by(added);
        let last = self.last_rank.0.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let kept = last.map(|(row, rank)| {
            let own = self.numbers.get(*VALUE).map_or(f64::NAN, |values| values.all[row as usize]);
            let is_beaten = new.is_some_and(|new| new > own);
            (row, rank.map(|rank| rank + u64::from(is_beaten)))
        });
        self.last_rank = LastRank(Mutex::new(kept));
    }

    /// The column that stands for a name: of results that the combined rank ranks and that lack NASWOT,
    /// `score` is the combined rank, so that what is shown by default is there.
    pub fn shown_name<'n>(&self, name: &'n str) -> &'n str {
        let is_filled = |name| self.values(name).is_some_and(|values| values.filled);
        let stands_in = name == "score" && self.combined.is_some() && !is_filled(name);
        if stands_in { COMBINED } else { name }
    }

    /// The columns of components; none where no row has a value.
    fn component_columns(&self, components: &Components) -> Vec<Option<&[f64]>> {
        components.names().map(|name| self.column(score_column(name))).collect()
    }

    /// The values of the components of every row that is compared: each architecture counts once.
    fn compared_values(&self, components: &Components) -> Vec<Vec<f64>> {
        let columns = self.component_columns(components);
        let mut seen = HashSet::new();
        let counts = |row: &usize| {
            self.status[*row] == Status::Ok && seen.insert(self.architectures[*row].clone())
        };
        (0..self.len()).filter(counts).map(|row| values_of_row(&columns, row)).collect()
    }

    /// Where a row stands in each component among all that are compared, where the combined rank ranks
    /// them and the row may be chosen.
    pub fn placement(&self, row: u32) -> Option<Placement> {
        let (components, _) = self.combined.as_ref()?;
        if self.status(row) != Status::Ok {
            return None;
        }
        let own = values_of_row(&self.component_columns(components), row as usize);
        let all = self.compared_values(components);
        Some(PlacementSet::new(components.clone(), &all).place(&own))
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// The place of a row in the study.
    pub fn position(&self, row: u32) -> u64 {
        self.positions[row as usize]
    }

    /// The architecture of a row.
    pub fn architecture(&self, row: u32) -> &str {
        &self.architectures[row as usize]
    }

    /// The architectures of some rows, shared: it costs no copy of their texts.
    pub fn architectures(&self, rows: std::ops::Range<usize>) -> Vec<Arc<str>> {
        self.architectures[rows].to_vec()
    }

    /// The status of a row.
    pub fn status(&self, row: u32) -> Status {
        self.status[row as usize]
    }

    /// The names of all columns of numbers: [`NUMBERS`], then further scores.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        NUMBERS.iter().map(|number| number.name).chain(self.scores.keys().map(String::as_str))
    }

    /// The names of the columns that have a value in some row.
    pub fn filled(&self) -> impl Iterator<Item = &str> {
        self.names().filter(|name| self.values(name).is_some_and(|values| values.filled))
    }

    fn values(&self, name: &str) -> Option<&NumberValues> {
        match NUMBERS.iter().position(|number| number.name == name) {
            Some(at) => self.numbers.get(at),
            None => self.scores.get(name),
        }
    }

    /// A column of numbers, one value per row; `None` for a name that is not a column.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        let is_number = || NUMBERS.iter().any(|number| number.name == name);
        let values = self.values(name).map(|values| values.all.as_slice());
        values.or_else(|| is_number().then_some(&[]))
    }

    /// One number; NaN if there is none.
    pub fn value(&self, name: &str, row: u32) -> f64 {
        self.values(name)
            .and_then(|values| values.all.get(row as usize))
            .copied()
            .unwrap_or(f64::NAN)
    }

    /// The scores of a row that are finite, by their names.
    pub fn scores(&self, row: u32) -> Vec<(&'static str, f64)> {
        let values =
            SCORES.iter().map(|score| (score.name, self.value(score_column(score.name), row)));
        values.filter(|(_, value)| value.is_finite()).collect()
    }

    /// The least and the greatest finite value of a column.
    pub fn range(&self, name: &str) -> Option<[f64; 2]> {
        self.values(name).map(|values| values.range).filter(|range| range[0] <= range[1])
    }

    /// How the numbers of a column are written.
    pub fn number_format(name: &str) -> NumberFormat {
        let known = NUMBERS.iter().find(|number| number.name == name).map(|number| number.format);
        let measured = MEASURED.iter().find(|column| column.name == name);
        known.or(measured.map(|column| column.format)).unwrap_or(NumberFormat::Decimals(4))
    }

    /// The value of a row that may be chosen.
    fn chosen_by(&self, row: u32) -> Option<f64> {
        let value = self.numbers.get(*VALUE)?.all[row as usize];
        (self.status(row) == Status::Ok && value.is_finite()).then_some(value)
    }

    /// The rank of a row among those that may be chosen, from 1; `None` if it may not be chosen.
    pub fn rank(&self, row: u32) -> Option<u64> {
        let mut last = self.last_rank.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, rank)) = last.filter(|(known, _)| *known == row) {
            return rank;
        }
        let rank = self.chosen_by(row).map(|own| {
            let better = |other: &u32| self.chosen_by(*other).is_some_and(|value| value > own);
            (0..self.len() as u32).filter(better).count() as u64 + 1
        });
        *last = Some((row, rank));
        rank
    }
}

/// The values of a row, NaN where there is none.
fn values_of_row(columns: &[Option<&[f64]>], row: usize) -> Vec<f64> {
    let value = |column: &Option<&[f64]>| column.and_then(|all| all.get(row).copied());
    columns.iter().map(|column| value(column).unwrap_or(f64::NAN)).collect()
}

/// The column that holds the values of a score.
fn score_column(name: &str) -> &str {
    if name == SCORES[0].name { "score" } else { name }
}

/// Where the value that the search ranks by is among [`NUMBERS`]; a test holds it.
static VALUE: LazyLock<usize> = LazyLock::new(|| {
    let place = NUMBERS.iter().position(|number| number.name == "value");
    place.unwrap_or_default()
});

#[cfg(test)]
mod tests {
    use untrained::job::JobOption;

    use super::super::samples::{record, table};
    use super::*;

    fn with_flops(mut record: Record) -> Record {
        record.scores.insert("flops".to_owned(), 7.0);
        record
    }

    // The value of a row depends on all rows: it changes when others join.
    #[test]
    fn the_combined_rank_is_within_all_rows() {
        let mut job = JobConfig::new(Default::default(), untrained::job::Task::default());
        job.set_option(JobOption::Score, &["combined"]).unwrap();
        job.set_option(JobOption::Combine, &["params,layers"]).unwrap();
        let mut table = ResultTable::of_job(Some(&job));
        for (at, (name, params)) in [("a", 1), ("b", 2), ("c", 3)].into_iter().enumerate() {
            table.push(at as u64, &record(name, 1.0, params));
        }
        assert!(table.compare(true) && !table.compare(true));
        let first = table.value("value", 0);
        assert!((first - (1.0_f64 / 3.0 * 2.0 / 3.0).ln()).abs() < 1e-12, "{first}");
        table.push(3, &record("d", 1.0, 0));
        assert!(table.compare(true));
        assert_ne!(table.value("value", 0), first);
        assert_eq!(table.rank(2), Some(1));
        assert_eq!(
            (table.column("combined").unwrap().len(), table.shown_name("params")),
            (4, "params")
        );
        // The samples have scores, so `score` is NASWOT.
        assert_eq!(table.shown_name("score"), "score");
        let placement = table.placement(2).unwrap();
        assert_eq!((placement.scores[0].share, placement.compared), (1.0, 4));
        assert!(placement.words().ends_with("top 1 % in params"), "{}", placement.words());
    }

    #[test]
    fn columns_keep_step_when_a_score_comes_late() {
        let mut table = table(&[("a", 1.0, 10), ("b", 2.0, 20)]);
        table.push(2, &with_flops(record("c", 3.0, 30)));
        let flops = table.column("flops").unwrap();
        assert_eq!((flops.len(), flops[2]), (3, 7.0));
        assert!(flops[0].is_nan() && flops[1].is_nan());
        assert_eq!(table.value("params", 1), 20.0);
        assert!(table.column("nothing").is_none());
    }

    #[test]
    fn ranks_are_of_rows_that_may_be_chosen_and_equals_share_one() {
        let rows = [("a", f64::NEG_INFINITY, 1), ("b", 2.0, 1), ("c", 2.0, 1), ("d", 1.0, 1)];
        assert_eq!(
            [0, 1, 2, 3].map(|row| table(&rows).rank(row)),
            [None, Some(1), Some(1), Some(3)]
        );
        assert_eq!(NUMBERS[*VALUE].name, "value");
    }

    // The rank that is kept must be the one that counting anew gives, row for row.
    #[test]
    fn a_rank_is_kept_while_rows_come() {
        let mut kept = table(&[("a", 1.0, 1)]);
        for (at, score) in [2.0, 0.5, f64::NEG_INFINITY, 1.0, 3.0].into_iter().enumerate() {
            let before = kept.rank(0);
            kept.push(at as u64 + 1, &record("b", score, 1));
            assert_eq!(kept.rank(0), kept.clone().rank(0));
            assert_eq!(kept.rank(0) == before, score <= 1.0);
        }
        assert_eq!((kept.rank(0), kept.rank(3), kept.rank(5)), (Some(3), None, Some(1)));
    }

    #[test]
    fn ranges_are_of_finite_values_and_columns_of_gaps_are_not_offered() {
        let mut table = table(&[("a", 5.0, 10), ("b", f64::NEG_INFINITY, 20)]);
        assert_eq!(table.range("score"), Some([5.0, 5.0]));
        assert_eq!((table.range("accuracy"), table.range("nothing")), (None, None));
        assert!(table.filled().all(|name| name != "accuracy"));
        table.push(2, &with_flops(record("c", 3.0, 5)));
        assert_eq!(table.range("score"), Some([3.0, 5.0]));
        assert_eq!(table.filled().last(), Some("flops"));
    }
}
