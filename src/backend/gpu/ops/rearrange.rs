//! Reshape, transpose, slice, repetition: `shaders/ops/rearrange.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{CopyExtent, NetworkLowering};
use crate::backend::gpu::pack;
use crate::backend::gpu::records::{DigitRecord, RearrangeRecord};
use crate::graph::{MAX_DIGITS, Rearrange};
use crate::plan::TensorId;

/// Lowers a rearrangement.
pub fn lower(
    lowering: &mut NetworkLowering<'_>,
    src: TensorId,
    dst: TensorId,
    rearrange: &Rearrange,
) {
    let (input, output) = (lowering.shape(src), lowering.shape(dst));
    let quads = lowering.quads(dst);
    let mut digits = [DigitRecord { extent: 1, step: 0 }; MAX_DIGITS];
    for (record, digit) in digits.iter_mut().zip(rearrange.digits()) {
        let axes = (digit.to.index() | digit.from.index() << 2) as u32;
        *record = DigitRecord { extent: digit.extent as u32, step: digit.step as u32 | axes << 28 };
    }
    let first = rearrange.start[1] * input.width + rearrange.start[2];
    let record = RearrangeRecord {
        quads: quads as u32,
        source: lowering.tensor(src) + first as u32,
        target_offset: lowering.tensor(dst),
        source_blocks: pack::blocks(input.channels) as u32,
        source_height: input.height as u32,
        source_width: input.width as u32,
        target_channels: output.channels as u32,
        target_blocks: pack::blocks(output.channels) as u32,
        target_height: output.height as u32,
        target_width: output.width as u32,
        start_channel: rearrange.start[0] as u32,
        digit_count: rearrange.digits().len() as u32,
        digits,
    };
    let accesses = vec![lowering.reads(src), lowering.writes(dst)];
    lowering.push_copy(
        GpuKernel::Rearrange,
        record.raw(),
        CopyExtent { quads, reads: 4.0, accesses },
    );
}
