//! Adds one cell to a graph.

use super::matrix::MAX_VERTICES;
use super::{VertexCell, VertexNetwork};
use crate::graph::{Graph, GraphError, NodeId, Op};
use crate::space::layers::{OperationContext, emit};

/// Wires a cell behind `input` and gives its output.
///
/// Vertices are wired and labelled in their canonical order, but have the channels that the given
/// order says. As in the benchmark's code a vertex sums what its sources give, cut to its own
/// channels, and the projected input comes last; the output is what its sources give behind each
/// other, plus the projected input.
pub(super) fn cell(
    cell: &VertexCell,
    network: &VertexNetwork,
    graph: &mut Graph,
    input: NodeId,
    prefix: &str,
    place: OperationContext,
) -> Result<NodeId, GraphError> {
    let channels = network.channels(place.width);
    let values = [None; MAX_VERTICES];
    let mut wiring = VertexWiring { cell, network, graph, input, prefix, place, channels, values };
    for vertex in network.matrix.inner() {
        wiring.vertex(vertex)?;
    }
    wiring.output()
}

struct VertexWiring<'w> {
    cell: &'w VertexCell,
    network: &'w VertexNetwork,
    graph: &'w mut Graph,
    input: NodeId,
    prefix: &'w str,
    place: OperationContext,
    /// By vertex.
    channels: [usize; MAX_VERTICES],
    /// By vertex, what it gives, once wired.
    values: [Option<NodeId>; MAX_VERTICES],
}

impl VertexWiring<'_> {
    fn vertex(&mut self, vertex: usize) -> Result<(), GraphError> {
        let label = format!("{}.v{vertex}", self.prefix);
        let mut terms = Vec::new();
        for source in self.inner_sources(vertex) {
            terms.push(self.cut(source, vertex, &label)?);
        }
        if self.network.matrix.has(0, vertex) {
            terms.push(self.projection(vertex, &label)?);
        }
        let sum = self.joined(Op::Add, &terms, &label)?;
        let operation = &self.cell.operations[usize::from(self.network.operations[vertex - 1])];
        let place = OperationContext { width: self.channels[vertex], ..self.place };
        let label = format!("{label}({})", operation.name);
        self.values[vertex] = Some(operation.emit(self.graph, sum, &label, place)?);
        Ok(())
    }

    fn output(&mut self) -> Result<NodeId, GraphError> {
        let output = self.network.matrix.output();
        let label = format!("{}.output", self.prefix);
        let mut terms = Vec::new();
        let sources: Vec<NodeId> =
            self.inner_sources(output).iter().filter_map(|&source| self.values[source]).collect();
        if !sources.is_empty() {
            terms.push(self.joined(Op::Concat, &sources, &label)?);
        }
        if self.network.matrix.has(0, output) {
            terms.push(self.projection(output, &label)?);
        }
        self.joined(Op::Add, &terms, &label)
    }

    fn inner_sources(&self, vertex: usize) -> Vec<usize> {
        self.network.matrix.sources(vertex).filter(|&source| source > 0).collect()
    }

    /// What a vertex gives, cut to the channels of one that it feeds.
    fn cut(&mut self, source: usize, vertex: usize, label: &str) -> Result<NodeId, GraphError> {
        let value = self.values[source].unwrap_or(self.input);
        let len = self.channels[vertex];
        if self.graph.shape(value).channels == len {
            return Ok(value);
        }
        let op = Op::ChannelSlice { start: 0, len };
        self.graph.add(format!("{label}.from{source}.{}", op.name()), op, &[value])
    }

    fn projection(&mut self, vertex: usize, label: &str) -> Result<NodeId, GraphError> {
        let place = OperationContext { width: self.channels[vertex], ..self.place };
        let label = format!("{label}.projection");
        emit(self.graph, &self.cell.projection, self.input, &label, place)
    }

    /// The values joined by an operation; a single one as it is.
    fn joined(&mut self, op: Op, values: &[NodeId], label: &str) -> Result<NodeId, GraphError> {
        match values {
            [value] => Ok(*value),
            values => self.graph.add(format!("{label}.{}", op.name()), op, values),
        }
    }
}
