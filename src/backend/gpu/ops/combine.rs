//! The fused node kernel: `shaders/ops/combine.wgsl`.

use crate::backend::gpu::kernels::GpuKernel;
use crate::backend::gpu::lower::{NetworkLowering, WORKGROUP};
use crate::backend::gpu::pack;
use crate::backend::gpu::records::{CombineRecord, NONE, TermRecord};
use crate::backend::gpu::task::{BYTE_WORK, GpuResource, KernelTask, ResourceAccess};
use crate::graph::ActivationKind;
use crate::plan::{CodeId, CombineStep, SumTerm};

/// Lowers a combine step.
pub fn lower(lowering: &mut NetworkLowering<'_>, combine: &CombineStep) {
    let shape = combine.shape;
    let stride = pack::code_stride(shape);
    let words = if combine.code.is_some() { stride.next_multiple_of(4) } else { stride };
    let image_workgroups = (words as u64).div_ceil(WORKGROUP) as u32;
    let mut terms = [TermRecord { source: 0, norm: NONE, factor: 0.0 }; 4];
    for (target, term) in terms.iter_mut().zip(&combine.terms) {
        *target = term_record(lowering, term);
    }
    let kind = combine.activated.map_or(ActivationKind::Relu, |activated| activated.kind);
    let (kind, parameter, offset) = function(kind);
    let record = CombineRecord {
        images: lowering.images as u32,
        quads: pack::quads(shape) as u32,
        stride: stride as u32,
        words: words as u32,
        image_workgroups,
        plane: shape.plane() as u32,
        blocks: pack::blocks(shape.channels) as u32,
        channels: shape.channels as u32,
        value: combine.value.map_or(NONE, |id| lowering.tensor(id)),
        activated: combine.activated.map_or(NONE, |activated| lowering.tensor(activated.tensor)),
        code: combine.code.map_or(NONE, |id| code_offset(lowering, id)),
        code_row: lowering.placement.code_row as u32,
        term_count: combine.terms.len() as u32,
        kind,
        parameter,
        offset,
        unused: [0; 4],
        terms,
    };
    let tensors = combine.terms.len() + combine.targets().count();
    let quads = (lowering.images * pack::quads(shape)) as f64;
    lowering.tasks.push(KernelTask {
        kernel: GpuKernel::Combine,
        record: record.raw(),
        workgroups: image_workgroups * lowering.images as u32,
        work: quads * tensors.max(1) as f64 * 16.0 * BYTE_WORK,
        accesses: accesses(lowering, combine),
        last: false,
    });
}

fn term_record(lowering: &NetworkLowering<'_>, term: &SumTerm) -> TermRecord {
    TermRecord {
        source: lowering.tensor(term.tensor),
        norm: term.norm.map_or(NONE, |id| lowering.norm(id)),
        factor: term.factor,
    }
}

/// Number and parameters of a function.
const fn function(kind: ActivationKind) -> (u32, f32, f32) {
    match kind {
        ActivationKind::Relu => (0, 0.0, 0.0),
        ActivationKind::ClippedRelu { ceiling } => (1, ceiling, 0.0),
        ActivationKind::LeakyRelu { slope } => (2, slope, 0.0),
        ActivationKind::Sigmoid => (3, 0.0, 0.0),
        ActivationKind::HardSigmoid { slope, offset } => (4, slope, offset),
        ActivationKind::Silu => (5, 0.0, 0.0),
        ActivationKind::HardSwish => (6, 0.0, 0.0),
        ActivationKind::Gelu => (7, 0.0, 0.0),
        ActivationKind::GeluTanh => (8, 0.0, 0.0),
        ActivationKind::Tanh => (9, 0.0, 0.0),
        ActivationKind::Elu { alpha } => (10, alpha, 0.0),
        ActivationKind::Mish => (11, 0.0, 0.0),
        ActivationKind::Softsign => (12, 0.0, 0.0),
        ActivationKind::HardTanh { low, high } => (13, low, high),
        ActivationKind::Softplus => (14, 0.0, 0.0),
        ActivationKind::Shrink { width, bias } => (15, width, bias),
        ActivationKind::Threshold { limit, value } => (16, limit, value),
    }
}

fn code_offset(lowering: &NetworkLowering<'_>, id: CodeId) -> u32 {
    (lowering.base.codes + lowering.placement.codes[id.index()]) as u32
}

/// Codes are not among them: each is written once and read at the end.
fn accesses(lowering: &NetworkLowering<'_>, combine: &CombineStep) -> Vec<ResourceAccess> {
    let sources = combine.terms.iter().map(|term| lowering.reads(term.tensor));
    let norms = combine.terms.iter().filter_map(|term| term.norm);
    let norms = norms.map(|norm| ResourceAccess::read(GpuResource::Norm(norm)));
    let targets = combine.targets().map(|id| lowering.writes(id));
    sources.chain(norms).chain(targets).collect()
}
