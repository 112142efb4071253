//! Partial batch statistics: `shaders/ops/statistics.wgsl`; the norms of the tensor follow.

use super::normalise;
use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::layout::StatisticsParts;
use crate::backend::gpu::lower::NetworkLowering;
use crate::backend::gpu::pack;
use crate::backend::gpu::records::StatisticsRecord;
use crate::backend::gpu::task::{BYTE_WORK, GpuResource, KernelTask, ResourceAccess};
use crate::plan::TensorId;

/// Lowers the statistics of a tensor and the norms that need them.
pub fn lower(lowering: &mut NetworkLowering<'_>, src: TensorId) {
    let shape = lowering.shape(src);
    let blocks = pack::blocks(shape.channels) as u32;
    let parts = StatisticsParts::new(lowering.images, shape.plane());
    let record = StatisticsRecord {
        source: lowering.tensor(src),
        target_offset: lowering.partials(src),
        plane: shape.plane() as u32,
        blocks,
        pixels: parts.pixels as u32,
        part_pixels: parts.part_pixels as u32,
        parts: parts.parts as u32,
        unused: [0; 25],
    };
    lowering.tasks.push(KernelTask {
        kernel: GpuKernel::Statistics,
        record: record.raw(),
        workgroups: parts.parts as u32 * blocks,
        work: lowering.quads(src) as f64 * 16.0 * BYTE_WORK,
        accesses: vec![lowering.reads(src), ResourceAccess::write(GpuResource::Partials(src))],
        last: false,
    });
    normalise::lower(lowering, src, parts);
}
