//! The desktop application.

pub mod layered;
pub mod sheet;
