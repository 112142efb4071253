//! The skeleton that the cells are stacked into: stems, cells that read the last two, head.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::architecture::INPUTS;
use super::{MAX_CELLS, PairCell};
use crate::graph::{Graph, GraphError, NodeId, Shape};
use crate::space::MAX_CLASSES;
use crate::space::layers::{self, LayerFile, OperationContext, OperationLayer, emit};
use crate::space::operations::Operation;
use crate::space::problem::ProblemList;
use crate::space::topology::TopologyContext;

/// The most reductions of a network.
const MAX_REDUCTIONS: usize = 8;

/// Stems, cells that read the last two cells, head. In stems, `out` is the width.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct PairSkeletonFile {
    /// Layers that produce input 0 of the first cell.
    stem: Vec<LayerFile>,
    /// Layers after the stem that produce input 1 of the first cell; without them, it is input 0.
    second_stem: Option<Vec<LayerFile>>,
    /// Whether the second stem halves the size, so that the first cell follows a reduction.
    #[serde(default)]
    second_stem_reduces: bool,
    /// The operation on both inputs of a cell.
    preprocessing: String,
    /// The operation, at stride 2, on input 0 of a cell that follows a reduction.
    preprocessing_after_reduction: String,
    /// The cells that are reductions, as parts of the depth: `1/3` is cell depth / 3 of cells 0 to
    /// depth - 1, rounded down. The width doubles at each.
    #[schemars(length(max = MAX_REDUCTIONS))]
    reductions: Vec<String>,
    /// Layers after the last cell.
    head: Vec<LayerFile>,
}

/// What a file says, checked.
#[derive(Debug)]
pub(super) struct PairSkeleton {
    pub stem: Vec<OperationLayer>,
    pub second_stem: Option<Vec<OperationLayer>>,
    pub second_stem_reduces: bool,
    pub preprocessing: Operation,
    pub preprocessing_after_reduction: Operation,
    reductions: Vec<[usize; 2]>,
    pub head: Vec<OperationLayer>,
    pub input: Shape,
    pub classes: usize,
}

impl PairSkeleton {
    pub(super) fn new(
        file: PairSkeletonFile,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self> {
        let stem = layers::read(&file.stem, &[], "skeleton.stem", problems);
        let second_stem = file
            .second_stem
            .as_ref()
            .map(|layers| layers::read(layers, &[], "skeleton.second_stem", problems));
        let mut operation = |name: &str, key: &str| {
            context.operations.get(name, &format!("skeleton.{key}"), problems)
        };
        let preprocessing = operation(&file.preprocessing, "preprocessing");
        let after_reduction =
            operation(&file.preprocessing_after_reduction, "preprocessing_after_reduction");
        let head = layers::read(&file.head, &[], "skeleton.head", problems);
        if file.second_stem_reduces && file.second_stem.is_none() {
            problems.add("skeleton.second_stem_reduces", "is true, but there is no second_stem");
        }
        let reductions: Vec<_> = file
            .reductions
            .iter()
            .enumerate()
            .map(|(position, text)| {
                problems.take(&format!("skeleton.reductions[{position}]"), part(text))
            })
            .collect();
        let second_stem = match second_stem {
            Some(layers) => Some(layers?),
            None => None,
        };
        Some(Self {
            stem: stem?,
            second_stem,
            second_stem_reduces: file.second_stem_reduces,
            preprocessing: preprocessing?,
            preprocessing_after_reduction: after_reduction?,
            reductions: reductions.into_iter().collect::<Option<_>>()?,
            head: head?,
            input: context.input,
            classes: context.classes,
        })
    }

    /// The largest width that stays within [`MAX_CLASSES`] channels.
    pub(super) fn max_width(&self) -> usize {
        MAX_CLASSES >> self.reductions.len()
    }

    /// Whether a cell of a network of that depth is a reduction.
    pub(super) fn is_reduction(&self, cell: usize, depth: usize) -> bool {
        self.reductions.iter().any(|[part, whole]| depth * part / whole == cell)
    }

    /// The place of the stems.
    pub(super) fn first_place(&self, width: usize) -> OperationContext {
        OperationContext { width, stride: 1, classes: self.classes }
    }

    /// The operation on one input of a cell, with its stride.
    pub(super) fn preprocessing(&self, input: usize, after_reduction: bool) -> (&Operation, usize) {
        if input == 0 && after_reduction {
            (&self.preprocessing_after_reduction, 2)
        } else {
            (&self.preprocessing, 1)
        }
    }

    /// Wires the stems; gives both inputs of the first cell, or an error and the key of its stem.
    pub(super) fn stems(
        &self,
        graph: &mut Graph,
        width: usize,
    ) -> Result<[NodeId; INPUTS], (GraphError, &'static str)> {
        let place = self.first_place(width);
        let input = graph.input(self.input);
        let first = emit(graph, &self.stem, input, "stem", place)
            .map_err(|error| (error, "skeleton.stem"))?;
        let Some(layers) = &self.second_stem else { return Ok([first, first]) };
        let second = emit(graph, layers, first, "second_stem", place)
            .map_err(|error| (error, "skeleton.second_stem"))?;
        Ok([first, second])
    }
}

/// `a/b` with a below b.
fn part(text: &str) -> Result<[usize; 2], String> {
    let parts = text.split_once('/').and_then(|(part, whole)| {
        Some([part.trim().parse::<usize>().ok()?, whole.trim().parse::<usize>().ok()?])
    });
    parts.filter(|[part, whole]| part < whole && *whole <= MAX_CELLS).ok_or_else(|| {
        format!(
            "is `{text}`; write a fraction of the depth such as 1/3, with a denominator of at most {MAX_CELLS}"
        )
    })
}

/// An input of a cell as far as all architectures agree on it: rows and columns, and the numbers of
/// channels it can have.
#[derive(Clone)]
struct CellInput {
    plane: Shape,
    channels: Vec<usize>,
}

impl CellInput {
    fn of(shape: Shape) -> Self {
        Self { plane: shape, channels: vec![shape.channels] }
    }

    fn shapes(&self) -> impl Iterator<Item = Shape> + '_ {
        self.channels.iter().map(|&channels| Shape { channels, ..self.plane })
    }
}

/// Notes where an operation or a layer does not fit a place at which some architecture of the grid
/// has it. Every size is halved to the larger half, as the operations do with odd ones.
pub(super) fn check(space: &PairCell, problems: &mut ProblemList) {
    let mut check = SkeletonCheck { space, problems, seen: HashSet::new() };
    for &width in &space.grid.widths {
        for &depth in &space.grid.depths {
            check.network(width, depth);
        }
    }
}

struct SkeletonCheck<'c> {
    space: &'c PairCell,
    problems: &'c mut ProblemList,
    /// Operations by address, with what they were tried on.
    seen: HashSet<(*const Operation, Shape, usize, usize)>,
}

impl SkeletonCheck<'_> {
    fn network(&mut self, width: usize, depth: usize) {
        let skeleton = &self.space.skeleton;
        let mut graph = Graph::new();
        let stems = match skeleton.stems(&mut graph, width) {
            Ok(stems) => stems,
            Err((error, path)) => {
                let (op, reason) = (error.op, error.reason);
                return self.problems.add(path, format!("at width {width}: {op}: {reason}"));
            }
        };
        let mut inputs = stems.map(|stem| CellInput::of(graph.shape(stem)));
        let mut place = skeleton.first_place(width);
        let mut after_reduction = skeleton.second_stem_reduces;
        if !self.stems_agree(&inputs) {
            return;
        }
        for cell in 0..depth {
            let reduction = skeleton.is_reduction(cell, depth);
            place.width *= 1 + usize::from(reduction);
            let output = self.cell(&inputs, place, reduction, after_reduction);
            let [_, last] = inputs;
            inputs = [last, output];
            after_reduction = reduction;
        }
        self.head(&inputs[1], place);
    }

    /// Both inputs of the first cell must have one size once they are preprocessed.
    fn stems_agree(&mut self, [first, second]: &[CellInput; INPUTS]) -> bool {
        let plane = |input: &CellInput| [input.plane.height, input.plane.width];
        let reduces = self.space.skeleton.second_stem_reduces;
        let halved = plane(first).map(|extent| if reduces { extent.div_ceil(2) } else { extent });
        let agree = halved == plane(second);
        if !agree {
            let ([rows, columns], [wanted_rows, wanted_columns]) = (plane(second), halved);
            let what = if reduces { "half the size of" } else { "the size of" };
            self.problems.add(
                "skeleton.second_stem",
                format!(
                    "outputs {rows}x{columns}, not {wanted_rows}x{wanted_columns}, {what} the output of \
                     stem; second_stem_reduces selects which is expected"
                ),
            );
        }
        agree
    }

    fn cell(
        &mut self,
        inputs: &[CellInput; INPUTS],
        place: OperationContext,
        reduction: bool,
        after_reduction: bool,
    ) -> CellInput {
        let space = self.space;
        for (position, input) in inputs.iter().enumerate() {
            let (operation, stride) = space.skeleton.preprocessing(position, after_reduction);
            for shape in input.shapes() {
                self.operation(operation, shape, OperationContext { stride, ..place });
            }
        }
        let mut value = Shape { channels: place.width, ..inputs[1].plane };
        for operation in space.operations.iter().filter(|_| reduction) {
            self.operation(operation, value, OperationContext { stride: 2, ..place });
        }
        if reduction {
            (value.height, value.width) = (value.height.div_ceil(2), value.width.div_ceil(2));
        }
        for operation in &space.operations {
            self.operation(operation, value, place);
        }
        let channels = (1..=space.grid.nodes).map(|nodes| nodes * place.width).collect();
        CellInput { plane: value, channels }
    }

    fn operation(&mut self, operation: &Operation, input: Shape, place: OperationContext) {
        if self.seen.insert((operation, input, place.width, place.stride)) {
            self.problems.check_operation(operation, input, place);
        }
    }

    fn head(&mut self, input: &CellInput, place: OperationContext) {
        for shape in input.shapes() {
            let mut graph = Graph::new();
            let node = graph.input(shape);
            if let Err(error) = emit(&mut graph, &self.space.skeleton.head, node, "", place) {
                let (op, reason) = (error.op, error.reason);
                self.problems.add("skeleton.head", format!("after {shape}: {op}: {reason}"));
            }
        }
    }
}
