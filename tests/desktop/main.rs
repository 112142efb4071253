//! The desktop application without a screen: what a person does, by the labels of the controls.

mod files;
mod paths;
mod results;
mod support;
