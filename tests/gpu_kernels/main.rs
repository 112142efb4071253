//! Every kernel of the WGSL backend against naive loops, bit for bit on whole numbers.
//!
//! The adapter is the one named by `UNTRAINED_TEST_ADAPTER` (part of its name, `llvmpipe` unless
//! set). Without one the tests say so and pass, except where `CI` is `true`.
#![cfg(feature = "gpu")]

mod codes;
mod conv;
mod copies;
mod errors;
mod networks;
mod norms;
mod reference;
mod trial;
