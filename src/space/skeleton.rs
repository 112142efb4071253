//! The skeleton that cells are stacked into: stem, stages with reductions between them, head.

use serde::Deserialize;

use super::error::BuildError;
use super::layers::{Layer, Place, emit};
use super::operations::{Operation, Operations};
use crate::graph::{Graph, GraphError, NodeId, Shape};

/// The largest rows, columns or channels of an input.
const MAX_EXTENT: usize = 1024;
/// The largest number of classes and the largest width of any stage.
const MAX_WIDTH: usize = 16_384;
/// The largest number of stages, and of cells in one.
const MAX_CELLS: usize = 64;

/// Sizes that replace those of the space; `None` keeps the space's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuildOptions {
    /// Shape of one image.
    pub input: Option<Shape>,
    /// Number of classes.
    pub classes: Option<usize>,
    /// Channels of the first stage.
    pub channels: Option<usize>,
    /// Cells in every stage.
    pub cells_per_stage: Option<usize>,
}

/// A skeleton as a file writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SkeletonFile {
    channels: usize,
    stages: usize,
    cells_per_stage: usize,
    stem: Vec<Layer>,
    reduction: String,
    head: Vec<Layer>,
}

/// Stem, stages and head. The width doubles at every reduction, which stands between two stages.
#[derive(Clone, Debug)]
pub(super) struct Skeleton {
    channels: usize,
    stages: usize,
    cells_per_stage: usize,
    stem: Vec<Layer>,
    reduction: Operation,
    head: Vec<Layer>,
}

/// Wires one cell: graph, input, the prefix of its labels, its place.
pub(super) type CellBuilder<'c> =
    dyn Fn(&mut Graph, NodeId, &str, Place) -> Result<NodeId, GraphError> + 'c;

/// The sizes of one network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Shape of one image.
    pub input: Shape,
    /// Number of classes.
    pub classes: usize,
    channels: usize,
    cells_per_stage: usize,
}

impl Skeleton {
    /// Checks what a file says.
    pub(super) fn new(file: SkeletonFile, operations: &Operations) -> Result<Self, String> {
        let SkeletonFile { channels, stages, cells_per_stage, stem, reduction, head } = file;
        let reduction =
            operations.get(&reduction).map_err(|message| format!("reduction: {message}"))?;
        Ok(Self { channels, stages, cells_per_stage, stem, reduction, head })
    }

    /// The sizes of a network of this skeleton, checked.
    pub(super) fn sizes(
        &self,
        input: Shape,
        classes: usize,
        options: &BuildOptions,
    ) -> Result<Sizes, BuildError> {
        let sizes = Sizes {
            input: options.input.unwrap_or(input),
            classes: options.classes.unwrap_or(classes),
            channels: options.channels.unwrap_or(self.channels),
            cells_per_stage: options.cells_per_stage.unwrap_or(self.cells_per_stage),
        };
        let Shape { channels, height, width } = sizes.input;
        within("the number of input channels", channels, MAX_EXTENT)?;
        within("the input's height", height, MAX_EXTENT)?;
        within("the input's width", width, MAX_EXTENT)?;
        within("the number of classes", sizes.classes, MAX_WIDTH)?;
        within("the number of stages", self.stages, MAX_CELLS)?;
        within("the number of cells per stage", sizes.cells_per_stage, MAX_CELLS)?;
        let doublings = (self.stages - 1) as u32;
        let widest = MAX_WIDTH.checked_shr(doublings).unwrap_or(0);
        within("the number of channels of the first stage", sizes.channels, widest)?;
        Ok(sizes)
    }

    /// Wires a whole network.
    pub(super) fn assemble(
        &self,
        sizes: &Sizes,
        cell: &CellBuilder<'_>,
    ) -> Result<Graph, GraphError> {
        let mut graph = Graph::new();
        let mut place = Place { width: sizes.channels, stride: 1, classes: sizes.classes };
        let input = graph.input(sizes.input);
        let mut value = emit(&mut graph, &self.stem, input, "stem", place)?;
        for stage in 0..self.stages {
            if stage > 0 {
                place.width *= 2;
                let label = format!("reduction{stage}");
                let down = Place { stride: 2, ..place };
                value = self.reduction.emit(&mut graph, value, &label, down)?;
            }
            for position in 0..sizes.cells_per_stage {
                let prefix = format!("stage{stage}.cell{position}");
                value = cell(&mut graph, value, &prefix, place)?;
            }
        }
        let output = emit(&mut graph, &self.head, value, "head", place)?;
        graph.set_output(output);
        Ok(graph)
    }
}

fn within(what: &'static str, value: usize, most: usize) -> Result<(), BuildError> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    let allowed = if most == 0 { "none at that depth".to_owned() } else { format!("1 to {most}") };
    Err(BuildError::Size { what, value: value.to_string(), allowed })
}
