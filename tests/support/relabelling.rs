//! The same network with its channels in another order: all layers' weights permuted such that every tensor
//! holds the same values, in the order of other channels.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use untrained::graph::{Conv, Graph, Node, NodeId, Op};
use untrained::seed;
use untrained::weights::{LayerWeights, Weights};

/// An order of the channels of every node: which channel of the network stands at each place.
pub struct ChannelOrder(Vec<Vec<usize>>);

/// Where channels are the same ones: by node and channel, a class. Channels that are added or multiplied
/// are of one class, and may only be exchanged together.
struct ChannelClasses {
    of: Vec<Vec<usize>>,
    parents: Vec<usize>,
    /// By class before they were united: groups of convolutions, and the mark of what may not move.
    bounds: Vec<Vec<ChannelBound>>,
}

/// What keeps two channels from being exchanged, unless both have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ChannelBound {
    /// Belongs to a tensor, once for each time that the tensor holds it.
    Tensor(usize),
    /// Is read by a group of a convolution.
    Read(usize, usize),
    /// Is written by a group of a convolution.
    Written(usize, usize),
    /// Stays where it is.
    Fixed(usize),
}

impl ChannelClasses {
    fn of_graph(graph: &Graph) -> Self {
        let mut classes = Self { of: Vec::new(), parents: Vec::new(), bounds: Vec::new() };
        for (id, node) in graph.iter() {
            let own = classes.of_node(graph, id, node);
            assert_eq!(own.len(), node.shape.channels, "{}", node.label);
            classes.of.push(own);
        }
        for node in 0..classes.of.len() {
            for channel in 0..classes.of[node].len() {
                let class = classes.root(classes.of[node][channel]);
                classes.of[node][channel] = class;
                classes.bounds[class].push(ChannelBound::Tensor(node));
            }
        }
        for class in 0..classes.parents.len() {
            let root = classes.root(class);
            if root != class {
                let bounds = std::mem::take(&mut classes.bounds[class]);
                classes.bounds[root].extend(bounds);
            }
        }
        classes.bounds.iter_mut().for_each(|bounds| bounds.sort_unstable());
        classes
    }

    fn of_node(&mut self, graph: &Graph, id: NodeId, node: &Node) -> Vec<usize> {
        let input = |classes: &Self, at: usize| classes.of[node.inputs[at].index()].clone();
        let channels = node.shape.channels;
        match node.op {
            Op::Conv(conv) if is_depthwise(&conv, graph, node) => input(self, 0),
            Op::Conv(conv) => {
                let read = input(self, 0);
                for (at, &class) in read.iter().enumerate() {
                    let group = at / (read.len() / conv.groups);
                    self.bounds[class].push(ChannelBound::Read(id.index(), group));
                }
                let group = |at: usize| at / (channels / conv.groups);
                self.fresh(channels, |at| vec![ChannelBound::Written(id.index(), group(at))])
            }
            Op::Linear(_) => self.fresh(channels, |_| Vec::new()),
            Op::Add | Op::Mul => {
                let first = input(self, 0);
                for other in 1..node.inputs.len() {
                    for (&a, b) in first.iter().zip(input(self, other)) {
                        let (a, b) = (self.root(a), self.root(b));
                        self.parents[b] = a;
                    }
                }
                first
            }
            Op::Concat => (0..node.inputs.len()).flat_map(|at| input(self, at)).collect(),
            Op::ChannelSlice { start, len } => input(self, 0)[start..start + len].to_vec(),
            Op::Flatten => {
                let plane = graph.shape(node.inputs[0]).plane();
                let repeated = |class| std::iter::repeat_n(class, plane);
                input(self, 0).into_iter().flat_map(repeated).collect()
            }
            Op::BatchNorm(_)
            | Op::LayerNorm(_)
            | Op::Activation(_)
            | Op::Pool(_)
            | Op::Window(_)
            | Op::Resize(_)
            | Op::Scale(_)
            | Op::GlobalAvgPool => input(self, 0),
            Op::Input
            | Op::Parameter(_)
            | Op::Map(_)
            | Op::Pair(_)
            | Op::Resample(_)
            | Op::Rearrange(_)
            | Op::Softmax
            | Op::MatMul => {
                for at in 0..node.inputs.len() {
                    for class in input(self, at) {
                        self.bounds[class].push(ChannelBound::Fixed(class));
                    }
                }
                let first = self.parents.len();
                self.fresh(channels, |at| vec![ChannelBound::Fixed(first + at)])
            }
        }
    }

    fn fresh(
        &mut self,
        channels: usize,
        bounds: impl Fn(usize) -> Vec<ChannelBound>,
    ) -> Vec<usize> {
        let first = self.parents.len();
        self.parents.extend(first..first + channels);
        self.bounds.extend((0..channels).map(bounds));
        (first..first + channels).collect()
    }

    fn root(&self, mut class: usize) -> usize {
        while self.parents[class] != class {
            class = self.parents[class];
        }
        class
    }
}

fn is_depthwise(conv: &Conv, graph: &Graph, node: &Node) -> bool {
    let channels = graph.shape(node.inputs[0]).channels;
    conv.groups > 1 && conv.groups == channels && conv.out_channels == channels
}

impl ChannelOrder {
    /// A random order, the same one for the same seed: whatever may be exchanged is.
    pub fn random(graph: &Graph, seed: u64) -> Self {
        let classes = ChannelClasses::of_graph(graph);
        let mut alike: BTreeMap<&[ChannelBound], Vec<usize>> = BTreeMap::new();
        for (class, bounds) in classes.bounds.iter().enumerate() {
            if classes.parents[class] == class {
                alike.entry(bounds).or_default().push(class);
            }
        }
        let mut stream = seed::stream(seed, &["channel order"]);
        let mut stands_for: Vec<usize> = (0..classes.parents.len()).collect();
        for members in alike.values() {
            let mut others = members.clone();
            others.shuffle(&mut stream);
            for (&class, other) in members.iter().zip(others) {
                stands_for[class] = other;
            }
        }
        let of_node = |own: &Vec<usize>| {
            let mut places: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for (channel, &class) in own.iter().enumerate() {
                places.entry(class).or_default().push(channel);
            }
            let mut met: BTreeMap<usize, usize> = BTreeMap::new();
            let at = |&class: &usize| {
                let time = met.entry(class).or_default();
                *time += 1;
                places[&stands_for[class]][*time - 1]
            };
            own.iter().map(at).collect()
        };
        Self(classes.of.iter().map(of_node).collect())
    }

    /// How many convolutions give their channels in another order.
    pub fn moved_convolutions(&self, graph: &Graph) -> usize {
        let is_moved = |id: NodeId| self.0[id.index()].iter().enumerate().any(|(at, &c)| at != c);
        let convs = graph.iter().filter(|(_, node)| matches!(node.op, Op::Conv(_)));
        convs.filter(|&(id, _)| is_moved(id)).count()
    }

    /// The weights of the same network in that order. Without `readers` only what layers write is moved, and
    /// those that read it are left as they are: another network.
    pub fn apply(&self, graph: &Graph, weights: &Weights, readers: bool) -> Weights {
        let mut other = weights.clone();
        for (id, node) in graph.iter() {
            if let Some(layer) = weights.get(id) {
                other.set(id, self.layer(id, node, layer, readers));
            }
        }
        other
    }

    fn layer(&self, id: NodeId, node: &Node, layer: &LayerWeights, readers: bool) -> LayerWeights {
        let own = &self.0[id.index()];
        let vector = |values: &[f32]| match values.len() {
            0 => Vec::new(),
            _ => own.iter().map(|&channel| values[channel]).collect::<Vec<f32>>(),
        };
        let weight = match node.op {
            Op::Conv(conv) => {
                let taps = conv.kernel[0] * conv.kernel[1];
                self.matrix(id, node, &layer.weight, [conv.groups, taps], readers)
            }
            Op::Linear(_) => self.matrix(id, node, &layer.weight, [1, 1], readers),
            Op::BatchNorm(_) | Op::LayerNorm(_) => vector(&layer.weight),
            _ => return layer.clone(),
        };
        LayerWeights {
            weight,
            bias: vector(&layer.bias),
            mean: vector(&layer.mean),
            variance: vector(&layer.variance),
        }
    }

    /// The weights of a convolution or linear layer.
    fn matrix(
        &self,
        id: NodeId,
        node: &Node,
        weights: &[f32],
        [groups, taps]: [usize; 2],
        readers: bool,
    ) -> Vec<f32> {
        let (own, read) = (&self.0[id.index()], &self.0[node.inputs[0].index()]);
        let (per_group, group_rows) = (read.len() / groups, own.len() / groups);
        let mut matrix = Vec::with_capacity(weights.len());
        for (row, &from) in own.iter().enumerate() {
            for column in 0..per_group {
                let column = match readers {
                    true => read[row / group_rows * per_group + column] % per_group,
                    false => column,
                };
                matrix.extend(&weights[(from * per_group + column) * taps..][..taps]);
            }
        }
        matrix
    }
}
