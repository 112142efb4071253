//! Eigenvalues of symmetric matrices.

use nalgebra::DMatrix;

/// The eigenvalues of a symmetric `n` x `n` matrix, in any order.
pub fn symmetric_eigenvalues(n: usize, matrix: Vec<f64>) -> Vec<f64> {
    DMatrix::from_vec(n, n, matrix).symmetric_eigenvalues().iter().copied().collect()
}
