//! The `[topology]` and `[skeleton]` tables of a space of layers, as they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::space::layers::LayerFile;
use crate::space::{MAX_CELLS, MAX_CLASSES};

/// The most stages, and the most values of one choice.
pub(super) const MAX_VALUES: usize = 64;
/// The largest stride of a position.
pub(super) const MAX_STRIDE: usize = 8;

/// A chain of positions, each with a list of operations to choose from.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct LayersFile {
    #[serde(rename = "kind")]
    _kind: LayersKind,
    /// How an architecture is written.
    pub notation: NotationFile,
    /// What stands before and behind the positions in an architecture's text.
    #[serde(default)]
    pub prefix: String,
    /// What stands behind them.
    #[serde(default)]
    pub suffix: String,
    /// A factor for every width, which is then rounded to a multiple of 8. Where it is given, an
    /// architecture may begin with a factor of its own (`w1.35:`) or with widths (`32,16,24,..:`).
    #[schemars(range(min = 0.1, max = 10))]
    pub multiplier: Option<f64>,
    /// The candidates of every stage that has no list of its own.
    #[serde(default)]
    pub candidates: Vec<String>,
    /// Candidates by name; any other name of a candidate is that of an operation.
    #[serde(default)]
    pub choices: BTreeMap<String, ChoiceFile>,
    /// What is decided at every position besides its operation: for every `{name}` in the layers, a
    /// list of values, or a table with `values` and the `default` that stands where nothing is
    /// decided.
    #[serde(default)]
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// The stages, in order.
    #[schemars(length(min = 1, max = MAX_VALUES))]
    pub stages: Vec<StageFile>,
    /// How often candidates may occur in a network.
    #[serde(default)]
    pub limits: Vec<LimitFile>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Kind")]
enum LayersKind {
    #[serde(rename = "layers")]
    Layers,
}

/// How an architecture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Notation")]
pub(in crate::space) enum NotationFile {
    /// One character for every position: the symbols of the candidates, as in `22212202`.
    Digits,
    /// The names of the candidates with commas between them.
    Names,
    /// Lists by name: depths `d`, operations `op`, every parameter, widths `w`.
    Lists,
}

/// A group of positions of one width.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LayerStage")]
pub(in crate::space) struct StageFile {
    /// Channels that every position gives, or a list of widths to choose from; the width that enters
    /// unless given.
    pub width: Option<StageWidthFile>,
    /// Stride of the first position.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = MAX_STRIDE))]
    pub stride: usize,
    /// The number of positions.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = MAX_CELLS))]
    pub slots: usize,
    /// How many of the positions are used, from the first on: a list of numbers to choose from, or a
    /// table from what the architecture says to the number. All of them unless given.
    pub depths: Option<DepthsFile>,
    /// How often the operation of a position stands there; only the first takes its stride.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = MAX_CELLS))]
    pub repeats: usize,
    /// The candidates of its positions.
    pub candidates: Option<Vec<String>>,
    /// The operation of its positions, which is no decision.
    pub block: Option<String>,
    /// Values for the `{name}`s in the layers of its operations.
    #[serde(default)]
    pub values: BTreeMap<String, ValueFile>,
    /// Whether a multiplier applies: always, or only above 1.
    #[serde(default)]
    pub scaled: ScaledFile,
}

/// The width of a stage.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "StageWidth")]
pub(in crate::space) enum StageWidthFile {
    /// One width.
    One(#[schemars(range(min = 1, max = MAX_CLASSES))] usize),
    /// Widths to choose from; the architecture says the position in the list, from 0 on.
    Choices(
        #[schemars(length(min = 1, max = MAX_VALUES), inner(range(min = 1, max = MAX_CLASSES)))]
        Vec<usize>,
    ),
}

/// The depths of a stage.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Depths")]
pub(in crate::space) enum DepthsFile {
    /// Numbers of positions.
    Numbers(
        #[schemars(length(min = 1, max = MAX_VALUES), inner(range(min = 0, max = MAX_CELLS)))]
        Vec<usize>,
    ),
    /// Numbers of positions by what the architecture says.
    Named(serde_json::Map<String, serde_json::Value>),
}

/// Where a multiplier applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Scaled")]
pub(in crate::space) enum ScaledFile {
    /// Always.
    #[default]
    Always,
    /// Only if it is above 1.
    Up,
    /// Never.
    Never,
}

/// A value for a `{name}` in the layers of operations.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "LayerValue")]
pub(in crate::space) enum ValueFile {
    /// A number with at most three decimals.
    Number(f64),
    /// A word, such as the name of an activation.
    Text(String),
}

/// A candidate of a position.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Choice")]
pub(in crate::space) struct ChoiceFile {
    /// Its operation.
    pub operation: String,
    /// The character that stands for it in an architecture written in digits.
    pub symbol: Option<String>,
    /// Values for the `{name}`s in the operation's layers.
    #[serde(default)]
    pub values: BTreeMap<String, ValueFile>,
    /// Whether it is a candidate only where neither stride nor width change.
    #[serde(default)]
    pub unchanged_only: bool,
    /// Its stride, in place of the stage's.
    #[schemars(range(min = 1, max = MAX_STRIDE))]
    pub stride: Option<usize>,
    /// Its width by the width that enters, in place of the stage's.
    #[schemars(range(min = 1, max = 8))]
    pub widen: Option<usize>,
}

/// How often candidates may occur in a network.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Limit")]
pub(in crate::space) struct LimitFile {
    /// The candidates that are counted together.
    #[schemars(length(min = 1))]
    pub candidates: Vec<String>,
    /// The least number of positions that have one of them.
    #[serde(default)]
    pub min: usize,
    /// The greatest.
    pub max: Option<usize>,
}

/// Stem and head around the stages.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct LayersSkeletonFile {
    /// Widths by name, for the `{name}`s in the layers of stem and head: a number, or a table with
    /// `width` and `scaled`.
    #[serde(default)]
    pub widths: BTreeMap<String, NamedWidthFile>,
    /// Layers before the first stage.
    #[serde(default)]
    pub stem: Vec<LayerFile>,
    /// Layers after the last stage.
    pub head: Vec<LayerFile>,
}

/// A width of stem or head.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "NamedWidth")]
pub(in crate::space) enum NamedWidthFile {
    /// A width.
    One(#[schemars(range(min = 1, max = MAX_CLASSES))] usize),
    /// A width to which a multiplier does not always apply.
    Scaled(ScaledWidthFile),
}

/// A width to which a multiplier does not always apply.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScaledWidth")]
pub(in crate::space) struct ScaledWidthFile {
    #[schemars(range(min = 1, max = MAX_CLASSES))]
    pub width: usize,
    #[serde(default)]
    pub scaled: ScaledFile,
}

fn one() -> usize {
    1
}
