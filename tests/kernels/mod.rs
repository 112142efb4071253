//! Every primitive on every device of this machine against the plain reference: bit for bit on whole
//! numbers, whose sums are exact in any order; within stated tolerances behind a batch-norm.
//!
//! Cases are random but the same in every run, see `support::cases`.

use crate::support;

mod activations;
mod attention;
mod close;
mod codes;
mod conv;
mod copies;
mod functions;
mod kept;
mod moments;
mod networks;
mod norms;
mod pixels;
mod pool;
mod products;
mod random_graph;
mod rearrange;
mod shapes;
mod siblings;
mod sums;
