//! A network as a list of its layers, for people.

use serde::Serialize;

use super::cost::Cost;
use super::{Graph, Node, NodeId, Op};

/// One node of the network.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
    /// Its name in the network.
    pub label: String,
    /// Its operation in a few words.
    pub op: String,
    /// The shape of its output for one image.
    pub shape: [usize; 3],
    /// Trainable parameters.
    pub params: u64,
    /// Multiply-adds, products of activations among them.
    pub macs: u64,
}

/// Every node of a network.
pub fn layers(graph: &Graph) -> Vec<Layer> {
    let layer = |(_, node): (NodeId, &Node)| {
        let cost = Cost::of_node(graph, node);
        Layer {
            label: node.label.clone(),
            op: operation(&node.op),
            shape: [node.shape.channels, node.shape.height, node.shape.width],
            params: cost.params,
            macs: cost.macs + cost.product_macs,
        }
    };
    graph.iter().map(layer).collect()
}

/// The operation with what tells it apart, in a few words.
fn operation(op: &Op) -> String {
    let square = |kernel: [usize; 2], stride: [usize; 2]| {
        format!("{}x{} stride {}", kernel[0], kernel[1], stride[0])
    };
    match op {
        Op::Conv(conv) => {
            let groups =
                if conv.groups > 1 { format!(" groups {}", conv.groups) } else { String::new() };
            format!("conv {}{groups}", square(conv.kernel, conv.stride))
        }
        Op::Pool(pool) => format!("{} {}", op.name(), square(pool.kernel, pool.stride)),
        Op::Resize(resize) => format!("resize by {}x{}", resize.factors[0], resize.factors[1]),
        Op::Scale(factor) => format!("scale by {factor}"),
        Op::Input
        | Op::BatchNorm(_)
        | Op::Activation(_)
        | Op::Add
        | Op::Mul
        | Op::Concat
        | Op::ChannelSlice { .. }
        | Op::Window(_)
        | Op::GlobalAvgPool
        | Op::Flatten
        | Op::Linear(_)
        | Op::Parameter(_)
        | Op::Map(_)
        | Op::Pair(_)
        | Op::Resample(_)
        | Op::Rearrange(_)
        | Op::LayerNorm(_)
        | Op::Softmax
        | Op::MatMul => op.name().to_owned(),
    }
}
