//! The output of a run: records in tables with a manifest, and studies in an SQLite file or on a PostgreSQL
//! server that can be resumed, shared and exported.

mod column;
mod database;
mod draws;
mod export;
mod manifest;
mod ranks;
mod record;
mod table;

pub use column::{
    ColumnScope, ColumnType, NumberFormat, NumericColumn, RESULT_COLUMNS, ResultColumn,
    columns_markdown, export_columns, numeric_columns, run_table_columns, view_columns,
};
pub use database::{
    AddedScores, ClaimOutcome, ClaimRequest, DEFAULT_FILE, EngineError, EventKind, FlushPolicy,
    MergedStudy, OptionDifference, Remark, ResultRow, ResultRows, SCORE_VERSION, ScoreKey,
    ScoreKeys, SpaceSnapshot, Store, StoreAccess, StoreError, Study, StudyEvent, StudyInfo,
    StudySetup, StudyState, WantedScores, check_store_address, is_server, network_file_system,
    space_fingerprint,
};
pub use draws::Draws;
pub use export::{ExportError, ExportRows, export};
pub use manifest::{BatchFacts, Manifest, manifest_path};
pub use ranks::RecordRanks;
pub use record::{Record, Status, StatusCounts};
pub use table::{TableError, TableWriter};
