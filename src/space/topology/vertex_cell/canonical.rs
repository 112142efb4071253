//! One canonical order for all graphs that differ only in the order of their vertices.
//!
//! The valid orders of a graph are those in which edges lead to later vertices. The canonical one has
//! the first upper triangle as text; among those, the first list of operations; among those, the first
//! list of marks.

use super::matrix::{AdjacencyMatrix, MAX_INNER, VertexOrder};

/// What stands in the vertices between input and output, by position from 0.
pub(super) type VertexLabels<T> = [T; MAX_INNER];

/// What the canonical order is the first by.
type CanonicalKey = (AdjacencyMatrix, VertexLabels<u8>, VertexLabels<u64>);

/// The canonical order of a graph's vertices. Marks tell apart what operations do not.
pub(super) fn order(
    matrix: AdjacencyMatrix,
    operations: &[u8],
    marks: &VertexLabels<u64>,
) -> VertexOrder {
    let mut best: Option<(CanonicalKey, VertexOrder)> = None;
    matrix.for_each_order(&mut |order| {
        let reordered = matrix.reordered(order);
        // The upper triangle decides for nearly all orders.
        if best.as_ref().is_some_and(|((least, ..), _)| *least < reordered) {
            return true;
        }
        let (mut own, mut others) = (VertexLabels::default(), VertexLabels::default());
        for vertex in matrix.inner() {
            own[vertex - 1] = operations[order[vertex] - 1];
            others[vertex - 1] = marks[order[vertex] - 1];
        }
        let key = (reordered, own, others);
        if best.as_ref().is_none_or(|(least, _)| key < *least) {
            best = Some((key, *order));
        }
        true
    });
    best.map_or_else(VertexOrder::default, |(_, order)| order)
}

/// The orders that leave a graph as it is, the given one included; `None` if another order gives an
/// earlier upper triangle, so that this graph is not the canonical one of its kind.
pub(super) fn automorphisms(matrix: AdjacencyMatrix) -> Option<Vec<VertexOrder>> {
    let mut automorphisms = Vec::new();
    let mut first = true;
    matrix.for_each_order(&mut |order| {
        let reordered = matrix.reordered(order);
        if reordered == matrix {
            automorphisms.push(*order);
        }
        first = reordered >= matrix;
        first
    });
    first.then_some(automorphisms)
}

/// The number of different graphs of 2 to `max_vertices` vertices, each on a path from input to
/// output, with at most `max_edges` edges and one of `operations` operations in every inner vertex.
///
/// Burnside's lemma: a graph without operations has as many different labellings as its
/// automorphisms leave labellings unchanged, on average.
pub(super) fn count(max_vertices: usize, max_edges: usize, operations: usize) -> u128 {
    let operations = operations as u128;
    let labellings = |matrix: AdjacencyMatrix| {
        let automorphisms = automorphisms(matrix)?;
        let unchanged = |order: &VertexOrder| operations.pow(cycles(matrix, order));
        Some(automorphisms.iter().map(unchanged).sum::<u128>() / automorphisms.len() as u128)
    };
    (2..=max_vertices)
        .flat_map(|vertices| AdjacencyMatrix::all_full(vertices, max_edges))
        .filter_map(labellings)
        .sum()
}

/// The cycles of a permutation of the inner vertices.
fn cycles(matrix: AdjacencyMatrix, order: &VertexOrder) -> u32 {
    let mut seen = [false; MAX_INNER + 2];
    let mut cycles = 0;
    for start in matrix.inner() {
        let mut vertex = start;
        cycles += u32::from(!seen[start]);
        while !seen[vertex] {
            seen[vertex] = true;
            vertex = order[vertex];
        }
    }
    cycles
}

/// Every different graph once, in its canonical order, with its operations: by number of vertices,
/// then by upper triangle as text, then by operations, those of the last vertex changing fastest.
pub(super) fn all(
    max_vertices: usize,
    max_edges: usize,
    operations: usize,
) -> impl Iterator<Item = (AdjacencyMatrix, Vec<u8>)> {
    (2..=max_vertices).flat_map(move |vertices| {
        let graphs = AdjacencyMatrix::all_full(vertices, max_edges);
        let graphs = graphs
            .filter_map(|matrix| automorphisms(matrix).map(|symmetries| (matrix, symmetries)));
        graphs.flat_map(move |(matrix, symmetries)| {
            let lists = lists(vertices - 2, operations);
            lists.filter(move |list| is_first(list, &symmetries)).map(move |list| (matrix, list))
        })
    })
}

/// All lists of operations, the last one changing fastest.
fn lists(length: usize, operations: usize) -> impl Iterator<Item = Vec<u8>> {
    let count = (operations as u64).pow(length as u32);
    (0..count).map(move |mut rank| {
        let mut list = vec![0; length];
        for operation in list.iter_mut().rev() {
            *operation = (rank % operations as u64) as u8;
            rank /= operations as u64;
        }
        list
    })
}

/// Whether no symmetry of the graph gives an earlier list of operations.
fn is_first(list: &[u8], symmetries: &[VertexOrder]) -> bool {
    symmetries.iter().all(|order| {
        let permuted = (0..list.len()).map(|position| list[order[position + 1] - 1]);
        list.iter().copied().le(permuted)
    })
}

#[cfg(test)]
mod tests {
    use super::super::matrix::from_rows;
    use super::*;

    /// The square: input to two vertices, both to the output. Their exchange is its one symmetry.
    #[test]
    fn symmetries_are_found_and_merge_labellings() {
        let square = from_rows("110-01-1");
        assert_eq!(automorphisms(square).map(|orders| orders.len()), Some(2));
        let of_square = all(4, 4, 3).filter(|(matrix, _)| *matrix == square);
        assert_eq!(of_square.count(), 6, "multisets of two out of three operations");
    }

    #[test]
    fn one_order_of_each_graph_is_canonical() {
        // Vertex 1 feeds the output, vertex 2 feeds vertex 3: three orders of one graph.
        let graph = from_rows("1100-001-10-1");
        let mut kinds = Vec::new();
        graph.for_each_order(&mut |order| {
            kinds.push(graph.reordered(order));
            true
        });
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), 3);
        let canonical = kinds.iter().filter(|matrix| automorphisms(**matrix).is_some());
        assert_eq!(canonical.count(), 1);
    }
}
