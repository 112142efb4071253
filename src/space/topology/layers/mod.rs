//! A chain of positions, each with a list of operations to choose from: the layer-wise spaces.
//!
//! Positions are grouped in stages of one width; the first position of a stage takes its stride. An
//! architecture is a list of digits (`slots`): widths and depths of stages, candidates and parameters
//! of positions. `walk` knows which digits mean something and which are allowed, and counts; `notation`
//! writes and reads them; `network` builds what they say.

mod dictionary;
mod file;
mod network;
mod notation;
mod read;
mod reduce;
mod slots;
mod walk;

use std::collections::HashSet;
use std::sync::OnceLock;

use rand::{Rng, RngExt};

use super::{Decision, Topology, TopologyContext};
use crate::graph::{Graph, GraphError, Shape};
use crate::space::drawing::Drawing;
use crate::space::error::ArchitectureError;
use crate::space::layers::{LayerFile, WidthRounding};
use crate::space::operations::Operation;
use crate::space::problem::ProblemList;
use file::{LayersFile, LayersSkeletonFile, NotationFile, ScaledFile};
use slots::{LayerPosition, LayerSlot};
use walk::WalkCounts;

/// What one architecture decides.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayersDecisions {
    /// By slot.
    digits: Vec<u16>,
    /// Widths other than the space's.
    scale: Option<WidthScale>,
}

/// Widths other than the space's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum WidthScale {
    /// A factor in thousandths.
    Multiplier(usize),
    /// Those of the stem, of the stages that have one, and of the head.
    Widths(Vec<usize>),
}

/// A candidate.
#[derive(Clone, Debug)]
struct Candidate {
    name: String,
    symbol: Option<char>,
    /// Only where neither stride nor width change.
    unchanged_only: bool,
    stride: Option<usize>,
    widen: Option<usize>,
}

/// A candidate in a stage, with the values of the stage.
#[derive(Clone, Debug)]
struct StageOption {
    /// By index; `None` for the operation of a stage in which nothing is decided.
    candidate: Option<usize>,
    /// The parameters its operation uses, by index.
    parameters: Vec<usize>,
    /// The operation with all values of these parameters, the last one fastest.
    variants: Vec<Operation>,
}

/// A group of positions of one width.
#[derive(Clone, Debug)]
struct LayerStage {
    /// To choose from; none if the width is the one that enters.
    widths: Vec<usize>,
    scaled: ScaledFile,
    stride: usize,
    slots: usize,
    /// What an architecture says, and the number of positions that are used; at least one.
    depths: Vec<(usize, usize)>,
    /// The file says which.
    has_depths: bool,
    repeats: usize,
    options: Vec<StageOption>,
    /// Its candidates are a decision.
    is_decided: bool,
}

impl LayerStage {
    fn least(&self) -> usize {
        self.depths.iter().map(|&(_, used)| used).min().unwrap_or(self.slots)
    }
}

/// What is decided at a position besides its operation.
#[derive(Clone, Debug)]
struct LayerParameter {
    name: String,
    values: Vec<String>,
    /// The value where nothing is decided; `None` if it is a decision.
    default: Option<usize>,
}

/// How often candidates may occur.
#[derive(Clone, Debug)]
struct LayerLimit {
    candidates: Vec<usize>,
    min: usize,
    max: usize,
}

/// A width of stem or head.
#[derive(Clone, Debug)]
struct NamedWidth {
    name: String,
    width: usize,
    scaled: ScaledFile,
}

/// A space of such networks.
#[derive(Debug)]
pub(in crate::space) struct Layers {
    notation: NotationFile,
    prefix: String,
    suffix: String,
    /// In thousandths, where there may be another.
    multiplier: Option<usize>,
    candidates: Vec<Candidate>,
    parameters: Vec<LayerParameter>,
    stages: Vec<LayerStage>,
    limits: Vec<LayerLimit>,
    positions: Vec<LayerPosition>,
    slots: Vec<LayerSlot>,
    stem: Vec<LayerFile>,
    head: Vec<LayerFile>,
    /// In the order of their use.
    stem_widths: Vec<NamedWidth>,
    head_widths: Vec<NamedWidth>,
    input: Shape,
    classes: usize,
    counts: OnceLock<WalkCounts>,
}

/// `width` times a factor in thousandths.
fn scaled(width: usize, thousandths: usize, scaled: ScaledFile) -> usize {
    let factor = match scaled {
        ScaledFile::Always => thousandths,
        ScaledFile::Up => thousandths.max(1000),
        ScaledFile::Never => 1000,
    };
    if factor == 1000 { width } else { WidthRounding::Div8.apply(width * factor, 1000) }
}

impl Layers {
    /// Whether an architecture is written as nothing but digits, so that a number is no index.
    pub(in crate::space) fn is_digits(&self) -> bool {
        self.notation == NotationFile::Digits && self.prefix.is_empty() && self.suffix.is_empty()
    }

    fn is_lists(&self) -> bool {
        self.notation == NotationFile::Lists
    }

    /// The architectures that differ in one slot.
    fn changed(&self, decisions: &LayersDecisions, slot: usize) -> Vec<LayersDecisions> {
        let current = decisions.digits[slot];
        let others = (0..self.slots[slot].values as u16).filter(|digit| *digit != current);
        let changed = others.map(|digit| {
            let mut changed = decisions.clone();
            changed.digits[slot] = digit;
            if !self.is_lists() {
                self.clear_unused(&mut changed.digits);
            }
            changed
        });
        changed.filter(|changed| self.is_allowed(&changed.digits)).collect()
    }

    /// The architectures that differ in one slot, by slot.
    fn changes<'d>(
        &'d self,
        decisions: &'d LayersDecisions,
    ) -> impl Iterator<Item = Vec<LayersDecisions>> + 'd {
        let used = self.used_slots(&decisions.digits);
        let free = (0..self.slots.len())
            .filter(move |&slot| self.slots[slot].is_free && (used[slot] || !self.is_lists()));
        free.map(|slot| self.changed(decisions, slot)).filter(|changed| !changed.is_empty())
    }
}

impl Topology for Layers {
    type Decisions = LayersDecisions;
    type TopologyTable = LayersFile;
    type SkeletonTable = LayersSkeletonFile;

    const KIND: &'static str = "layers";

    fn new(
        file: LayersFile,
        skeleton: LayersSkeletonFile,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self> {
        read::read(file, skeleton, context, problems)
    }

    fn check_shapes(&self, problems: &mut ProblemList) {
        network::check(self, problems);
    }

    fn operation_names(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        let decided = self.stages.iter().filter(|stage| stage.is_decided);
        let options = decided.flat_map(|stage| &stage.options).filter_map(|one| one.candidate);
        let names = options.map(|candidate| self.candidates[candidate].name.as_str());
        names.filter(|name| seen.insert(*name)).collect()
    }

    fn count(&self) -> u128 {
        self.counts().total()
    }

    /// Every decision uniformly; where depths are no decisions of their own or candidates are limited,
    /// uniform among the architectures.
    fn sample(&self, rng: &mut dyn Rng) -> LayersDecisions {
        let is_free = self.limits.is_empty() && !self.has_implied_depth();
        let digits = if is_free {
            self.random_digits(rng)
        } else {
            self.unrank(rng.random_range(0..self.count().max(1))).unwrap_or_default()
        };
        LayersDecisions { digits, scale: None }
    }

    fn enumerate(&self) -> Box<dyn Iterator<Item = LayersDecisions> + '_> {
        let at = |rank| Some(LayersDecisions { digits: self.unrank(rank)?, scale: None });
        Box::new((0..).map_while(at))
    }

    fn parse(&self, text: &str) -> Result<LayersDecisions, ArchitectureError> {
        notation::parse(self, text)
    }

    fn format(&self, decisions: &LayersDecisions) -> String {
        notation::format(self, decisions)
    }

    fn identity(&self, decisions: &LayersDecisions) -> String {
        let mut cleared = decisions.clone();
        self.clear_unused(&mut cleared.digits);
        self.format(&cleared)
    }

    fn index(&self, decisions: &LayersDecisions) -> Option<u64> {
        let rank = decisions.scale.is_none().then(|| self.rank(&decisions.digits))??;
        u64::try_from(self.count()).ok().and(u64::try_from(rank).ok())
    }

    fn at_index(&self, index: u64) -> Option<LayersDecisions> {
        u64::try_from(self.count()).ok()?;
        Some(LayersDecisions { digits: self.unrank(index.into())?, scale: None })
    }

    fn neighbours(&self, decisions: &LayersDecisions) -> Vec<LayersDecisions> {
        self.changes(decisions).flatten().collect()
    }

    fn mutate(&self, decisions: &LayersDecisions, rng: &mut dyn Rng) -> LayersDecisions {
        let free: Vec<Vec<LayersDecisions>> = self.changes(decisions).collect();
        if free.is_empty() {
            return decisions.clone();
        }
        let slot = &free[rng.random_range(0..free.len() as u32) as usize];
        slot[rng.random_range(0..slot.len() as u32) as usize].clone()
    }

    fn reduced(&self, decisions: &LayersDecisions) -> LayersDecisions {
        self.reduce(decisions)
    }

    fn is_connected(&self, decisions: &LayersDecisions) -> bool {
        self.blocks(decisions).iter().all(|block| !self.operation(block).zero)
    }

    fn decisions(&self, decisions: &LayersDecisions) -> Vec<Decision> {
        self.named_decisions(&decisions.digits)
    }

    fn drawings(&self, decisions: &LayersDecisions) -> Vec<Drawing> {
        vec![network::drawing(self, decisions)]
    }

    fn build(&self, decisions: &LayersDecisions) -> Result<Graph, GraphError> {
        network::assemble(self, &self.reduce(decisions))
    }
}
