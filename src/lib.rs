//! **Untrained** finds good neural network architectures without training any of them.
//!
//! It ranks networks by a combination of several scores, or by a single one. Among them is the score of
//! "Neural Architecture Search without Training" (Mellor, Turner, Storkey, Crowley; ICML 2021): a
//! mini-batch passes once through an untrained network, every unit of a ReLU or another activation is
//! either on or off, and the score is `ln |det K|`, where `K[i][j]` counts the units that agree on images
//! i and j.
//!
//! A [`Space`] parses or samples architectures and builds the [`Graph`] of each. A [`JobConfig`] describes
//! what to score and how; [`job::run`] runs it. The [`KernelMatrix`] of a network gives its score, and
//! a [`Store`] keeps the results of searches. The documentation of each has an example.

#![deny(missing_docs)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::todo,
    clippy::unimplemented,
    clippy::dbg_macro,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::too_many_lines
)]

pub mod backend;
pub mod benchmark;
pub mod citation;
pub mod data;
pub mod evaluation;
pub mod format;
pub mod graph;
pub mod input;
pub mod job;
pub mod leftovers;
mod nearest;
pub mod onnx;
pub mod output;
mod panics;
pub mod places;
pub mod plan;
pub mod pytorch;
pub mod report;
pub mod score;
pub mod search;
pub mod seed;
pub mod space;
pub mod statistics;
pub mod store;
pub mod tabular;
pub mod trainer;
pub mod typeset;
pub mod weights;

pub use graph::Graph;
pub use job::JobConfig;
pub use score::KernelMatrix;
pub use space::{Architecture, Space};
pub use store::Store;
