//! Adds the stages to a graph, and tries some architectures before a search starts.

use super::rule::{DerivedStage, derive};
use super::{Regnet, RegnetDecisions};
use crate::graph::{Graph, GraphError};
use crate::seed;
use crate::space::layers::{OperationContext, emit};
use crate::space::operations::Operation;
use crate::space::problem::ProblemList;

/// The architectures that are tried for the smallest and the largest group width.
const TRIED: usize = 3;

/// The block of a stage.
fn block(regnet: &Regnet, stage: &DerivedStage) -> Result<Operation, String> {
    let values = [("inner", stage.inner), ("groups", stage.groups)]
        .map(|(name, value)| (name, value.to_string()));
    let mut problems = ProblemList::default();
    regnet.block.read(&regnet.name, &values, &mut problems).ok_or_else(|| {
        let first = problems.0.into_iter().next();
        first.map(|problem| problem.to_string()).unwrap_or_default()
    })
}

/// The whole network.
pub(super) fn assemble(regnet: &Regnet, decisions: &RegnetDecisions) -> Result<Graph, GraphError> {
    let derived = derive(decisions, regnet.bottleneck);
    let mut graph = Graph::new();
    let input = graph.input(regnet.input);
    let mut place = OperationContext { width: regnet.channels, stride: 1, classes: regnet.classes };
    let mut value = emit(&mut graph, &regnet.stem, input, "stem", place)?;
    for (position, (stage, &stride)) in derived.stages.iter().zip(&regnet.strides).enumerate() {
        place.width = stage.width;
        let block = block(regnet, stage).map_err(|reason| GraphError {
            label: regnet.name.clone(),
            op: "block",
            reason,
        })?;
        for depth in 0..stage.depth {
            place.stride = if depth == 0 { stride } else { 1 };
            let label = format!("stage{}.block{depth}", position + 1);
            value = block.emit(&mut graph, value, &label, place)?;
            let given = graph.shape(value).channels;
            if given != stage.width {
                let reason = format!("gives {given} channels, not {}", stage.width);
                return Err(GraphError { label, op: "block", reason });
            }
            graph.end_block(value);
        }
    }
    graph.set_body(value);
    place.stride = 1;
    let output = emit(&mut graph, &regnet.head, value, "head", place)?;
    graph.set_output(output);
    Ok(graph)
}

/// Whether no block gives zero.
pub(super) fn is_connected(regnet: &Regnet, decisions: &RegnetDecisions) -> bool {
    let stages = derive(decisions, regnet.bottleneck).stages;
    stages.iter().all(|stage| block(regnet, stage).is_ok_and(|block| !block.zero))
}

/// Notes what of some random architectures cannot be built. Others are built the same way: all sizes come
/// from the rule, and groups always divide the width that it gives.
pub(super) fn check(regnet: &Regnet, problems: &mut ProblemList) {
    let mut rng = seed::stream(0, &["regnet", "check"]);
    let widths = regnet.group_widths.iter();
    for &group_width in widths.clone().min().into_iter().chain(widths.max()) {
        for _ in 0..TRIED {
            let decisions = RegnetDecisions { group_width, ..regnet.draw(&mut rng) };
            if let Err(error) = assemble(regnet, &decisions) {
                let path = if error.label.starts_with("stem") {
                    "skeleton.stem".to_owned()
                } else if error.label.starts_with("head") {
                    "skeleton.head".to_owned()
                } else {
                    format!("operations.{}", regnet.name)
                };
                let architecture = super::notation::format(&decisions);
                let (op, reason) = (error.op, error.reason);
                problems.add(path, format!("cannot be built for {architecture}: {op}: {reason}"));
                return;
            }
        }
    }
}
