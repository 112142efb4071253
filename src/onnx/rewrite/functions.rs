//! Local functions: every call is replaced by the nodes of the function.

use std::collections::HashMap;

use super::{MAX_DEPTH, MAX_NODES, Renaming};
use crate::onnx::error::OnnxProblem;
use crate::onnx::proto::{AttributeProto, FunctionProto, GraphProto, NodeProto};

/// Functions by domain and name.
type FunctionTable<'f> = HashMap<(&'f str, &'f str), &'f FunctionProto>;

/// Replaces all calls.
pub(super) fn inline(
    graph: &mut GraphProto,
    functions: &[FunctionProto],
) -> Result<(), OnnxProblem> {
    if functions.is_empty() {
        return Ok(());
    }
    let table: FunctionTable<'_> = functions
        .iter()
        .map(|function| ((function.domain.as_str(), function.name.as_str()), function))
        .collect();
    let nodes = std::mem::take(&mut graph.node);
    let mut count = 0;
    expand(&nodes, &table, 0, &mut count, &mut graph.node)
}

fn expand(
    nodes: &[NodeProto],
    table: &FunctionTable<'_>,
    depth: usize,
    calls: &mut usize,
    into: &mut Vec<NodeProto>,
) -> Result<(), OnnxProblem> {
    for node in nodes {
        let Some(function) = table.get(&(node.domain.as_str(), node.op_type.as_str())) else {
            into.push(with_branches(node, table, depth, calls)?);
            continue;
        };
        let too_many = into.len().saturating_add(function.node.len()) > MAX_NODES;
        if depth >= MAX_DEPTH || too_many {
            return Err(OnnxProblem::Node {
                node: node.name.clone(),
                operator: node.op_type.clone(),
                reason: "calls functions in too many functions, or too many nodes".to_owned(),
            });
        }
        *calls += 1;
        let body = body(function, node, *calls);
        expand(&body, table, depth + 1, calls, into)?;
    }
    Ok(())
}

/// A node whose branches and bodies have no calls.
fn with_branches(
    node: &NodeProto,
    table: &FunctionTable<'_>,
    depth: usize,
    calls: &mut usize,
) -> Result<NodeProto, OnnxProblem> {
    let mut node = node.clone();
    if depth >= MAX_DEPTH {
        return Ok(node);
    }
    for graph in node.attribute.iter_mut().filter_map(|attribute| attribute.g.as_mut()) {
        let nodes = std::mem::take(&mut graph.node);
        expand(&nodes, table, depth + 1, calls, &mut graph.node)?;
    }
    Ok(node)
}

/// The nodes of one call.
fn body(function: &FunctionProto, call: &NodeProto, number: usize) -> Vec<NodeProto> {
    let lead = if call.name.is_empty() { &function.name } else { &call.name };
    let mut renaming = Renaming { names: HashMap::new(), prefix: format!("{lead}#{number}") };
    for (position, name) in function.input.iter().enumerate() {
        let given = call.input.get(position).cloned().unwrap_or_default();
        renaming.names.insert(name.clone(), given);
    }
    for (name, given) in function.output.iter().zip(&call.output) {
        if !given.is_empty() {
            renaming.names.insert(name.clone(), given.clone());
        }
    }
    renaming.define(&function.node);
    let value = |name: &str| {
        let given = call.attribute.iter().find(|attribute| attribute.name == name);
        given.or_else(|| function.attribute_proto.iter().find(|default| default.name == name))
    };
    let resolved = |attribute: &AttributeProto| {
        if attribute.ref_attr_name.is_empty() {
            return Some(attribute.clone());
        }
        let given = value(&attribute.ref_attr_name)?;
        Some(AttributeProto { name: attribute.name.clone(), ..given.clone() })
    };
    let node = |node: &NodeProto| {
        let mut renamed = renaming.node(node);
        renamed.attribute = renamed.attribute.iter().filter_map(resolved).collect();
        if renamed.metadata_props.is_empty() {
            renamed.metadata_props.clone_from(&call.metadata_props);
        }
        renamed
    };
    let mut nodes: Vec<NodeProto> = function.node.iter().map(node).collect();
    // A function may pass an input on as its output.
    for (name, given) in function.output.iter().zip(&call.output) {
        if function.input.contains(name) && !given.is_empty() {
            let position = function.input.iter().position(|input| input == name).unwrap_or(0);
            let source = call.input.get(position).map_or("", String::as_str);
            nodes.push(super::node("Identity", lead, &[source], &[given]));
        }
    }
    nodes
}
