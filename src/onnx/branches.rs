//! Replaces every `If` whose condition is a constant by the branch it takes.
//!
//! PyTorch's exporter writes such a node where the rank of a tensor decides, as in `squeeze`. The names of
//! values in a branch differ from those around it, so its nodes can stand in the place of the `If`.

use super::proto::{DataLocation, GraphProto, NodeProto, TensorProto};
use super::reader::is_standard;

/// How deep branches may lie in each other.
const MAX_DEPTH: usize = 8;

/// Replaces the nodes of a graph whose condition is known; others stay.
pub(super) fn take(graph: &mut GraphProto) {
    for _ in 0..MAX_DEPTH {
        let is_choice = |node: &NodeProto| node.op_type == "If" && is_standard(&node.domain);
        if !graph.node.iter().any(is_choice) {
            return;
        }
        let mut changed = false;
        for node in std::mem::take(&mut graph.node) {
            let flag = is_choice(&node).then(|| condition(graph, &node)).flatten();
            match flag.map(|flag| branch(&node, flag)) {
                Some(Some(branch)) => {
                    changed = true;
                    graph.initializer.extend(branch.initializer);
                    graph.node.extend(branch.node);
                }
                _ => graph.node.push(node),
            }
        }
        if !changed {
            return;
        }
    }
}

/// The value of a node's condition, if it is a constant of the nodes so far.
fn condition(graph: &GraphProto, node: &NodeProto) -> Option<bool> {
    let mut name = node.input.first()?.as_str();
    // Each step goes back to an earlier node.
    for producer in graph.node.iter().rev() {
        if !producer.output.iter().any(|output| output == name) {
            continue;
        }
        match producer.op_type.as_str() {
            "Identity" => name = producer.input.first()?,
            "Constant" => {
                let value =
                    producer.attribute.iter().find(|attribute| attribute.name == "value")?;
                return truth(value.t.as_ref()?);
            }
            _ => return None,
        }
    }
    truth(graph.initializer.iter().find(|tensor| tensor.name == name)?)
}

/// The one truth value of a tensor.
fn truth(tensor: &TensorProto) -> Option<bool> {
    if tensor.data_location == DataLocation::External as i32 {
        return None;
    }
    match (tensor.raw_data.as_deref(), tensor.int32_data.as_slice()) {
        (Some(&[byte]), _) => Some(byte != 0),
        (None, &[value]) => Some(value != 0),
        _ => None,
    }
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
