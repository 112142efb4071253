//! Recovers the calls of activations that PyTorch's exporter merged.
//!
//! The score counts every call of an activation; ReLU stands for all of them here. Exporting merges
//! equal calls: where several convolutions each had a ReLU module of their own on the same tensor, the
//! file holds one `Relu` node that feeds all of them. PyTorch tells the path of every node's module ([`super::module_paths`]), such as
//! `/cells.0/ops.2/ops.2.1/Conv` for module 1 of the sequence `ops.2`, so the modules that were
//! merged away leave gaps:
//!
//! * A module `P/X/X.(k-1)` in which no node lies, where a convolution `P/X/X.k/Conv` with `k` of at
//!   least 1 reads the `Relu` and the `Relu` itself is not inside `P/X`.
//! * A module that holds a factorised reduction of the `Relu`'s value but not the `Relu`: two 1x1
//!   convolutions of stride 2, one on the value itself, one on the value padded or sliced, joined
//!   by a concatenation. Padding and slices may have been merged with another module's, so the
//!   module is the parent of the one that holds the first convolution.
//!
//! A gap may also be an identity or a dropout, which leave no node either. It is a merged call only if the
//! value of the `Relu` cannot get there: if the `Relu` belongs to a sequence whose next modules read it,
//! or to a factorised reduction, its value does not leave that module. Then the node counts as one call,
//! and one more for each gap. Otherwise it counts as one call; [`CallCount::is_open`] says whether there
//! could have been more.

use std::collections::{BTreeSet, HashMap};

use super::module_paths::module_paths;
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

/// The calls of an activation that one node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallCount {
    /// The calls that are certain.
    pub calls: u32,
    /// Whether several modules read the node and nothing tells if each called the activation.
    pub is_open: bool,
}

/// The number of calls each node stands for, by node index; 0 where it is no activation.
pub(super) fn count(nodes: &[NodeProto], wiring: &ModelWiring<'_>) -> Vec<CallCount> {
    let paths = module_paths(nodes);
    let mut sorted: Vec<&str> = paths.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let modules = ModulePaths { wiring, paths: &paths, sorted: &sorted };
    let calls = |(index, node): (usize, &NodeProto)| {
        if is_activation(&node.op_type) {
            modules.calls(index)
        } else {
            CallCount { calls: 0, is_open: false }
        }
    };
    nodes.iter().enumerate().map(calls).collect()
}

/// What a reader must know about the activations of which more calls may have been merged.
pub(super) fn notice(nodes: &[NodeProto], calls: &[CallCount]) -> Option<String> {
    let open: Vec<&str> = nodes
        .iter()
        .zip(calls)
        .filter(|(_, count)| count.is_open)
        .map(|(node, _)| node.name.as_str())
        .collect();
    let first = *open.first()?;
    let names = match open.len() {
        1 => format!("activation `{first}` is"),
        count => format!("{count} activations, such as `{first}`, are each"),
    };
    Some(format!(
        "{names} read by several modules, and the file does not say whether every one of them called it: \
         counted once. If they did, the exporter merged the calls, and the score counts too few"
    ))
}

/// The paths of all nodes, in their order and sorted.
struct ModulePaths<'p, 'm> {
    wiring: &'p ModelWiring<'m>,
    paths: &'p [String],
    sorted: &'p [&'p str],
}

impl ModulePaths<'_, '_> {
    fn calls(&self, relu: usize) -> CallCount {
        let path = self.paths[relu].as_str();
        let mut readers = self.wiring.readers(self.wiring.first_output(relu)).to_vec();
        readers.dedup();
        if readers.len() < 2 || !path.starts_with('/') {
            return CallCount { calls: 1, is_open: false };
        }
        let merged = self.merged_modules(relu, &readers);
        if self.stays_inside(relu, &readers) {
            return CallCount { calls: 1 + merged.len() as u32, is_open: false };
        }
        CallCount { calls: 1, is_open: !merged.is_empty() || self.is_shared(path, &readers) }
    }

    /// The modules whose ReLU may have been merged with this one.
    fn merged_modules(&self, relu: usize, readers: &[usize]) -> BTreeSet<String> {
        let path = self.paths[relu].as_str();
        let mut modules = BTreeSet::new();
        for &reader in readers {
            let conv = self.paths[reader].as_str();
            if self.wiring.nodes[reader].op_type != "Conv" || !conv.starts_with('/') {
                continue;
            }
            let scope = parent(conv);
            let gap =
                missing_sibling(scope, self.sorted).filter(|(sequence, _)| !within(path, sequence));
            if let Some((_, gap)) = gap {
                modules.insert(gap);
            } else if is_factorised_reduction(relu, reader, self.wiring)
                && !within(path, parent(scope))
            {
                modules.insert(parent(scope).to_owned());
            }
        }
        modules
    }

    /// Whether the value of an activation cannot leave the module that calls it: a module of a sequence
    /// is read by the next ones, or it opens a factorised reduction.
    fn stays_inside(&self, relu: usize, readers: &[usize]) -> bool {
        let path = self.paths[relu].as_str();
        let scope = parent(path);
        let sequence = sequence_of(scope).map(|(sequence, _, _)| sequence);
        let in_sequence = |reader: &usize| {
            sequence.is_some_and(|sequence| within(&self.paths[*reader], sequence))
        };
        let reduces = |reader: &usize| {
            let module = parent(parent(&self.paths[*reader]));
            is_factorised_reduction(relu, *reader, self.wiring) && within(path, module)
        };
        readers.iter().any(|reader| in_sequence(reader) || reduces(reader))
    }

    /// Whether several parts of the module that calls an activation read it. What only other modules
    /// read is that module's result, and was called once.
    fn is_shared(&self, path: &str, readers: &[usize]) -> bool {
        let own = parent(path);
        let alone = self.sorted.iter().filter(|other| within(other, own)).nth(1).is_none();
        let caller = if alone { parent(own) } else { own };
        let part = |reader: &usize| {
            let rest = self.paths[*reader].strip_prefix(caller)?.strip_prefix('/')?;
            Some(rest.split_once('/').map_or("", |(part, _)| part))
        };
        readers.iter().filter_map(part).collect::<BTreeSet<_>>().len() > 1
    }
}

/// For scope `P/X/X.k`: the sequence `P/X`, the name `X` and `k`.
fn sequence_of(scope: &str) -> Option<(&str, &str, u32)> {
    let (sequence, module) = scope.rsplit_once('/')?;
    let (name, index) = module.rsplit_once('.')?;
    (sequence.rsplit('/').next() == Some(name)).then_some((sequence, name, index.parse().ok()?))
}

/// For scope `P/X/X.k`: the sequence `P/X` and the module `P/X/X.(k-1)`, if that holds no node.
fn missing_sibling<'n>(scope: &'n str, names: &[&str]) -> Option<(&'n str, String)> {
    let (sequence, name, index) = sequence_of(scope)?;
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
