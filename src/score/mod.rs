//! The kernel matrix, and the scores that rank architectures: one list, [`SCORES`].

mod combined;
mod components;
mod determinant;
mod eigen;
mod kernel;
mod lanes;
mod moments;
mod path_norm;
mod patterns;
mod placement;
mod registry;
mod spectrum;
mod trainability;

pub use combined::{COMBINED, ComponentRanks, Components, DEFAULT_COMPONENTS, Ranking, ScoreId};
pub use components::MomentScores;
pub use kernel::{KernelMatrix, KernelMatrixError};
pub use moments::{ChannelSpectrum, MAX_SIDE, MomentsForm, PositionSample, TensorMoments};
pub use path_norm::path_norm;
pub use patterns::unit_patterns;
pub use placement::{Placement, PlacementSet, ScorePlacement, standing};
pub use registry::{
    SCORES, Score, ScoreInputs, ScoreNeeds, ScoreSet, ScoreValues, find_score, has_log_axis,
};
pub use spectrum::{eigenvalues, least_eigenvalue};
pub use trainability::{disturbed, trainability};
