//! Sets of rows.

use std::sync::Arc;

/// A set of rows that is cheap to copy. Rows are numbered in order of arrival, so a set remains valid
/// while a table grows.
#[derive(Clone, Debug, Default)]
pub struct RowSelection(Arc<Vec<u32>>);

impl PartialEq for RowSelection {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl RowSelection {
    /// The set of these rows, in whatever order they are.
    pub fn new(mut rows: Vec<u32>) -> Self {
        rows.sort_unstable();
        rows.dedup();
        Self(Arc::new(rows))
    }

    /// Whether a row is in it.
    pub fn contains(&self, row: u32) -> bool {
        self.0.binary_search(&row).is_ok()
    }

    /// Its rows, in order of arrival.
    pub fn rows(&self) -> &[u32] {
        &self.0
    }

    /// The number of its rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With these rows as well.
    pub fn with(&self, rows: impl IntoIterator<Item = u32>) -> Self {
        Self::new(self.0.iter().copied().chain(rows).collect())
    }

    /// With a row, or without it if it was there.
    pub fn toggled(&self, row: u32) -> Self {
        if self.contains(row) {
            Self::new(self.0.iter().copied().filter(|&known| known != row).collect())
        } else {
            self.with([row])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_a_set_once_and_go_again() {
        let set = RowSelection::new(vec![5, 1, 5, 3]);
        assert_eq!(set.rows(), [1, 3, 5]);
        assert!(set.contains(3) && !set.contains(2));
        assert_eq!(set.with([2, 3]).rows(), [1, 2, 3, 5]);
        assert_eq!(set.toggled(3).rows(), [1, 5]);
        assert_eq!(set.toggled(3).toggled(3), set);
        assert!(RowSelection::default().is_empty() && set.len() == 3);
        assert_ne!(set, set.toggled(1));
    }
}
