//! Laws of cells with an operation in every vertex, on NAS-Bench-101 and on small spaces of which
//! every architecture can be looked at.

use crate::support;

mod cells;
mod files;
mod labels;
mod laws;
