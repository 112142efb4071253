//! Layer normalisation: the operator, and the nodes that exporters wrote before it existed.

use super::super::constant::ConstantTensor;
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue, is_standard};
use super::pool::REDUCE_AXES_INPUT;
use super::{arithmetic, reduce, shape, slice};
use crate::graph::{ElementFunction, LayerNorm, Op};
use crate::weights::LayerWeights;

/// `LayerNormalization` over the last axes.
pub(super) fn layer_normalization(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis", "epsilon", "stash_type"])?;
    let tensor = reader.tensor(node, 0)?;
    let first = node.axis(node.int("axis")?.unwrap_or(-1), tensor.rank())?;
    let axes: Vec<usize> = (first..tensor.rank()).collect();
    let affine = |position: usize| {
        let Some(constant) = reader.optional_constant(node, position)? else { return Ok(None) };
        let values = per_channel(&constant, &tensor, &axes);
        let (own, given) = (tensor.view.describe(reader.batch), &constant.dims);
        let wrong = || node.fail(format!("input {position} of shape {given:?} does not fit {own}"));
        values.ok_or_else(wrong).map(Some)
    };
    let (weight, bias) = (affine(1)?.unwrap_or_default(), affine(2)?.unwrap_or_default());
    let eps = node.float("epsilon")?.unwrap_or(1e-5);
    let norm = LayerNormParts { axes, eps, weight, bias };
    wire(reader, node, &tensor, norm).map(OnnxValue::Tensor)
}

/// `InstanceNormalization`: each channel `[n, c]` gets mean 0 and (biased) variance 1 over all axes behind
/// it, then a weight and a bias. PyTorch writes a group normalisation as one of its groups.
pub(super) fn instance_normalization(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["epsilon"])?;
    let tensor = reader.tensor(node, 0)?;
    let rank = tensor.rank();
    if rank < 3 || tensor.view.has_images(1) || tensor.view.extent(0) > 1 {
        let own = tensor.view.describe(reader.batch);
        return Err(node.fail(format!("takes tensors [n, c, ..] with the images first, not {own}")));
    }
    let axes: Vec<usize> = (2..rank).collect();
    let channels = tensor.view.extent(1);
    let eps = node.float("epsilon")?.unwrap_or(1e-5);
    let norm = LayerNormParts { axes, eps, weight: Vec::new(), bias: Vec::new() };
    let mut value = wire(reader, node, &tensor, norm)?;
    for (position, neutral) in [(1, 1.0), (2, 0.0)] {
        let constant = reader.constant(node, position)?;
        let values =
            constant.floats().map_err(|why| node.fail(format!("input {position} {why}")))?;
        if constant.dims != [channels] {
            let given = &constant.dims;
            return Err(
                node.fail(format!("input {position} of shape {given:?} for {channels} channels"))
            );
        }
        if values.iter().all(|&one| one == neutral) {
            continue;
        }
        let mut dims = vec![1; rank - 1];
        dims[0] = channels;
        let affine =
            reader.parameter(node, position, &constant.reshaped(dims), Some(&value.view))?;
        let result = match position {
            1 => arithmetic::product(reader, node, &value, &affine)?,
            _ => arithmetic::sum(reader, node, &[value.clone(), affine])?,
        };
        if let OnnxValue::Tensor(tensor) = result {
            value = tensor;
        }
    }
    Ok(OnnxValue::Tensor(value))
}

/// `RMSNormalization` over the last axes: values divided by the root of their mean square.
pub(super) fn rms_normalization(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["axis", "epsilon", "stash_type"])?;
    let tensor = reader.tensor(node, 0)?;
    let first = node.axis(node.int("axis")?.unwrap_or(-1), tensor.rank())?;
    let axes: Vec<usize> = (first..tensor.rank()).collect();
    let eps = node.float("epsilon")?.unwrap_or(1e-5);
    let square = Op::Map(ElementFunction::Power(2.0));
    let squares = arithmetic::each(reader, node, "/square", &tensor, square)?;
    let mean = reduce::mean(reader, node, &squares, &axes)?;
    let sum = arithmetic::shifted(reader, node, &mean, eps)?;
    let power = Op::Map(ElementFunction::Power(-0.5));
    let factor = arithmetic::each(reader, node, "/factor", &sum, power)?;
    let OnnxValue::Tensor(normal) = arithmetic::product(reader, node, &tensor, &factor)? else {
        return Err(node.fail("depends on nothing"));
    };
    let weight = reader.operand(node, 1, Some(&normal.view))?;
    arithmetic::product(reader, node, &normal, &weight)
}

/// `GroupNormalization`: groups of channels get mean 0 and variance 1, then a weight and a bias for each
/// channel or, before operator set 21, for each group.
pub(super) fn group_normalization(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["epsilon", "num_groups", "stash_type"])?;
    let tensor = reader.tensor(node, 0)?;
    let rank = tensor.rank();
    let groups = node.int("num_groups")?.unwrap_or(1);
    let groups = node.extent("attribute num_groups", groups, 1)?;
    if rank < 2 || tensor.view.has_images(1) || !tensor.view.extent(1).is_multiple_of(groups) {
        let own = tensor.view.describe(reader.batch);
        return Err(node.fail(format!("{groups} groups of {own}")));
    }
    let channels = tensor.view.extent(1);
    let split = slice::split_axis(reader, node, tensor, 1, &[groups, channels / groups])?;
    let axes: Vec<usize> = (2..rank + 1).collect();
    let eps = node.float("epsilon")?.unwrap_or(1e-5);
    let norm = LayerNormParts { axes, eps, weight: Vec::new(), bias: Vec::new() };
    let mut value = wire(reader, node, &split, norm)?;
    for position in [1, 2] {
        let constant = reader.constant(node, position)?;
        let mut dims = vec![1; rank];
        match constant.len() {
            len if len == channels => (dims[0], dims[1]) = (groups, channels / groups),
            len if len == groups => dims[0] = groups,
            len => return Err(node.fail(format!("input {position} has {len} values"))),
        }
        let affine = constant.reshaped(dims);
        let affine = reader.parameter(node, position, &affine, Some(&value.view))?;
        let result = match position {
            1 => arithmetic::product(reader, node, &value, &affine)?,
            _ => arithmetic::sum(reader, node, &[value.clone(), affine])?,
        };
        if let OnnxValue::Tensor(tensor) = result {
            value = tensor;
        }
    }
    let view = value.view.joined(1..3);
    Ok(OnnxValue::Tensor(OnnxTensor { view, ..value }))
}

/// What is normalised how.
struct LayerNormParts {
    axes: Vec<usize>,
    eps: f32,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

fn wire(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    norm: LayerNormParts,
) -> Result<OnnxTensor, OnnxProblem> {
    let LayerNormParts { axes, eps, weight, bias } = norm;
    if axes.iter().any(|&axis| tensor.view.has_images(axis)) {
        return Err(node.fail("normalises over the images; supported: axes of one image"));
    }
    if !eps.is_finite() || eps < 0.0 {
        return Err(node.fail(format!("epsilon is {eps}; it must not be negative")));
    }
    let laid = reader.with_channels(node, tensor, &axes)?;
    let id = reader.wire(node, "", Op::LayerNorm(LayerNorm { eps }), &[laid.node])?;
    reader.set_weights(node, id, LayerWeights { weight, bias, ..LayerWeights::default() })?;
    Ok(OnnxTensor { node: id, ..laid })
}

/// The values of a constant that has one for each position along these axes of a tensor.
fn per_channel(constant: &ConstantTensor, tensor: &OnnxTensor, axes: &[usize]) -> Option<Vec<f32>> {
    let before = tensor.rank().checked_sub(constant.dims.len())?;
    let fits = |axis: usize| {
        let given = axis.checked_sub(before).map_or(1, |own| constant.dims[own]);
        given == if axes.contains(&axis) { tensor.view.extent(axis) } else { 1 }
    };
    let values = constant.floats().ok()?;
    (0..tensor.rank()).all(fits).then(|| values.to_vec())
}

/// The nodes behind a mean that make it a layer normalisation: `(x - mean(x)) / sqrt(mean((x -
/// mean(x))^2) + eps)`, then a product with a weight and a sum with a bias where there are some.
struct LayerNormPattern<'m> {
    nodes: Vec<usize>,
    norm: LayerNormParts,
    output: &'m str,
}

/// The layer normalisation that begins with a `ReduceMean`, if there is one: it is wired, and the
/// nodes it consists of are done.
pub(super) fn from_mean<'m>(
    reader: &mut ModelReader<'m>,
    node: OnnxNode<'m>,
) -> Result<Option<OnnxValue>, OnnxProblem> {
    let tensor = reader.tensor(node, 0)?;
    let Some(LayerNormPattern { nodes, norm, output }) = find(reader, node, &tensor) else {
        return Ok(None);
    };
    let value = OnnxValue::Tensor(wire(reader, node, &tensor, norm)?);
    reader.done.extend(nodes);
    reader.values.insert(output, value.clone());
    Ok(Some(value))
}

/// Walks from a mean through its readers. Nothing but the pattern may read what is inside it.
fn find<'m>(
    reader: &ModelReader<'m>,
    mean: OnnxNode<'m>,
    tensor: &OnnxTensor,
) -> Option<LayerNormPattern<'m>> {
    let axes = mean_axes(reader, mean, tensor.rank())?;
    let value = mean.proto.input.first()?.as_str();
    let walk = GraphWalk { reader };
    let differences: Vec<OnnxNode<'m>> = walk.readers(mean)?;
    let of_value = |sub: &OnnxNode<'m>| sub.operator() == "Sub" && sub.proto.input[0] == value;
    if differences.len() > 2 || !differences.iter().all(of_value) {
        return None;
    }
    let mut behind: Vec<OnnxNode<'m>> = Vec::new();
    for sub in &differences {
        behind.extend(walk.readers(*sub)?);
    }
    let square = *behind.iter().find(|node| walk.is_square(**node))?;
    let quotient = *behind.iter().find(|node| node.operator() == "Div")?;
    if behind.iter().any(|node| node.index != square.index && node.index != quotient.index) {
        return None;
    }
    let variance = walk.only_reader(square, "ReduceMean")?;
    if mean_axes(reader, variance, tensor.rank())? != axes {
        return None;
    }
    let sum = walk.only_reader(variance, "Add")?;
    let eps = walk.other_constant(sum, variance)?;
    let &[eps] = eps.floats().ok()? else { return None };
    let root = walk.only_reader(sum, "Sqrt")?;
    let divided = walk.only_reader(root, "Div")?;
    let over_root = quotient.proto.input.get(1)? == root.proto.output.first()?;
    if divided.index != quotient.index || !over_root {
        return None;
    }
    let mut nodes: Vec<usize> = differences.iter().map(|node| node.index).collect();
    nodes.extend([square, variance, sum, root, quotient].map(|node| node.index));
    let mut last = quotient;
    let mut affine = |operator: &str| {
        let next = walk.only_reader(last, operator)?;
        let values = per_channel(&*walk.other_constant(next, last)?, tensor, &axes)?;
        nodes.push(next.index);
        last = next;
        Some(values)
    };
    let weight = affine("Mul").unwrap_or_default();
    let bias = affine("Add").unwrap_or_default();
    let output = last.proto.output.first()?;
    Some(LayerNormPattern { nodes, norm: LayerNormParts { axes, eps, weight, bias }, output })
}

/// The axes of a mean that keeps them.
fn mean_axes(reader: &ModelReader<'_>, node: OnnxNode<'_>, rank: usize) -> Option<Vec<usize>> {
    let keeps = node.int("keepdims").ok()?.unwrap_or(1) != 0;
    let mut axes = shape::axes(reader, node, rank, REDUCE_AXES_INPUT).ok()??;
    axes.sort_unstable();
    (keeps && !axes.is_empty()).then_some(axes)
}

/// What reads what in a model.
struct GraphWalk<'r, 'm> {
    reader: &'r ModelReader<'m>,
}

impl<'m> GraphWalk<'_, 'm> {
    /// All nodes that read a node's output, each once; `None` if it is an output of the model.
    fn readers(&self, node: OnnxNode<'m>) -> Option<Vec<OnnxNode<'m>>> {
        let output = node.proto.output.first()?.as_str();
        let mut indices = self.reader.wiring.readers(output).to_vec();
        indices.dedup();
        let nodes = self.reader.nodes;
        let readers = indices.into_iter().map(|index| OnnxNode { proto: &nodes[index], index });
        let readers: Vec<OnnxNode<'m>> = readers.collect();
        let standard = readers.iter().all(|node| is_standard(&node.proto.domain));
        (output != self.reader.output && standard).then_some(readers)
    }

    fn only_reader(&self, node: OnnxNode<'m>, operator: &str) -> Option<OnnxNode<'m>> {
        match self.readers(node)?.as_slice() {
            [reader] if reader.operator() == operator => Some(*reader),
            _ => None,
        }
    }

    /// The constant among the two inputs of a node of which the other one is given.
    fn other_constant(
        &self,
        node: OnnxNode<'m>,
        given: OnnxNode<'m>,
    ) -> Option<std::rc::Rc<ConstantTensor>> {
        let own = given.proto.output.first()?;
        let position = node.proto.input.iter().position(|input| input != own)?;
        (node.proto.input.len() == 2).then_some(())?;
        self.reader.optional_constant(node, position).ok()?
    }

    /// Whether a node multiplies its input with itself.
    fn is_square(&self, node: OnnxNode<'m>) -> bool {
        let inputs = &node.proto.input;
        match node.operator() {
            "Mul" => inputs.len() == 2 && inputs[0] == inputs[1],
            "Pow" => {
                let exponent = self.reader.optional_constant(node, 1);
                let two = |constant: std::rc::Rc<ConstantTensor>| constant.is_number(2.0);
                exponent.ok().flatten().is_some_and(two)
            }
            _ => false,
        }
    }
}
