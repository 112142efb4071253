//! Shift, pad, crop, strided slice: `shaders/ops/window.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{CopyExtent, NetworkLowering};
use crate::backend::gpu::records::WindowRecord;
use crate::graph::Window;
use crate::plan::TensorId;

/// Lowers a window step.
pub fn lower(lowering: &mut NetworkLowering<'_>, src: TensorId, dst: TensorId, window: &Window) {
    let (input, output) = (lowering.shape(src), lowering.shape(dst));
    let quads = lowering.quads(dst);
    let record = WindowRecord {
        quads: quads as u32,
        source: lowering.tensor(src),
        target_offset: lowering.tensor(dst),
        input_height: input.height as u32,
        input_width: input.width as u32,
        output_height: output.height as u32,
        output_width: output.width as u32,
        stride_y: window.stride[0] as u32,
        stride_x: window.stride[1] as u32,
        top: window.top as i32,
        left: window.left as i32,
        unused: [0; 21],
    };
    let accesses = vec![lowering.reads(src), lowering.writes(dst)];
    lowering.push_copy(GpuKernel::Window, record.raw(), CopyExtent { quads, reads: 1.0, accesses });
}
