//! Which rows are shown, and in which order.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use rayon::prelude::*;

use super::brush::AxisBrushes;
use super::decisions::DecisionTable;
use super::filter::{RowFilter, RowTest};
use super::selection::RowSelection;
use super::table::ResultTable;

/// What rows are sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// The order in which they came.
    Position,
    /// The text of the architecture.
    Architecture,
    /// Their status.
    Status,
    /// A column of numbers.
    Number(String),
}

/// An order of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSort {
    /// By what.
    pub by: SortBy,
    /// The highest first.
    pub descending: bool,
}

impl Default for RowSort {
    /// The best first.
    fn default() -> Self {
        Self { by: SortBy::Number("value".to_owned()), descending: true }
    }
}

/// The rows requested from a table, and their order.
#[derive(Clone, Debug, Default)]
pub struct RowQuery {
    /// Which rows.
    pub filter: Option<RowFilter>,
    /// What their architectures contain, in whatever case.
    pub search: String,
    /// Only rows whose architecture is in this list, if there is one.
    pub only: Option<BTreeSet<String>>,
    /// Only these rows, if there are any.
    pub selected: Option<RowSelection>,
    /// Where they are to be on axes.
    pub brushes: AxisBrushes,
    /// In which order.
    pub sort: RowSort,
}

impl RowQuery {
    /// All conditions on a row.
    pub fn test<'t>(&'t self, table: &'t ResultTable, decisions: &'t DecisionTable) -> RowTest<'t> {
        let search = self.search.trim().to_lowercase();
        let filter = self.filter.as_ref().map(|filter| filter.on(table));
        let brushes = self.brushes.iter();
        let brushes: Vec<RowTest<'t>> =
            brushes.map(|(axis, brush)| brush.on(axis, table, decisions)).collect();
        Box::new(move |row| {
            let name = table.architecture(row);
            brushes.iter().all(|test| test(row))
                && filter.as_ref().is_none_or(|test| test(row))
                && self.selected.as_ref().is_none_or(|selected| selected.contains(row))
                && self.only.as_ref().is_none_or(|only| only.contains(name))
                && (search.is_empty() || name.to_lowercase().contains(&search))
        })
    }
}

/// How rows follow each other.
enum RowOrder<'t> {
    Position,
    Architecture(&'t ResultTable),
    Status(&'t ResultTable),
    Number(&'t [f64]),
}

impl<'t> RowOrder<'t> {
    fn new(table: &'t ResultTable, by: &SortBy) -> Self {
        match by {
            SortBy::Position => Self::Position,
            SortBy::Architecture => Self::Architecture(table),
            SortBy::Status => Self::Status(table),
            SortBy::Number(name) => table.column(name).map_or(Self::Position, Self::Number),
        }
    }

    /// Whether a row comes before another one; numbers that are not finite come last.
    fn compare(&self, descending: bool, a: u32, b: u32) -> Ordering {
        let turned = |ordering: Ordering| if descending { ordering.reverse() } else { ordering };
        match self {
            Self::Position => turned(a.cmp(&b)),
            Self::Architecture(table) => {
                turned(table.architecture(a).cmp(table.architecture(b))).then(a.cmp(&b))
            }
            Self::Status(table) => {
                turned(table.status(a).name().cmp(table.status(b).name())).then(a.cmp(&b))
            }
            Self::Number(values) => {
                let (x, y) = (values[a as usize], values[b as usize]);
                let last = (!x.is_finite()).cmp(&!y.is_finite());
                last.then(turned(x.total_cmp(&y))).then(a.cmp(&b))
            }
        }
    }

    fn sort(&self, descending: bool, rows: &mut [u32]) {
        match self {
            Self::Position if descending => rows.reverse(),
            Self::Position => {}
            _ => rows.par_sort_unstable_by(|&a, &b| self.compare(descending, a, b)),
        }
    }
}

/// The requested rows, in order. Numbers that are not finite come last in either direction; equal rows
/// keep their order of arrival.
pub fn order(table: &ResultTable, decisions: &DecisionTable, question: &RowQuery) -> Vec<u32> {
    let test = question.test(table, decisions);
    let mut rows: Vec<u32> =
        (0..table.len() as u32).into_par_iter().filter(|&row| test(row)).collect();
    RowOrder::new(table, &question.sort.by).sort(question.sort.descending, &mut rows);
    rows
}

/// Inserts the rows from `from` on at their positions among sorted rows. Each row is moved at most
/// once, however many are inserted.
pub fn extend(
    table: &ResultTable,
    decisions: &DecisionTable,
    question: &RowQuery,
    rows: &mut Vec<u32>,
    from: usize,
) {
    let test = question.test(table, decisions);
    let mut new: Vec<u32> = (from as u32..table.len() as u32).filter(|&row| test(row)).collect();
    let (order, descending) = (RowOrder::new(table, &question.sort.by), question.sort.descending);
    order.sort(descending, &mut new);
    let mut end = rows.len();
    rows.resize(end + new.len(), 0);
    for (before, &row) in new.iter().enumerate().rev() {
        let at = rows[..end]
            .partition_point(|&known| order.compare(descending, known, row) == Ordering::Less);
        rows.copy_within(at..end, at + before + 1);
        rows[at + before] = row;
        end = at;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::table;
    use super::*;

    fn none() -> DecisionTable {
        DecisionTable::default()
    }

    fn rows() -> ResultTable {
        table(&[("b", 2.0, 30), ("a", f64::NEG_INFINITY, 10), ("c", 3.0, 20), ("A2", 2.0, 20)])
    }

    fn sorted(by: SortBy, descending: bool) -> Vec<u32> {
        order(
            &rows(),
            &none(),
            &RowQuery { sort: RowSort { by, descending }, ..RowQuery::default() },
        )
    }

    #[test]
    fn rows_are_sorted_and_gaps_come_last() {
        let score = || SortBy::Number("score".to_owned());
        assert_eq!(sorted(score(), true), [2, 0, 3, 1]);
        assert_eq!(sorted(score(), false), [0, 3, 2, 1]);
        assert_eq!(sorted(SortBy::Position, true), [3, 2, 1, 0]);
        assert_eq!(sorted(SortBy::Architecture, false), [3, 1, 0, 2]);
        assert_eq!(sorted(SortBy::Status, false), [0, 2, 3, 1]);
        assert_eq!(sorted(SortBy::Number("nothing".to_owned()), false), [0, 1, 2, 3]);
    }

    #[test]
    fn search_and_filter_choose_rows() {
        let table = rows();
        let filter = RowFilter::parse("params < 25", &table).unwrap();
        let by_position = RowSort { by: SortBy::Position, descending: false };
        let mut question = RowQuery { filter, sort: by_position, ..RowQuery::default() };
        assert_eq!(order(&table, &none(), &question), [1, 2, 3]);
        question.search = " a ".to_owned();
        assert_eq!(order(&table, &none(), &question), [1, 3]);
        question.only = Some(["a".to_owned()].into());
        assert_eq!(order(&table, &none(), &question), [1]);
        question.only = None;
        question.selected = Some(RowSelection::new(vec![0, 3]));
        assert_eq!(order(&table, &none(), &question), [3]);
    }

    proptest! {
        // Rows that came one lot after the other must stand as if all had been sorted at once.
        #[test]
        fn rows_that_come_later_find_their_places(
            scores in prop::collection::vec(0_u8..6, 0..40),
            cut in 0_usize..40,
            by in 0_usize..4,
            descending: bool,
        ) {
            let score = |&score: &u8| if score == 0 { f64::NEG_INFINITY } else { f64::from(score) };
            let names: Vec<String> = scores.iter().map(|score| format!("n{score}")).collect();
            let rows: Vec<(&str, f64, u64)> = names
                .iter()
                .zip(&scores)
                .map(|(name, value)| (name.as_str(), score(value), u64::from(*value) * 7 % 5))
                .collect();
            let all = table(&rows);
            let cut = cut.min(rows.len());
            let by = [
                SortBy::Position,
                SortBy::Architecture,
                SortBy::Status,
                SortBy::Number("score".to_owned()),
            ][by].clone();
            let filter = RowFilter::parse("params < 4", &all).unwrap();
            let question = RowQuery { filter, sort: RowSort { by, descending }, ..RowQuery::default() };
            let mut found = order(&table(&rows[..cut]), &none(), &question);
            extend(&all, &none(), &question, &mut found, cut);
            prop_assert_eq!(found, order(&all, &none(), &question));
        }
    }
}
