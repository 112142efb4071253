//! The skeleton in which cells are stacked: stem, stages with reductions between them, head.

use schemars::JsonSchema;
use serde::Deserialize;

use super::layers::{self, LayerFile, OperationContext, OperationLayer, emit};
use super::operations::Operation;
use super::problem::ProblemList;
use super::topology::TopologyContext;
use super::{MAX_CELLS, MAX_CLASSES};
use crate::graph::{Graph, GraphError, NodeId, Shape};

/// Stem, stages of equal cells with reductions between them, head.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SkeletonFile {
    /// Channels of the first stage; the width doubles at every reduction.
    #[schemars(range(min = 1, max = MAX_CLASSES))]
    channels: usize,
    /// Number of stages.
    #[schemars(range(min = 1, max = MAX_CELLS))]
    stages: usize,
    /// Cells in every stage.
    #[schemars(range(min = 1, max = MAX_CELLS))]
    cells: usize,
    /// Layers before the first stage.
    stem: Vec<LayerFile>,
    /// The operation between two stages.
    reduction: String,
    /// Layers after the last stage.
    head: Vec<LayerFile>,
}

/// Stem, stages and head. The width doubles at every reduction, which stands between two stages.
#[derive(Clone, Debug)]
pub(super) struct CellSkeleton {
    channels: usize,
    stages: usize,
    cells: usize,
    stem: Vec<OperationLayer>,
    reduction: Operation,
    head: Vec<OperationLayer>,
    input: Shape,
    classes: usize,
}

/// Wires one cell: graph, input, the prefix of its labels, its place.
pub(super) type CellBuilder<'c> =
    dyn Fn(&mut Graph, NodeId, &str, OperationContext) -> Result<NodeId, GraphError> + 'c;

impl CellSkeleton {
    /// Checks what a file says.
    pub(super) fn new(
        file: SkeletonFile,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self> {
        let SkeletonFile { channels, stages, cells, stem, reduction, head } = file;
        let doublings = (stages - 1) as u32;
        let widest = MAX_CLASSES.checked_shr(doublings).unwrap_or(0);
        if channels > widest {
            let message = format!(
                "is {channels}; doubled {doublings} times, at most {widest} stays within \
                 {MAX_CLASSES} channels"
            );
            problems.add("skeleton.channels", message);
        }
        let stem = layers::read(&stem, &[], "skeleton.stem", problems);
        let reduction = context.operations.get(&reduction, "skeleton.reduction", problems);
        let head = layers::read(&head, &[], "skeleton.head", problems);
        let (input, classes) = (context.input, context.classes);
        let (stem, reduction, head) = (stem?, reduction?, head?);
        Some(Self { channels, stages, cells, stem, reduction, head, input, classes })
    }

    /// What a cell meets in every stage: the shape of its input and its place. Notes what of the
    /// skeleton itself cannot be wired.
    pub(super) fn places(&self, problems: &mut ProblemList) -> Vec<(Shape, OperationContext)> {
        let mut graph = Graph::new();
        let mut place = self.first_place();
        let input = graph.input(self.input);
        let mut wired = |layers: Result<NodeId, GraphError>, path: &str| {
            problems.take(path, layers.map_err(|error| format!("{}: {}", error.op, error.reason)))
        };
        let mut places = Vec::new();
        let Some(mut value) =
            wired(emit(&mut graph, &self.stem, input, "", place), "skeleton.stem")
        else {
            return places;
        };
        for stage in 0..self.stages {
            if stage > 0 {
                place.width *= 2;
                let down = OperationContext { stride: 2, ..place };
                let reduced = self.reduction.emit(&mut graph, value, "", down);
                let Some(reduced) = wired(reduced, "skeleton.reduction") else { return places };
                value = reduced;
            }
            let shape = graph.shape(value);
            places.push((shape, place));
            value = graph.input(Shape { channels: place.width, ..shape });
        }
        wired(emit(&mut graph, &self.head, value, "", place), "skeleton.head");
        places
    }

    /// The width of every stage.
    pub(super) fn widths(&self) -> impl Iterator<Item = usize> {
        (0..self.stages).map(|stage| self.channels << stage)
    }

    fn first_place(&self) -> OperationContext {
        OperationContext { width: self.channels, stride: 1, classes: self.classes }
    }

    /// Wires a whole network.
    pub(super) fn assemble(&self, cell: &CellBuilder<'_>) -> Result<Graph, GraphError> {
        let mut graph = Graph::new();
        let mut place = self.first_place();
        let input = graph.input(self.input);
        let mut value = emit(&mut graph, &self.stem, input, "stem", place)?;
        for stage in 0..self.stages {
            if stage > 0 {
                place.width *= 2;
                let label = format!("reduction{stage}");
                let down = OperationContext { stride: 2, ..place };
                value = self.reduction.emit(&mut graph, value, &label, down)?;
            }
            for position in 0..self.cells {
                let prefix = format!("stage{stage}.cell{position}");
                value = cell(&mut graph, value, &prefix, place)?;
                graph.end_block(value);
            }
        }
        graph.set_body(value);
        let output = emit(&mut graph, &self.head, value, "head", place)?;
        graph.set_output(output);
        Ok(graph)
    }
}
