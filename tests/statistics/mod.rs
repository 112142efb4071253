//! Rank statistics against scipy, scikit-learn and plain definitions.

use crate::support;

mod golden;
mod laws;
mod protocol;
mod report;
