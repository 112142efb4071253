//! Products of two activations: `shaders/ops/mat_mul.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::NetworkLowering;
use crate::backend::gpu::pack::{self, LANES};
use crate::backend::gpu::records::MatMulRecord;
use crate::backend::gpu::task::{BYTE_WORK, KernelTask};
use crate::plan::TensorId;

/// Columns of one workgroup; `TILE_COLUMNS` in the shader.
const TILE_COLUMNS: u32 = 64;
/// Channel blocks of one workgroup; `TILE_BLOCKS` in the shader.
const TILE_BLOCKS: u32 = 8;

/// Lowers the product of `a` and `b`.
pub fn lower(lowering: &mut NetworkLowering<'_>, a: TensorId, b: TensorId, dst: TensorId) {
    let (left, product) = (lowering.shape(a), lowering.shape(dst));
    let (columns, blocks) = (product.width as u32, pack::blocks(product.channels) as u32);
    let record = MatMulRecord {
        left: lowering.tensor(a),
        right: lowering.tensor(b),
        target_offset: lowering.tensor(dst),
        images: lowering.images as u32,
        rows: product.height as u32,
        columns,
        inner: left.channels as u32,
        inner_blocks: pack::blocks(left.channels) as u32,
        blocks,
        column_tiles: columns.div_ceil(TILE_COLUMNS),
        block_tiles: blocks.div_ceil(TILE_BLOCKS),
        unused: [0; 21],
    };
    let products = lowering.quads(dst) as f64 * (LANES * left.channels) as f64;
    let moved = [a, b, dst].map(|tensor| lowering.quads(tensor) as f64).iter().sum::<f64>();
    lowering.tasks.push(KernelTask {
        kernel: GpuKernel::MatMul,
        record: record.raw(),
        workgroups: record.images * record.rows * record.column_tiles * record.block_tiles,
        work: 2.0 * products + moved * 16.0 * BYTE_WORK,
        accesses: vec![lowering.reads(a), lowering.reads(b), lowering.writes(dst)],
        last: false,
    });
}
