//! The parts of a network and how they are joined, for drawings: the stem, each cell, the head.

use std::collections::HashMap;

use super::PytorchProblem;
use super::lower::lower;
use super::node::{PyNode, PyOp};
use super::tree::{Body, Item, blocks};
use crate::graph::{Graph, Shape};

/// The parts of a network.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// The name of each part with the shape of what it gives; the images first.
    pub parts: Vec<String>,
    /// Which part reads which: from, to.
    pub joins: Vec<(usize, usize)>,
}

/// The parts of a network, as the classes of its module are.
///
/// # Errors
///
/// As for [`super::export`].
pub fn outline(graph: &Graph) -> Result<Outline, PytorchProblem> {
    let lowered = lower(graph)?;
    let root = blocks(&lowered);
    let nodes = &lowered.nodes;
    let mut outline = Outline::default();
    let mut producers: HashMap<usize, usize> = HashMap::new();
    for (index, _) in nodes.iter().enumerate().filter(|(_, node)| matches!(node.op, PyOp::Images)) {
        producers.insert(index, outline.parts.len());
        let shape = graph.input_shape().map(|shape| format!(", {shape}"));
        outline.parts.push(format!("images{}", shape.unwrap_or_default()));
    }
    for item in &root.items {
        let part = outline.parts.len();
        outline.parts.push(title(item, nodes, graph));
        for input in item.inputs(nodes) {
            if let Some(&from) = producers.get(input)
                && !outline.joins.contains(&(from, part))
            {
                outline.joins.push((from, part));
            }
        }
        producers.insert(item.output(), part);
    }
    Ok(outline)
}

/// A part's kind or operation, and the shape of what it gives.
fn title(item: &Item, nodes: &[PyNode], graph: &Graph) -> String {
    let shape: Option<Shape> = nodes[item.output()].source.map(|id| graph.shape(id));
    let name = match &item.body {
        Body::Block(block) => block.kind.clone(),
        Body::Node(node) => match nodes[*node].source {
            Some(id) => graph.node(id).op.name().to_owned(),
            None => item.name.clone(),
        },
    };
    shape.map_or_else(|| name.clone(), |shape| format!("{name}, {shape}"))
}
