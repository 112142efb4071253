//! A network of all that spaces have not, whose labels try to break out of generated code.

use untrained::graph::{
    Activation, ActivationKind, Axis, AxisDigit, Conv, ElementFunction, Graph, LayerNorm, Linear,
    NodeId, Op, Padding, PairFunction, Pool, PoolKind, Rearrange, Resample, Resize, Shape,
    TapTable, Window,
};

/// Labels that are no names, or mean something else in Python.
pub const HOSTILE: [&str; 14] = [
    "import os",
    "__import__('os').system('exit 1')",
    "a\"\"\"\nraise SystemExit(1)\n\"\"\"",
    "x' + exit() + '",
    "None",
    "forward/self",
    "training",
    "lambda.0.class",
    "\u{202e}\u{0}naïve\r\n",
    "",
    "v1(\")\nassert 0\n(\")/0.relu",
    "/train/eval/Conv",
    "1.2.3/4",
    "stage0.cell0.nor_conv_3x3((((",
];

struct OddGraph {
    graph: Graph,
    value: NodeId,
    count: usize,
}

impl OddGraph {
    fn add(&mut self, op: Op, inputs: &[NodeId]) -> NodeId {
        self.count += 1;
        self.graph.add(HOSTILE[self.count % HOSTILE.len()], op, inputs).unwrap()
    }

    fn then(&mut self, op: Op) {
        self.value = self.add(op, &[self.value]);
    }

    /// A convolution and an activation, so that what stands before is seen in codes.
    fn see(&mut self, channels: usize) {
        self.then(Op::Conv(Conv::square(channels, 1, 1)));
        self.then(Op::Activation(Activation::RELU));
    }
}

/// The network, for images of 3 channels and 9 rows and columns.
pub fn graph() -> Graph {
    let mut graph = Graph::new();
    let input = graph.input(Shape::new(3, 9, 9));
    let mut odd = OddGraph { graph, value: input, count: 0 };
    let uneven = Padding { top: 1, left: 0, bottom: 2, right: 1 };
    odd.then(Op::Conv(Conv { padding: uneven, bias: true, ..Conv::square(4, 3, 1) }));
    activations(&mut odd);
    moves(&mut odd);
    functions(&mut odd);
    attention(&mut odd);
    head(&mut odd);
    odd.graph.set_output(odd.value);
    odd.graph
}

fn activations(odd: &mut OddGraph) {
    for kind in [
        ActivationKind::RELU6,
        ActivationKind::ClippedRelu { ceiling: 1.5 },
        ActivationKind::Silu,
        ActivationKind::LeakyRelu { slope: 0.25 },
        ActivationKind::HARD_SIGMOID,
        ActivationKind::HardSigmoid { slope: 0.2, offset: 0.4 },
        ActivationKind::HardSwish,
        ActivationKind::Gelu,
        ActivationKind::GeluTanh,
        ActivationKind::Elu { alpha: 0.5 },
        ActivationKind::Mish,
        ActivationKind::Softsign,
        ActivationKind::Softplus,
        ActivationKind::HardTanh { low: -1.0, high: 2.0 },
        ActivationKind::Sigmoid,
        ActivationKind::Tanh,
        ActivationKind::Shrink { width: 0.1, bias: 0.1 },
        ActivationKind::Shrink { width: 0.1, bias: 0.0 },
        ActivationKind::Shrink { width: 0.1, bias: 0.05 },
        ActivationKind::Threshold { limit: 0.1, value: -0.5 },
    ] {
        odd.then(Op::Activation(Activation::once(kind)));
        odd.then(Op::Conv(Conv::square(4, 1, 1)));
    }
    let twice = Activation { calls: 2, ..Activation::RELU };
    odd.then(Op::Activation(twice));
    let relu = odd.value;
    let one = odd.add(Op::Conv(Conv::square(4, 1, 1)), &[relu]);
    let two = odd.add(Op::Conv(Conv { bias: true, ..Conv::square(4, 3, 1) }), &[relu]);
    odd.value = odd.add(Op::Add, &[one, two, relu]);
}

fn moves(odd: &mut OddGraph) {
    let uneven = Padding { top: 1, left: 0, bottom: 2, right: 1 };
    for (kind, padding) in [
        (PoolKind::Max, uneven),
        (PoolKind::Average { count_padding: true }, uneven),
        (PoolKind::Average { count_padding: false }, uneven),
        (PoolKind::Max, Padding::same(2)),
        (PoolKind::Average { count_padding: false }, Padding::same(1)),
    ] {
        odd.then(Op::Pool(Pool { kind, kernel: [3, 3], stride: [1, 1], padding }));
        odd.see(4);
    }
    odd.then(Op::Window(Window { top: -1, left: 2, height: 5, width: 4, stride: [2, 1] }));
    odd.see(4);
    odd.then(Op::Resize(Resize { factors: [2, 1] }));
    odd.see(6);
    odd.then(Op::ChannelSlice { start: 1, len: 4 });
    odd.see(4);
    // 4 channels, 10 rows, 4 columns.
    let blended =
        TapTable::new(&[vec![(0, 0.5), (3, 0.5)], vec![(9, 1.0)], vec![(2, 0.25), (1, 0.75)]]);
    let table = odd.graph.add_table(blended.unwrap());
    odd.then(Op::Resample(Resample { axis: Axis::Row, table }));
    odd.see(4);
    let picks = odd.graph.add_table(TapTable::picks(&[3, 1]).unwrap());
    odd.then(Op::Resample(Resample { axis: Axis::Column, table: picks }));
    odd.see(4);
    let slice = odd.graph.add_table(TapTable::picks(&[0, 2]).unwrap());
    odd.then(Op::Resample(Resample { axis: Axis::Row, table: slice }));
    odd.see(4);
    // 4 channels, 2 rows, 2 columns.
    let digit = |to, extent, from, step| AxisDigit { to, extent, from, step };
    let repeated = [
        digit(Axis::Channel, 4, Axis::Channel, 1),
        digit(Axis::Row, 3, Axis::Row, 0),
        digit(Axis::Column, 2, Axis::Row, 1),
    ];
    odd.then(Op::Rearrange(Rearrange::new([0, 0, 1], &repeated).unwrap()));
    odd.see(12);
}

fn functions(odd: &mut OddGraph) {
    for function in [
        ElementFunction::Abs,
        ElementFunction::Sqrt,
        ElementFunction::Exp,
        ElementFunction::Log,
        ElementFunction::Sin,
        ElementFunction::Cos,
        ElementFunction::Erf,
        ElementFunction::Power(3.0),
        ElementFunction::Clip { low: -0.25, high: 0.25 },
        ElementFunction::Above(0.05),
        ElementFunction::Floor,
        ElementFunction::AtLeast(0.5),
        ElementFunction::Sign,
        ElementFunction::Ceil,
        ElementFunction::Round,
        ElementFunction::Equals(1.0),
    ] {
        odd.then(Op::Map(function));
    }
    // 12 channels, 3 rows, 2 columns, all 0 or 1: from here on the images differ by what is added.
    let input = NodeId(0);
    let pooled = odd.add(Op::GlobalAvgPool, &[input]);
    let pooled = odd.add(Op::Conv(Conv { bias: true, ..Conv::square(12, 1, 1) }), &[pooled]);
    for function in [PairFunction::Max, PairFunction::Min, PairFunction::Div] {
        let values = odd.value;
        odd.value = odd.add(Op::Pair(function), &[values, pooled]);
        odd.see(12);
    }
    odd.value = odd.add(Op::Mul, &[odd.value, pooled]);
    odd.then(Op::Scale(0.5));
    let zero = odd.add(Op::Scale(0.0), &[odd.value]);
    let table = odd.add(Op::Parameter(Shape::new(12, 3, 2)), &[]);
    odd.value = odd.add(Op::Add, &[odd.value, zero, table]);
    odd.see(12);
}

fn attention(odd: &mut OddGraph) {
    odd.then(Op::LayerNorm(LayerNorm { eps: 1e-6 }));
    odd.see(12);
    let digit = |to, extent, from, step| AxisDigit { to, extent, from, step };
    // Rows are heads: [6, 3, 2] and [2, 3, 6].
    let keys = [
        digit(Axis::Channel, 6, Axis::Channel, 1),
        digit(Axis::Row, 3, Axis::Row, 1),
        digit(Axis::Column, 2, Axis::Column, 1),
    ];
    let queries = [
        digit(Axis::Channel, 2, Axis::Column, 1),
        digit(Axis::Row, 3, Axis::Row, 1),
        digit(Axis::Column, 6, Axis::Channel, 1),
    ];
    let keys = odd.add(Op::Rearrange(Rearrange::new([0; 3], &keys).unwrap()), &[odd.value]);
    let queries =
        odd.add(Op::Rearrange(Rearrange::new([6, 0, 0], &queries).unwrap()), &[odd.value]);
    odd.value = odd.add(Op::MatMul, &[keys, queries]);
    odd.then(Op::Softmax);
    odd.see(5);
    let token = odd.add(Op::Parameter(Shape::new(3, 3, 2)), &[]);
    odd.value = odd.add(Op::Concat, &[odd.value, token]);
    odd.see(8);
}

fn head(odd: &mut OddGraph) {
    let body = odd.value;
    odd.then(Op::GlobalAvgPool);
    odd.then(Op::Linear(Linear { out_features: 8, bias: true }));
    odd.then(Op::Activation(Activation::RELU));
    odd.value = odd.add(Op::Mul, &[body, odd.value]);
    odd.then(Op::BatchNorm(untrained::graph::BatchNorm::default()));
    odd.then(Op::Flatten);
    odd.then(Op::Activation(Activation::RELU));
    odd.then(Op::Linear(Linear { out_features: 5, bias: false }));
}
