//! From the steps of one plan to tasks, and the values their kernels read.

use super::kernels::GpuKernel;
use super::layout::{BufferSizes, NetworkPlacement};
use super::moments::PlacedForm;
use super::ops;
use super::pack::{self, LANES};
use super::task::{BYTE_WORK, GpuResource, KernelTask, ResourceAccess};
use crate::backend::{BackendError, Network};
use crate::graph::{NodeId, Shape};
use crate::plan::{NormId, Plan, PlanStep, TensorId};
use crate::weights::LayerWeights;

/// Invocations of most workgroups.
pub const WORKGROUP: u64 = 64;

/// How convolutions are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConvVariant {
    /// Tiles in workgroup memory: for real GPUs.
    Tiled,
    /// Sums in registers only: for software adapters.
    Registers,
}

/// One network on its way to the device.
pub struct NetworkLowering<'a> {
    /// The network.
    pub network: Network<'a>,
    /// Where everything lies in the network's stretches.
    pub placement: &'a NetworkPlacement,
    /// Where the stretches start; in the arena behind the images, those of moments behind all statistics.
    pub base: BufferSizes,
    /// Images of the batch.
    pub images: usize,
    /// How convolutions are computed.
    pub variant: ConvVariant,
    /// The tasks so far.
    pub tasks: Vec<KernelTask>,
    /// The network's stretch of the weights buffer.
    pub values: Vec<f32>,
    /// Scales and shifts that the host knows, with their absolute `vec4` offsets.
    pub known_norms: Vec<(u64, Vec<f32>)>,
}

impl<'a> NetworkLowering<'a> {
    /// Lowers a network.
    ///
    /// # Errors
    ///
    /// [`BackendError::MissingWeights`] if a layer has no values, or not as many as it needs.
    pub fn run(
        network: Network<'a>,
        placement: &'a NetworkPlacement,
        base: BufferSizes,
        images: usize,
        variant: ConvVariant,
    ) -> Result<Self, BackendError> {
        let mut lowering = Self {
            network,
            placement,
            base,
            images,
            variant,
            tasks: Vec::new(),
            values: vec![0.0; placement.sizes.weights as usize * LANES],
            known_norms: Vec::new(),
        };
        let plan = network.plan;
        for norm in 0..plan.norms.len() {
            ops::normalise::prepare(&mut lowering, NormId(norm as u32))?;
        }
        for (index, planned) in plan.steps.iter().enumerate() {
            lowering.step(index, &planned.step)?;
        }
        ops::hamming::lower(&mut lowering);
        Ok(lowering)
    }

    fn step(&mut self, index: usize, step: &PlanStep) -> Result<(), BackendError> {
        match step {
            PlanStep::Conv(conv) => {
                ops::conv::lower(self, conv, self.placement.weights[index])?;
                if conv.statistics {
                    ops::statistics::lower(self, conv.dst);
                }
            }
            PlanStep::Combine(combine) => ops::combine::lower(self, combine),
            PlanStep::Pool { src, dst, pool } => ops::pool::lower(self, *src, *dst, pool),
            PlanStep::Window { src, dst, window } => ops::window::lower(self, *src, *dst, window),
            PlanStep::Mul { a, b, dst } => ops::mul::lower(self, *a, *b, *dst),
            PlanStep::Resize { src, dst, resize } => ops::resize::lower(self, *src, *dst, *resize),
            PlanStep::CopyChannels { src, src_channel, dst, dst_channel, channels } => {
                ops::copy_channels::lower(
                    self,
                    (*src, *src_channel),
                    (*dst, *dst_channel),
                    *channels,
                );
            }
            PlanStep::Flatten { src, dst } => ops::flatten::lower(self, *src, *dst),
            PlanStep::Map { src, dst, function } => ops::map::lower(self, *src, *dst, *function),
            PlanStep::Pair { a, b, dst, function } => {
                ops::map::lower_pair(self, [*a, *b], *dst, *function);
            }
            PlanStep::Resample { src, dst, axis, table } => {
                let place = self.placement.weights[index];
                ops::resample::lower(self, (*src, *dst), *axis, table, place);
            }
            PlanStep::Rearrange { src, dst, rearrange } => {
                ops::rearrange::lower(self, *src, *dst, rearrange);
            }
            PlanStep::Parameter { dst, node } => {
                ops::parameter::lower(self, *dst, *node, self.placement.weights[index])?;
            }
            PlanStep::LayerNorm { src, dst, node, op } => {
                let place = self.placement.weights[index];
                ops::layer_norm::lower(self, *src, *dst, (*node, op.eps), place)?;
            }
            PlanStep::Softmax { src, dst } => ops::softmax::lower(self, *src, *dst),
            PlanStep::MatMul { a, b, dst } => ops::mat_mul::lower(self, *a, *b, *dst),
            PlanStep::Statistics { src } => ops::statistics::lower(self, *src),
            PlanStep::Moments { src, measured } => {
                let place = self.placement.weights[index];
                match &self.placement.moments[*measured].form {
                    PlacedForm::Parts(parts) => ops::moments::lower(self, *src, *measured, *parts),
                    PlacedForm::Rows(sample) => {
                        ops::sample_rows::lower(self, *src, *measured, sample, place);
                    }
                }
            }
        }
        Ok(())
    }

    /// The plan.
    pub fn plan(&self) -> &'a Plan {
        self.network.plan
    }

    /// The shape of a tensor.
    pub fn shape(&self, id: TensorId) -> Shape {
        self.plan().shape(id)
    }

    /// `vec4`s of a tensor for all images.
    pub fn quads(&self, id: TensorId) -> u64 {
        (self.images * pack::quads(self.shape(id))) as u64
    }

    /// The offset of a tensor in the arena; the images lie at its start.
    pub fn tensor(&self, id: TensorId) -> u32 {
        if id == self.plan().input {
            return 0;
        }
        (self.base.arena + self.placement.tensors[id.index()]) as u32
    }

    /// The offset of a norm's scale and shift.
    pub fn norm(&self, id: NormId) -> u32 {
        (self.base.statistics + self.placement.norms[id.index()]) as u32
    }

    /// The offset of a tensor's partial statistics.
    pub fn partials(&self, id: TensorId) -> u32 {
        (self.base.statistics + self.placement.partials[id.index()].unwrap_or(0)) as u32
    }

    /// The offset of what is summed of a measured tensor, among the statistics.
    pub fn moments(&self, measured: usize) -> u32 {
        (self.base.moments + self.placement.moments[measured].offset) as u32
    }

    /// The memory a tensor lives in.
    pub fn home(&self, id: TensorId) -> GpuResource {
        GpuResource::Home(self.placement.homes[id.index()])
    }

    /// A read of a tensor.
    pub fn reads(&self, id: TensorId) -> ResourceAccess {
        ResourceAccess::read(self.home(id))
    }

    /// A write of a tensor.
    pub fn writes(&self, id: TensorId) -> ResourceAccess {
        ResourceAccess::write(self.home(id))
    }

    /// The values of a layer, if it has any.
    pub fn layer(&self, node: NodeId) -> Option<&'a LayerWeights> {
        self.network.weights.get(node)
    }

    /// Adds a task with one invocation per output `vec4`.
    pub fn push_copy(
        &mut self,
        kernel: GpuKernel,
        record: super::records::RawRecord,
        copy: CopyExtent,
    ) {
        let workgroups = copy.quads.div_ceil(WORKGROUP) as u32;
        let work = copy.quads as f64 * (1.0 + copy.reads) * 16.0 * BYTE_WORK;
        let accesses = copy.accesses;
        self.tasks.push(KernelTask { kernel, record, workgroups, work, accesses, last: false });
    }
}

/// The extent of a task that has one invocation per output `vec4`.
pub struct CopyExtent {
    /// Output `vec4`s.
    pub quads: u64,
    /// `vec4`s read for each.
    pub reads: f64,
    /// The memory it touches.
    pub accesses: Vec<ResourceAccess>,
}

/// Checks that a layer has as many values as it needs.
pub fn expect_values(
    node: NodeId,
    what: &'static str,
    values: &[f32],
    expected: usize,
) -> Result<(), BackendError> {
    if values.len() == expected {
        return Ok(());
    }
    Err(BackendError::MissingWeights { layer: node.0, what, expected, found: values.len() })
}
