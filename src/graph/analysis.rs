//! What is known of a graph without running it: which nodes are zero, which are alive.

use super::{Graph, NodeId, Op};

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
    /// Analyses a graph. `shifts(node)` tells whether a convolution, linear layer or normalisation of
    /// that node adds something that is not zero.
    pub fn new(graph: &Graph, shifts: impl Fn(NodeId) -> bool) -> Self {
        let count = graph.nodes().len();
        let (mut zero, mut fed) = (vec![false; count], vec![false; count]);
        for (id, node) in graph.iter() {
            let mut inputs = node.inputs.iter().map(|input| input.index());
            let index = id.index();
            zero[index] = is_null(&node.op)
                || (keeps_zero(&node.op)
                    && vanishes(&node.op, inputs.clone().map(|input| zero[input]))
                    && !shifts(id));
            fed[index] = matches!(node.op, Op::Input)
                || (!is_null(&node.op) && inputs.any(|input| fed[input]));
        }
        Self { zero, fed, used: used(graph) }
    }

    /// Whether a node lies on a path from the input to the output.
    pub fn live(&self, id: NodeId) -> bool {
        self.fed[id.index()] && self.used[id.index()]
    }
}

/// Whether a path leads from the input to the output of the graph on which nothing is multiplied by
/// zero.
pub fn connected(graph: &Graph) -> bool {
    let analysis = Analysis::new(graph, |_| false);
    graph.output().is_some_and(|output| analysis.fed[output.index()])
}

/// Whether the operation gives zero whatever it is given.
fn is_null(op: &Op) -> bool {
    matches!(op, Op::Scale(factor) if *factor == 0.0)
}

/// Whether the operation gives zero when all it is given is zero and it adds nothing of its own.
fn keeps_zero(op: &Op) -> bool {
    match op {
        Op::Input | Op::Parameter(_) | Op::Softmax => false,
        Op::Activation(activation) => activation.kind.keeps_zero(),
        _ => true,
    }
}

/// Whether inputs of which these are zero have nothing but zero to give.
fn vanishes(op: &Op, mut zero: impl Iterator<Item = bool>) -> bool {
    match op {
        Op::MatMul => zero.any(|zero| zero),
        _ => zero.all(|zero| zero),
    }
}

fn used(graph: &Graph) -> Vec<bool> {
    let mut used = vec![false; graph.nodes().len()];
    if let Some(output) = graph.output() {
        used[output.index()] = true;
    }
    for (id, node) in graph.iter().collect::<Vec<_>>().into_iter().rev() {
        if used[id.index()] && !is_null(&node.op) {
            for input in &node.inputs {
                used[input.index()] = true;
            }
        }
    }
    used
}
