//! What integration tests share.
//!
//! * [`data`]: where files lie, and how a test is skipped.
//! * [`cases`]: random cases, the same ones in every run.
//! * [`devices`]: every backend of this machine.
//! * [`exact`]: which networks give the same values in whatever order sums are added.
//! * [`fixtures`]: networks with known kernel matrices, in the repository and in the shared data.
//! * [`path_walk`]: a plain walk for the path norm, independent of the program's own.
//! * [`formulas`]: activation functions by their definitions.
//! * [`position`]: gives a network that a space built the weights of an exported one.
//! * [`postgres`]: a PostgreSQL server of a test's own.
//! * [`reference`]: a plain evaluation of graphs, independent of plans and backends.
//! * [`relabelling`]: the same network with its channels in another order.
//! * [`runners`]: everything that turns a network and a batch into a kernel matrix.
//! * [`small`]: spaces at a small size.
//! * [`trial`]: one network on one batch, by the reference and on a device.
//! * [`watchdog`]: waits for events, and fails instead of hanging.

// Every test target compiles this module and uses a part of it.
#![allow(dead_code)]

pub mod cases;
pub mod data;
pub mod devices;
pub mod exact;
pub mod fixtures;
pub mod formulas;
pub mod path_walk;
pub mod position;
#[cfg(unix)]
pub mod postgres;
pub mod reference;
pub mod relabelling;
pub mod runners;
pub mod small;
pub mod trial;
pub mod watchdog;

pub use data::shared;
