//! The decisions of one architecture.

use super::matrix::AdjacencyMatrix;

/// The edges between the vertices of a cell and the operations of those between input and output.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VertexDecisions {
    pub(super) matrix: AdjacencyMatrix,
    pub(super) operations: Vec<u8>,
}

impl VertexDecisions {
    /// The smallest cell that stands for this one.
    pub(super) fn shortest(&self) -> (AdjacencyMatrix, &[u8]) {
        let mut inner = self.operations.len();
        let edges = |vertex| self.matrix.edges().any(|(from, to)| from == vertex || to == vertex);
        while inner > 0 && self.operations[inner - 1] == 0 && !edges(inner) {
            inner -= 1;
        }
        (resized(self.matrix, inner + 2), &self.operations[..inner])
    }
}

/// A graph with other vertices before the output, none of which has an edge.
pub(super) fn resized(matrix: AdjacencyMatrix, vertices: usize) -> AdjacencyMatrix {
    let position = |vertex| if vertex == matrix.output() { vertices - 1 } else { vertex };
    matrix.edges().fold(AdjacencyMatrix::empty(vertices), |resized, (from, to)| {
        resized.flipped(position(from), position(to))
    })
}
