//! Softmax over the channels of each pixel: `shaders/ops/softmax.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::NetworkLowering;
use crate::backend::gpu::pack;
use crate::backend::gpu::records::PixelsRecord;
use crate::backend::gpu::task::{BYTE_WORK, KernelTask};
use crate::plan::TensorId;

/// Pixels of one workgroup; `PIXELS` in the shaders.
const PIXELS: u32 = 16;

/// Lowers a softmax.
pub fn lower(lowering: &mut NetworkLowering<'_>, src: TensorId, dst: TensorId) {
    let record = record(lowering, src, dst);
    push(lowering, GpuKernel::Softmax, &record, src, dst);
}

/// The record of a kernel that reduces the channels of each pixel.
pub fn record(lowering: &NetworkLowering<'_>, src: TensorId, dst: TensorId) -> PixelsRecord {
    let shape = lowering.shape(src);
    PixelsRecord {
        pixels: (lowering.images * shape.plane()) as u32,
        source: lowering.tensor(src),
        target_offset: lowering.tensor(dst),
        plane: shape.plane() as u32,
        blocks: pack::blocks(shape.channels) as u32,
        channels: shape.channels as u32,
        affine_offset: 0,
        epsilon: 0.0,
        unused: [0; 24],
    }
}

/// Adds the task of a kernel that reads the channels of each pixel three times and writes them once.
pub fn push(
    lowering: &mut NetworkLowering<'_>,
    kernel: GpuKernel,
    record: &PixelsRecord,
    src: TensorId,
    dst: TensorId,
) {
    lowering.tasks.push(KernelTask {
        kernel,
        record: record.raw(),
        workgroups: record.pixels.div_ceil(PIXELS),
        work: lowering.quads(src) as f64 * 4.0 * 16.0 * BYTE_WORK,
        accesses: vec![lowering.reads(src), lowering.writes(dst)],
        last: false,
    });
}
