//! Pictures: what stands in them, and that extreme inputs have one.

#[path = "../../../../tests/support/data.rs"]
mod data;

mod icons;
mod kernels;
mod look;
mod scatter;
