//! Layers: the small language in which operations, stems and heads are written.
//!
//! `assets/operations.toml` documents the language. `text` parses it, and `emit` adds the layers to a
//! graph.

mod emit;
mod text;
mod width;

use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use emit::{OperationContext, emit};
pub(super) use width::WidthRounding;

use super::problem::ProblemList;
use crate::graph::{Activation, BatchNorm};
use width::ChannelWidth;

/// One layer of an operation.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum OperationLayer {
    /// Its input as it is.
    Identity,
    /// Zeros of the output's shape.
    Zero,
    /// Activation.
    Activation(Activation),
    /// Batch normalisation by the statistics of the mini-batch.
    BatchNorm(BatchNorm),
    /// Convolution.
    Conv(ConvLayer),
    /// Pooling.
    Pool(PoolLayer),
    /// Moved up by so many rows and left by so many columns; zeros enter right and below.
    Shift([usize; 2]),
    /// Channels of so many groups interleaved: the first of every group, then the second, ...
    Shuffle(usize),
    /// Half of the channels.
    Half(ChannelHalf),
    /// Mean over rows and columns.
    GlobalAvgPool,
    /// All values as channels.
    Flatten,
    /// Fully connected layer.
    Linear(LinearLayer),
    /// Branches that read the same input, and how their results are joined.
    Branches(BranchJoin, Vec<Vec<OperationLayer>>),
}

/// How branches are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BranchJoin {
    /// Summed.
    Add,
    /// Concatenated along the channels.
    Concat,
    /// Multiplied: two branches, of which one may be a single pixel.
    Mul,
}

/// Half of the channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChannelHalf {
    /// Channels 0, 2, 4, ...
    Even,
    /// Channels 1, 3, 5, ...
    Odd,
}

/// A convolution whose width and stride depend on where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConvLayer {
    kernel: [usize; 2],
    stride: [LayerStep; 2],
    padding: [usize; 2],
    dilation: [usize; 2],
    groups: GroupCount,
    out: ChannelWidth,
    bias: bool,
}

/// A pooling whose stride depends on where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolLayer {
    kernel: [LayerStep; 2],
    stride: [LayerStep; 2],
    padding: [usize; 2],
    /// Windows that reach past the end of the image count what lies in it.
    ceil: bool,
    /// `None` for the maximum, else whether padded pixels are in the divisor.
    average: Option<bool>,
}

/// A fully connected layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LinearLayer {
    /// `None` for the number of classes.
    out: Option<usize>,
    bias: bool,
}

/// A stride along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LayerStep {
    /// That of the operation.
    Operation,
    Fixed(usize),
}

/// Groups of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GroupCount {
    /// One per input channel.
    Depthwise,
    Fixed(usize),
}

/// Whether the layers give zero for every image, if their input is (`zero`) or is not.
pub(super) fn zero_after(layers: &[OperationLayer], zero: bool) -> bool {
    layers.iter().fold(zero, |zero, layer| match layer {
        OperationLayer::Zero => true,
        OperationLayer::Activation(activation) => zero && activation.kind.keeps_zero(),
        OperationLayer::Conv(conv) => zero && !conv.bias,
        OperationLayer::Linear(linear) => zero && !linear.bias,
        OperationLayer::Branches(BranchJoin::Mul, branches) => {
            branches.iter().any(|branch| zero_after(branch, zero))
        }
        OperationLayer::Branches(_, branches) => {
            branches.iter().all(|branch| zero_after(branch, zero))
        }
        _ => zero,
    })
}

/// Whether any layer, at any depth, satisfies a condition.
pub(super) fn any(layers: &[OperationLayer], condition: &dyn Fn(&OperationLayer) -> bool) -> bool {
    layers.iter().any(|layer| match layer {
        OperationLayer::Branches(_, branches) => {
            branches.iter().any(|branch| any(branch, condition))
        }
        layer => condition(layer),
    })
}

/// A layer as written in a file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum LayerFile {
    /// A text such as `conv 3x3 stride=s`.
    Text(String),
    /// Branches that read the same input.
    Branches(BranchesFile),
}

/// Branches that read the same input, and how their results are joined.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum BranchesFile {
    /// Summed.
    Add(Vec<Vec<LayerFile>>),
    /// Concatenated along the channels.
    Concat(Vec<Vec<LayerFile>>),
    /// Multiplied: two branches, of which one may be a single pixel, as in a gate.
    Mul(Vec<Vec<LayerFile>>),
}

impl BranchesFile {
    fn parts(&self) -> (BranchJoin, &'static str, &[Vec<LayerFile>]) {
        match self {
            Self::Add(branches) => (BranchJoin::Add, "add", branches),
            Self::Concat(branches) => (BranchJoin::Concat, "concat", branches),
            Self::Mul(branches) => (BranchJoin::Mul, "mul", branches),
        }
    }
}

/// Values for the `{name}`s in the texts of layers.
pub(super) type LayerParameters<'p> = [(&'p str, String)];

/// Reads a list of layers; `path` is where it stands in the file. `None` after a problem.
pub(super) fn read(
    files: &[LayerFile],
    parameters: &LayerParameters<'_>,
    path: &str,
    problems: &mut ProblemList,
) -> Option<Vec<OperationLayer>> {
    let read = |(position, file): (usize, &LayerFile)| {
        let path = format!("{path}[{position}]");
        match file {
            LayerFile::Text(text) => problems.take(&path, text::parse(text, parameters)),
            LayerFile::Branches(file) => {
                let (join, key, branches) = file.parts();
                read_branches(branches, join, parameters, &format!("{path}.{key}"), problems)
            }
        }
    };
    // All of them, so that every problem is noted.
    let layers: Vec<Option<OperationLayer>> = files.iter().enumerate().map(read).collect();
    layers.into_iter().collect()
}

fn read_branches(
    branches: &[Vec<LayerFile>],
    join: BranchJoin,
    parameters: &LayerParameters<'_>,
    path: &str,
    problems: &mut ProblemList,
) -> Option<OperationLayer> {
    if branches.is_empty() {
        problems.add(path, "has no branch; it needs at least one");
        return None;
    }
    if join == BranchJoin::Mul && branches.len() != 2 {
        let count = branches.len();
        problems
            .add(path, format!("has {count} branches; a product has two: a value and its gate"));
    }
    let read = |(position, branch): (usize, &Vec<LayerFile>)| {
        read(branch, parameters, &format!("{path}[{position}]"), problems)
    };
    let branches: Vec<Option<Vec<OperationLayer>>> =
        branches.iter().enumerate().map(read).collect();
    Some(OperationLayer::Branches(join, branches.into_iter().collect::<Option<_>>()?))
}

/// The names of the parameters in the texts of layers, each once.
pub(super) fn parameters_of(files: &[LayerFile]) -> Vec<&str> {
    let mut names = parameters_in_order(files);
    names.sort_unstable();
    names
}

/// The same in the order of their first use.
pub(super) fn parameters_in_order(files: &[LayerFile]) -> Vec<&str> {
    let mut names = Vec::new();
    for file in files {
        let found = match file {
            LayerFile::Text(text) => text::parameters(text).collect(),
            LayerFile::Branches(file) => {
                let branches = file.parts().2.iter();
                branches.flat_map(|branch| parameters_in_order(branch)).collect::<Vec<_>>()
            }
        };
        for name in found {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}
