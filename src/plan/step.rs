//! The steps of a plan and what they refer to.

use std::sync::Arc;

use super::{CodeId, NormId, TensorId};
use crate::graph::{
    ActivationKind, Axis, BatchNorm, Conv, ElementFunction, LayerNorm, NodeId, PairFunction, Pool,
    Rearrange, Resize, Shape, TapTable, Window,
};

/// A tensor `[n, channels, height, width]` and the slot it lives in.
#[derive(Clone, Debug)]
pub struct PlannedTensor {
    /// Shape for one image.
    pub shape: Shape,
    /// Index of its slot in [`super::Plan::slots`].
    pub slot: usize,
    /// The step that writes it (the first one if several do); the input is written before step 0.
    pub first_step: usize,
    /// The last step that reads or writes it; the number of steps if it is read after all of them.
    pub last_step: usize,
}

/// The activations of one node that a backend returns in addition to the kernel matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedOutput {
    /// The node of the graph.
    pub node: NodeId,
    /// Its shape for one image.
    pub shape: Shape,
    /// The tensor that contains it after the last step; `None` if it is known to be zero.
    pub tensor: Option<TensorId>,
}

/// A tensor that activations read, whose moments a backend returns: means and covariances of its channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasuredTensor {
    /// The node of the graph whose value this is.
    pub node: NodeId,
    /// Its shape for one image.
    pub shape: Shape,
    /// The tensor, at the point of its [`PlanStep::Moments`].
    pub tensor: TensorId,
}

/// Batch normalisation of one tensor, applied where the tensor is read:
/// `scale = weight / sqrt(variance + eps)`, `shift = bias - mean * scale`.
#[derive(Clone, Debug)]
pub struct PlannedNorm {
    /// The graph node with weight, bias and running statistics.
    pub node: NodeId,
    /// The tensor that is normalised.
    pub tensor: TensorId,
    /// Epsilon, and the source of the statistics.
    pub op: BatchNorm,
}

/// The binary code of one tensor: a bit per unit and image, 1 where the value is above zero.
#[derive(Clone, Debug)]
pub struct BinaryCode {
    /// Shape of the tensor for one image; `shape.volume()` units.
    pub shape: Shape,
    /// How often its agreement counts; at least 1, since several activations may read the tensor.
    pub multiplicity: u32,
    /// The first counted activation node of the graph that reads the tensor.
    pub node: NodeId,
}

/// One summand of a [`CombineStep`] step: `factor * norm(tensor)`.
#[derive(Clone, Debug, PartialEq)]
pub struct SumTerm {
    /// The tensor that is read.
    pub tensor: TensorId,
    /// Its normalisation, if any.
    pub norm: Option<NormId>,
    /// A constant factor.
    pub factor: f32,
}

/// A convolution; linear layers are 1x1 convolutions of 1x1 images.
#[derive(Clone, Debug)]
pub struct ConvStep {
    /// Input.
    pub src: TensorId,
    /// Raw output, bias added.
    pub dst: TensorId,
    /// The graph node that holds the weights.
    pub node: NodeId,
    /// The geometry.
    pub conv: Conv,
    /// Whether per-channel sums of the output are wanted for batch statistics.
    pub statistics: bool,
}

impl ConvStep {
    /// Whether both read the same tensor with the same geometry.
    pub fn is_sibling(&self, other: &Self) -> bool {
        let geometry = |conv: Conv| Conv { out_channels: 0, bias: false, ..conv };
        self.src == other.src
            && geometry(self.conv) == geometry(other.conv)
            && (self.conv.groups == 1 || self.conv.out_channels == other.conv.out_channels)
    }
}

/// A function of a [`CombineStep`] step's sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoredActivation {
    /// The function.
    pub kind: ActivationKind,
    /// Where its values go.
    pub tensor: TensorId,
}

/// The fused node kernel: sums terms, stores the sum and a function of it, packs the code.
/// Without terms the sum is zero.
#[derive(Clone, Debug)]
pub struct CombineStep {
    /// At most [`super::MAX_TERMS`] summands, added in this order.
    pub terms: Vec<SumTerm>,
    /// Where the sum goes.
    pub value: Option<TensorId>,
    /// The function of the sum that is stored.
    pub activated: Option<StoredActivation>,
    /// The code that is captured.
    pub code: Option<CodeId>,
    /// Shape of the sum for one image.
    pub shape: Shape,
}

impl CombineStep {
    /// The tensors that are written.
    pub fn targets(&self) -> impl Iterator<Item = TensorId> {
        self.value.into_iter().chain(self.activated.map(|activated| activated.tensor))
    }
}

/// The operation of one step.
#[derive(Clone, Debug)]
pub enum PlanStep {
    /// A convolution.
    Conv(ConvStep),
    /// The fused node kernel.
    Combine(CombineStep),
    /// Pooling; global average pooling has the whole image as its window.
    Pool {
        /// Input.
        src: TensorId,
        /// Output.
        dst: TensorId,
        /// The geometry.
        pool: Pool,
    },
    /// Shift, pad, crop, strided slice.
    Window {
        /// Input.
        src: TensorId,
        /// Output.
        dst: TensorId,
        /// The geometry.
        window: Window,
    },
    /// The product of two tensors.
    Mul {
        /// A factor of the product's shape.
        a: TensorId,
        /// The other one, of the same shape or `[c, 1, 1]`.
        b: TensorId,
        /// Output.
        dst: TensorId,
    },
    /// Enlargement by whole factors.
    Resize {
        /// Input.
        src: TensorId,
        /// Output.
        dst: TensorId,
        /// The factors.
        resize: Resize,
    },
    /// Copies consecutive channels: a slice, or one part of a concatenation.
    CopyChannels {
        /// Input.
        src: TensorId,
        /// First channel read.
        src_channel: usize,
        /// Output.
        dst: TensorId,
        /// First channel written.
        dst_channel: usize,
        /// Number of channels.
        channels: usize,
    },
    /// `[c, h, w]` to `[c * h * w, 1, 1]`.
    Flatten {
        /// Input.
        src: TensorId,
        /// Output.
        dst: TensorId,
    },
    /// A function of every value.
    Map {
        /// Input.
        src: TensorId,
        /// Output.
        dst: TensorId,
        /// The function.
        function: ElementFunction,
    },
    /// A function of the values of two tensors.
    Pair {
        /// The first one, of the result's shape.
        a: TensorId,
        /// The second one, of the same shape or `[c, 1, 1]`.
        b: TensorId,
        /// Output.
        dst: TensorId,
        /// The function.
        function: PairFunction,
    },
    /// Weighted sums of positions along one axis.
    Resample {
        /// Input.
        src: TensorId,
        /// Output.
        dst: TensorId,
        /// The axis.
        axis: Axis,
        /// Which positions are summed.
        table: Arc<TapTable>,
    },
    /// Reshape, transpose, slice, repetition.
    Rearrange {
        /// Input.
        src: TensorId,
        /// Output.
        dst: TensorId,
        /// Which value goes where.
        rearrange: Rearrange,
    },
    /// Values that are the same for every image.
    Parameter {
        /// Output.
        dst: TensorId,
        /// The graph node that holds them.
        node: NodeId,
    },
    /// Layer normalisation over the channels of each pixel.
    LayerNorm {
        /// Input.
        src: TensorId,
        /// Output.
        dst: TensorId,
        /// The graph node that holds weight and bias.
        node: NodeId,
        /// The constant added to the variance.
        op: LayerNorm,
    },
    /// Softmax over the channels of each pixel.
    Softmax {
        /// Input.
        src: TensorId,
        /// Output.
        dst: TensorId,
    },
    /// The product of two activations, row by row; see [`crate::graph::Op::MatMul`].
    MatMul {
        /// The left factor `[k, h, m]`.
        a: TensorId,
        /// The right factor `[n, h, k]`.
        b: TensorId,
        /// The product `[n, h, m]`.
        dst: TensorId,
    },
    /// Per-channel sums of a tensor that no convolution wrote, for batch statistics.
    Statistics {
        /// The tensor that is summed.
        src: TensorId,
    },
    /// The moments of a tensor, for scores.
    Moments {
        /// The tensor.
        src: TensorId,
        /// Its place in [`super::Plan::measured`].
        measured: usize,
    },
}

/// A step with its level: it reads batch statistics only of tensors written at lower levels.
#[derive(Clone, Debug)]
pub struct ScheduledStep {
    /// What is done.
    pub step: PlanStep,
    /// Number of batch-statistics barriers before it.
    pub level: usize,
}

impl PlanStep {
    /// The tensors that are read.
    pub fn reads(&self) -> Vec<TensorId> {
        match self {
            Self::Conv(step) => vec![step.src],
            Self::Combine(combine) => combine.terms.iter().map(|term| term.tensor).collect(),
            Self::Mul { a, b, .. } | Self::Pair { a, b, .. } => vec![*a, *b],
            Self::Pool { src, .. }
            | Self::Window { src, .. }
            | Self::Resize { src, .. }
            | Self::CopyChannels { src, .. }
            | Self::Flatten { src, .. }
            | Self::Map { src, .. }
            | Self::Resample { src, .. }
            | Self::Rearrange { src, .. }
            | Self::LayerNorm { src, .. }
            | Self::Softmax { src, .. }
            | Self::Statistics { src }
            | Self::Moments { src, .. } => vec![*src],
            Self::MatMul { a, b, .. } => vec![*a, *b],
            Self::Parameter { .. } => Vec::new(),
        }
    }

    /// The tensors that are written.
    pub fn writes(&self) -> Vec<TensorId> {
        match self {
            Self::Conv(step) => vec![step.dst],
            Self::Combine(combine) => combine.targets().collect(),
            Self::Pool { dst, .. }
            | Self::Window { dst, .. }
            | Self::Mul { dst, .. }
            | Self::Resize { dst, .. }
            | Self::CopyChannels { dst, .. }
            | Self::Flatten { dst, .. }
            | Self::Map { dst, .. }
            | Self::Pair { dst, .. }
            | Self::Resample { dst, .. }
            | Self::Rearrange { dst, .. }
            | Self::Parameter { dst, .. }
            | Self::LayerNorm { dst, .. }
            | Self::Softmax { dst, .. }
            | Self::MatMul { dst, .. } => vec![*dst],
            Self::Statistics { .. } | Self::Moments { .. } => Vec::new(),
        }
    }

    /// The normalisations that are applied.
    pub fn norms(&self) -> Vec<NormId> {
        match self {
            Self::Combine(combine) => combine.terms.iter().filter_map(|term| term.norm).collect(),
            Self::Conv(_)
            | Self::Pool { .. }
            | Self::Window { .. }
            | Self::Mul { .. }
            | Self::Resize { .. }
            | Self::CopyChannels { .. }
            | Self::Flatten { .. }
            | Self::Map { .. }
            | Self::Pair { .. }
            | Self::Resample { .. }
            | Self::Rearrange { .. }
            | Self::Parameter { .. }
            | Self::LayerNorm { .. }
            | Self::Softmax { .. }
            | Self::MatMul { .. }
            | Self::Statistics { .. }
            | Self::Moments { .. } => Vec::new(),
        }
    }

    /// The tensor whose sums for batch statistics the step computes, if any.
    pub fn summed(&self) -> Option<TensorId> {
        match self {
            Self::Conv(step) => step.statistics.then_some(step.dst),
            Self::Statistics { src } => Some(*src),
            Self::Combine(_)
            | Self::Pool { .. }
            | Self::Window { .. }
            | Self::Mul { .. }
            | Self::Resize { .. }
            | Self::CopyChannels { .. }
            | Self::Flatten { .. }
            | Self::Map { .. }
            | Self::Pair { .. }
            | Self::Resample { .. }
            | Self::Rearrange { .. }
            | Self::Parameter { .. }
            | Self::LayerNorm { .. }
            | Self::Softmax { .. }
            | Self::MatMul { .. }
            | Self::Moments { .. } => None,
        }
    }

    /// The graph node whose weights the step reads, if any. Those of a [`PlannedNorm`] belong to no
    /// step.
    pub fn weighted_node(&self) -> Option<NodeId> {
        match self {
            Self::Conv(step) => Some(step.node),
            Self::Parameter { node, .. } | Self::LayerNorm { node, .. } => Some(*node),
            Self::Combine(_)
            | Self::Pool { .. }
            | Self::Window { .. }
            | Self::Mul { .. }
            | Self::Resize { .. }
            | Self::CopyChannels { .. }
            | Self::Flatten { .. }
            | Self::Map { .. }
            | Self::Pair { .. }
            | Self::Resample { .. }
            | Self::Rearrange { .. }
            | Self::Softmax { .. }
            | Self::MatMul { .. }
            | Self::Statistics { .. }
            | Self::Moments { .. } => None,
        }
    }
}
