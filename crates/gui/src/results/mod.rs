//! Results: sets of them, how they are looked at, and their tables.

pub mod ordering;
pub mod rank;
pub mod remarks;
pub mod result_set;
pub mod sheet;
