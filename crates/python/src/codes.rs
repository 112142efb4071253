//! The kernel matrix of codes that Python has taken.

use pyo3::prelude::*;
use untrained::backend::PackedCode;
use untrained::backend::cpu::hamming;

use super::arrays::own_kernel_array;
use super::errors::exception;

/// The kernel matrix K, uint64 [n, n], and ln |det K| of codes of n images: for each code its units, its
/// multiplicity, and its bits, packed into bytes, lowest bit first, `ceil(units / 8)` bytes for each image.
#[pyfunction]
pub fn kernel_of_codes<'py>(
    py: Python<'py>,
    images: usize,
    codes: Vec<(usize, u32, Vec<u8>)>,
) -> PyResult<(Bound<'py, PyAny>, f64, u64)> {
    let mut packed = Vec::with_capacity(codes.len());
    for (units, multiplicity, bytes) in codes {
        let row = units.div_ceil(8);
        if bytes.len() != images * row {
            let message = format!(
                "{} bytes for {images} images of {units} units: {} are needed",
                bytes.len(),
                images * row
            );
            return Err(exception("ModelError", &message, &[]));
        }
        let word = |bytes: &[u8]| {
            bytes.iter().rev().fold(0_u32, |word, &byte| word << 8 | u32::from(byte))
        };
        let words = bytes.chunks(row.max(1)).flat_map(|image| image.chunks(4).map(word)).collect();
        packed.push(PackedCode { units, multiplicity, words });
    }
    let (kernel, score) = py
        .detach(|| {
            let kernel = hamming::kernel_of_codes(images, &packed)?;
            let score = kernel.score();
            Ok((kernel, score))
        })
        .map_err(|error: untrained::score::KernelMatrixError| {
            exception("ModelError", &error.to_string(), &[])
        })?;
    let units = kernel.units();
    Ok((own_kernel_array(py, kernel)?, score, units))
}
