//! Any bytes as a model.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = untrained::onnx::parse(bytes, Path::new("/nonexistent"));
});
