//! Sums of products of channels: `shaders/ops/moments.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::NetworkLowering;
use crate::backend::gpu::moments::{MomentsParts, MomentsTile};
use crate::backend::gpu::pack::{self, LANES};
use crate::backend::gpu::records::MomentsRecord;
use crate::backend::gpu::task::{BYTE_WORK, KernelTask};
use crate::plan::TensorId;

/// Lowers the sums over all positions of a tensor.
pub fn lower(
    lowering: &mut NetworkLowering<'_>,
    src: TensorId,
    measured: usize,
    parts: MomentsParts,
) {
    let shape = lowering.shape(src);
    let record = MomentsRecord {
        source: lowering.tensor(src),
        target_offset: lowering.moments(measured),
        plane: shape.plane() as u32,
        blocks: pack::blocks(shape.channels) as u32,
        pixels: parts.pixels as u32,
        part_pixels: parts.part_pixels as u32,
        parts: parts.parts as u32,
        tiles: parts.tiles as u32,
        unused: [0; 24],
    };
    lowering.tasks.push(KernelTask {
        kernel: match parts.tile {
            MomentsTile::Channels16 => GpuKernel::Moments16,
            MomentsTile::Channels32 => GpuKernel::Moments32,
            MomentsTile::Channels64 => GpuKernel::Moments64,
        },
        record: record.raw(),
        workgroups: (parts.parts * parts.pairs()) as u32,
        work: work(parts),
        accesses: vec![lowering.reads(src)],
        last: false,
    });
}

/// Products of all tiles, those above the diagonal of one included, and what is read for them.
fn work(parts: MomentsParts) -> f64 {
    let (side, pixels) = ((parts.tile.blocks() * LANES) as f64, parts.pixels as f64);
    let products = parts.pairs() as f64 * side * side * pixels;
    // Tiles on the diagonal read one side.
    let values = (parts.tiles * parts.tiles) as f64 * side * pixels;
    2.0 * products + values * 4.0 * BYTE_WORK
}
