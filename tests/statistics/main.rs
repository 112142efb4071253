//! Rank statistics against scipy, scikit-learn and plain definitions.

#[path = "../support/mod.rs"]
mod support;

mod golden;
mod laws;
mod protocol;
mod report;
