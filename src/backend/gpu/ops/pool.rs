//! Pooling: `shaders/ops/pool.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{CopyExtent, NetworkLowering};
use crate::backend::gpu::records::PoolRecord;
use crate::graph::{Pool, PoolKind};
use crate::plan::TensorId;

/// Lowers a pooling step.
pub fn lower(lowering: &mut NetworkLowering<'_>, src: TensorId, dst: TensorId, pool: &Pool) {
    let (input, output) = (lowering.shape(src), lowering.shape(dst));
    let quads = lowering.quads(dst);
    let record = PoolRecord {
        quads: quads as u32,
        source: lowering.tensor(src),
        target_offset: lowering.tensor(dst),
        input_height: input.height as u32,
        input_width: input.width as u32,
        output_height: output.height as u32,
        output_width: output.width as u32,
        kernel_height: pool.kernel[0] as u32,
        kernel_width: pool.kernel[1] as u32,
        stride_y: pool.stride[0] as u32,
        stride_x: pool.stride[1] as u32,
        padding_top: pool.padding.top as u32,
        padding_left: pool.padding.left as u32,
        kind: match pool.kind {
            PoolKind::Average { count_padding: false } => 0,
            PoolKind::Average { count_padding: true } => 1,
            PoolKind::Max => 2,
        },
        unused: [0; 18],
    };
    let reads = (pool.kernel[0] * pool.kernel[1]) as f64;
    let accesses = vec![lowering.reads(src), lowering.writes(dst)];
    lowering.push_copy(GpuKernel::Pool, record.raw(), CopyExtent { quads, reads, accesses });
}
