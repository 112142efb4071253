//! `Col2Im`: the blocks of an image, summed where they overlap, as PyTorch's `fold` does.

use super::super::constant::SymbolicInt;
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::super::resample::Taps;
use super::geometry::{AxisWindow, axis_windows};
use super::shape::reshaped;

/// Most positions of an axis times positions of a block.
const MAX_PLACES: usize = 1 << 24;

/// `Col2Im` of `[n, channels * rows * columns of a block, blocks]` to images of two axes.
pub(super) fn col2im(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&["dilations", "pads", "strides"])?;
    let tensor = reader.tensor(node, 0)?;
    let image = sides(reader, node, 1)?;
    let block = sides(reader, node, 2)?;
    let windows = axis_windows(node, &block, &image)?;
    let counts: Option<Vec<usize>> =
        windows.iter().zip(image).map(|(window, extent)| window.size(extent)).collect();
    let own = tensor.view.describe(reader.batch);
    let misfit = || node.fail(format!("{own} for blocks of {block:?} in images of {image:?}"));
    let counts = counts.ok_or_else(misfit)?;
    let [rows, columns] = counts[..] else { return Err(misfit()) };
    let fits = tensor.rank() == 3
        && tensor.view.extent(1).is_multiple_of(block[0].saturating_mul(block[1]))
        && tensor.view.extent(2) == rows.saturating_mul(columns);
    if !fits || tensor.view.images_axis().is_some_and(|axis| axis > 0) {
        return Err(misfit());
    }
    let channels = tensor.view.extent(1) / (block[0] * block[1]);
    let whole = |extent: usize| SymbolicInt::Known(i64::try_from(extent).unwrap_or(i64::MAX));
    let batch = tensor.view.dim(0, reader.batch);
    let [channels, down, right, rows, columns] =
        [channels, block[0], block[1], rows, columns].map(whole);
    let target = [batch, channels, down, right, rows, columns];
    let OnnxValue::Tensor(blocks) = reshaped(reader, node, tensor, &target, false)? else {
        return Err(misfit());
    };
    let view = blocks.view.transposed(&[0, 1, 2, 4, 3, 5]).joined(2..4).joined(3..5);
    let mut sums = OnnxTensor { view, ..blocks };
    for (axis, window) in windows.into_iter().enumerate() {
        if image[axis].saturating_mul(window.kernel) > MAX_PLACES {
            return Err(misfit());
        }
        let taps = overlaps(window, counts[axis], image[axis]);
        sums = reader.resampled(node, &format!("/sum {axis}"), (&sums, axis + 2), &taps)?;
    }
    Ok(OnnxValue::Tensor(sums))
}

/// Rows and columns from a constant input.
fn sides(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    position: usize,
) -> Result<[usize; 2], OnnxProblem> {
    let sides = reader.constant(node, position)?;
    let sides = sides.ints().map_err(|reason| node.fail(format!("input {position} {reason}")))?;
    let &[rows, columns] = sides.as_slice() else {
        return Err(node.fail(format!("{} axes of an image; supported: 2", sides.len())));
    };
    Ok([node.extent("a side", rows, 1)?, node.extent("a side", columns, 1)?])
}

/// For each position of an axis, its places in the blocks that hold it: a block's position times the number
/// of blocks, plus the block.
fn overlaps(window: AxisWindow, blocks: usize, extent: usize) -> Vec<Taps> {
    let place = |at: usize, inside: usize| {
        let first = (at + window.before).checked_sub(inside * window.dilation)?;
        let block = first / window.stride;
        let starts = first.is_multiple_of(window.stride) && block < blocks;
        starts.then_some((inside * blocks + block, 1.0))
    };
    let row = |at: usize| (0..window.kernel).filter_map(|inside| place(at, inside)).collect();
    (0..extent).map(row).collect()
}
