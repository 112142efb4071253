//! How the steps of a plan use its tensors: what decides where they lie.

use crate::graph::Padding;
use crate::plan::{Plan, PlanStep};

/// The border each tensor needs: the widest padding among the convolutions that read it.
pub(super) fn borders(plan: &Plan) -> Vec<usize> {
    let mut borders = vec![0; plan.tensors.len()];
    for planned in &plan.steps {
        match &planned.step {
            PlanStep::Conv(step) => {
                let Padding { top, left, bottom, right } = step.conv.padding;
                let border = &mut borders[step.src.index()];
                *border = top.max(left).max(bottom).max(right).max(*border);
            }
            PlanStep::Combine(_)
            | PlanStep::Pool { .. }
            | PlanStep::Window { .. }
            | PlanStep::Mul { .. }
            | PlanStep::Resize { .. }
            | PlanStep::CopyChannels { .. }
            | PlanStep::Flatten { .. }
            | PlanStep::Map { .. }
            | PlanStep::Pair { .. }
            | PlanStep::Resample { .. }
            | PlanStep::Rearrange { .. }
            | PlanStep::Parameter { .. }
            | PlanStep::LayerNorm { .. }
            | PlanStep::Softmax { .. }
            | PlanStep::MatMul { .. }
            | PlanStep::Statistics { .. }
            | PlanStep::Moments { .. } => {}
        }
    }
    borders
}

/// Which tensors are only read at a higher level than they are written at.
pub(super) fn read_later(plan: &Plan) -> Vec<bool> {
    let mut later = vec![true; plan.tensors.len()];
    for planned in &plan.steps {
        for tensor in planned.step.reads() {
            let written = plan.steps.get(plan.tensor(tensor).first_step);
            later[tensor.index()] &= written.is_some_and(|step| step.level < planned.level);
        }
    }
    later
}

/// The last step that reads the images.
pub(super) fn last_read(plan: &Plan) -> usize {
    plan.steps.iter().rposition(|planned| planned.step.reads().contains(&plan.input)).unwrap_or(0)
}

/// Offsets of stretches of `factor` times these sizes, and the end of the last one. What does not fit
/// the address space saturates, and is refused when memory is reserved.
pub(super) fn prefix_sums(sizes: &[usize], factor: usize) -> (Vec<usize>, usize) {
    let mut total = 0;
    let offsets = sizes
        .iter()
        .map(|size| {
            let offset = total;
            total = usize::saturating_add(total, size.saturating_mul(factor));
            offset
        })
        .collect();
    (offsets, total)
}
