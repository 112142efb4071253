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
/// Multiplications that folding may take beyond [`WORK_PER_VALUE`] for each of the model's own values.
const FREE_WORK: usize = 1 << 30;
/// See [`FREE_WORK`].
const WORK_PER_VALUE: usize = 256;

/// What is left of the bounds while a model is read.
pub(super) struct ReadBudget {
    network_values: u64,
    constant_values: usize,
    work: usize,
}

impl ReadBudget {
    /// The bounds for a model whose own constants hold that many values.
    pub fn new(own_values: usize) -> Self {
        let constant_values = own_values.saturating_mul(COPIES).saturating_add(FREE_VALUES);
        let work = own_values.saturating_mul(WORK_PER_VALUE).saturating_add(FREE_WORK);
        Self { network_values: MAX_NETWORK_VALUES, constant_values, work }
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

    /// Whether extents that are not a tensor of the network yet are not too large for one.
    pub fn check_extents(&self, extents: &[usize]) -> Result<(), String> {
        match volume(extents).filter(|&volume| volume <= MAX_TENSOR_VALUES) {
            Some(_) => Ok(()),
            None => Err(format!("extents {extents:?} are too large")),
        }
    }

    /// Takes account of a folded constant, before it is computed.
    pub fn folded(&mut self, node: OnnxNode<'_>, dims: &[usize]) -> Result<(), OnnxProblem> {
        // Empty extents count as 1: loops run over the others.
        let extents: Vec<usize> = dims.iter().map(|&extent| extent.max(1)).collect();
        let count = volume(&extents).filter(|_| dims.len() <= MAX_AXES);
        self.constant(count).ok_or_else(|| {
            node.fail(format!("a constant of shape {dims:?} is too large to fold"))
        })?;
        self.work(node, &extents)
    }

    /// Takes account of so many multiplications, before they are done.
    pub fn work(&mut self, node: OnnxNode<'_>, extents: &[usize]) -> Result<(), OnnxProblem> {
        let rest = volume(extents).and_then(|count| self.work.checked_sub(count));
        self.work = rest.ok_or_else(|| node.fail("takes too long to fold"))?;
        Ok(())
    }

    /// Gives back the memory of a folded constant that nothing reads any more.
    pub fn dropped(&mut self, count: usize) {
        self.constant_values = self.constant_values.saturating_add(count);
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
