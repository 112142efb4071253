//! Replaces what a file writes in its own way by operators of the standard, before any node is read: local
//! functions, loops of a fixed number of turns, branches of a known condition, sequences of tensors, and
//! operators that onnxruntime fuses.
//!
//! New nodes count against [`MAX_NODES`], so that a small file cannot become a large one.

mod branches;
mod functions;
mod fused;
mod loops;
mod quantised;
mod sequences;

use std::collections::HashMap;

use super::error::OnnxProblem;
use super::proto::{
    AttributeProto, AttributeType, DataLocation, GraphProto, ModelProto, NodeProto, TensorProto,
};

/// Most nodes of a model after everything is replaced.
const MAX_NODES: usize = 1 << 18;

/// How deep loops, branches and functions may lie in each other.
const MAX_DEPTH: usize = 16;

/// Rewrites a model's graph.
pub(super) fn all(model: &mut ModelProto, opset: i64) -> Result<(), OnnxProblem> {
    let Some(mut graph) = model.graph.take() else { return Ok(()) };
    functions::inline(&mut graph, &model.functions)?;
    quantised::refuse(&graph)?;
    for _ in 0..MAX_DEPTH {
        let branches = branches::take(&mut graph);
        let loops = loops::unroll(&mut graph, opset)?;
        if !branches && !loops {
            break;
        }
    }
    fused::split(&mut graph, opset);
    sequences::resolve(&mut graph);
    model.graph = Some(graph);
    Ok(())
}

/// A node with these inputs and outputs.
fn node(operator: &str, name: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    NodeProto {
        op_type: operator.to_owned(),
        name: name.to_owned(),
        input: owned(inputs),
        output: owned(outputs),
        ..NodeProto::default()
    }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: kind as i32, ..AttributeProto::default() }
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { i: Some(value), ..attribute(name, AttributeType::Int) }
}

fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { f: Some(value), ..attribute(name, AttributeType::Float) }
}

fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { s: Some(value.as_bytes().to_vec()), ..attribute(name, AttributeType::String) }
}

/// The attribute of a node.
fn find<'n>(node: &'n NodeProto, name: &str) -> Option<&'n AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}

/// The one whole number or truth value of a constant: an initializer, or what a node of these gives.
fn literal(graph: &GraphProto, nodes: &[NodeProto], name: &str) -> Option<i64> {
    let mut name = name;
    // Each step goes back to an earlier node.
    for producer in nodes.iter().rev() {
        if !producer.output.iter().any(|output| output == name) {
            continue;
        }
        match producer.op_type.as_str() {
            "Identity" => name = producer.input.first()?,
            "Constant" => {
                if let Some(value) = find(producer, "value_int") {
                    return value.i;
                }
                return single(find(producer, "value")?.t.as_ref()?);
            }
            _ => return None,
        }
    }
    single(graph.initializer.iter().find(|tensor| tensor.name == name)?)
}

/// The one whole number of a tensor.
fn single(tensor: &TensorProto) -> Option<i64> {
    if tensor.data_location == DataLocation::External as i32 {
        return None;
    }
    match (tensor.raw_data.as_deref(), tensor.int32_data.as_slice(), tensor.int64_data.as_slice()) {
        (Some(&[byte]), ..) => Some(byte.into()),
        (Some(bytes), ..) => match *bytes {
            [a, b, c, d] => Some(i32::from_le_bytes([a, b, c, d]).into()),
            [a, b, c, d, e, f, g, h] => Some(i64::from_le_bytes([a, b, c, d, e, f, g, h])),
            _ => None,
        },
        (None, &[value], []) => Some(value.into()),
        (None, [], &[value]) => Some(value),
        _ => None,
    }
}

/// A body with other names for its values: those of the map, and for all it computes itself new ones.
struct Renaming {
    names: HashMap<String, String>,
    prefix: String,
}

impl Renaming {
    fn of(&self, name: &str) -> String {
        if name.is_empty() {
            return String::new();
        }
        self.names.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// Gives what nodes compute new names, unless they have some.
    fn define(&mut self, nodes: &[NodeProto]) {
        for output in nodes.iter().flat_map(|node| &node.output).filter(|name| !name.is_empty()) {
            let new = || format!("{}/{output}", self.prefix);
            if !self.names.contains_key(output) {
                let new = new();
                self.names.insert(output.clone(), new);
            }
        }
    }

    /// A node with the new names, in its branches and bodies as well.
    fn node(&self, node: &NodeProto) -> NodeProto {
        let mut renamed = node.clone();
        let change = |names: &mut Vec<String>| {
            names.iter_mut().for_each(|name| *name = self.of(name));
        };
        change(&mut renamed.input);
        change(&mut renamed.output);
        if !node.name.is_empty() {
            renamed.name = format!("{}/{}", self.prefix, node.name);
        }
        for attribute in &mut renamed.attribute {
            if let Some(graph) = &mut attribute.g {
                self.graph(graph);
            }
        }
        renamed
    }

    fn graph(&self, graph: &mut GraphProto) {
        let mut inner = Self { names: self.names.clone(), prefix: self.prefix.clone() };
        for own in graph.input.iter().map(|input| &input.name) {
            inner.names.insert(own.clone(), own.clone());
        }
        for own in graph.initializer.iter().map(|tensor| &tensor.name) {
            inner.names.insert(own.clone(), own.clone());
        }
        inner.define(&graph.node);
        graph.node = graph.node.iter().map(|node| inner.node(node)).collect();
        graph.output.iter_mut().for_each(|output| output.name = inner.of(&output.name));
    }
}
