//! The native kernels, one file per primitive. Each works on one image.

pub mod activation;
pub mod combine;
pub mod conv;
pub mod copy;
pub mod depthwise;
pub mod layer_norm;
pub mod map;
pub mod mat_mul;
pub mod moments;
pub mod mul;
pub mod pool;
pub mod rearrange;
pub mod resample;
pub mod resize;
pub mod softmax;
pub mod statistics;
pub mod window;
