//! A fixed cell whose layers differ in width: the size space of NATS-Bench.
//!
//! The network is a stem, then cells and reductions in the order of the file, then a head. Every cell
//! and reduction has its own width, and these widths are the only decisions; the stem has the first of
//! them.

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::Deserialize;

use super::edge_cell::{EdgeCellGraph, EdgeDecisions};
use super::radix::MixedRadix;
use super::{Decision, Topology, TopologyContext};
use crate::graph::{Graph, GraphError, NodeId, Shape};
use crate::nearest;
use crate::space::drawing::Drawing;
use crate::space::error::ArchitectureError;
use crate::space::layers::{self, LayerFile, OperationContext, OperationLayer, emit};
use crate::space::operations::Operation;
use crate::space::problem::ProblemList;
use crate::space::{MAX_CELLS, MAX_CLASSES};

/// The most widths to choose from.
const MAX_WIDTHS: usize = 64;

/// The width of every layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WidthsDecisions {
    widths: Vec<usize>,
}

/// A channel count per layer of a fixed cell.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct WidthsFile {
    #[serde(rename = "kind")]
    _kind: WidthsKind,
    /// The channel counts to choose from.
    #[schemars(length(min = 1, max = MAX_WIDTHS), inner(range(min = 1, max = MAX_CLASSES)))]
    widths: Vec<usize>,
    /// The number of nodes of the cell, including its input and output.
    #[schemars(range(min = 2, max = 8))]
    nodes: usize,
    /// The operations that the cell names.
    #[schemars(length(min = 1, max = 64))]
    operations: Vec<String>,
    /// The cell, in the notation of NAS-Bench-201. On the edges from node 0 of a cell that changes
    /// the width, the `reshape` layers of an operation are used.
    cell: String,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Kind")]
enum WidthsKind {
    #[serde(rename = "widths")]
    Widths,
}

/// Stem, cells and reductions in their order, head.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct WidthsSkeletonFile {
    /// Layers before the first cell.
    stem: Vec<LayerFile>,
    /// The cells and reductions after the stem; every entry has its own width.
    #[schemars(length(min = 1, max = MAX_CELLS))]
    sequence: Vec<WidthsPart>,
    /// The operation of a reduction, at stride 2.
    reduction: String,
    /// Layers after the last cell.
    head: Vec<LayerFile>,
}

/// A part of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Part")]
enum WidthsPart {
    Cell,
    Reduction,
}

/// A space of such networks.
#[derive(Debug)]
pub(in crate::space) struct Widths {
    widths: Vec<usize>,
    radix: MixedRadix,
    fixed: EdgeDecisions,
    /// Where input and output have the same width.
    cell: EdgeCellGraph,
    /// Where they differ: no operation of it is an identity on the edges from node 0.
    widening: EdgeCellGraph,
    sequence: Vec<WidthsPart>,
    stem: Vec<OperationLayer>,
    reduction: Operation,
    head: Vec<OperationLayer>,
    input: Shape,
    classes: usize,
}

impl Widths {
    fn place(&self, width: usize, part: WidthsPart) -> OperationContext {
        let stride = if part == WidthsPart::Reduction { 2 } else { 1 };
        OperationContext { width, stride, classes: self.classes }
    }

    fn assemble(&self, widths: &[usize]) -> Result<Graph, GraphError> {
        let (same, widening) = (self.cell.wirer(&self.fixed), self.widening.wirer(&self.fixed));
        let mut graph = Graph::new();
        let input = graph.input(self.input);
        let stem = self.place(widths.first().copied().unwrap_or(1), WidthsPart::Cell);
        let mut value = emit(&mut graph, &self.stem, input, "stem", stem)?;
        for (position, (&part, &width)) in self.sequence.iter().zip(widths).enumerate() {
            let place = self.place(width, part);
            let changes = graph.shape(value).channels != width;
            let label = format!("layer{position}");
            value = match part {
                WidthsPart::Reduction => self.reduction.emit(&mut graph, value, &label, place)?,
                WidthsPart::Cell if changes => widening.wire(&mut graph, value, &label, place)?,
                WidthsPart::Cell => same.wire(&mut graph, value, &label, place)?,
            };
            if part == WidthsPart::Cell {
                graph.end_block(value);
            }
        }
        let last = self.place(widths.last().copied().unwrap_or(1), WidthsPart::Cell);
        graph.set_body(value);
        let output = emit(&mut graph, &self.head, value, "head", last)?;
        graph.set_output(output);
        Ok(graph)
    }

    /// Every width of a cell's input against every width of its output.
    fn check_cell(&self, from: &[usize], shape: Shape, problems: &mut ProblemList) {
        for &width in &self.widths {
            let place = self.place(width, WidthsPart::Cell);
            for (edge, operation) in self.cell.iter(&self.fixed) {
                let inside = [width];
                for &channels in if edge.source == 0 { from } else { &inside } {
                    problems.check_operation(operation, Shape { channels, ..shape }, place);
                }
            }
        }
    }

    fn check_reduction(&self, from: &[usize], shape: Shape, problems: &mut ProblemList) {
        for &width in &self.widths {
            for &channels in from {
                let place = self.place(width, WidthsPart::Reduction);
                problems.check_operation(&self.reduction, Shape { channels, ..shape }, place);
            }
        }
    }

    fn digits(&self, decisions: &WidthsDecisions) -> Option<Vec<usize>> {
        let digit = |width| self.widths.iter().position(|known| known == width);
        decisions.widths.iter().map(digit).collect()
    }

    fn at(&self, digits: &[usize]) -> WidthsDecisions {
        WidthsDecisions { widths: digits.iter().map(|&digit| self.widths[digit]).collect() }
    }

    fn with(&self, decisions: &WidthsDecisions, layer: usize, width: usize) -> WidthsDecisions {
        let mut changed = decisions.clone();
        changed.widths[layer] = width;
        changed
    }
}

impl Topology for Widths {
    type Decisions = WidthsDecisions;
    type TopologyTable = WidthsFile;
    type SkeletonTable = WidthsSkeletonFile;

    const KIND: &'static str = "widths";

    fn new(
        file: WidthsFile,
        skeleton: WidthsSkeletonFile,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self> {
        for (position, width) in file.widths.iter().enumerate() {
            if file.widths[..position].contains(width) {
                problems.add(format!("topology.widths[{position}]"), format!("repeats {width}"));
            }
        }
        let path = "topology.operations";
        let operations = context.operations.chosen(&file.operations, path, problems);
        let stem = layers::read(&skeleton.stem, &[], "skeleton.stem", problems);
        let path = "skeleton.reduction";
        let reduction = context.operations.get(&skeleton.reduction, path, problems);
        let head = layers::read(&skeleton.head, &[], "skeleton.head", problems);
        let cell = EdgeCellGraph::new(file.nodes, operations?);
        let fixed = cell.parse(&file.cell).map_err(|error| error.to_string());
        let fixed = problems.take("topology.cell", fixed);
        let mut widening = cell.clone();
        for operation in &mut widening.operations {
            operation.identity = false;
        }
        Some(Self {
            radix: MixedRadix(vec![file.widths.len(); skeleton.sequence.len()]),
            widths: file.widths,
            fixed: fixed?,
            cell,
            widening,
            sequence: skeleton.sequence,
            stem: stem?,
            reduction: reduction?,
            head: head?,
            input: context.input,
            classes: context.classes,
        })
    }

    fn check_shapes(&self, problems: &mut ProblemList) {
        let mut graph = Graph::new();
        let input = graph.input(self.input);
        let mut wired = |layers: Result<NodeId, GraphError>, path: &str| {
            problems.take(path, layers.map_err(|error| format!("{}: {}", error.op, error.reason)))
        };
        let mut shape = self.input;
        for &width in &self.widths {
            let stem = emit(&mut graph, &self.stem, input, "", self.place(width, WidthsPart::Cell));
            let Some(stem) = wired(stem, "skeleton.stem") else { return };
            shape = graph.shape(stem);
        }
        for (position, &part) in self.sequence.iter().enumerate() {
            // The first part stands behind a stem of its own width.
            let first: Vec<[usize; 1]> = self.widths.iter().map(|&width| [width]).collect();
            match part {
                WidthsPart::Cell if position == 0 => {
                    first.iter().for_each(|from| self.check_cell(from, shape, problems));
                }
                WidthsPart::Cell => self.check_cell(&self.widths, shape, problems),
                WidthsPart::Reduction => self.check_reduction(&self.widths, shape, problems),
            }
            if part == WidthsPart::Reduction {
                shape = Shape {
                    height: shape.height.div_ceil(2),
                    width: shape.width.div_ceil(2),
                    ..shape
                };
            }
        }
        for &channels in &self.widths {
            let last = graph.input(Shape { channels, ..shape });
            let head =
                emit(&mut graph, &self.head, last, "", self.place(channels, WidthsPart::Cell));
            problems.take(
                "skeleton.head",
                head.map_err(|error| format!("{}: {}", error.op, error.reason)),
            );
        }
    }

    fn operation_names(&self) -> Vec<&str> {
        self.cell.operations.iter().map(|operation| operation.name.as_str()).collect()
    }

    fn count(&self) -> u128 {
        self.radix.count()
    }

    fn sample(&self, rng: &mut dyn Rng) -> WidthsDecisions {
        self.at(&self.radix.sample(rng))
    }

    fn enumerate(&self) -> Box<dyn Iterator<Item = WidthsDecisions> + '_> {
        Box::new((0..).map_while(|index| self.at_index(index)))
    }

    fn parse(&self, text: &str) -> Result<WidthsDecisions, ArchitectureError> {
        let wrong = |token: &str, reason: String| {
            ArchitectureError::new(nearest::excerpt(text.trim()), nearest::excerpt(token), reason)
        };
        let tokens: Vec<&str> = text.trim().split(':').collect();
        if tokens.len() != self.sequence.len() {
            let (found, needed) = (tokens.len(), self.sequence.len());
            let reason = format!("has {found} widths joined by `:`; this space has {needed}");
            return Err(wrong(text.trim(), reason));
        }
        let width = |token: &&str| {
            token.trim().parse().ok().filter(|width| self.widths.contains(width)).ok_or_else(|| {
                let widths: Vec<String> = self.widths.iter().map(usize::to_string).collect();
                wrong(token, format!("is not a width of this space: {}", widths.join(", ")))
            })
        };
        Ok(WidthsDecisions { widths: tokens.iter().map(width).collect::<Result<_, _>>()? })
    }

    fn format(&self, decisions: &WidthsDecisions) -> String {
        let widths: Vec<String> = decisions.widths.iter().map(usize::to_string).collect();
        widths.join(":")
    }

    fn index(&self, decisions: &WidthsDecisions) -> Option<u64> {
        self.radix.rank(&self.digits(decisions)?)
    }

    fn at_index(&self, index: u64) -> Option<WidthsDecisions> {
        self.radix.unrank(index).map(|digits| self.at(&digits))
    }

    fn neighbours(&self, decisions: &WidthsDecisions) -> Vec<WidthsDecisions> {
        let mut neighbours = Vec::new();
        for (layer, current) in decisions.widths.iter().enumerate() {
            for &width in self.widths.iter().filter(|width| *width != current) {
                neighbours.push(self.with(decisions, layer, width));
            }
        }
        neighbours
    }

    fn mutate(&self, decisions: &WidthsDecisions, rng: &mut dyn Rng) -> WidthsDecisions {
        let mut neighbours = self.neighbours(decisions);
        if neighbours.is_empty() {
            return decisions.clone();
        }
        neighbours.swap_remove(rng.random_range(0..neighbours.len() as u32) as usize)
    }

    /// Different widths are different networks.
    fn reduced(&self, decisions: &WidthsDecisions) -> WidthsDecisions {
        decisions.clone()
    }

    fn is_connected(&self, _decisions: &WidthsDecisions) -> bool {
        self.cell.is_connected(&self.fixed)
    }

    fn decisions(&self, decisions: &WidthsDecisions) -> Vec<Decision> {
        let choice = |(layer, width): (usize, &usize)| Decision {
            name: format!("width {layer}"),
            value: width.to_string(),
        };
        decisions.widths.iter().enumerate().map(choice).collect()
    }

    fn drawings(&self, decisions: &WidthsDecisions) -> Vec<Drawing> {
        let part = |(part, width): (&WidthsPart, &usize)| match part {
            WidthsPart::Cell => format!("cell, {width} channels"),
            WidthsPart::Reduction => format!("reduction, {width} channels"),
        };
        let mut nodes = vec!["stem".to_owned()];
        nodes.extend(self.sequence.iter().zip(&decisions.widths).map(part));
        nodes.push("head".to_owned());
        let mut network = Drawing::new("network", nodes);
        for node in 1..network.nodes.len() {
            network.edge(node - 1, node, "");
        }
        vec![network, self.cell.drawing(&self.fixed)]
    }

    fn build(&self, decisions: &WidthsDecisions) -> Result<Graph, GraphError> {
        self.assemble(&decisions.widths)
    }
}
