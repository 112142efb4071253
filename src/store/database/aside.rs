//! Results that a server cannot take any more, in a file beside the program's other files.

use std::path::PathBuf;

use super::writer::{count, device, higher, write_event};
use super::{EventKind, ResultRow, Store, StoreError, StudyInfo, row, table};
use crate::store::StatusCounts;

/// Writes results and events of a study to a new SQLite file in the working directory, or else in the folder for
/// temporary files. `studies merge` adds them to the study, if it is there again.
pub(super) fn save(
    study: &StudyInfo,
    rows: &[ResultRow],
    events: &[(i64, EventKind, String)],
) -> Option<PathBuf> {
    let folders = [std::env::current_dir().ok(), Some(std::env::temp_dir())];
    let candidates = folders.into_iter().flatten().flat_map(|folder| {
        (1..100).map(move |number| {
            let number = if number > 1 { format!("-{number}") } else { String::new() };
            folder.join(format!("untrained-{}.saved{number}.db", study.id))
        })
    });
    let mut candidates = candidates.filter(|path| !path.exists());
    candidates.find(|path| {
        let written = Store::open(path).and_then(|store| write(&store, study, rows, events));
        if written.is_err() && path.exists() {
            // It holds nothing.
            let _ = std::fs::remove_file(path);
        }
        written.is_ok()
    })
}

fn write(
    store: &Store,
    study: &StudyInfo,
    rows: &[ResultRow],
    events: &[(i64, EventKind, String)],
) -> Result<(), StoreError> {
    let failed = |error| store.failed(error);
    let transaction = store.change()?;
    let number = table::insert_study(&transaction, &study.id, study).map_err(failed)?;
    let mut added = StatusCounts::default();
    let mut best = None;
    for one in rows {
        let record = &one.record;
        let device = device(&transaction, &record.device, &record.driver, &record.version)
            .map_err(failed)?;
        if row::insert(&transaction, number, device, one).map_err(failed)? {
            added.add(record.status, 1);
            best = higher(best, record.rank_score());
        }
    }
    for (time, kind, text) in events {
        write_event(&transaction, number, *time, *kind, text).map_err(failed)?;
    }
    count(&transaction, number, study.updated_ms, added, best).map_err(failed)?;
    transaction.commit().map_err(failed)
}
