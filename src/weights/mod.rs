//! The weights of one network, drawn from a seed or read from a model; they are the same on every
//! backend.

mod initialise;

pub use initialise::{Initialisation, Initialiser};

use crate::graph::{Graph, NodeId, Op, Statistics};

/// The values of one layer. Empty vectors stand for the defaults (no bias; normalisation weight 1,
/// bias 0).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerWeights {
    /// Convolution `[out, in / groups, rows, columns]`, linear `[out, in]`, normalisation
    /// `[channels]`, parameter `[c, h, w]`.
    pub weight: Vec<f32>,
    /// One value per output channel.
    pub bias: Vec<f32>,
    /// Running mean per channel, for batch-norm in inference mode.
    pub mean: Vec<f32>,
    /// Running variance per channel, for batch-norm in inference mode.
    pub variance: Vec<f32>,
}

/// The values of all layers of one graph, by node.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    layers: Vec<Option<LayerWeights>>,
}

impl Weights {
    /// No values yet, for a graph of that many nodes.
    pub fn with_nodes(count: usize) -> Self {
        Self { layers: vec![None; count] }
    }

    /// Sets the values of one node.
    pub fn set(&mut self, id: NodeId, layer: LayerWeights) {
        if self.layers.len() <= id.index() {
            self.layers.resize(id.index() + 1, None);
        }
        self.layers[id.index()] = Some(layer);
    }

    /// The values of one node, if it has any.
    pub fn get(&self, id: NodeId) -> Option<&LayerWeights> {
        self.layers.get(id.index()).and_then(Option::as_ref)
    }

    /// Whether a layer adds something that is not zero to a zero input.
    pub fn shifts(&self, graph: &Graph, id: NodeId) -> bool {
        let stored_bias = || self.get(id).is_some_and(|layer| layer.bias.iter().any(|&b| b != 0.0));
        match graph.node(id).op {
            Op::Conv(conv) => conv.bias && (self.get(id).is_none() || stored_bias()),
            Op::Linear(linear) => linear.bias && (self.get(id).is_none() || stored_bias()),
            Op::LayerNorm(_) => stored_bias(),
            Op::BatchNorm(norm) => norm.statistics == Statistics::Running || stored_bias(),
            Op::Input
            | Op::Activation(_)
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
            | Op::Parameter(_)
            | Op::Map(_)
            | Op::Pair(_)
            | Op::Resample(_)
            | Op::Rearrange(_)
            | Op::Softmax
            | Op::MatMul => false,
        }
    }
}
