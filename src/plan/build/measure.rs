//! Tensors whose moments a caller requests: the inputs of activations, and the input of the head.
//!
//! As with [kept](super::keep) activations, codes and kernel matrix are bit for bit the same, whatever
//! is requested.

use super::PlanBuilder;
use crate::graph::analysis::Analysis;
use crate::graph::{NodeId, last_representation};
use crate::plan::points::counted_calls;
use crate::plan::step::{MeasuredTensor, PlanStep, RequestedOutput, ScheduledStep};
use crate::plan::{Count, TensorId};

impl PlanBuilder<'_> {
    /// Keeps the last representation before the head, if a path leads to it.
    pub(super) fn keep_last(&mut self, analysis: &Analysis) {
        let last = last_representation(self.graph).filter(|last| analysis.fed[last.index()]);
        let Some(node) = last.filter(|last| !self.zero[last.index()]) else { return };
        self.lower_missing(&[node]);
        let tensor = Some(self.hold(node));
        self.last = Some(RequestedOutput { node, shape: self.graph.shape(node), tensor });
    }

    /// Measures every tensor that a live activation reads, right behind the step that writes it. A tensor
    /// that is known to be zero is not measured.
    pub(super) fn measure(&mut self, analysis: &Analysis) {
        let mut is_site = vec![false; self.graph.nodes().len()];
        let calls = counted_calls(self.graph, analysis, Count::Live);
        for (node, calls) in self.graph.nodes().iter().zip(calls) {
            if calls > 0 {
                is_site[node.inputs[0].index()] = true;
            }
        }
        let wanted = |id: &NodeId| is_site[id.index()];
        let mut nodes: Vec<NodeId> = self.graph.iter().map(|(id, _)| id).filter(wanted).collect();
        nodes.retain(|id| !self.zero[id.index()]);
        self.lower_missing(&nodes);
        for node in nodes {
            let tensor = self.hold(node);
            let measured = self.measured.len();
            let shape = self.graph.shape(node);
            self.measured.push(MeasuredTensor { node, shape, tensor });
            let step = PlanStep::Moments { src: tensor, measured };
            let level = self.level(tensor);
            let place = self.last_write(tensor).map_or(0, |step| step + 1);
            self.steps.insert(place, ScheduledStep { step, level });
        }
    }

    /// The last step so far that writes a tensor.
    fn last_write(&self, tensor: TensorId) -> Option<usize> {
        self.steps.iter().rposition(|planned| planned.step.writes().contains(&tensor))
    }
}
