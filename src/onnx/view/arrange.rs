//! Moving values to where an operator needs them.

use super::{AxisFactor, AxisPart, TensorView, merge};
use crate::graph::{Axis, AxisDigit, Rearrange, Shape};

/// Which axes of a model become channels, rows and columns of a graph node, the most significant one
/// first. Every axis with a part of one image is among them once.
pub(in super::super) type AxisLayout = [Vec<usize>; 3];

/// What it takes to bring a value into a layout.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct ArrangedView {
    /// How values move; `None` if they lie there already.
    pub rearrange: Option<Rearrange>,
    /// The view of the result.
    pub view: TensorView,
}

/// The place of a factor: axis and position.
type FactorPlace = (usize, usize);

impl TensorView {
    /// Brings all axes into a layout; `None` if it takes too many digits.
    pub fn arranged(&self, shape: Shape, layout: &AxisLayout) -> Option<ArrangedView> {
        let places = |axis: usize| (0..self.axes[axis].len()).map(move |at| (axis, at));
        let order = layout.each_ref().map(|axes| axes.iter().copied().flat_map(places).collect());
        self.ordered(shape, &order)
    }

    /// Keeps all parts on the axes of the graph node where they are, next to each other.
    pub fn compacted(&self, shape: Shape) -> Option<ArrangedView> {
        let places = |(axis, factors): (usize, &Vec<AxisFactor>)| {
            (0..factors.len()).map(move |at| (axis, at)).collect::<Vec<FactorPlace>>()
        };
        let all: Vec<FactorPlace> = self.axes.iter().enumerate().flat_map(places).collect();
        let order = Axis::ALL.map(|axis| {
            let part = |&(axis, at): &FactorPlace| self.axes[axis][at].part();
            let here = |place: &&FactorPlace| part(place).is_some_and(|part| part.from == axis);
            let mut own: Vec<FactorPlace> = all.iter().filter(here).copied().collect();
            own.sort_by_key(|place| std::cmp::Reverse(part(place).map_or(0, |part| part.step)));
            own
        });
        self.ordered(shape, &order)
    }

    /// Brings factors to the axes of a graph node in these orders; images are left out.
    fn ordered(&self, shape: Shape, order: &[Vec<FactorPlace>; 3]) -> Option<ArrangedView> {
        let mut view = Self { start: [0; 3], axes: self.axes.clone() };
        let mut digits = Vec::new();
        for (to, places) in Axis::ALL.into_iter().zip(order) {
            let mut step = 1;
            for &(axis, at) in places.iter().rev() {
                if let AxisFactor::Part(part) = &mut view.axes[axis][at] {
                    digits.push(part.digit(to));
                    *part = AxisPart { extent: part.extent, from: to, step };
                    step *= part.extent;
                }
            }
        }
        digits.reverse();
        let rearrange = rearrangement(self.start, shape, &digits)?;
        Some(ArrangedView { rearrange, view: view.merged() })
    }

    /// With an axis that has an axis of the graph node for itself.
    pub fn with_extent(mut self, axis: usize, from: Axis, extent: usize) -> Self {
        let part = AxisFactor::Part(AxisPart { extent, from, step: 1 });
        self.axes[axis] = if extent > 1 { vec![part] } else { Vec::new() };
        self
    }

    /// A layout with `axis` alone on an axis of its own and channels where they are, if they can.
    pub fn layout_around(&self, axis: usize) -> AxisLayout {
        let others: Vec<usize> =
            (0..self.rank()).filter(|&other| other != axis && self.extent(other) > 1).collect();
        let channels = |axis: &usize| {
            let own = self.parts(*axis).filter(|part| part.from == Axis::Channel && part.step > 0);
            own.map(|part| part.extent).product::<usize>()
        };
        let most = others.iter().copied().max_by_key(channels).filter(|most| channels(most) > 1);
        match most {
            Some(most) if channels(&most) > channels(&axis) => {
                let rest: Vec<usize> = others.into_iter().filter(|&other| other != most).collect();
                if self.is_of_rows(axis) {
                    [vec![most], vec![axis], rest]
                } else {
                    [vec![most], rest, vec![axis]]
                }
            }
            _ => {
                let (rows, columns) = others.into_iter().partition(|&axis| self.is_of_rows(axis));
                [vec![axis], rows, columns]
            }
        }
    }

    /// Whether an axis of the model is a part of the rows only.
    fn is_of_rows(&self, axis: usize) -> bool {
        let mut parts = self.parts(axis);
        parts.next().is_some_and(|part| part.from == Axis::Row) && parts.next().is_none()
    }
}

impl AxisPart {
    /// The part as a digit along an axis of a result.
    pub fn digit(self, to: Axis) -> AxisDigit {
        AxisDigit { to, extent: self.extent, from: self.from, step: self.step }
    }
}

/// The rearrangement with these digits of a graph node of that shape; the inner `None` if it leaves
/// every value where it is, the outer one if there are too many digits.
pub fn rearrangement(
    start: [usize; 3],
    shape: Shape,
    digits: &[AxisDigit],
) -> Option<Option<Rearrange>> {
    let digits = merge_digits(digits);
    if start == [0; 3] && is_identity(shape, &digits) {
        return Some(None);
    }
    Rearrange::new(start, &digits).map(Some)
}

/// Merges neighbouring digits of one axis that are one.
fn merge_digits(digits: &[AxisDigit]) -> Vec<AxisDigit> {
    let mut all = Vec::new();
    for to in Axis::ALL {
        let own = digits.iter().filter(|digit| digit.to == to);
        let part = |digit: &AxisDigit| {
            AxisFactor::Part(AxisPart { extent: digit.extent, from: digit.from, step: digit.step })
        };
        let merged = merge(&own.map(part).collect::<Vec<_>>());
        all.extend(merged.into_iter().filter_map(AxisFactor::part).map(|part| part.digit(to)));
    }
    all
}

/// Whether digits leave every value of a graph node where it is.
fn is_identity(shape: Shape, digits: &[AxisDigit]) -> bool {
    let extents = [shape.channels, shape.height, shape.width];
    Axis::ALL.into_iter().all(|axis| {
        let own: Vec<&AxisDigit> = digits.iter().filter(|digit| digit.to == axis).collect();
        match own[..] {
            [] => extents[axis.index()] == 1,
            [digit] => {
                let stays = digit.from == axis && digit.step == 1;
                stays && digit.extent == extents[axis.index()]
            }
            _ => false,
        }
    })
}
