//! Models from ONNX files.

mod families;
mod fixtures;
mod reader;
mod transformers;
