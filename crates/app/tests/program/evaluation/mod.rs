//! `correlate`, `protocol` and heat maps: scores beside trained accuracies, by the command line.

mod correlations;
mod experiment;
mod heat_maps;
mod published;
mod sources;
mod support;
mod wrong;
