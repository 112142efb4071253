//! What a run leaves behind: records in tables with a manifest beside them, and studies in an SQLite
//! file that can be resumed, shared and exported.

mod database;
mod export;
mod manifest;
mod record;
mod table;

pub use database::{
    Access, Claim, DEFAULT_FILE, Difference, EventKind, Key, Keys, Merged, Pace, Remark, Row, Rows,
    SCORE_VERSION, Setup, SpaceName, State, Store, StoreError, Study, StudyEvent, StudyInfo, Want,
    space_fingerprint,
};
pub use export::{COLUMNS, Column, ExportError, Part, export};
pub use manifest::{Manifest, manifest_path};
pub use record::{Counts, Record, Status};
pub use table::{TableError, TableWriter};
