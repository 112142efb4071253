//! Transposed convolution: a convolution of the input with zeros between its positions and the kernel
//! turned around, or, where the kernel is a multiple of the stride, one whose channels are shuffled into
//! pixels.

use super::super::constant::ConstantTensor;
use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use super::super::reader::{ModelReader, OnnxTensor, OnnxValue};
use super::super::resample::Taps;
use super::geometry::{AxisWindow, axis_windows, list};
use crate::graph::{Conv, Op, Padding, Window};
use crate::weights::LayerWeights;

/// A transposed window along one axis.
#[derive(Clone, Copy)]
struct Spread {
    window: AxisWindow,
    /// Positions of the result.
    size: usize,
    /// Positions cut off in front of the full result.
    cut: usize,
}

/// `ConvTranspose` with constant weights `[in, out / groups, ..]` of one or two axes.
pub(super) fn conv_transpose(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
) -> Result<OnnxValue, OnnxProblem> {
    node.allow(&[
        "auto_pad",
        "dilations",
        "group",
        "kernel_shape",
        "output_padding",
        "output_shape",
        "pads",
        "strides",
    ])?;
    let mut tensor = reader.tensor(node, 0)?;
    let weight = reader.constant(node, 1)?;
    let &[in_channels, per_group, ref kernel @ ..] = weight.dims.as_slice() else {
        return Err(node.fail("weights of fewer than 3 axes"));
    };
    let groups = node.extent("group", node.int("group")?.unwrap_or(1), 1)?;
    let fits = matches!(kernel.len(), 1 | 2)
        && tensor.rank() == kernel.len() + 2
        && tensor.view.images_axis().is_none_or(|axis| axis == 0)
        && tensor.view.extent(0) == 1
        && tensor.view.extent(1) == in_channels
        && in_channels.is_multiple_of(groups)
        && weight.dims.iter().all(|&extent| extent > 0);
    if !fits {
        let given = tensor.view.describe(reader.batch);
        return Err(node.fail(format!(
            "weights {:?} in {groups} groups do not fit {given}; supported: 1-D and 2-D",
            weight.dims
        )));
    }
    let mut spreads = spreads(reader, node, &tensor, kernel)?;
    if kernel.len() == 1 {
        tensor.view = tensor.view.with(&[2]);
        let window = AxisWindow { kernel: 1, dilation: 1, stride: 1, before: 0, after: 0 };
        spreads.insert(0, Spread { window, size: 1, cut: 0 });
    }
    let [rows, columns] = spreads[..] else { return Err(node.fail("has no axes")) };
    let out_channels = per_group.saturating_mul(groups);
    node.extent("the number of output channels", out_channels as i64, 1)?;
    let bias = match reader.optional_constant(node, 2)? {
        None => None,
        Some(bias) if bias.dims == [out_channels] => {
            let values = bias.floats().map_err(|reason| node.fail(format!("the bias {reason}")))?;
            Some(values.to_vec())
        }
        Some(bias) => {
            let given = &bias.dims;
            return Err(node.fail(format!("the bias has shape {given:?}, not [{out_channels}]")));
        }
    };
    let turned = Turned { weight: &weight, groups, bias };
    let even = [(2, rows), (3, columns)].iter().all(|&(axis, one)| {
        let AxisWindow { kernel, dilation, stride, .. } = one.window;
        let full = (tensor.view.extent(axis) - 1) * stride + kernel;
        dilation == 1 && kernel.is_multiple_of(stride) && one.cut + one.size <= full
    });
    let mut result = if even && rows.window.stride * columns.window.stride > 1 {
        shuffled(reader, node, &tensor, [rows, columns], turned)?
    } else {
        with_zeros_between(reader, node, &tensor, [rows, columns], turned)?
    };
    if kernel.len() == 1 {
        result.view = result.view.without(&[2]);
    }
    Ok(OnnxValue::Tensor(result))
}

/// Weights of a transposed convolution.
struct Turned<'w> {
    weight: &'w ConstantTensor,
    groups: usize,
    bias: Option<Vec<f32>>,
}

/// The windows of all axes.
fn spreads(
    reader: &ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    kernel: &[usize],
) -> Result<Vec<Spread>, OnnxProblem> {
    let count = kernel.len();
    let extents: Vec<usize> = (2..count + 2).map(|axis| tensor.view.extent(axis)).collect();
    let named = node.ints("kernel_shape").is_some_and(|shape| !shape.is_empty());
    if named && list(node, "kernel_shape", count)? != kernel {
        return Err(
            node.fail(format!("kernel_shape {:?} for {kernel:?}", node.ints("kernel_shape")))
        );
    }
    let windows = axis_windows(node, kernel, &extents)?;
    let numbers = |name: &str| match node.ints(name) {
        None | Some([]) => Ok(None),
        Some(values) if values.len() == count => {
            let extent = |&value: &i64| node.extent(name, value, 0);
            values.iter().map(extent).collect::<Result<Vec<_>, _>>().map(Some)
        }
        Some(values) => Err(node.fail(format!("attribute {name} is {values:?}"))),
    };
    let more = numbers("output_padding")?.unwrap_or_else(|| vec![0; count]);
    let shape = numbers("output_shape")?;
    let mode = node.text("auto_pad")?.unwrap_or("NOTSET");
    let mut spreads = Vec::with_capacity(count);
    for axis in 0..count {
        let window = windows[axis];
        let full = (extents[axis] - 1) * window.stride + window.reach() + more[axis];
        let same = mode.starts_with("SAME").then(|| extents[axis] * window.stride);
        let (size, cut) = match shape.as_ref().map(|shape| shape[axis]).or(same) {
            Some(size) => {
                let total = full.saturating_sub(size);
                let low = if mode == "SAME_UPPER" { total / 2 } else { total - total / 2 };
                (size, low)
            }
            None => {
                let size = full.checked_sub(window.before + window.after);
                let size = size.ok_or_else(|| node.fail("pads cut off the whole result"))?;
                (size, window.before)
            }
        };
        let size = node.extent("an extent of the result", size as i64, 1)?;
        spreads.push(Spread { window, size, cut });
    }
    reader
        .budget
        .check_extents(&spreads.iter().map(|one| one.size).collect::<Vec<_>>())
        .map_err(|reason| node.fail(reason))?;
    Ok(spreads)
}

/// Zeros between the positions, then a convolution with the kernel turned around.
fn with_zeros_between(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    [rows, columns]: [Spread; 2],
    turned: Turned<'_>,
) -> Result<OnnxTensor, OnnxProblem> {
    let mut spread = tensor.clone();
    for (axis, one) in [(2, rows), (3, columns)] {
        // What is cut off in front of the full result is not computed, what is missing is padded.
        let extent = spread.view.extent(axis);
        let reach = one.window.reach();
        let source = |at: usize| {
            let position = (at + one.cut + 1).checked_sub(reach)?;
            let from = position / one.window.stride;
            (position.is_multiple_of(one.window.stride) && from < extent).then_some(from)
        };
        let row = |at: usize| source(at).map(|from| (from, 1.0)).into_iter().collect::<Taps>();
        let all: Vec<Taps> = (0..one.size + reach - 1).map(row).collect();
        spread = reader.resampled(node, &format!("/spread {axis}"), (&spread, axis), &all)?;
    }
    let laid = reader.lay_out(node, &spread, &[vec![1], vec![2], vec![3]])?;
    let Turned { weight, groups, bias } = turned;
    let values = weight.floats().map_err(|reason| node.fail(format!("the weight {reason}")))?;
    let (inputs, outputs) = (weight.dims[0], weight.dims[1]);
    let taps = rows.window.kernel * columns.window.kernel;
    let group_in = inputs / groups;
    let mut turned = Vec::with_capacity(values.len());
    for out in 0..outputs * groups {
        let group = out / outputs;
        for input in 0..group_in {
            let first = ((group * group_in + input) * outputs + out % outputs) * taps;
            turned.extend(values[first..first + taps].iter().rev());
        }
    }
    let conv = Conv {
        out_channels: outputs * groups,
        kernel: [rows.window.kernel, columns.window.kernel],
        stride: [1, 1],
        padding: Padding::default(),
        dilation: [rows.window.dilation, columns.window.dilation],
        groups,
        bias: bias.is_some(),
    };
    let id = reader.wire(node, "", Op::Conv(conv), &[laid.node])?;
    let bias = bias.unwrap_or_default();
    reader.set_weights(
        node,
        id,
        LayerWeights { weight: turned, bias, ..LayerWeights::default() },
    )?;
    Ok(reader.image_like(&laid, id))
}

/// A convolution that computes all positions of a stride as channels, which are then put side by side.
fn shuffled(
    reader: &mut ModelReader<'_>,
    node: OnnxNode<'_>,
    tensor: &OnnxTensor,
    [rows, columns]: [Spread; 2],
    turned: Turned<'_>,
) -> Result<OnnxTensor, OnnxProblem> {
    let Turned { weight, groups, bias } = turned;
    let values = weight.floats().map_err(|reason| node.fail(format!("the weight {reason}")))?;
    let (inputs, outputs) = (weight.dims[0], weight.dims[1]);
    let strides = [rows.window.stride, columns.window.stride];
    let kernel = [rows.window.kernel, columns.window.kernel];
    let taps = [kernel[0] / strides[0], kernel[1] / strides[1]];
    let phases = strides[0] * strides[1];
    let group_in = inputs / groups;
    let mut shuffled = Vec::with_capacity(values.len());
    for channel in 0..outputs * groups * phases {
        let (out, phase) = (channel / phases, channel % phases);
        let (down, right) = (phase / strides[1], phase % strides[1]);
        let group = out / outputs;
        for input in 0..group_in {
            let first =
                ((group * group_in + input) * outputs + out % outputs) * kernel[0] * kernel[1];
            // The last tap reads the position itself, the first one that farthest before it.
            for row in (0..taps[0]).rev() {
                for column in (0..taps[1]).rev() {
                    let [y, x] = [down + row * strides[0], right + column * strides[1]];
                    shuffled.push(values[first + y * kernel[1] + x]);
                }
            }
        }
    }
    let conv = Conv {
        out_channels: outputs * groups * phases,
        kernel: taps,
        stride: [1, 1],
        padding: Padding::symmetric(taps[0] - 1, taps[1] - 1),
        dilation: [1, 1],
        groups,
        bias: bias.is_some(),
    };
    let bias = bias.unwrap_or_default();
    let bias = bias.iter().flat_map(|&bias| std::iter::repeat_n(bias, phases)).collect();
    let laid = reader.lay_out(node, tensor, &[vec![1], vec![2], vec![3]])?;
    let id = reader.wire(node, "", Op::Conv(conv), &[laid.node])?;
    reader.set_weights(
        node,
        id,
        LayerWeights { weight: shuffled, bias, ..LayerWeights::default() },
    )?;
    let whole = reader.image_like(&laid, id);
    let view = whole.view.pixels_of_channels(outputs * groups, strides);
    let view = view.ok_or_else(|| node.fail("cannot be shuffled"))?;
    let pixels = OnnxTensor { node: id, view };
    let laid = reader.lay_out(node, &pixels, &[vec![1], vec![2], vec![3]])?;
    let window = Window {
        top: rows.cut as isize,
        left: columns.cut as isize,
        height: rows.size,
        width: columns.size,
        stride: [1, 1],
    };
    let shape = reader.graph.shape(laid.node);
    if (shape.height, shape.width) == (rows.size, columns.size) {
        return Ok(laid);
    }
    let id = reader.wire(node, "/cut", Op::Window(window), &[laid.node])?;
    Ok(reader.image_like(&laid, id))
}
