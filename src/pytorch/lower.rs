//! From the graph to nodes of the code: one for each node, and some between where PyTorch needs them.
//!
//! A linear layer takes `[n, c]`, so values are flattened before it; what follows stays flat until an image is
//! needed. Padding that differs between the sides becomes a module of its own. A call that several calls were
//! merged into is made as often, so that hooks count what the program counts.

use std::collections::HashMap;

use super::PytorchProblem;
use super::label::{Segment, path};
use super::moves::{padding_argument, rearrange, resample, window};
use super::names::{number, pair};
use super::node::{Family, Hole, Piece, PyNode, PyOp, Value, text, width};
use super::operators;
use crate::graph::{
    Conv, Graph, Node, NodeId, Op, Padding, Pool, PoolKind, Resize, Shape, Statistics,
};

/// The nodes of the code, and what `build` may change.
pub(super) struct Lowered {
    /// The nodes.
    pub nodes: Vec<PyNode>,
    /// The node whose value is the network's output.
    pub output: usize,
    /// Whether images may have another number of channels.
    pub free_channels: bool,
    /// Whether images may have another size.
    pub free_size: bool,
    /// Whether there may be another number of classes.
    pub free_classes: bool,
    /// How batch normalisation is computed.
    pub norms: Norms,
}

/// How batch normalisation is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Norms {
    /// With the statistics of the mini-batch: in training mode.
    OfBatch,
    /// With stored statistics: in evaluation mode.
    Stored,
    /// Some by each: those with stored statistics have a class of their own.
    Mixed,
}

/// Lowers a network.
pub(super) fn lower(graph: &Graph) -> Result<Lowered, PytorchProblem> {
    let output = graph.output().ok_or(PytorchProblem::NoOutput)?;
    let mut lowering = Lowering {
        graph,
        nodes: Vec::new(),
        values: Vec::new(),
        readers: HashMap::new(),
        free_channels: free_channels(graph),
        classifier: classifier(graph, output),
        norms: norms(graph),
    };
    for (id, node) in graph.iter() {
        let values = lowering.node(id, node)?;
        lowering.values.push(values);
    }
    let mut last = lowering.values[output.index()][0];
    if lowering.nodes[last].plane == 1 && !lowering.nodes[last].is_flat {
        last = lowering.flatten(last, &path("output"));
    }
    Ok(Lowered {
        output: last,
        free_channels: lowering.free_channels,
        free_size: free_size(graph),
        free_classes: lowering.classifier.is_some(),
        norms: lowering.norms,
        nodes: lowering.nodes,
    })
}

/// Whether all that reads the images are convolutions of all their channels.
fn free_channels(graph: &Graph) -> bool {
    let is_images = |id: &NodeId| matches!(graph.node(*id).op, Op::Input);
    let mut readers = graph.nodes().iter().filter(|node| node.inputs.iter().any(is_images));
    readers.all(|node| matches!(node.op, Op::Conv(Conv { groups: 1, .. })))
}

/// The layer whose outputs are the classes.
fn classifier(graph: &Graph, output: NodeId) -> Option<NodeId> {
    let mut id = output;
    loop {
        let node = graph.node(id);
        match node.op {
            Op::Linear(_) => return Some(id),
            Op::Conv(Conv { groups: 1, .. }) => return Some(id),
            Op::GlobalAvgPool => id = *node.inputs.first()?,
            Op::Flatten if graph.shape(node.inputs[0]).plane() == 1 => id = node.inputs[0],
            _ => return None,
        }
    }
}

/// Whether nothing depends on the size of the images.
fn free_size(graph: &Graph) -> bool {
    graph.nodes().iter().all(|node| match node.op {
        Op::Flatten => graph.shape(node.inputs[0]).plane() == 1,
        Op::Parameter(shape) => shape.plane() == 1,
        Op::Resample(_) | Op::Rearrange(_) | Op::MatMul => false,
        _ => true,
    })
}

fn norms(graph: &Graph) -> Norms {
    let with = |statistics: Statistics| {
        graph
            .nodes()
            .iter()
            .any(|node| matches!(node.op, Op::BatchNorm(norm) if norm.statistics == statistics))
    };
    match (with(Statistics::Batch), with(Statistics::Running)) {
        (true, true) => Norms::Mixed,
        (false, true) => Norms::Stored,
        (_, false) => Norms::OfBatch,
    }
}

struct Lowering<'g> {
    graph: &'g Graph,
    nodes: Vec<PyNode>,
    /// By node of the graph, its values: one for each call of an activation, else one.
    values: Vec<Vec<usize>>,
    /// How often the value of a node has been read.
    readers: HashMap<NodeId, usize>,
    free_channels: bool,
    classifier: Option<NodeId>,
    norms: Norms,
}

impl Lowering<'_> {
    fn node(&mut self, id: NodeId, node: &Node) -> Result<Vec<usize>, PytorchProblem> {
        let place = path(&node.label);
        let op = match node.op {
            Op::Input => return Ok(vec![self.images(node.shape)]),
            Op::Activation(activation) => {
                let op = operators::activation(activation.kind);
                let calls = 0..activation.calls.max(1);
                return Ok(calls.map(|_| self.keeping(id, node, op.clone())).collect());
            }
            Op::Conv(conv) => return Ok(vec![self.conv(id, node, &conv)]),
            Op::Pool(pool) => return Ok(vec![self.pool(id, node, &pool)]),
            Op::Linear(linear) => {
                let input = self.read(node.inputs[0]);
                let input = self.flatten(input, &place);
                let out = self.out_channels(id, linear.out_features);
                let mut arguments = vec![width(self.nodes[input].channels), width(out)];
                arguments.extend((!linear.bias).then(|| text("bias=False")));
                let op = PyOp::module("nn.Linear", arguments);
                let index = self.push(op, vec![input], id, node, true);
                self.nodes[index].channels = out;
                return Ok(vec![index]);
            }
            Op::BatchNorm(norm) => {
                let is_flat = self.is_flat(node.inputs[0]);
                let class = match (self.norms, norm.statistics) {
                    (Norms::Mixed, Statistics::Running) => "StoredBatchNorm2d",
                    _ if is_flat => "nn.BatchNorm1d",
                    _ => "nn.BatchNorm2d",
                };
                let eps = (norm.eps != 1e-5).then(|| text(format!("eps={}", number(norm.eps))));
                let channels = width(Value::Number(node.shape.channels));
                let arguments = [channels].into_iter().chain(eps).collect();
                return Ok(vec![self.keeping(id, node, PyOp::module(class, arguments))]);
            }
            Op::LayerNorm(norm) => {
                let eps = (norm.eps != 1e-5).then(|| text(format!("eps={}", number(norm.eps))));
                let channels = width(Value::Number(node.shape.channels));
                let arguments = [channels].into_iter().chain(eps).collect();
                return Ok(vec![self.keeping(
                    id,
                    node,
                    PyOp::module("ChannelLayerNorm", arguments),
                )]);
            }
            Op::Softmax => {
                let op = PyOp::module("nn.Softmax", vec![text("dim=1")]);
                return Ok(vec![self.keeping(id, node, op)]);
            }
            Op::Map(function) => {
                return Ok(vec![self.keeping(id, node, operators::element(function))]);
            }
            Op::Scale(factor) => {
                let op = match factor {
                    0.0 => PyOp::expression(&["torch.zeros_like(", ")"]),
                    _ => PyOp::expression(&["", &format!(" * {}", number(factor))]),
                };
                return Ok(vec![self.keeping(id, node, op)]);
            }
            Op::ChannelSlice { start, len } => {
                let end = Value::Number(start + len);
                let mut pieces = vec![Piece::Input(0), text("[:, ")];
                if start > 0 {
                    pieces.push(width(Value::Number(start)));
                }
                pieces.extend([text(":"), width(end), text("]")]);
                let op = PyOp::Expression(pieces);
                return Ok(vec![self.keeping(id, node, op)]);
            }
            Op::Add => return Ok(vec![self.joined(id, node, PyOp::Sum)]),
            Op::Concat => return Ok(vec![self.joined(id, node, PyOp::Concat)]),
            Op::Mul => return Ok(vec![self.joined(id, node, PyOp::expression(&["", " * ", ""]))]),
            Op::Pair(function) => {
                return Ok(vec![self.joined(id, node, operators::pair(function))]);
            }
            Op::MatMul => {
                let op = PyOp::expression(&["torch.einsum(\"bkhm,bnhk->bnhm\", ", ", ", ")"]);
                return Ok(vec![self.joined(id, node, op)]);
            }
            Op::GlobalAvgPool => PyOp::module("nn.AdaptiveAvgPool2d", vec![text("1")]),
            Op::Flatten => {
                let input = self.read(node.inputs[0]);
                let op = PyOp::module("nn.Flatten", vec![]);
                return Ok(vec![match self.nodes[input].is_flat {
                    true => input,
                    false => self.push(op, vec![input], id, node, true),
                }]);
            }
            Op::Resize(Resize { factors }) => {
                PyOp::module("nn.Upsample", vec![text(format!("scale_factor={}", pair(factors)))])
            }
            Op::Window(view) => window(&view, self.graph.shape(node.inputs[0])),
            Op::Rearrange(moved) => rearrange(&moved, self.graph.shape(node.inputs[0]))
                .ok_or_else(|| too_large(node))?,
            Op::Resample(sampled) => resample(self.graph.table(sampled.table), sampled.axis)
                .ok_or_else(|| too_large(node))?,
            Op::Parameter(shape) => return Ok(vec![self.parameter(id, node, shape)]),
        };
        let input = self.image(node.inputs[0], &place);
        Ok(vec![self.push(op, vec![input], id, node, false)])
    }

    fn images(&mut self, shape: Shape) -> usize {
        let channels =
            if self.free_channels { Value::InChannels } else { Value::Number(shape.channels) };
        self.nodes.push(PyNode {
            op: PyOp::Images,
            inputs: Vec::new(),
            path: Vec::new(),
            source: None,
            channels,
            plane: shape.plane(),
            is_flat: false,
        });
        self.nodes.len() - 1
    }

    fn push(
        &mut self,
        op: PyOp,
        inputs: Vec<usize>,
        id: NodeId,
        node: &Node,
        is_flat: bool,
    ) -> usize {
        self.nodes.push(PyNode {
            op,
            inputs,
            path: path(&node.label),
            source: Some(id),
            channels: Value::Number(node.shape.channels),
            plane: node.shape.plane(),
            is_flat,
        });
        self.nodes.len() - 1
    }

    /// A node that PyTorch needs before the node of that path.
    fn helper(&mut self, op: PyOp, name: &str, input: usize, place: &[Segment]) -> usize {
        let mut path = place.to_vec();
        let is_layer = path.pop().is_some_and(|last| last.is_layer);
        path.push(Segment { text: name.to_owned(), is_layer });
        let PyNode { channels, plane, is_flat, .. } = self.nodes[input];
        let inputs = vec![input];
        self.nodes.push(PyNode { op, inputs, path, source: None, channels, plane, is_flat });
        self.nodes.len() - 1
    }

    /// The value of a node for one more reader. Readers of an activation are spread over its calls.
    fn read(&mut self, id: NodeId) -> usize {
        let values = &self.values[id.index()];
        let reader = self.readers.entry(id).or_insert(0);
        let value = values[*reader % values.len()];
        *reader += 1;
        value
    }

    fn is_flat(&self, id: NodeId) -> bool {
        self.nodes[self.values[id.index()][0]].is_flat
    }

    fn flatten(&mut self, input: usize, place: &[Segment]) -> usize {
        if self.nodes[input].is_flat {
            return input;
        }
        let flat = self.helper(PyOp::module("nn.Flatten", vec![]), "flatten", input, place);
        self.nodes[flat].is_flat = true;
        flat
    }

    /// The same as `[n, c, h, w]`.
    fn image(&mut self, id: NodeId, place: &[Segment]) -> usize {
        let input = self.read(id);
        if !self.nodes[input].is_flat {
            return input;
        }
        let op = PyOp::expression(&["", "[:, :, None, None]"]);
        let image = self.helper(op, "image", input, place);
        self.nodes[image].is_flat = false;
        image
    }

    /// A node that gives what has the form of its input.
    fn keeping(&mut self, id: NodeId, node: &Node, op: PyOp) -> usize {
        let input = self.read(node.inputs[0]);
        let is_flat = self.nodes[input].is_flat;
        self.push(op, vec![input], id, node, is_flat)
    }

    /// A node of several inputs, all flat or none.
    fn joined(&mut self, id: NodeId, node: &Node, op: PyOp) -> usize {
        let is_flat =
            node.inputs.iter().all(|&input| self.is_flat(input)) && !matches!(node.op, Op::MatMul);
        let place = path(&node.label);
        let inputs: Vec<usize> = node
            .inputs
            .iter()
            .map(|&input| if is_flat { self.read(input) } else { self.image(input, &place) })
            .collect();
        self.push(op, inputs, id, node, is_flat)
    }

    /// What `build` may change if it is the number of classes.
    fn out_channels(&self, id: NodeId, count: usize) -> Value {
        if self.classifier == Some(id) { Value::Classes } else { Value::Number(count) }
    }

    fn conv(&mut self, id: NodeId, node: &Node, conv: &Conv) -> usize {
        let place = path(&node.label);
        let mut input = self.image(node.inputs[0], &place);
        let padding = conv.padding;
        let mut pads = None;
        if padding.top == padding.bottom && padding.left == padding.right {
            pads = padding_argument(padding.top, padding.left);
        } else {
            input = self.pad("nn.ZeroPad2d", padding, None, input, &place);
        }
        let out = self.out_channels(id, conv.out_channels);
        let kernel = text(pair(conv.kernel));
        let mut arguments = vec![width(self.nodes[input].channels), width(out), kernel];
        arguments.push(stride("stride=", conv.stride, Some(1)));
        arguments.extend(pads.map(text));
        if conv.dilation != [1, 1] {
            arguments.push(text(format!("dilation={}", pair(conv.dilation))));
        }
        arguments.push(Piece::Hole(Hole {
            value: Value::Number(conv.groups),
            family: Family::Width,
            prefix: "groups=",
            default: Some(1),
        }));
        arguments.extend((!conv.bias).then(|| text("bias=False")));
        let index = self.push(PyOp::module("nn.Conv2d", arguments), vec![input], id, node, false);
        self.nodes[index].channels = out;
        index
    }

    fn pad(
        &mut self,
        class: &'static str,
        padding: Padding,
        value: Option<&str>,
        input: usize,
        place: &[Segment],
    ) -> usize {
        let Padding { top, left, bottom, right } = padding;
        let mut arguments = vec![text(format!("({left}, {right}, {top}, {bottom})"))];
        arguments.extend(value.map(text));
        self.helper(PyOp::module(class, arguments), "pad", input, place)
    }

    fn pool(&mut self, id: NodeId, node: &Node, pool: &Pool) -> usize {
        let place = path(&node.label);
        let mut input = self.image(node.inputs[0], &place);
        let Padding { top, left, bottom, right } = pool.padding;
        // PyTorch pads both sides alike, and by half the window at most.
        let is_plain = top == bottom
            && left == right
            && 2 * top <= pool.kernel[0]
            && 2 * left <= pool.kernel[1];
        let mut arguments = vec![text(pair(pool.kernel)), stride("stride=", pool.stride, None)];
        let plain = padding_argument(top, left).map(text);
        let class = match pool.kind {
            PoolKind::Max if is_plain => {
                arguments.extend(plain);
                "nn.MaxPool2d"
            }
            PoolKind::Max => {
                let lowest = Some("float(\"-inf\")");
                input = self.pad("nn.ConstantPad2d", pool.padding, lowest, input, &place);
                "nn.MaxPool2d"
            }
            PoolKind::Average { count_padding } if is_plain => {
                let counts = plain.is_some() && !count_padding;
                arguments.extend(plain);
                arguments.extend(counts.then(|| text("count_include_pad=False")));
                "nn.AvgPool2d"
            }
            PoolKind::Average { count_padding: true } => {
                input = self.pad("nn.ZeroPad2d", pool.padding, None, input, &place);
                "nn.AvgPool2d"
            }
            PoolKind::Average { count_padding: false } => {
                arguments.push(text(format!("({left}, {right}, {top}, {bottom})")));
                "PaddedAvgPool2d"
            }
        };
        self.push(PyOp::module(class, arguments), vec![input], id, node, false)
    }

    /// Values that do not depend on the images, repeated for each of them.
    fn parameter(&mut self, id: NodeId, node: &Node, shape: Shape) -> usize {
        let Shape { channels, height, width: columns } = shape;
        let arguments = vec![
            width(Value::Number(channels)),
            text(height.to_string()),
            text(columns.to_string()),
        ];
        let images = self.nodes.iter().position(|node| matches!(node.op, PyOp::Images));
        let inputs = images.into_iter().collect();
        self.push(PyOp::module("Parameter", arguments), inputs, id, node, false)
    }
}

fn too_large(node: &Node) -> PytorchProblem {
    PytorchProblem::TooLarge { label: node.label.clone(), op: node.op.name() }
}

fn stride(prefix: &'static str, steps: [usize; 2], default: Option<usize>) -> Piece {
    if steps[0] != steps[1] {
        return text(format!("{prefix}{}", pair(steps)));
    }
    Piece::Hole(Hole { value: Value::Number(steps[0]), family: Family::Stride, prefix, default })
}
