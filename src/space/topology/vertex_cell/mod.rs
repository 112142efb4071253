//! Cells with an operation in every vertex of a graph: NAS-Bench-101.
//!
//! Vertex 0 is the cell's input and the last vertex its output; edges lead to later vertices. All cells
//! of a network are equal. An architecture stores its decisions as they were drawn, for all vertices
//! that the space allows, so that a mutation changes exactly one decision. Parts that lie on no path
//! from input to output are removed before anything is built, hashed or compared. In a cell of fewer
//! vertices, the missing vertices before the output have no edges and the first operation. As in the
//! benchmark, the limit on the number of edges applies to what remains.
//!
//! Graphs that differ only in the order of their vertices are one architecture ([`canonical`]). They
//! are the same network with one exception: if the channels of the output do not divide evenly, the
//! first vertices in the given order get the remainder ([`channels`]).

mod architecture;
mod canonical;
mod channels;
mod hash;
mod matrix;
mod notation;
mod wiring;

use std::sync::OnceLock;

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Decision, Topology, TopologyContext};
use crate::graph::{Graph, GraphError, Shape};
use crate::space::drawing::Drawing;
use crate::space::error::ArchitectureError;
use crate::space::layers::{self, LayerFile, OperationContext, OperationLayer, emit};
use crate::space::operations::Operation;
use crate::space::problem::ProblemList;
use crate::space::skeleton::{CellSkeleton, SkeletonFile};
pub use architecture::VertexDecisions;
use architecture::resized;
use canonical::VertexLabels;
use matrix::{AdjacencyMatrix, MAX_EDGES, MAX_VERTICES, VertexOrder};

/// The most operations to choose from.
const MAX_OPERATIONS: usize = 64;

/// What is built of an architecture: its vertices that lie on a path from input to output, in their
/// canonical order.
struct VertexNetwork {
    matrix: AdjacencyMatrix,
    operations: Vec<u8>,
    /// The vertices in the given order.
    given: AdjacencyMatrix,
    /// By position in the canonical order, that in the given one.
    order: VertexOrder,
}

impl VertexNetwork {
    fn new(given: AdjacencyMatrix, operations: &[u8], marks: &VertexLabels<u64>) -> Self {
        let order = canonical::order(given, operations, marks);
        let matrix = given.reordered(&order);
        let operations = matrix.inner().map(|vertex| operations[order[vertex] - 1]).collect();
        Self { matrix, operations, given, order }
    }

    /// Channels of every vertex where the cell's output has `width`.
    fn channels(&self, width: usize) -> [usize; MAX_VERTICES] {
        let channels = channels::of(self.given, width);
        self.order.map(|vertex| channels[vertex])
    }
}

/// An operation in every vertex of a graph.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::space) struct VertexCellFile {
    #[serde(rename = "kind")]
    _kind: VertexCellKind,
    /// The largest number of vertices of a cell, including its input and output.
    #[schemars(range(min = 2, max = MAX_VERTICES))]
    max_vertices: usize,
    /// The largest number of edges, not counting vertices on no path from input to output.
    #[schemars(range(min = 1, max = MAX_EDGES))]
    max_edges: usize,
    /// The operations to choose from; the benchmark's hash numbers them in this order.
    #[schemars(length(min = 1, max = MAX_OPERATIONS))]
    operations: Vec<String>,
    /// The layers on every edge that leaves the cell's input.
    projection: Vec<LayerFile>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Kind")]
enum VertexCellKind {
    #[serde(rename = "vertex-cell")]
    VertexCell,
}

/// A space of such cells.
#[derive(Debug)]
pub(in crate::space) struct VertexCell {
    max_vertices: usize,
    max_edges: usize,
    operations: Vec<Operation>,
    projection: Vec<OperationLayer>,
    skeleton: CellSkeleton,
    count: OnceLock<u128>,
}

impl VertexCell {
    fn name(&self, operation: u8) -> &str {
        &self.operations[usize::from(operation)].name
    }

    /// The cell of all vertices for one of fewer.
    fn full(&self, matrix: AdjacencyMatrix, operations: &[u8]) -> VertexDecisions {
        let mut operations = operations.to_vec();
        operations.resize(self.max_vertices - 2, 0);
        VertexDecisions { matrix: resized(matrix, self.max_vertices), operations }
    }

    /// Whether a graph is a cell of this space, or why it is not.
    fn check(&self, matrix: AdjacencyMatrix) -> Result<(), String> {
        let Some((pruned, _)) = matrix.pruned() else {
            return Err("no path leads from the input to the output".to_owned());
        };
        let (edges, most) = (pruned.edge_count(), self.max_edges);
        if edges > most {
            return Err(format!(
                "has {edges} edges on paths from the input to the output; this space has at most \
                 {most}"
            ));
        }
        Ok(())
    }

    fn valid(&self, matrix: AdjacencyMatrix) -> bool {
        matrix.pruned().is_some_and(|(pruned, _)| pruned.edge_count() <= self.max_edges)
    }

    /// Vertices on no path left out.
    fn pruned(&self, decisions: &VertexDecisions) -> (AdjacencyMatrix, Vec<u8>) {
        // Architectures of this space have a path.
        let (matrix, order) =
            decisions.matrix.pruned().unwrap_or((AdjacencyMatrix::empty(2), [0; 7]));
        let operations = matrix.inner().map(|vertex| decisions.operations[order[vertex] - 1]);
        (matrix, operations.collect())
    }

    /// The network with its vertices in an order that is the same for equal networks, and by vertex
    /// the stages in which it gets one of the channels that are left over.
    fn network(&self, decisions: &VertexDecisions) -> (VertexNetwork, Vec<u64>) {
        let (given, operations) = self.pruned(decisions);
        let wider = channels::wider(given, self.skeleton.widths());
        let network = VertexNetwork::new(given, &operations, &wider);
        let wider = given.inner().map(|vertex| wider[network.order[vertex] - 1]).collect();
        (network, wider)
    }

    fn edited(&self, decisions: &VertexDecisions) -> Vec<VertexDecisions> {
        let matrix = decisions.matrix;
        let flipped = matrix.places().map(|(from, to)| matrix.flipped(from, to));
        let edges = flipped
            .filter(|&matrix| self.valid(matrix))
            .map(|matrix| VertexDecisions { matrix, operations: decisions.operations.clone() });
        let operations = (0..decisions.operations.len()).flat_map(|vertex| {
            let others = 0..self.operations.len() as u8;
            others.filter(move |&other| other != decisions.operations[vertex]).map(move |other| {
                let mut edited = decisions.clone();
                edited.operations[vertex] = other;
                edited
            })
        });
        edges.chain(operations).collect()
    }
}

impl Topology for VertexCell {
    type Decisions = VertexDecisions;
    type TopologyTable = VertexCellFile;
    type SkeletonTable = SkeletonFile;

    const KIND: &'static str = "vertex-cell";

    fn new(
        file: VertexCellFile,
        skeleton: SkeletonFile,
        context: &TopologyContext<'_>,
        problems: &mut ProblemList,
    ) -> Option<Self> {
        let VertexCellFile { max_vertices, max_edges, .. } = file;
        let path = "topology.operations";
        let operations = context.operations.chosen(&file.operations, path, problems);
        let projection = layers::read(&file.projection, &[], "topology.projection", problems);
        let skeleton = CellSkeleton::new(skeleton, context, problems);
        let (operations, projection, skeleton) = (operations?, projection?, skeleton?);
        let count = OnceLock::new();
        Some(Self { max_vertices, max_edges, operations, projection, skeleton, count })
    }

    fn check_shapes(&self, problems: &mut ProblemList) {
        let most_feeders = channels::most_feeders(self.max_vertices, self.max_edges);
        for (input, place) in self.skeleton.places(problems) {
            if place.width < most_feeders {
                let message = format!(
                    "is too small: {} channels cannot be divided over the {most_feeders} vertices \
                     that can feed the output of a cell",
                    place.width
                );
                problems.add("skeleton.channels", message);
                continue;
            }
            for channels in channels::possible(place.width, most_feeders) {
                let place = OperationContext { width: channels, ..place };
                // The first cell of a stage reads the reduction, the others read cells.
                for given in [input.channels, place.width] {
                    let input = Shape { channels: given, ..input };
                    problems.check_wired("topology.projection", input, place, "", |graph, node| {
                        emit(graph, &self.projection, node, "", place)
                    });
                }
                if self.max_vertices > 2 {
                    let input = Shape { channels, ..input };
                    self.operations
                        .iter()
                        .for_each(|operation| problems.check_operation(operation, input, place));
                }
            }
        }
    }

    fn operation_names(&self) -> Vec<&str> {
        self.operations.iter().map(|operation| operation.name.as_str()).collect()
    }

    fn count(&self) -> u128 {
        let operations = self.operations.len();
        *self.count.get_or_init(|| canonical::count(self.max_vertices, self.max_edges, operations))
    }

    /// `random_spec` of the benchmark's code: every edge and every operation of the cell of all
    /// vertices uniformly, again until the cell is valid.
    fn sample(&self, rng: &mut dyn Rng) -> VertexDecisions {
        let matrix = loop {
            let matrix = AdjacencyMatrix::new(self.max_vertices, rng.next_u32());
            if self.valid(matrix) {
                break matrix;
            }
        };
        let count = self.operations.len() as u32;
        let operations = matrix.inner().map(|_| rng.random_range(0..count) as u8).collect();
        VertexDecisions { matrix, operations }
    }

    fn enumerate(&self) -> Box<dyn Iterator<Item = VertexDecisions> + '_> {
        let all = canonical::all(self.max_vertices, self.max_edges, self.operations.len());
        Box::new(all.map(|(matrix, operations)| self.full(matrix, &operations)))
    }

    fn parse(&self, text: &str) -> Result<VertexDecisions, ArchitectureError> {
        notation::parse(self, text)
    }

    fn format(&self, decisions: &VertexDecisions) -> String {
        notation::format(self, decisions)
    }

    /// Graphs that differ in the order of their vertices, or in dead ones, are one.
    fn identity(&self, decisions: &VertexDecisions) -> String {
        self.function_key(decisions)
    }

    fn neighbours(&self, decisions: &VertexDecisions) -> Vec<VertexDecisions> {
        self.edited(decisions)
    }

    fn mutate(&self, decisions: &VertexDecisions, rng: &mut dyn Rng) -> VertexDecisions {
        let mut edited = self.edited(decisions);
        if edited.is_empty() {
            return decisions.clone();
        }
        edited.swap_remove(rng.random_range(0..edited.len() as u32) as usize)
    }

    fn reduced(&self, decisions: &VertexDecisions) -> VertexDecisions {
        let (matrix, operations) = self.pruned(decisions);
        let network = VertexNetwork::new(matrix, &operations, &VertexLabels::default());
        self.full(network.matrix, &network.operations)
    }

    fn is_connected(&self, decisions: &VertexDecisions) -> bool {
        let (matrix, operations) = self.pruned(decisions);
        let mut reached = [false; MAX_VERTICES];
        reached[0] = true;
        for (from, to) in matrix.edges() {
            let passes = from == 0 || !self.operations[usize::from(operations[from - 1])].zero;
            reached[to] |= reached[from] && passes;
        }
        reached[matrix.output()]
    }

    fn benchmark_key(&self, decisions: &VertexDecisions) -> String {
        let (matrix, operations) = self.pruned(decisions);
        hash::hash(matrix, &operations)
    }

    /// The canonical text, and by vertex the stages in which it gets one of the channels that are
    /// left over, where any are.
    fn live_key(&self, decisions: &VertexDecisions) -> String {
        let (network, wider) = self.network(decisions);
        let text = self.format(&self.full(network.matrix, &network.operations));
        if wider.iter().all(|&stages| stages == 0) {
            return text;
        }
        let wider: Vec<String> = wider.iter().map(u64::to_string).collect();
        format!("{text};{}", wider.join(","))
    }

    /// Nothing is dead in what is built.
    fn code_key(&self, decisions: &VertexDecisions) -> String {
        self.live_key(decisions)
    }

    fn decisions(&self, decisions: &VertexDecisions) -> Vec<Decision> {
        let matrix = decisions.matrix;
        let edges = matrix.places().map(|(from, to)| Decision {
            name: format!("edge {from}-{to}"),
            value: u8::from(matrix.has(from, to)).to_string(),
        });
        let operations = decisions.operations.iter().enumerate().map(|(vertex, &operation)| {
            let name = format!("vertex {}", vertex + 1);
            Decision { name, value: self.name(operation).to_owned() }
        });
        edges.chain(operations).collect()
    }

    fn drawings(&self, decisions: &VertexDecisions) -> Vec<Drawing> {
        let (matrix, operations) = self.pruned(decisions);
        let mut nodes = vec!["input".to_owned()];
        nodes.extend(operations.iter().map(|&operation| self.name(operation).to_owned()));
        nodes.push("output".to_owned());
        let mut drawing = Drawing::new("cell", nodes);
        matrix.edges().for_each(|(from, to)| drawing.edge(from, to, ""));
        vec![drawing]
    }

    fn build(&self, decisions: &VertexDecisions) -> Result<Graph, GraphError> {
        let (network, _) = self.network(decisions);
        self.skeleton.assemble(&|graph, input, prefix, place| {
            wiring::cell(self, &network, graph, input, prefix, place)
        })
    }
}
