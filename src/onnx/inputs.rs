//! How operators query a [`ModelReader`] about the inputs and readers of a node.

use std::rc::Rc;

use super::constant::{ConstantTensor, SymbolicInt};
use super::error::OnnxProblem;
use super::node::OnnxNode;
use super::reader::{ModelReader, OnnxTensor, OnnxValue, is_standard};
use super::view::TensorView;
use crate::graph::{NodeId, Shape};

impl ModelReader<'_> {
    fn value(&self, node: OnnxNode<'_>, position: usize) -> Option<&OnnxValue> {
        let name = node.proto.input.get(position).filter(|name| !name.is_empty())?;
        self.values.get(name.as_str())
    }

    /// An input as a tensor; wires it if it is pending. A constant becomes a parameter.
    pub fn tensor(
        &mut self,
        node: OnnxNode<'_>,
        position: usize,
    ) -> Result<OnnxTensor, OnnxProblem> {
        match self.value(node, position) {
            Some(OnnxValue::Tensor(tensor)) => Ok(tensor.clone()),
            Some(OnnxValue::Pending(pending)) => {
                let pending = pending.clone();
                self.settle(&pending)
            }
            Some(OnnxValue::Constant(constant)) => {
                let constant = self.of_any_image(constant);
                self.parameter(node, position, &constant, None)
            }
            None => Err(node.fail(format!("input {position} is missing"))),
        }
    }

    /// A constant that a model with a fixed batch size holds for every image, if those are equal, as one that
    /// is repeated; others as they are.
    fn of_any_image(&self, constant: &Rc<ConstantTensor>) -> Rc<ConstantTensor> {
        let SymbolicInt::Known(images) = self.batch else { return Rc::clone(constant) };
        let count = constant.dims.first().copied().unwrap_or(0);
        let Ok(values) = constant.floats() else { return Rc::clone(constant) };
        if images < 2 || usize::try_from(images) != Ok(count) || constant.dims.len() < 2 {
            return Rc::clone(constant);
        }
        let size = values.len() / count;
        if size == 0 || values.chunks(size).any(|one| one != &values[..size]) {
            return Rc::clone(constant);
        }
        let mut dims = constant.dims.clone();
        dims[0] = 1;
        let one = ConstantTensor::reals(dims, values[..size].to_vec());
        Rc::new(one.with_images(Some(0)))
    }

    /// Whether an input is a constant.
    pub fn is_constant(&self, node: OnnxNode<'_>, position: usize) -> bool {
        matches!(self.value(node, position), Some(OnnxValue::Constant(_)))
    }

    /// An input as a tensor: a constant becomes a parameter, with its values where `like` has them.
    pub fn operand(
        &mut self,
        node: OnnxNode<'_>,
        position: usize,
        like: Option<&TensorView>,
    ) -> Result<OnnxTensor, OnnxProblem> {
        if !self.is_constant(node, position) {
            return self.tensor(node, position);
        }
        let constant = self.any_constant(node, position)?;
        self.parameter(node, position, &constant, like)
    }

    /// All inputs as tensors.
    pub fn all_operands(&mut self, node: OnnxNode<'_>) -> Result<Vec<OnnxTensor>, OnnxProblem> {
        let like = self.any_tensor(node)?.view;
        (0..node.proto.input.len())
            .map(|position| self.operand(node, position, Some(&like)))
            .collect()
    }

    /// An input `[n, c, h, w]` that is computed from the images.
    pub fn images(&mut self, node: OnnxNode<'_>) -> Result<(NodeId, Shape), OnnxProblem> {
        let tensor = self.tensor(node, 0)?;
        if tensor.rank() != 4 || tensor.view.images_axis().is_some_and(|axis| axis > 0) {
            return Err(node.fail(format!(
                "takes images [n, c, h, w], but was given {}",
                tensor.view.describe(self.batch)
            )));
        }
        if tensor.view.extent(0) > 1 {
            return Err(node.fail(format!(
                "takes images [n, c, h, w], but axis 0 of {} has {} parts of every image, such as \
                 windows or patches; supported: one",
                tensor.view.describe(self.batch),
                tensor.view.extent(0)
            )));
        }
        let laid = self.lay_out(node, &tensor, &[vec![1], vec![2], vec![3]])?;
        Ok((laid.node, self.graph.shape(laid.node)))
    }

    /// The value of a graph node as `[n, c, h, w]`.
    pub fn image(&self, node: NodeId) -> OnnxValue {
        let view = TensorView::images(self.graph.shape(node), self.batch != SymbolicInt::Known(1));
        OnnxValue::Tensor(OnnxTensor { node, view })
    }

    /// The value of a graph node as `[n, c, h, w]`, with the first axis of another tensor.
    pub fn image_like(&self, tensor: &OnnxTensor, node: NodeId) -> OnnxTensor {
        let mut view = TensorView::images(self.graph.shape(node), false);
        view.axes[0].clone_from(&tensor.view.axes[0]);
        OnnxTensor { node, view }
    }

    /// A constant input, which may have values for every image.
    pub fn any_constant(
        &self,
        node: OnnxNode<'_>,
        position: usize,
    ) -> Result<Rc<ConstantTensor>, OnnxProblem> {
        match self.value(node, position) {
            Some(OnnxValue::Constant(constant)) => Ok(Rc::clone(constant)),
            Some(OnnxValue::Tensor(_) | OnnxValue::Pending(_)) => {
                Err(node
                    .fail(format!("input {position} depends on the images; supported: constants")))
            }
            None => Err(node.fail(format!("input {position} is missing"))),
        }
    }

    /// A constant input, if it is there; the same for every image.
    pub fn optional_constant(
        &self,
        node: OnnxNode<'_>,
        position: usize,
    ) -> Result<Option<Rc<ConstantTensor>>, OnnxProblem> {
        match self.value(node, position) {
            Some(OnnxValue::Constant(constant)) if constant.images.is_some() => {
                Err(node.fail(format!("input {position} has values for every image of the batch")))
            }
            Some(OnnxValue::Constant(constant)) => Ok(Some(Rc::clone(constant))),
            Some(OnnxValue::Tensor(_) | OnnxValue::Pending(_)) => {
                Err(node
                    .fail(format!("input {position} depends on the images; supported: constants")))
            }
            None => Ok(None),
        }
    }

    /// A constant input.
    pub fn constant(
        &self,
        node: OnnxNode<'_>,
        position: usize,
    ) -> Result<Rc<ConstantTensor>, OnnxProblem> {
        let missing = || node.fail(format!("input {position} is missing"));
        self.optional_constant(node, position)?.ok_or_else(missing)
    }

    /// The first tensor among a node's inputs.
    pub fn any_tensor(&mut self, node: OnnxNode<'_>) -> Result<OnnxTensor, OnnxProblem> {
        let mut positions = 0..node.proto.input.len();
        let position = positions.find(|&position| {
            self.value(node, position).is_some() && !self.is_constant(node, position)
        });
        self.tensor(node, position.ok_or_else(|| node.fail("has no input"))?)
    }

    /// The bias that the node's only reader adds to its output, if that is all the reader does.
    /// The reader is then done: it passes its input on.
    pub fn absorb_bias(&mut self, node: OnnxNode<'_>, shape: &[usize]) -> Option<Vec<f32>> {
        let output = node.proto.output.first()?.as_str();
        let [reader] = *self.wiring.readers(output) else { return None };
        let add = &self.nodes[reader];
        if output == self.output || add.op_type != "Add" || !is_standard(&add.domain) {
            return None;
        }
        let [a, b] = add.input.as_slice() else { return None };
        let other = if a == output { b } else { a };
        let Some(OnnxValue::Constant(constant)) = self.values.get(other.as_str()) else {
            return None;
        };
        let leading = constant.dims.len().checked_sub(shape.len())?;
        let (ones, rest) = constant.dims.split_at(leading);
        let fits = leading <= 1 && ones.iter().all(|&extent| extent == 1) && rest == shape;
        let bias = fits.then(|| constant.floats().ok().map(<[f32]>::to_vec)).flatten()?;
        self.absorbed.insert(reader);
        Some(bias)
    }

    /// Whether an addition was done as the bias of the layer before it.
    pub fn is_absorbed(&self, node: OnnxNode<'_>) -> bool {
        self.absorbed.contains(&node.index)
    }
}
