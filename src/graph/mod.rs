//! The network as data: nodes by index, with shapes checked as nodes are added.
//!
//! A [`Graph`] contains no weights (see [`crate::weights`]) and no batch size: every [`Shape`] is that
//! of one image, `[channels, height, width]`. What can be computed from a graph without running it is
//! here as well: costs in [`cost`], reachability and zero tensors in [`analysis`].

use std::sync::Arc;

mod activation;
pub mod analysis;
pub mod cost;
mod document;
pub mod extent;
mod function;
mod gates;
mod layers;
mod op;
mod op_shape;
mod rearrange;
mod representation;
mod resample;
mod shape;

pub use activation::{Activation, ActivationKind};
pub use document::{GraphDocument, NodeDocument};
pub use function::{ElementFunction, PairFunction};
pub use gates::gate_activations;
pub use layers::{Layer, layers};
pub use op::{
    BatchNorm, Conv, LayerNorm, Linear, Op, Padding, Pool, PoolKind, Resize, Statistics, Window,
};
pub use rearrange::{Axis, AxisDigit, MAX_DIGITS, Rearrange};
pub use representation::{adds_normalised_branches, block_outputs, last_representation};
pub use resample::{Resample, TableId, TapTable};
pub use shape::{Shape, ShapeError};

/// The index of a node of one [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The position of the node in [`Graph::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One operation, its inputs and the shape of its output.
#[derive(Clone, Debug)]
pub struct Node {
    /// What the node computes.
    pub op: Op,
    /// The nodes it reads, all of lower index.
    pub inputs: Vec<NodeId>,
    /// The shape of its output for one image.
    pub shape: Shape,
    /// A name that is stable for one architecture; weights are drawn by it.
    pub label: String,
}

/// Why a node could not be wired.
#[derive(Debug, thiserror::Error)]
#[error("{label} ({op}): {reason}")]
pub struct GraphError {
    /// The label of the node.
    pub label: String,
    /// The name of its operation.
    pub op: &'static str,
    /// What does not fit, with the shapes.
    pub reason: String,
}

/// A directed acyclic graph of operations in topological order.
///
/// ```
/// use untrained::Graph;
/// use untrained::graph::cost::Cost;
/// use untrained::graph::{Activation, Conv, Op, Shape};
///
/// let mut graph = Graph::new();
/// let input = graph.input(Shape::new(3, 32, 32));
/// let conv = graph.add("conv", Op::Conv(Conv::square(16, 3, 1)), &[input])?;
/// let relu = graph.add("relu", Op::Activation(Activation::RELU), &[conv])?;
/// assert_eq!(graph.shape(relu), Shape::new(16, 32, 32));
/// assert_eq!(Cost::of(&graph).macs, 3 * 3 * 3 * 16 * 32 * 32);
/// // An operation that does not fit its inputs is refused.
/// assert!(graph.add("sum", Op::Add, &[input, relu]).is_err());
/// # Ok::<(), untrained::graph::GraphError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    tables: Vec<Arc<TapTable>>,
    output: Option<NodeId>,
    body: Option<NodeId>,
    blocks: Vec<NodeId>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the network's input; a graph has one.
    pub fn input(&mut self, shape: Shape) -> NodeId {
        self.push(Node { op: Op::Input, inputs: Vec::new(), shape, label: "input".to_owned() })
    }

    /// Adds a node after checking that its inputs fit the operation.
    ///
    /// # Errors
    ///
    /// A [`GraphError`] that names the node and the shapes that do not fit.
    pub fn add(
        &mut self,
        label: impl Into<String>,
        op: Op,
        inputs: &[NodeId],
    ) -> Result<NodeId, GraphError> {
        let label = label.into();
        let shapes: Vec<Shape> = inputs.iter().map(|&id| self.shape(id)).collect();
        match op.output_shape(&shapes, &self.tables) {
            Ok(shape) => Ok(self.push(Node { op, inputs: inputs.to_vec(), shape, label })),
            Err(reason) => Err(GraphError { label, op: op.name(), reason }),
        }
    }

    /// Adds a table for [`Op::Resample`], or finds it among those that are there.
    pub fn add_table(&mut self, table: TapTable) -> TableId {
        let found = self.tables.iter().position(|other| **other == table);
        let index = found.unwrap_or_else(|| {
            self.tables.push(Arc::new(table));
            self.tables.len() - 1
        });
        TableId(index as u32)
    }

    /// The table that a node of the graph names.
    pub fn table(&self, id: TableId) -> &Arc<TapTable> {
        &self.tables[id.0 as usize]
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(self.nodes.len() as u32 - 1)
    }

    /// Marks the node whose value is the network's output.
    pub fn set_output(&mut self, id: NodeId) {
        self.output = Some(id);
    }

    /// Marks the input of the head: the output of the last cell, block or stage.
    pub fn set_body(&mut self, id: NodeId) {
        self.body = Some(id);
    }

    /// The node marked as the input of the head; `None` in models read from files.
    pub fn body(&self) -> Option<NodeId> {
        self.body
    }

    /// Marks a node whose value is the output of a cell or block, in the order of the network.
    pub fn end_block(&mut self, id: NodeId) {
        self.blocks.push(id);
    }

    /// The nodes that were marked as outputs of cells or blocks; none in models from files.
    pub fn blocks(&self) -> &[NodeId] {
        &self.blocks
    }

    /// The node whose value is the network's output; the last node unless set.
    pub fn output(&self) -> Option<NodeId> {
        self.output.or_else(|| self.nodes.len().checked_sub(1).map(|last| NodeId(last as u32)))
    }

    /// All nodes in topological order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// All nodes with their indices.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId(index as u32), node))
    }

    /// The nodes of that label, in topological order; exported models may use one twice.
    pub fn labelled<'a>(&'a self, label: &'a str) -> impl Iterator<Item = NodeId> + 'a {
        self.iter().filter(move |(_, node)| node.label == label).map(|(id, _)| id)
    }

    /// One node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The shape of one node's output.
    pub fn shape(&self, id: NodeId) -> Shape {
        self.nodes[id.index()].shape
    }

    /// The shape of the network's input, if it has one.
    pub fn input_shape(&self) -> Option<Shape> {
        self.nodes.iter().find(|node| matches!(node.op, Op::Input)).map(|node| node.shape)
    }

    /// Sets the function of an activation node and the number of calls it represents.
    pub fn set_activation(&mut self, id: NodeId, activation: Activation) {
        if let Op::Activation(current) = &mut self.nodes[id.index()].op {
            *current = activation;
        }
    }
}
