//! Scale and shift of the normalisations: `shaders/ops/normalise.wgsl`, or the host where the
//! statistics are stored with the model.

use crate::backend::BackendError;
use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::layout::StatisticsParts;
use crate::backend::gpu::lower::{NetworkLowering, expect_values};
use crate::backend::gpu::pack::{self, LANES};
use crate::backend::gpu::records::NormaliseRecord;
use crate::backend::gpu::task::{GpuResource, KernelTask, ResourceAccess};
use crate::graph::Statistics;
use crate::plan::{NormId, PlannedNorm, TensorId};
use crate::weights::LayerWeights;

/// Packs weight and bias of a norm; computes scale and shift if its statistics are stored.
pub fn prepare(lowering: &mut NetworkLowering<'_>, id: NormId) -> Result<(), BackendError> {
    let norm = &lowering.plan().norms[id.index()];
    let channels = lowering.shape(norm.tensor).channels;
    let layer = lowering.layer(norm.node).cloned().unwrap_or_default();
    for (what, values) in [
        ("batch-norm weight", &layer.weight),
        ("batch-norm bias", &layer.bias),
        ("batch-norm mean", &layer.mean),
        ("batch-norm variance", &layer.variance),
    ] {
        if !values.is_empty() {
            expect_values(norm.node, what, values, channels)?;
        }
    }
    let half = pack::blocks(channels) * LANES;
    if norm.op.statistics == Statistics::Running {
        let known = running(norm, &layer, channels);
        lowering.known_norms.push((u64::from(lowering.norm(id)), known));
        return Ok(());
    }
    let start = lowering.placement.affines[id.index()] as usize * LANES;
    let (weight, bias) = lowering.values[start..start + 2 * half].split_at_mut(half);
    pack::per_channel(&layer.weight, channels, 1.0, weight);
    pack::per_channel(&layer.bias, channels, 0.0, bias);
    Ok(())
}

/// Scale and shift per channel from stored statistics; without any, mean 0 and variance 1.
fn running(norm: &PlannedNorm, layer: &LayerWeights, channels: usize) -> Vec<f32> {
    let half = pack::blocks(channels) * LANES;
    let mut packed = vec![0.0; 2 * half];
    let at = |values: &[f32], channel: usize, default: f32| {
        f64::from(values.get(channel).copied().unwrap_or(default))
    };
    for channel in 0..channels {
        let deviation = (at(&layer.variance, channel, 1.0) + f64::from(norm.op.eps)).sqrt();
        let scale = at(&layer.weight, channel, 1.0) / deviation;
        let shift = at(&layer.bias, channel, 0.0) - at(&layer.mean, channel, 0.0) * scale;
        packed[channel] = scale as f32;
        packed[half + channel] = shift as f32;
    }
    packed
}

/// Lowers the batch norms of a tensor whose partial statistics are known.
pub fn lower(lowering: &mut NetworkLowering<'_>, tensor: TensorId, parts: StatisticsParts) {
    let plan = lowering.plan();
    let blocks = pack::blocks(lowering.shape(tensor).channels) as u32;
    let of_batch = |norm: &PlannedNorm| norm.op.statistics == Statistics::Batch;
    for (index, norm) in plan.norms.iter().enumerate() {
        if norm.tensor != tensor || !of_batch(norm) {
            continue;
        }
        let id = NormId(index as u32);
        let record = NormaliseRecord {
            source: lowering.partials(tensor),
            target_offset: lowering.norm(id),
            blocks,
            pixels: parts.pixels as u32,
            part_pixels: parts.part_pixels as u32,
            parts: parts.parts as u32,
            affine_offset: (lowering.base.weights + lowering.placement.affines[index]) as u32,
            epsilon: norm.op.eps,
            unused: [0; 24],
        };
        lowering.tasks.push(KernelTask {
            kernel: GpuKernel::Normalise,
            record: record.raw(),
            workgroups: blocks,
            work: f64::from(blocks) * parts.parts as f64 * 64.0,
            accesses: vec![
                ResourceAccess::read(GpuResource::Partials(tensor)),
                ResourceAccess::write(GpuResource::Norm(id)),
            ],
            last: false,
        });
    }
}
