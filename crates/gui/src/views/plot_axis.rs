//! The axes of plots: where labels stand, and how numbers are written beside them.

use std::ops::RangeInclusive;

use egui_plot::{AxisHints, GridInput, GridMark};

/// The most labels of an axis.
const MOST: usize = 9;
/// The fewest that say how an axis runs.
const FEWEST: usize = 3;
/// The width of a digit, and the height of a line, in points.
const DIGIT: f64 = 7.0;
const LINE: f64 = 15.0;
/// The room between two labels, beside and above each other.
const BETWEEN: [f64; 2] = [14.0, 9.0];
/// Points between grid lines from which egui_plot computes [`GridInput::base_step_size`].
pub const SPACING: f32 = 8.0;

/// How values lie on an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AxisScale {
    /// Evenly.
    #[default]
    Linear,
    /// Evenly, and only whole numbers have labels.
    Whole,
    /// By their decimal logarithms.
    Logarithmic,
}

impl AxisScale {
    /// Linear or logarithmic.
    pub fn new(logarithmic: bool) -> Self {
        if logarithmic { Self::Logarithmic } else { Self::Linear }
    }

    /// The value at a place on the axis.
    fn value(self, place: f64) -> f64 {
        if self == Self::Logarithmic { 10_f64.powf(place) } else { place }
    }

    /// Where a value is.
    fn place(self, value: f64) -> f64 {
        if self == Self::Logarithmic { value.log10() } else { value }
    }
}

/// An axis of a plot.
#[derive(Clone, Debug)]
pub struct PlotAxis {
    /// What it shows.
    pub name: String,
    /// How values lie on it.
    pub scale: AxisScale,
}

impl PlotAxis {
    /// An axis of that name.
    pub fn new(name: impl Into<String>, scale: AxisScale) -> Self {
        Self { name: name.into(), scale }
    }

    /// A linear axis of that name.
    pub fn linear(name: impl Into<String>) -> Self {
        Self::new(name, AxisScale::Linear)
    }

    /// An axis of counts.
    pub fn count(name: impl Into<String>) -> Self {
        Self::new(name, AxisScale::Whole)
    }

    /// As egui_plot has it; `axis` is 0 across and 1 up.
    pub fn hints<'a>(&self, axis: usize) -> AxisHints<'a> {
        let scale = self.scale;
        let hints = if axis == 0 { AxisHints::new_x() } else { AxisHints::new_y() };
        hints
            .label(self.name.clone())
            // Every mark that there is has its label.
            .label_spacing(0.0..=1.0)
            .formatter(move |mark: GridMark, _: &RangeInclusive<f64>| {
                number(scale.value(mark.value))
            })
    }

    /// Where egui_plot has lines and labels.
    pub fn spacer(&self, axis: usize) -> impl Fn(GridInput) -> Vec<GridMark> + 'static {
        let scale = self.scale;
        move |input| {
            let (low, high) = input.bounds;
            let points = (high - low) / (input.base_step_size / f64::from(SPACING));
            let marks = marks(scale, axis, [low, high], points).into_iter();
            // As wide as the axis: no label is taken for too long.
            marks.map(|value| GridMark { value, step_size: high - low }).collect()
        }
    }
}

/// The places of the labels of an axis that is so many points long: round numbers, as many as can be
/// read.
fn marks(scale: AxisScale, axis: usize, bounds: [f64; 2], points: f64) -> Vec<f64> {
    let sets = candidates(scale, bounds.map(|place| scale.value(place)));
    let places = |values: &[f64]| values.iter().map(|value| scale.place(*value)).collect();
    let mut best: Vec<f64> = Vec::new();
    for values in &sets {
        let fitting = fitting(scale, axis, bounds, points, places(values));
        // A finer set is worth nothing where its labels have to be left out.
        match fitting {
            Some(places) if places.len() <= MOST && places.len() > best.len() => best = places,
            Some(_) => {}
            None if best.len() >= FEWEST => break,
            None => {}
        }
    }
    if best.len() >= FEWEST {
        return best;
    }
    // No set can be read as a whole: the first of which enough numbers can, or the most.
    for values in &sets {
        let thinned = thinned(scale, axis, bounds, points, places(values));
        if thinned.len() > best.len() {
            best = thinned;
        }
        if best.len() >= FEWEST {
            break;
        }
    }
    best
}

/// Those of the places that are not too near one before them.
fn thinned(
    scale: AxisScale,
    axis: usize,
    bounds: [f64; 2],
    points: f64,
    places: Vec<f64>,
) -> Vec<f64> {
    let mut kept: Vec<f64> = Vec::new();
    for place in places {
        kept.push(place);
        let fitting = fitting(scale, axis, bounds, points, kept.clone());
        if fitting.is_none_or(|fitting| fitting.len() < kept.len()) {
            kept.pop();
        }
    }
    kept
}

/// The places that lie wholly beside the axis, if none is too near another.
fn fitting(
    scale: AxisScale,
    axis: usize,
    [low, high]: [f64; 2],
    points: f64,
    places: Vec<f64>,
) -> Option<Vec<f64>> {
    let size = |place: f64| match axis {
        0 => number(scale.value(place)).chars().count() as f64 * DIGIT,
        _ => LINE,
    };
    let at = |place: f64| (place - low) / (high - low) * points;
    // A label may stand out at the left, where the other axis has its room, and by half a line above and
    // below, but not at the right.
    let is_whole = |place: &f64| {
        let (at, half) = (at(*place), size(*place) / 2.0);
        at >= -0.01 && if axis == 0 { at + half <= points + 4.0 } else { at <= points + 0.01 }
    };
    let whole: Vec<f64> = places.into_iter().filter(is_whole).collect();
    let apart = |pair: &[f64]| {
        let between = at(pair[1]) - at(pair[0]);
        between >= (size(pair[0]) + size(pair[1])) / 2.0 + BETWEEN[axis]
    };
    whole.windows(2).all(apart).then_some(whole)
}

/// Sets of round numbers between two values, from the coarsest to finer ones.
fn candidates(scale: AxisScale, [low, high]: [f64; 2]) -> Vec<Vec<f64>> {
    let mut sets = Vec::new();
    if scale == AxisScale::Logarithmic && low > 0.0 && high.is_finite() {
        let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        for (every, factors) in
            [(10, &[1.0][..]), (5, &[1.0]), (2, &[1.0]), (1, &[1.0]), (1, &[1.0, 2.0, 5.0])]
        {
            let powers = (first..=last).filter(|power| power.rem_euclid(every) == 0);
            let all = powers.flat_map(|power| factors.iter().map(move |f| f * 10_f64.powi(power)));
            sets.push(all.filter(|value| (low..=high).contains(value)).collect());
        }
    }
    let range = high - low;
    if !(range > 0.0 && range.is_finite()) {
        return sets;
    }
    let whole = scale == AxisScale::Whole;
    let top = range.log10().ceil() as i32;
    for power in (top - 3..=top).rev() {
        for factor in [5.0, 2.0, 1.0] {
            let step = factor * 10_f64.powi(power);
            if whole && step < 1.0 {
                return sets;
            }
            // An end that is a multiple itself may be a little beside it.
            let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
            if last - first < 4.0 * MOST as f64 {
                let count = (last - first).max(-1.0) as i32;
                sets.push((0..=count).map(|at| (first + f64::from(at)) * step).collect());
            }
        }
    }
    sets
}

/// A number beside an axis, in few characters: 1.5M.
pub fn number(value: f64) -> String {
    let size = value.abs();
    let (scaled, unit) = match size {
        _ if size >= 1e9 => (value / 1e9, "G"),
        _ if size >= 1e6 => (value / 1e6, "M"),
        _ if size >= 1e4 => (value / 1e3, "K"),
        _ => (value, ""),
    };
    if scaled == 0.0 || !scaled.is_finite() {
        return if scaled == 0.0 { "0".to_owned() } else { scaled.to_string() };
    }
    if scaled.abs() < 1e-3 || scaled.abs() >= 1e5 {
        let text = format!("{value:.2e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'));
    }
    // Six digits: a sum of steps is as round as its steps.
    let decimals = (5 - scaled.abs().log10().floor() as i32).clamp(0, 8) as usize;
    let text = format!("{scaled:.decimals$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

/// A number of three digits, in few characters.
pub fn rounded(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return number(value);
    }
    let unit = 10_f64.powf(value.abs().log10().floor() - 2.0);
    number((value / unit).round() * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: AxisScale, axis: usize, values: [f64; 2], points: f64) -> Vec<String> {
        let marks = marks(scale, axis, values.map(|value| scale.place(value)), points);
        marks.into_iter().map(|place| number(scale.value(place))).collect()
    }

    #[test]
    fn logarithmic_axes_have_labels_at_one_two_and_five() {
        let x = |values, points| labels(AxisScale::Logarithmic, 0, values, points);
        assert_eq!(x([70_000.0, 1.6e6], 420.0), ["100K", "200K", "500K", "1M"]);
        assert_eq!(x([0.5, 2e7], 300.0), ["1", "10", "100", "1000", "10K", "100K", "1M", "10M"]);
        // Less than a decade: round numbers all the same.
        assert_eq!(x([1.25e6, 1.75e6], 300.0), ["1.3M", "1.4M", "1.5M", "1.6M", "1.7M"]);
    }

    #[test]
    fn counts_are_whole_numbers() {
        let y = |high, points| labels(AxisScale::Whole, 1, [0.0, high], points);
        assert_eq!(y(3.2, 200.0), ["0", "1", "2", "3"]);
        assert_eq!(y(41.0, 160.0), ["0", "10", "20", "30", "40"]);
        assert!(y(1.05, 200.0).iter().all(|text| !text.contains('.')));
    }

    // Narrow plots and odd ranges included: an axis with fewer labels says nothing of its scale.
    #[test]
    fn every_axis_has_three_labels_that_are_apart_and_not_cut() {
        for scale in [AxisScale::Linear, AxisScale::Logarithmic] {
            for low in [0.003, 0.7, 74_230.0, 1_073_466.0, 2.5e8] {
                for factor in [1.07, 1.5, 3.3, 21.0, 800.0] {
                    for (axis, points) in
                        [(0, 150.0), (0, 240.0), (0, 700.0), (1, 110.0), (1, 300.0)]
                    {
                        let bounds = [low, low * factor].map(|value| scale.place(value));
                        let marks = marks(scale, axis, bounds, points);
                        let fitted = fitting(scale, axis, bounds, points, marks.clone());
                        assert_eq!(fitted.as_ref(), Some(&marks), "{scale:?} {low} {factor}");
                        let count = marks.len();
                        assert!(
                            (FEWEST..=MOST).contains(&count),
                            "{scale:?} {low} {factor} {axis} {points}: {marks:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn negative_and_empty_ranges_do_no_harm() {
        assert_eq!(
            labels(AxisScale::Linear, 0, [-1.0, 1.0], 300.0),
            ["-1", "-0.5", "0", "0.5", "1"]
        );
        assert!(labels(AxisScale::Linear, 0, [1.0, 1.0], 300.0).is_empty());
        assert!(labels(AxisScale::Linear, 0, [f64::NAN, 1.0], 300.0).is_empty());
    }

    #[test]
    fn numbers_are_short() {
        let written = [0.0, 0.25, 1500.0, 1_073_466.0, 2e9, -12_000.0, 0.1 + 0.2, 1e-5].map(number);
        assert_eq!(written, ["0", "0.25", "1500", "1.07347M", "2G", "-12K", "0.3", "1e-5"]);
        let short = [2_044_064.0, -20.4217, 0.0, 15.0].map(rounded);
        assert_eq!(short, ["2.04M", "-20.4", "0", "15"]);
    }
}
