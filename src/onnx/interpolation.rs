//! The positions and factors of `Resize` and `Pad` along one axis.

use super::error::OnnxProblem;
use super::node::OnnxNode;
use super::resample::Taps;

/// The operator set from which on coordinates are transformed as an attribute says.
const COORDINATES: i64 = 11;

/// How far a coordinate may be from a whole number to be one: scales are rounded quotients.
const SNAP: f64 = 1e-5;

/// What lies between positions.
#[derive(Clone, Copy, PartialEq)]
enum Filter {
    /// The nearest position.
    Nearest(Rounding),
    /// A line between two positions.
    Linear,
    /// A cubic through four positions, with this coefficient.
    Cubic(f64),
}

#[derive(Clone, Copy, PartialEq)]
enum Rounding {
    HalfDown,
    HalfUp,
    Floor,
    Ceil,
}

/// How an axis is resized.
pub(super) struct Interpolation {
    filter: Filter,
    mode: String,
    antialias: bool,
    exclude_outside: bool,
}

impl Interpolation {
    /// Reads the attributes of a `Resize` or `Upsample`.
    pub fn read(node: OnnxNode<'_>, opset: i64) -> Result<Self, OnnxProblem> {
        let text = |name: &str, old: &'static str, new: &'static str| {
            let default = if opset < COORDINATES { old } else { new };
            Ok(node.text(name)?.unwrap_or(default).to_owned())
        };
        let mode = text("coordinate_transformation_mode", "asymmetric", "half_pixel")?;
        let known = [
            "half_pixel",
            "half_pixel_symmetric",
            "pytorch_half_pixel",
            "align_corners",
            "asymmetric",
            "tf_half_pixel_for_nn",
        ];
        if !known.contains(&mode.as_str()) {
            return Err(node.fail(format!(
                "attribute coordinate_transformation_mode is {mode}; supported: {}",
                known.join(", ")
            )));
        }
        let filter = match node.text("mode")?.unwrap_or("nearest") {
            "nearest" => {
                let rounding = text("nearest_mode", "floor", "round_prefer_floor")?;
                Filter::Nearest(match rounding.as_str() {
                    "round_prefer_floor" => Rounding::HalfDown,
                    "round_prefer_ceil" => Rounding::HalfUp,
                    "floor" => Rounding::Floor,
                    "ceil" => Rounding::Ceil,
                    other => {
                        return Err(node.fail(format!(
                            "attribute nearest_mode is {other}; supported: round_prefer_floor, \
                             round_prefer_ceil, floor and ceil"
                        )));
                    }
                })
            }
            "linear" | "bilinear" | "trilinear" => Filter::Linear,
            "cubic" | "bicubic" => {
                Filter::Cubic(node.float("cubic_coeff_a")?.unwrap_or(-0.75).into())
            }
            other => {
                return Err(node.fail(format!(
                    "attribute mode is {other}; supported: nearest, linear and cubic"
                )));
            }
        };
        let antialias = node.int("antialias")?.unwrap_or(0) != 0;
        let exclude_outside = node.int("exclude_outside")?.unwrap_or(0) != 0;
        Ok(Self { filter, mode, antialias, exclude_outside })
    }

    /// Whether a position of the result is the position of the input that a whole factor repeats.
    pub fn repeats(&self) -> bool {
        match (self.mode.as_str(), self.filter) {
            ("asymmetric", Filter::Nearest(Rounding::Floor)) => true,
            ("half_pixel" | "pytorch_half_pixel", Filter::Nearest(rounding)) => {
                matches!(rounding, Rounding::HalfDown | Rounding::HalfUp)
            }
            _ => false,
        }
    }

    /// The taps of every position of an axis of `extent` positions that becomes one of `size`.
    pub fn rows(&self, extent: usize, size: usize, scale: f64) -> Vec<Taps> {
        (0..size).map(|at| self.taps(at, extent, size, scale)).collect()
    }

    /// Where a position of the result lies among those of the input.
    fn coordinate(&self, at: usize, extent: usize, size: usize, scale: f64) -> f64 {
        let (at, from, to) = (at as f64, extent as f64, size as f64);
        let place = match self.mode.as_str() {
            "align_corners" if size == 1 => 0.0,
            "align_corners" => at * (from - 1.0) / (to - 1.0),
            "asymmetric" => at / scale,
            "pytorch_half_pixel" if size == 1 => 0.0,
            "tf_half_pixel_for_nn" => (at + 0.5) / scale,
            "half_pixel_symmetric" => {
                let offset = from / 2.0 * (1.0 - to / (scale * from));
                offset + (at + 0.5) / scale - 0.5
            }
            _ => (at + 0.5) / scale - 0.5,
        };
        if (place - place.round()).abs() < SNAP { place.round() } else { place }
    }

    fn taps(&self, at: usize, extent: usize, size: usize, scale: f64) -> Taps {
        let place = self.coordinate(at, extent, size, scale);
        let last = extent as f64 - 1.0;
        let clamped = |position: f64| position.clamp(0.0, last) as usize;
        let weight: Box<dyn Fn(f64) -> f64> = match self.filter {
            Filter::Nearest(rounding) => {
                let position = match rounding {
                    Rounding::HalfDown => (place - 0.5).ceil(),
                    Rounding::HalfUp => (place + 0.5).floor(),
                    Rounding::Floor => place.floor(),
                    Rounding::Ceil => place.ceil(),
                };
                return vec![(clamped(position), 1.0)];
            }
            Filter::Linear => Box::new(|distance| (1.0 - distance).max(0.0)),
            Filter::Cubic(a) => Box::new(move |distance| cubic(a, distance)),
        };
        let radius = if matches!(self.filter, Filter::Cubic(_)) { 2.0 } else { 1.0 };
        // Antialiasing widens the filter by as much as the axis shrinks.
        let widens = self.antialias && scale < 1.0;
        let stretch = if widens { scale } else { 1.0 };
        let reach = radius / stretch;
        let excludes = self.exclude_outside;
        let place =
            if self.filter == Filter::Linear && !widens { place.clamp(0.0, last) } else { place };
        let mut taps: Vec<(usize, f64)> = Vec::new();
        let mut sum = 0.0;
        let mut position = (place - reach).floor();
        while position <= (place + reach).ceil() {
            let factor = weight((place - position).abs() * stretch);
            let inside = (0.0..=last).contains(&position);
            if factor != 0.0 && (inside || !excludes) {
                sum += factor;
                match taps.iter_mut().find(|(other, _)| *other == clamped(position)) {
                    Some((_, before)) => *before += factor,
                    None => taps.push((clamped(position), factor)),
                }
            }
            position += 1.0;
        }
        let divisor = if (excludes || widens) && sum != 0.0 { sum } else { 1.0 };
        taps.into_iter().map(|(position, factor)| (position, (factor / divisor) as f32)).collect()
    }
}

/// The cubic convolution kernel.
fn cubic(a: f64, x: f64) -> f64 {
    if x <= 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a
    } else {
        0.0
    }
}

/// What surrounds a padded axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PadMode {
    /// One value.
    Constant,
    /// The axis backwards, without its last position.
    Reflect,
    /// The last position.
    Edge,
    /// The axis again.
    Wrap,
}

impl PadMode {
    /// The position of an axis that a padded position shows; `None` if it is the constant.
    pub fn source(self, position: i64, extent: i64) -> Option<usize> {
        let inside = match self {
            Self::Constant if (0..extent).contains(&position) => position,
            Self::Constant => return None,
            Self::Edge => position.clamp(0, extent - 1),
            Self::Wrap => position.rem_euclid(extent),
            Self::Reflect if extent == 1 => 0,
            Self::Reflect => {
                let turn = position.rem_euclid(2 * (extent - 1));
                turn.min(2 * (extent - 1) - turn)
            }
        };
        usize::try_from(inside).ok()
    }
}
