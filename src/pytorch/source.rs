//! The Python file: constants, classes, and the functions that make a network.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::PytorchFacts;
use super::classes::Class;
use super::construct::{ArgumentText, Constructors};
use super::expression::Expression;
use super::forward::forward;
use super::lower::{Lowered, Norms};
use super::names::{literal, number, prose};
use super::node::PyOp;
use crate::graph::Graph;
use crate::weights::Initialisation;

/// Classes that PyTorch has not, by name.
const HELPERS: [(&str, &str); 8] = [
    ("ChannelLayerNorm", include_str!("../../assets/pytorch/channel_layer_norm.py")),
    ("HardSigmoid", include_str!("../../assets/pytorch/hard_sigmoid.py")),
    ("PaddedAvgPool2d", include_str!("../../assets/pytorch/padded_avg_pool2d.py")),
    ("Parameter", include_str!("../../assets/pytorch/parameter.py")),
    ("Picks", include_str!("../../assets/pytorch/picks.py")),
    ("Resample", include_str!("../../assets/pytorch/resample.py")),
    ("Shrink", include_str!("../../assets/pytorch/shrink.py")),
    ("StoredBatchNorm2d", include_str!("../../assets/pytorch/stored_batch_norm2d.py")),
];

const LOAD_WEIGHTS: &str = include_str!("../../assets/pytorch/load_weights.py");

/// The text of the file.
pub(super) fn source(
    graph: &Graph,
    lowered: &Lowered,
    made: &Constructors<'_>,
    facts: &PytorchFacts,
) -> String {
    let mut sections = Vec::new();
    let helpers: BTreeSet<&str> = lowered
        .nodes
        .iter()
        .filter_map(|node| match node.op {
            PyOp::Module { class, .. } => Some(class),
            _ => None,
        })
        .collect();
    for (name, text) in HELPERS {
        if helpers.contains(name) {
            sections.push(text.to_owned());
        }
    }
    let named = made.found.classes.iter().filter(|class| !class.is_inline);
    sections.extend(named.map(|class| written(made, class)));
    sections.extend(initialise(facts.initialisation));
    if facts.weights_file.is_some() {
        sections.push(LOAD_WEIGHTS.to_owned());
    }
    sections.push(build(graph, lowered, made, facts));
    let body = sections.join("\n\n");
    format!("{}\n\n{body}", head(lowered, facts, &body))
}

/// The description, the imports and the constants.
fn head(lowered: &Lowered, facts: &PytorchFacts, body: &str) -> String {
    let mode = match lowered.norms {
        Norms::OfBatch | Norms::Mixed => "training mode, `model.train()`",
        Norms::Stored => "evaluation mode, `model.eval()`",
    };
    let mut text = format!("\"\"\"{}.\n\n", prose(&facts.title));
    let _ = writeln!(text, "Written by Untrained {}.", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(text, "Networks are scored in {mode}.\n\"\"\"\n");
    if body.contains("json.") {
        text.push_str("import json\nimport struct\n\n");
    }
    text.push_str("import torch\n");
    if body.contains("F.") {
        text.push_str("import torch.nn.functional as F\n");
    }
    text.push_str("from torch import nn\n\n");
    for (name, value) in &facts.metadata {
        let name: String = name
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' })
            .collect();
        let _ = writeln!(text, "{} = {}", name.to_ascii_uppercase(), literal(value));
    }
    text
}

/// A class with a name.
fn written(made: &Constructors<'_>, class: &Class) -> String {
    let first = class.blocks[0];
    let placed = &made.found.blocks[first];
    let parameters: Vec<ArgumentText> = class
        .parameters
        .iter()
        .map(|parameter| ArgumentText::Text(parameter.name.clone()))
        .collect();
    let arguments: String =
        class.parameters.iter().map(|parameter| format!(", {}", parameter.name)).collect();
    let base = if class.is_chain { "nn.Sequential" } else { "nn.Module" };
    let mut text = format!("class {}({base}):\n", class.name);
    if !placed.block.place.is_empty() {
        let count = class.blocks.len();
        let often = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let _ = writeln!(text, "    \"\"\"{}{often}.\"\"\"\n", prose(&placed.block.place));
    }
    let _ = writeln!(text, "    def __init__(self{arguments}):");
    if class.is_chain {
        let items = 0..placed.block.items.len();
        let items = items.map(|item| made.construct(first, item, &parameters)).collect();
        let call = Expression::Call("super().__init__".to_owned(), items);
        text.push_str(&call.written(8, "", ""));
        return text;
    }
    text.push_str("        super().__init__()\n");
    for name in made.stored(class) {
        let _ = writeln!(text, "        self.{name} = {name}");
    }
    let units = made.units(class);
    for unit in units.iter().filter(|unit| !unit.attribute.is_empty()) {
        let value = match unit.is_list() {
            true => made.list(first, unit, &parameters),
            false => made.construct(first, unit.first, &parameters),
        };
        text.push_str(&value.written(8, &format!("self.{} = ", unit.attribute), ""));
    }
    text.push('\n');
    text.push_str(&forward(made, class, &units));
    text
}

/// How weights are drawn, unless it is what PyTorch does.
fn initialise(initialisation: Initialisation) -> Option<String> {
    let (about, lines) = match initialisation {
        Initialisation::PytorchDefault => return None,
        Initialisation::KaimingFanOut => (
            "normal(0, sqrt(2 / (k * k * out_channels))): He et al. 2015 by fan-out".to_owned(),
            "fan_out = module.weight.shape[0] * module.weight[0, 0].numel()\n            \
             nn.init.normal_(module.weight, std=(2 / fan_out) ** 0.5)"
                .to_owned(),
        ),
        Initialisation::KaimingNormal => (
            "normal(0, sqrt(2 / fan_in)): He et al. 2015".to_owned(),
            "nn.init.kaiming_normal_(module.weight, nonlinearity=\"relu\")".to_owned(),
        ),
        Initialisation::XavierNormal => (
            "normal(0, sqrt(2 / (fan_in + fan_out))): Glorot and Bengio 2010".to_owned(),
            "nn.init.xavier_normal_(module.weight)".to_owned(),
        ),
        Initialisation::Orthogonal => (
            "Orthonormal rows or columns: Saxe et al. 2014".to_owned(),
            "nn.init.orthogonal_(module.weight)".to_owned(),
        ),
        Initialisation::Uniform(half) => {
            let half = number(half);
            let line = format!("nn.init.uniform_(module.weight, -{half}, {half})");
            (format!("uniform(-{half}, {half})"), line)
        }
        Initialisation::Normal(deviation) => {
            let deviation = number(deviation);
            let line = format!("nn.init.normal_(module.weight, std={deviation})");
            (format!("normal(0, {deviation})"), line)
        }
    };
    Some(format!(
        "def initialise(model):\n    \"\"\"{about}.\"\"\"\n    for module in model.modules():\n        \
         if isinstance(module, (nn.Conv2d, nn.Linear)):\n            {lines}\n"
    ))
}

/// The function that makes a network.
fn build(
    graph: &Graph,
    lowered: &Lowered,
    made: &Constructors<'_>,
    facts: &PytorchFacts,
) -> String {
    let shape = graph.input_shape();
    let (channels, height, width) =
        shape.map_or((0, 0, 0), |shape| (shape.channels, shape.height, shape.width));
    let classes = graph.output().map_or(0, |output| graph.shape(output).channels);
    let weights = if facts.weights_file.is_some() { ", weights=None" } else { "" };
    let mut text = format!(
        "def build(classes={classes}, input=({channels}, {height}, {width}){weights}):\n    \
         \"\"\"The network for images of `input` channels, rows and columns.\n"
    );
    if let Some(file) = &facts.weights_file {
        let _ = writeln!(
            text,
            "\n    `weights` is the path of {}, the weights that it was scored with; without it,\n    \
             weights are drawn anew.",
            prose(file)
        );
    }
    text.push_str("    \"\"\"\n");
    let mut check = |is_free: bool, condition: &str, what: &str| {
        if !is_free {
            let _ = writeln!(
                text,
                "    if {condition}:\n        raise ValueError(f\"this network takes {what}\")"
            );
        }
    };
    check(
        lowered.free_channels,
        &format!("input[0] != {channels}"),
        &format!("images of {channels} channels, not {{input[0]}}"),
    );
    check(
        lowered.free_size,
        &format!("tuple(input[1:]) != ({height}, {width})"),
        &format!("images of {height}x{width} pixels, not {{input[1]}}x{{input[2]}}"),
    );
    check(
        lowered.free_classes,
        &format!("classes != {classes}"),
        &format!("{classes} classes, not {{classes}}"),
    );
    let parameters = made.found.classes.iter().find(|class| class.name == "Network");
    let arguments: Vec<&str> = parameters
        .map(|class| class.parameters.iter())
        .into_iter()
        .flatten()
        .map(|parameter| match parameter.name.as_str() {
            "in_channels" => "input[0]",
            _ => "classes",
        })
        .collect();
    let _ = writeln!(text, "    model = Network({})", arguments.join(", "));
    if facts.initialisation != Initialisation::PytorchDefault {
        text.push_str("    initialise(model)\n");
    }
    if facts.weights_file.is_some() {
        text.push_str("    if weights is not None:\n        load_weights(model, weights)\n");
    }
    text.push_str("    return model\n");
    text
}
