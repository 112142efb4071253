//! Adds the stages to a graph, and tries every block at every position before a search starts.

use super::{MAX_CHECKED, ParameterValue, StageDecisions, Stages, StagesDecisions};
use crate::graph::{Graph, GraphError, NodeId, Shape};
use crate::space::layers::{OperationContext, emit};
use crate::space::operations::Operation;
use crate::space::problem::ProblemList;

/// The block with a stage's values for its parameters.
pub(super) fn block(stages: &Stages, stage: &StageDecisions) -> Result<Operation, GraphError> {
    with_values(stages, &stage.parameters).map_err(|reason| GraphError {
        label: stages.name.clone(),
        op: "block",
        reason,
    })
}

fn with_values(stages: &Stages, values: &[ParameterValue]) -> Result<Operation, String> {
    let names = stages.parameters.iter().map(|parameter| parameter.name.as_str());
    let values: Vec<_> = names.zip(values.iter().map(ParameterValue::to_string)).collect();
    let mut problems = ProblemList::default();
    stages.block.read(&stages.name, &values, &mut problems).ok_or_else(|| {
        let first = problems.0.into_iter().next();
        first.map(|problem| problem.to_string()).unwrap_or_default()
    })
}

/// The whole network.
pub(super) fn assemble(stages: &Stages, decisions: &StagesDecisions) -> Result<Graph, GraphError> {
    let mut graph = Graph::new();
    let input = graph.input(stages.input);
    let stem = decisions.stem;
    let mut place =
        OperationContext { width: stem.width, stride: stem.stride, classes: stages.classes };
    let mut value = emit(&mut graph, &stages.stem_layers, input, "stem", place)?;
    for (position, stage) in decisions.stages.iter().enumerate() {
        let block = block(stages, stage)?;
        for depth in 0..stage.depth {
            place.width = stage.width;
            place.stride = if depth == 0 { stage.stride } else { 1 };
            let label = format!("stage{}.block{depth}", position + 1);
            value = block.emit(&mut graph, value, &label, place)?;
            graph.end_block(value);
        }
    }
    graph.set_body(value);
    let output =
        emit(&mut graph, &stages.head, value, "head", OperationContext { stride: 1, ..place })?;
    graph.set_output(output);
    Ok(graph)
}

/// Notes every combination of choices that cannot be built.
pub(super) fn check(stages: &Stages, problems: &mut ProblemList) {
    let combinations = parameter_combinations(stages);
    let Some(combinations) = combinations else {
        let message = format!(
            "widths and values of parameters have more than {MAX_CHECKED} combinations in a stage: too \
             many to check"
        );
        return problems.add("topology", message);
    };
    let Some(stem) = check_stem(stages, problems) else { return };
    let blocks: Vec<(String, Operation)> = combinations
        .iter()
        .filter_map(|values| {
            let context = context(stages, values);
            let block = with_values(stages, values);
            let path = format!("operations.{}", stages.name);
            Some((
                context.clone(),
                problems.take(&path, block.map_err(|e| format!("{e}{context}")))?,
            ))
        })
        .collect();
    let mut sizes = vec![(stem.height, stem.width)];
    let mut channels = vec![stem.channels];
    for strides in &stages.strides {
        let mut next = Vec::new();
        for &(height, width) in &sizes {
            for &stride in strides {
                let small = (height.div_ceil(stride), width.div_ceil(stride));
                next.push(small);
                for (context, block) in &blocks {
                    let at = |channels, (height, width)| Shape::new(channels, height, width);
                    for &out in &stages.widths {
                        let place =
                            OperationContext { width: out, stride, classes: stages.classes };
                        for &from in &channels {
                            let input = at(from, (height, width));
                            problems.check_operation_with(block, input, place, context);
                        }
                        let inner = OperationContext { stride: 1, ..place };
                        problems.check_operation_with(block, at(out, small), inner, context);
                    }
                }
            }
        }
        next.sort_unstable();
        next.dedup();
        sizes = next;
        channels.clone_from(&stages.widths);
    }
    check_head(stages, &sizes, problems);
}

fn context(stages: &Stages, values: &[ParameterValue]) -> String {
    let names = stages.parameters.iter().map(|parameter| &parameter.name);
    let texts: Vec<String> =
        names.zip(values).map(|(name, value)| format!("{name} {value}")).collect();
    if texts.is_empty() { String::new() } else { format!(" with {}", texts.join(", ")) }
}

/// All values of the block's parameters; `None` if there are too many.
fn parameter_combinations(stages: &Stages) -> Option<Vec<Vec<ParameterValue>>> {
    let mut combinations = vec![Vec::new()];
    let widths = stages.widths.len() * stages.widths.len();
    for parameter in &stages.parameters {
        if combinations.len() * parameter.values.len() * widths > MAX_CHECKED {
            return None;
        }
        let longer = |short: &Vec<ParameterValue>| {
            let short = short.clone();
            parameter.values.iter().map(move |value| [&short[..], &[*value]].concat())
        };
        combinations = combinations.iter().flat_map(longer).collect();
    }
    Some(combinations)
}

fn wired(
    layers: Result<NodeId, GraphError>,
    path: &str,
    problems: &mut ProblemList,
) -> Option<NodeId> {
    problems.take(path, layers.map_err(|error| format!("{}: {}", error.op, error.reason)))
}

fn check_stem(stages: &Stages, problems: &mut ProblemList) -> Option<Shape> {
    let mut graph = Graph::new();
    let input = graph.input(stages.input);
    let (width, stride) = (stages.stem.width, stages.stem.stride);
    let place = OperationContext { width, stride, classes: stages.classes };
    let stem = emit(&mut graph, &stages.stem_layers, input, "", place);
    wired(stem, "skeleton.stem", problems).map(|stem| graph.shape(stem))
}

fn check_head(stages: &Stages, sizes: &[(usize, usize)], problems: &mut ProblemList) {
    for &(height, width) in sizes {
        for &channels in &stages.widths {
            let mut graph = Graph::new();
            let input = graph.input(Shape::new(channels, height, width));
            let place = OperationContext { width: channels, stride: 1, classes: stages.classes };
            wired(emit(&mut graph, &stages.head, input, "", place), "skeleton.head", problems);
        }
    }
}
