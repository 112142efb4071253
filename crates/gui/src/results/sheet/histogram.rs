//! Histograms of values.

/// Counts in bins of equal width.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueHistogram {
    /// Where the first bin begins.
    pub start: f64,
    /// The width of a bin.
    pub width: f64,
    /// How many values each bin holds.
    pub counts: Vec<u64>,
}

impl ValueHistogram {
    /// Counts finite values; no bins where there are none.
    pub fn new(values: impl Iterator<Item = f64> + Clone, bins: usize) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in finite.clone() {
            (least, most) = (least.min(value), most.max(value));
        }
        if least > most || bins == 0 {
            return Self::default();
        }
        let range = most - least;
        // Equal values fall into one bin around them.
        let width = if range > 0.0 { range / bins as f64 } else { least.abs().max(1.0) * 1e-3 };
        let mut counts = vec![0; bins];
        for value in finite {
            let bin = ((value - least) / width) as usize;
            counts[bin.min(bins - 1)] += 1;
        }
        Self { start: least, width, counts }
    }

    /// The middle of a bin.
    pub fn middle(&self, bin: usize) -> f64 {
        self.start + (bin as f64 + 0.5) * self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_value_is_counted_once() {
        let values = [0.0, 1.0, 2.0, 3.9, 4.0, f64::NAN, f64::NEG_INFINITY];
        let histogram = ValueHistogram::new(values.into_iter(), 4);
        assert_eq!(histogram.counts, [1, 1, 1, 2]);
        assert_eq!(histogram.middle(0), 0.5);
        assert_eq!(ValueHistogram::new([7.0; 3].into_iter(), 4).counts, [3, 0, 0, 0]);
        assert_eq!(ValueHistogram::new(std::iter::empty(), 4).counts, [0_u64; 0]);
    }
}
