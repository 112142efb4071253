//! Combining two views: broadcasting, and bringing the second value to the layout of the first.

use super::{ArrangedView, AxisFactor, AxisPart, TensorView, arrange};
use crate::graph::{Axis, AxisDigit, Rearrange, Shape};

/// Two parts of one extent at the same place of the same axis of two views.
type PartPair = (AxisPart, AxisPart);

impl TensorView {
    /// Both views with the same axes: axes of extent 1 are repeated. An error says which do not fit.
    pub fn broadcast(&self, other: &Self) -> Result<(Self, Self), String> {
        let rank = self.rank().max(other.rank());
        let (mut a, mut b) = (self.widened(rank), other.widened(rank));
        for axis in 0..rank {
            let (x, y) = (a.extent(axis), b.extent(axis));
            match (a.has_images(axis), b.has_images(axis)) {
                _ if x == y && a.has_images(axis) == b.has_images(axis) => {}
                (_, false) if y == 1 => b.repeat(axis, x),
                (false, _) if x == 1 => a.repeat(axis, y),
                _ => return Err(format!("axis {axis} has {x} and {y} values for each image")),
            }
        }
        a.check_images(&b)?;
        Ok((a, b))
    }

    /// With the images in the place of as many repetitions, where another view has the images there: a model
    /// of a fixed batch size repeats what is the same for all images.
    pub fn with_images_like(mut self, other: &Self, images: usize) -> Self {
        let place = match (self.images_axis(), other.images_axis()) {
            (None, Some(theirs)) => (theirs + self.rank()).checked_sub(other.rank()),
            _ => None,
        };
        let leads = |theirs: usize| other.axes[theirs].first() == Some(&AxisFactor::Images);
        if let Some(axis) = place
            && other.images_axis().is_some_and(leads)
            && let Some(AxisFactor::Part(part)) = self.axes[axis].first_mut()
            && part.step == 0
            && images > 1
            && part.extent.is_multiple_of(images)
        {
            part.extent /= images;
            let used_up = usize::from(part.extent == 1);
            self.axes[axis].splice(..used_up, [AxisFactor::Images]);
        }
        self
    }

    /// Whether the images of two views, where both have them, are at one place.
    fn check_images(&self, other: &Self) -> Result<(), String> {
        let place = |view: &Self| {
            let axis = view.images_axis()?;
            let before = view.axes[axis].iter().take_while(|factor| **factor != AxisFactor::Images);
            let before = before.filter_map(|factor| factor.part()).map(|part| part.extent);
            Some((axis, before.product::<usize>()))
        };
        match (place(self), place(other)) {
            (Some(a), Some(b)) if a != b => Err("different images would be paired".to_owned()),
            _ => Ok(()),
        }
    }

    /// How the value of this view, of a graph node of that shape, is brought to where `base` has the
    /// same axes; `base` sees every value of its node once. `None` as rearrangement if the value lies
    /// there already; `None` as a whole if axes end inside each other.
    pub fn aligned(&self, shape: Shape, base: &Self) -> Option<Option<Rearrange>> {
        let mut pairs: Vec<PartPair> = Vec::new();
        for axis in 0..base.rank() {
            pair_up(base.parts(axis).collect(), self.parts(axis).collect(), &mut pairs)?;
        }
        let mut digits = Vec::new();
        for to in Axis::ALL {
            let mut own: Vec<&PartPair> = pairs.iter().filter(|(at, _)| at.from == to).collect();
            own.sort_by_key(|(at, _)| std::cmp::Reverse(at.step));
            let digit =
                |(at, part): &&PartPair| AxisDigit { to, extent: at.extent, ..part.digit(to) };
            digits.extend(own.iter().map(digit));
        }
        arrange::rearrangement(self.start, shape, &digits)
    }
}

/// Pairs the parts of one axis, split where one of the other view ends.
fn pair_up(mut a: Vec<AxisPart>, mut b: Vec<AxisPart>, pairs: &mut Vec<PartPair>) -> Option<()> {
    a.reverse();
    b.reverse();
    while let (Some(mut x), Some(mut y)) = (a.pop(), b.pop()) {
        if x.extent > y.extent {
            let low;
            (x, low) = divided(x, y.extent)?;
            a.push(low);
        } else if y.extent > x.extent {
            let low;
            (y, low) = divided(y, x.extent)?;
            b.push(low);
        }
        pairs.push((x, y));
    }
    (a.is_empty() && b.is_empty()).then_some(())
}

/// A part as two, the first one with `high` positions.
fn divided(part: AxisPart, high: usize) -> Option<(AxisPart, AxisPart)> {
    part.extent.is_multiple_of(high).then(|| part.split(part.extent / high))
}

/// Both views' values in one layout.
pub(in super::super) struct AlignedViews {
    /// How the first value is brought there; none if it lies there.
    pub first: Option<Rearrange>,
    /// The same for the second value.
    pub second: Option<Rearrange>,
    /// The view of both.
    pub view: TensorView,
}

impl AlignedViews {
    /// Brings two values with equal axes into one layout, that of a whole one if there is one; `None`
    /// if that takes too many digits.
    pub fn new(a: (&TensorView, Shape), b: (&TensorView, Shape)) -> Option<Self> {
        // The view of both must say where the images are.
        let leads = |one: &TensorView, other: &TensorView| {
            one.images_axis().is_some() || other.images_axis().is_none()
        };
        let swapped = |pairing: Self| Self {
            first: pairing.second,
            second: pairing.first,
            view: pairing.view,
        };
        let (a_leads, b_leads) = (leads(a.0, b.0), leads(b.0, a.0));
        let whole = |(view, shape): (&TensorView, Shape)| view.is_whole(shape);
        let as_it_is = |base: (&TensorView, Shape), other| Self::onto(base.0.clone(), None, other);
        None.or_else(|| (a_leads && whole(a)).then(|| as_it_is(a, b)).flatten())
            .or_else(|| (b_leads && whole(b)).then(|| as_it_is(b, a)).flatten().map(swapped))
            .or_else(|| a_leads.then(|| Self::moved(a, b)).flatten())
            .or_else(|| b_leads.then(|| Self::moved(b, a)).flatten().map(swapped))
    }

    /// Moves both: the first one next to each other, or, where axes would end inside each other, each
    /// axis of the model to an axis of its own.
    fn moved((base, shape): (&TensorView, Shape), other: (&TensorView, Shape)) -> Option<Self> {
        let moved = |arranged: ArrangedView| Self::onto(arranged.view, arranged.rearrange, other);
        let apart = || base.arranged(shape, &base.layout_around(base.rank().saturating_sub(1)));
        base.compacted(shape).and_then(moved).or_else(|| apart().and_then(moved))
    }

    fn onto(
        view: TensorView,
        first: Option<Rearrange>,
        other: (&TensorView, Shape),
    ) -> Option<Self> {
        let second = other.0.aligned(other.1, &view)?;
        Some(Self { first, second, view })
    }
}
