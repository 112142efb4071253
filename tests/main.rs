//! Tests of the core library, one program: a folder or file for each of its rooms.
//!
//! Readers whose memory is measured have programs of their own: `benchmark_tables` and `pickles`.

mod built_fixtures;
mod components;
mod correlation;
mod data_sources;
mod dependencies;
mod devices_agree;
mod gpu;
mod interrupted_jobs;
mod kept_networks;
mod kernel_spectrum;
mod kernels;
mod killed_jobs;
mod layering;
mod onnx;
mod own_parts;
mod published_count;
mod published_search;
mod pytorch;
mod scores;
mod shaders;
mod space;
mod statistics;
mod store;
mod strategies;
mod support;
mod trainer;
