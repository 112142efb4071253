//! The numbers of channels of the vertices of a cell: `compute_vertex_channels` in the benchmark's
//! code.

use super::canonical::VertexLabels;
use super::matrix::{AdjacencyMatrix, MAX_VERTICES};

/// The most vertices that can feed the output of a cell of so many vertices and edges: each needs
/// an edge to the output and one from elsewhere.
pub(super) fn most_feeders(max_vertices: usize, max_edges: usize) -> usize {
    (max_vertices - 2).min(max_edges / 2)
}

/// Channels of every vertex of a graph without dead vertices, the input's left at 0.
///
/// The output has `width`. Its channels are divided over the vertices that feed it, the input not
/// counted, and the remainder goes to the first of them; every other vertex has the most channels
/// of those it feeds.
pub(super) fn of(matrix: AdjacencyMatrix, width: usize) -> [usize; MAX_VERTICES] {
    let mut channels = [0; MAX_VERTICES];
    let output = matrix.output();
    channels[output] = width;
    let feeders = || matrix.sources(output).filter(|&vertex| vertex > 0);
    let count = feeders().count().max(1);
    for (rank, vertex) in feeders().enumerate() {
        channels[vertex] = width / count + usize::from(rank < width % count);
    }
    for vertex in matrix.inner().rev().filter(|&vertex| !matrix.has(vertex, output)) {
        let fed = matrix.inner().filter(|&to| matrix.has(vertex, to));
        channels[vertex] = fed.map(|to| channels[to]).max().unwrap_or(0);
    }
    channels
}

/// By inner vertex, the stages, as bits, in which it has one channel more than others that feed the
/// output.
pub(super) fn wider(
    matrix: AdjacencyMatrix,
    widths: impl Iterator<Item = usize>,
) -> VertexLabels<u64> {
    let mut wider = VertexLabels::default();
    let output = matrix.output();
    let feeders: Vec<usize> = matrix.sources(output).filter(|&vertex| vertex > 0).collect();
    for (stage, width) in widths.enumerate() {
        let rest = width.checked_rem(feeders.len()).unwrap_or(0);
        feeders.iter().take(rest).for_each(|vertex| wider[vertex - 1] |= 1 << stage);
    }
    wider
}

/// Every number of channels that a vertex of a cell can have where the output has `width`.
pub(super) fn possible(width: usize, most_feeders: usize) -> Vec<usize> {
    let mut possible: Vec<usize> = (1..=most_feeders.max(1))
        .flat_map(|feeders| [width / feeders, width.div_ceil(feeders)])
        .collect();
    possible.sort_unstable();
    possible.dedup();
    possible
}

#[cfg(test)]
mod tests {
    use super::super::matrix::from_rows;
    use super::*;

    fn of(rows: &str, width: usize) -> Vec<usize> {
        let matrix = from_rows(rows);
        super::of(matrix, width)[1..matrix.vertices()].to_vec()
    }

    /// Golden values of the benchmark's own tests (`nasbench/tests/model_builder_test.py`).
    #[test]
    fn channels_are_those_of_the_benchmark() {
        assert_eq!(of("100-10-1", 16), [16, 16, 16]);
        assert_eq!(of("1", 5), [5]);
        assert_eq!(of("1100-010-10-1", 8), [8, 8, 8, 8]);
        let (two, three) = ("110-01-1", "1110-001-01-1");
        assert_eq!(of(two, 8), [4, 4, 8]);
        assert_eq!(of(two, 15), [8, 7, 15]);
        assert_eq!(of(three, 8), [3, 3, 2, 8]);
        assert_eq!(of(three, 15), [5, 5, 5, 15]);
        let (fork, ladder) = ("1000-110-01-1", "1010-101-10-1");
        assert_eq!(of(fork, 8), [4, 4, 4, 8]);
        assert_eq!(of(fork, 9), [5, 5, 4, 9]);
        assert_eq!(of(ladder, 8), [4, 4, 4, 8]);
        assert_eq!(of(ladder, 15), [8, 7, 7, 15]);
    }

    /// Every graph: no vertex has more channels than it is given or a number that is not foreseen,
    /// and marks tell the feeders of more channels.
    #[test]
    fn channels_shrink_along_edges_and_are_foreseen() {
        let mut graphs = 0;
        for matrix in (2..=MAX_VERTICES).flat_map(|vertices| AdjacencyMatrix::all_full(vertices, 9))
        {
            for width in [16, 32, 64] {
                let channels = super::of(matrix, width);
                let possible = possible(width, most_feeders(MAX_VERTICES, 9));
                assert!(matrix.inner().all(|vertex| possible.contains(&channels[vertex])));
                let mut edges = matrix.edges().filter(|&(from, _)| from > 0);
                let shrink = |(from, to)| to == matrix.output() || channels[from] >= channels[to];
                assert!(edges.all(shrink), "{matrix:?} {channels:?}");
                let wider = wider(matrix, std::iter::once(width));
                let feeders = matrix.inner().filter(|&vertex| matrix.has(vertex, matrix.output()));
                let least = feeders.clone().map(|vertex| channels[vertex]).min().unwrap_or(0);
                for vertex in feeders {
                    assert_eq!(channels[vertex] - least, wider[vertex - 1] as usize);
                }
            }
            graphs += 1;
        }
        assert!(graphs > 6_000, "{graphs} graphs");
    }
}
