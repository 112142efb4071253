//! What only the WGSL backend does: several networks at once, buffers that are kept, limits, errors,
//! cancelling, lost devices. Its kernels are tested with those of all other devices in `kernels`.
//!
//! The adapter is the one named by `UNTRAINED_TEST_ADAPTER` (part of its name, `llvmpipe` unless
//! set). Without one the tests say so and pass, except where `CI` is `true`.
#![cfg(feature = "gpu")]

use crate::support;

mod errors;
mod networks;

use untrained::backend::gpu::{ConvVariant, GpuBackend, TracedOutput};
use untrained::backend::{BackendError, Cancel, Network};
use untrained::plan::TensorId;

use support::trial::Trial;

/// Both convolution kernels.
const VARIANTS: [ConvVariant; 2] = [ConvVariant::Tiled, ConvVariant::Registers];

/// Runs a trial's network with its codes and the values of some tensors.
fn run(
    trial: &Trial,
    backend: &mut GpuBackend,
    tensors: &[TensorId],
) -> Result<TracedOutput, BackendError> {
    let plan = trial.plan();
    let network = Network { plan: &plan, weights: &trial.weights };
    backend.run_traced(network, &trial.batch, tensors, true, &Cancel::new())
}
