//! Lowering of each kind of step: one file per kernel, named like its shader.

pub mod combine;
pub mod conv;
pub mod copy_channels;
pub mod flatten;
pub mod hamming;
pub mod layer_norm;
pub mod map;
pub mod mat_mul;
pub mod moments;
pub mod mul;
pub mod normalise;
pub mod parameter;
pub mod pool;
pub mod rearrange;
pub mod resample;
pub mod resize;
pub mod sample_rows;
pub mod softmax;
pub mod statistics;
pub mod window;
