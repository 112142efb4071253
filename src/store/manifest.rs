//! What is needed to repeat a run, beside its table.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::TableError;
use crate::backend::DeviceInfo;
use crate::data::ImageFacts;
use crate::plan::CodePoints;

/// The facts of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    /// Version of this program.
    pub version: &'static str,
    /// The command line that repeats the run.
    pub command: Vec<String>,
    /// All options, defaults included.
    pub options: serde_json::Value,
    /// What it ran on.
    pub device: DeviceInfo,
    /// The run's seed; all others are derived from it by name.
    pub seed: u64,
    /// The seed of the weights of each repeat.
    pub weight_seeds: Vec<u64>,
    /// How the images came about: normalisation, files that could not be read.
    pub images: ImageFacts,
    /// Which images of the source were used, in order.
    pub image_indices: Vec<usize>,
    /// SHA-256 of the batch.
    pub batch: String,
    /// Counted calls of a model file's activations; architectures of a space have their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_points: Option<CodePoints>,
    /// `running`, `done`, `interrupted`, or `failed` where a record could not be written.
    pub state: &'static str,
    /// Records written.
    pub records: u64,
}

/// Where the manifest of a table lies: `FILE.manifest.json`.
pub fn manifest_path(table: &Path) -> PathBuf {
    let mut name = table.as_os_str().to_owned();
    name.push(".manifest.json");
    PathBuf::from(name)
}

impl Manifest {
    /// Writes the manifest of a table; the old one stays until the new one is complete.
    ///
    /// # Errors
    ///
    /// [`TableError::Write`] with the file and what the system said.
    pub fn write(&self, table: &Path) -> Result<(), TableError> {
        let path = manifest_path(table);
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let write = || -> std::io::Result<()> {
            let mut text = serde_json::to_vec_pretty(self)?;
            text.push(b'\n');
            std::fs::write(&partial, text)?;
            std::fs::rename(&partial, &path)
        };
        write().map_err(|source| TableError::Write { path: path.clone(), source })
    }
}
