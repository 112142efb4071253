//! The program as a person calls it.

#[path = "../../../../tests/support/data.rs"]
mod data;
#[cfg(unix)]
#[path = "../../../../tests/support/postgres.rs"]
mod postgres;

mod basics;
mod benchmark_tables;
mod combined;
mod evaluation;
mod exported;
#[cfg(unix)]
mod hostile;
mod images;
mod jobs;
mod models;
#[cfg(target_os = "linux")]
mod odd_names;
mod placement;
mod places;
mod program;
mod pytorch;
mod reports;
mod seeds;
#[cfg(unix)]
mod server;
mod signals;
mod spaces;
mod stored;
mod studies;
mod tables;
#[cfg(unix)]
mod trainer;
