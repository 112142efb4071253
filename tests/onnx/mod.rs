//! Models from ONNX files.

mod cases;
mod families;
mod fixtures;
mod operators;
mod reader;
mod transformers;
