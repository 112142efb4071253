//! Search spaces: their files, notations, counts, and the structure of their networks.

mod attention;
mod files;
mod labels;
mod laws;
mod layers;
mod nas_bench_101;
mod nas_bench_201;
mod pair_cells;
mod regnet;
mod rows;
mod structure;
pub mod support;
mod transformer;
mod transnas;
mod vertex_cells;
