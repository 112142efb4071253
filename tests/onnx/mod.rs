//! Models from ONNX files.

mod cases;
mod export;
mod families;
mod fixtures;
mod inputs;
mod reader;
mod transformers;
