//! The notation of NAS-Bench-201: `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`.

use super::EdgeDecisions;
use super::cell::EdgeCellGraph;
use crate::nearest;
use crate::space::error::ArchitectureError;

pub(super) fn format(cell: &EdgeCellGraph, decisions: &EdgeDecisions) -> String {
    let mut text = String::new();
    for (edge, operation) in cell.iter(decisions) {
        if edge.source == 0 {
            text.push_str(if edge.target == 1 { "|" } else { "+|" });
        }
        text.push_str(&format!("{}~{}|", operation.name, edge.source));
    }
    text
}

pub(super) fn parse(cell: &EdgeCellGraph, text: &str) -> Result<EdgeDecisions, ArchitectureError> {
    let wrong = |token: &str, reason: String| {
        ArchitectureError::new(nearest::excerpt(text.trim()), nearest::excerpt(token), reason)
    };
    let nodes: Vec<&str> = text.trim().split('+').collect();
    if nodes.len() != cell.nodes - 1 {
        let (found, needed) = (nodes.len(), cell.nodes - 1);
        let noun = if found == 1 { "node" } else { "nodes" };
        let reason = format!("has {found} {noun} joined by `+`; this space has {needed}");
        return Err(wrong(text.trim(), reason));
    }
    let mut operations = Vec::with_capacity(cell.edges.len());
    for (position, node) in nodes.into_iter().enumerate() {
        let inner = node.trim().strip_prefix('|').and_then(|rest| rest.strip_suffix('|'));
        let Some(inner) = inner else {
            return Err(wrong(node, "a node is written |operation~0|operation~1|..|".to_owned()));
        };
        let edges: Vec<&str> = inner.split('|').collect();
        if edges.len() != position + 1 {
            let (found, needed) = (edges.len(), position + 1);
            let reason = format!("has {found} edges; node {needed} has {needed}");
            return Err(wrong(node, reason));
        }
        for (source, edge) in edges.into_iter().enumerate() {
            operations.push(operation(cell, edge, source).map_err(|reason| wrong(edge, reason))?);
        }
    }
    Ok(EdgeDecisions { operations })
}

fn operation(cell: &EdgeCellGraph, edge: &str, source: usize) -> Result<u8, String> {
    let Some((name, from)) = edge.split_once('~') else {
        return Err(format!("an edge is written operation~{source}"));
    };
    if from != source.to_string() {
        return Err(format!(
            "edges must be in the order of the nodes they come from; expected `{name}~{source}`"
        ));
    }
    match cell.operations.iter().position(|operation| operation.name == name) {
        Some(position) => Ok(position as u8),
        None => {
            let names = cell.operations.iter().map(|operation| operation.name.as_str());
            Err(format!("unknown operation `{name}` in this space; {}", nearest::hint(name, names)))
        }
    }
}

/// `Structure.to_unique_str(consider_zero=True)` of the benchmark's code (AutoDL-Projects): a zero
/// is a term of its own, a skip is its source without parentheses, and sums are not sorted through
/// skips.
pub(super) fn unique_text(cell: &EdgeCellGraph, decisions: &EdgeDecisions) -> String {
    let mut terms: Vec<Vec<String>> = vec![Vec::new(); cell.nodes];
    let mut values = vec![String::new(); cell.nodes];
    values[0] = "0".to_owned();
    for (edge, operation) in cell.iter(decisions) {
        let source = &values[edge.source];
        let term = if operation.zero || (source == "#" && operation.keeps_zero) {
            "#".to_owned()
        } else if cell.is_identity(edge, operation) {
            source.clone()
        } else {
            format!("({source})@{}", operation.name)
        };
        let target = &mut terms[edge.target];
        target.push(term);
        if target.len() == edge.target {
            target.sort();
            values[edge.target] = target.join("+");
        }
    }
    values.pop().unwrap_or_default()
}
