//! Recovers the calls of activations that PyTorch's exporter merged.
//!
//! The score counts every call of an activation; ReLU stands for all of them here. Exporting merges equal calls: where several convolutions
//! each had a ReLU module of their own on the same tensor, the file holds one `Relu` node that
//! feeds all of them. PyTorch names nodes by the path of their module, such as
//! `/cells.0/ops.2/ops.2.1/Conv` for module 1 of the sequence `ops.2`, so the modules that were
//! merged away leave gaps. A `Relu` node counts as one call, and one more for each of these:
//!
//! * A module `P/X/X.(k-1)` in which no node lies, where a convolution `P/X/X.k/Conv` with `k` of at
//!   least 1 reads the `Relu` and the `Relu` itself is not inside `P/X`: the sequence began with a
//!   ReLU that was merged with this one. (Were the `Relu` inside, the gap would be an identity or a
//!   dropout behind it.)
//! * A module that holds a factorised reduction of the `Relu`'s value but not the `Relu`: two 1x1
//!   convolutions of stride 2, one on the value itself, one on the value padded or sliced, joined
//!   by a concatenation. Padding and slices may have been merged with another module's, so the
//!   module is the parent of the one that holds the first convolution.
//!
//! Networks whose blocks begin with a convolution (ResNet, NAS-Bench-101) leave no such gaps. Where
//! node names do not follow PyTorch's scheme every `Relu` node is one call.

use std::collections::{BTreeSet, HashMap};

use super::ops::activation::is_activation;
use super::proto::NodeProto;

/// Steps from a convolution back to the `Relu` over paddings and slices.
const MAX_SHIFT_NODES: usize = 8;

/// For each node, which nodes read its outputs and which nodes give its inputs.
pub(super) struct ModelWiring<'m> {
    nodes: &'m [NodeProto],
    producers: HashMap<&'m str, usize>,
    readers: HashMap<&'m str, Vec<usize>>,
}

impl<'m> ModelWiring<'m> {
    /// Indexes the nodes by the names of values.
    pub fn new(nodes: &'m [NodeProto]) -> Self {
        let mut producers = HashMap::new();
        let mut readers: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, node) in nodes.iter().enumerate() {
            for output in &node.output {
                producers.insert(output.as_str(), index);
            }
            for input in &node.input {
                readers.entry(input).or_default().push(index);
            }
        }
        Self { nodes, producers, readers }
    }

    /// The nodes that read a value, in order, once per input.
    pub fn readers(&self, value: &str) -> &[usize] {
        self.readers.get(value).map_or(&[], Vec::as_slice)
    }

    fn first_output(&self, index: usize) -> &'m str {
        self.nodes[index].output.first().map_or("", String::as_str)
    }

    fn producer(&self, value: &str) -> Option<usize> {
        self.producers.get(value).copied()
    }
}

/// The number of calls each node stands for, by node index; 0 where it is no activation.
pub(super) fn count(nodes: &[NodeProto], wiring: &ModelWiring<'_>) -> Vec<u32> {
    let mut names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    names.sort_unstable();
    let calls = |(index, node): (usize, &NodeProto)| {
        if is_activation(&node.op_type) { 1 + merged_calls(index, wiring, &names) } else { 0 }
    };
    nodes.iter().enumerate().map(calls).collect()
}

/// The modules whose ReLU was merged with this one.
fn merged_calls(relu: usize, wiring: &ModelWiring<'_>, names: &[&str]) -> u32 {
    let relu_name = wiring.nodes[relu].name.as_str();
    let mut modules = BTreeSet::new();
    for &reader in wiring.readers(wiring.first_output(relu)) {
        let conv = &wiring.nodes[reader];
        if conv.op_type != "Conv" || !conv.name.starts_with('/') || !relu_name.starts_with('/') {
            continue;
        }
        let scope = parent(&conv.name);
        let gap =
            missing_sibling(scope, names).filter(|(sequence, _)| !within(relu_name, sequence));
        if let Some((_, gap)) = gap {
            modules.insert(gap);
        } else if is_factorised_reduction(relu, reader, wiring) && !within(relu_name, parent(scope))
        {
            modules.insert(parent(scope).to_owned());
        }
    }
    modules.len() as u32
}

/// For scope `P/X/X.k`: the sequence `P/X` and the module `P/X/X.(k-1)`, if that holds no node.
fn missing_sibling<'n>(scope: &'n str, names: &[&str]) -> Option<(&'n str, String)> {
    let (sequence, module) = scope.rsplit_once('/')?;
    let (name, index) = module.rsplit_once('.')?;
    let index: u32 = index.parse().ok()?;
    if sequence.rsplit('/').next() != Some(name) {
        return None;
    }
    let sibling = format!("{sequence}/{name}.{}", index.checked_sub(1)?);
    let prefix = format!("{sibling}/");
    let first = names.partition_point(|&name| name < prefix.as_str());
    let occupied = names.get(first).is_some_and(|name| name.starts_with(&prefix));
    (!occupied).then_some((sequence, sibling))
}

/// Whether a convolution is the unshifted half of a factorised reduction of a `Relu`'s value.
fn is_factorised_reduction(relu: usize, conv: usize, wiring: &ModelWiring<'_>) -> bool {
    is_pointwise_stride_2(&wiring.nodes[conv])
        && wiring.readers(wiring.first_output(conv)).iter().any(|&join| {
            let join = &wiring.nodes[join];
            let halves: Vec<Option<usize>> = match join.input.as_slice() {
                [a, b] if join.op_type == "Concat" => [a, b].map(|v| wiring.producer(v)).to_vec(),
                _ => return false,
            };
            let mut others = halves.into_iter().flatten().filter(|&half| half != conv);
            others.next().is_some_and(|other| {
                is_pointwise_stride_2(&wiring.nodes[other]) && is_shifted(relu, other, wiring)
            })
        })
}

/// Whether a node reads a `Relu`'s value through at least one padding or slice.
fn is_shifted(relu: usize, conv: usize, wiring: &ModelWiring<'_>) -> bool {
    let before = |index: usize| wiring.producer(wiring.nodes[index].input.first()?);
    let mut current = conv;
    for _ in 0..MAX_SHIFT_NODES {
        let Some(previous) = before(current) else { return false };
        if previous == relu {
            return current != conv;
        }
        if !matches!(wiring.nodes[previous].op_type.as_str(), "Pad" | "Slice") {
            return false;
        }
        current = previous;
    }
    false
}

fn is_pointwise_stride_2(node: &NodeProto) -> bool {
    let is = |name: &str, value: [i64; 2]| {
        node.attribute.iter().any(|attribute| attribute.name == name && attribute.ints == value)
    };
    node.op_type == "Conv" && is("kernel_shape", [1, 1]) && is("strides", [2, 2])
}

/// The path without its last part.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Whether a node lies in a module or in one inside it.
fn within(node: &str, module: &str) -> bool {
    node.strip_prefix(module).is_some_and(|rest| rest.starts_with('/'))
}
