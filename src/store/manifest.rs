//! The manifest next to a result table: everything needed to repeat the run.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::backend::DeviceInfo;
use crate::data::{ImageFacts, LoadedImages};
use crate::input::{InputKind, read_input_text};
use crate::output::{OutputError, write_output};
use crate::plan::ActivationSites;

/// The facts of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    /// Version of this program.
    pub version: &'static str,
    /// The command line that repeats the run.
    pub command: Vec<String>,
    /// All options, defaults included.
    pub options: serde_json::Value,
    /// The device it ran on.
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
    /// The mini-batch of scores that need another one than what ranks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub further_batch: Option<BatchFacts>,
    /// Counted calls of a model file's activations; architectures of a space have their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_points: Option<ActivationSites>,
    /// How the batch normalisation of a model file was computed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_norm: Option<String>,
    /// `running`, `done`, `interrupted`, or `failed` where a record could not be written.
    pub state: &'static str,
    /// Records written.
    pub records: u64,
}

/// A mini-batch.
#[derive(Clone, Debug, Serialize)]
pub struct BatchFacts {
    /// How the images came about.
    pub images: ImageFacts,
    /// Which images of the source were used, in order.
    pub image_indices: Vec<usize>,
    /// SHA-256 of the batch.
    pub batch: String,
}

impl BatchFacts {
    /// The description of a mini-batch.
    pub fn new(images: &LoadedImages) -> Self {
        Self {
            images: images.facts.clone(),
            image_indices: images.batch.indices.clone(),
            batch: images.batch.fingerprint(),
        }
    }
}

/// The path of the manifest of a table: `FILE.manifest.json`.
pub fn manifest_path(table: &Path) -> PathBuf {
    let mut name = table.as_os_str().to_owned();
    name.push(".manifest.json");
    PathBuf::from(name)
}

impl Manifest {
    /// Whether the manifest that a table has says that the same options gave other images, so that the table's
    /// scores cannot be compared with those of this run.
    pub fn has_other_images_than(&self, table: &Path) -> bool {
        let text = read_input_text(&manifest_path(table), InputKind::Job);
        let Some(before) = text.ok().and_then(|text| serde_json::from_str::<Value>(&text).ok())
        else {
            return false;
        };
        let same_options = before["options"]["options"] == self.options["options"];
        let same_batch = before["batch"].as_str().is_none_or(|batch| batch == self.batch);
        same_options && !same_batch
    }

    /// Writes the manifest of a table; the old one stays until the new one is complete.
    ///
    /// # Errors
    ///
    /// [`OutputError`] with the file and the reason.
    pub fn write(&self, table: &Path) -> Result<(), OutputError> {
        let path = manifest_path(table);
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| OutputError::new(&path, error.into()))?;
        text.push(b'\n');
        write_output(&path, &text, true)
    }
}
