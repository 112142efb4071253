//! Moving values: a single primitive covers reshapes, transposes, slices and repetition.

use super::Shape;

/// One axis of a tensor of one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Channels.
    Channel,
    /// Rows.
    Row,
    /// Columns.
    Column,
}

impl Axis {
    /// All axes, in the order of a shape.
    pub const ALL: [Self; 3] = [Self::Channel, Self::Row, Self::Column];

    /// The position in `[channels, rows, columns]`.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The word for it in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Channel => "the channels",
            Self::Row => "the rows",
            Self::Column => "the columns",
        }
    }
}

/// One digit of the positions along an axis of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AxisDigit {
    /// The axis of the result.
    pub to: Axis,
    /// How many values the digit takes, at least 1.
    pub extent: usize,
    /// The axis of the input.
    pub from: Axis,
    /// How far the input's position moves when the digit grows by 1; 0 repeats values.
    pub step: usize,
}

/// The most digits of a [`Rearrange`].
pub const MAX_DIGITS: usize = 10;

/// A digit that changes nothing.
const NO_DIGIT: AxisDigit =
    AxisDigit { to: Axis::Channel, extent: 1, from: Axis::Channel, step: 0 };

/// Copies values to other places.
///
/// A position along an axis of the result is a number in a mixed radix: its digits are those with
/// that axis as [`AxisDigit::to`], the most significant one first. The input's position along an axis is
/// `start` plus the digit times [`AxisDigit::step`], summed over all digits with that axis as
/// [`AxisDigit::from`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rearrange {
    /// The shape of the result.
    pub shape: Shape,
    /// Where in the input `[channel, row, column]` the first value lies.
    pub start: [usize; 3],
    digits: [AxisDigit; MAX_DIGITS],
    count: usize,
}

impl Rearrange {
    /// A rearrangement with these digits; `None` if there are more than [`MAX_DIGITS`]. The shape
    /// follows from the digits.
    pub fn new(start: [usize; 3], digits: &[AxisDigit]) -> Option<Self> {
        let mut all = [NO_DIGIT; MAX_DIGITS];
        all.get_mut(..digits.len())?.copy_from_slice(digits);
        let extent = |axis: Axis| {
            let own = digits.iter().filter(|digit| digit.to == axis);
            own.fold(1_usize, |product, digit| product.saturating_mul(digit.extent))
        };
        let [channels, height, width] = Axis::ALL.map(extent);
        let shape = Shape { channels, height, width };
        Some(Self { shape, start, digits: all, count: digits.len() })
    }

    /// The digits, the most significant one of each axis first.
    pub fn digits(&self) -> &[AxisDigit] {
        &self.digits[..self.count]
    }

    /// How far a position along an axis of the result moves the input's position from `start`.
    pub fn offset(&self, axis: Axis, position: usize) -> [usize; 3] {
        let mut rest = position;
        let mut offset = [0; 3];
        for digit in self.digits().iter().rev().filter(|digit| digit.to == axis) {
            offset[digit.from.index()] += rest % digit.extent * digit.step;
            rest /= digit.extent;
        }
        offset
    }

    /// The shape of the result, or why the input is too small.
    pub(super) fn output_shape(&self, input: Shape) -> Result<Shape, String> {
        if self.digits().iter().any(|digit| digit.extent == 0) {
            return Err("rearranges no values".to_owned());
        }
        let extents = [input.channels, input.height, input.width];
        for axis in Axis::ALL {
            let own = self.digits().iter().filter(|digit| digit.from == axis);
            let reach = own.fold(self.start[axis.index()], |reach, digit| {
                reach.saturating_add((digit.extent - 1).saturating_mul(digit.step))
            });
            if reach >= extents[axis.index()] {
                return Err(format!("reads position {reach} of axis {axis:?} of {input}"));
            }
        }
        Ok(self.shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digit(to: Axis, extent: usize, from: Axis, step: usize) -> AxisDigit {
        AxisDigit { to, extent, from, step }
    }

    #[test]
    fn positions_are_numbers_in_a_mixed_radix() {
        let digits = [
            digit(Axis::Channel, 4, Axis::Column, 1),
            digit(Axis::Row, 2, Axis::Channel, 3),
            digit(Axis::Row, 3, Axis::Channel, 1),
        ];
        let heads = Rearrange::new([6, 0, 0], &digits).unwrap();
        assert_eq!(heads.output_shape(Shape::new(12, 1, 4)), Ok(Shape::new(4, 6, 1)));
        let rows: Vec<[usize; 3]> = (0..6).map(|row| heads.offset(Axis::Row, row)).collect();
        assert_eq!(rows.iter().map(|at| at[0]).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(heads.offset(Axis::Channel, 2), [0, 0, 2]);
        assert!(heads.output_shape(Shape::new(11, 1, 4)).is_err());
        assert!(Rearrange::new([0; 3], &[digits[0]; MAX_DIGITS + 1]).is_none());
    }
}
