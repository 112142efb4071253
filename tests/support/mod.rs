//! What integration tests share.
//!
//! * [`devices`]: every backend of this machine.
//! * [`fixtures`]: networks with known kernel matrices, in the repository and in the shared data.
//! * [`reference`]: a plain evaluation of graphs, independent of plans and backends.
//! * [`runners`]: everything that turns a network and a batch into a kernel matrix.

// Every test target compiles this module and uses a part of it.
#![allow(dead_code)]

pub mod devices;
pub mod fixtures;
pub mod reference;
pub mod runners;

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
