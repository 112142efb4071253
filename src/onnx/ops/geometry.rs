//! Strides and paddings that convolutions and pooling share.

use super::super::error::OnnxProblem;
use super::super::node::OnnxNode;
use crate::graph::{Padding, Shape};

/// How a window moves over an image.
pub(super) struct SlidingWindow {
    /// Rows and columns of the window.
    pub kernel: [usize; 2],
    /// Distance between the window's rows and columns.
    pub dilation: [usize; 2],
    /// Step down and to the right.
    pub stride: [usize; 2],
    /// Pixels around the image.
    pub padding: Padding,
}

impl SlidingWindow {
    /// Reads `strides`, `dilations`, `pads` and `auto_pad` of a node whose window has the given
    /// size.
    pub fn read(node: OnnxNode<'_>, kernel: [usize; 2], image: Shape) -> Result<Self, OnnxProblem> {
        let stride = node.pair("strides", [1, 1])?;
        let dilation = node.pair("dilations", [1, 1])?;
        let mut sliding = Self { kernel, dilation, stride, padding: Padding::default() };
        for axis in 0..2 {
            let reach = i64::try_from(sliding.reach(axis)).unwrap_or(i64::MAX);
            node.extent("the span of the window", reach, 1)?;
        }
        sliding.padding = match node.text("auto_pad")?.unwrap_or("NOTSET") {
            "NOTSET" => explicit(node)?,
            "VALID" => Padding::default(),
            "SAME_UPPER" => sliding.same(image, false),
            "SAME_LOWER" => sliding.same(image, true),
            other => {
                return Err(node.fail(format!(
                    "attribute auto_pad is {other}; supported: NOTSET, VALID, SAME_UPPER and \
                     SAME_LOWER"
                )));
            }
        };
        Ok(sliding)
    }

    /// Rows or columns of the image that the window spans.
    fn reach(&self, axis: usize) -> usize {
        self.dilation[axis] * (self.kernel[axis] - 1) + 1
    }

    /// The padding for which the output has `ceil(extent / stride)` rows and columns; the odd pixel
    /// goes to the end, or to the beginning if `lower`.
    fn same(&self, image: Shape, lower: bool) -> Padding {
        let extents = [image.height, image.width];
        let [rows, columns] = [0, 1].map(|axis| {
            let steps = extents[axis].div_ceil(self.stride[axis]) - 1;
            let total =
                (steps * self.stride[axis] + self.reach(axis)).saturating_sub(extents[axis]);
            let (small, large) = (total / 2, total - total / 2);
            if lower { (large, small) } else { (small, large) }
        });
        Padding { top: rows.0, left: columns.0, bottom: rows.1, right: columns.1 }
    }

    /// With `ceil_mode`, pads below and to the right until the last window fits that starts inside
    /// the image or the padding before it. Such padding may not count in an average.
    pub fn round_up(
        &mut self,
        node: OnnxNode<'_>,
        image: Shape,
        counts: bool,
    ) -> Result<(), OnnxProblem> {
        if node.int("ceil_mode")?.unwrap_or(0) == 0 {
            return Ok(());
        }
        let Padding { top, left, bottom, right } = self.padding;
        let [rows, columns] = [(image.height, top, bottom), (image.width, left, right)];
        let more = [self.missing(0, rows), self.missing(1, columns)];
        if counts && more != [0, 0] {
            return Err(node.fail(
                "attribute ceil_mode with count_include_pad is supported only where the windows \
                 fit the image exactly",
            ));
        }
        self.padding.bottom += more[0];
        self.padding.right += more[1];
        Ok(())
    }

    /// Pixels by which the last window of one axis reaches past the padding.
    fn missing(&self, axis: usize, (extent, before, after): (usize, usize, usize)) -> usize {
        let (reach, stride) = (self.reach(axis), self.stride[axis]);
        let padded = extent + before + after;
        let steps = padded.saturating_sub(reach).div_ceil(stride);
        let steps = if steps * stride >= extent + before { steps - 1 } else { steps };
        (steps * stride + reach).saturating_sub(padded)
    }
}

/// The `pads` attribute: rows above, columns left, rows below, columns right.
fn explicit(node: OnnxNode<'_>) -> Result<Padding, OnnxProblem> {
    let pad = |value: i64| node.extent("a value of pads", value, 0);
    match node.ints("pads") {
        None => Ok(Padding::default()),
        Some(&[top, left, bottom, right]) => Ok(Padding {
            top: pad(top)?,
            left: pad(left)?,
            bottom: pad(bottom)?,
            right: pad(right)?,
        }),
        Some(other) => Err(node.fail(format!(
            "attribute pads is {other:?}; supported: four numbers, for the two image axes"
        ))),
    }
}
