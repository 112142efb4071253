//! Adds one cell to a graph.

use super::EdgeDecisions;
use super::cell::{CellEdge, EdgeCellGraph};
use super::expression::CellExpressions;
use crate::graph::{Graph, GraphError, NodeId, Op};
use crate::space::layers::OperationContext;
use crate::space::operations::Operation;

/// Wires a cell behind `input` and gives its output.
///
/// Layers of an edge are labelled `prefix.expression`. Sums run over the terms of the expression,
/// so a skip costs no node of its own and zeros are left out; nodes of equal value are one node.
pub(super) fn cell(
    cell: &EdgeCellGraph,
    decisions: &EdgeDecisions,
    expressions: &CellExpressions,
    graph: &mut Graph,
    input: NodeId,
    prefix: &str,
    place: OperationContext,
) -> Result<NodeId, GraphError> {
    let mut wiring = EdgeWiring {
        cell,
        decisions,
        expressions,
        graph,
        prefix,
        place,
        results: vec![None; cell.edges.len()],
        sums: Vec::new(),
        values: vec![None; cell.nodes],
    };
    wiring.values[0] = Some(input);
    for (position, (edge, operation)) in cell.iter(decisions).enumerate() {
        if !cell.is_identity(edge, operation) && !operation.zero {
            wiring.edge(position, edge, operation)?;
        }
    }
    wiring.value(cell.nodes - 1)
}

struct EdgeWiring<'w> {
    cell: &'w EdgeCellGraph,
    decisions: &'w EdgeDecisions,
    expressions: &'w CellExpressions,
    graph: &'w mut Graph,
    prefix: &'w str,
    place: OperationContext,
    /// By edge, what it gives, once wired.
    results: Vec<Option<NodeId>>,
    /// The sums there are: their terms, their node.
    sums: Vec<(Vec<NodeId>, NodeId)>,
    /// By node of the cell, its value, once wired.
    values: Vec<Option<NodeId>>,
}

impl EdgeWiring<'_> {
    fn edge(
        &mut self,
        position: usize,
        edge: CellEdge,
        operation: &Operation,
    ) -> Result<NodeId, GraphError> {
        let source = self.value(edge.source)?;
        let label = format!("{}.{}", self.prefix, self.expressions.labels[position]);
        // Only the edges from the cell's input reduce.
        let stride = if edge.source == 0 { self.place.stride } else { 1 };
        let place = OperationContext { stride, ..self.place };
        let result = operation.emit(self.graph, source, &label, place)?;
        self.results[position] = Some(result);
        Ok(result)
    }

    /// The value of a node of the cell whose incoming edges are wired.
    fn value(&mut self, node: usize) -> Result<NodeId, GraphError> {
        if let Some(value) = self.values[node] {
            return Ok(value);
        }
        let inputs: Vec<NodeId> = self.expressions.terms[node]
            .iter()
            .filter_map(|term| match term.edge {
                Some(edge) => self.results[edge],
                None => self.values[0],
            })
            .collect();
        let value = match inputs.as_slice() {
            [] => self.zero(node)?,
            [input] => *input,
            _ => self.sum(node, inputs)?,
        };
        self.values[node] = Some(value);
        Ok(value)
    }

    fn sum(&mut self, node: usize, inputs: Vec<NodeId>) -> Result<NodeId, GraphError> {
        if let Some((_, sum)) = self.sums.iter().find(|(terms, _)| *terms == inputs) {
            return Ok(*sum);
        }
        let sum = self.graph.add(format!("{}.node{node}", self.prefix), Op::Add, &inputs)?;
        self.sums.push((inputs, sum));
        Ok(sum)
    }

    /// A node that is zero for every image: what its first edge gives.
    fn zero(&mut self, node: usize) -> Result<NodeId, GraphError> {
        let first = self.cell.edges.iter().position(|edge| edge.target == node).unwrap_or(0);
        let operation = usize::from(self.decisions.operations[first]);
        let operation = &self.cell.operations[operation];
        match self.results[first] {
            Some(result) => Ok(result),
            None if operation.zero => self.edge(first, self.cell.edges[first], operation),
            None => self.value(self.cell.edges[first].source),
        }
    }
}
