//! The kernel matrix and the scores computed from it.

mod determinant;
mod kernel;

pub use kernel::KernelMatrix;
