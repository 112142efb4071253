//! Strides and paddings that convolutions and pooling share.

use super::super::error::Problem;
use super::super::node::Node;
use crate::graph::{Padding, Shape};

/// How a window moves over an image.
pub(super) struct Sliding {
    /// Rows and columns of the window.
    pub kernel: [usize; 2],
    /// Distance between the window's rows and columns.
    pub dilation: [usize; 2],
    /// Step down and to the right.
    pub stride: [usize; 2],
    /// Pixels around the image.
    pub padding: Padding,
}

impl Sliding {
    /// Reads `strides`, `dilations`, `pads` and `auto_pad` of a node whose window has the given
    /// size.
    pub fn read(node: Node<'_>, kernel: [usize; 2], image: Shape) -> Result<Self, Problem> {
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
                    "attribute auto_pad is {other}; supported are NOTSET, VALID, SAME_UPPER and \
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

    /// Refuses `ceil_mode` where it would make a difference.
    pub fn refuse_ceil(&self, node: Node<'_>, image: Shape) -> Result<(), Problem> {
        let Padding { top, left, bottom, right } = self.padding;
        let padded = [image.height + top + bottom, image.width + left + right];
        let exact = |axis: usize| {
            padded[axis].saturating_sub(self.reach(axis)).is_multiple_of(self.stride[axis])
        };
        if node.int("ceil_mode")?.unwrap_or(0) != 0 && !(exact(0) && exact(1)) {
            return Err(node.fail(
                "attribute ceil_mode is supported only where the windows fit the image exactly",
            ));
        }
        Ok(())
    }
}

/// The `pads` attribute: rows above, columns left, rows below, columns right.
fn explicit(node: Node<'_>) -> Result<Padding, Problem> {
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
            "attribute pads is {other:?}; supported are four numbers, for the two image axes"
        ))),
    }
}
