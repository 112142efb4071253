//! Models from ONNX files.

mod cases;
mod families;
mod fixtures;
mod reader;
mod transformers;
