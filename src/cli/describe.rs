//! `describe`: what an architecture is and costs.

use serde::Serialize;

use super::args::Describe;
use super::{Exit, architectures, format, show};
use crate::graph::cost::Cost;
use crate::graph::{Graph, NodeId, Op, analysis};
use crate::job::{chain, settings};
use crate::onnx;
use crate::plan::{CodePoints, Count};
use crate::space::{Space, dot};
use crate::weights::Weights;

/// Everything `describe` tells.
#[derive(Serialize)]
struct Description {
    architecture: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    canonical: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    connected: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    model: Option<ModelFacts>,
    input: [usize; 3],
    #[serde(flatten)]
    cost: Cost,
    code_points: CodePoints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    layers: Vec<Layer>,
    /// The drawing, printed by itself.
    #[serde(skip)]
    dot: String,
}

/// What a model file says of itself.
#[derive(Serialize)]
struct ModelFacts {
    producer: String,
    operator_set: i64,
    /// Calls of activations that the exporter had merged into others.
    recovered_calls: u32,
}

/// One node of the network.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Layer {
    /// Its name in the network.
    pub label: String,
    /// Its operation in a few words.
    pub op: String,
    /// The shape of what it gives for one image.
    pub shape: [usize; 3],
    /// Trainable parameters.
    pub params: u64,
    /// Multiply-adds, products of activations among them.
    pub macs: u64,
}

/// Every node of a network.
pub(crate) fn layers(graph: &Graph) -> Vec<Layer> {
    let layer = |(_, node): (NodeId, &crate::graph::Node)| {
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

/// Runs the verb.
pub fn run(arguments: &Describe) -> anyhow::Result<Exit> {
    for description in descriptions(arguments)? {
        if arguments.dot {
            show(&description.dot)?;
        } else if arguments.json {
            show(&(serde_json::to_string(&description)? + "\n"))?;
        } else {
            show(&text(&description))?;
        }
    }
    Ok(Exit::Done)
}

fn descriptions(arguments: &Describe) -> anyhow::Result<Vec<Description>> {
    if let Some(path) = &arguments.targets.onnx {
        let model = onnx::read(path)?;
        let connected = analysis::connected(&model.graph);
        let name = path.display().to_string();
        let mut description = describe(name, connected, &model.graph, arguments.verbose);
        description.model = Some(ModelFacts {
            producer: model.producer,
            operator_set: model.opset,
            recovered_calls: model.recovered_calls,
        });
        return Ok(vec![description]);
    }
    let settings = settings(&arguments.set, arguments.input, arguments.classes);
    let space = Space::open_with(&arguments.space, &settings)?;
    let mut all = Vec::new();
    for text in architectures(&arguments.targets)? {
        let architecture = space.parse(&text)?;
        let graph = space.build(&architecture).map_err(|error| anyhow::anyhow!(chain(&error)))?;
        let connected = space.connected(&architecture);
        let name = space.format(&architecture);
        let mut description = describe(name, connected, &graph, arguments.verbose);
        description.canonical = Some(space.canonical(&architecture));
        description.index = space.index(&architecture);
        description.dot = dot(&space.format(&architecture), &space.drawings(&architecture));
        all.push(description);
    }
    Ok(all)
}

fn describe(
    architecture: String,
    connected: bool,
    graph: &Graph,
    with_layers: bool,
) -> Description {
    let input = graph.input_shape().map_or([0; 3], |s| [s.channels, s.height, s.width]);
    Description {
        architecture,
        canonical: None,
        index: None,
        connected,
        model: None,
        input,
        cost: Cost::of(graph),
        code_points: CodePoints::new(graph, &Weights::default(), Count::Paper),
        layers: if with_layers { layers(graph) } else { Vec::new() },
        dot: String::new(),
    }
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
        _ => op.name().to_owned(),
    }
}

fn text(description: &Description) -> String {
    let cost = description.cost;
    let [channels, height, width] = description.input;
    let index = description.index.map_or_else(|| "-".to_owned(), |index| index.to_string());
    let mut text = format!("{}\n", description.architecture);
    let mut line = |name: &str, value: String| text.push_str(&format!("  {name:<22} {value}\n"));
    if let Some(canonical) = &description.canonical {
        line("canonical", canonical.clone());
        line("index", index);
    }
    if let Some(model) = &description.model {
        line("producer", model.producer.clone());
        line("operator set", model.operator_set.to_string());
        line("merged calls", format!("{} recovered", model.recovered_calls));
    }
    line("connected", if description.connected { "yes" } else { "no" }.to_owned());
    line("input", format!("{channels}x{height}x{width}"));
    line("params", format::thousands(cost.params));
    line("macs", format::thousands(cost.macs));
    if cost.product_macs > 0 {
        line("product macs", format::thousands(cost.product_macs));
    }
    line("units", format::thousands(cost.units));
    line("units_published_count", format::thousands(cost.units_published_count));
    line("activation_calls", format::thousands(cost.activation_calls));
    line("code points", description.code_points.to_string());
    if !description.layers.is_empty() {
        let mut rows =
            vec![["shape", "params", "macs", "operation", "layer"].map(str::to_owned).to_vec()];
        rows.extend(description.layers.iter().map(|layer| {
            let [channels, height, width] = layer.shape;
            vec![
                format!("{channels}x{height}x{width}"),
                format::thousands(layer.params),
                format::thousands(layer.macs),
                layer.op.clone(),
                layer.label.clone(),
            ]
        }));
        text.push_str(&format::table(&rows));
    }
    text
}
