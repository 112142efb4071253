//! From a graph to steps over memory slots, the same for every backend.
//!
//! * Only values that a counted activation depends on are computed; the classifier never is.
//! * A tensor known to be zero is not computed. The units of its activations agree on every pair of
//!   images, so their number is added to every entry of the kernel matrix ([`Plan::constant_units`]).
//! * All activations of one tensor, whatever their functions, share one code, which is computed once
//!   and counted as often as there are activations ([`BinaryCode::multiplicity`]).
//! * Normalisation is lazy: a convolution writes raw values, and the [`CombineStep`] that reads them
//!   applies scale and shift while it sums its terms, thresholds, packs the code bits and stores what
//!   later steps need: the sum, and a function of it.
//! * Steps are sorted by [`ScheduledStep::level`]: a step reads batch statistics only of steps at lower
//!   levels, so all steps of one level can run image by image.
//! * Tensors get slots by lifetime. A slot is a section of memory *per image*.
//! * Activations that a caller requests ([`Plan::keeping`]) live until the end of the plan, are
//!   computed even if the codes do not need them, and change no bit of the codes.
//! * Tensors whose moments are requested ([`PlanOutputs::sites`]) are measured directly after the step
//!   that writes them, while they are still in the caches.

mod build;
mod count;
mod points;
mod slots;
mod step;

use crate::graph::{Graph, NodeId, Shape};
use crate::weights::Weights;

pub use count::{Count, UnknownCountRule};
pub use points::ActivationSites;
pub use step::{
    BinaryCode, CombineStep, ConvStep, MeasuredTensor, PlanStep, PlannedNorm, PlannedTensor,
    RequestedOutput, ScheduledStep, StoredActivation, SumTerm,
};

/// The index of a tensor in [`Plan::tensors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TensorId(pub u32);

/// The index of a normalisation in [`Plan::norms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NormId(pub u32);

/// The index of a binary code in [`Plan::codes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CodeId(pub u32);

macro_rules! index {
    ($($id:ident),*) => {$(
        impl $id {
            /// The position in the plan's list.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}
index!(TensorId, NormId, CodeId);

/// The most terms one [`CombineStep`] step sums; longer sums are chained.
pub const MAX_TERMS: usize = 4;

/// The computation of one network, step by step.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The steps in order of execution.
    pub steps: Vec<ScheduledStep>,
    /// All tensors.
    pub tensors: Vec<PlannedTensor>,
    /// Values per image of each memory slot.
    pub slots: Vec<usize>,
    /// All normalisations.
    pub norms: Vec<PlannedNorm>,
    /// All binary codes, one per distinct input of activations.
    pub codes: Vec<BinaryCode>,
    /// The activations that backends return, in the order in which they were requested.
    pub kept: Vec<RequestedOutput>,
    /// The tensors at activation sites whose moments backends return, in the order of the graph.
    pub measured: Vec<MeasuredTensor>,
    /// The last representation before the head, if its moments are wanted.
    pub last: Option<RequestedOutput>,
    /// Whether backends return the kernel matrix; if not, there are no codes.
    pub has_kernel: bool,
    /// The tensor that holds the value of each node of the graph, where one does.
    pub stored: Vec<Option<TensorId>>,
    /// The tensor that holds the images.
    pub input: TensorId,
    /// The number of counted units whose code is 0 for every image, each as often as its code counts.
    pub constant_units: u64,
    /// All counted units `V`: the diagonal of the kernel matrix.
    pub units: u64,
}

/// What the runs of a plan return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanOutputs<'k> {
    /// The kernel matrix, and the codes if requested.
    pub kernel: bool,
    /// The moments of the tensors that activations read on a path from the input to the output.
    pub sites: bool,
    /// The moments of the last representation before the head.
    pub last: bool,
    /// The activations of these nodes; see [`Plan::keeping`].
    pub keep: &'k [NodeId],
}

impl PlanOutputs<'_> {
    /// Nothing.
    pub const NONE: Self = Self { kernel: false, sites: false, last: false, keep: &[] };
    /// The kernel matrix and nothing else.
    pub const KERNEL: Self = Self { kernel: true, ..Self::NONE };
}

/// Why no plan could be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The graph has no input node.
    #[error("the network has no input")]
    NoInput,
    /// No activation of the graph is counted.
    #[error("with `{0}`, no activation of this network counts, so there are no codes to compare")]
    NoUnits(Count),
    /// A node that is to be kept does not exist.
    #[error(
        "node {node} cannot be kept: the network has only {nodes} nodes; choose nodes of the planned graph"
    )]
    NoSuchNode {
        /// Its index.
        node: u32,
        /// Nodes of the graph.
        nodes: usize,
    },
}

impl Plan {
    /// Bytes of activations (float32) and codes (one bit per unit) for a batch: the least memory that a
    /// backend needs besides the weights.
    pub fn activation_bytes(&self, images: usize) -> u64 {
        let values = self.slots.iter().fold(0_u64, |sum, &slot| sum.saturating_add(slot as u64));
        let bits = self
            .codes
            .iter()
            .fold(0_u64, |sum, code| sum.saturating_add(code.shape.volume() as u64));
        (values.saturating_mul(4)).saturating_add(bits / 8).saturating_mul(images as u64)
    }

    /// Plans a graph. `weights` may be empty if they are drawn later; existing values show which layers
    /// shift zeros.
    ///
    /// # Errors
    ///
    /// [`PlanError`] if the graph has no input or no activation is counted.
    pub fn new(graph: &Graph, weights: &Weights, count: Count) -> Result<Self, PlanError> {
        Self::keeping(graph, weights, count, &[])
    }

    /// A plan whose runs also return the activations of some nodes,
    /// [`crate::backend::RunOutput::kept`], from the same forward pass: any nodes, in any order. A
    /// value that the codes do not need is computed for this purpose; a node known to be zero is
    /// returned as zeros. [`Plan::codes`] and the kernel matrix are those of [`Plan::new`], bit for
    /// bit. [`Plan::weighted_nodes`] names the layers that kept nodes depend on as well.
    ///
    /// # Errors
    ///
    /// As [`Plan::new`], and [`PlanError::NoSuchNode`] if the graph has no such node.
    pub fn keeping(
        graph: &Graph,
        weights: &Weights,
        count: Count,
        keep: &[NodeId],
    ) -> Result<Self, PlanError> {
        Self::with_outputs(graph, weights, count, PlanOutputs { keep, ..PlanOutputs::KERNEL })
    }

    /// A plan whose runs return the requested outputs, all from one forward pass, and compute nothing
    /// else. The kernel matrix is that of [`Plan::new`], bit for bit, whatever else is requested.
    ///
    /// # Errors
    ///
    /// As [`Plan::keeping`].
    pub fn with_outputs(
        graph: &Graph,
        weights: &Weights,
        count: Count,
        outputs: PlanOutputs<'_>,
    ) -> Result<Self, PlanError> {
        build::plan(graph, weights, count, outputs)
    }

    /// One tensor.
    pub fn tensor(&self, id: TensorId) -> &PlannedTensor {
        &self.tensors[id.index()]
    }

    /// The shape of one tensor.
    pub fn shape(&self, id: TensorId) -> Shape {
        self.tensors[id.index()].shape
    }

    /// The nodes whose weights the plan reads.
    pub fn weighted_nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        let layers = self.steps.iter().filter_map(|planned| planned.step.weighted_node());
        layers.chain(self.norms.iter().map(|norm| norm.node))
    }

    /// Multiply-adds per image that the plan really does.
    pub fn macs(&self) -> u64 {
        let one = |planned: &ScheduledStep| match &planned.step {
            PlanStep::Conv(step) => {
                let taps = step.conv.weight_shape(self.shape(step.src).channels);
                (self.shape(step.dst).volume() * taps[1..].iter().product::<usize>()) as u64
            }
            PlanStep::MatMul { a, dst, .. } => {
                (self.shape(*dst).volume() * self.shape(*a).channels) as u64
            }
            PlanStep::Combine(_)
            | PlanStep::Pool { .. }
            | PlanStep::Window { .. }
            | PlanStep::Mul { .. }
            | PlanStep::Resize { .. }
            | PlanStep::CopyChannels { .. }
            | PlanStep::Flatten { .. }
            | PlanStep::Map { .. }
            | PlanStep::Pair { .. }
            | PlanStep::Resample { .. }
            | PlanStep::Rearrange { .. }
            | PlanStep::Parameter { .. }
            | PlanStep::LayerNorm { .. }
            | PlanStep::Softmax { .. }
            | PlanStep::Statistics { .. }
            | PlanStep::Moments { .. } => 0,
        };
        self.steps.iter().map(one).sum()
    }
}
