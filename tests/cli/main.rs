//! The program as a person calls it.

mod basics;
mod jobs;
mod program;
mod spaces;
mod studies;
mod tables;
#[cfg(unix)]
mod trainer;
