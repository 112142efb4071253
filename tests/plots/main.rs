//! Pictures: what stands in them, and that extreme inputs have one.

#[path = "../support/mod.rs"]
mod support;

mod kernels;
mod look;
mod scatter;
