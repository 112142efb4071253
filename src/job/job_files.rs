//! The result table and the manifest of a job, if it writes them.

use std::path::PathBuf;

use super::option_value::tree;
use super::{Event, ImagesChanged, JobConfig, ModelFacts, Session};
use crate::score::{COMBINED, Ranking};
use crate::store::{
    BatchFacts, Manifest, Record, RecordRanks, TableError, TableWriter, manifest_path,
};

/// Where a job's records go.
pub(super) struct JobFiles(Option<TableFiles>);

struct TableFiles {
    path: PathBuf,
    table: TableWriter,
    manifest: Manifest,
    /// Whether the manifest says how the job ended.
    is_finished: bool,
}

impl Drop for TableFiles {
    /// A job that failed leaves no table without a row, and its manifest says so; whoever drops it knows of
    /// the reason.
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        if self.manifest.records > 0 {
            self.manifest.state = "failed";
            let _ = self.manifest.write(&self.path);
            return;
        }
        for path in [self.path.clone(), manifest_path(&self.path)] {
            // What is written in place, such as the standard output, is not ours to remove.
            if std::fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

impl JobFiles {
    /// Creates the table and its manifest, or nothing if the job writes none.
    pub(super) fn create(
        config: &JobConfig,
        session: &Session,
        model: Option<&ModelFacts>,
        events: &mut dyn FnMut(Event),
    ) -> Result<Self, TableError> {
        let Some(path) = &config.out else { return Ok(Self(None)) };
        let images = session.images();
        let further = session.scores().iter().filter(|score| !score.has_column());
        let further = further.map(|score| score.name);
        let is_combined = matches!(session.ranking(), Ranking::Combined(_));
        let names = is_combined.then_some(COMBINED).into_iter().chain(further);
        let manifest = Manifest {
            version: env!("CARGO_PKG_VERSION"),
            command: config.command.clone(),
            options: tree(config),
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
        let has_other_images = manifest.has_other_images_than(path);
        if has_other_images && config.images_changed == ImagesChanged::Refuse {
            return Err(TableError::ImagesChanged(path.clone()));
        }
        let table = TableWriter::create(path, config.overwrite, names)?;
        if has_other_images && config.images_changed == ImagesChanged::Warn {
            events(Event::Warning(format!(
                "the images have changed since {} was written with the same options: its scores cannot be \
                 compared with the new ones",
                path.display()
            )));
        }
        manifest.write(path)?;
        Ok(Self(Some(TableFiles { path: path.clone(), table, manifest, is_finished: false })))
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
        files.is_finished = true;
        Ok(files.manifest.write(&files.path)?)
    }
}
