//! Reads studies from their file and changes them in it.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::results::sheet::ResultTable;
use untrained::job::{JobConfig, StoreLocation, StudyMode, chain};
use untrained::space::Space;
use untrained::store::{ExportRows, Remark, Store, StoreError, StudyInfo, export, is_server};

/// A study that was read.
pub struct LoadedStudy {
    /// Its file.
    pub store: PathBuf,
    /// Its state.
    pub info: StudyInfo,
    /// Its job, if this version can read it.
    pub job: Option<JobConfig>,
    /// Its space, if it can be opened.
    pub space: Option<Space>,
    /// Its results.
    pub table: ResultTable,
    /// Stars and notes by architecture.
    pub remarks: BTreeMap<String, Remark>,
}

/// Reads a study with its results.
///
/// # Errors
///
/// Why it cannot be read.
pub fn load_study(path: &Path, id: &str) -> Result<LoadedStudy, StoreError> {
    let store = Store::read(path)?;
    let info = store.find(id)?;
    let job = JobConfig::of_study(&info).ok();
    let mut table = ResultTable::of_job(job.as_ref());
    let remarks = store.remarks(&info)?;
    for row in store.rows(&info)? {
        let row = row?;
        table.push(row.position, &row.record);
    }
    table.compare(true);
    let space = job.as_ref().and_then(space_of);
    Ok(LoadedStudy { store: path.to_owned(), info, job, space, table, remarks })
}

/// The space as it was when the study was made, whatever became of its file.
fn space_of(job: &JobConfig) -> Option<Space> {
    let copy = job.space_copy.as_ref();
    let copy = copy.and_then(|text| Space::from_text(text, &job.options.space).ok());
    copy.or_else(|| job.open_space().ok())
}

/// Stars and notes of the study that a job resumes or joins: a star that is set later must not cost a note
/// that is there.
pub fn resumed_remarks(job: &JobConfig) -> BTreeMap<String, Remark> {
    let (Some(StoreLocation::File(path)), StudyMode::Resume(id) | StudyMode::Join(id)) =
        (&job.store, &job.study)
    else {
        return BTreeMap::new();
    };
    let read = Store::read(path).and_then(|store| store.remarks(&store.find(id)?));
    // A study that cannot be read is reported by the run.
    read.unwrap_or_default()
}

/// All studies in a file; a file that does not exist yet has none.
///
/// # Errors
///
/// Why they cannot be listed.
pub fn list_studies(path: &Path) -> Result<Vec<StudyInfo>, String> {
    if !is_server(path) && !path.exists() {
        return Ok(Vec::new());
    }
    Store::read(path).and_then(|store| store.list()).map_err(|error| chain(&error))
}

/// Names a study and notes something of it.
///
/// # Errors
///
/// Why it keeps the name it had.
pub fn label_study(path: &Path, id: &str, name: &str, note: &str) -> Result<(), String> {
    let store = Store::open(path);
    let labelled =
        store.and_then(|store| store.set_label(&store.find(id)?, name.trim(), note.trim()));
    labelled.map_err(|error| format!("could not save name and note: {}", chain(&error)))
}

/// Deletes a study.
///
/// # Errors
///
/// Why it is still there.
pub fn delete_study(path: &Path, id: &str) -> Result<(), String> {
    let deleted = Store::open(path).and_then(|store| store.delete(&store.find(id)?));
    deleted.map_err(|error| chain(&error))
}

/// Writes results of a study to a file: all, or those at some positions. Returns how many.
///
/// # Errors
///
/// Why nothing was written.
pub fn export_study(
    (store, id): (&Path, &str),
    positions: Option<&HashSet<u64>>,
    to: &Path,
) -> Result<u64, String> {
    let rows = positions.map_or(ExportRows::All, ExportRows::Positions);
    let store = Store::read(store).map_err(|error| chain(&error))?;
    let study = store.find(id).map_err(|error| chain(&error))?;
    // The dialog has already asked whether to overwrite.
    export(&store, &study, rows, to, true).map_err(|error| chain(&error))
}

/// Writes stars and notes to a study.
///
/// # Errors
///
/// Why they were not written.
pub fn save_remarks(
    (path, id): (&Path, &str),
    remarks: &BTreeMap<String, Remark>,
) -> Result<(), String> {
    let saved = Store::open(path).and_then(|store| store.set_remarks(&store.find(id)?, remarks));
    saved.map_err(|error| format!("could not save stars and notes: {}", chain(&error)))
}
