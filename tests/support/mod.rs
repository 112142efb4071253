//! What integration tests share.
//!
//! * [`cases`]: random cases, the same ones in every run.
//! * [`devices`]: every backend of this machine.
//! * [`exact`]: which networks give the same values in whatever order sums are added.
//! * [`fixtures`]: networks with known kernel matrices, in the repository and in the shared data.
//! * [`position`]: gives a network that a space built the weights of an exported one.
//! * [`reference`]: a plain evaluation of graphs, independent of plans and backends.
//! * [`runners`]: everything that turns a network and a batch into a kernel matrix.
//! * [`trial`]: one network on one batch, by the reference and on a device.

// Every test target compiles this module and uses a part of it.
#![allow(dead_code)]

pub mod cases;
pub mod devices;
pub mod exact;
pub mod fixtures;
pub mod position;
pub mod reference;
pub mod runners;
pub mod trial;

use std::path::{Path, PathBuf};

/// Names another folder for the shared data.
const SHARED_VARIABLE: &str = "UNTRAINED_SHARED";

/// A file or folder of the shared data, or `None` after saying that `test` skips it and why.
pub fn shared(test: &str, path: &str) -> Option<PathBuf> {
    let root = match std::env::var_os(SHARED_VARIABLE) {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    };
    let full = root.join(path);
    if full.exists() {
        return Some(full);
    }
    println!(
        "{test}: skipped the shared data: {} does not exist; set {SHARED_VARIABLE} to the folder \
         that holds {path}",
        full.display()
    );
    None
}
