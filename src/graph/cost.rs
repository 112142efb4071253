//! The cost of a network: parameters, multiply-adds, units and calls of activations.

use super::{Graph, Node, Op};

/// Whole-number costs of one network, per image where that applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Cost {
    /// Trainable values: weights and biases of convolutions and linear layers, two values per
    /// normalised channel, and parameters.
    pub params: u64,
    /// Multiply-adds of convolutions and linear layers, biases not counted: what published tables
    /// count.
    pub macs: u64,
    /// Multiply-adds of products of two activations, as in attention.
    pub product_macs: u64,
    /// Units of activations, every call once.
    pub units: u64,
    /// Units as the code published with the paper counts them.
    pub units_published_count: u64,
    /// Calls of activations, every call once.
    pub activation_calls: u64,
}

impl Cost {
    /// The cost of a whole network.
    pub fn of(graph: &Graph) -> Self {
        graph.nodes().iter().fold(Self::default(), |total, node| total + Self::of_node(graph, node))
    }

    /// The cost of one node.
    pub fn of_node(graph: &Graph, node: &Node) -> Self {
        let volume = node.shape.volume() as u64;
        let channels_in = node.inputs.first().map_or(0, |&id| graph.shape(id).channels) as u64;
        match node.op {
            Op::Conv(conv) => {
                let taps = conv.weight_shape(channels_in as usize)[1..].iter().product::<usize>();
                let bias = if conv.bias { conv.out_channels } else { 0 };
                let params = (conv.out_channels * taps + bias) as u64;
                Self { params, macs: volume * taps as u64, ..Self::default() }
            }
            Op::Linear(linear) => {
                let macs = linear.out_features as u64 * channels_in;
                let bias = if linear.bias { linear.out_features as u64 } else { 0 };
                Self { params: macs + bias, macs, ..Self::default() }
            }
            Op::Parameter(_) => Self { params: volume, ..Self::default() },
            Op::MatMul => Self { product_macs: volume * channels_in, ..Self::default() },
            Op::BatchNorm(_) | Op::LayerNorm(_) => {
                Self { params: 2 * node.shape.channels as u64, ..Self::default() }
            }
            Op::Activation(activation) => Self {
                units: volume * u64::from(activation.calls),
                units_published_count: volume * u64::from(activation.published_calls),
                activation_calls: u64::from(activation.calls),
                ..Self::default()
            },
            Op::Input
            | Op::Pool(_)
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::ChannelSlice { .. }
            | Op::Window(_)
            | Op::Resize(_)
            | Op::Scale(_)
            | Op::GlobalAvgPool
            | Op::Flatten
            | Op::Map(_)
            | Op::Pair(_)
            | Op::Resample(_)
            | Op::Rearrange(_)
            | Op::Softmax => Self::default(),
        }
    }
}

impl std::ops::Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            params: self.params + other.params,
            macs: self.macs + other.macs,
            product_macs: self.product_macs + other.product_macs,
            units: self.units + other.units,
            units_published_count: self.units_published_count + other.units_published_count,
            activation_calls: self.activation_calls + other.activation_calls,
        }
    }
}
