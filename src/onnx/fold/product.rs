//! Folding of matrix products and sums of products.

use super::super::constant::{ConstantTensor, offsets, strides, volume};
use super::super::einsum::EinsumEquation;
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxValue};
use super::{done, elementwise};

/// `MatMul` of constants; the axes in front are broadcast.
pub(super) fn mat_mul(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[])?;
    let (a, b) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    let fail = |reason| node.fail(format!("an input {reason}"));
    let (x, y) = (a.floats().map_err(fail)?, b.floats().map_err(fail)?);
    let unfit = || node.fail(format!("{:?} and {:?} do not fit", a.dims, b.dims));
    // A vector counts as a matrix of one row or column, which the result does not have.
    let mut left = a.dims.clone();
    let mut right = b.dims.clone();
    let (row, column) = (left.len() == 1, right.len() == 1);
    if row {
        left.insert(0, 1);
    }
    if column {
        right.push(1);
    }
    let (&[ref left_front @ .., m, k], &[ref right_front @ .., other, n]) =
        (left.as_slice(), right.as_slice())
    else {
        return Err(unfit());
    };
    if k != other {
        return Err(unfit());
    }
    let front = elementwise::broadcast(left_front, right_front).ok_or_else(unfit)?;
    reader.budget.folded(node, &[&front[..], &[m, n]].concat())?;
    reader.budget.work(node, &[&front[..], &[m, n, k]].concat())?;
    let places = |dims: &[usize], size: usize| {
        let steps = elementwise::broadcast_strides(dims, front.len());
        offsets(&front, &steps).map(move |place| place * size).collect::<Vec<usize>>()
    };
    let (xs, ys) = (places(left_front, m * k), places(right_front, k * n));
    let mut values = Vec::new();
    for (x0, y0) in xs.into_iter().zip(ys) {
        for i in 0..m {
            let mut sums = vec![0.0_f64; n];
            for l in 0..k {
                let factor = f64::from(x[x0 + i * k + l]);
                let row = &y[y0 + l * n..][..n];
                sums.iter_mut().zip(row).for_each(|(sum, &y)| *sum += factor * f64::from(y));
            }
            values.extend(sums.iter().map(|&sum| sum as f32));
        }
    }
    let mut dims = front;
    dims.extend((!row).then_some(m).into_iter().chain((!column).then_some(n)));
    done(ConstantTensor::reals(dims, values))
}

/// `Gemm` of constants.
pub(super) fn gemm(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["alpha", "beta", "transA", "transB"])?;
    let (a, b) = (reader.constant(node, 0)?, reader.constant(node, 1)?);
    let fail = |reason| node.fail(format!("an input {reason}"));
    let (x, y) = (a.floats().map_err(fail)?, b.floats().map_err(fail)?);
    let unfit = || node.fail(format!("{:?} and {:?} do not fit", a.dims, b.dims));
    let side = |constant: &ConstantTensor, name: &str| {
        let &[rows, columns] = constant.dims.as_slice() else { return Err(unfit()) };
        let transposed = node.int(name)?.unwrap_or(0) != 0;
        Ok(if transposed { (columns, rows, 1, columns) } else { (rows, columns, columns, 1) })
    };
    let ((m, k, x_row, x_column), (other, n, y_row, y_column)) =
        (side(&a, "transA")?, side(&b, "transB")?);
    if k != other {
        return Err(unfit());
    }
    reader.budget.folded(node, &[m, n])?;
    reader.budget.work(node, &[m, n, k])?;
    let alpha = f64::from(node.float("alpha")?.unwrap_or(1.0));
    let beta = f64::from(node.float("beta")?.unwrap_or(1.0));
    let bias = reader.optional_constant(node, 2)?;
    let bias = match &bias {
        None => vec![0.0; m * n],
        Some(bias) => {
            let values = bias.floats().map_err(fail)?;
            let fits = elementwise::broadcast(&bias.dims, &[m, n]).is_some_and(|d| d == [m, n]);
            if !fits {
                return Err(node.fail(format!("input 2 has shape {:?}", bias.dims)));
            }
            let steps = elementwise::broadcast_strides(&bias.dims, 2);
            offsets(&[m, n], &steps).map(|place| f64::from(values[place]) * beta).collect()
        }
    };
    let value = |at: usize| {
        let (i, j) = (at / n, at % n);
        let product = |l: usize| {
            f64::from(x[i * x_row + l * x_column]) * f64::from(y[l * y_row + j * y_column])
        };
        (alpha * (0..k).map(product).sum::<f64>() + bias[at]) as f32
    };
    done(ConstantTensor::reals(vec![m, n], (0..m * n).map(value).collect()))
}

/// `Einsum` of constants, by its definition.
pub(super) fn einsum(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["equation"])?;
    let mut operands = Vec::with_capacity(node.proto.input.len());
    for position in 0..node.proto.input.len() {
        operands.push(reader.constant(node, position)?);
    }
    let ranks: Vec<usize> = operands.iter().map(|operand| operand.dims.len()).collect();
    let equation = EinsumEquation::read(node, &ranks)?;
    let mut extents = vec![1; equation.labels];
    for (operand, labels) in operands.iter().zip(&equation.inputs) {
        for (&extent, &label) in operand.dims.iter().zip(labels) {
            if extents[label] != 1 && extent != 1 && extents[label] != extent {
                return Err(node.fail("the extents of equal letters differ"));
            }
            extents[label] = extents[label].max(extent);
        }
    }
    let summed: Vec<usize> =
        (0..equation.labels).filter(|label| !equation.output.contains(label)).collect();
    let dims: Vec<usize> = equation.output.iter().map(|&label| extents[label]).collect();
    let inner: Vec<usize> = summed.iter().map(|&label| extents[label]).collect();
    reader.budget.folded(node, &dims)?;
    reader.budget.work(node, &[&dims[..], &inner].concat())?;
    let steps = |labels: &[usize], operand: usize| -> Vec<usize> {
        let own = strides(&operands[operand].dims);
        let step = |&label: &usize| {
            let axes = equation.inputs[operand].iter().enumerate();
            let here =
                axes.filter(|&(axis, &other)| other == label && operands[operand].dims[axis] > 1);
            here.map(|(axis, _)| own[axis]).sum()
        };
        labels.iter().map(step).collect()
    };
    let count = volume(&dims).unwrap_or(0);
    let mut sums = vec![0.0_f64; count];
    let fail = |reason| node.fail(format!("an input {reason}"));
    let mut outer_places: Vec<Vec<usize>> = Vec::new();
    let mut inner_places: Vec<Vec<usize>> = Vec::new();
    let mut values: Vec<&[f32]> = Vec::new();
    for (index, operand) in operands.iter().enumerate() {
        outer_places.push(offsets(&dims, &steps(&equation.output, index)).collect());
        inner_places.push(offsets(&inner, &steps(&summed, index)).collect());
        values.push(operand.floats().map_err(fail)?);
    }
    let terms = volume(&inner).unwrap_or(0);
    for (at, sum) in sums.iter_mut().enumerate() {
        for term in 0..terms {
            let factor = |index: usize| {
                f64::from(values[index][outer_places[index][at] + inner_places[index][term]])
            };
            *sum += (0..operands.len()).map(factor).product::<f64>();
        }
    }
    done(ConstantTensor::reals(dims, sums.iter().map(|&sum| sum as f32).collect()))
}
