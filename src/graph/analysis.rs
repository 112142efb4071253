//! What can be determined about a graph without running it: which nodes are zero, and which are live.

use super::{Graph, NodeId, Op, PairFunction, Statistics};

/// Facts about the nodes of one graph, by node index.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The node's value is zero for every image.
    pub zero: Vec<bool>,
    /// A path leads from the input to the node on which nothing is zero.
    pub fed: Vec<bool>,
    /// A path leads from the node to the output on which nothing is multiplied by zero.
    pub used: Vec<bool>,
}

impl Analysis {
    /// Analyses a graph. `shifts(node)` states whether a convolution, linear layer or normalisation
    /// adds a nonzero value.
    pub fn new(graph: &Graph, shifts: impl Fn(NodeId) -> bool) -> Self {
        let count = graph.nodes().len();
        let (mut zero, mut fed, mut null) =
            (vec![false; count], vec![false; count], vec![false; count]);
        for (id, node) in graph.iter() {
            let mut inputs = node.inputs.iter().map(|input| input.index());
            let index = id.index();
            null[index] = multiplies_by_zero(&node.op, inputs.clone().any(|input| zero[input]));
            zero[index] = null[index]
                || (keeps_zero(&node.op) && inputs.clone().all(|input| zero[input]) && !shifts(id));
            fed[index] =
                matches!(node.op, Op::Input) || (!null[index] && inputs.any(|input| fed[input]));
        }
        Self { zero, fed, used: used(graph, &null) }
    }

    /// Whether a node lies on a path from the input to the output.
    pub fn live(&self, id: NodeId) -> bool {
        self.fed[id.index()] && self.used[id.index()]
    }
}

/// Whether there is a path from the input to the output of the graph on which nothing is multiplied by
/// zero.
pub fn connected(graph: &Graph) -> bool {
    // Without values every bias may be one.
    let analysis = Analysis::new(graph, |id| match graph.node(id).op {
        Op::Conv(conv) => conv.bias,
        Op::Linear(linear) => linear.bias,
        Op::BatchNorm(norm) => norm.statistics == Statistics::Running,
        Op::Input
        | Op::Activation(_)
        | Op::Pool(_)
        | Op::Add
        | Op::Mul
        | Op::Concat
        | Op::ChannelSlice { .. }
        | Op::Window(_)
        | Op::Resize(_)
        | Op::Scale(_)
        | Op::GlobalAvgPool
        | Op::Flatten
        | Op::Parameter(_)
        | Op::Map(_)
        | Op::Pair(_)
        | Op::Resample(_)
        | Op::Rearrange(_)
        | Op::LayerNorm(_)
        | Op::Softmax
        | Op::MatMul => false,
    });
    graph.output().is_some_and(|output| analysis.fed[output.index()])
}

/// Whether the operation gives zero when all it is given is zero and it adds nothing of its own.
fn keeps_zero(op: &Op) -> bool {
    match op {
        Op::Input | Op::Parameter(_) | Op::Softmax => false,
        Op::Activation(activation) => activation.kind.keeps_zero(),
        Op::Map(function) => function.keeps_zero(),
        Op::Pair(function) => matches!(function, PairFunction::Max | PairFunction::Min),
        Op::Conv(_)
        | Op::BatchNorm(_)
        | Op::Pool(_)
        | Op::Add
        | Op::Mul
        | Op::Concat
        | Op::ChannelSlice { .. }
        | Op::Window(_)
        | Op::Resize(_)
        | Op::Scale(_)
        | Op::GlobalAvgPool
        | Op::Flatten
        | Op::Linear(_)
        | Op::Resample(_)
        | Op::Rearrange(_)
        | Op::LayerNorm(_)
        | Op::MatMul => true,
    }
}

/// Whether the operation multiplies by zero; `zero_input` tells whether one of its inputs is zero.
fn multiplies_by_zero(op: &Op, zero_input: bool) -> bool {
    match op {
        Op::Scale(factor) => *factor == 0.0,
        Op::Mul | Op::MatMul => zero_input,
        Op::Input
        | Op::Conv(_)
        | Op::BatchNorm(_)
        | Op::Activation(_)
        | Op::Pool(_)
        | Op::Add
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
        | Op::Softmax => false,
    }
}

/// Which nodes lead to the output past no node that is zero by a multiplication.
fn used(graph: &Graph, null: &[bool]) -> Vec<bool> {
    let mut used = vec![false; graph.nodes().len()];
    if let Some(output) = graph.output() {
        used[output.index()] = true;
    }
    for (id, node) in graph.iter().collect::<Vec<_>>().into_iter().rev() {
        if used[id.index()] && !null[id.index()] {
            for input in &node.inputs {
                used[input.index()] = true;
            }
        }
    }
    used
}
