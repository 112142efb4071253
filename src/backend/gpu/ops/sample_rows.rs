//! The values at some pixels of every image: `shaders/ops/sample_rows.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{NetworkLowering, WORKGROUP};
use crate::backend::gpu::pack::{self, LANES};
use crate::backend::gpu::records::SampleRowsRecord;
use crate::backend::gpu::task::{BYTE_WORK, KernelTask};
use crate::plan::TensorId;
use crate::score::PositionSample;

/// Lowers the sampling of a tensor. The pixels' rows and columns lie at `place` in the network's stretch
/// of the weights.
pub fn lower(
    lowering: &mut NetworkLowering<'_>,
    src: TensorId,
    measured: usize,
    sample: &PositionSample,
    place: u64,
) {
    let shape = lowering.shape(src);
    let pixels = lowering.values[place as usize * LANES..].chunks_exact_mut(2);
    for (target, &pixel) in pixels.zip(&sample.pixels) {
        // Whole numbers, since the buffer holds floats: exact below 16 million rows or columns.
        target.copy_from_slice(&[(pixel / shape.width) as f32, (pixel % shape.width) as f32]);
    }
    let blocks = pack::blocks(shape.channels);
    let quads = (sample.len() * blocks) as u64;
    let record = SampleRowsRecord {
        quads: quads as u32,
        source: lowering.tensor(src),
        target_offset: lowering.moments(measured),
        plane: shape.plane() as u32,
        width: shape.width as u32,
        blocks: blocks as u32,
        samples: sample.pixels.len() as u32,
        pixel_offset: (lowering.base.weights + place) as u32,
        unused: [0; 24],
    };
    lowering.tasks.push(KernelTask {
        kernel: GpuKernel::SampleRows,
        record: record.raw(),
        workgroups: quads.div_ceil(WORKGROUP) as u32,
        work: quads as f64 * 2.0 * 16.0 * BYTE_WORK,
        accesses: vec![lowering.reads(src)],
        last: false,
    });
}
