//! Activations that a caller requests in addition to the kernel matrix.
//!
//! They are added after everything the codes depend on has been lowered, and change no arithmetic of
//! these steps: a step that already computes a requested value stores it as well, and missing values
//! are appended. Codes and kernel matrix are therefore bit for bit the same, whatever is requested.

use super::{PlanBuilder, plain};
use crate::graph::{ActivationKind, NodeId};
use crate::plan::step::{
    CombineStep, PlanStep, RequestedOutput, ScheduledStep, StoredActivation, SumTerm,
};
use crate::plan::{PlanError, TensorId};

impl PlanBuilder<'_> {
    /// Makes every node of `keep` a tensor that is there after the last step, in that order.
    pub(super) fn keep(&mut self, keep: &[NodeId]) -> Result<(), PlanError> {
        let nodes = self.graph.nodes().len();
        if let Some(&node) = keep.iter().find(|node| node.index() >= nodes) {
            return Err(PlanError::NoSuchNode { node: node.0, nodes });
        }
        self.lower_missing(keep);
        for &node in keep {
            let tensor = (!self.zero[node.index()]).then(|| self.hold(node));
            self.kept.push(RequestedOutput { node, shape: self.graph.shape(node), tensor });
        }
        Ok(())
    }

    /// Lowers what these nodes depend on and has not been lowered yet.
    pub(super) fn lower_missing(&mut self, nodes: &[NodeId]) {
        for (id, missing) in self.missing(nodes).into_iter().enumerate() {
            if missing {
                self.add(NodeId(id as u32));
                self.added[id] = true;
            }
        }
    }

    /// The nodes that kept ones depend on and that the codes do not need.
    fn missing(&self, keep: &[NodeId]) -> Vec<bool> {
        let mut missing = vec![false; self.graph.nodes().len()];
        let lacks = |id: NodeId| {
            let index = id.index();
            !self.zero[index]
                && !self.demand[index].computed()
                && !self.added[index]
                && index != self.input_node
        };
        keep.iter().for_each(|&node| missing[node.index()] = lacks(node));
        for id in (0..missing.len()).rev() {
            if missing[id] {
                for &input in &self.graph.nodes()[id].inputs {
                    missing[input.index()] |= lacks(input);
                }
            }
        }
        missing
    }

    /// Lowers a node that the codes do not need.
    fn add(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        let Some(activation) = node.op.activation() else {
            self.define(id, node);
            return;
        };
        let input = node.inputs[0];
        let terms = if self.zero[input.index()] { Vec::new() } else { self.terms_of(input) };
        let tensor = self.hold_function(terms, id, activation.kind);
        self.terms[id.index()] = vec![plain(tensor)];
    }

    /// The tensor of a node's value.
    pub(super) fn hold(&mut self, id: NodeId) -> TensorId {
        let terms = self.terms_of(id);
        let stored = matches!(terms.as_slice(), [term] if *term == plain(term.tensor));
        let free = |combine: &CombineStep| !stored && combine.value.is_none();
        let Some((step, level)) = self.combine_of(&terms, free) else { return self.stored(id) };
        let tensor = self.tensor(self.graph.shape(id), level);
        if let PlanStep::Combine(combine) = &mut self.steps[step].step {
            combine.value = Some(tensor);
        }
        self.terms[id.index()] = vec![plain(tensor)];
        tensor
    }

    /// The tensor of a function of a sum.
    fn hold_function(&mut self, terms: Vec<SumTerm>, id: NodeId, kind: ActivationKind) -> TensorId {
        let shape = self.graph.shape(id);
        if let Some((step, level)) = self.combine_of(&terms, |combine| combine.activated.is_none())
        {
            let tensor = self.tensor(shape, level);
            if let PlanStep::Combine(combine) = &mut self.steps[step].step {
                combine.activated = Some(StoredActivation { kind, tensor });
            }
            return tensor;
        }
        let level = terms.iter().map(|term| self.term_level(term)).max().unwrap_or(0);
        let tensor = self.tensor(shape, level);
        let activated = Some(StoredActivation { kind, tensor });
        let combine = CombineStep { terms, value: None, activated, code: None, shape };
        self.steps.push(ScheduledStep { step: PlanStep::Combine(combine), level });
        tensor
    }

    /// The step that sums these terms, if one does and has room for another result, and its level.
    fn combine_of(
        &self,
        terms: &[SumTerm],
        room: impl Fn(&CombineStep) -> bool,
    ) -> Option<(usize, usize)> {
        let sums = |planned: &ScheduledStep| match &planned.step {
            PlanStep::Combine(combine) => {
                !terms.is_empty() && combine.terms == terms && room(combine)
            }
            PlanStep::Conv(_)
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
            | PlanStep::Moments { .. } => false,
        };
        let step = self.steps.iter().position(sums)?;
        Some((step, self.steps[step].level))
    }
}
