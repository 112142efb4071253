//! Architectures.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use untrained::Architecture;
use untrained::graph::cost::Cost;
use untrained::job::ExportedNetwork;
use untrained::seed;

use super::space::{PySpace, SpaceSource};
use super::{errors, export};

/// One architecture of a space. `str(architecture)` is the space's notation.
#[pyclass(frozen, name = "Architecture", module = "untrained")]
pub struct PyArchitecture {
    pub architecture: Architecture,
    pub source: Arc<SpaceSource>,
}

impl PyArchitecture {
    fn cost(&self) -> PyResult<Cost> {
        let graph = self.architecture.build().map_err(|error| errors::build(&error))?;
        Ok(Cost::of(&graph))
    }

    fn sibling(&self, architecture: Architecture) -> Self {
        Self { architecture, source: Arc::clone(&self.source) }
    }

    fn exported(&self, seed: u64) -> PyResult<ExportedNetwork> {
        export::of_architecture(&self.source, &self.architecture.to_string(), seed)
    }
}

#[pymethods]
impl PyArchitecture {
    /// The architecture in the space's notation.
    #[getter]
    fn notation(&self) -> String {
        self.architecture.to_string()
    }

    /// The space it belongs to.
    #[getter]
    fn space(&self) -> PySpace {
        PySpace(Arc::clone(&self.source))
    }

    /// Its index in the benchmark's order; None if the space has no index.
    #[getter]
    fn index(&self) -> Option<u64> {
        self.architecture.index()
    }

    /// The same text for all architectures that compute the same function.
    #[getter]
    fn canonical(&self) -> String {
        self.architecture.canonical()
    }

    /// Whether a path leads from the input to the output.
    #[getter]
    fn is_connected(&self) -> bool {
        self.architecture.is_connected()
    }

    /// Every decision with its value, in the same order for all architectures of the space.
    #[getter]
    fn decisions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for decision in self.architecture.decisions() {
            dict.set_item(decision.name, decision.value)?;
        }
        Ok(dict)
    }

    /// Trainable parameters.
    #[getter]
    fn params(&self) -> PyResult<u64> {
        Ok(self.cost()?.params)
    }

    /// Multiply-adds of convolutions and linear layers for one image.
    #[getter]
    fn macs(&self) -> PyResult<u64> {
        Ok(self.cost()?.macs)
    }

    /// All architectures that differ in exactly one decision.
    fn neighbours(&self) -> Vec<Self> {
        let neighbours = self.architecture.neighbours().into_iter();
        neighbours.map(|architecture| self.sibling(architecture)).collect()
    }

    /// An architecture that differs in exactly one decision, drawn uniformly by the seed.
    #[pyo3(signature = (seed = 0))]
    fn mutate(&self, seed: u64) -> Self {
        self.sibling(self.architecture.mutate(&mut seed::stream(seed, &["mutate"])))
    }

    /// The network as a torch.nn.Module with the weights of a seed: those with which it is scored. Without
    /// `weights`, torch draws its own. Needs torch.
    #[pyo3(signature = (*, seed = 0, weights = true))]
    fn to_torch<'py>(
        &self,
        py: Python<'py>,
        seed: u64,
        weights: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        export::to_torch(py, &self.exported(seed)?, weights)
    }

    /// Writes the network with the weights of a seed as an ONNX model. `mode` is "train" (batch normalisation by
    /// the mini-batch, as networks are scored) or "inference".
    #[pyo3(signature = (path, *, seed = 0, mode = "train", overwrite = false))]
    fn to_onnx(&self, path: PathBuf, seed: u64, mode: &str, overwrite: bool) -> PyResult<()> {
        export::to_onnx(&self.exported(seed)?, &path, mode, overwrite)
    }

    /// The cells and the parts of the network in the DOT language of Graphviz; written to a file if one is named.
    #[pyo3(signature = (path = None, *, overwrite = false))]
    fn to_dot(&self, path: Option<PathBuf>, overwrite: bool) -> PyResult<String> {
        export::to_dot(&self.exported(0)?, path.as_deref(), overwrite)
    }

    /// The same as a picture: the text of an SVG file.
    #[pyo3(signature = (path = None, *, overwrite = false))]
    fn to_svg(&self, path: Option<PathBuf>, overwrite: bool) -> PyResult<String> {
        export::to_svg(&self.exported(0)?, path.as_deref(), overwrite)
    }

    fn _repr_svg_(&self) -> Option<String> {
        self.to_svg(None, false).ok()
    }

    fn __str__(&self) -> String {
        self.notation()
    }

    fn __repr__(&self) -> String {
        format!("Architecture({:?}, {:?})", self.architecture.space().id(), self.notation())
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.architecture == other.architecture
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.notation().hash(&mut hasher);
        hasher.finish()
    }
}
