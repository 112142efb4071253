//! Functions of single values and of pairs of values: `shaders/ops/map.wgsl`, `shaders/ops/pair.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{CopyExtent, NetworkLowering};
use crate::backend::gpu::pack;
use crate::backend::gpu::records::{MapRecord, PairRecord};
use crate::graph::{ElementFunction, PairFunction};
use crate::plan::TensorId;

/// Lowers a function of every value.
pub fn lower(
    lowering: &mut NetworkLowering<'_>,
    src: TensorId,
    dst: TensorId,
    function: ElementFunction,
) {
    let shape = lowering.shape(dst);
    let quads = lowering.quads(dst);
    let (kind, first, second) = number(function);
    let record = MapRecord {
        quads: quads as u32,
        source: lowering.tensor(src),
        target_offset: lowering.tensor(dst),
        plane: shape.plane() as u32,
        blocks: pack::blocks(shape.channels) as u32,
        channels: shape.channels as u32,
        kind,
        first,
        second,
        unused: [0; 23],
    };
    let accesses = vec![lowering.reads(src), lowering.writes(dst)];
    lowering.push_copy(GpuKernel::Map, record.raw(), CopyExtent { quads, reads: 1.0, accesses });
}

/// Number and parameters of a function.
const fn number(function: ElementFunction) -> (u32, f32, f32) {
    match function {
        ElementFunction::Abs => (0, 0.0, 0.0),
        ElementFunction::Exp => (1, 0.0, 0.0),
        ElementFunction::Log => (2, 0.0, 0.0),
        ElementFunction::Sqrt => (3, 0.0, 0.0),
        ElementFunction::Reciprocal => (4, 0.0, 0.0),
        ElementFunction::Sin => (5, 0.0, 0.0),
        ElementFunction::Cos => (6, 0.0, 0.0),
        ElementFunction::Sign => (7, 0.0, 0.0),
        ElementFunction::Floor => (8, 0.0, 0.0),
        ElementFunction::Ceil => (9, 0.0, 0.0),
        ElementFunction::Round => (10, 0.0, 0.0),
        ElementFunction::Erf => (11, 0.0, 0.0),
        ElementFunction::Power(exponent) => (12, exponent, 0.0),
        ElementFunction::Clip { low, high } => (13, low, high),
        ElementFunction::Above(limit) => (14, limit, 0.0),
        ElementFunction::AtLeast(limit) => (15, limit, 0.0),
        ElementFunction::Equals(number) => (16, number, 0.0),
    }
}

/// Lowers a function of two tensors, the second of which may have one pixel.
pub fn lower_pair(
    lowering: &mut NetworkLowering<'_>,
    [a, b]: [TensorId; 2],
    dst: TensorId,
    function: PairFunction,
) {
    let shape = lowering.shape(dst);
    let quads = lowering.quads(dst);
    let record = PairRecord {
        quads: quads as u32,
        first: lowering.tensor(a),
        second: lowering.tensor(b),
        target_offset: lowering.tensor(dst),
        plane: shape.plane() as u32,
        // The second tensor serves so many pixels.
        shared_pixels: (shape.plane() / lowering.shape(b).plane()) as u32,
        blocks: pack::blocks(shape.channels) as u32,
        channels: shape.channels as u32,
        kind: match function {
            PairFunction::Max => 0,
            PairFunction::Min => 1,
            PairFunction::Div => 2,
        },
        unused: [0; 23],
    };
    let accesses = vec![lowering.reads(a), lowering.reads(b), lowering.writes(dst)];
    lowering.push_copy(GpuKernel::Pair, record.raw(), CopyExtent { quads, reads: 2.0, accesses });
}
