//! The kernel matrix and the scores computed from it.

mod determinant;
mod kernel;
mod list;

pub use kernel::KernelMatrix;
pub use list::{Measured, SCORES, Score, score};
