//! The result of one network.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::prelude::*;
use untrained::backend::RunOutput;
use untrained::job::ExportedNetwork;
use untrained::store::Record;

use super::architecture::PyArchitecture;
use super::arrays::{self, PyCodes};
use super::errors::{self, exception};
use super::export;
use super::job::Job;

/// The scores and costs of one network.
#[pyclass(frozen, name = "Result", module = "untrained")]
pub struct PyRecord {
    pub record: Arc<Record>,
    pub output: Option<Arc<RunOutput>>,
    pub job: Arc<Job>,
}

impl PyRecord {
    fn exported(&self) -> PyResult<ExportedNetwork> {
        let Job { config, source } = &*self.job;
        match source {
            Some(source) => ExportedNetwork::of_architecture(
                config,
                &source.space,
                &self.record.architecture,
                &self.record.finite_scores(),
            ),
            None => ExportedNetwork::of_model(config),
        }
        .map_err(|error| errors::job(&error))
    }

    fn output(&self) -> PyResult<&Arc<RunOutput>> {
        self.output.as_ref().ok_or_else(|| {
            let why = match self.record.message.as_deref() {
                Some(message) if self.record.repeats == 0 => message,
                _ => {
                    "a search keeps no kernel matrices and codes; score the architecture with untrained.score"
                }
            };
            exception("ModelError", &format!("{}: {why}", self.record.architecture), &[])
        })
    }
}

#[pymethods]
impl PyRecord {
    /// The architecture in the space's notation, or the name of a model file.
    #[getter]
    fn notation(&self) -> String {
        let name = &self.record.architecture;
        match (&self.job.source, Path::new(name).file_name()) {
            (None, Some(file)) => file.to_string_lossy().into_owned(),
            _ => name.clone(),
        }
    }

    /// The architecture; None for a model.
    #[getter]
    fn architecture(&self) -> PyResult<Option<PyArchitecture>> {
        let Some(source) = &self.job.source else { return Ok(None) };
        let parsed = source.space.parse(&self.record.architecture);
        let architecture = parsed.map_err(|error| errors::architecture(&error))?;
        Ok(Some(PyArchitecture { architecture, source: Arc::clone(source) }))
    }

    /// The NASWOT score ln |det K|, the mean over repeats; -inf if K is singular, NaN if it was not computed.
    #[getter]
    fn score(&self) -> f64 {
        self.record.score
    }

    /// Standard deviation of the score over repeats; None for one repeat.
    #[getter]
    fn sd(&self) -> Option<f64> {
        self.record.sd
    }

    /// What the network is ranked by, higher is better: the chosen score, the combined rank, the own score or the
    /// accuracy; -inf if it may not be chosen.
    #[getter]
    fn value(&self) -> f64 {
        self.record.rank_score()
    }

    /// "ok", "singular", "disconnected" or "failed".
    #[getter]
    fn status(&self) -> &'static str {
        self.record.status.name()
    }

    /// Trainable parameters.
    #[getter]
    fn params(&self) -> u64 {
        self.record.params
    }

    /// Multiply-adds of convolutions and linear layers for one image.
    #[getter]
    fn macs(&self) -> u64 {
        self.record.macs
    }

    /// Number of counted units V, the diagonal of K.
    #[getter]
    fn units(&self) -> u64 {
        self.record.units
    }

    /// Number of convolutions.
    #[getter]
    fn layers(&self) -> u64 {
        self.record.layers
    }

    /// Number of distinct codes in the mini-batch; None if no pass ran.
    #[getter]
    fn regions(&self) -> Option<f64> {
        self.record.regions
    }

    /// Accuracy after training in percent; None without a trainer or a benchmark table.
    #[getter]
    fn accuracy(&self) -> Option<f64> {
        self.record.accuracy
    }

    /// Time spent on the network, in seconds.
    #[getter]
    fn seconds(&self) -> f64 {
        self.record.seconds
    }

    /// Index in the order of the benchmark; None if there is none.
    #[getter]
    fn index(&self) -> Option<u64> {
        self.record.index
    }

    /// Seed of the run.
    #[getter]
    fn seed(&self) -> u64 {
        self.record.seed
    }

    /// Number of weight initialisations that the score averages over.
    #[getter]
    fn repeats(&self) -> u32 {
        self.record.repeats
    }

    /// The device it ran on.
    #[getter]
    fn device(&self) -> &str {
        &self.record.device
    }

    /// Why it failed, or what is not certain about a model; None if there is nothing to say.
    #[getter]
    fn message(&self) -> Option<&str> {
        self.record.message.as_deref()
    }

    /// Every score that is known, by name; NaN for one that the network cannot have.
    #[getter]
    fn scores(&self) -> std::collections::BTreeMap<String, f64> {
        let known = untrained::score::SCORES
            .iter()
            .filter_map(|score| Some((score.name.to_owned(), self.record.score_value(score)?)));
        self.record.scores.clone().into_iter().chain(known).collect()
    }

    /// The kernel matrix K, uint64 [n, n]: for each pair of images, the number of units that agree. Without a
    /// copy, and read-only.
    ///
    /// Raises ModelError for results of a search, which keeps none.
    #[getter]
    fn kernel<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        arrays::kernel_array(py, Arc::clone(self.output()?))
    }

    /// The binary codes of all counted activations, in the order of the network.
    ///
    /// Raises ModelError for results of a search, which keeps none.
    #[getter]
    fn codes(&self) -> PyResult<Vec<PyCodes>> {
        Ok(arrays::codes(self.output()?))
    }

    /// The network as a torch.nn.Module with the weights with which it was scored. Without `weights`, torch draws
    /// its own. Needs torch.
    #[pyo3(signature = (*, weights = true))]
    fn to_torch<'py>(&self, py: Python<'py>, weights: bool) -> PyResult<Bound<'py, PyAny>> {
        export::to_torch(py, &self.exported()?, weights)
    }

    /// Writes the network with the weights with which it was scored as an ONNX model. `mode` is "train" (batch
    /// normalisation by the mini-batch, as networks are scored) or "inference".
    #[pyo3(signature = (path, *, mode = "train", overwrite = false))]
    fn to_onnx(&self, path: PathBuf, mode: &str, overwrite: bool) -> PyResult<()> {
        export::to_onnx(&self.exported()?, &path, mode, overwrite)
    }

    /// The cells and the parts of the network in the DOT language of Graphviz; written to a file if one is named.
    #[pyo3(signature = (path = None, *, overwrite = false))]
    fn to_dot(&self, path: Option<PathBuf>, overwrite: bool) -> PyResult<String> {
        export::to_dot(&self.exported()?, path.as_deref(), overwrite)
    }

    /// The same as a picture: the text of an SVG file.
    #[pyo3(signature = (path = None, *, overwrite = false))]
    fn to_svg(&self, path: Option<PathBuf>, overwrite: bool) -> PyResult<String> {
        export::to_svg(&self.exported()?, path.as_deref(), overwrite)
    }

    fn _repr_svg_(&self) -> Option<String> {
        self.to_svg(None, false).ok()
    }

    fn __repr__(&self) -> String {
        let Record { params, status, .. } = &*self.record;
        let value = self.record.rank_score();
        let (name, status) = (self.notation(), status.name());
        format!("Result({name:?}, value={value:.4}, params={params}, status={status:?})")
    }
}
