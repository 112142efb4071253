//! Products: `shaders/ops/mul.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{CopyExtent, NetworkLowering};
use crate::backend::gpu::records::MulRecord;
use crate::plan::TensorId;

/// Lowers a product of a tensor and one of its shape or of one pixel.
pub fn lower(lowering: &mut NetworkLowering<'_>, a: TensorId, b: TensorId, dst: TensorId) {
    let quads = lowering.quads(dst);
    let record = MulRecord {
        quads: quads as u32,
        first: lowering.tensor(a),
        second: lowering.tensor(b),
        target_offset: lowering.tensor(dst),
        // The second factor serves so many pixels.
        plane: (lowering.shape(dst).plane() / lowering.shape(b).plane()) as u32,
        unused: [0; 27],
    };
    let accesses = vec![lowering.reads(a), lowering.reads(b), lowering.writes(dst)];
    lowering.push_copy(GpuKernel::Mul, record.raw(), CopyExtent { quads, reads: 2.0, accesses });
}
