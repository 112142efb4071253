//! Upsampling by integer factors: `shaders/ops/resize.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{CopyExtent, NetworkLowering};
use crate::backend::gpu::records::ResizeRecord;
use crate::graph::Resize;
use crate::plan::TensorId;

/// Lowers an enlargement.
pub fn lower(lowering: &mut NetworkLowering<'_>, src: TensorId, dst: TensorId, resize: Resize) {
    let (input, output) = (lowering.shape(src), lowering.shape(dst));
    let quads = lowering.quads(dst);
    let record = ResizeRecord {
        quads: quads as u32,
        source: lowering.tensor(src),
        target_offset: lowering.tensor(dst),
        input_height: input.height as u32,
        input_width: input.width as u32,
        output_height: output.height as u32,
        output_width: output.width as u32,
        factor_y: resize.factors[0] as u32,
        factor_x: resize.factors[1] as u32,
        unused: [0; 23],
    };
    let accesses = vec![lowering.reads(src), lowering.writes(dst)];
    lowering.push_copy(GpuKernel::Resize, record.raw(), CopyExtent { quads, reads: 1.0, accesses });
}
