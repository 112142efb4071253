//! Networks whose stages follow from a few numbers: RegNet.
//!
//! The width of block `j` is `w0 + wa * j`, moved to the nearest `w0` times a power of `wm`; blocks of
//! equal width are a stage (`rule`). The decisions are these three numbers, the depth of the whole network
//! and the width of the groups of its convolutions. Settings that give another number of stages, or that
//! skip a power, are not in the space. Numbers that a file's ranges do not offer, such as those of the
//! published models, can be written all the same.

mod canonical;
mod network;
mod notation;
mod range;
mod rule;

use std::sync::OnceLock;

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::Deserialize;

use super::stages::ParameterValue;
use super::{Decision, Topology, TopologyContext};
use crate::graph::{Graph, GraphError, Shape};
use crate::seed;
use crate::space::drawing::Drawing;
use crate::space::error::ArchitectureError;
use crate::space::layers::{self, LayerFile, OperationLayer};
use crate::space::operations::OperationDefinition;
use crate::space::problem::ProblemList;
use crate::space::{MAX_CELLS, MAX_CLASSES};
use range::{NumberRange, RangeFile};
use rule::{Derived, derive};

/// The widest group.
const MAX_GROUP_WIDTH: usize = 1024;
/// The most settings that are tried to find one that is in the space.
const MAX_DRAWS: usize = 200_000;
/// Up to so many settings are counted one by one.
const MAX_COUNTED: u128 = 1 << 20;
/// The settings whose valid part stands for that of a space too large to be counted.
const COUNT_DRAWS: u32 = 20_000;
/// Names that a block's layers may use in braces.
const PARAMETERS: [&str; 2] = ["inner", "groups"];

/// The numbers from which the stages follow.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegnetDecisions {
    /// Width of the first block.
    pub w0: ParameterValue,
    /// By how much each block is wider than the one before it.
    pub wa: ParameterValue,
    /// The factor between the widths of two stages.
    pub wm: ParameterValue,
    /// Number of blocks.
    pub depth: usize,
    /// Channels of a group.
    pub group_width: usize,
}

/// Numbers from which the widths and depths of all stages follow, as in RegNet.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct RegnetFile {
    #[serde(rename = "kind")]
    _kind: RegnetKind,
    /// The operation that is a block. Its layers may use {inner}, the width of its convolution, and
    /// {groups}, the number of its groups.
    block: String,
    /// The stride of the first block of every stage; as many stages as entries.
    #[schemars(length(min = 1, max = 8), inner(range(min = 1, max = 8)))]
    strides: Vec<usize>,
    /// The initial width.
    w0: RangeFile,
    /// The slope: by how much each block is wider than the one before it.
    wa: RangeFile,
    /// The factor between the widths of two stages, above 1.
    wm: RangeFile,
    /// The numbers of blocks.
    #[schemars(length(min = 1, max = MAX_CELLS), inner(range(min = 1, max = MAX_CELLS)))]
    depths: Vec<usize>,
    /// The widths of the groups.
    #[schemars(length(min = 1, max = 128), inner(range(min = 1, max = MAX_GROUP_WIDTH)))]
    group_widths: Vec<usize>,
    /// The width of a block's convolution as a multiple of the block's, 1 unless given: at most 1, or a
    /// whole number.
    #[serde(default)]
    #[schemars(range(min = 0.001, max = 8))]
    bottleneck: Option<f64>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Kind")]
enum RegnetKind {
    #[serde(rename = "regnet")]
    Regnet,
}

/// Stem and head around the stages.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct RegnetSkeletonFile {
    /// Channels of the stem.
    #[schemars(range(min = 1, max = MAX_CLASSES))]
    channels: usize,
    /// Layers before the first stage.
    stem: Vec<LayerFile>,
    /// Layers after the last stage.
    head: Vec<LayerFile>,
}

/// A space of such networks.
#[derive(Debug)]
pub(in crate::space) struct Regnet {
    name: String,
    block: OperationDefinition,
    strides: Vec<usize>,
    w0: NumberRange,
    wa: NumberRange,
    wm: NumberRange,
    depths: Vec<usize>,
    group_widths: Vec<usize>,
    bottleneck: f64,
    channels: usize,
    stem: Vec<OperationLayer>,
    head: Vec<OperationLayer>,
    input: Shape,
    classes: usize,
    /// An architecture, so that there always is one.
    first: Option<RegnetDecisions>,
    count: OnceLock<u128>,
}

/// What is decided, in the order of the notation.
#[derive(Clone, Copy)]
enum RegnetSlot {
    W0,
    Wa,
    Wm,
    Depth,
    GroupWidth,
}

impl RegnetSlot {
    const ALL: [Self; 5] = [Self::W0, Self::Wa, Self::Wm, Self::Depth, Self::GroupWidth];
}

impl Regnet {
    /// Whether the stages that follow are those of a network of this space, or why not.
    fn check(&self, derived: &Derived) -> Result<(), String> {
        let (found, needed) = (derived.stages.len(), self.strides.len());
        let widths = || {
            let widths: Vec<String> =
                derived.stages.iter().take(8).map(|stage| stage.width.to_string()).collect();
            let more = if found > widths.len() { ", .." } else { "" };
            format!("{}{more}", widths.join(", "))
        };
        let stages = |count: usize| if count == 1 { "stage" } else { "stages" };
        if found != needed {
            let (word, needed_word) = (stages(found), stages(needed));
            return Err(format!(
                "gives {found} {word} (width {}); the networks of this space have {needed} {needed_word}",
                widths()
            ));
        }
        if derived.exponents != found {
            return Err(format!("skips a power of wm (widths {})", widths()));
        }
        match derived.stages.iter().find(|stage| stage.width.max(stage.inner) > MAX_CLASSES) {
            Some(stage) => Err(format!(
                "gives a stage of {} channels; the most are {MAX_CLASSES}",
                stage.width.max(stage.inner)
            )),
            None => Ok(()),
        }
    }

    fn is_valid(&self, decisions: &RegnetDecisions) -> bool {
        self.check(&derive(decisions, self.bottleneck)).is_ok()
    }

    /// A setting that may or may not be in the space.
    fn draw_any(&self, rng: &mut dyn Rng) -> RegnetDecisions {
        let mut below = |count: usize| rng.random_range(0..count as u32) as usize;
        RegnetDecisions {
            w0: self.w0.at(below(self.w0.count())),
            wa: self.wa.at(below(self.wa.count())),
            wm: self.wm.at(below(self.wm.count())),
            depth: self.depths[below(self.depths.len())],
            group_width: self.group_widths[below(self.group_widths.len())],
        }
    }

    fn try_draw(&self, rng: &mut dyn Rng) -> Option<RegnetDecisions> {
        let mut draws = std::iter::repeat_with(|| self.draw_any(rng)).take(MAX_DRAWS);
        draws.find(|decisions| self.is_valid(decisions))
    }

    fn draw(&self, rng: &mut dyn Rng) -> RegnetDecisions {
        self.try_draw(rng).or_else(|| self.first.clone()).unwrap_or_else(|| self.draw_any(rng))
    }

    /// The architectures that differ in one number.
    fn changed(&self, decisions: &RegnetDecisions, slot: RegnetSlot) -> Vec<RegnetDecisions> {
        let other = |change: &dyn Fn(&mut RegnetDecisions)| {
            let mut changed = decisions.clone();
            change(&mut changed);
            changed
        };
        let all: Vec<RegnetDecisions> = match slot {
            RegnetSlot::W0 => self.w0.iter().map(|value| other(&|one| one.w0 = value)).collect(),
            RegnetSlot::Wa => self.wa.iter().map(|value| other(&|one| one.wa = value)).collect(),
            RegnetSlot::Wm => self.wm.iter().map(|value| other(&|one| one.wm = value)).collect(),
            RegnetSlot::Depth => {
                self.depths.iter().map(|&value| other(&|one| one.depth = value)).collect()
            }
            RegnetSlot::GroupWidth => self
                .group_widths
                .iter()
                .map(|&value| other(&|one| one.group_width = value))
                .collect(),
        };
        all.into_iter().filter(|one| one != decisions && self.is_valid(one)).collect()
    }

    /// All settings of the ranges, the group width fastest.
    fn settings(&self) -> impl Iterator<Item = RegnetDecisions> + '_ {
        self.w0.iter().flat_map(move |w0| {
            self.wa.iter().flat_map(move |wa| {
                self.wm.iter().flat_map(move |wm| {
                    self.depths.iter().flat_map(move |&depth| {
                        self.group_widths.iter().map(move |&group_width| RegnetDecisions {
                            w0,
                            wa,
                            wm,
                            depth,
                            group_width,
                        })
                    })
                })
            })
        })
    }

    fn counted(&self) -> u128 {
        let sizes = [self.w0.count(), self.wa.count(), self.wm.count()];
        let sizes = sizes.into_iter().chain([self.depths.len(), self.group_widths.len()]);
        let all: u128 = sizes.map(|size| size as u128).product();
        if all <= MAX_COUNTED {
            return self.settings().filter(|one| self.is_valid(one)).count() as u128;
        }
        let mut rng = seed::stream(0, &["regnet", "count"]);
        let valid = (0..COUNT_DRAWS).filter(|_| self.is_valid(&self.draw_any(&mut rng))).count();
        let estimate = all * valid as u128 / u128::from(COUNT_DRAWS);
        // Two digits are what so many draws tell.
        let unit = 10_u128.pow(estimate.max(1).ilog10().saturating_sub(1));
        ((estimate + unit / 2) / unit * unit).max(1)
    }
}

/// Numbers of a list, each once.
fn check_distinct(values: &[usize], path: &str, problems: &mut ProblemList) {
    for (position, value) in values.iter().enumerate() {
        if values[..position].contains(value) {
            problems.add(format!("{path}[{position}]"), format!("repeats {value}"));
        }
    }
}

impl Topology for Regnet {
    type Decisions = RegnetDecisions;
    type TopologyTable = RegnetFile;
    type SkeletonTable = RegnetSkeletonFile;

    const KIND: &'static str = "regnet";

    fn new(
        file: RegnetFile,
        skeleton: RegnetSkeletonFile,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self> {
        check_distinct(&file.depths, "topology.depths", problems);
        check_distinct(&file.group_widths, "topology.group_widths", problems);
        let w0 = NumberRange::new(&file.w0, "topology.w0", problems);
        let wa = NumberRange::new(&file.wa, "topology.wa", problems);
        let wm = NumberRange::new(&file.wm, "topology.wm", problems);
        if wm.as_ref().is_some_and(|wm| wm.at(0).value() <= 1.0) {
            problems.add("topology.wm.min", "is not above 1: widths are multiplied by it");
        }
        let bottleneck = file.bottleneck.unwrap_or(1.0);
        if bottleneck > 1.0 && bottleneck.fract() != 0.0 {
            let message = format!("is {bottleneck}; above 1 it is a whole number");
            problems.add("topology.bottleneck", message);
        }
        let block = context.operations.definition(&file.block, "topology.block", problems);
        for name in block.iter().flat_map(|block| block.parameters()) {
            if !PARAMETERS.contains(&name) {
                let all = PARAMETERS.map(|name| format!("{{{name}}}")).join(", ");
                let block = &file.block;
                let message = format!(
                    "is `{block}`, which uses {{{name}}}; the values of this topology are {all}"
                );
                problems.add("topology.block", message);
                return None;
            }
        }
        let stem = layers::read(&skeleton.stem, &[], "skeleton.stem", problems);
        let head = layers::read(&skeleton.head, &[], "skeleton.head", problems);
        let mut regnet = Self {
            block: block?.clone(),
            name: file.block,
            strides: file.strides,
            w0: w0?,
            wa: wa?,
            wm: wm?,
            depths: file.depths,
            group_widths: file.group_widths,
            bottleneck,
            channels: skeleton.channels,
            stem: stem?,
            head: head?,
            input: context.input,
            classes: context.classes,
            first: None,
            count: OnceLock::new(),
        };
        if !problems.is_empty() {
            return None;
        }
        regnet.first = regnet.try_draw(&mut seed::stream(0, &["regnet", "first"]));
        if regnet.first.is_none() {
            let stages = regnet.strides.len();
            let message = format!(
                "none of {MAX_DRAWS} random settings gives {stages} stages, one for each of \
                 `strides`, without skipping a power of wm; widen the ranges"
            );
            problems.add("topology", message);
            return None;
        }
        Some(regnet)
    }

    fn check_shapes(&self, problems: &mut ProblemList) {
        network::check(self, problems);
    }

    fn operation_names(&self) -> Vec<&str> {
        vec![&self.name]
    }

    fn count(&self) -> u128 {
        *self.count.get_or_init(|| self.counted())
    }

    fn sample(&self, rng: &mut dyn Rng) -> RegnetDecisions {
        self.draw(rng)
    }

    fn enumerate(&self) -> Box<dyn Iterator<Item = RegnetDecisions> + '_> {
        Box::new(self.settings().filter(|one| self.is_valid(one)))
    }

    fn parse(&self, text: &str) -> Result<RegnetDecisions, ArchitectureError> {
        notation::parse(self, text)
    }

    fn format(&self, decisions: &RegnetDecisions) -> String {
        notation::format(decisions)
    }

    fn neighbours(&self, decisions: &RegnetDecisions) -> Vec<RegnetDecisions> {
        RegnetSlot::ALL.into_iter().flat_map(|slot| self.changed(decisions, slot)).collect()
    }

    /// A random number is changed to a random one of those that stay in the space.
    fn mutate(&self, decisions: &RegnetDecisions, rng: &mut dyn Rng) -> RegnetDecisions {
        let mut slots = RegnetSlot::ALL.to_vec();
        while !slots.is_empty() {
            let slot = slots.swap_remove(rng.random_range(0..slots.len() as u32) as usize);
            let mut changed = self.changed(decisions, slot);
            if !changed.is_empty() {
                return changed.swap_remove(rng.random_range(0..changed.len() as u32) as usize);
            }
        }
        decisions.clone()
    }

    /// The smallest numbers that give the same stages.
    fn reduced(&self, decisions: &RegnetDecisions) -> RegnetDecisions {
        canonical::smallest(self, decisions)
    }

    fn is_connected(&self, decisions: &RegnetDecisions) -> bool {
        network::is_connected(self, decisions)
    }

    /// Widths, depths and groups of the stages.
    fn function_key(&self, decisions: &RegnetDecisions) -> String {
        let stages = derive(decisions, self.bottleneck).stages;
        let texts: Vec<String> = stages
            .iter()
            .map(|stage| {
                format!("{}x{}/{}/{}", stage.depth, stage.width, stage.inner, stage.groups)
            })
            .collect();
        texts.join(",")
    }

    fn decisions(&self, decisions: &RegnetDecisions) -> Vec<Decision> {
        let RegnetDecisions { w0, wa, wm, depth, group_width } = decisions;
        [
            ("w0", w0.to_string()),
            ("wa", wa.to_string()),
            ("wm", wm.to_string()),
            ("depth", depth.to_string()),
            ("group width", group_width.to_string()),
        ]
        .map(|(name, value)| Decision { name: name.to_owned(), value })
        .to_vec()
    }

    fn drawings(&self, decisions: &RegnetDecisions) -> Vec<Drawing> {
        let mut nodes = vec![format!("stem, {} channels", self.channels)];
        let stages = derive(decisions, self.bottleneck).stages;
        for (stage, stride) in stages.iter().zip(&self.strides) {
            let rule::DerivedStage { depth, width, groups, .. } = stage;
            let name = &self.name;
            let mut text = format!("{depth} x {name}, {width} channels, {groups} groups");
            if *stride > 1 {
                text.push_str(&format!(", stride {stride}"));
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

    fn build(&self, decisions: &RegnetDecisions) -> Result<Graph, GraphError> {
        network::assemble(self, decisions)
    }
}
