//! From a plan to native kernels: memory allocation, merged convolutions, and segments.
//!
//! All steps of one level run image by image: a thread takes one image and runs every kernel of the
//! segment on it. A tensor that is produced and consumed within a segment therefore stays in the
//! thread's scratch memory and cache. Only tensors that cross a batch-statistics barrier go to the
//! arena.

use std::sync::Arc;

use super::code_layout::CodeLayout;
use super::layout::BlockedLayout;
use super::moments_memory::{MomentsMemory, MomentsPlace, place_moments};
use super::ops::conv::BlockGroup;
use super::ops::{mat_mul, moments, rearrange};
use super::simd::{Isa, LANES};
use super::tensor_use::{borders, last_read, prefix_sums, read_later};
use crate::graph::{
    Axis, Conv, ElementFunction, NodeId, PairFunction, Pool, Resize, TapTable, Window,
};
use crate::plan::{CombineStep, ConvStep, Plan, PlanStep, TensorId};
use crate::score::MomentsForm;

/// Which memory a tensor lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryRegion {
    /// Shared by all images: offset + image * stride.
    Arena {
        /// Values from one image to the next.
        stride: usize,
    },
    /// One thread's scratch.
    Scratch,
}

/// Where a tensor lives.
#[derive(Clone, Copy, Debug)]
pub struct Allocation {
    /// Which memory.
    pub area: MemoryRegion,
    /// Offset of the tensor (of image 0) in values.
    pub offset: usize,
    /// How one image lies there.
    pub layout: BlockedLayout,
    /// Offset of the tensor's sums (of image 0) in doubles, if batch statistics are wanted.
    pub sums: Option<usize>,
    /// Whether convolutions write it past the caches: it is large and first read a barrier later.
    pub stream: bool,
}

/// Tensors of at least this many bytes in all would be out of a core's cache when they are read.
const STREAM_BYTES: usize = 1 << 20;

/// One convolution among those that run together.
#[derive(Clone, Debug)]
pub struct ConvPart {
    /// The step of the plan.
    pub step: ConvStep,
    /// Offset of its biases among the packed weights.
    pub bias: Option<usize>,
}

/// A kernel call on one image.
#[derive(Clone, Debug)]
pub enum CpuKernel {
    /// Loads the image.
    Load(TensorId),
    /// Convolutions of one tensor with one geometry.
    Conv {
        /// The convolutions, in the order of their output blocks.
        parts: Vec<ConvPart>,
        /// Blocks that are computed together.
        groups: Vec<BlockGroup>,
        /// Range of the packed weights.
        weights: (usize, usize),
    },
    /// A depthwise convolution.
    Depthwise {
        /// The convolution.
        part: ConvPart,
        /// Range of the packed weights.
        weights: (usize, usize),
    },
    /// The fused node kernel.
    Combine(CombineStep),
    /// Pooling.
    Pool(TensorId, TensorId, Pool),
    /// Shift, pad, crop, strided slice.
    Window(TensorId, TensorId, Window),
    /// Product: both factors, target.
    Mul(TensorId, TensorId, TensorId),
    /// Enlargement by whole factors.
    Resize(TensorId, TensorId, Resize),
    /// Channel copy: source, its first channel, target, its first channel, channels.
    CopyChannels(TensorId, usize, TensorId, usize, usize),
    /// Flattening.
    Flatten(TensorId, TensorId),
    /// A function of every value.
    Map(TensorId, TensorId, ElementFunction),
    /// A function of two tensors: both, target.
    Pair(TensorId, TensorId, TensorId, PairFunction),
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
    Rearrange(TensorId, TensorId, rearrange::RearrangeTables),
    /// Values that are the same for every image.
    Parameter {
        /// Output.
        dst: TensorId,
        /// The node that holds them.
        node: NodeId,
        /// Range of the packed weights.
        weights: (usize, usize),
    },
    /// Layer normalisation.
    LayerNorm {
        /// Input.
        src: TensorId,
        /// Output.
        dst: TensorId,
        /// The node that holds weight and bias.
        node: NodeId,
        /// Added to the variance.
        eps: f32,
        /// Range of the packed weights: weight, then bias.
        weights: (usize, usize),
    },
    /// Softmax.
    Softmax(TensorId, TensorId),
    /// Product of two activations: factors, product and where its scratch memory begins.
    MatMul(TensorId, TensorId, TensorId, usize),
    /// Sums of a tensor.
    Statistics(TensorId),
    /// Moments of a tensor: its place in [`Plan::measured`], and where scratch memory begins.
    Moments(TensorId, usize, usize),
}

/// A plan made ready for the native kernels.
#[derive(Clone, Debug)]
pub struct CpuProgram {
    /// Kernels by level.
    pub segments: Vec<Vec<CpuKernel>>,
    /// Places by tensor.
    pub places: Vec<Allocation>,
    /// Values of the arena.
    pub arena: usize,
    /// Values of one thread's scratch.
    pub scratch: usize,
    /// Doubles of all sums.
    pub sums: usize,
    /// Values of the packed weights.
    pub packed: usize,
    /// First of a norm's scales (then its shifts), by norm; behind them come ones and zeros for
    /// terms without a norm.
    pub coefficients: Vec<usize>,
    /// Where the ones stand among the coefficients, and how many channels they cover.
    pub identity: (usize, usize),
    /// Where the codes go.
    pub codes: CodeLayout,
    /// Where moments are collected, by their place in [`Plan::measured`].
    pub moments: Vec<MomentsPlace>,
    /// Memory for the level that needs most.
    pub moments_memory: MomentsMemory,
}

impl CpuProgram {
    /// Lowers a plan for a batch of `images`. Tensors of `keep` get memory of their own that later
    /// steps leave alone.
    pub fn new(plan: &Plan, images: usize, isa: Isa, keep: &[TensorId]) -> Self {
        let mut program = Self {
            segments: Vec::new(),
            places: Vec::new(),
            arena: 0,
            scratch: 0,
            sums: 0,
            packed: 0,
            coefficients: Vec::new(),
            identity: (0, 0),
            codes: CodeLayout::new(plan),
            moments: Vec::new(),
            moments_memory: MomentsMemory::default(),
        };
        program.place(plan, images, keep);
        program.place_coefficients(plan);
        (program.moments, program.moments_memory) = place_moments(plan, images, &program.places);
        program.lower(plan, isa);
        program
    }

    fn place(&mut self, plan: &Plan, images: usize, keep: &[TensorId]) {
        let borders = borders(plan);
        let read_later = read_later(plan);
        let level = |step: usize| plan.steps.get(step).map_or(usize::MAX, |step| step.level);
        let mut strides = vec![0; plan.slots.len()];
        let mut locals = vec![0; plan.slots.len()];
        for (index, tensor) in plan.tensors.iter().enumerate() {
            let layout = BlockedLayout { shape: tensor.shape, border: borders[index] };
            let last = if index == 0 { last_read(plan) } else { tensor.last_step };
            let local = level(tensor.first_step) == level(last) && (index > 0 || level(last) == 0);
            let sizes = if local { &mut locals } else { &mut strides };
            let mut place = Allocation {
                area: MemoryRegion::Scratch,
                offset: tensor.slot,
                layout,
                sums: None,
                stream: false,
            };
            let bytes = images.saturating_mul(layout.image() * size_of::<f32>());
            place.stream = read_later[index] && bytes >= STREAM_BYTES;
            if keep.contains(&TensorId(index as u32)) {
                place.area = MemoryRegion::Arena { stride: layout.image() };
            } else {
                sizes[tensor.slot] = sizes[tensor.slot].max(layout.image());
                if !local {
                    place.area = MemoryRegion::Arena { stride: 0 };
                }
            }
            self.places.push(place);
        }
        let (slots, arena) = prefix_sums(&strides, images);
        let (scratch_slots, scratch) = prefix_sums(&locals, 1);
        (self.arena, self.scratch) = (arena, scratch);
        for place in &mut self.places {
            match &mut place.area {
                MemoryRegion::Scratch => place.offset = scratch_slots[place.offset],
                MemoryRegion::Arena { stride } if *stride > 0 => {
                    place.offset = self.arena;
                    self.arena = self.arena.saturating_add(stride.saturating_mul(images));
                }
                MemoryRegion::Arena { stride } => {
                    *stride = strides[place.offset];
                    place.offset = slots[place.offset];
                }
            }
        }
        self.place_sums(plan, images);
    }

    fn place_sums(&mut self, plan: &Plan, images: usize) {
        for planned in &plan.steps {
            let Some(tensor) = planned.step.summed() else { continue };
            let place = &mut self.places[tensor.index()];
            place.sums = Some(self.sums);
            self.sums += images * place.layout.blocks() * 2 * LANES;
        }
    }

    fn place_coefficients(&mut self, plan: &Plan) {
        let mut offset = 0;
        for norm in &plan.norms {
            self.coefficients.push(offset);
            offset += 2 * self.places[norm.tensor.index()].layout.blocks() * LANES;
        }
        let widest = self.places.iter().map(|place| place.layout.blocks() * LANES).max();
        self.identity = (offset, widest.unwrap_or(0));
    }

    fn lower(&mut self, plan: &Plan, isa: Isa) {
        let levels = plan.steps.last().map_or(1, |last| last.level + 1);
        self.segments = vec![Vec::new(); levels];
        if let Some(first) = self.segments.first_mut() {
            first.push(CpuKernel::Load(plan.input));
        }
        let product_scratch = self.reserve_scratch(plan, isa);
        let mut steps = plan.steps.iter().peekable();
        while let Some(planned) = steps.next() {
            let kernel = match &planned.step {
                PlanStep::Conv(step) => {
                    let mut siblings = vec![step.clone()];
                    while let Some(next) = steps.next_if(|next| {
                        let PlanStep::Conv(other) = &next.step else { return false };
                        next.level == planned.level && step.is_sibling(other)
                    }) {
                        let PlanStep::Conv(other) = &next.step else { continue };
                        siblings.push(other.clone());
                    }
                    if is_depthwise(plan, step) {
                        for step in siblings {
                            let kernel = self.depthwise(plan, step);
                            self.segments[planned.level].push(kernel);
                        }
                        continue;
                    }
                    self.conv(plan, siblings, isa)
                }
                PlanStep::Combine(combine) => CpuKernel::Combine(combine.clone()),
                PlanStep::Pool { src, dst, pool } => CpuKernel::Pool(*src, *dst, *pool),
                PlanStep::Window { src, dst, window } => CpuKernel::Window(*src, *dst, *window),
                PlanStep::Mul { a, b, dst } => CpuKernel::Mul(*a, *b, *dst),
                PlanStep::Resize { src, dst, resize } => CpuKernel::Resize(*src, *dst, *resize),
                PlanStep::CopyChannels { src, src_channel, dst, dst_channel, channels } => {
                    CpuKernel::CopyChannels(*src, *src_channel, *dst, *dst_channel, *channels)
                }
                PlanStep::Flatten { src, dst } => CpuKernel::Flatten(*src, *dst),
                PlanStep::Map { src, dst, function } => CpuKernel::Map(*src, *dst, *function),
                PlanStep::Pair { a, b, dst, function } => CpuKernel::Pair(*a, *b, *dst, *function),
                PlanStep::Resample { src, dst, axis, table } => CpuKernel::Resample {
                    src: *src,
                    dst: *dst,
                    axis: *axis,
                    table: Arc::clone(table),
                },
                PlanStep::Rearrange { src, dst, rearrange } => {
                    CpuKernel::Rearrange(*src, *dst, rearrange::RearrangeTables::new(rearrange))
                }
                PlanStep::Parameter { dst, node } => {
                    let weights = self.reserve_range(blocked_values(plan, *dst));
                    CpuKernel::Parameter { dst: *dst, node: *node, weights }
                }
                PlanStep::LayerNorm { src, dst, node, op } => {
                    let channels = plan.shape(*src).channels.next_multiple_of(LANES);
                    let weights = self.reserve_range(2 * channels);
                    CpuKernel::LayerNorm { src: *src, dst: *dst, node: *node, eps: op.eps, weights }
                }
                PlanStep::Softmax { src, dst } => CpuKernel::Softmax(*src, *dst),
                PlanStep::MatMul { a, b, dst } => CpuKernel::MatMul(*a, *b, *dst, product_scratch),
                PlanStep::Statistics { src } => CpuKernel::Statistics(*src),
                PlanStep::Moments { src, measured } => {
                    CpuKernel::Moments(*src, *measured, product_scratch)
                }
            };
            self.segments[planned.level].push(kernel);
        }
    }

    /// Where the scratch memory that products of activations and moments share begins, behind the tensors.
    fn reserve_scratch(&mut self, plan: &Plan, isa: Isa) -> usize {
        let needed = plan.steps.iter().filter_map(|planned| match planned.step {
            PlanStep::MatMul { a, .. } => {
                Some(mat_mul::scratch_values(plan.shape(a).channels, isa))
            }
            PlanStep::Moments { src, measured } => match self.moments[measured].form {
                MomentsForm::Covariance => {
                    Some(moments::scratch_values(self.places[src.index()].layout))
                }
                MomentsForm::Rows(_) => None,
            },
            PlanStep::Conv(_)
            | PlanStep::Combine(_)
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
            | PlanStep::Statistics { .. } => None,
        });
        let start = self.scratch;
        self.scratch += needed.max().unwrap_or(0);
        start
    }

    fn part(&mut self, step: ConvStep) -> ConvPart {
        let bias = step.conv.bias.then(|| self.reserve(step.conv.out_channels));
        ConvPart { step, bias }
    }

    fn reserve(&mut self, count: usize) -> usize {
        let offset = self.packed;
        self.packed += count.next_multiple_of(LANES);
        offset
    }

    fn reserve_range(&mut self, count: usize) -> (usize, usize) {
        let offset = self.reserve(count);
        (offset, offset + count)
    }

    fn depthwise(&mut self, plan: &Plan, step: ConvStep) -> CpuKernel {
        let taps = step.conv.kernel[0] * step.conv.kernel[1];
        let blocks = plan.shape(step.dst).channels.div_ceil(LANES);
        let offset = self.reserve(blocks * taps * LANES);
        CpuKernel::Depthwise {
            part: self.part(step),
            weights: (offset, offset + blocks * taps * LANES),
        }
    }

    fn conv(&mut self, plan: &Plan, siblings: Vec<ConvStep>, isa: Isa) -> CpuKernel {
        let in_channels = plan.shape(siblings[0].src).channels;
        let taps = siblings[0].conv.kernel[0] * siblings[0].conv.kernel[1];
        let ranges: Vec<(usize, usize)> =
            siblings.iter().flat_map(|step| block_ranges(&step.conv, in_channels)).collect();
        let mut groups = Vec::new();
        let mut size = 0;
        let mut first = 0;
        while first < ranges.len() {
            let channels = ranges[first];
            let equal = ranges[first..].iter().take_while(|&&range| range == channels).count();
            let count = blocks_together(equal, isa);
            groups.push(BlockGroup { first, count, channels, weights: size });
            size += (channels.1 - channels.0) * taps * count * LANES;
            first += count;
        }
        let offset = self.reserve(size);
        let parts = siblings.into_iter().map(|step| self.part(step)).collect();
        CpuKernel::Conv { parts, groups, weights: (offset, offset + size) }
    }
}

/// Values of one image in blocks, without a border.
fn blocked_values(plan: &Plan, tensor: TensorId) -> usize {
    BlockedLayout { shape: plan.shape(tensor), border: 0 }.image()
}

/// How many of `equal` blocks with the same input channels a tile takes.
fn blocks_together(equal: usize, isa: Isa) -> usize {
    match isa.widest_tile() {
        3 if equal == 4 => 2,
        widest => equal.min(widest),
    }
}

/// The input channels that each block of output channels reads.
fn block_ranges(conv: &Conv, in_channels: usize) -> Vec<(usize, usize)> {
    let (group_in, group_out) = (in_channels / conv.groups, conv.out_channels / conv.groups);
    (0..conv.out_channels)
        .step_by(LANES)
        .map(|first| {
            let last = (first + LANES).min(conv.out_channels) - 1;
            (first / group_out * group_in, (last / group_out + 1) * group_in)
        })
        .collect()
}

fn is_depthwise(plan: &Plan, step: &ConvStep) -> bool {
    let groups = step.conv.groups;
    groups > 1 && groups == plan.shape(step.src).channels && groups == step.conv.out_channels
}
