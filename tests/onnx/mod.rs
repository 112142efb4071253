//! Models from ONNX files.

mod cases;
mod export;
mod families;
mod fixtures;
mod inputs;
mod operators;
mod reader;
mod transformers;
