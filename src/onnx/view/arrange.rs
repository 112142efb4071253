//! Moving values to where an operator needs them.

use super::{Factor, Part, View, merge};
use crate::graph::{Axis, Digit, Rearrange, Shape};

/// Which axes of a model become channels, rows and columns of a graph node, the most significant one
/// first. Every axis with a part of one image is among them once.
pub(in super::super) type Layout = [Vec<usize>; 3];

/// What it takes to bring a value into a layout.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Arranged {
    /// How values move; `None` if they lie there already.
    pub rearrange: Option<Rearrange>,
    /// The view of the result.
    pub view: View,
}

/// The place of a factor: axis and position.
type Place = (usize, usize);

impl View {
    /// Brings all axes into a layout; `None` if it takes too many digits.
    pub fn arranged(&self, shape: Shape, layout: &Layout) -> Option<Arranged> {
        let places = |axis: &usize| (0..self.axes[*axis].len()).map(move |at| (*axis, at));
        let order = layout.each_ref().map(|axes| axes.iter().flat_map(places).collect());
        self.ordered(shape, &order)
    }

    /// Keeps all parts on the axes of the graph node where they are, next to each other.
    pub fn compacted(&self, shape: Shape) -> Option<Arranged> {
        let places = |(axis, factors): (usize, &Vec<Factor>)| {
            (0..factors.len()).map(move |at| (axis, at)).collect::<Vec<Place>>()
        };
        let all: Vec<Place> = self.axes.iter().enumerate().flat_map(places).collect();
        let order = Axis::ALL.map(|axis| {
            let part = |&(axis, at): &Place| self.axes[axis][at].part();
            let here = |place: &&Place| part(place).is_some_and(|part| part.from == axis);
            let mut own: Vec<Place> = all.iter().filter(here).copied().collect();
            own.sort_by_key(|place| std::cmp::Reverse(part(place).map_or(0, |part| part.step)));
            own
        });
        self.ordered(shape, &order)
    }

    /// Brings factors to the axes of a graph node in these orders; images are left out.
    fn ordered(&self, shape: Shape, order: &[Vec<Place>; 3]) -> Option<Arranged> {
        let mut view = Self { start: [0; 3], axes: self.axes.clone() };
        let mut digits = Vec::new();
        for (to, places) in Axis::ALL.into_iter().zip(order) {
            let mut step = 1;
            for &(axis, at) in places.iter().rev() {
                if let Factor::Part(part) = &mut view.axes[axis][at] {
                    digits.push(Digit { to, extent: part.extent, from: part.from, step: part.step });
                    *part = Part { extent: part.extent, from: to, step };
                    step *= part.extent;
                }
            }
        }
        digits.reverse();
        let digits = merge_digits(&digits);
        let view = view.merged();
        if self.start == [0; 3] && is_identity(shape, &digits) {
            return Some(Arranged { rearrange: None, view });
        }
        let rearrange = Some(Rearrange::new(self.start, &digits)?);
        Some(Arranged { rearrange, view })
    }

    /// The view of a graph node in a layout whose axes have these extents for one image; images are
    /// where this view has them.
    pub fn laid_out(&self, layout: &Layout, extents: &[usize]) -> Self {
        let mut axes: Vec<Vec<Factor>> = vec![Vec::new(); self.rank()];
        for (from, own) in Axis::ALL.into_iter().zip(layout) {
            let mut step = 1;
            for &axis in own.iter().rev() {
                let extent = extents[axis];
                if extent > 1 {
                    axes[axis].push(Factor::Part(Part { extent, from, step }));
                }
                step *= extent;
            }
        }
        if let Some(axis) = self.images_axis() {
            axes[axis].insert(0, Factor::Images);
        }
        Self { start: [0; 3], axes }
    }

    /// A layout with `axis` alone on an axis of its own and channels where they are, if they can.
    pub fn layout_around(&self, axis: usize) -> Layout {
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
                match self.first_from(axis) {
                    Axis::Row => [vec![most], vec![axis], rest],
                    _ => [vec![most], rest, vec![axis]],
                }
            }
            _ => {
                let split = others.len() / 2;
                let (rows, columns) = others.split_at(split);
                [vec![axis], rows.to_vec(), columns.to_vec()]
            }
        }
    }

    /// The axis of the graph node that an axis of the model begins on.
    fn first_from(&self, axis: usize) -> Axis {
        self.parts(axis).next().map_or(Axis::Column, |part| part.from)
    }
}

/// Merges neighbouring digits of one axis that are one.
fn merge_digits(digits: &[Digit]) -> Vec<Digit> {
    let of = |axis: Axis| {
        let own = digits.iter().filter(|digit| digit.to == axis);
        let part = |digit: &Digit| {
            Factor::Part(Part { extent: digit.extent, from: digit.from, step: digit.step })
        };
        merge(&own.map(part).collect::<Vec<_>>())
    };
    let digit = |to: Axis| move |part: Part| Digit { to, extent: part.extent, from: part.from, step: part.step };
    let parts = |axis: Axis| of(axis).into_iter().filter_map(Factor::part).map(digit(axis));
    Axis::ALL.into_iter().flat_map(parts).collect()
}

/// Whether digits leave every value of a graph node where it is.
fn is_identity(shape: Shape, digits: &[Digit]) -> bool {
    let extents = [shape.channels, shape.height, shape.width];
    Axis::ALL.into_iter().all(|axis| {
        let own: Vec<&Digit> = digits.iter().filter(|digit| digit.to == axis).collect();
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
