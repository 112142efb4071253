//! Finds the values that the counted activations depend on, and the form in which they are needed.

use super::PlanBuilder;
use crate::graph::analysis::Analysis;
use crate::graph::{NodeId, Op};
use crate::plan::Count;
use crate::plan::points::counted_calls;

/// What the rest of the network wants of a node.
#[derive(Clone, Copy, Default)]
pub(super) struct NodeDemand {
    /// Readers that need the value in memory.
    pub stored: u32,
    /// Sums that could read the value as terms.
    pub summed: u32,
    /// Its code is counted, or a function of it is read.
    pub activated: bool,
}

impl NodeDemand {
    /// Whether anything wants it.
    pub fn computed(self) -> bool {
        self.stored + self.summed > 0 || self.activated
    }
}

impl PlanBuilder<'_> {
    /// Counts the units of the run; those of tensors that are zero are constant.
    pub(super) fn count_units(&mut self, analysis: &Analysis, count: Count) {
        let calls = counted_calls(self.graph, analysis, count);
        for ((id, node), calls) in self.graph.iter().zip(calls).filter(|(_, calls)| *calls > 0) {
            let units = node.shape.volume() as u64 * u64::from(calls);
            self.units += units;
            if self.zero[node.inputs[0].index()] {
                self.constant_units += units;
            } else {
                self.calls[id.index()] = calls;
            }
        }
        if !self.has_kernel {
            // Without codes, only what leads to the output is worth computing.
            let live = |(id, calls)| if analysis.live(NodeId(id as u32)) { calls } else { 0 };
            let calls = std::mem::take(&mut self.calls).into_iter().enumerate();
            self.calls = calls.map(live).collect();
        }
    }

    /// Walks from the counted activations up and notes who reads what how.
    pub(super) fn spread_demand(&mut self) {
        for (id, node) in self.graph.iter().collect::<Vec<_>>().into_iter().rev() {
            let wanted = self.demand[id.index()].computed() && !self.zero[id.index()];
            let counted = self.calls[id.index()] > 0;
            if !wanted && !counted {
                continue;
            }
            for &input in &node.inputs {
                let demand = &mut self.demand[input.index()];
                match node.op {
                    Op::Activation(_) => demand.activated = true,
                    Op::Add | Op::Scale(_) => demand.summed += 1,
                    Op::Input
                    | Op::Conv(_)
                    | Op::BatchNorm(_)
                    | Op::Pool(_)
                    | Op::Mul
                    | Op::Concat
                    | Op::ChannelSlice { .. }
                    | Op::Window(_)
                    | Op::Resize(_)
                    | Op::GlobalAvgPool
                    | Op::Flatten
                    | Op::Linear(_)
                    | Op::Parameter(_)
                    | Op::Map(_)
                    | Op::Pair(_)
                    | Op::Resample(_)
                    | Op::Rearrange(_)
                    | Op::LayerNorm(_)
                    | Op::Softmax
                    | Op::MatMul => demand.stored += 1,
                }
            }
        }
    }
}
