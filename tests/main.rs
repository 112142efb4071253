//! Tests of the core library, one program: a folder or file for each of its rooms.
//!
//! Readers whose memory is measured have programs of their own: `benchmark_tables` and `pickles`.

mod built_fixtures;
mod correlation;
mod data_sources;
mod dependencies;
mod devices_agree;
mod gpu;
mod kept_networks;
mod kernel_spectrum;
mod kernels;
mod killed_jobs;
mod layering;
mod onnx_families;
mod onnx_fixtures;
mod onnx_reader;
mod onnx_transformers;
mod pair_cells;
mod published_count;
mod published_search;
mod shaders;
mod space_files;
mod space_labels;
mod space_laws;
mod space_nas_bench_101;
mod space_nas_bench_201;
mod space_structure;
mod space_support;
mod statistics;
mod store;
mod strategies;
mod support;
mod trainer;
mod vertex_cells;
