//! What a run leaves behind: records in tables with a manifest beside them, and studies in an SQLite
//! file that can be resumed, shared and exported.

mod database;
mod export;
mod manifest;
mod record;
mod table;

pub use database::{
    ClaimOutcome, ClaimRequest, DEFAULT_FILE, EventKind, FlushPolicy, MergedStudy,
    OptionDifference, Remark, ResultRow, ResultRows, SCORE_VERSION, ScoreKey, ScoreKeys,
    SpaceSnapshot, Store, StoreAccess, StoreError, Study, StudyEvent, StudyInfo, StudySetup,
    StudyState, space_fingerprint,
};
pub use export::{COLUMNS, Column, ExportError, ExportRows, export};
pub use manifest::{Manifest, manifest_path};
pub use record::{Record, Status, StatusCounts};
pub use table::{TableError, TableWriter};
