//! Writes a network as PyTorch source, and its weights as a safetensors file.
//!
//! `lower` turns the graph into nodes of the code, `tree` groups them by their labels into blocks, `classes`
//! finds blocks that are alike, `construct` and `forward` write the classes, and `source` puts the file
//! together. Nothing here depends on the kind of space: whatever a network's labels say, the module computes
//! what the graph does. How labels become names is in `label` and `names`.

mod classes;
mod construct;
mod expression;
mod forward;
mod label;
mod lower;
mod moves;
mod names;
mod node;
mod operators;
mod safetensors;
mod source;
mod tree;

use crate::graph::{Graph, Op};
use crate::weights::{Initialisation, LayerWeights, Weights};
use node::PyNode;
use safetensors::NamedTensor;

/// The text of `train.py`, which trains a module, by itself or for a search.
pub const TRAINING_PROGRAM: &str = include_str!("../../assets/pytorch/train.py");

/// What a module's file says besides the network.
#[derive(Clone, Debug, Default)]
pub struct PytorchFacts {
    /// What the network is, in a sentence.
    pub title: String,
    /// Named texts, such as the architecture and the seed.
    pub metadata: Vec<(String, String)>,
    /// How weights are drawn.
    pub initialisation: Initialisation,
    /// The name of the file with the weights, if there is one.
    pub weights_file: Option<String>,
}

/// A network as PyTorch source.
#[derive(Clone, Debug)]
pub struct PytorchModule {
    /// The Python file.
    pub source: String,
    /// The safetensors file, if weights were given.
    pub weights: Option<Vec<u8>>,
}

/// Why a network cannot be written as PyTorch source.
#[derive(Debug, thiserror::Error)]
pub enum PytorchProblem {
    /// No node is the output.
    #[error("the network has no output")]
    NoOutput,
    /// A table of positions that would fill the file.
    #[error("{label}: the operation {op} has more positions than source code can list (65,536)")]
    TooLarge {
        /// The node.
        label: String,
        /// Its operation.
        op: &'static str,
    },
    /// A layer without weights.
    #[error("{0} has no weights")]
    NoWeights(String),
}

/// The source of a module that computes what a graph does, and its weights.
///
/// # Errors
///
/// [`PytorchProblem`] if the graph has no output, a node cannot be written, or weights are missing.
pub fn export(
    graph: &Graph,
    weights: Option<&Weights>,
    facts: &PytorchFacts,
) -> Result<PytorchModule, PytorchProblem> {
    let lowered = lower::lower(graph)?;
    let found = classes::classes(tree::blocks(&lowered), &lowered.nodes);
    let made = construct::Constructors { found: &found, nodes: &lowered.nodes };
    let source = source::source(graph, &lowered, &made, facts);
    let weights = match weights {
        None => None,
        Some(weights) => {
            let tensors = tensors(graph, weights, &lowered.nodes, &made.paths())?;
            Some(safetensors::safetensors(&tensors, &facts.metadata))
        }
    };
    Ok(PytorchModule { source, weights })
}

/// The weights of every module, by its path.
fn tensors(
    graph: &Graph,
    weights: &Weights,
    nodes: &[PyNode],
    paths: &[Option<String>],
) -> Result<Vec<NamedTensor>, PytorchProblem> {
    let mut tensors = Vec::new();
    for (node, path) in nodes.iter().zip(paths) {
        let (Some(path), Some(id)) = (path, node.source) else { continue };
        let source = graph.node(id);
        let layer = weights.get(id);
        let needed =
            || layer.cloned().ok_or_else(|| PytorchProblem::NoWeights(source.label.clone()));
        let mut add = |part: &str, shape: Vec<usize>, values: Vec<f32>| {
            tensors.push(NamedTensor { name: format!("{path}.{part}"), shape, values });
        };
        let channels_in = source.inputs.first().map_or(0, |&input| graph.shape(input).channels);
        let channels = source.shape.channels;
        match source.op {
            Op::Conv(conv) => {
                let layer = needed()?;
                add("weight", conv.weight_shape(channels_in).to_vec(), layer.weight);
                if conv.bias {
                    add("bias", vec![channels], filled(layer.bias, channels, 0.0));
                }
            }
            Op::Linear(linear) => {
                let layer = needed()?;
                let features = layer.weight.len() / channels.max(1);
                add("weight", vec![channels, features], layer.weight);
                if linear.bias {
                    add("bias", vec![channels], filled(layer.bias, channels, 0.0));
                }
            }
            Op::BatchNorm(_) | Op::LayerNorm(_) => {
                let LayerWeights { weight, bias, mean, variance } =
                    layer.cloned().unwrap_or_default();
                add("weight", vec![channels], filled(weight, channels, 1.0));
                add("bias", vec![channels], filled(bias, channels, 0.0));
                if !mean.is_empty() {
                    add("running_mean", vec![channels], mean);
                }
                if !variance.is_empty() {
                    add("running_var", vec![channels], variance);
                }
            }
            Op::Parameter(shape) => {
                let dims = vec![1, shape.channels, shape.height, shape.width];
                add("values", dims, needed()?.weight);
            }
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
            | Op::Map(_)
            | Op::Pair(_)
            | Op::Resample(_)
            | Op::Rearrange(_)
            | Op::Softmax
            | Op::MatMul => {}
        }
    }
    Ok(tensors)
}

/// Values, or as many of a default if there are none.
fn filled(values: Vec<f32>, count: usize, default: f32) -> Vec<f32> {
    if values.is_empty() { vec![default; count] } else { values }
}
