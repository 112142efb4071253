//! Sequences of tensors, as PyTorch's exporter writes for `split` and lists.
//!
//! A part of a split becomes a `SequenceAt` of the tensor, the sizes and the position; a list that is made
//! of tensors is replaced by those.

use std::collections::HashMap;

use super::{find, literal, node};
use crate::onnx::proto::{GraphProto, NodeProto};

/// What a sequence consists of.
enum Sequence {
    /// The parts of one tensor: the node that splits it.
    Parts(NodeProto),
    /// Tensors by name.
    Tensors(Vec<String>),
}

/// Replaces sequences where their elements are known.
pub(super) fn resolve(graph: &mut GraphProto) {
    let makes = |node: &NodeProto| {
        matches!(
            node.op_type.as_str(),
            "SplitToSequence" | "SequenceConstruct" | "SequenceEmpty" | "SequenceInsert"
        )
    };
    if !graph.node.iter().any(makes) {
        return;
    }
    let nodes = std::mem::take(&mut graph.node);
    let mut sequences: HashMap<String, Sequence> = HashMap::new();
    for (index, own) in nodes.iter().enumerate() {
        let input = |position: usize| own.input.get(position).map_or("", String::as_str);
        let output = own.output.first().cloned().unwrap_or_default();
        match (own.op_type.as_str(), sequences.get(input(0))) {
            ("SplitToSequence", _) => {
                sequences.insert(output, Sequence::Parts(own.clone()));
            }
            ("SequenceConstruct", _) => {
                sequences.insert(output, Sequence::Tensors(own.input.clone()));
            }
            ("SequenceEmpty", _) => {
                sequences.insert(output, Sequence::Tensors(Vec::new()));
            }
            ("SequenceInsert", Some(Sequence::Tensors(before))) if own.input.len() == 2 => {
                let after = before.iter().cloned().chain([input(1).to_owned()]).collect();
                sequences.insert(output, Sequence::Tensors(after));
            }
            ("SequenceAt", Some(Sequence::Parts(split))) => {
                let sizes = split.input.get(1).map_or("", String::as_str);
                let source = split.input.first().map_or("", String::as_str);
                let mut part =
                    node("SequenceAt", &own.name, &[source, sizes, input(1)], &[&output]);
                part.attribute.clone_from(&split.attribute);
                graph.node.push(part);
            }
            ("SequenceAt", Some(Sequence::Tensors(tensors))) => {
                let position = literal(graph, &nodes[..index], input(1));
                let count = i64::try_from(tensors.len()).unwrap_or(i64::MAX);
                let position = position.map(|at| if at < 0 { at + count } else { at });
                let name = position.and_then(|at| tensors.get(usize::try_from(at).ok()?));
                match name {
                    Some(name) => {
                        graph.node.push(node("Identity", &own.name, &[name], &[&output]));
                    }
                    None => graph.node.push(own.clone()),
                }
            }
            ("ConcatFromSequence", Some(Sequence::Tensors(tensors)))
                if find(own, "new_axis").is_none_or(|new| new.i == Some(0)) =>
            {
                let names: Vec<&str> = tensors.iter().map(String::as_str).collect();
                let mut join = node("Concat", &own.name, &names, &[&output]);
                join.attribute.extend(find(own, "axis").cloned());
                graph.node.push(join);
            }
            _ => graph.node.push(own.clone()),
        }
    }
}
