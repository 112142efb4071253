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

    /// An axis of one part as several axes; `None` if it has more parts or other extents.
    pub fn split(&self, axis: usize, dims: &[usize]) -> Option<Self> {
        if dims.iter().product::<usize>() != self.extent(axis) {
            return None;
        }
        let mut rest = match *self.axes[axis].as_slice() {
            [] => None,
            [AxisFactor::Part(part)] => Some(part),
            _ => return None,
        };
        let mut split = Vec::with_capacity(dims.len());
        for &extent in dims.iter().rev() {
            let Some(part) = rest.filter(|_| extent > 1) else {
                split.push(Vec::new());
                continue;
            };
            let (high, low) = part.split(extent);
            split.push(vec![AxisFactor::Part(low)]);
            rest = (high.extent > 1).then_some(high);
        }
        split.reverse();
        let mut view = self.clone();
        view.axes.splice(axis..=axis, split);
        Some(view)
    }

    /// Several neighbouring axes as one.
    pub fn joined(&self, range: std::ops::Range<usize>) -> Self {
        let mut view = self.clone();
        let joined = view.axes[range.clone()].concat();
        view.axes.splice(range, [joined]);
        view.merged()
    }

    /// With an axis repeated so many times.
    pub fn tiled(&self, axis: usize, times: usize) -> Self {
        let mut view = self.clone();
        if times > 1 {
            let part = AxisPart { extent: times, from: Axis::Channel, step: 0 };
            view.axes[axis].insert(0, AxisFactor::Part(part));
        }
        view
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

    /// `[n, c, h, w]` of a whole node with the channels as `c` groups of `down * right` pixels: each pixel
    /// becomes a rectangle of them. `None` if the channels are no such groups.
    pub fn pixels_of_channels(&self, channels: usize, [down, right]: [usize; 2]) -> Option<Self> {
        let part = |extent: usize, step: usize| {
            let part = AxisFactor::Part(AxisPart { extent, from: Axis::Channel, step });
            if extent > 1 { vec![part] } else { Vec::new() }
        };
        let (4, true) = (self.rank(), self.extent(1) == channels * down * right) else {
            return None;
        };
        let mut view = self.clone();
        view.axes[1] = part(channels, down * right);
        view.axes[2].extend(part(down, right));
        view.axes[3].extend(part(right, 1));
        Some(view)
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
