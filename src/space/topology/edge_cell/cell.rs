//! The cell: its nodes, its edges and the operations to choose from.

use super::EdgeDecisions;
use super::expression::CellExpressions;
use crate::graph::{Graph, GraphError, NodeId};
use crate::space::drawing::Drawing;
use crate::space::error::ArchitectureError;
use crate::space::layers::OperationContext;
use crate::space::operations::Operation;

/// One edge of the cell.
#[derive(Clone, Copy, Debug)]
pub(in crate::space) struct CellEdge {
    /// The node it leaves.
    pub source: usize,
    /// The node it enters.
    pub target: usize,
}

/// Cells of one number of nodes and one list of operations.
#[derive(Clone, Debug)]
pub(in crate::space) struct EdgeCellGraph {
    /// Number of nodes.
    pub nodes: usize,
    /// Edges by target, then by source.
    pub edges: Vec<CellEdge>,
    /// The operations to choose from.
    pub operations: Vec<Operation>,
    /// Whether the edges from node 0 change width or stride, so that an identity there has layers.
    reshapes: bool,
}

impl EdgeCellGraph {
    /// Cells of so many nodes.
    pub(in crate::space) fn new(nodes: usize, operations: Vec<Operation>) -> Self {
        let edges = (1..nodes)
            .flat_map(|target| (0..target).map(move |source| CellEdge { source, target }))
            .collect();
        Self { nodes, edges, operations, reshapes: false }
    }

    /// The same cells where the edges from node 0 change width or stride.
    pub(in crate::space) fn reshaping(&self) -> Self {
        let mut cell = self.clone();
        cell.reshapes = true;
        for operation in &mut cell.operations {
            operation.random |= operation.reshape_is_random();
            operation.activation |= operation.reshape_has_activation();
        }
        cell
    }

    /// Whether an operation on that edge gives what it is given.
    pub(super) fn is_identity(&self, edge: CellEdge, operation: &Operation) -> bool {
        operation.identity && !(self.reshapes && edge.source == 0)
    }

    /// The edges with their operations.
    pub(in crate::space) fn iter<'c>(
        &'c self,
        decisions: &'c EdgeDecisions,
    ) -> impl Iterator<Item = (CellEdge, &'c Operation)> {
        let operation = |&position: &u8| &self.operations[usize::from(position)];
        self.edges.iter().copied().zip(decisions.operations.iter().map(operation))
    }

    /// Reads the notation of NAS-Bench-201.
    pub(in crate::space) fn parse(&self, text: &str) -> Result<EdgeDecisions, ArchitectureError> {
        super::notation::parse(self, text)
    }

    /// Whether a path of operations that are not zero leads from the input to the output.
    pub(in crate::space) fn is_connected(&self, decisions: &EdgeDecisions) -> bool {
        let mut reached = vec![false; self.nodes];
        reached[0] = true;
        for (edge, operation) in self.iter(decisions) {
            reached[edge.target] |= reached[edge.source] && !operation.zero;
        }
        reached[self.nodes - 1]
    }

    /// The cell with its operations on the edges; zeros are left out.
    pub(in crate::space) fn drawing(&self, decisions: &EdgeDecisions) -> Drawing {
        let node = |node| match node {
            0 => "input".to_owned(),
            node if node == self.nodes - 1 => "output".to_owned(),
            node => node.to_string(),
        };
        let mut drawing = Drawing::new("cell", (0..self.nodes).map(node).collect());
        for (edge, operation) in self.iter(decisions) {
            let ends = (edge.source, edge.target);
            drawing.operation(ends, &operation.name, operation.zero);
        }
        drawing
    }

    /// A way to wire this cell, as often as it is needed.
    pub(in crate::space) fn wirer<'c>(&'c self, decisions: &'c EdgeDecisions) -> CellWirer<'c> {
        CellWirer { cell: self, decisions, expressions: CellExpressions::new(self, decisions) }
    }
}

/// Wires one cell again and again.
pub(in crate::space) struct CellWirer<'c> {
    cell: &'c EdgeCellGraph,
    decisions: &'c EdgeDecisions,
    expressions: CellExpressions,
}

impl CellWirer<'_> {
    /// Wires the cell behind `input` and gives its output.
    pub(in crate::space) fn wire(
        &self,
        graph: &mut Graph,
        input: NodeId,
        prefix: &str,
        place: OperationContext,
    ) -> Result<NodeId, GraphError> {
        let Self { cell, decisions, expressions } = self;
        super::wiring::cell(cell, decisions, expressions, graph, input, prefix, place)
    }
}
