//! Cells that change width and stride themselves: the cell-level space of TransNAS-Bench-101.
//!
//! The network is a stem, modules of several equal cells, and a head. The first cell of a module takes the
//! module's change of width and stride, on the edges that leave node 0; there, an identity has the
//! operation's `reshape` layers. A module is a digit, as in the names of the benchmark's architectures.

use rand::Rng;
use schemars::JsonSchema;
use serde::Deserialize;

use super::expression::CellExpressions;
use super::{EdgeCellGraph, EdgeDecisions, MAX_NODES, expression};
use crate::graph::{Graph, GraphError, NodeId, Shape};
use crate::nearest;
use crate::space::drawing::Drawing;
use crate::space::error::ArchitectureError;
use crate::space::layers::{self, LayerFile, OperationContext, OperationLayer, emit};
use crate::space::problem::ProblemList;
use crate::space::topology::{Decision, Topology, TopologyContext};
use crate::space::{MAX_CELLS, MAX_CLASSES};

/// The most operations to choose from: each is a digit.
const MAX_OPERATIONS: usize = 10;

/// An operation on every edge of a cell that is stacked in modules.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct ModuleCellFile {
    #[serde(rename = "kind")]
    _kind: ModuleCellKind,
    /// The number of nodes of the cell, including its input and output.
    #[schemars(range(min = 2, max = MAX_NODES))]
    nodes: usize,
    /// The operations to choose from; their positions are the digits of the notation.
    #[schemars(length(min = 1, max = MAX_OPERATIONS))]
    operations: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Kind")]
enum ModuleCellKind {
    #[serde(rename = "module-cell")]
    ModuleCell,
}

/// Stem, modules of equal cells, head.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct ModulesFile {
    /// Channels of the stem.
    #[schemars(range(min = 1, max = MAX_CLASSES))]
    channels: usize,
    /// A digit for every module: 1 keeps width and size, 2 doubles the width, 3 halves the size, 4 does
    /// both.
    #[schemars(length(min = 1))]
    modules: String,
    /// Cells in every module; the first one changes width and size.
    #[schemars(range(min = 1, max = MAX_CELLS))]
    cells: usize,
    /// Layers before the first module.
    stem: Vec<LayerFile>,
    /// Layers after the last module.
    head: Vec<LayerFile>,
}

/// A space of such networks.
#[derive(Debug)]
pub(in crate::space) struct ModuleCell {
    /// Where width and size stay.
    cell: EdgeCellGraph,
    /// Where they change.
    changing: EdgeCellGraph,
    channels: usize,
    modules: String,
    cells: usize,
    stem: Vec<OperationLayer>,
    head: Vec<OperationLayer>,
    input: Shape,
    classes: usize,
}

impl ModuleCell {
    /// What every module gives, and the stride of its first cell.
    fn places(&self) -> impl Iterator<Item = OperationContext> + '_ {
        let mut width = self.channels;
        self.modules.bytes().map(move |digit| {
            width *= if matches!(digit, b'2' | b'4') { 2 } else { 1 };
            let stride = if matches!(digit, b'3' | b'4') { 2 } else { 1 };
            OperationContext { width, stride, classes: self.classes }
        })
    }

    fn first_place(&self) -> OperationContext {
        OperationContext { width: self.channels, stride: 1, classes: self.classes }
    }

    /// What stands before the operations of a cell in the notation.
    fn prefix(&self) -> String {
        format!("{}-{}-", self.channels, self.modules)
    }

    /// The notation with a digit for every edge.
    fn shown(&self) -> String {
        let mut text = self.prefix();
        let mut letters = 'a'..='z';
        for target in 1..self.cell.nodes {
            text.push_str(if target > 1 { "_" } else { "" });
            text.extend(letters.by_ref().take(target));
        }
        text
    }
}

impl Topology for ModuleCell {
    type Decisions = EdgeDecisions;
    type TopologyTable = ModuleCellFile;
    type SkeletonTable = ModulesFile;

    const KIND: &'static str = "module-cell";

    fn new(
        file: ModuleCellFile,
        skeleton: ModulesFile,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self> {
        let path = "topology.operations";
        let operations = context.operations.chosen(&file.operations, path, problems);
        let ModulesFile { channels, modules, cells, stem, head } = skeleton;
        let path = "skeleton.modules";
        if !modules.bytes().all(|digit| (b'1'..=b'4').contains(&digit)) {
            let text = nearest::excerpt(&modules);
            problems.add(path, format!("is `{text}`; a module is a digit from 1 to 4"));
            return None;
        }
        if modules.len() * cells > MAX_CELLS {
            let all = modules.len() * cells;
            problems.add(path, format!("gives {all} cells; a network has at most {MAX_CELLS}"));
            return None;
        }
        let doublings = modules.bytes().filter(|digit| matches!(digit, b'2' | b'4')).count();
        let widest = MAX_CLASSES.checked_shr(doublings as u32).unwrap_or(0);
        if channels > widest {
            let message = format!(
                "is {channels}; doubled {doublings} times, at most {widest} stays within \
                 {MAX_CLASSES} channels"
            );
            problems.add("skeleton.channels", message);
            return None;
        }
        let stem = layers::read(&stem, &[], "skeleton.stem", problems);
        let head = layers::read(&head, &[], "skeleton.head", problems);
        let cell = EdgeCellGraph::new(file.nodes, operations?);
        Some(Self {
            changing: cell.reshaping(),
            cell,
            channels,
            modules,
            cells,
            stem: stem?,
            head: head?,
            input: context.input,
            classes: context.classes,
        })
    }

    fn check_shapes(&self, problems: &mut ProblemList) {
        let mut graph = Graph::new();
        let mut place = self.first_place();
        let input = graph.input(self.input);
        let mut wired = |layers: Result<NodeId, GraphError>, path: &str| {
            problems.take(path, layers.map_err(|error| format!("{}: {}", error.op, error.reason)))
        };
        let stem = emit(&mut graph, &self.stem, input, "", place);
        let Some(stem) = wired(stem, "skeleton.stem") else { return };
        let mut shape = graph.shape(stem);
        if shape.channels != self.channels {
            let given = shape.channels;
            let message =
                format!("outputs {given} channels, but the cells after it need {}", self.channels);
            return problems.add("skeleton.stem", message);
        }
        for module in self.places() {
            place = OperationContext { stride: 1, ..module };
            let inner = Shape::new(
                module.width,
                shape.height.div_ceil(module.stride),
                shape.width.div_ceil(module.stride),
            );
            for operation in &self.cell.operations {
                problems.check_operation(operation, shape, module);
                problems.check_operation(operation, inner, place);
            }
            shape = inner;
        }
        let last = graph.input(shape);
        let head = emit(&mut graph, &self.head, last, "", place);
        problems
            .take("skeleton.head", head.map_err(|error| format!("{}: {}", error.op, error.reason)));
    }

    fn operation_names(&self) -> Vec<&str> {
        self.cell.operations.iter().map(|operation| operation.name.as_str()).collect()
    }

    fn count(&self) -> u128 {
        self.cell.count()
    }

    fn sample(&self, rng: &mut dyn Rng) -> EdgeDecisions {
        self.cell.sample(rng)
    }

    fn enumerate(&self) -> Box<dyn Iterator<Item = EdgeDecisions> + '_> {
        Box::new((0..).map_while(|index| self.cell.unrank(index)))
    }

    /// `64-41414-a_bc_def`: channels, modules, and for every node but the first the digits of its edges.
    fn parse(&self, text: &str) -> Result<EdgeDecisions, ArchitectureError> {
        let text = text.trim();
        let wrong = |token: &str, reason: String| {
            ArchitectureError::new(nearest::excerpt(text), nearest::excerpt(token), reason)
        };
        let prefix = self.prefix();
        let Some(cell) = text.strip_prefix(&prefix) else {
            let reason = format!(
                "an architecture is written {}; `{prefix}` says the skeleton",
                self.shown()
            );
            return Err(wrong(text, reason));
        };
        let nodes: Vec<&str> = cell.split('_').collect();
        let fits = |(position, node): (usize, &&str)| node.chars().count() == position + 1;
        if nodes.len() != self.cell.nodes - 1 || !nodes.iter().enumerate().all(fits) {
            let reason = format!("the digits of the edges are written {}", self.shown());
            return Err(wrong(cell, reason));
        }
        let digit = |digit: char| {
            let operation = digit.to_digit(10).map(|digit| digit as u8);
            operation
                .filter(|&operation| usize::from(operation) < self.cell.operations.len())
                .ok_or_else(|| {
                    let names = self.operation_names().into_iter().enumerate();
                    let names: Vec<String> =
                        names.map(|(digit, name)| format!("{digit} {name}")).collect();
                    wrong(&digit.to_string(), format!("is no operation: {}", names.join(", ")))
                })
        };
        let operations = nodes.iter().flat_map(|node| node.chars()).map(digit);
        Ok(EdgeDecisions { operations: operations.collect::<Result<_, _>>()? })
    }

    fn format(&self, decisions: &EdgeDecisions) -> String {
        let mut text = self.prefix();
        for (edge, operation) in self.cell.edges.iter().zip(&decisions.operations) {
            if edge.source == 0 && edge.target > 1 {
                text.push('_');
            }
            text.push_str(&operation.to_string());
        }
        text
    }

    fn index(&self, decisions: &EdgeDecisions) -> Option<u64> {
        self.cell.rank(decisions)
    }

    fn at_index(&self, index: u64) -> Option<EdgeDecisions> {
        self.cell.unrank(index)
    }

    fn neighbours(&self, decisions: &EdgeDecisions) -> Vec<EdgeDecisions> {
        self.cell.neighbours(decisions)
    }

    fn mutate(&self, decisions: &EdgeDecisions, rng: &mut dyn Rng) -> EdgeDecisions {
        self.cell.mutate(decisions, rng)
    }

    fn reduced(&self, decisions: &EdgeDecisions) -> EdgeDecisions {
        self.cell.reduced(decisions)
    }

    fn is_connected(&self, decisions: &EdgeDecisions) -> bool {
        self.cell.is_connected(decisions)
    }

    /// What is equal where identities have layers is equal where they have none.
    fn function_key(&self, decisions: &EdgeDecisions) -> String {
        expression::function_key(&self.changing, decisions)
    }

    /// The benchmark trained every architecture by itself.
    fn benchmark_key(&self, decisions: &EdgeDecisions) -> String {
        self.format(decisions)
    }

    fn live_key(&self, decisions: &EdgeDecisions) -> String {
        CellExpressions::new(&self.changing, decisions).live_key()
    }

    fn code_key(&self, decisions: &EdgeDecisions) -> String {
        CellExpressions::new(&self.changing, decisions).code_key(&self.changing, decisions)
    }

    fn decisions(&self, decisions: &EdgeDecisions) -> Vec<Decision> {
        self.cell.decisions(decisions)
    }

    fn drawings(&self, decisions: &EdgeDecisions) -> Vec<Drawing> {
        vec![self.cell.drawing(decisions)]
    }

    fn build(&self, decisions: &EdgeDecisions) -> Result<Graph, GraphError> {
        let (same, changing) = (self.cell.wirer(decisions), self.changing.wirer(decisions));
        let mut graph = Graph::new();
        let mut place = self.first_place();
        let input = graph.input(self.input);
        let mut value = emit(&mut graph, &self.stem, input, "stem", place)?;
        for (module, first) in self.places().enumerate() {
            for position in 0..self.cells {
                let changes = first.stride > 1 || first.width != graph.shape(value).channels;
                let (wirer, stride) =
                    if position == 0 && changes { (&changing, first.stride) } else { (&same, 1) };
                place = OperationContext { stride, ..first };
                let label = format!("module{module}.cell{position}");
                value = wirer.wire(&mut graph, value, &label, place)?;
                graph.end_block(value);
            }
        }
        graph.set_body(value);
        place.stride = 1;
        let output = emit(&mut graph, &self.head, value, "head", place)?;
        graph.set_output(output);
        Ok(graph)
    }
}
