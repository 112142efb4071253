//! Adds layers to a graph.

use super::{
    BranchJoin, ChannelWidth, ConvLayer, GroupCount, LayerStep, OperationLayer, PoolLayer,
    WidthBase,
};
use crate::graph::{
    BatchNorm, Conv, Graph, GraphError, Linear, NodeId, Op, Padding, Pool, PoolKind, Shape, Window,
};

/// Where an operation stands: what its layers need to know to become primitives.
#[derive(Clone, Copy, Debug)]
pub(in crate::space) struct OperationContext {
    /// Channels that the operation is to give.
    pub width: usize,
    /// The operation's stride.
    pub stride: usize,
    /// What a classifier gives.
    pub classes: usize,
}

/// Wires a list of layers behind `input`. Nodes are labelled `label/position.operation`.
pub(in crate::space) fn emit(
    graph: &mut Graph,
    layers: &[OperationLayer],
    input: NodeId,
    label: &str,
    place: OperationContext,
) -> Result<NodeId, GraphError> {
    let mut value = input;
    for (position, layer) in layers.iter().enumerate() {
        value = emit_layer(graph, layer, value, &format!("{label}/{position}"), place)?;
    }
    Ok(value)
}

fn emit_layer(
    graph: &mut Graph,
    layer: &OperationLayer,
    input: NodeId,
    label: &str,
    place: OperationContext,
) -> Result<NodeId, GraphError> {
    let shape = graph.shape(input);
    let op = match layer {
        OperationLayer::Identity => return Ok(input),
        OperationLayer::Zero => return emit_zero(graph, input, label, place),
        OperationLayer::Branches(join, branches) => {
            return emit_branches(graph, *join, branches, input, label, place);
        }
        OperationLayer::Activation(activation) => Op::Activation(*activation),
        OperationLayer::BatchNorm => Op::BatchNorm(BatchNorm::default()),
        OperationLayer::Conv(conv) => conv.op(shape, place).map_err(|reason| GraphError {
            label: label.to_owned(),
            op: "conv",
            reason,
        })?,
        OperationLayer::Pool(pool) => pool.op(place),
        OperationLayer::Shift([rows, columns]) => Op::Window(Window {
            top: *rows as isize,
            left: *columns as isize,
            height: shape.height,
            width: shape.width,
            stride: [1, 1],
        }),
        OperationLayer::GlobalAvgPool => Op::GlobalAvgPool,
        OperationLayer::Flatten => Op::Flatten,
        OperationLayer::Linear(linear) => Op::Linear(Linear {
            out_features: linear.out.unwrap_or(place.classes),
            bias: linear.bias,
        }),
    };
    graph.add(format!("{label}.{}", op.name()), op, &[input])
}

/// Zeros at the operation's stride and width.
fn emit_zero(
    graph: &mut Graph,
    input: NodeId,
    label: &str,
    place: OperationContext,
) -> Result<NodeId, GraphError> {
    let shape = graph.shape(input);
    let mut value = input;
    if shape.channels < place.width {
        let copies = vec![value; place.width.div_ceil(shape.channels)];
        value = graph.add(format!("{label}.concat"), Op::Concat, &copies)?;
    }
    if graph.shape(value).channels > place.width {
        let slice = Op::ChannelSlice { start: 0, len: place.width };
        value = graph.add(format!("{label}.channels"), slice, &[value])?;
    }
    if place.stride > 1 {
        let window = Window {
            top: 0,
            left: 0,
            height: shape.height.div_ceil(place.stride),
            width: shape.width.div_ceil(place.stride),
            stride: [place.stride; 2],
        };
        value = graph.add(format!("{label}.window"), Op::Window(window), &[value])?;
    }
    graph.add(format!("{label}.zero"), Op::Scale(0.0), &[value])
}

fn emit_branches(
    graph: &mut Graph,
    join: BranchJoin,
    branches: &[Vec<OperationLayer>],
    input: NodeId,
    label: &str,
    place: OperationContext,
) -> Result<NodeId, GraphError> {
    let mut values = Vec::with_capacity(branches.len());
    for (branch, layers) in branches.iter().enumerate() {
        values.push(emit(graph, layers, input, &format!("{label}.{branch}"), place)?);
    }
    let op = match join {
        BranchJoin::Add => Op::Add,
        BranchJoin::Concat => Op::Concat,
        BranchJoin::Mul => Op::Mul,
    };
    graph.add(format!("{label}.{}", op.name()), op, &values)
}

impl ConvLayer {
    fn op(&self, input: Shape, place: OperationContext) -> Result<Op, String> {
        let groups = match self.groups {
            GroupCount::Depthwise => input.channels,
            GroupCount::Fixed(groups) => groups,
        };
        Ok(Op::Conv(Conv {
            out_channels: self.out.channels(input, place)?,
            kernel: self.kernel,
            stride: self.stride.map(|step| step.size(place)),
            padding: Padding::symmetric(self.padding[0], self.padding[1]),
            dilation: self.dilation,
            groups,
            bias: self.bias,
        }))
    }
}

impl PoolLayer {
    fn op(&self, place: OperationContext) -> Op {
        let kind = match self.average {
            Some(count_padding) => PoolKind::Average { count_padding },
            None => PoolKind::Max,
        };
        Op::Pool(Pool {
            kind,
            kernel: self.kernel,
            stride: self.stride.map(|step| step.size(place)),
            padding: Padding::symmetric(self.padding[0], self.padding[1]),
        })
    }
}

impl LayerStep {
    fn size(self, place: OperationContext) -> usize {
        match self {
            Self::Operation => place.stride,
            Self::Fixed(size) => size,
        }
    }
}

impl ChannelWidth {
    fn channels(self, input: Shape, place: OperationContext) -> Result<usize, String> {
        let base = match self.base {
            WidthBase::Input => input.channels,
            WidthBase::Output => place.width,
            WidthBase::Fixed(channels) => channels,
        };
        let times = base * self.times;
        let (whole, rest) = (times / self.over, times % self.over);
        if rest == 0 {
            Ok(whole)
        } else if self.round {
            let up = 2 * rest > self.over || (2 * rest == self.over && whole % 2 == 1);
            Ok(whole + usize::from(up))
        } else {
            Err(format!("a width of {times}/{} is not a whole number", self.over))
        }
    }
}
