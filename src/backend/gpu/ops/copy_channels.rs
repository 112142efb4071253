//! Slices and concatenations: `shaders/ops/copy_channels.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{CopyExtent, NetworkLowering};
use crate::backend::gpu::pack::{self, LANES};
use crate::backend::gpu::records::CopyChannelsRecord;
use crate::plan::TensorId;

/// Lowers a copy of `channels` channels between two tensors, each with its first channel.
pub fn lower(
    lowering: &mut NetworkLowering<'_>,
    (src, src_channel): (TensorId, usize),
    (dst, dst_channel): (TensorId, usize),
    channels: usize,
) {
    let (input, output) = (lowering.shape(src), lowering.shape(dst));
    let first_block = dst_channel / LANES;
    let blocks = pack::blocks(dst_channel + channels) - first_block;
    let quads = (lowering.images * blocks * output.plane()) as u64;
    let record = CopyChannelsRecord {
        quads: quads as u32,
        source: lowering.tensor(src),
        target_offset: lowering.tensor(dst),
        plane: output.plane() as u32,
        source_blocks: pack::blocks(input.channels) as u32,
        target_blocks: pack::blocks(output.channels) as u32,
        target_channels: output.channels as u32,
        source_channel: src_channel as u32,
        target_channel: dst_channel as u32,
        channels: channels as u32,
        first_block: first_block as u32,
        blocks: blocks as u32,
        unused: [0; 20],
    };
    let mut target = lowering.writes(dst);
    let whole = first_block == 0 && blocks == pack::blocks(output.channels);
    if !whole {
        // Parts of one concatenation may run at once where they share no block.
        target.range = [first_block as u32, (first_block + blocks - 1) as u32];
    }
    let accesses = vec![lowering.reads(src), target];
    lowering.push_copy(
        GpuKernel::CopyChannels,
        record.raw(),
        CopyExtent { quads, reads: 2.0, accesses },
    );
}
