//! How a model sees the value of a graph node: which axis of the model lies where.
//!
//! A graph node has channels, rows and columns of one image; a model's tensor may have any axes, the
//! images anywhere among them. Every axis of the model is an ordered list of *factors*: the images, or
//! a part of an axis of the graph node with an extent and a step. Reshapes split and merge factors
//! ([`reshape`]), transposes and slices move them ([`shift`]), so none of them moves a value. Only
//! where an operator needs a certain layout are values moved ([`arrange`]).
//!
//! If the model's batch size is 1, the images are not a factor: whatever the model does, it does to
//! one image.

mod arrange;
mod pair;
mod reshape;
mod shift;

pub(super) use arrange::{ArrangedView, AxisLayout};
pub(super) use pair::AlignedViews;
pub(super) use reshape::ReshapeMisfit;

use super::constant::SymbolicInt;
use crate::graph::{Axis, Shape};

/// A part of an axis of the graph node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AxisPart {
    /// Number of positions, at least 2.
    pub extent: usize,
    /// The axis of the graph node.
    pub from: Axis,
    /// Distance of neighbouring positions along it; 0 repeats one position.
    pub step: usize,
}

/// What an axis of a model's tensor consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AxisFactor {
    /// The images.
    Images,
    /// A part of one image.
    Part(AxisPart),
}

impl AxisFactor {
    /// The part of one image, if it is one.
    pub fn part(self) -> Option<AxisPart> {
        match self {
            Self::Images => None,
            Self::Part(part) => Some(part),
        }
    }
}

/// A model's view of the value of a graph node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TensorView {
    /// Channel, row and column of the first value.
    pub start: [usize; 3],
    /// The factors of every axis, the most significant one first.
    pub axes: Vec<Vec<AxisFactor>>,
}

impl TensorView {
    /// `[n, c, h, w]`; `images` says whether the images are a factor.
    pub fn images(shape: Shape, images: bool) -> Self {
        let extents = [shape.channels, shape.height, shape.width];
        let axis = |axis: Axis| whole(axis, extents[axis.index()]);
        let batch = if images { vec![AxisFactor::Images] } else { Vec::new() };
        Self { start: [0; 3], axes: [vec![batch], Axis::ALL.map(axis).to_vec()].concat() }
    }

    /// `[n, ..]` of the input: one axis is the channels, two are channels and columns, three are channels,
    /// rows and columns; of four, the second and the third are both of the rows.
    pub fn input(dims: &[usize], images: bool) -> Self {
        let part = |from: Axis, extent: usize, step: usize| {
            let part = AxisFactor::Part(AxisPart { extent, from, step });
            if extent > 1 { vec![part] } else { Vec::new() }
        };
        let axes = match *dims {
            [channels] => vec![part(Axis::Channel, channels, 1)],
            [channels, width] => {
                vec![part(Axis::Channel, channels, 1), part(Axis::Column, width, 1)]
            }
            [channels, frames, height, width] => vec![
                part(Axis::Channel, channels, 1),
                part(Axis::Row, frames, height),
                part(Axis::Row, height, 1),
                part(Axis::Column, width, 1),
            ],
            [channels, height, width, ..] => vec![
                part(Axis::Channel, channels, 1),
                part(Axis::Row, height, 1),
                part(Axis::Column, width, 1),
            ],
            [] => Vec::new(),
        };
        let batch = if images { vec![AxisFactor::Images] } else { Vec::new() };
        Self { start: [0; 3], axes: [vec![batch], axes].concat() }
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.axes.len()
    }

    /// The parts of one image along an axis.
    pub fn parts(&self, axis: usize) -> impl Iterator<Item = AxisPart> + Clone {
        self.axes[axis].iter().filter_map(|factor| factor.part())
    }

    /// All parts of one image.
    pub fn all_parts(&self) -> impl Iterator<Item = AxisPart> + Clone {
        self.axes.iter().flatten().filter_map(|factor| factor.part())
    }

    /// Positions of one image along an axis.
    pub fn extent(&self, axis: usize) -> usize {
        self.parts(axis).map(|part| part.extent).product()
    }

    /// Whether the images are along an axis.
    pub fn has_images(&self, axis: usize) -> bool {
        self.axes[axis].contains(&AxisFactor::Images)
    }

    /// The axis the images are along, if they are a factor.
    pub fn images_axis(&self) -> Option<usize> {
        (0..self.rank()).find(|&axis| self.has_images(axis))
    }

    /// The model's extent of an axis for that many images.
    pub fn dim(&self, axis: usize, batch: SymbolicInt) -> SymbolicInt {
        let extent = i64::try_from(self.extent(axis)).unwrap_or(i64::MAX);
        match batch {
            _ if !self.has_images(axis) => SymbolicInt::Known(extent),
            SymbolicInt::Known(images) => SymbolicInt::Known(images.saturating_mul(extent)),
            SymbolicInt::Images(times) => SymbolicInt::Images(times.saturating_mul(extent)),
        }
    }

    /// The model's extents of all axes.
    pub fn dims(&self, batch: SymbolicInt) -> Vec<SymbolicInt> {
        (0..self.rank()).map(|axis| self.dim(axis, batch)).collect()
    }

    /// The extents in words.
    pub fn describe(&self, batch: SymbolicInt) -> String {
        let dims: Vec<String> = self.dims(batch).iter().map(ToString::to_string).collect();
        format!("[{}]", dims.join(", "))
    }

    /// Whether every value of the graph node is seen once.
    pub fn is_whole(&self, shape: Shape) -> bool {
        let extents = [shape.channels, shape.height, shape.width];
        let covered = |axis: Axis| {
            let mut parts: Vec<AxisPart> =
                self.all_parts().filter(|part| part.from == axis && part.step > 0).collect();
            parts.sort_by_key(|part| part.step);
            let next = parts.iter().try_fold(1, |next, part| {
                (part.step == next).then(|| next.saturating_mul(part.extent))
            });
            next == Some(extents[axis.index()])
        };
        self.start == [0; 3]
            && self.all_parts().all(|part| part.step > 0)
            && Axis::ALL.into_iter().all(covered)
    }

    /// Merges neighbouring parts that are one.
    pub fn merged(mut self) -> Self {
        self.axes.iter_mut().for_each(|axis| *axis = merge(axis));
        self
    }
}

/// All of one axis of a graph node.
fn whole(axis: Axis, extent: usize) -> Vec<AxisFactor> {
    let part = AxisFactor::Part(AxisPart { extent, from: axis, step: 1 });
    if extent > 1 { vec![part] } else { Vec::new() }
}

/// Merges neighbouring parts that are one.
fn merge(factors: &[AxisFactor]) -> Vec<AxisFactor> {
    let mut merged: Vec<AxisFactor> = Vec::with_capacity(factors.len());
    for &factor in factors {
        match (merged.last_mut(), factor) {
            (Some(AxisFactor::Part(left)), AxisFactor::Part(right)) if continues(*left, right) => {
                *left = AxisPart { extent: left.extent * right.extent, ..right };
            }
            _ => merged.push(factor),
        }
    }
    merged
}

/// Whether two neighbouring parts, the first one more significant, are one.
fn continues(left: AxisPart, right: AxisPart) -> bool {
    if left.step == 0 && right.step == 0 {
        return true;
    }
    left.from == right.from && left.step > 0 && left.step == right.step.saturating_mul(right.extent)
}

#[cfg(test)]
mod tests;
