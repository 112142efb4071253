//! Architectures as graphs for drawing.

use std::fmt::Write;

/// A cell or a whole network of stages: nodes, and edges with the operation on them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Drawing {
    /// The title of the drawing: `cell`, `normal cell`, ...
    pub title: String,
    /// The label of each node.
    pub nodes: Vec<String>,
    /// Edges by the positions of their nodes.
    pub edges: Vec<DrawnEdge>,
    /// Edges with the operation `none`, which computes nothing: they are not part of the graph.
    #[serde(skip)]
    pub absent: Vec<DrawnEdge>,
}

/// An edge of a [`Drawing`].
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DrawnEdge {
    /// Position of the node it leaves.
    pub from: usize,
    /// Position of the node it enters.
    pub to: usize,
    /// The operation on it; empty if operations are on nodes.
    pub label: String,
}

impl Drawing {
    /// A drawing without edges.
    pub(super) fn new(title: &str, nodes: Vec<String>) -> Self {
        Self { title: title.to_owned(), nodes, ..Self::default() }
    }

    /// A drawing of parts that are joined without operations between them.
    pub fn of_parts(title: &str, parts: Vec<String>, joins: &[(usize, usize)]) -> Self {
        let mut drawing = Self::new(title, parts);
        joins.iter().for_each(|&(from, to)| drawing.edge(from, to, ""));
        drawing
    }

    /// Draws an edge.
    pub(super) fn edge(&mut self, from: usize, to: usize, label: &str) {
        self.edges.push(DrawnEdge { from, to, label: label.to_owned() });
    }

    /// Draws an edge of an operation, which is no part of the graph where it computes nothing.
    pub(super) fn operation(&mut self, ends: (usize, usize), label: &str, zero: bool) {
        let edge = DrawnEdge { from: ends.0, to: ends.1, label: label.to_owned() };
        if zero { self.absent.push(edge) } else { self.edges.push(edge) }
    }
}

/// Drawings as one graph in the DOT language of Graphviz, with one cluster each.
pub fn dot(name: &str, drawings: &[Drawing]) -> String {
    let mut text = format!("digraph {} {{\n  rankdir=LR;\n  node [shape=box];\n", quoted(name));
    for (cluster, drawing) in drawings.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  subgraph cluster_{cluster} {{");
        let _ = writeln!(text, "    label={};", quoted(&drawing.title));
        for (node, label) in drawing.nodes.iter().enumerate() {
            let _ = writeln!(text, "    n{cluster}_{node} [label={}];", quoted(label));
        }
        for DrawnEdge { from, to, label } in &drawing.edges {
            let label = quoted(label);
            let _ = writeln!(text, "    n{cluster}_{from} -> n{cluster}_{to} [label={label}];");
        }
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
