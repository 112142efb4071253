//! The module each node of a model belongs to, as PyTorch's exporters tell it.
//!
//! The TorchScript exporter names nodes by it, such as `/cells.0/op/op.1/Conv` for module 1 of the sequence
//! `op`. The newer one lists the scopes instead: `['', 'cells.0', 'cells.0.op', 'cells.0.op.1', 'conv2d']`.
//! There, a convolution that was joined with the batch normalisation behind it is listed under the latter;
//! the name of its weight, `cells.0.op.1.weight`, tells its own module.

use super::proto::NodeProto;

/// The key under which scopes are listed.
const SCOPES: &str = "pkg.torch.onnx.name_scopes";

/// For each node its path, in the form of the TorchScript exporter: parts with `/` before each, the
/// last one being the node's own. A path without a leading `/` tells nothing.
pub(super) fn module_paths(nodes: &[NodeProto]) -> Vec<String> {
    nodes.iter().map(|node| listed(node).unwrap_or_else(|| node.name.clone())).collect()
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

fn listed(node: &NodeProto) -> Option<String> {
    let scopes = scopes(node);
    let (_, modules) = scopes.split_last()?;
    let mut modules: Vec<&str> =
        modules.iter().copied().filter(|scope| !scope.is_empty()).collect();
    let own = node.input.get(1).and_then(|weight| weight.strip_suffix(".weight"));
    if let (Some(own), Some(last)) = (own, modules.last_mut())
        && parent(own) == parent(last)
    {
        *last = own;
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

/// The dotted path without its last part.
fn parent(module: &str) -> &str {
    module.rsplit_once('.').map_or("", |(parent, _)| parent)
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
    }
}
