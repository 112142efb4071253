//! Gives a network that a space built the weights of an exported one.
//!
//! An exporter writes layers in the order in which they ran, a space in its own, so neither names nor
//! the order in the list say which layers correspond. Their position in the network does: two layers
//! correspond if an isomorphism of the two networks maps one to the other, sums in any order, concats
//! in theirs. It is found by colour refinement (a node's colour is hashed with those of what it reads
//! and of what reads it, until nothing changes); layers that then have one colour are interchangeable
//! and are told apart one by one.
//!
//! Before that both networks are written alike: sums of sums are one sum, equal operations without
//! weights on equal inputs are one, zeros are left out of sums, windows and views are not seen.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use untrained::graph::{Graph, Node, NodeId, Op, Pool, PoolKind};
use untrained::onnx::Model;
use untrained::weights::Weights;

/// The model's weights for the layers of `graph`, which must be the same network.
///
/// # Errors
///
/// The layers of either network that have no counterpart.
pub fn weights(graph: &Graph, model: &Model) -> Result<Weights, String> {
    let ours = Network::new(graph);
    let theirs = Network::new(&model.graph);
    no_weighted_norms(model)?;
    let mut weights = Weights::with_nodes(graph.nodes().len());
    for (own, other) in unused_pairs(&ours, &theirs)?.into_iter().chain(pairs(&ours, &theirs)?) {
        let layer = model.weights.get(other).ok_or("a layer of the model has no weights")?;
        weights.set(own, layer.clone());
    }
    Ok(weights)
}

/// Batch normalisations are not matched: they must hold the values they have by default.
fn no_weighted_norms(model: &Model) -> Result<(), String> {
    for (id, node) in model.graph.iter().filter(|(_, node)| matches!(node.op, Op::BatchNorm(_))) {
        let default = model.weights.get(id).is_none_or(|layer| {
            layer.weight.iter().all(|&value| value == 1.0)
                && layer.bias.iter().all(|&value| value == 0.0)
        });
        if !default {
            return Err(format!("{} has weights of its own", node.label));
        }
    }
    Ok(())
}

/// What a node gives, written alike in both networks.
struct Value {
    /// The operation and its shape.
    spec: String,
    /// Values it reads; those of a sum are sorted.
    inputs: Vec<usize>,
    /// Whether the order of its inputs matters.
    ordered: bool,
    /// It is zero for every image.
    zero: bool,
    /// The convolution or linear layer that gives it.
    layer: Option<NodeId>,
}

/// A network as values.
struct Network<'g> {
    graph: &'g Graph,
    values: Vec<Value>,
    /// By value, its readers and the position of their input.
    readers: Vec<Vec<(usize, usize)>>,
    /// The values that something depends on.
    needed: Vec<usize>,
    /// Layers that read zero: what they hold does not matter.
    unused: Vec<(String, NodeId)>,
    known: BTreeMap<(String, Vec<usize>), usize>,
}

impl<'g> Network<'g> {
    fn new(graph: &'g Graph) -> Self {
        let mut network = Self {
            graph,
            values: Vec::new(),
            readers: Vec::new(),
            needed: Vec::new(),
            unused: Vec::new(),
            known: BTreeMap::new(),
        };
        let mut of = Vec::with_capacity(graph.nodes().len());
        let mut roots = BTreeSet::new();
        for (id, node) in graph.iter() {
            let inputs = node.inputs.iter().map(|input| of[input.index()]).collect();
            let value = network.value(id, node, inputs);
            of.push(value);
            if node.op.is_convolution_or_linear() || node.op.activation().is_some() {
                roots.insert(value);
            }
        }
        roots.extend(graph.output().map(|output| of[output.index()]));
        network.connect(roots);
        network
    }

    fn value(&mut self, id: NodeId, node: &Node, inputs: Vec<usize>) -> usize {
        let all_zero = !inputs.is_empty() && inputs.iter().all(|&input| self.values[input].zero);
        match node.op {
            Op::Window(_) | Op::Flatten => inputs[0],
            Op::ChannelSlice { len, .. } if len == self.channels(node) => inputs[0],
            Op::Scale(0.0) => self.zero(node),
            Op::Conv(_) | Op::Linear(_) if all_zero => {
                self.unused.push((spec(node), id));
                self.zero(node)
            }
            _ if all_zero => self.zero(node),
            Op::Conv(_) | Op::Linear(_) => self.push(spec(node), inputs, true, Some(id)),
            Op::Add => self.sum(node, &inputs),
            Op::Concat => {
                let inputs = self.flat(&inputs, "concat");
                self.shared("concat".to_owned(), inputs, true)
            }
            _ => self.shared(spec(node), inputs, true),
        }
    }

    fn channels(&self, node: &Node) -> usize {
        self.graph.shape(node.inputs[0]).channels
    }

    fn zero(&mut self, node: &Node) -> usize {
        let value = self.shared(format!("zero {}", node.shape), Vec::new(), true);
        self.values[value].zero = true;
        value
    }

    fn sum(&mut self, node: &Node, inputs: &[usize]) -> usize {
        let mut terms = self.flat(inputs, "add");
        terms.retain(|&term| !self.values[term].zero);
        terms.sort_unstable();
        match terms[..] {
            [] => self.zero(node),
            [term] => term,
            _ => self.shared("add".to_owned(), terms, false),
        }
    }

    /// The inputs, each that is itself of that kind replaced by its own.
    fn flat(&self, inputs: &[usize], kind: &str) -> Vec<usize> {
        let parts = inputs.iter().map(|&input| match &self.values[input] {
            value if value.spec == kind => value.inputs.clone(),
            _ => vec![input],
        });
        parts.flatten().collect()
    }

    /// The value of an operation without weights: one for equal inputs.
    fn shared(&mut self, spec: String, inputs: Vec<usize>, ordered: bool) -> usize {
        let key = (spec, inputs);
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        let value = self.push(key.0.clone(), key.1.clone(), ordered, None);
        self.known.insert(key, value);
        value
    }

    fn push(
        &mut self,
        spec: String,
        inputs: Vec<usize>,
        ordered: bool,
        layer: Option<NodeId>,
    ) -> usize {
        self.values.push(Value { spec, inputs, ordered, zero: false, layer });
        self.values.len() - 1
    }

    /// Notes who reads what, starting from what matters: layers, ReLUs and the output.
    fn connect(&mut self, roots: BTreeSet<usize>) {
        self.readers = self.values.iter().map(|_| Vec::new()).collect();
        let mut open: Vec<usize> = roots.iter().copied().collect();
        let mut needed = roots;
        while let Some(reader) = open.pop() {
            for (position, &input) in self.values[reader].inputs.iter().enumerate() {
                let position = if self.values[reader].ordered { position } else { 0 };
                self.readers[input].push((reader, position));
                if needed.insert(input) {
                    open.push(input);
                }
            }
        }
        self.needed = needed.into_iter().collect();
    }

    /// The colours at the start: what each value is on its own.
    fn colours(&self) -> Vec<u64> {
        self.values.iter().map(|value| hash(&value.spec)).collect()
    }

    /// Hashes every colour with those around it.
    fn spread(&self, colours: &[u64]) -> Vec<u64> {
        let mut spread = colours.to_vec();
        for &index in &self.needed {
            let value = &self.values[index];
            let mut inputs: Vec<u64> = value.inputs.iter().map(|&input| colours[input]).collect();
            if !value.ordered {
                inputs.sort_unstable();
            }
            let readers = self.readers[index].iter();
            let mut readers: Vec<_> =
                readers.map(|&(reader, position)| (colours[reader], position)).collect();
            readers.sort_unstable();
            spread[index] = hash(&(colours[index], inputs, readers));
        }
        spread
    }

    /// By colour, the values that have it.
    fn classes(&self, colours: &[u64]) -> BTreeMap<u64, Vec<usize>> {
        let mut classes: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for &index in &self.needed {
            classes.entry(colours[index]).or_default().push(index);
        }
        classes
    }

    fn label(&self, value: usize) -> String {
        let value = &self.values[value];
        match value.layer {
            Some(id) => format!("{} ({})", self.graph.node(id).label, value.spec),
            None => value.spec.clone(),
        }
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn spec(node: &Node) -> String {
    match node.op {
        Op::Activation(_) => format!("relu {}", node.shape),
        Op::Pool(pool) if pool.padding == Default::default() && pool.kind != PoolKind::Max => {
            let pool = Pool { kind: PoolKind::Average { count_padding: false }, ..pool };
            format!("{pool:?} {}", node.shape)
        }
        op => format!("{op:?} {}", node.shape),
    }
}

/// Layers that read zero, paired by what they are.
fn unused_pairs(ours: &Network<'_>, theirs: &Network<'_>) -> Result<Vec<(NodeId, NodeId)>, String> {
    let sorted = |network: &Network<'_>| {
        let mut unused = network.unused.clone();
        unused.sort();
        unused
    };
    let (ours, theirs) = (sorted(ours), sorted(theirs));
    if !ours.iter().map(|(spec, _)| spec).eq(theirs.iter().map(|(spec, _)| spec)) {
        return Err(format!("layers that read zero: {ours:?} here, {theirs:?} in the model"));
    }
    Ok(ours.into_iter().zip(theirs).map(|((_, own), (_, other))| (own, other)).collect())
}

/// All other layers, paired by their position.
fn pairs(ours: &Network<'_>, theirs: &Network<'_>) -> Result<Vec<(NodeId, NodeId)>, String> {
    refine(ours, theirs, ours.colours(), theirs.colours())
}

fn refine(
    ours: &Network<'_>,
    theirs: &Network<'_>,
    mut own: Vec<u64>,
    mut other: Vec<u64>,
) -> Result<Vec<(NodeId, NodeId)>, String> {
    let mut count = 0;
    let (own_classes, other_classes) = loop {
        let classes = (ours.classes(&own), theirs.classes(&other));
        same_classes(ours, theirs, &classes.0, &classes.1)?;
        if classes.0.len() == count {
            break classes;
        }
        count = classes.0.len();
        (own, other) = (ours.spread(&own), theirs.spread(&other));
    };
    let is_layer = |value: usize| ours.values[value].layer.is_some();
    let open = own_classes.iter().find(|(_, values)| values.len() > 1 && is_layer(values[0]));
    let Some((colour, values)) = open else {
        let layer = |network: &Network<'_>, values: &[usize]| network.values[values[0]].layer;
        let pairs = own_classes.iter().zip(other_classes.values());
        return Ok(pairs.filter_map(|((_, a), b)| layer(ours, a).zip(layer(theirs, b))).collect());
    };
    // All of one colour are alike: if the first one's place is not the other's, another's is.
    let mut result = Err(format!("no order of the layers like {}", ours.label(values[0])));
    own[values[0]] = hash(&(colour, "first"));
    for &candidate in &other_classes[colour] {
        let mut marked = other.clone();
        marked[candidate] = own[values[0]];
        result = refine(ours, theirs, own.clone(), marked);
        if result.is_ok() {
            break;
        }
    }
    result
}

/// Both networks must have as many values of every colour.
fn same_classes(
    ours: &Network<'_>,
    theirs: &Network<'_>,
    own: &BTreeMap<u64, Vec<usize>>,
    other: &BTreeMap<u64, Vec<usize>>,
) -> Result<(), String> {
    let extra = |network: &Network<'_>,
                 classes: &BTreeMap<u64, Vec<usize>>,
                 than: &BTreeMap<u64, Vec<usize>>| {
        let more = |(colour, values): &(&u64, &Vec<usize>)| {
            than.get(*colour).map_or(0, Vec::len) < values.len()
        };
        let labels = classes.iter().filter(more).map(|(_, values)| network.label(values[0]));
        labels.collect::<Vec<_>>()
    };
    let (here, there) = (extra(ours, own, other), extra(theirs, other, own));
    if here.is_empty() && there.is_empty() {
        return Ok(());
    }
    Err(format!(
        "only here:\n  {}\nonly in the model:\n  {}",
        here.join("\n  "),
        there.join("\n  ")
    ))
}
