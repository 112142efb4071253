//! Sums of products in Einstein's notation, as matrix products.

use super::super::einsum::EinsumEquation;
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::super::view::{AxisFactor, TensorView};
use super::{product, reduce};

/// A tensor whose axes have letters.
struct Lettered {
    tensor: OnnxTensor,
    labels: Vec<usize>,
}

/// `Einsum`, from left to right, two operands at a time.
pub(super) fn einsum(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["equation"])?;
    let count = node.proto.input.len();
    let mut operands = Vec::with_capacity(count);
    for position in 0..count {
        operands.push(reader.operand(node, position, None)?);
    }
    let ranks: Vec<usize> = operands.iter().map(OnnxTensor::rank).collect();
    let equation = EinsumEquation::read(node, &ranks)?;
    let mut rest = operands
        .into_iter()
        .zip(equation.inputs.iter().cloned())
        .map(|(tensor, labels)| Lettered { tensor, labels });
    let mut all = rest.next().ok_or_else(|| node.fail("has no input"))?;
    let later: Vec<Lettered> = rest.collect();
    for (index, next) in later.iter().enumerate() {
        let behind = later[index + 1..].iter().flat_map(|one| &one.labels);
        let wanted: Vec<usize> = behind.chain(&equation.output).copied().collect();
        all = two(reader, node, all, next, &wanted)?;
    }
    let all = summed(reader, node, all, &equation.output)?;
    let order: Option<Vec<usize>> = equation
        .output
        .iter()
        .map(|label| all.labels.iter().position(|other| other == label))
        .collect();
    let order = order.ok_or_else(|| node.fail("a letter of the result has no axis"))?;
    let view = all.tensor.view.transposed(&order);
    Ok(OnnxValue::Tensor(OnnxTensor { node: all.tensor.node, view }))
}

/// Sums up the axes whose letters nothing wants.
fn summed(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    one: Lettered,
    wanted: &[usize],
) -> Result<Lettered, OnnxProblem> {
    let unwanted = |axis: &usize| !wanted.contains(&one.labels[*axis]);
    let axes: Vec<usize> = (0..one.labels.len()).filter(unwanted).collect();
    if axes.is_empty() {
        return Ok(one);
    }
    let sum = reduce::sum(reader, node, &one.tensor, &axes)?;
    let view = sum.view.without(&axes);
    let labels = one.labels.into_iter().filter(|label| wanted.contains(label)).collect();
    Ok(Lettered { tensor: OnnxTensor { node: sum.node, view }, labels })
}

/// The product of two operands, summed over the letters that both have and nothing wants.
fn two(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    left: Lettered,
    right: &Lettered,
    wanted: &[usize],
) -> Result<Lettered, OnnxProblem> {
    let repeats = |labels: &[usize]| {
        labels.iter().enumerate().any(|(at, label)| labels[..at].contains(label))
    };
    if repeats(&left.labels) || repeats(&right.labels) {
        return Err(node.fail("the diagonal of a tensor is not supported"));
    }
    let right = Lettered { tensor: right.tensor.clone(), labels: right.labels.clone() };
    let of_left = [wanted, &right.labels].concat();
    let of_right = [wanted, &left.labels].concat();
    let left = summed(reader, node, left, &of_left)?;
    let right = summed(reader, node, right, &of_right)?;
    let both = |label: &usize| right.labels.contains(label);
    let letters = |inside: &dyn Fn(&usize) -> bool, labels: &[usize]| {
        labels.iter().copied().filter(|label| inside(label)).collect::<Vec<usize>>()
    };
    let batch = letters(&|label| both(label) && wanted.contains(label), &left.labels);
    let inner = letters(&|label| both(label) && !wanted.contains(label), &left.labels);
    let rows = letters(&|label| !both(label), &left.labels);
    let columns = letters(&|label| !left.labels.contains(label), &right.labels);
    let a = grouped(&left, &batch, [&rows, &inner]);
    let b = grouped(&right, &batch, [&inner, &columns]);
    let shapes = |one: &Lettered, labels: &[usize]| -> Vec<(usize, bool)> {
        let axis = |label: &usize| one.labels.iter().position(|other| other == label).unwrap_or(0);
        let view = &one.tensor.view;
        labels.iter().map(axis).map(|axis| (view.extent(axis), view.has_images(axis))).collect()
    };
    let (of_rows, of_columns) = (shapes(&left, &rows), shapes(&right, &columns));
    let mut product = product::multiplied(reader, node, a, b)?;
    let last = product.rank() - 1;
    for (axis, dims) in [(last, of_columns), (last - 1, of_rows)] {
        product = apart(reader, node, product, axis, &dims)?;
    }
    Ok(Lettered { tensor: product, labels: [batch, rows, columns].concat() })
}

/// A tensor with its axes in this order, those of each group as one.
fn grouped(one: &Lettered, batch: &[usize], groups: [&[usize]; 2]) -> OnnxTensor {
    let axes = |labels: &[usize]| -> Vec<Vec<AxisFactor>> {
        let axis = |label: &usize| one.labels.iter().position(|other| other == label).unwrap_or(0);
        labels.iter().map(axis).map(|axis| one.tensor.view.axes[axis].clone()).collect()
    };
    let joined = groups.map(|labels| axes(labels).concat());
    let view =
        TensorView { start: one.tensor.view.start, axes: [axes(batch), joined.to_vec()].concat() };
    OnnxTensor { node: one.tensor.node, view }
}

/// One axis as several, one of which may have the images.
fn apart(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    mut tensor: OnnxTensor,
    axis: usize,
    dims: &[(usize, bool)],
) -> Result<OnnxTensor, OnnxProblem> {
    let extents: Vec<usize> = dims.iter().map(|&(extent, _)| extent).collect();
    let images = tensor.view.has_images(axis);
    tensor.view.axes[axis].retain(|factor| *factor != AxisFactor::Images);
    let own = tensor.view.describe(reader.batch);
    let view = tensor.view.merged().split(axis, &extents);
    let mut view = view.ok_or_else(|| node.fail(format!("axis {axis} of {own} is mixed")))?;
    if let (true, Some(place)) = (images, dims.iter().position(|&(_, images)| images)) {
        view.axes[axis + place].insert(0, AxisFactor::Images);
    }
    Ok(OnnxTensor { node: tensor.node, view })
}
