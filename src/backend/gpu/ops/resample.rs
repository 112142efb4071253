//! Weighted sums of positions along one axis: `shaders/ops/resample.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{CopyExtent, NetworkLowering};
use crate::backend::gpu::pack::{self, LANES};
use crate::backend::gpu::records::ResampleRecord;
use crate::graph::{Axis, TapTable};
use crate::plan::TensorId;

/// Lowers a resampling whose table lies at `place` in the network's stretch of the weights.
pub fn lower(
    lowering: &mut NetworkLowering<'_>,
    (src, dst): (TensorId, TensorId),
    axis: Axis,
    table: &TapTable,
    place: u64,
) {
    let taps = (0..table.extent()).flat_map(|position| table.of(position));
    let values = lowering.values[place as usize * LANES..].chunks_exact_mut(2);
    for (target, (position, factor)) in values.zip(taps) {
        // A whole number, since the buffer holds floats: tables are checked to stay below 16 million.
        target.copy_from_slice(&[position as f32, factor]);
    }
    let (input, output) = (lowering.shape(src), lowering.shape(dst));
    let quads = lowering.quads(dst);
    let record = ResampleRecord {
        quads: quads as u32,
        source: lowering.tensor(src),
        target_offset: lowering.tensor(dst),
        source_blocks: pack::blocks(input.channels) as u32,
        source_height: input.height as u32,
        source_width: input.width as u32,
        target_channels: output.channels as u32,
        target_blocks: pack::blocks(output.channels) as u32,
        target_height: output.height as u32,
        target_width: output.width as u32,
        axis: axis.index() as u32,
        taps: table.taps() as u32,
        table_offset: (lowering.base.weights + place) as u32,
        unused: [0; 19],
    };
    let accesses = vec![lowering.reads(src), lowering.writes(dst)];
    let reads = table.taps() as f64;
    lowering.push_copy(GpuKernel::Resample, record.raw(), CopyExtent { quads, reads, accesses });
}
