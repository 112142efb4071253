//! What operators ask a [`Reader`] about a node's inputs and readers.

use std::rc::Rc;

use super::constant::Constant;
use super::error::Problem;
use super::node::Node;
use super::reader::{Reader, Tensor, Value, is_standard};
use crate::graph::{NodeId, Shape};

impl Reader<'_> {
    fn value(&self, node: Node<'_>, position: usize) -> Option<&Value> {
        let name = node.proto.input.get(position).filter(|name| !name.is_empty())?;
        self.values.get(name.as_str())
    }

    /// An input that is computed from the images; wires it if it is pending.
    pub fn tensor(&mut self, node: Node<'_>, position: usize) -> Result<Tensor, Problem> {
        match self.value(node, position) {
            Some(Value::Tensor(tensor)) => Ok(*tensor),
            Some(Value::Pending(pending)) => {
                let pending = pending.clone();
                self.settle(&pending)
            }
            Some(Value::Constant(_)) => {
                Err(node.fail(format!("input {position} is a constant, which is not supported")))
            }
            None => Err(node.fail(format!("input {position} is missing"))),
        }
    }

    /// All inputs, computed from the images and of one rank.
    pub fn tensors(&mut self, node: Node<'_>) -> Result<(Vec<NodeId>, usize), Problem> {
        let count = node.proto.input.len();
        let tensors: Result<Vec<Tensor>, Problem> =
            (0..count).map(|position| self.tensor(node, position)).collect();
        let tensors = tensors?;
        let rank = tensors.first().map_or(4, |tensor| tensor.rank);
        if tensors.iter().any(|tensor| tensor.rank != rank) {
            return Err(node.fail("mixes images and vectors"));
        }
        Ok((tensors.iter().map(|tensor| tensor.node).collect(), rank))
    }

    /// An input `[n, c, h, w]` that is computed from the images.
    pub fn images(&mut self, node: Node<'_>) -> Result<(NodeId, Shape), Problem> {
        let tensor = self.tensor(node, 0)?;
        if tensor.rank != 4 {
            return Err(node.fail("takes images [n, c, h, w], was given vectors [n, c]"));
        }
        Ok((tensor.node, self.graph.shape(tensor.node)))
    }

    /// A constant input, if it is there.
    pub fn optional_constant(
        &self,
        node: Node<'_>,
        position: usize,
    ) -> Result<Option<Rc<Constant>>, Problem> {
        match self.value(node, position) {
            Some(Value::Constant(constant)) => Ok(Some(Rc::clone(constant))),
            Some(Value::Tensor(_) | Value::Pending(_)) => Err(node
                .fail(format!("input {position} depends on the images; supported are constants"))),
            None => Ok(None),
        }
    }

    /// Whether an input is a constant.
    pub fn is_constant(&self, node: Node<'_>, position: usize) -> bool {
        matches!(self.value(node, position), Some(Value::Constant(_)))
    }

    /// A constant input.
    pub fn constant(&self, node: Node<'_>, position: usize) -> Result<Rc<Constant>, Problem> {
        let missing = || node.fail(format!("input {position} is missing"));
        self.optional_constant(node, position)?.ok_or_else(missing)
    }

    /// The first tensor among a node's inputs.
    pub fn any_tensor(&mut self, node: Node<'_>) -> Result<Tensor, Problem> {
        let is_tensor = |&position: &usize| {
            matches!(self.value(node, position), Some(Value::Tensor(_) | Value::Pending(_)))
        };
        let position = (0..node.proto.input.len()).find(is_tensor);
        self.tensor(node, position.ok_or_else(|| node.fail("has no input"))?)
    }

    /// The bias that the node's only reader adds to its output, if that is all the reader does.
    /// The reader is then done: it passes its input on.
    pub fn absorb_bias(&mut self, node: Node<'_>, shape: &[usize]) -> Option<Vec<f32>> {
        let output = node.proto.output.first()?.as_str();
        let [reader] = *self.wiring.readers(output) else { return None };
        let add = &self.nodes[reader];
        if output == self.output || add.op_type != "Add" || !is_standard(&add.domain) {
            return None;
        }
        let [a, b] = add.input.as_slice() else { return None };
        let other = if a == output { b } else { a };
        let Some(Value::Constant(constant)) = self.values.get(other.as_str()) else { return None };
        let leading = constant.dims.len().checked_sub(shape.len())?;
        let (ones, rest) = constant.dims.split_at(leading);
        let fits = leading <= 1 && ones.iter().all(|&extent| extent == 1) && rest == shape;
        let bias = fits.then(|| constant.floats().ok().map(<[f32]>::to_vec)).flatten()?;
        self.absorbed.insert(reader);
        Some(bias)
    }

    /// Whether an addition was done as the bias of the layer before it.
    pub fn is_absorbed(&self, node: Node<'_>) -> bool {
        self.absorbed.contains(&node.index)
    }
}
