//! What a run leaves behind: records in tables, and a manifest beside them.

mod manifest;
mod record;
mod table;

pub use manifest::{Manifest, manifest_path};
pub use record::{Record, Status};
pub use table::{TableError, TableWriter};
