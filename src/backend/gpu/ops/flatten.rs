//! `[c, h, w]` to a vector: `shaders/ops/flatten.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{CopyExtent, NetworkLowering};
use crate::backend::gpu::pack;
use crate::backend::gpu::records::FlattenRecord;
use crate::plan::TensorId;

/// Lowers a flatten step.
pub fn lower(lowering: &mut NetworkLowering<'_>, src: TensorId, dst: TensorId) {
    let (input, output) = (lowering.shape(src), lowering.shape(dst));
    let quads = lowering.quads(dst);
    let record = FlattenRecord {
        quads: quads as u32,
        source: lowering.tensor(src),
        target_offset: lowering.tensor(dst),
        plane: input.plane() as u32,
        source_blocks: pack::blocks(input.channels) as u32,
        target_blocks: pack::blocks(output.channels) as u32,
        volume: input.volume() as u32,
        unused: [0; 25],
    };
    let accesses = vec![lowering.reads(src), lowering.writes(dst)];
    lowering.push_copy(
        GpuKernel::Flatten,
        record.raw(),
        CopyExtent { quads, reads: 4.0, accesses },
    );
}
