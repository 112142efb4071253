//! The result table and the manifest of a job, if it writes them.

use std::path::PathBuf;

use super::{JobConfig, ModelFacts, Session};
use crate::score::{COMBINED, Ranking};
use crate::store::{BatchFacts, Manifest, Record, RecordRanks, TableError, TableWriter};

/// Where a job's records go.
pub(super) struct JobFiles(Option<TableFiles>);

struct TableFiles {
    path: PathBuf,
    table: TableWriter,
    manifest: Manifest,
}

impl JobFiles {
    /// Creates the table and its manifest, or nothing if the job writes none.
    pub(super) fn create(
        config: &JobConfig,
        session: &Session,
        model: Option<&ModelFacts>,
    ) -> Result<Self, TableError> {
        let Some(path) = &config.out else { return Ok(Self(None)) };
        let images = session.images();
        let further = session.scores().iter().filter(|score| !score.has_column());
        let further = further.map(|score| score.name);
        let is_combined = matches!(session.ranking(), Ranking::Combined(_));
        let names = is_combined.then_some(COMBINED).into_iter().chain(further);
        let table = TableWriter::create(path, config.overwrite, names)?;
        let manifest = Manifest {
            version: env!("CARGO_PKG_VERSION"),
            command: config.command.clone(),
            options: serde_json::to_value(config)
                .unwrap_or_else(|error| format!("cannot be written: {error}").into()),
            device: session.device().clone(),
            seed: config.options.seed,
            weight_seeds: session.weight_seeds().to_vec(),
            images: images.facts.clone(),
            image_indices: images.batch.indices.clone(),
            batch: images.batch.fingerprint(),
            further_batch: session.other_images().map(BatchFacts::new),
            code_points: model.map(|model| model.code_points.clone()),
            batch_norm: model.map(|model| model.batch_norm.to_string()),
            state: "running",
            records: 0,
        };
        manifest.write(path)?;
        Ok(Self(Some(TableFiles { path: path.clone(), table, manifest })))
    }

    /// Writes a record.
    pub(super) fn append(&mut self, record: &Record) -> Result<(), TableError> {
        let Some(files) = &mut self.0 else { return Ok(()) };
        files.table.append(record)?;
        files.manifest.records += 1;
        Ok(())
    }

    /// Writes the combined rank of every record into the table, once the set is known.
    pub(super) fn rank(&mut self, ranks: Option<&RecordRanks>) -> Result<(), TableError> {
        match (&mut self.0, ranks) {
            (Some(files), Some(ranks)) => files.table.rank(ranks),
            _ => Ok(()),
        }
    }

    /// Writes the manifest's last state.
    pub(super) fn finish(&mut self, state: &'static str) -> Result<(), TableError> {
        let Some(files) = &mut self.0 else { return Ok(()) };
        files.manifest.state = state;
        Ok(files.manifest.write(&files.path)?)
    }
}
