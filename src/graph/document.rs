//! A network as a document in JSON, for other programs: nodes, shapes and operations, whatever space it is of.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::cost::Cost;
use super::{
    ActivationKind, ElementFunction, Graph, Node, NodeId, Op, Padding, PoolKind, Statistics,
};

/// The name of the format.
const FORMAT: &str = "untrained-graph/1";

/// A network: nodes in an order in which each comes after those that it reads. It has no weights.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "Network")]
pub struct GraphDocument {
    /// The format, `untrained-graph/1`.
    pub format: String,
    /// What the network is: its architecture, space, seed and scores, or the name of its file.
    pub metadata: BTreeMap<String, String>,
    /// The shape of one image, `[channels, rows, columns]`.
    pub input: [usize; 3],
    /// The id of the node whose value is the output.
    pub output: usize,
    /// Trainable parameters.
    pub params: u64,
    /// Multiply-adds of convolutions and linear layers for one image.
    pub macs: u64,
    /// Units of activations, every call once.
    pub units: u64,
    /// The nodes.
    pub nodes: Vec<NodeDocument>,
}

/// A node of a network.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "Node")]
pub struct NodeDocument {
    /// Its position in the list.
    pub id: usize,
    /// Its name: cell, operation and layer, or the name in the model file. Need not be unique.
    pub label: String,
    /// Its operation, such as `conv`, `batch_norm`, `relu`, `add` or `linear`.
    pub op: String,
    /// The ids of the nodes that it reads.
    pub inputs: Vec<usize>,
    /// The shape of its output for one image, `[channels, rows, columns]`.
    pub shape: [usize; 3],
    /// Trainable parameters.
    pub params: u64,
    /// Multiply-adds for one image, products of activations among them.
    pub macs: u64,
    /// Units, if it is an activation.
    pub units: u64,
    /// What tells its operation apart from others of the name, such as `kernel` and `stride`.
    pub attributes: Map<String, Value>,
}

impl GraphDocument {
    /// The document of a network; `None` if it has no input or no output.
    pub fn new(graph: &Graph, metadata: &[(String, String)]) -> Option<Self> {
        let shape = graph.input_shape()?;
        let cost = Cost::of(graph);
        Some(Self {
            format: FORMAT.to_owned(),
            metadata: metadata.iter().cloned().collect(),
            input: [shape.channels, shape.height, shape.width],
            output: graph.output()?.index(),
            params: cost.params,
            macs: cost.macs,
            units: cost.units,
            nodes: graph.iter().map(|(id, node)| NodeDocument::new(graph, id, node)).collect(),
        })
    }

    /// The JSON Schema of these documents, as in `assets/untrained-graph.schema.json`.
    pub fn schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }
}

impl NodeDocument {
    fn new(graph: &Graph, id: NodeId, node: &Node) -> Self {
        let cost = Cost::of_node(graph, node);
        let attributes = match attributes(graph, &node.op) {
            Value::Object(attributes) => attributes,
            _ => Map::new(),
        };
        Self {
            id: id.index(),
            label: node.label.clone(),
            op: node.op.name().to_owned(),
            inputs: node.inputs.iter().map(|input| input.index()).collect(),
            shape: [node.shape.channels, node.shape.height, node.shape.width],
            params: cost.params,
            macs: cost.macs + cost.product_macs,
            units: cost.units,
            attributes,
        }
    }
}

fn padding(padding: Padding) -> Value {
    let Padding { top, left, bottom, right } = padding;
    json!({ "top": top, "left": left, "bottom": bottom, "right": right })
}

fn attributes(graph: &Graph, op: &Op) -> Value {
    match op {
        Op::Conv(conv) => json!({
            "kernel": conv.kernel,
            "stride": conv.stride,
            "padding": padding(conv.padding),
            "dilation": conv.dilation,
            "groups": conv.groups,
            "bias": conv.bias,
        }),
        Op::BatchNorm(norm) => json!({
            "eps": norm.eps,
            "statistics": match norm.statistics {
                Statistics::Batch => "batch",
                Statistics::Running => "stored",
            },
        }),
        Op::Activation(activation) => {
            let mut attributes = activation_values(activation.kind);
            if let Value::Object(attributes) = &mut attributes {
                attributes.insert("calls".to_owned(), activation.calls.into());
            }
            attributes
        }
        Op::Pool(pool) => {
            let mut attributes = json!({
                "kernel": pool.kernel,
                "stride": pool.stride,
                "padding": padding(pool.padding),
            });
            if let (PoolKind::Average { count_padding }, Value::Object(attributes)) =
                (pool.kind, &mut attributes)
            {
                attributes.insert("count_padding".to_owned(), count_padding.into());
            }
            attributes
        }
        Op::ChannelSlice { start, len } => json!({ "start": start, "length": len }),
        Op::Window(window) => json!({
            "top": window.top,
            "left": window.left,
            "stride": window.stride,
        }),
        Op::Resize(resize) => json!({ "factors": resize.factors }),
        Op::Scale(factor) => json!({ "factor": factor }),
        Op::Linear(linear) => json!({ "bias": linear.bias }),
        Op::Map(function) => function_values(*function),
        Op::Resample(resample) => {
            let table = graph.table(resample.table);
            let row = |position| {
                let row = table.of(position).filter(|(_, factor)| *factor != 0.0);
                row.map(|(position, factor)| json!([position, factor])).collect()
            };
            let sums: Vec<Value> = (0..table.extent()).map(row).collect();
            json!({ "axis": resample.axis.index(), "sums": sums })
        }
        Op::Rearrange(rearrange) => {
            let digits = rearrange.digits().iter().map(|digit| {
                json!({
                    "to": digit.to.index(),
                    "extent": digit.extent,
                    "from": digit.from.index(),
                    "step": digit.step,
                })
            });
            json!({ "start": rearrange.start, "digits": digits.collect::<Vec<Value>>() })
        }
        Op::LayerNorm(norm) => json!({ "eps": norm.eps }),
        Op::Input
        | Op::Add
        | Op::Mul
        | Op::Concat
        | Op::GlobalAvgPool
        | Op::Flatten
        | Op::Parameter(_)
        | Op::Pair(_)
        | Op::Softmax
        | Op::MatMul => json!({}),
    }
}

fn activation_values(kind: ActivationKind) -> Value {
    match kind {
        ActivationKind::ClippedRelu { ceiling } => json!({ "ceiling": ceiling }),
        ActivationKind::LeakyRelu { slope } => json!({ "slope": slope }),
        ActivationKind::HardSigmoid { slope, offset } => {
            json!({ "slope": slope, "offset": offset })
        }
        ActivationKind::Elu { alpha } => json!({ "alpha": alpha }),
        ActivationKind::HardTanh { low, high } => json!({ "low": low, "high": high }),
        ActivationKind::Shrink { width, bias } => json!({ "width": width, "bias": bias }),
        ActivationKind::Threshold { limit, value } => json!({ "limit": limit, "value": value }),
        ActivationKind::Relu
        | ActivationKind::Sigmoid
        | ActivationKind::Silu
        | ActivationKind::HardSwish
        | ActivationKind::Gelu
        | ActivationKind::GeluTanh
        | ActivationKind::Tanh
        | ActivationKind::Mish
        | ActivationKind::Softsign
        | ActivationKind::Softplus => json!({}),
    }
}

fn function_values(function: ElementFunction) -> Value {
    match function {
        ElementFunction::Power(exponent) => json!({ "exponent": exponent }),
        ElementFunction::Clip { low, high } => json!({ "low": low, "high": high }),
        ElementFunction::Above(limit)
        | ElementFunction::AtLeast(limit)
        | ElementFunction::Equals(limit) => json!({ "number": limit }),
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Activation, Conv, Shape};

    #[test]
    fn nodes_have_shapes_costs_and_attributes() {
        let mut graph = Graph::new();
        let input = graph.input(Shape::new(3, 8, 8));
        let conv = graph.add("stem/0.conv", Op::Conv(Conv::square(4, 3, 2)), &[input]).unwrap();
        graph.add("relu", Op::Activation(Activation::RELU), &[conv]).unwrap();
        let metadata = [("architecture".to_owned(), "a".to_owned())];
        let document = GraphDocument::new(&graph, &metadata).unwrap();
        let value = serde_json::to_value(&document).unwrap();
        assert_eq!(value["format"], "untrained-graph/1");
        assert_eq!((&value["params"], &value["units"]), (&json!(108), &json!(64)));
        let node = &value["nodes"][1];
        assert_eq!((&node["inputs"], &node["shape"]), (&json!([0]), &json!([4, 4, 4])));
        assert_eq!(node["attributes"]["stride"], json!([2, 2]));
        assert_eq!(value["nodes"][2]["attributes"]["calls"], 1);
        assert!(GraphDocument::new(&Graph::new(), &[]).is_none());
    }

    #[test]
    fn the_shipped_schema_is_that_of_the_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/untrained-graph.schema.json");
        let shipped = std::fs::read_to_string(path).unwrap();
        let generated = serde_json::to_string_pretty(&GraphDocument::schema()).unwrap() + "\n";
        let update = "untrained --batch export --schema > assets/untrained-graph.schema.json";
        assert!(shipped == generated, "the schema is out of date: {update}");
    }
}
