//! Replaces every `If` whose condition is a constant by the branch it takes.
//!
//! PyTorch's exporter writes such a node where the rank of a tensor decides, as in `squeeze`. The names of
//! values in a branch differ from those around it, so its nodes can stand in the place of the `If`.

use super::literal;
use crate::onnx::proto::{GraphProto, NodeProto};
use crate::onnx::reader::is_standard;

/// Replaces the nodes of a graph whose condition is known; others stay. Says whether there were any.
pub(super) fn take(graph: &mut GraphProto) -> bool {
    let is_choice = |node: &NodeProto| node.op_type == "If" && is_standard(&node.domain);
    if !graph.node.iter().any(is_choice) {
        return false;
    }
    let mut changed = false;
    for node in std::mem::take(&mut graph.node) {
        let condition = |node: &NodeProto| literal(graph, &graph.node, node.input.first()?);
        let flag = is_choice(&node).then(|| condition(&node)).flatten();
        match flag.map(|flag| branch(&node, flag != 0)) {
            Some(Some(branch)) => {
                changed = true;
                graph.initializer.extend(branch.initializer);
                graph.node.extend(branch.node);
            }
            _ => graph.node.push(node),
        }
    }
    changed
}

/// The branch that a node takes, with its results under the names of the node's own.
fn branch(node: &NodeProto, flag: bool) -> Option<GraphProto> {
    let name = if flag { "then_branch" } else { "else_branch" };
    let attribute = node.attribute.iter().find(|attribute| attribute.name == name)?;
    let mut branch = attribute.g.clone()?;
    if branch.output.len() != node.output.len() {
        return None;
    }
    for (inner, outer) in branch.output.iter().zip(&node.output) {
        if outer.is_empty() {
            continue;
        }
        let mut copy = NodeProto {
            op_type: "Identity".to_owned(),
            name: format!("{}/{outer}", node.name),
            output: vec![outer.clone()],
            ..NodeProto::default()
        };
        copy.input.push(inner.name.clone());
        branch.node.push(copy);
    }
    Some(branch)
}
