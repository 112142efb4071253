//! The module each node of a model belongs to, as PyTorch's exporters tell it.
//!
//! The TorchScript exporter names nodes by it, such as `/cells.0/op/op.1/Conv` for module 1 of the sequence
//! `op`. The newer one lists the scopes instead: `['', 'cells.0', 'cells.0.op', 'cells.0.op.1', 'conv2d']`.
//! There, a convolution that was joined with the batch normalisation behind it is listed under the latter;
//! the name of its weight, `cells.0.op.1.weight`, tells its own module.

use std::collections::HashSet;

use super::proto::NodeProto;

/// The key under which scopes are listed.
const SCOPES: &str = "pkg.torch.onnx.name_scopes";

/// For each node its path, in the form of the TorchScript exporter: parts with `/` before each, the
/// last one being the node's own. A path without a leading `/` tells nothing.
pub(super) fn module_paths(nodes: &[NodeProto]) -> Vec<String> {
    let modules: HashSet<&str> = nodes
        .iter()
        .flat_map(|node| {
            let mut scopes = scopes(node);
            scopes.pop();
            scopes
        })
        .collect();
    nodes.iter().map(|node| listed(node, &modules).unwrap_or_else(|| node.name.clone())).collect()
}

/// The scopes that the newer exporter lists, from the outermost to the node's own; none without a list.
pub(super) fn scopes(node: &NodeProto) -> Vec<&str> {
    let Some(listed) = node.metadata_props.iter().find(|entry| entry.key == SCOPES) else {
        return Vec::new();
    };
    listed
        .value
        .trim_start_matches('[')
        .trim_end_matches(']')
        .split(',')
        .map(|scope| scope.trim().trim_matches(['\'', '"']))
        .collect()
}

fn listed(node: &NodeProto, known: &HashSet<&str>) -> Option<String> {
    let scopes = scopes(node);
    let (_, modules) = scopes.split_last()?;
    let mut modules: Vec<&str> =
        modules.iter().copied().filter(|scope| !scope.is_empty()).collect();
    let own = node.input.get(1).and_then(|weight| weight.strip_suffix(".weight"));
    if let Some(own) = own.filter(|own| modules.last().is_some_and(|last| last != own)) {
        modules = modules_of(own, known);
    }
    let mut path = String::new();
    let mut before = "";
    let mut name = String::new();
    for module in modules {
        let relative = module
            .strip_prefix(before)
            .filter(|_| !before.is_empty())
            .and_then(|rest| rest.strip_prefix('.'))
            .unwrap_or(module);
        let is_index = relative.bytes().all(|byte| byte.is_ascii_digit());
        name = if is_index && !name.is_empty() {
            format!("{name}.{relative}")
        } else {
            relative.to_owned()
        };
        path.push('/');
        path.push_str(&name);
        before = module;
    }
    Some(format!("{path}/{}", node.op_type))
}

/// The modules around a module and itself. A list of modules, which is numbered and which no node lies in on
/// its own, is none.
fn modules_of<'n>(own: &'n str, known: &HashSet<&str>) -> Vec<&'n str> {
    let starts_with_digit = |rest: &str| rest.bytes().next().is_some_and(|b| b.is_ascii_digit());
    let is_module = |at: usize| known.contains(&own[..at]) || !starts_with_digit(&own[at + 1..]);
    let around = own.match_indices('.').map(|(at, _)| at).filter(|&at| is_module(at));
    around.map(|at| &own[..at]).chain([own]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::proto::StringStringEntryProto;

    fn path(operator: &str, weight: &str, scopes: &str) -> String {
        let node = NodeProto {
            op_type: operator.to_owned(),
            input: vec!["x".to_owned(), weight.to_owned()],
            metadata_props: vec![StringStringEntryProto {
                key: SCOPES.to_owned(),
                value: scopes.to_owned(),
            }],
            ..NodeProto::default()
        };
        module_paths(&[node]).remove(0)
    }

    #[test]
    fn scopes_are_written_as_paths() {
        let scopes = "['', 'cells.0', 'cells.0.layers.1', 'cells.0.layers.1.op', \
                      'cells.0.layers.1.op.2', 'batch_norm']";
        let conv = "/cells.0/layers.1/op/op.1/Conv";
        assert_eq!(path("Conv", "cells.0.layers.1.op.1.weight", scopes), conv);
        assert_eq!(path("Relu", "", scopes), "/cells.0/layers.1/op/op.2/Relu");
        assert_eq!(path("Relu", "", "['', 'relu']"), "/Relu");
        assert_eq!(path("Relu", "", "['', '0', '0.act', 'relu']"), "/0/act/Relu");
        // Joined with the batch normalisation of another module.
        let scopes = "['', 'stages.0', 'stages.0.b', 'stages.0.b.norm', 'batch_norm']";
        let conv = "/stages.0/a/conv/Conv";
        assert_eq!(path("Conv", "stages.0.a.conv.weight", scopes), conv);
    }
}
