//! Eigenvalues of symmetric matrices.

use nalgebra::DMatrix;

/// The eigenvalues of a symmetric `n` x `n` matrix, in any order; NaN where an entry is not finite, for
/// which the iteration would not end.
pub fn symmetric_eigenvalues(n: usize, matrix: Vec<f64>) -> Vec<f64> {
    if !matrix.iter().all(|entry| entry.is_finite()) {
        return vec![f64::NAN; n];
    }
    DMatrix::from_vec(n, n, matrix).symmetric_eigenvalues().iter().copied().collect()
}
