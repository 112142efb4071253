//! Transposes, slices, new and dropped axes, repetition.

use super::{AxisFactor, AxisPart, TensorView};
use crate::graph::Axis;
use crate::onnx::constant::StridedRange;

impl TensorView {
    /// The axes in another order.
    pub fn transposed(&self, order: &[usize]) -> Self {
        let axes = order.iter().map(|&axis| self.axes[axis].clone()).collect();
        Self { start: self.start, axes }
    }

    /// Some positions of one axis, in forward steps; `None` if the axis has several factors.
    pub fn sliced(&self, axis: usize, range: StridedRange) -> Option<Self> {
        let mut sliced = self.clone();
        match *self.axes[axis].as_slice() {
            [] => {}
            [AxisFactor::Part(part)] => {
                sliced.start[part.from.index()] += range.first * part.step;
                let step = part.step * usize::try_from(range.step).ok()?;
                let part = AxisFactor::Part(AxisPart { extent: range.count, step, ..part });
                sliced.axes[axis] = if range.count > 1 { vec![part] } else { Vec::new() };
            }
            _ => return None,
        }
        Some(sliced)
    }

    /// Without some axes, which must have an extent of 1.
    pub fn without(&self, axes: &[usize]) -> Self {
        let kept = (0..self.rank()).filter(|axis| !axes.contains(axis));
        Self { start: self.start, axes: kept.map(|axis| self.axes[axis].clone()).collect() }
    }

    /// With new axes of extent 1 at these positions of the result.
    pub fn with(&self, axes: &[usize]) -> Self {
        let mut old = self.axes.iter().cloned();
        let rank = self.rank() + axes.len();
        let axis = |axis| if axes.contains(&axis) { None } else { old.next() };
        Self {
            start: self.start,
            axes: (0..rank).map(axis).map(Option::unwrap_or_default).collect(),
        }
    }

    /// With axes of extent 1 in front, up to that many.
    pub fn widened(&self, rank: usize) -> Self {
        self.with(&(0..rank.saturating_sub(self.rank())).collect::<Vec<_>>())
    }

    /// Repeats an axis of extent 1.
    pub fn repeat(&mut self, axis: usize, extent: usize) {
        if extent > 1 {
            self.axes[axis].push(AxisFactor::Part(AxisPart {
                extent,
                from: Axis::Channel,
                step: 0,
            }));
        }
    }
}
