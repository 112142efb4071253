//! Colours of values, and even samples of rows.

use egui::{Color32, lerp};

/// Colours from the lowest value of a column to its highest.
#[derive(Clone, Copy, Debug)]
pub struct ColourScale([f64; 2]);

impl ColourScale {
    /// A scale for values in a range; a single colour if there is none.
    pub fn new(range: Option<[f64; 2]>) -> Self {
        Self(range.unwrap_or([0.0, 0.0]))
    }

    /// The lowest value and the highest, if there are such.
    pub fn range(self) -> Option<[f64; 2]> {
        (self.0[0] < self.0[1]).then_some(self.0)
    }

    /// From slate blue to orange; a value that is not finite has the colour of the lowest one.
    pub fn of(self, value: f64) -> Color32 {
        let Self([least, most]) = self;
        let share = if most > least { (value - least) / (most - least) } else { 0.5 };
        let share = if share.is_finite() { share.clamp(0.0, 1.0) as f32 } else { 0.0 };
        let mix = |from: f32, to: f32| lerp(from..=to, share) as u8;
        Color32::from_rgb(mix(90.0, 230.0), mix(110.0, 159.0), mix(150.0, 0.0))
    }
}

/// An even sample of some rows, with at most this many.
pub fn spread(rows: &[u32], most: usize) -> Vec<u32> {
    if rows.len() <= most {
        return rows.to_vec();
    }
    (0..most).map(|at| rows[at * rows.len() / most]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_even_and_colours_end_where_values_do() {
        let rows: Vec<u32> = (0..1000).collect();
        let sample = spread(&rows, 100);
        assert_eq!((sample.len(), sample[0], sample[99]), (100, 0, 990));
        assert_eq!(spread(&rows[..7], 100), rows[..7]);
        let shades = ColourScale::new(Some([1.0, 3.0]));
        assert_eq!(shades.of(f64::NEG_INFINITY), shades.of(1.0));
        assert_eq!(shades.of(9.0), shades.of(3.0));
        assert_ne!(shades.of(1.0), shades.of(3.0));
    }
}
