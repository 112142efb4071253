//! Cells whose nodes sum two operations on earlier values: the cell-based spaces of NDS.
//!
//! Values 0 and 1 of a cell are its inputs: the outputs of the last cell but one and of the last cell,
//! both preprocessed to the width of the cell. Node `n`, from 2 on, is the sum of two pairs, each an
//! operation on an earlier value. The output is the concatenation of some of the nodes. A network is a
//! stack of equal normal cells with a few reduction cells among them, in which the operations on the
//! cell's inputs have stride 2. The decisions are the operations and inputs of both cells, the width
//! and the depth; a rule of the space determines which nodes are concatenated.
//!
//! Architectures that are parsed may go beyond the space's own choices: any width and depth within the
//! program's limits, any concatenated nodes, and equal inputs of a node where the space has distinct
//! ones are built as given.

mod architecture;
mod canonical;
mod genotype_text;
mod notation;
mod skeleton;
mod wiring;

use rand::Rng;
use schemars::JsonSchema;
use serde::Deserialize;

pub(in crate::space) use architecture::PairDecisions;
use architecture::PairedCell;
use architecture::{ConcatRule, INPUTS, PairGrid};
use canonical::ReachabilityFacts;
use skeleton::{PairSkeleton, PairSkeletonFile};

use super::radix::MixedRadix;
use super::{Decision, Topology, TopologyContext};
use crate::graph::{Graph, GraphError};
use crate::space::drawing::Drawing;
use crate::space::error::ArchitectureError;
use crate::space::operations::Operation;
use crate::space::problem::ProblemList;
use crate::space::{MAX_CELLS, MAX_CLASSES};

/// The most nodes of a cell.
const MAX_NODES: usize = 8;
/// The most operations, widths and depths to choose from.
const MAX_CHOICES: usize = 64;

/// Two pairs of an operation and an input in every node.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct PairCellFile {
    #[serde(rename = "kind")]
    _kind: PairCellKind,
    /// The number of nodes of a cell, not counting its inputs.
    #[schemars(range(min = 1, max = MAX_NODES))]
    nodes: usize,
    /// The operations to choose from.
    #[schemars(length(min = 1, max = MAX_CHOICES))]
    operations: Vec<String>,
    /// The nodes that are concatenated: all, or the loose ones, which no other node reads.
    concat: ConcatRule,
    /// Whether the two inputs of a node are always different.
    #[serde(default)]
    distinct_inputs: bool,
    /// The channel counts of a node before the first reduction, to choose from.
    #[schemars(length(min = 1, max = MAX_CHOICES), inner(range(min = 1, max = MAX_CLASSES)))]
    widths: Vec<usize>,
    /// Numbers of cells to choose from.
    #[schemars(length(min = 1, max = MAX_CHOICES), inner(range(min = 1, max = MAX_CELLS)))]
    depths: Vec<usize>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Kind")]
enum PairCellKind {
    #[serde(rename = "pair-cell")]
    PairCell,
}

/// A space of such cells.
#[derive(Debug)]
pub(in crate::space) struct PairCell {
    operations: Vec<Operation>,
    grid: PairGrid,
    skeleton: PairSkeleton,
}

impl PairCell {
    /// Whether a path leads from each input of a cell to its output.
    fn passes(&self, cell: &PairedCell) -> [bool; INPUTS] {
        let live = ReachabilityFacts::new(&self.operations, cell).live;
        [live[0], live[1]]
    }

    fn drawing(&self, title: &str, cell: &PairedCell) -> Drawing {
        let output = INPUTS + self.grid.nodes;
        let name = |value: usize| match value {
            0 | 1 => format!("input {value}"),
            value if value == output => "output".to_owned(),
            value => value.to_string(),
        };
        let mut drawing = Drawing::new(title, (0..=output).map(name).collect());
        for (position, pair) in cell.pairs.iter().enumerate() {
            let operation = &self.operations[usize::from(pair.operation)];
            let ends = (usize::from(pair.input), position / 2 + INPUTS);
            drawing.operation(ends, &operation.name, operation.zero);
        }
        for &node in &cell.concat {
            drawing.edge(usize::from(node), output, "");
        }
        drawing
    }
}

impl Topology for PairCell {
    type Decisions = PairDecisions;
    type TopologyTable = PairCellFile;
    type SkeletonTable = PairSkeletonFile;

    const KIND: &'static str = "pair-cell";

    fn new(
        file: PairCellFile,
        skeleton: PairSkeletonFile,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self> {
        let path = "topology.operations";
        let operations = context.operations.chosen(&file.operations, path, problems);
        let skeleton = PairSkeleton::new(skeleton, context, problems);
        for (path, sizes) in [("widths", &file.widths), ("depths", &file.depths)] {
            for (position, size) in sizes.iter().enumerate() {
                if sizes[..position].contains(size) {
                    problems.add(
                        format!("topology.{path}[{position}]"),
                        format!("{size} is listed twice"),
                    );
                }
            }
        }
        let (operations, skeleton) = (operations?, skeleton?);
        let most = skeleton.max_width();
        for (position, width) in file.widths.iter().enumerate().filter(|(_, width)| **width > most)
        {
            let message = format!(
                "is {width}; doubled at every reduction, at most {most} stays within {MAX_CLASSES} \
                 channels"
            );
            problems.add(format!("topology.widths[{position}]"), message);
        }
        let grid = PairGrid {
            nodes: file.nodes,
            operations: operations.len(),
            distinct: file.distinct_inputs,
            concat: file.concat,
            widths: file.widths,
            depths: file.depths,
            radix: MixedRadix(Vec::new()),
        };
        Some(Self { operations, grid: grid.with_radix(), skeleton })
    }

    fn check_shapes(&self, problems: &mut ProblemList) {
        skeleton::check(self, problems);
    }

    fn operation_names(&self) -> Vec<&str> {
        self.operations.iter().map(|operation| operation.name.as_str()).collect()
    }

    fn count(&self) -> u128 {
        self.grid.count()
    }

    fn sample(&self, rng: &mut dyn Rng) -> PairDecisions {
        self.grid.sample(rng)
    }

    fn enumerate(&self) -> Box<dyn Iterator<Item = PairDecisions> + '_> {
        Box::new(self.grid.enumerate())
    }

    fn parse(&self, text: &str) -> Result<PairDecisions, ArchitectureError> {
        notation::parse(self, text)
    }

    fn format(&self, decisions: &PairDecisions) -> String {
        notation::format(self, decisions)
    }

    fn neighbours(&self, decisions: &PairDecisions) -> Vec<PairDecisions> {
        self.grid.neighbours(decisions)
    }

    fn mutate(&self, decisions: &PairDecisions, rng: &mut dyn Rng) -> PairDecisions {
        self.grid.mutate(decisions, rng)
    }

    fn reduced(&self, decisions: &PairDecisions) -> PairDecisions {
        canonical::reduced(self, decisions)
    }

    fn is_connected(&self, decisions: &PairDecisions) -> bool {
        let [normal, reduction] = decisions.cells.each_ref().map(|cell| self.passes(cell));
        let mut after_reduction = self.skeleton.second_stem_reduces;
        let mut reached = [true; INPUTS];
        for cell in 0..decisions.depth {
            let is_reduction = self.skeleton.is_reduction(cell, decisions.depth);
            let passes = if is_reduction { reduction } else { normal };
            let through = |input: usize| {
                let (preprocessing, _) = self.skeleton.preprocessing(input, after_reduction);
                reached[input] && passes[input] && !preprocessing.zero
            };
            reached = [reached[1], through(0) || through(1)];
            after_reduction = is_reduction;
        }
        reached[1]
    }

    fn live_key(&self, decisions: &PairDecisions) -> String {
        self.format(&canonical::live(self, decisions))
    }

    fn code_key(&self, decisions: &PairDecisions) -> String {
        self.format(&canonical::whole(self, decisions))
    }

    fn decisions(&self, decisions: &PairDecisions) -> Vec<Decision> {
        let mut choices = Vec::new();
        let mut add = |name: String, value: String| choices.push(Decision { name, value });
        for (title, cell) in ["normal", "reduction"].iter().zip(&decisions.cells) {
            for (position, pair) in cell.pairs.iter().enumerate() {
                let place = format!("{title} {}.{}", position / 2 + INPUTS, position % 2);
                let operation = &self.operations[usize::from(pair.operation)];
                add(format!("{place} op"), operation.name.clone());
                add(format!("{place} input"), pair.input.to_string());
            }
        }
        add("width".to_owned(), decisions.width.to_string());
        add("depth".to_owned(), decisions.depth.to_string());
        choices
    }

    fn drawings(&self, decisions: &PairDecisions) -> Vec<Drawing> {
        let titles = ["normal cell", "reduction cell"];
        let cells = titles.iter().zip(&decisions.cells);
        cells.map(|(title, cell)| self.drawing(title, cell)).collect()
    }

    fn build(&self, decisions: &PairDecisions) -> Result<Graph, GraphError> {
        wiring::network(self, decisions)
    }
}
