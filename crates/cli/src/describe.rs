//! `describe`: the properties and costs of an architecture.

use serde::Serialize;

use super::args::Describe;
use super::described_scores::DescribedScores;
use super::job_args::SpaceOptions;
use super::{Exit, architectures, show, text_table};
use untrained::format;
use untrained::graph::cost::Cost;
use untrained::graph::{Graph, Layer, analysis, layers};
use untrained::job::{JobConfig, Task, chain};
use untrained::onnx::{BatchNormFacts, MergedUnits};
use untrained::plan::{ActivationSites, Count};
use untrained::space::dot;
use untrained::weights::Weights;

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
    code_points: ActivationSites,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    layers: Vec<Layer>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    scores: Option<DescribedScores>,
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
    /// Units, by how merged calls are counted.
    merged_units: MergedUnits,
    /// How batch normalisation is computed, in numbers of layers.
    batch_norm: BatchNormFacts,
    /// What is not certain about the model and may change its score.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
}

/// Runs the verb.
pub fn run(arguments: &Describe) -> anyhow::Result<Exit> {
    let mut descriptions = descriptions(arguments)?;
    if arguments.scores {
        let scorer = DescribedScores::scorer(arguments)?;
        for description in &mut descriptions {
            let Some(scores) = scorer.of(&description.architecture)? else {
                return Ok(Exit::Interrupted);
            };
            description.scores = Some(scores);
        }
    }
    for description in descriptions {
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
    let SpaceOptions(options) = &arguments.space.0;
    if let Some(path) = &arguments.targets.onnx {
        let options_of_model = arguments.model.0.0.at(path.clone());
        JobConfig::new(options.clone(), Task::Onnx(options_of_model.clone())).check()?;
        let model = options_of_model.read(options)?;
        let connected = analysis::connected(&model.graph);
        let name = path.display().to_string();
        let mut description = describe(name, connected, &model.graph, arguments.verbose);
        description.model = Some(ModelFacts {
            producer: model.producer,
            operator_set: model.opset,
            recovered_calls: model.recovered_calls,
            merged_units: model.merged_units,
            batch_norm: model.batch_norm,
            notices: model.notices,
        });
        return Ok(vec![description]);
    }
    arguments.model.0.0.check_unused()?;
    let space = options.open_space()?;
    let mut all = Vec::new();
    for text in architectures(&arguments.targets)? {
        let architecture = space.parse(&text)?;
        let graph = architecture.build().map_err(|error| anyhow::anyhow!(chain(&error)))?;
        let connected = architecture.is_connected();
        let name = architecture.to_string();
        let mut description = describe(name, connected, &graph, arguments.verbose);
        description.canonical = Some(architecture.canonical());
        description.index = architecture.index();
        description.dot = dot(&architecture.to_string(), &architecture.drawings());
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
        code_points: ActivationSites::new(graph, &Weights::default(), Count::Paper),
        layers: if with_layers { layers(graph) } else { Vec::new() },
        scores: None,
        dot: String::new(),
    }
}

/// How many merged calls count, and the units with and without them where they differ.
fn merged_calls(model: &ModelFacts) -> String {
    let MergedUnits { kept, certain, recovered } = model.merged_units;
    let count = format!("{} recovered", model.recovered_calls);
    if kept == recovered {
        return count;
    }
    let [kept, certain, recovered] = [kept, certain, recovered].map(format::thousands);
    format!(
        "{count}; units: {kept} without merged calls, {certain} with certain ones, {recovered} with all"
    )
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
        line("merged calls", merged_calls(model));
        line("batch-norm", model.batch_norm.to_string());
        for notice in &model.notices {
            line("notice", notice.clone());
        }
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
    line("activation sites", description.code_points.to_string());
    if let Some(note) = description.code_points.note() {
        line("codes", note);
    }
    if let Some(scores) = &description.scores {
        text.push_str(&scores.text());
    }
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
        text.push_str(&text_table::table(&rows));
    }
    text
}
