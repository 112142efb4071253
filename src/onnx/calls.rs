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
//! * A module that has all parts of one that calls an activation before the same layer, but not that call
//!   ([`super::twin_modules`]).
//!
//! A gap may also be an identity or a dropout, which leave no node either. It is a merged call only if the
//! value of the `Relu` cannot get there: if the `Relu` belongs to a sequence whose next modules read it,
//! or to a factorised reduction, its value does not leave that module. Then the node counts as one call,
//! and one more for each gap. Where the module that calls an activation reads it and has a twin that lost
//! its call, that call counts, too. Otherwise it counts as one call; [`CallCount::possible`] says how many there
//! could have been. Files of PyTorch without paths prove nothing: there, every reader but a sum could have
//! called the activation.

use std::collections::{BTreeSet, HashMap};

use super::module_paths::module_paths;
use super::ops::activation::is_activation;
use super::options::MergedCalls;
use super::proto::NodeProto;
use super::twin_modules::{TwinModules, common_module, is_deep};
use crate::graph::{Graph, NodeId};

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

    /// The nodes that read a node's value, each once, in order: those behind a padding of it in its place, if
    /// they are windows, because equal paddings of several modules are merged.
    fn readers_behind_padding(&self, index: usize) -> Vec<usize> {
        let is_window = |&reader: &usize| {
            matches!(self.nodes[reader].op_type.as_str(), "Conv" | "AveragePool" | "MaxPool")
        };
        let behind = |&reader: &usize| {
            let windows = self.readers(self.first_output(reader));
            let is_padding = self.nodes[reader].op_type == "Pad" && !windows.is_empty();
            if is_padding && windows.iter().all(is_window) {
                windows.to_vec()
            } else {
                vec![reader]
            }
        };
        let mut readers: Vec<usize> =
            self.readers(self.first_output(index)).iter().flat_map(behind).collect();
        readers.sort_unstable();
        readers.dedup();
        readers
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
    pub certain: u32,
    /// The calls there may have been: more than are certain where several modules read the node and
    /// nothing tells if each called the activation.
    pub possible: u32,
}

impl CallCount {
    /// One call, and no doubt about it.
    const ONE: Self = Self { certain: 1, possible: 1 };

    fn is_open(self) -> bool {
        self.possible > self.certain
    }

    /// The calls that count.
    pub fn chosen(self, choice: MergedCalls) -> u32 {
        match choice {
            MergedCalls::Certain => self.certain,
            MergedCalls::Keep => 1,
            MergedCalls::Recover => self.possible,
        }
    }
}

/// The number of calls each node stands for, by node index; one where it is no activation.
pub(super) fn count(
    nodes: &[NodeProto],
    wiring: &ModelWiring<'_>,
    producer: &str,
) -> Vec<CallCount> {
    let paths = module_paths(nodes);
    let mut sorted: Vec<&str> = paths.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let merges = producer.to_ascii_lowercase().contains("pytorch");
    let mut twins = TwinModules::default();
    for (index, _) in nodes.iter().enumerate().filter(|(_, node)| is_activation(&node.op_type)) {
        for reader in wiring.readers_behind_padding(index) {
            twins.add(&paths[index], &paths[reader], &sorted);
        }
    }
    let modules = ModulePaths { wiring, paths: &paths, sorted: &sorted, twins: &twins, merges };
    let calls = |(index, node): (usize, &NodeProto)| {
        if is_activation(&node.op_type) { modules.calls(index) } else { CallCount::ONE }
    };
    nodes.iter().enumerate().map(calls).collect()
}

/// An activation node of the graph with the calls it stands for.
pub(super) struct CountedActivation {
    /// The node of the graph.
    pub node: NodeId,
    /// Its name in the file.
    pub name: String,
    /// Its calls.
    pub calls: CallCount,
}

/// Units of a model by how merged calls of activations are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct MergedUnits {
    /// One call for each node of the file.
    pub kept: u64,
    /// The calls that are certain.
    pub certain: u64,
    /// Every call that is possible.
    pub recovered: u64,
}

impl MergedUnits {
    /// Sums over all activations.
    pub(super) fn new(graph: &Graph, activations: &[CountedActivation]) -> Self {
        let mut units = Self::default();
        for CountedActivation { node, calls, .. } in activations {
            let of_one = graph.shape(*node).volume() as u64;
            units.kept += of_one;
            units.certain += of_one * u64::from(calls.certain);
            units.recovered += of_one * u64::from(calls.possible);
        }
        units
    }
}

/// What a reader must know where calls may have been merged that are not counted, or are counted
/// without proof.
pub(super) fn notice(
    activations: &[CountedActivation],
    units: MergedUnits,
    choice: MergedCalls,
) -> Option<String> {
    let MergedUnits { kept, certain, recovered } = units;
    let thousands = crate::format::thousands;
    if choice == MergedCalls::Keep && certain > kept {
        return Some(format!(
            "every activation node counts once: {} units; with the calls that the exporter merged, {}",
            thousands(kept),
            thousands(certain)
        ));
    }
    let open: Vec<&str> = activations
        .iter()
        .filter(|activation| activation.calls.is_open())
        .map(|activation| activation.name.as_str())
        .collect();
    let first = *open.first()?;
    let names = match open.len() {
        1 => format!("activation `{first}` is"),
        count => format!("{count} activations, such as `{first}`, are each"),
    };
    let (certain, recovered) = (thousands(certain), thousands(recovered));
    let counted = match choice {
        MergedCalls::Recover => format!(
            "with `merged-calls` at recover, each counts: {recovered} units; without them, {certain}"
        ),
        MergedCalls::Certain | MergedCalls::Keep => format!(
            "it counts once: {certain} units; if each did, the exporter merged the calls, and there are \
             {recovered} units: set `merged-calls` to recover to count them"
        ),
    };
    Some(format!(
        "{names} read by several modules, and the file does not say whether each of them called it; \
         {counted}"
    ))
}

/// The paths of all nodes, in their order and sorted.
struct ModulePaths<'p, 'm> {
    wiring: &'p ModelWiring<'m>,
    paths: &'p [String],
    sorted: &'p [&'p str],
    twins: &'p TwinModules,
    /// Whether the program that wrote the file merges equal calls and cannot be asked for paths.
    merges: bool,
}

impl ModulePaths<'_, '_> {
    fn calls(&self, relu: usize) -> CallCount {
        let path = self.paths[relu].as_str();
        let readers = self.wiring.readers_behind_padding(relu);
        if readers.len() < 2 {
            return CallCount::ONE;
        }
        if !path.starts_with('/') {
            let is_sum = |reader: &&usize| self.wiring.nodes[**reader].op_type == "Add";
            let others = readers.iter().filter(|reader| !is_sum(reader)).count() as u32;
            return match self.merges {
                true => CallCount { certain: 1, possible: others.max(1) },
                false => CallCount::ONE,
            };
        }
        let merged = self.merged_modules(relu, &readers).len() as u32;
        if self.stays_inside(relu, &readers) {
            return CallCount { certain: 1 + merged, possible: 1 + merged };
        }
        let parts = self.parts(path, &readers);
        let (lost, doubtful) = self.outside(path, &readers);
        CallCount { certain: 1 + lost, possible: (1 + merged).max(parts + lost + doubtful) }
    }

    /// How many other modules lost their call to an activation that a module around it reads as well, and how
    /// many more may have, if that module is the one that calls it: they read it with more than a sum or a
    /// concatenation, as which a module's second result is read.
    fn outside(&self, path: &str, readers: &[usize]) -> (u32, u32) {
        let reader_path = |reader: &usize| self.paths[*reader].as_str();
        if is_deep(path) || readers.iter().any(|reader| is_deep(reader_path(reader))) {
            return (0, 0);
        }
        let shared = readers.iter().map(|reader| common_module(path, reader_path(reader)));
        let Some(own) = shared.max_by_key(|module| module.len()).filter(|own| !own.is_empty())
        else {
            return (0, 0);
        };
        let reads_own_call = own.starts_with(self.caller(path));
        let (mut lost, mut doubtful) = (BTreeSet::new(), BTreeSet::new());
        for &reader in readers.iter().filter(|reader| !within(reader_path(reader), own)) {
            let reader_path = reader_path(&reader);
            let is_result = matches!(self.wiring.nodes[reader].op_type.as_str(), "Add" | "Concat");
            if let Some(module) = self.twins.without_call(reader_path, self.sorted) {
                lost.insert(module);
            } else if reads_own_call && !is_result {
                let shared = common_module(reader_path, own);
                let rest = reader_path[shared.len()..].trim_start_matches('/');
                doubtful.insert((shared, rest.split_once('/').map_or("", |(part, _)| part)));
            }
        }
        (lost.len() as u32, doubtful.len() as u32)
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

    /// The module that calls an activation: the one around it if it is a module of its own.
    fn caller<'p>(&self, path: &'p str) -> &'p str {
        let own = parent(path);
        let prefix = format!("{own}/");
        let first = self.sorted.partition_point(|&other| other < prefix.as_str());
        let alone = !self.sorted.get(first + 1).is_some_and(|other| other.starts_with(&prefix));
        if alone { parent(own) } else { own }
    }

    /// How many parts of the module that calls an activation read it. What only other modules read is
    /// that module's result, and was called once.
    fn parts(&self, path: &str, readers: &[usize]) -> u32 {
        let caller = self.caller(path);
        let part = |reader: &usize| {
            let rest = self.paths[*reader].strip_prefix(caller)?.strip_prefix('/')?;
            Some(rest.split_once('/').map_or("", |(part, _)| part))
        };
        readers.iter().filter_map(part).collect::<BTreeSet<_>>().len() as u32
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
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Whether a node lies in a module or in one inside it.
pub(super) fn within(node: &str, module: &str) -> bool {
    node.strip_prefix(module).is_some_and(|rest| rest.starts_with('/'))
}
