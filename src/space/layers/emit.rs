//! Adds layers to a graph.

use super::width::NamedWidths;
use super::{BranchJoin, ChannelHalf, ConvLayer, GroupCount, LayerStep, OperationLayer, PoolLayer};
use crate::graph::{
    Axis, AxisDigit, Conv, Graph, GraphError, Linear, NodeId, Op, Padding, Pool, PoolKind,
    Rearrange, Shape, Window,
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

/// The channels that enter the operation and the branches around a layer.
#[derive(Clone, Copy)]
struct LayerOrigin {
    entry: usize,
    from: usize,
}

/// Wires a list of layers behind `input`. Nodes are labelled `label/position.operation`.
pub(in crate::space) fn emit(
    graph: &mut Graph,
    layers: &[OperationLayer],
    input: NodeId,
    label: &str,
    place: OperationContext,
) -> Result<NodeId, GraphError> {
    let channels = graph.shape(input).channels;
    let origin = LayerOrigin { entry: channels, from: channels };
    emit_list(graph, layers, input, label, (place, origin))
}

fn emit_list(
    graph: &mut Graph,
    layers: &[OperationLayer],
    input: NodeId,
    label: &str,
    place: (OperationContext, LayerOrigin),
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
    (place, origin): (OperationContext, LayerOrigin),
) -> Result<NodeId, GraphError> {
    let shape = graph.shape(input);
    let named = NamedWidths {
        input: shape.channels,
        output: place.width,
        entry: origin.entry,
        from: origin.from,
    };
    let wrong = |op, reason| GraphError { label: label.to_owned(), op, reason };
    let op = match layer {
        OperationLayer::Identity => return Ok(input),
        OperationLayer::Zero => return emit_zero(graph, input, label, place),
        OperationLayer::Branches(join, branches) => {
            return emit_branches(graph, *join, branches, input, label, (place, origin));
        }
        OperationLayer::Activation(activation) => Op::Activation(*activation),
        OperationLayer::BatchNorm(norm) => Op::BatchNorm(*norm),
        OperationLayer::Conv(conv) => {
            conv.op(named, place).map_err(|reason| wrong("conv", reason))?
        }
        OperationLayer::Pool(pool) => match pool.op(shape, place) {
            Some(op) => op,
            None => return Ok(input),
        },
        OperationLayer::Shuffle(groups) => {
            Op::Rearrange(shuffle(shape, *groups).map_err(|reason| wrong("shuffle", reason))?)
        }
        OperationLayer::Half(half) => {
            Op::Rearrange(half_of(shape, *half).map_err(|reason| wrong("channels", reason))?)
        }
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
    (place, origin): (OperationContext, LayerOrigin),
) -> Result<NodeId, GraphError> {
    let origin = LayerOrigin { from: graph.shape(input).channels, ..origin };
    let mut values = Vec::with_capacity(branches.len());
    for (branch, layers) in branches.iter().enumerate() {
        let label = format!("{label}.{branch}");
        values.push(emit_list(graph, layers, input, &label, (place, origin))?);
    }
    let op = match join {
        BranchJoin::Add => Op::Add,
        BranchJoin::Concat => Op::Concat,
        BranchJoin::Mul => Op::Mul,
    };
    graph.add(format!("{label}.{}", op.name()), op, &values)
}

impl ConvLayer {
    fn op(&self, named: NamedWidths, place: OperationContext) -> Result<Op, String> {
        let groups = match self.groups {
            GroupCount::Depthwise => named.input,
            GroupCount::Fixed(groups) => groups,
        };
        Ok(Op::Conv(Conv {
            out_channels: self.out.channels(named)?,
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
    /// `None` for windows of one pixel at stride 1.
    fn op(&self, input: Shape, place: OperationContext) -> Option<Op> {
        let kind = match self.average {
            Some(count_padding) => PoolKind::Average { count_padding },
            None => PoolKind::Max,
        };
        let kernel = self.kernel.map(|step| step.size(place));
        let stride = self.stride.map(|step| step.size(place));
        let mut padding = Padding::symmetric(self.padding[0], self.padding[1]);
        if (kernel, stride, self.padding) == ([1, 1], [1, 1], [0, 0]) {
            return None;
        }
        if self.ceil {
            let missing = |size: usize, axis: usize| {
                let padded = (size + 2 * self.padding[axis]).saturating_sub(kernel[axis]);
                padded.next_multiple_of(stride[axis]) - padded
            };
            padding.bottom += missing(input.height, 0);
            padding.right += missing(input.width, 1);
        }
        Some(Op::Pool(Pool { kind, kernel, stride, padding }))
    }
}

/// All rows and columns where they are.
fn plane(shape: Shape) -> [AxisDigit; 2] {
    [(Axis::Row, shape.height), (Axis::Column, shape.width)].map(|(axis, extent)| AxisDigit {
        to: axis,
        extent,
        from: axis,
        step: 1,
    })
}

fn channels(extent: usize, step: usize) -> AxisDigit {
    AxisDigit { to: Axis::Channel, extent, from: Axis::Channel, step }
}

/// Channel `i * groups + g` of the result is channel `g * size + i` of the input.
fn shuffle(shape: Shape, groups: usize) -> Result<Rearrange, String> {
    if !shape.channels.is_multiple_of(groups) {
        return Err(format!("{groups} groups do not divide {} channels", shape.channels));
    }
    let size = shape.channels / groups;
    let [rows, columns] = plane(shape);
    Rearrange::new([0; 3], &[channels(size, 1), channels(groups, size), rows, columns])
        .ok_or_else(|| "has too many digits".to_owned())
}

/// Every other channel.
fn half_of(shape: Shape, half: ChannelHalf) -> Result<Rearrange, String> {
    if !shape.channels.is_multiple_of(2) {
        let odd = shape.channels;
        return Err(format!("{odd} channels have no even and odd half of equal size"));
    }
    let first = usize::from(half == ChannelHalf::Odd);
    let [rows, columns] = plane(shape);
    Rearrange::new([first, 0, 0], &[channels(shape.channels / 2, 2), rows, columns])
        .ok_or_else(|| "has too many digits".to_owned())
}

impl LayerStep {
    fn size(self, place: OperationContext) -> usize {
        match self {
            Self::Operation => place.stride,
            Self::Fixed(size) => size,
        }
    }
}
