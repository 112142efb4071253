//! Memory of the core as arrays of numpy, without a copy: by numpy's array interface, version 3.

use std::sync::Arc;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use untrained::backend::{PackedCode, RunOutput};
use untrained::score::KernelMatrix;

use super::errors::exception;

/// What the array interface says of memory that lives as long as its owner.
fn interface<'py, T>(
    py: Python<'py>,
    values: &[T],
    (shape, type_name): ((usize, usize), &str),
) -> PyResult<Bound<'py, PyDict>> {
    let order = if cfg!(target_endian = "big") { '>' } else { '<' };
    let dict = PyDict::new(py);
    dict.set_item("version", 3)?;
    dict.set_item("shape", shape)?;
    dict.set_item("typestr", format!("{order}{type_name}"))?;
    // True: the memory may not be written.
    dict.set_item("data", (values.as_ptr() as usize, true))?;
    Ok(dict)
}

/// An array of numpy over the memory of an object, which it keeps alive.
fn array<'py>(py: Python<'py>, owner: impl IntoPyObjectExt<'py>) -> PyResult<Bound<'py, PyAny>> {
    let owner = owner.into_bound_py_any(py)?;
    py.import("numpy")?.call_method1("asarray", (owner,))
}

/// Owns a kernel matrix.
#[pyclass(frozen, module = "untrained._untrained")]
pub struct KernelMemory(KernelOwner);

enum KernelOwner {
    Alone(KernelMatrix),
    Output(Arc<RunOutput>),
}

#[pymethods]
impl KernelMemory {
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let kernel = match &self.0 {
            KernelOwner::Alone(kernel) => Some(kernel),
            KernelOwner::Output(output) => output.kernel.as_ref(),
        };
        let kernel =
            kernel.ok_or_else(|| exception("ModelError", "there is no kernel matrix", &[]))?;
        let n = kernel.images();
        interface(py, kernel.entries(), ((n, n), "u8"))
    }
}

/// K as `uint64 [n, n]`.
pub fn kernel_array(py: Python<'_>, output: Arc<RunOutput>) -> PyResult<Bound<'_, PyAny>> {
    array(py, Py::new(py, KernelMemory(KernelOwner::Output(output)))?)
}

/// The same for a matrix by itself.
pub fn own_kernel_array(py: Python<'_>, kernel: KernelMatrix) -> PyResult<Bound<'_, PyAny>> {
    array(py, Py::new(py, KernelMemory(KernelOwner::Alone(kernel)))?)
}

/// Owns the words of a code.
#[pyclass(frozen, module = "untrained._untrained")]
struct CodeMemory {
    output: Arc<RunOutput>,
    place: usize,
    images: usize,
}

#[pymethods]
impl CodeMemory {
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let code = code_at(&self.output, self.place)?;
        interface(py, &code.words, ((self.images, code.units.div_ceil(32)), "u4"))
    }
}

fn code_at(output: &RunOutput, place: usize) -> PyResult<&PackedCode> {
    let code = output.codes.as_ref().and_then(|codes| codes.get(place));
    code.ok_or_else(|| exception("ModelError", "there is no such code", &[]))
}

/// The binary codes of one activation: for each image, one bit for each unit.
#[pyclass(frozen, name = "Codes", module = "untrained")]
pub struct PyCodes {
    output: Arc<RunOutput>,
    place: usize,
    images: usize,
}

#[pymethods]
impl PyCodes {
    /// Number of units: bits of each image.
    #[getter]
    fn units(&self) -> PyResult<usize> {
        Ok(code_at(&self.output, self.place)?.units)
    }

    /// How often the code counts in the kernel matrix.
    #[getter]
    fn multiplicity(&self) -> PyResult<u32> {
        Ok(code_at(&self.output, self.place)?.multiplicity)
    }

    /// The bits, packed: uint32 [n, ceil(units / 32)], lowest bit first; without a copy, and read-only.
    #[getter]
    fn words<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (output, place, images) = (Arc::clone(&self.output), self.place, self.images);
        array(py, Py::new(py, CodeMemory { output, place, images })?)
    }

    /// The bits, one each: bool [n, units]; units are in the order [c, h, w].
    fn bits<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("untrained._arrays")?.call_method1("unpacked", (self.words(py)?, self.units()?))
    }

    fn __repr__(&self) -> PyResult<String> {
        let code = code_at(&self.output, self.place)?;
        Ok(format!("Codes(units={}, multiplicity={})", code.units, code.multiplicity))
    }
}

/// The codes of all activations that count.
pub fn codes(output: &Arc<RunOutput>) -> Vec<PyCodes> {
    let images = output.kernel.as_ref().map_or(0, KernelMatrix::images);
    let count = output.codes.as_ref().map_or(0, Vec::len);
    (0..count).map(|place| PyCodes { output: Arc::clone(output), place, images }).collect()
}
