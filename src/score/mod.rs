//! The kernel matrix, and the scores that rank architectures: one list, [`SCORES`].

mod determinant;
mod kernel;
mod registry;
mod spectrum;

pub use kernel::{KernelMatrix, KernelMatrixError};
pub use registry::{SCORES, Score, ScoreInputs, ScoreNeeds, find_score, has_log_axis};
pub use spectrum::{eigenvalues, least_eigenvalue};
