//! Random small networks of all primitives, grown gene by gene so that a failing one can shrink.

use std::ops::RangeInclusive;

use proptest::prelude::*;
use untrained::graph::{
    Activation, ActivationKind, BatchNorm, Conv, Graph, Linear, NodeId, Op, Padding, Pool,
    PoolKind, Resize, Shape, Statistics, Window,
};

/// Values of one image that a node may have.
const MOST_VALUES: usize = 3000;

/// Channels of one image that a node may have.
const MOST_CHANNELS: usize = 48;

/// Activations whose values of whole numbers are exact.
const WHOLE: [ActivationKind; 5] = [
    ActivationKind::Relu,
    ActivationKind::Relu,
    ActivationKind::RELU6,
    ActivationKind::LeakyRelu { slope: 0.5 },
    ActivationKind::HardSigmoid { slope: 0.5, offset: 0.5 },
];

/// All activations.
const KINDS: [ActivationKind; 10] = [
    ActivationKind::Relu,
    ActivationKind::RELU6,
    ActivationKind::LeakyRelu { slope: 0.1 },
    ActivationKind::HARD_SIGMOID,
    ActivationKind::Sigmoid,
    ActivationKind::Silu,
    ActivationKind::HardSwish,
    ActivationKind::Gelu,
    ActivationKind::GeluTanh,
    ActivationKind::Tanh,
];

/// Chooses one operation and what it reads.
#[derive(Clone, Debug)]
pub struct Gene {
    kind: u8,
    from: [u8; 4],
    with: [u8; 6],
}

/// Lists of genes.
pub fn genes(count: RangeInclusive<usize>) -> impl Strategy<Value = Vec<Gene>> {
    let gene = (any::<u8>(), any::<[u8; 4]>(), any::<[u8; 6]>());
    let gene = gene.prop_map(|(kind, from, with)| Gene { kind, from, with });
    proptest::collection::vec(gene, count)
}

/// Which averages and norms a network may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No batch-norm, averages over powers of two.
    Whole,
    /// Everything.
    Normalised,
}

/// Grows a network; genes that do not fit are passed over. Most loose ends get a ReLU.
pub fn grow(input: Shape, genes: &[Gene], kind: Kind) -> Graph {
    let mut graph = Graph::new();
    graph.input(input);
    for (index, gene) in genes.iter().enumerate() {
        let Some((op, inputs)) = gene.express(&graph, kind) else { continue };
        let mut trial = graph.clone();
        let Ok(node) = trial.add(format!("{} {index}", op.name()), op, &inputs) else { continue };
        let shape = trial.shape(node);
        if shape.volume() <= MOST_VALUES && shape.channels <= MOST_CHANNELS {
            graph = trial;
        }
    }
    close(&mut graph, genes);
    graph
}

fn close(graph: &mut Graph, genes: &[Gene]) {
    let count = graph.nodes().len();
    let mut read = vec![false; count];
    for node in graph.nodes() {
        node.inputs.iter().for_each(|input| read[input.index()] = true);
    }
    let mut last = NodeId(count as u32 - 1);
    for index in (0..count).filter(|&index| !read[index]) {
        // Now and then nothing reads a node, so that it need not be computed.
        let dead = genes.get(index).is_some_and(|gene| gene.kind.is_multiple_of(8));
        if !dead || index + 1 == count {
            let calls = 1 + index as u32 % 3;
            let relu = Op::Activation(Activation::relu(calls, calls + 1));
            last = graph.add(format!("end {index}"), relu, &[NodeId(index as u32)]).unwrap();
        }
    }
    graph.set_output(last);
}

impl Gene {
    /// One of the last few nodes, or of all.
    fn input(&self, graph: &Graph, which: usize) -> NodeId {
        let count = graph.nodes().len();
        let reach = if self.from[which] >= 160 { count } else { count.min(3) };
        NodeId((count - 1 - usize::from(self.from[which]) % reach) as u32)
    }

    /// A number from a range.
    fn number(&self, which: usize, range: RangeInclusive<usize>) -> usize {
        let (first, last) = range.into_inner();
        first + usize::from(self.with[which]) % (last - first + 1)
    }

    fn pair(&self, which: usize, range: RangeInclusive<usize>) -> [usize; 2] {
        [self.number(which, range.clone()), self.number(which + 1, range)]
    }

    fn padding(&self, which: usize, most: usize) -> Padding {
        let bits = usize::from(self.with[which]);
        let side = |shift: usize| (bits >> shift) % (most + 1);
        Padding { top: side(0), left: side(2), bottom: side(4), right: side(6) }
    }

    fn flag(&self, which: usize) -> bool {
        self.with[which] >= 128
    }

    fn express(&self, graph: &Graph, kind: Kind) -> Option<(Op, Vec<NodeId>)> {
        let first = self.input(graph, 0);
        let shape = graph.shape(first);
        let one = |op: Op| Some((op, vec![first]));
        let kind_of_op = self.kind % 28;
        if shape.plane() == 1 && matches!(kind_of_op, 0..=2 | 13 | 20..) {
            let out_features = self.number(0, 1..=40);
            return one(Op::Linear(Linear { out_features, bias: self.flag(1) }));
        }
        match kind_of_op {
            0..=5 => one(Op::Conv(self.conv(shape))),
            6..=8 if kind == Kind::Normalised => one(Op::BatchNorm(self.norm())),
            6..=10 | 24..=25 => one(Op::Activation(self.activation(kind))),
            11..=12 => one(Op::Pool(self.pool(kind))),
            13 => one(Op::GlobalAvgPool),
            14..=17 => Some((Op::Add, self.alike(graph, first, |a, b| a == b))),
            18 => one(Op::Scale([0.5, -1.0, 2.0, 1.0, 0.25, 0.0][self.number(0, 0..=5)])),
            19..=20 => {
                let alike = |a: Shape, b: Shape| (a.height, a.width) == (b.height, b.width);
                Some((Op::Concat, self.alike(graph, first, alike)))
            }
            21 => {
                let start = self.number(0, 0..=20) % shape.channels;
                one(Op::ChannelSlice { start, len: self.number(1, 1..=20) })
            }
            22 => one(Op::Window(self.window())),
            26 => {
                let other =
                    |_, node: Shape| node == shape || node == Shape::new(shape.channels, 1, 1);
                Some((Op::Mul, self.alike(graph, first, other)[..2].to_vec()))
            }
            27 => one(Op::Resize(Resize { factors: self.pair(0, 1..=2) })),
            _ => one(Op::Flatten),
        }
    }

    fn conv(&self, input: Shape) -> Conv {
        // A third are 3x3 or 1x1 with few widths, so that siblings happen.
        if self.with[0] < 90 {
            let kernel = if self.flag(1) { 3 } else { 1 };
            return Conv::square([4, 6, 17][self.number(2, 0..=2)], kernel, 1);
        }
        let groups = [1, 1, 2, 3, input.channels, input.channels][self.number(1, 0..=5)];
        let out_channels =
            if self.flag(2) { input.channels } else { groups * self.number(2, 1..=6) };
        Conv {
            out_channels,
            kernel: self.pair(2, 1..=3),
            stride: self.pair(3, 1..=2),
            padding: self.padding(4, 2),
            dilation: self.pair(4, 1..=2),
            groups,
            bias: self.flag(5),
        }
    }

    fn norm(&self) -> BatchNorm {
        let statistics =
            if self.number(0, 0..=4) == 0 { Statistics::Running } else { Statistics::Batch };
        BatchNorm { eps: [1e-5, 1e-3, 0.1][self.number(1, 0..=2)], statistics }
    }

    fn activation(&self, kind: Kind) -> Activation {
        let calls = self.number(0, 1..=3) as u32;
        let kinds = if kind == Kind::Whole { &WHOLE[..] } else { &KINDS[..] };
        let kind = kinds[self.number(2, 0..=kinds.len() - 1)];
        Activation { kind, calls, published_calls: calls + self.number(1, 0..=1) as u32 }
    }

    fn pool(&self, kind: Kind) -> Pool {
        if self.flag(0) {
            let (kernel, padding) = (self.pair(1, 1..=3), self.padding(3, 2));
            return Pool { kind: PoolKind::Max, kernel, stride: self.pair(2, 1..=2), padding };
        }
        let most = if kind == Kind::Whole { 2 } else { 3 };
        Pool {
            kind: PoolKind::Average { count_padding: self.flag(1) },
            kernel: self.pair(1, 1..=most),
            stride: self.pair(2, 1..=2),
            padding: self.padding(4, 1),
        }
    }

    fn window(&self) -> Window {
        Window {
            top: self.number(0, 0..=3) as isize - 2,
            left: self.number(1, 0..=3) as isize - 2,
            height: self.number(2, 1..=9),
            width: self.number(3, 1..=18),
            stride: self.pair(4, 1..=2),
        }
    }

    /// `first` and up to six other nodes of a shape that fits it; one may come twice.
    fn alike(
        &self,
        graph: &Graph,
        first: NodeId,
        fits: impl Fn(Shape, Shape) -> bool,
    ) -> Vec<NodeId> {
        let shape = graph.shape(first);
        let fitting: Vec<NodeId> =
            graph.iter().filter(|(_, node)| fits(shape, node.shape)).map(|(id, _)| id).collect();
        let others = (0..self.number(5, 1..=6)).map(|index| {
            let choice = usize::from(self.from[1 + index % 3]) + index;
            fitting[fitting.len() - 1 - choice % fitting.len()]
        });
        std::iter::once(first).chain(others).collect()
    }
}
