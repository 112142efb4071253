//! Lowering of each kind of step: one file per kernel, named like its shader.

pub mod combine;
pub mod conv;
pub mod copy_channels;
pub mod flatten;
pub mod hamming;
pub mod mul;
pub mod normalise;
pub mod pool;
pub mod resize;
pub mod statistics;
pub mod window;
