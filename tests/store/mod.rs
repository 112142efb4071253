//! Studies in a file: what is written comes back, whatever happens to the process or the file.

mod cached;
mod documents;
mod exports;
mod files;
mod killed;
mod merged;
mod python;
mod remarks;
#[cfg(unix)]
mod server;
mod shared;
mod support;
mod vanished;
mod written;
