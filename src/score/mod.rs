//! The kernel matrix and the scores computed from it.

mod determinant;
mod kernel;
mod list;
mod spectrum;

pub use kernel::KernelMatrix;
pub use list::{Measured, SCORES, Score, score, spans_magnitudes};
pub use spectrum::{eigenvalues, least_eigenvalue};
