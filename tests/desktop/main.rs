//! The desktop application without a screen: what a person does, by the labels of the controls.

mod benchmark;
mod detail;
mod files;
mod paths;
mod searches;
mod stored;
mod support;
