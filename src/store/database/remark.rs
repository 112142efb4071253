//! Remarks on architectures: a star, and a note; and the names and notes of studies.

use std::collections::BTreeMap;

use super::engine::{Connection, EngineResult, Row, params};
use super::{Store, StoreError, StudyInfo, table};

/// The remark on an architecture of a study.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remark {
    /// Whether it has a star.
    pub marked: bool,
    /// A note; empty if there is none.
    pub note: String,
}

impl Store {
    /// The remarks on the architectures of a study, by architecture.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn remarks(&self, study: &StudyInfo) -> Result<BTreeMap<String, Remark>, StoreError> {
        read(&self.connection, study.number).map_err(|error| self.failed(error))
    }

    /// Replaces the remarks on some architectures of a study, given in the space's notation, in one
    /// transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError::Gone`] if the study does not exist, or an error if the file cannot be written.
    pub fn set_remarks(
        &self,
        study: &StudyInfo,
        remarks: &BTreeMap<String, Remark>,
    ) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let transaction = self.change()?;
        let known = "SELECT count(*) FROM study WHERE number = ?1";
        let known: i64 = transaction
            .query_row(known, params![study.number], |row| row.get(0))
            .map_err(failed)?;
        if known == 0 {
            return Err(StoreError::Gone(study.id.clone()));
        }
        for (architecture, remark) in remarks {
            set(&transaction, study.number, architecture, remark).map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }
}

impl Store {
    /// Names a study and notes something of it; empty texts take both away.
    ///
    /// # Errors
    ///
    /// [`StoreError::Gone`] if the study does not exist, or an error if the file cannot be written.
    pub fn set_label(&self, study: &StudyInfo, name: &str, note: &str) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let transaction = self.change()?;
        if !table::set_label(&transaction, study.number, name, note).map_err(failed)? {
            return Err(StoreError::Gone(study.id.clone()));
        }
        transaction.commit().map_err(failed)
    }
}

fn read(connection: &Connection, study: i64) -> EngineResult<BTreeMap<String, Remark>> {
    let select = "SELECT architecture, marked, note FROM remark WHERE study = ?1";
    let remark =
        |row: &Row<'_>| Ok((row.get(0)?, Remark { marked: row.get(1)?, note: row.get(2)? }));
    Ok(connection.query(select, params![study], remark)?.into_iter().collect())
}

/// Replaces what is noted of one architecture.
fn set(
    connection: &Connection,
    study: i64,
    architecture: &str,
    remark: &Remark,
) -> EngineResult<()> {
    if *remark == Remark::default() {
        let delete = "DELETE FROM remark WHERE study = ?1 AND architecture = ?2";
        return connection.execute(delete, params![study, architecture]).map(|_| ());
    }
    let insert = "INSERT INTO remark (study, architecture, marked, note) VALUES (?1, ?2, ?3, ?4)
                  ON CONFLICT (study, architecture)
                  DO UPDATE SET marked = excluded.marked, note = excluded.note";
    let parameters = params![study, architecture, remark.marked, &remark.note];
    connection.execute(insert, parameters).map(|_| ())
}

/// Adds what is noted in another file, unless something is noted here.
pub(super) fn add(
    connection: &Connection,
    study: i64,
    architecture: &str,
    remark: &Remark,
) -> EngineResult<()> {
    if *remark == Remark::default() {
        return Ok(());
    }
    let insert = "INSERT INTO remark (study, architecture, marked, note) VALUES (?1, ?2, ?3, ?4)
                  ON CONFLICT (study, architecture) DO NOTHING";
    let parameters = params![study, architecture, remark.marked, &remark.note];
    connection.execute(insert, parameters).map(|_| ())
}
