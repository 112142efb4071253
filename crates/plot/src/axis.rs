//! An axis: its range, the positions of values on it, and round numbers for its labels.

/// Room before the first and behind the last value, as a share of the range.
const MARGIN: f64 = 0.03;

/// About how many numbers stand beside an axis.
const TICKS: f64 = 8.0;

/// Ranges below this share of the values are shown as a single value.
const NARROW: f64 = 1e-9;

/// Decades from which a logarithmic axis shows powers of ten only.
const MANY_DECADES: f64 = 3.0;

/// Magnitudes from which numbers are written with a power of ten.
const LARGE: f64 = 1e6;
const SMALL: f64 = 1e-4;

/// A linear or logarithmic axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PlotAxis {
    /// Ends, on the scale.
    low: f64,
    high: f64,
    scale: PlotScale,
}

/// Where places on an axis come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlotScale {
    /// A quarter of the value, so that no difference of two finite values is infinite.
    Linear,
    /// The natural logarithm.
    Logarithmic,
}

impl PlotScale {
    fn of(self, value: f64) -> f64 {
        match self {
            Self::Linear => value / 4.0,
            Self::Logarithmic => value.ln(),
        }
    }

    fn value(self, scaled: f64) -> f64 {
        match self {
            Self::Linear => (scaled * 4.0).clamp(f64::MIN, f64::MAX),
            Self::Logarithmic => scaled.exp().clamp(f64::MIN_POSITIVE, f64::MAX),
        }
    }
}

impl PlotAxis {
    /// An axis that holds finite values, which are positive where it is logarithmic, with a margin;
    /// an arbitrary one where there are none.
    pub(super) fn around(values: impl Iterator<Item = f64>, scale: PlotScale) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.map(|value| scale.of(value)) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (scale.of(1.0), scale.of(2.0));
        }
        let range = high - low;
        let narrow = (low.abs() + high.abs()) * NARROW;
        let margin = if range > narrow { MARGIN * range } else { (low.abs() * 0.05).max(0.5) };
        Self { low: low - margin, high: high + margin, scale }
    }

    /// A linear axis between two values, `low < high`, without a margin.
    pub(super) fn between(low: f64, high: f64) -> Self {
        let scale = PlotScale::Linear;
        Self { low: scale.of(low), high: scale.of(high), scale }
    }

    /// Where a value lies: 0 at the low end, 1 at the high end.
    pub(super) fn place(&self, value: f64) -> f64 {
        (self.scale.of(value) - self.low) / (self.high - self.low)
    }

    /// Round values in the range, and how they are written.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let (low, high) = (self.scale.value(self.low), self.scale.value(self.high));
        if self.scale == PlotScale::Logarithmic {
            let ticks = self.powers(low, high);
            if ticks.len() > 2 {
                return ticks;
            }
        }
        let rough = (high / TICKS - low / TICKS).max(f64::MIN_POSITIVE);
        let unit = 10_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 5.0].map(|factor| factor * unit);
        let step = steps.into_iter().find(|step| *step >= rough).unwrap_or(10.0 * unit);
        let (first, last) = ((low / step).ceil(), (high / step).floor());
        // Between values that lie very close there may be no multiple of the step, or one many times.
        let count = (last - first).clamp(-1.0, 2.0 * TICKS) as i32;
        (0..=count)
            .map(|place| (first + f64::from(place)) * step)
            .filter(|value| self.shows(*value))
            .map(|value| (value, written(value, step, low.abs().max(high.abs()))))
            .collect()
    }

    fn shows(&self, value: f64) -> bool {
        (0.0..=1.0).contains(&self.place(value))
    }

    /// Powers of ten and, over few decades, twice and five times them.
    fn powers(&self, low: f64, high: f64) -> Vec<(f64, String)> {
        let decades = high.log10() - low.log10();
        let factors: &[f64] = if decades < MANY_DECADES { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let every = (decades / TICKS).ceil().max(1.0) as usize;
        let mut ticks = Vec::new();
        for exponent in (low.log10().floor() as i32..=high.log10().ceil() as i32).step_by(every) {
            for factor in factors {
                let unit = 10_f64.powi(exponent);
                let value = factor * unit;
                if self.shows(value) {
                    ticks.push((value, written(value, unit, value)));
                }
            }
        }
        ticks
    }
}

/// A value that is a multiple of `step`, with the digits that tell it from its neighbours.
fn written(value: f64, step: f64, largest: f64) -> String {
    let exponent = largest.log10().floor();
    let text = if value == 0.0 {
        "0".to_owned()
    } else if (SMALL..LARGE).contains(&largest) {
        let decimals = (-(step * 1.001).log10().floor()).clamp(0.0, 12.0) as usize;
        format!("{value:.decimals$}")
    } else {
        let digits = (exponent - (step * 1.001).log10().floor()).clamp(0.0, 12.0) as usize;
        let mantissa = format!("{:.digits$}", value / 10_f64.powf(exponent));
        format!("{mantissa}×10{}", superscript(exponent as i32))
    };
    text.replace('-', "−")
}

fn superscript(number: i32) -> String {
    let digit = |digit: char| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        other => char::from_u32(0x2070 + other.to_digit(10).unwrap_or(0)).unwrap_or(other),
    };
    number.to_string().chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: PlotAxis) -> Vec<String> {
        axis.ticks().into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn numbers_are_round_and_told_apart() {
        assert_eq!(labels(PlotAxis::between(0.0, 100.0)), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(PlotAxis::between(0.62, 1.0))[..3], ["0.65", "0.70", "0.75"]);
        assert_eq!(labels(PlotAxis::between(-1.0, 1.0)), ["−1.0", "−0.5", "0", "0.5", "1.0"]);
        assert_eq!(
            labels(PlotAxis::between(1e7, 5.1e7)),
            ["1×10⁷", "2×10⁷", "3×10⁷", "4×10⁷", "5×10⁷"]
        );
        assert_eq!(labels(PlotAxis::between(0.0, 2e-6))[1], "0.5×10⁻⁶");
        assert_eq!(labels(PlotAxis::between(1540.0, 1700.0))[0], "1540");
    }

    #[test]
    fn logarithmic_axes_show_powers_of_ten() {
        let axis =
            |low: f64, high| PlotAxis::around([low, high].into_iter(), PlotScale::Logarithmic);
        assert_eq!(labels(axis(0.07, 1.5)), ["0.1", "0.2", "0.5", "1"]);
        assert_eq!(labels(axis(1.0, 1e5)), ["1", "10", "100", "1000", "10000", "100000"]);
        assert_eq!(labels(axis(11.0, 14.0))[..3], ["11.0", "11.5", "12.0"]);
        assert!((axis(1.0, 100.0).place(10.0) - 0.5).abs() < 1e-12);
    }

    /// Every place is on the axis, ticks ascend and are few, whatever the values.
    #[test]
    fn extreme_ranges_have_axes() {
        let huge = [f64::MIN, f64::MAX];
        let close = [1e16, 1e16 + 2.0];
        let subnormal = [5e-324, 1e-323];
        let cases =
            [vec![], vec![0.0], vec![1e300], huge.to_vec(), close.to_vec(), subnormal.to_vec()];
        for values in &cases {
            for scale in [PlotScale::Linear, PlotScale::Logarithmic] {
                let values: Vec<f64> = values
                    .iter()
                    .copied()
                    .filter(|value| scale == PlotScale::Linear || *value > 0.0)
                    .collect();
                let axis = PlotAxis::around(values.iter().copied(), scale);
                for value in &values {
                    assert!((0.0..=1.0).contains(&axis.place(*value)), "{value} on {axis:?}");
                }
                let ticks = axis.ticks();
                assert!(ticks.len() < 20, "{} ticks on {axis:?}", ticks.len());
                assert!(ticks.windows(2).all(|two| two[0].0 <= two[1].0), "{ticks:?}");
            }
        }
    }
}
