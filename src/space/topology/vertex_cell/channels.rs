//! How many channels the vertices of a cell have: `compute_vertex_channels` of the benchmark's code.

use super::canonical::Labels;
use super::matrix::{MAX_VERTICES, Matrix};

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
pub(super) fn of(matrix: Matrix, width: usize) -> [usize; MAX_VERTICES] {
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
pub(super) fn wider(matrix: Matrix, widths: impl Iterator<Item = usize>) -> Labels<u64> {
    let mut wider = Labels::default();
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
