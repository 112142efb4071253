//! Reshapes: factors are taken in order, and split where a new axis ends inside one.

use super::{AxisFactor, AxisPart, TensorView, merge};
use crate::onnx::constant::SymbolicInt;

/// Why factors do not make the axes of a reshape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum ReshapeMisfit {
    /// The target has another number of values, or mixes images.
    Wrong(String),
    /// A new axis ends inside a factor that does not divide there; values that lie in order would.
    Uneven,
}

impl TensorView {
    /// The view with axes of other extents; -1 stands for what is left and, if `copies_zero`, 0 for
    /// the extent of the same axis.
    pub fn reshaped(
        &self,
        target: &[SymbolicInt],
        copies_zero: bool,
        batch: SymbolicInt,
    ) -> Result<Self, ReshapeMisfit> {
        let wrong = |reason: &str| {
            let target: Vec<String> = target.iter().map(ToString::to_string).collect();
            let own = self.describe(batch);
            ReshapeMisfit::Wrong(format!("{own} cannot become [{}]: {reason}", target.join(", ")))
        };
        let dims = self.resolved(target, copies_zero, batch).map_err(wrong)?;
        let mut rest = merge(&self.axes.concat());
        rest.reverse();
        let mut axes = Vec::with_capacity(dims.len());
        for dim in dims {
            let axis = take(&mut rest, dim, batch).map_err(|misfit| match misfit {
                ReshapeMisfit::Wrong(reason) => wrong(&reason),
                ReshapeMisfit::Uneven => ReshapeMisfit::Uneven,
            })?;
            axes.push(axis);
        }
        if !rest.is_empty() {
            return Err(wrong("the number of values differs"));
        }
        Ok(Self { start: self.start, axes }.merged())
    }

    /// The extents of a reshape without 0 and -1.
    fn resolved(
        &self,
        target: &[SymbolicInt],
        copies_zero: bool,
        batch: SymbolicInt,
    ) -> Result<Vec<SymbolicInt>, &'static str> {
        let mut dims = target.to_vec();
        for (axis, dim) in dims.iter_mut().enumerate() {
            if *dim == SymbolicInt::Known(0) && copies_zero {
                *dim = (axis < self.rank())
                    .then(|| self.dim(axis, batch))
                    .ok_or("it copies the extent of an axis that is not there")?;
            }
        }
        let is_free = |dim: &SymbolicInt| *dim == SymbolicInt::Known(-1);
        let Some(free) = dims.iter().position(is_free) else { return Ok(dims) };
        let all = self.dims(batch);
        let product = |dims: &[SymbolicInt]| {
            dims.iter()
                .copied()
                .try_fold(SymbolicInt::Known(1), SymbolicInt::times)
                .ok_or("it is too large")
        };
        let others = [&dims[..free], &dims[free + 1..]].concat();
        let (whole, others) = (product(&all)?, product(&others)?);
        dims[free] = whole.over(others).ok_or("the values do not fill whole axes")?;
        Ok(dims)
    }
}

/// Takes the factors of one axis off a reversed list.
fn take(
    rest: &mut Vec<AxisFactor>,
    dim: SymbolicInt,
    batch: SymbolicInt,
) -> Result<Vec<AxisFactor>, ReshapeMisfit> {
    let wrong = |reason: &str| ReshapeMisfit::Wrong(reason.to_owned());
    let (mut needed, mut images) = match dim {
        SymbolicInt::Known(extent) => (extent, false),
        SymbolicInt::Images(times) => (times, true),
    };
    if needed < 1 {
        return Err(wrong("an extent is not positive"));
    }
    let mut axis = Vec::new();
    while needed > 1 || images {
        match rest.pop() {
            None => return Err(wrong("the number of values differs")),
            Some(AxisFactor::Images) => {
                axis.push(AxisFactor::Images);
                match batch {
                    SymbolicInt::Known(size) if !images && needed % size == 0 => needed /= size,
                    SymbolicInt::Images(_) if images => images = false,
                    _ => return Err(wrong("it would split images across the batch")),
                }
            }
            Some(AxisFactor::Part(part)) => needed = take_part(rest, &mut axis, part, needed)?,
        }
    }
    Ok(axis)
}

/// Takes a part, or as much of it as is needed; returns what is needed still.
fn take_part(
    rest: &mut Vec<AxisFactor>,
    axis: &mut Vec<AxisFactor>,
    part: AxisPart,
    needed: i64,
) -> Result<i64, ReshapeMisfit> {
    let extent = i64::try_from(part.extent).unwrap_or(i64::MAX);
    if needed % extent == 0 {
        axis.push(AxisFactor::Part(part));
        return Ok(needed / extent);
    }
    if needed == 1 || extent % needed != 0 {
        return Err(ReshapeMisfit::Uneven);
    }
    let (high, low) = part.split(part.extent / needed as usize);
    axis.push(AxisFactor::Part(high));
    rest.push(AxisFactor::Part(low));
    Ok(1)
}

impl AxisPart {
    /// The two parts of which the second has `low` positions, a divisor of the extent.
    pub fn split(self, low: usize) -> (Self, Self) {
        let high = Self { extent: self.extent / low, step: self.step * low, ..self };
        (high, Self { extent: low, ..self })
    }
}
