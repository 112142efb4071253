//! Networks of stages of equal blocks: the stage-based Network Design Spaces.
//!
//! A stem is followed by stages. The first block of a stage changes width and stride, and the others
//! keep them. The decisions are depth, width and stride of every stage, and the values of the block's
//! own parameters, which appear in braces in its layers (`groups={num_g}`).

mod network;
mod notation;
mod number;

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::Deserialize;

use super::radix::MixedRadix;
use super::{Decision, Topology, TopologyContext};
use crate::graph::{Graph, GraphError, Shape};
use crate::space::drawing::Drawing;
use crate::space::error::ArchitectureError;
use crate::space::layers::{self, LayerFile, OperationLayer};
use crate::space::operations::OperationDefinition;
use crate::space::problem::ProblemList;
use crate::space::{MAX_CELLS, MAX_CLASSES};
pub use number::ParameterValue;

/// The most values of one choice.
const MAX_VALUES: usize = 64;
/// The most combinations of a stage's choices that are tried when a file is checked.
const MAX_CHECKED: usize = 100_000;

/// The stem and the stages of a network.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StagesDecisions {
    stem: StageStem,
    stages: Vec<StageDecisions>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct StageStem {
    width: usize,
    stride: usize,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StageDecisions {
    /// Number of blocks.
    pub depth: usize,
    /// Channels that every block gives.
    pub width: usize,
    /// Stride of the first block.
    pub stride: usize,
    /// Values of the block's parameters, in the order of the file.
    pub parameters: Vec<ParameterValue>,
}

/// Depth, width, stride and block parameters per stage.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct StagesFile {
    #[serde(rename = "kind")]
    _kind: StagesKind,
    /// The operation that is a block.
    block: String,
    /// The numbers of blocks to choose from.
    #[schemars(length(min = 1, max = MAX_VALUES), inner(range(min = 1, max = MAX_CELLS)))]
    depths: Vec<usize>,
    /// The channel counts to choose from.
    #[schemars(length(min = 1, max = MAX_VALUES), inner(range(min = 1, max = MAX_CLASSES)))]
    widths: Vec<usize>,
    /// For every stage, the strides of its first block to choose from; as many stages as lists.
    #[schemars(
        length(min = 1, max = 16),
        inner(length(min = 1, max = 4), inner(range(min = 1, max = 8)))
    )]
    strides: Vec<Vec<usize>>,
    /// For every parameter in the block's layers, the values to choose from.
    #[serde(default)]
    parameters: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Kind")]
enum StagesKind {
    #[serde(rename = "stages")]
    Stages,
}

/// Stem and head around the stages.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct StagesSkeletonFile {
    /// Channels of the stem.
    #[schemars(range(min = 1, max = MAX_CLASSES))]
    channels: usize,
    /// Stride of the stem: what `stride=s` means in its layers.
    #[serde(default)]
    #[schemars(range(min = 1, max = 8))]
    stride: Option<usize>,
    /// Layers before the first stage.
    stem: Vec<LayerFile>,
    /// Layers after the last stage.
    head: Vec<LayerFile>,
}

/// A parameter of the block.
#[derive(Clone, Debug)]
struct StageParameter {
    name: String,
    values: Vec<ParameterValue>,
}

/// A space of such networks.
#[derive(Debug)]
pub(in crate::space) struct Stages {
    name: String,
    block: OperationDefinition,
    depths: Vec<usize>,
    widths: Vec<usize>,
    strides: Vec<Vec<usize>>,
    parameters: Vec<StageParameter>,
    stem: StageStem,
    stem_layers: Vec<OperationLayer>,
    head: Vec<OperationLayer>,
    input: Shape,
    classes: usize,
    radix: MixedRadix,
}

/// What is decided in a stage, in the order of the digits.
#[derive(Clone, Copy)]
enum StageSlot {
    Depth,
    Width,
    Stride,
    Parameter(usize),
}

impl Stages {
    /// What is decided, by stage.
    fn slots(&self) -> impl Iterator<Item = (usize, StageSlot)> + '_ {
        (0..self.strides.len()).flat_map(|stage| {
            let fixed = [StageSlot::Depth, StageSlot::Width, StageSlot::Stride];
            let own = (0..self.parameters.len()).map(StageSlot::Parameter);
            fixed.into_iter().chain(own).map(move |slot| (stage, slot))
        })
    }

    /// The number of values to choose from.
    fn values(&self, stage: usize, slot: StageSlot) -> usize {
        match slot {
            StageSlot::Depth => self.depths.len(),
            StageSlot::Width => self.widths.len(),
            StageSlot::Stride => self.strides[stage].len(),
            StageSlot::Parameter(parameter) => self.parameters[parameter].values.len(),
        }
    }

    /// Puts a value in its place.
    fn set(&self, decisions: &mut StagesDecisions, stage: usize, slot: StageSlot, value: usize) {
        let target = &mut decisions.stages[stage];
        match slot {
            StageSlot::Depth => target.depth = self.depths[value],
            StageSlot::Width => target.width = self.widths[value],
            StageSlot::Stride => target.stride = self.strides[stage][value],
            StageSlot::Parameter(parameter) => {
                target.parameters[parameter] = self.parameters[parameter].values[value];
            }
        }
    }

    /// The position of what was chosen; `None` for a value that is not among the choices.
    fn digit(&self, decisions: &StagesDecisions, stage: usize, slot: StageSlot) -> Option<usize> {
        let chosen = &decisions.stages[stage];
        match slot {
            StageSlot::Depth => self.depths.iter().position(|depth| *depth == chosen.depth),
            StageSlot::Width => self.widths.iter().position(|width| *width == chosen.width),
            StageSlot::Stride => {
                self.strides[stage].iter().position(|stride| *stride == chosen.stride)
            }
            StageSlot::Parameter(parameter) => {
                let value = chosen.parameters[parameter];
                self.parameters[parameter].values.iter().position(|known| *known == value)
            }
        }
    }

    fn at(&self, digits: &[usize]) -> StagesDecisions {
        let parameters: Vec<ParameterValue> =
            self.parameters.iter().map(|one| one.values[0]).collect();
        let stage = StageDecisions { depth: 1, width: 1, stride: 1, parameters };
        let stages = vec![stage; self.strides.len()];
        let mut decisions = StagesDecisions { stem: self.stem, stages };
        for ((stage, slot), &digit) in self.slots().zip(digits) {
            self.set(&mut decisions, stage, slot, digit);
        }
        decisions
    }

    /// The architectures that differ in one slot.
    fn changed(
        &self,
        decisions: &StagesDecisions,
        stage: usize,
        slot: StageSlot,
    ) -> Vec<StagesDecisions> {
        let current = self.digit(decisions, stage, slot);
        let others = (0..self.values(stage, slot)).filter(|value| Some(*value) != current);
        others
            .map(|value| {
                let mut changed = decisions.clone();
                self.set(&mut changed, stage, slot, value);
                changed
            })
            .collect()
    }
}

/// A list of choices without doubles.
fn check_distinct<T: PartialEq + std::fmt::Display>(
    values: &[T],
    path: &str,
    problems: &mut ProblemList,
) {
    for (position, value) in values.iter().enumerate() {
        if values[..position].contains(value) {
            problems.add(format!("{path}[{position}]"), format!("repeats {value}"));
        }
    }
}

/// The block's parameters: the file must give values to those in the layers, and to no others.
fn read_parameters(
    file: &serde_json::Map<String, serde_json::Value>,
    block: &OperationDefinition,
    problems: &mut ProblemList,
) -> Vec<StageParameter> {
    let used = block.parameters();
    for name in used.iter().filter(|name| !file.contains_key(**name)) {
        let message = format!("is missing `{name}`, which the block's layers use as {{{name}}}");
        problems.add("topology.parameters", message);
    }
    let mut parameters = Vec::new();
    for (name, values) in file {
        let path = format!("topology.parameters.{name}");
        if !used.contains(&name.as_str()) {
            problems.add(&path, format!("is not used: no layer of the block holds {{{name}}}"));
        }
        let list: Option<Vec<ParameterValue>> = values
            .as_array()
            .filter(|list| !list.is_empty() && list.len() <= MAX_VALUES)
            .and_then(|list| list.iter().map(ParameterValue::from_json).collect());
        match list {
            Some(values) => {
                check_distinct(&values, &path, problems);
                parameters.push(StageParameter { name: name.clone(), values });
            }
            None => problems.add(
                &path,
                format!("is {values}, expected a list of 1 to {MAX_VALUES} numbers from 0 to 65536 with \
                    at most three decimals"),
            ),
        }
    }
    parameters
}

impl Topology for Stages {
    type Decisions = StagesDecisions;
    type TopologyTable = StagesFile;
    type SkeletonTable = StagesSkeletonFile;

    const KIND: &'static str = "stages";

    fn new(
        file: StagesFile,
        skeleton: StagesSkeletonFile,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self> {
        check_distinct(&file.depths, "topology.depths", problems);
        check_distinct(&file.widths, "topology.widths", problems);
        for (stage, strides) in file.strides.iter().enumerate() {
            check_distinct(strides, &format!("topology.strides[{stage}]"), problems);
        }
        let block = context.operations.definition(&file.block, "topology.block", problems);
        let parameters = read_parameters(&file.parameters, block?, problems);
        let stem_layers = layers::read(&skeleton.stem, &[], "skeleton.stem", problems);
        let head = layers::read(&skeleton.head, &[], "skeleton.head", problems);
        let mut stages = Self {
            name: file.block,
            block: block?.clone(),
            depths: file.depths,
            widths: file.widths,
            strides: file.strides,
            parameters,
            stem: StageStem { width: skeleton.channels, stride: skeleton.stride.unwrap_or(1) },
            stem_layers: stem_layers?,
            head: head?,
            input: context.input,
            classes: context.classes,
            radix: MixedRadix(Vec::new()),
        };
        let sizes = stages.slots().map(|(stage, slot)| stages.values(stage, slot)).collect();
        stages.radix = MixedRadix(sizes);
        Some(stages)
    }

    fn check_shapes(&self, problems: &mut ProblemList) {
        network::check(self, problems);
    }

    fn operation_names(&self) -> Vec<&str> {
        vec![&self.name]
    }

    fn count(&self) -> u128 {
        self.radix.count()
    }

    fn sample(&self, rng: &mut dyn Rng) -> StagesDecisions {
        self.at(&self.radix.sample(rng))
    }

    fn enumerate(&self) -> Box<dyn Iterator<Item = StagesDecisions> + '_> {
        Box::new((0..).map_while(|index| self.at_index(index)))
    }

    fn parse(&self, text: &str) -> Result<StagesDecisions, ArchitectureError> {
        notation::parse(self, text)
    }

    fn format(&self, decisions: &StagesDecisions) -> String {
        notation::format(self, decisions)
    }

    /// The number among the choices, the last one fastest.
    fn index(&self, decisions: &StagesDecisions) -> Option<u64> {
        if decisions.stem != self.stem {
            return None;
        }
        let digits = self.slots().map(|(stage, slot)| self.digit(decisions, stage, slot));
        self.radix.rank(&digits.collect::<Option<Vec<_>>>()?)
    }

    fn at_index(&self, index: u64) -> Option<StagesDecisions> {
        self.radix.unrank(index).map(|digits| self.at(&digits))
    }

    fn neighbours(&self, decisions: &StagesDecisions) -> Vec<StagesDecisions> {
        self.slots().flat_map(|(stage, slot)| self.changed(decisions, stage, slot)).collect()
    }

    fn mutate(&self, decisions: &StagesDecisions, rng: &mut dyn Rng) -> StagesDecisions {
        let free: Vec<Vec<StagesDecisions>> = self
            .slots()
            .map(|(stage, slot)| self.changed(decisions, stage, slot))
            .filter(|changed| !changed.is_empty())
            .collect();
        if free.is_empty() {
            return decisions.clone();
        }
        let slot = &free[rng.random_range(0..free.len() as u32) as usize];
        slot[rng.random_range(0..slot.len() as u32) as usize].clone()
    }

    /// Different decisions are different networks.
    fn reduced(&self, decisions: &StagesDecisions) -> StagesDecisions {
        decisions.clone()
    }

    fn is_connected(&self, decisions: &StagesDecisions) -> bool {
        let block = |stage| network::block(self, stage).ok();
        decisions.stages.iter().all(|stage| block(stage).is_some_and(|block| !block.zero))
    }

    fn decisions(&self, decisions: &StagesDecisions) -> Vec<Decision> {
        let choice = |(stage, slot): (usize, StageSlot)| {
            let chosen = &decisions.stages[stage];
            let (name, value) = match slot {
                StageSlot::Depth => ("depth", chosen.depth.to_string()),
                StageSlot::Width => ("width", chosen.width.to_string()),
                StageSlot::Stride => ("stride", chosen.stride.to_string()),
                StageSlot::Parameter(parameter) => {
                    let name = self.parameters[parameter].name.as_str();
                    (name, chosen.parameters[parameter].to_string())
                }
            };
            Decision { name: format!("stage {} {name}", stage + 1), value }
        };
        self.slots().map(choice).collect()
    }

    fn drawings(&self, decisions: &StagesDecisions) -> Vec<Drawing> {
        let mut nodes = vec![format!("stem, {} channels", decisions.stem.width)];
        for stage in &decisions.stages {
            let StageDecisions { depth, width, stride, parameters } = stage;
            let mut text = format!("{depth} x {}, {width} channels", self.name);
            if *stride > 1 {
                text.push_str(&format!(", stride {stride}"));
            }
            for (parameter, value) in self.parameters.iter().zip(parameters) {
                text.push_str(&format!(", {} {value}", parameter.name));
            }
            nodes.push(text);
        }
        nodes.push("head".to_owned());
        let mut network = Drawing::new("network", nodes);
        for node in 1..network.nodes.len() {
            network.edge(node - 1, node, "");
        }
        vec![network]
    }

    fn build(&self, decisions: &StagesDecisions) -> Result<Graph, GraphError> {
        network::assemble(self, decisions)
    }
}
