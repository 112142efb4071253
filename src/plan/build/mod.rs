//! Lowers a graph to steps. `demand` finds what is needed; `keep` adds what a caller requests in
//! addition to the codes.

mod demand;
mod keep;
mod measure;

use std::collections::HashMap;
use std::sync::Arc;

use self::demand::NodeDemand;
use super::step::{
    BinaryCode, CombineStep, ConvStep, MeasuredTensor, PlanStep, PlannedNorm, PlannedTensor,
    RequestedOutput, ScheduledStep, StoredActivation, SumTerm,
};
use super::{CodeId, Count, MAX_TERMS, NormId, Plan, PlanError, PlanOutputs, TensorId, slots};
use crate::graph::Statistics;
use crate::graph::analysis::Analysis;
use crate::graph::{
    ActivationKind, Conv, Graph, Linear, Node, NodeId, Op, Padding, Pool, PoolKind, Resample, Shape,
};
use crate::weights::Weights;

pub(super) fn plan(
    graph: &Graph,
    weights: &Weights,
    count: Count,
    outputs: PlanOutputs<'_>,
) -> Result<Plan, PlanError> {
    let analysis = Analysis::new(graph, |id| weights.shifts(graph, id));
    let mut builder = PlanBuilder::new(graph, &analysis, count, outputs.kernel)?;
    for (id, node) in graph.iter() {
        if builder.demand[id.index()].computed() {
            builder.lower(id, node);
        }
    }
    builder.keep(outputs.keep)?;
    if outputs.last {
        builder.keep_last(&analysis);
    }
    if outputs.sites {
        builder.measure(&analysis);
    }
    Ok(builder.finish())
}

struct PlanBuilder<'g> {
    graph: &'g Graph,
    zero: &'g [bool],
    demand: Vec<NodeDemand>,
    /// Counted calls of each activation node.
    calls: Vec<u32>,
    /// Where a node's value can be read, once lowered.
    terms: Vec<Vec<SumTerm>>,
    /// The values of activation nodes.
    activated: HashMap<NodeId, TensorId>,
    /// Nodes that were lowered although the codes do not need them.
    added: Vec<bool>,
    steps: Vec<ScheduledStep>,
    tensors: Vec<PlannedTensor>,
    /// Level of the step that writes a tensor.
    tensor_level: Vec<usize>,
    norms: Vec<PlannedNorm>,
    codes: Vec<BinaryCode>,
    input: TensorId,
    input_node: usize,
    kept: Vec<RequestedOutput>,
    measured: Vec<MeasuredTensor>,
    last: Option<RequestedOutput>,
    /// Whether codes are wanted.
    has_kernel: bool,
    constant_units: u64,
    units: u64,
}

impl<'g> PlanBuilder<'g> {
    fn new(
        graph: &'g Graph,
        analysis: &'g Analysis,
        count: Count,
        has_kernel: bool,
    ) -> Result<Self, PlanError> {
        let (input, input_node) = graph
            .iter()
            .find(|(_, node)| matches!(node.op, Op::Input))
            .ok_or(PlanError::NoInput)?;
        let nodes = graph.nodes().len();
        let mut builder = Self {
            graph,
            zero: &analysis.zero,
            demand: vec![NodeDemand::default(); nodes],
            calls: vec![0; nodes],
            terms: vec![Vec::new(); nodes],
            activated: HashMap::new(),
            added: vec![false; nodes],
            steps: Vec::new(),
            tensors: Vec::new(),
            tensor_level: Vec::new(),
            norms: Vec::new(),
            codes: Vec::new(),
            input: TensorId(0),
            input_node: input.index(),
            kept: Vec::new(),
            measured: Vec::new(),
            last: None,
            has_kernel,
            constant_units: 0,
            units: 0,
        };
        builder.input = builder.tensor(input_node.shape, 0);
        builder.terms[input.index()] = vec![plain(builder.input)];
        builder.count_units(analysis, count);
        if builder.units == 0 {
            return Err(PlanError::NoUnits(count));
        }
        builder.spread_demand();
        Ok(builder)
    }

    fn lower(&mut self, id: NodeId, node: &'g Node) {
        if !self.zero[id.index()] {
            self.define(id, node);
            self.combine_if_wanted(id, node);
        }
    }

    /// Notes where the value of a node can be read, after the steps that this takes.
    fn define(&mut self, id: NodeId, node: &'g Node) {
        match node.op {
            Op::Input => {}
            Op::Conv(conv) => self.lower_conv(id, node, conv),
            Op::Linear(linear) => self.lower_conv(id, node, pointwise(linear)),
            Op::BatchNorm(op) => {
                let tensor = self.stored(node.inputs[0]);
                if op.statistics == Statistics::Batch {
                    self.want_statistics(tensor);
                }
                let norm = NormId(self.norms.len() as u32);
                self.norms.push(PlannedNorm { node: id, tensor, op });
                self.terms[id.index()] = vec![SumTerm { tensor, norm: Some(norm), factor: 1.0 }];
            }
            Op::Add => self.terms[id.index()] = self.sum(node),
            Op::Scale(factor) => {
                let mut terms = self.terms_of(node.inputs[0]);
                terms.iter_mut().for_each(|term| term.factor *= factor);
                self.terms[id.index()] = terms;
            }
            Op::Activation(activation) => {
                let tensor = if self.zero[node.inputs[0].index()] {
                    let kind = Some(activation.kind);
                    self.combine(Vec::new(), node.shape, false, kind, None).1
                } else {
                    self.activated.get(&id).copied()
                };
                self.terms[id.index()] = tensor.map(plain).into_iter().collect();
            }
            Op::Pool(_)
            | Op::Mul
            | Op::Concat
            | Op::ChannelSlice { .. }
            | Op::Window(_)
            | Op::Resize(_)
            | Op::GlobalAvgPool
            | Op::Flatten
            | Op::Parameter(_)
            | Op::Map(_)
            | Op::Pair(_)
            | Op::Resample(_)
            | Op::Rearrange(_)
            | Op::LayerNorm(_)
            | Op::Softmax
            | Op::MatMul => self.lower_copy(id, node),
        }
    }

    fn lower_conv(&mut self, id: NodeId, node: &Node, conv: Conv) {
        let src = self.stored(node.inputs[0]);
        let dst = self.tensor(node.shape, self.level(src));
        self.push(PlanStep::Conv(ConvStep { src, dst, node: id, conv, statistics: false }));
        self.terms[id.index()] = vec![plain(dst)];
    }

    fn lower_copy(&mut self, id: NodeId, node: &Node) {
        let sources: Vec<TensorId> = node.inputs.iter().map(|&input| self.stored(input)).collect();
        let src = sources.first().copied().unwrap_or(self.input);
        let level = sources.iter().map(|&tensor| self.level(tensor)).max().unwrap_or(0);
        let dst = self.tensor(node.shape, level);
        match node.op {
            Op::Pool(pool) => self.push(PlanStep::Pool { src, dst, pool }),
            Op::GlobalAvgPool => {
                let pool = whole_image(self.tensors[src.index()].shape);
                self.push(PlanStep::Pool { src, dst, pool });
            }
            Op::Window(window) => self.push(PlanStep::Window { src, dst, window }),
            Op::Resize(resize) => self.push(PlanStep::Resize { src, dst, resize }),
            Op::Mul => self.push(self.product(src, sources[1], dst)),
            Op::Flatten => self.push(PlanStep::Flatten { src, dst }),
            Op::Map(function) => self.push(PlanStep::Map { src, dst, function }),
            Op::Pair(function) => {
                self.push(PlanStep::Pair { a: src, b: sources[1], dst, function });
            }
            Op::Resample(Resample { axis, table }) => {
                let table = Arc::clone(self.graph.table(table));
                self.push(PlanStep::Resample { src, dst, axis, table });
            }
            Op::Rearrange(rearrange) => self.push(PlanStep::Rearrange { src, dst, rearrange }),
            Op::Parameter(_) => self.push(PlanStep::Parameter { dst, node: id }),
            Op::LayerNorm(op) => self.push(PlanStep::LayerNorm { src, dst, node: id, op }),
            Op::Softmax => self.push(PlanStep::Softmax { src, dst }),
            Op::MatMul => self.push(PlanStep::MatMul { a: src, b: sources[1], dst }),
            Op::ChannelSlice { start, len } => {
                self.copy_channels(src, start, dst, 0, len);
            }
            Op::Concat => {
                let mut channel = 0;
                for src in sources {
                    let channels = self.tensors[src.index()].shape.channels;
                    self.copy_channels(src, 0, dst, channel, channels);
                    channel += channels;
                }
            }
            // Written by `define`, as terms or by a convolution.
            Op::Input
            | Op::Conv(_)
            | Op::BatchNorm(_)
            | Op::Activation(_)
            | Op::Add
            | Op::Scale(_)
            | Op::Linear(_) => return,
        }
        self.terms[id.index()] = vec![plain(dst)];
    }

    /// A product with the factor of one pixel, if there is one, as the second.
    fn product(&self, a: TensorId, b: TensorId, dst: TensorId) -> PlanStep {
        let whole = |tensor: TensorId| self.tensors[tensor.index()].shape.plane();
        let (a, b) = if whole(a) < whole(b) { (b, a) } else { (a, b) };
        PlanStep::Mul { a, b, dst }
    }

    fn copy_channels(
        &mut self,
        src: TensorId,
        src_channel: usize,
        dst: TensorId,
        dst_channel: usize,
        channels: usize,
    ) {
        self.push(PlanStep::CopyChannels { src, src_channel, dst, dst_channel, channels });
    }

    /// The terms of a sum; inputs that would make it too long are stored first.
    fn sum(&mut self, node: &Node) -> Vec<SumTerm> {
        let mut terms = Vec::new();
        for &input in &node.inputs {
            if self.zero[input.index()] {
                continue;
            }
            let mut more = self.terms_of(input);
            if more.len() > 1 && terms.len() + more.len() > MAX_TERMS {
                more = vec![plain(self.stored(input))];
            }
            if terms.len() + more.len() > MAX_TERMS {
                let partial =
                    self.combine(std::mem::take(&mut terms), node.shape, true, None, None);
                terms = partial.0.map(plain).into_iter().collect();
            }
            terms.extend(more);
        }
        terms
    }

    /// Emits the fused kernel for a node whose value, or a function of it, is wanted in memory.
    fn combine_if_wanted(&mut self, id: NodeId, node: &Node) {
        let demand = self.demand[id.index()];
        let terms = self.terms_of(id);
        let lazy = terms.len() != 1 || terms[0] != plain(terms[0].tensor);
        let readers = demand.stored + demand.summed + u32::from(demand.activated);
        let store =
            lazy && (demand.stored > 0 || (demand.summed > 0 && terms.len() > 1 && readers > 1));
        let code = self.code_of(id, node);
        let mut readers = self.read_activations(id);
        if !store && code.is_none() && readers.is_empty() {
            return;
        }
        let kind = readers.first().map(|&(_, kind)| kind);
        let (value, activated) = self.combine(terms, node.shape, store, kind, code);
        if let Some(value) = value {
            self.terms[id.index()] = vec![plain(value)];
        }
        self.note_activated(&mut readers, kind, activated);
        // Other functions of the same value are rare, so a step for each will do.
        while let Some(&(_, other)) = readers.first() {
            let (_, activated) =
                self.combine(self.terms_of(id), node.shape, false, Some(other), None);
            self.note_activated(&mut readers, Some(other), activated);
        }
    }

    /// Notes where the activations of one function are stored and takes them off the list.
    fn note_activated(
        &mut self,
        readers: &mut Vec<(NodeId, ActivationKind)>,
        kind: Option<ActivationKind>,
        tensor: Option<TensorId>,
    ) {
        let of_kind = readers.extract_if(.., |(_, other)| Some(*other) == kind);
        self.activated.extend(of_kind.filter_map(|(reader, _)| Some((reader, tensor?))));
    }

    /// The activations that read a node.
    fn activations_of(&self, id: NodeId) -> impl Iterator<Item = (NodeId, ActivationKind)> {
        let wanted = self.demand[id.index()].activated;
        let behind = self.graph.iter().skip(id.index() + 1).filter(move |_| wanted);
        behind.filter_map(move |(reader, node)| {
            let activation = node.op.activation().filter(|_| node.inputs[0] == id)?;
            Some((reader, activation.kind))
        })
    }

    /// Those of them whose value is read.
    fn read_activations(&self, id: NodeId) -> Vec<(NodeId, ActivationKind)> {
        let read = |(reader, _): &(NodeId, _)| self.demand[reader.index()].computed();
        self.activations_of(id).filter(read).collect()
    }

    /// The code of a node's value, if an activation that reads it is counted.
    fn code_of(&mut self, id: NodeId, node: &Node) -> Option<CodeId> {
        let calls = |(reader, _): (NodeId, _)| (reader, self.calls[reader.index()]);
        let counted: Vec<(NodeId, u32)> =
            self.activations_of(id).map(calls).filter(|&(_, calls)| calls > 0).collect();
        let &(first, _) = counted.first().filter(|_| self.has_kernel)?;
        let multiplicity = counted.iter().map(|(_, calls)| calls).sum();
        self.codes.push(BinaryCode { shape: node.shape, multiplicity, node: first });
        Some(CodeId(self.codes.len() as u32 - 1))
    }

    fn combine(
        &mut self,
        terms: Vec<SumTerm>,
        shape: Shape,
        value: bool,
        kind: Option<ActivationKind>,
        code: Option<CodeId>,
    ) -> (Option<TensorId>, Option<TensorId>) {
        let level = terms.iter().map(|term| self.term_level(term)).max().unwrap_or(0);
        let value = value.then(|| self.tensor(shape, level));
        let activated =
            kind.map(|kind| StoredActivation { kind, tensor: self.tensor(shape, level) });
        let step = PlanStep::Combine(CombineStep { terms, value, activated, code, shape });
        self.steps.push(ScheduledStep { step, level });
        (value, activated.map(|activated| activated.tensor))
    }

    fn terms_of(&self, id: NodeId) -> Vec<SumTerm> {
        self.terms[id.index()].clone()
    }

    /// The tensor that holds a node's value, written first if it is only known as terms.
    fn stored(&mut self, id: NodeId) -> TensorId {
        let terms = self.terms_of(id);
        if let [term] = terms.as_slice()
            && *term == plain(term.tensor)
        {
            return term.tensor;
        }
        let level = terms.iter().map(|term| self.term_level(term)).max().unwrap_or(0);
        let value = self.tensor(self.graph.shape(id), level);
        let shape = self.graph.shape(id);
        let combine = CombineStep { terms, value: Some(value), activated: None, code: None, shape };
        self.steps.push(ScheduledStep { step: PlanStep::Combine(combine), level });
        self.terms[id.index()] = vec![plain(value)];
        value
    }

    fn want_statistics(&mut self, tensor: TensorId) {
        for planned in &mut self.steps {
            if let PlanStep::Conv(step) = &mut planned.step
                && step.dst == tensor
            {
                step.statistics = true;
            }
            if planned.step.summed() == Some(tensor) {
                return;
            }
        }
        self.push(PlanStep::Statistics { src: tensor });
    }

    fn term_level(&self, term: &SumTerm) -> usize {
        let waits = term
            .norm
            .is_some_and(|norm| self.norms[norm.index()].op.statistics == Statistics::Batch);
        self.level(term.tensor) + usize::from(waits)
    }

    fn level(&self, tensor: TensorId) -> usize {
        self.tensor_level[tensor.index()]
    }

    fn tensor(&mut self, shape: Shape, level: usize) -> TensorId {
        self.tensors.push(PlannedTensor { shape, slot: 0, first_step: 0, last_step: 0 });
        self.tensor_level.push(level);
        TensorId(self.tensors.len() as u32 - 1)
    }

    /// Appends a step at the level of what it writes, or reads if it writes nothing.
    fn push(&mut self, step: PlanStep) {
        let tensors = if step.writes().is_empty() { step.reads() } else { step.writes() };
        let level = tensors.iter().map(|&tensor| self.level(tensor)).max().unwrap_or(0);
        self.steps.push(ScheduledStep { step, level });
    }

    fn finish(mut self) -> Plan {
        self.steps.sort_by_key(|planned| planned.level);
        gather_siblings(&mut self.steps);
        let slots =
            slots::assign(&self.steps, &mut self.tensors, self.kept.iter().chain(&self.last));
        let stored = self.terms.iter().map(|terms| match terms.as_slice() {
            [term] if *term == plain(term.tensor) => Some(term.tensor),
            _ => None,
        });
        Plan {
            stored: stored.collect(),
            steps: self.steps,
            tensors: self.tensors,
            slots,
            norms: self.norms,
            codes: self.codes,
            kept: self.kept,
            measured: self.measured,
            last: self.last,
            has_kernel: self.has_kernel,
            input: self.input,
            constant_units: self.constant_units,
            units: self.units,
        }
    }
}

/// Moves convolutions that read the same tensor with the same geometry behind each other, so that a
/// backend can run them as one with more output channels.
fn gather_siblings(steps: &mut [ScheduledStep]) {
    for first in 0..steps.len() {
        let mut place = first + 1;
        for later in first + 1..steps.len() {
            if steps[later].level != steps[first].level {
                break;
            }
            if let (PlanStep::Conv(a), PlanStep::Conv(b)) = (&steps[first].step, &steps[later].step)
                && a.is_sibling(b)
            {
                steps[place..=later].rotate_right(1);
                place += 1;
            }
        }
    }
}

/// A tensor read as it is.
fn plain(tensor: TensorId) -> SumTerm {
    SumTerm { tensor, norm: None, factor: 1.0 }
}

fn pointwise(linear: Linear) -> Conv {
    Conv { bias: linear.bias, ..Conv::square(linear.out_features, 1, 1) }
}

fn whole_image(shape: Shape) -> Pool {
    Pool {
        kind: PoolKind::Average { count_padding: false },
        kernel: [shape.height, shape.width],
        stride: [1, 1],
        padding: Padding::default(),
    }
}
