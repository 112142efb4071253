//! The results of a study, one after another.

use std::path::Path;

use super::engine::{Connection, Transaction, params};
use super::{ResultRow, StoreError, row};

/// How many rows are read at once.
const PAGE: u32 = 1024;

/// The results of a study in order of position, as they stood when the iterator was made: other
/// processes may go on writing meanwhile.
pub struct ResultRows<'s> {
    connection: &'s Connection,
    path: &'s Path,
    study: i64,
    page: std::vec::IntoIter<ResultRow>,
    last: i64,
    finished: bool,
    _snapshot: Option<Transaction<'s>>,
}

impl<'s> ResultRows<'s> {
    pub(super) fn new(
        connection: &'s Connection,
        path: &'s Path,
        study: i64,
        first: u64,
    ) -> Result<Self, StoreError> {
        let snapshot =
            connection.snapshot().map_err(|error| StoreError::from_engine(path, error))?;
        Ok(Self {
            connection,
            path,
            study,
            page: Vec::new().into_iter(),
            last: i64::try_from(first).unwrap_or(i64::MAX) - 1,
            finished: false,
            _snapshot: snapshot,
        })
    }

    fn read(&mut self) -> Result<(), StoreError> {
        const NEXT: &str =
            "WHERE result.study = ?1 AND result.position > ?2 ORDER BY result.position LIMIT ?3";
        let page = row::select(self.connection, NEXT, params![self.study, self.last, PAGE])
            .map_err(|error| StoreError::from_engine(self.path, error))?;
        self.finished = page.len() < PAGE as usize;
        if let Some(row) = page.last() {
            self.last = row.position as i64;
        }
        self.page = page.into_iter();
        Ok(())
    }
}

impl Iterator for ResultRows<'_> {
    type Item = Result<ResultRow, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0
            && !self.finished
            && let Err(error) = self.read()
        {
            self.finished = true;
            return Some(Err(error));
        }
        self.page.next().map(Ok)
    }
}
