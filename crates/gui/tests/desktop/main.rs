//! The desktop application without a screen: what a person does, by the labels of the controls.

mod benchmark;
#[cfg(unix)]
mod consent;
#[path = "../../../../tests/support/data.rs"]
mod data;
mod detail;
mod editing;
mod exporting;
mod faults;
mod files;
mod looks;
mod models;
mod networks;
mod paths;
mod pictures;
mod reports;
mod results;
mod searches;
mod snapshots;
mod stored;
mod support;
