//! Which rows are shown, and in which order.

use rayon::slice::ParallelSliceMut;

use super::{Filter, Table};

/// What rows are sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// The order in which they came.
    Position,
    /// The text of the architecture.
    Architecture,
    /// What became of them.
    Status,
    /// A column of numbers.
    Number(String),
}

/// An order of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// The highest first.
    pub descending: bool,
}

impl Default for Sort {
    /// The best first.
    fn default() -> Self {
        Self { by: SortBy::Number("value".to_owned()), descending: true }
    }
}

/// What is asked of a table.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Which rows.
    pub filter: Option<Filter>,
    /// What their architectures contain, in whatever case.
    pub search: String,
    /// Only rows whose architecture is in this list, if there is one.
    pub only: Option<std::collections::BTreeSet<String>>,
    /// In which order.
    pub sort: Sort,
}

/// The rows that are asked for, in order. Numbers that are not finite come last in either direction;
/// equal rows keep the order in which they came.
pub fn order(table: &Table, question: &Question) -> Vec<u32> {
    let search = question.search.trim().to_lowercase();
    let is_found = |row: &u32| {
        let name = table.architecture(*row);
        (search.is_empty() || name.to_lowercase().contains(&search))
            && question.only.as_ref().is_none_or(|only| only.contains(name))
            && question.filter.as_ref().is_none_or(|filter| filter.accepts(table, *row))
    };
    let mut rows: Vec<u32> = (0..table.len() as u32).filter(is_found).collect();
    let descending = question.sort.descending;
    let turned = |ordering: std::cmp::Ordering| {
        if descending { ordering.reverse() } else { ordering }
    };
    match &question.sort.by {
        SortBy::Position if descending => rows.reverse(),
        SortBy::Position => {}
        SortBy::Architecture => rows.par_sort_unstable_by(|&a, &b| {
            turned(table.architecture(a).cmp(table.architecture(b))).then(a.cmp(&b))
        }),
        SortBy::Status => rows.par_sort_unstable_by(|&a, &b| {
            turned(table.status(a).name().cmp(table.status(b).name())).then(a.cmp(&b))
        }),
        SortBy::Number(name) => {
            let Some(values) = table.column(name) else { return rows };
            rows.par_sort_unstable_by(|&a, &b| {
                let (x, y) = (values[a as usize], values[b as usize]);
                let last = (!x.is_finite()).cmp(&!y.is_finite());
                last.then(turned(x.total_cmp(&y))).then(a.cmp(&b))
            });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::super::samples::table;
    use super::*;

    fn rows() -> Table {
        table(&[("b", 2.0, 30), ("a", f64::NEG_INFINITY, 10), ("c", 3.0, 20), ("A2", 2.0, 20)])
    }

    fn sorted(by: SortBy, descending: bool) -> Vec<u32> {
        order(&rows(), &Question { sort: Sort { by, descending }, ..Question::default() })
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
        let filter = Filter::parse("params < 25", &table).unwrap();
        let by_position = Sort { by: SortBy::Position, descending: false };
        let mut question = Question { filter, sort: by_position, ..Question::default() };
        assert_eq!(order(&table, &question), [1, 2, 3]);
        question.search = " a ".to_owned();
        assert_eq!(order(&table, &question), [1, 3]);
        question.only = Some(["a".to_owned()].into());
        assert_eq!(order(&table, &question), [1]);
    }
}
