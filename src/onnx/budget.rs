//! Limits on the resources of a model, so that a small or damaged file cannot use much memory or time.

use super::constant::{MAX_AXES, volume};
use super::error::OnnxProblem;
use super::node::OnnxNode;
use crate::graph::Shape;

/// Most values of one tensor for one image.
pub(super) const MAX_TENSOR_VALUES: usize = 1 << 28;
/// Most values of all tensors for one image; with the weights' size it keeps costs below 2^64.
const MAX_NETWORK_VALUES: u64 = 1 << 34;
/// Values that folded constants and weights may hold beyond [`COPIES`] times the model's own.
const FREE_VALUES: usize = 1 << 20;
/// See [`FREE_VALUES`].
const COPIES: usize = 8;

/// What is left of the bounds while a model is read.
pub(super) struct ReadBudget {
    network_values: u64,
    constant_values: usize,
}

impl ReadBudget {
    /// The bounds for a model whose own constants hold that many values.
    pub fn new(own_values: usize) -> Self {
        let constant_values = own_values.saturating_mul(COPIES).saturating_add(FREE_VALUES);
        Self { network_values: MAX_NETWORK_VALUES, constant_values }
    }

    /// Takes account of a tensor of the network.
    pub fn tensor(&mut self, shape: Shape) -> Result<(), String> {
        let plane = shape.height.checked_mul(shape.width);
        let volume = plane.and_then(|plane| plane.checked_mul(shape.channels));
        let volume = volume.filter(|&volume| volume <= MAX_TENSOR_VALUES).ok_or_else(|| {
            format!(
                "a tensor {shape} is too large; {MAX_TENSOR_VALUES} values per image are allowed"
            )
        })?;
        self.network_values = self.network_values.checked_sub(volume as u64).ok_or_else(|| {
            format!("the network is too large; {MAX_NETWORK_VALUES} values per image are allowed")
        })?;
        Ok(())
    }

    /// Takes account of a folded constant, before it is computed.
    pub fn folded(&mut self, node: OnnxNode<'_>, dims: &[usize]) -> Result<(), OnnxProblem> {
        // Empty extents count as 1: loops run over the others.
        let extents: Vec<usize> = dims.iter().map(|&extent| extent.max(1)).collect();
        let count = volume(&extents).filter(|_| dims.len() <= MAX_AXES);
        self.constant(count)
            .ok_or_else(|| node.fail(format!("a constant of shape {dims:?} is too large to fold")))
    }

    /// Takes account of a layer's own copy of its weights.
    pub fn weights(&mut self, node: OnnxNode<'_>, count: usize) -> Result<(), OnnxProblem> {
        self.constant(Some(count))
            .ok_or_else(|| node.fail("the weights are shared by too many nodes"))
    }

    fn constant(&mut self, count: Option<usize>) -> Option<()> {
        self.constant_values = self.constant_values.checked_sub(count?)?;
        Some(())
    }
}
