//! Strides and paddings that convolutions and pooling share, for any number of axes.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use crate::graph::Padding;

/// How a window moves along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AxisWindow {
    /// Positions of the window.
    pub kernel: usize,
    /// Distance between them.
    pub dilation: usize,
    /// Step of the window.
    pub stride: usize,
    /// Positions in front of the axis.
    pub before: usize,
    /// Positions behind it.
    pub after: usize,
}

impl AxisWindow {
    /// Positions that the window spans.
    pub fn reach(self) -> usize {
        self.dilation * (self.kernel - 1) + 1
    }

    /// Positions of the result, if there are any.
    pub fn size(self, extent: usize) -> Option<usize> {
        let room = (extent + self.before + self.after).checked_sub(self.reach())?;
        Some(room / self.stride + 1)
    }

    /// The padding for which the output has `ceil(extent / stride)` positions; the odd one goes to the
    /// end, or to the beginning if `lower`.
    fn pad_same(&mut self, extent: usize, lower: bool) {
        let steps = extent.div_ceil(self.stride) - 1;
        let total = (steps * self.stride + self.reach()).saturating_sub(extent);
        let (small, large) = (total / 2, total - total / 2);
        (self.before, self.after) = if lower { (large, small) } else { (small, large) };
    }

    /// Positions by which the last window reaches past the padding, if it may start anywhere in the axis
    /// or the padding before it.
    fn missing(self, extent: usize) -> usize {
        let padded = extent + self.before + self.after;
        let steps = padded.saturating_sub(self.reach()).div_ceil(self.stride);
        let steps = if steps * self.stride >= extent + self.before { steps - 1 } else { steps };
        (steps * self.stride + self.reach()).saturating_sub(padded)
    }
}

/// Reads `strides`, `dilations`, `pads` and `auto_pad` of a node whose window has the given size, for axes
/// of these extents.
pub(super) fn axis_windows(
    node: OnnxNode<'_>,
    kernel: &[usize],
    extents: &[usize],
) -> Result<Vec<AxisWindow>, OnnxProblem> {
    let count = kernel.len();
    let strides = list(node, "strides", count)?;
    let dilations = list(node, "dilations", count)?;
    let mut windows: Vec<AxisWindow> = (0..count)
        .map(|axis| AxisWindow {
            kernel: kernel[axis],
            dilation: dilations[axis],
            stride: strides[axis],
            before: 0,
            after: 0,
        })
        .collect();
    for window in &windows {
        let reach = i64::try_from(window.reach()).unwrap_or(i64::MAX);
        node.extent("the span of the window", reach, 1)?;
    }
    match node.text("auto_pad")?.unwrap_or("NOTSET") {
        "NOTSET" => explicit(node, &mut windows)?,
        "VALID" => {}
        mode @ ("SAME_UPPER" | "SAME_LOWER") => {
            let pairs = windows.iter_mut().zip(extents);
            pairs.for_each(|(window, &extent)| window.pad_same(extent, mode == "SAME_LOWER"));
        }
        other => {
            return Err(node.fail(format!(
                "attribute auto_pad is {other}; supported: NOTSET, VALID, SAME_UPPER and \
                 SAME_LOWER"
            )));
        }
    }
    Ok(windows)
}

/// With `ceil_mode`, how many positions behind the padding the last window of each axis may reach.
pub(super) fn rounded_up(
    node: OnnxNode<'_>,
    windows: &[AxisWindow],
    extents: &[usize],
) -> Result<Vec<usize>, OnnxProblem> {
    let rounds = node.int("ceil_mode")?.unwrap_or(0) != 0;
    let missing = |(window, &extent): (&AxisWindow, &usize)| {
        if rounds { window.missing(extent) } else { 0 }
    };
    Ok(windows.iter().zip(extents).map(missing).collect())
}

/// One number for each axis, 1 where the attribute is not there.
pub(super) fn list(
    node: OnnxNode<'_>,
    name: &str,
    count: usize,
) -> Result<Vec<usize>, OnnxProblem> {
    match node.ints(name) {
        Some(values) if values.len() == count => {
            values.iter().map(|&value| node.extent(name, value, 1)).collect()
        }
        None => Ok(vec![1; count]),
        Some(values) => Err(node.fail(format!(
            "attribute {name} is {values:?}; supported: {}",
            in_words(count, "number")
        ))),
    }
}

/// A number of things in words.
fn in_words(count: usize, thing: &str) -> String {
    match count {
        1 => format!("one {thing}"),
        2 => format!("two {thing}s, for rows and columns"),
        _ => format!("{count} {thing}s"),
    }
}

/// The `pads` attribute: positions in front of each axis, then those behind.
fn explicit(node: OnnxNode<'_>, windows: &mut [AxisWindow]) -> Result<(), OnnxProblem> {
    let count = windows.len();
    match node.ints("pads") {
        None | Some([]) => Ok(()),
        Some(pads) if pads.len() == 2 * count => {
            for (axis, window) in windows.iter_mut().enumerate() {
                window.before = node.extent("a value of pads", pads[axis], 0)?;
                window.after = node.extent("a value of pads", pads[count + axis], 0)?;
            }
            Ok(())
        }
        Some(other) => {
            let wanted = if count == 2 { "four".to_owned() } else { (2 * count).to_string() };
            Err(node.fail(format!("attribute pads is {other:?}; supported: {wanted} numbers")))
        }
    }
}

/// The padding of rows and columns.
pub(super) fn padding(rows: AxisWindow, columns: AxisWindow) -> Padding {
    Padding { top: rows.before, left: columns.before, bottom: rows.after, right: columns.after }
}
