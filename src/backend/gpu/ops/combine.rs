//! The fused node kernel: `shaders/ops/combine.wgsl`.

use crate::backend::gpu::kernels::Kernel;
use crate::backend::gpu::lower::{Lowering, WORKGROUP};
use crate::backend::gpu::pack;
use crate::backend::gpu::records::{CombineRecord, NONE, TermRecord};
use crate::backend::gpu::task::{Access, BYTE_WORK, Resource, Task};
use crate::plan::{CodeId, Combine, Term};

/// Lowers a combine step.
pub fn lower(lowering: &mut Lowering<'_>, combine: &Combine) {
    let shape = combine.shape;
    let stride = pack::code_stride(shape);
    let words = if combine.code.is_some() { stride.next_multiple_of(4) } else { stride };
    let image_workgroups = (words as u64).div_ceil(WORKGROUP) as u32;
    let mut terms = [TermRecord { source: 0, norm: NONE, factor: 0.0 }; 4];
    for (target, term) in terms.iter_mut().zip(&combine.terms) {
        *target = term_record(lowering, term);
    }
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
        positive: combine.relu.map_or(NONE, |id| lowering.tensor(id)),
        code: combine.code.map_or(NONE, |id| code_offset(lowering, id)),
        code_row: lowering.placement.code_row as u32,
        term_count: combine.terms.len() as u32,
        unused: [0; 7],
        terms,
    };
    let tensors = combine.terms.len() + combine.value.iter().chain(&combine.relu).count();
    let quads = (lowering.images * pack::quads(shape)) as f64;
    lowering.tasks.push(Task {
        kernel: Kernel::Combine,
        record: record.raw(),
        workgroups: image_workgroups * lowering.images as u32,
        work: quads * tensors.max(1) as f64 * 16.0 * BYTE_WORK,
        accesses: accesses(lowering, combine),
        last: false,
    });
}

fn term_record(lowering: &Lowering<'_>, term: &Term) -> TermRecord {
    TermRecord {
        source: lowering.tensor(term.tensor),
        norm: term.norm.map_or(NONE, |id| lowering.norm(id)),
        factor: term.factor,
    }
}

fn code_offset(lowering: &Lowering<'_>, id: CodeId) -> u32 {
    (lowering.base.codes + lowering.placement.codes[id.index()]) as u32
}

/// Codes are not among them: each is written once and read at the end.
fn accesses(lowering: &Lowering<'_>, combine: &Combine) -> Vec<Access> {
    let sources = combine.terms.iter().map(|term| lowering.reads(term.tensor));
    let norms = combine.terms.iter().filter_map(|term| term.norm);
    let norms = norms.map(|norm| Access::read(Resource::Norm(norm)));
    let targets = combine.value.iter().chain(&combine.relu).map(|&id| lowering.writes(id));
    sources.chain(norms).chain(targets).collect()
}
