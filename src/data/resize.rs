//! Resizes an image plane, one axis after the other.

/// A plane of `from` rows and columns brought to `to` rows and columns.
///
/// An axis that grows is interpolated linearly between pixel centres (edge pixels repeat beyond
/// the border), one that shrinks averages the stretch that a new pixel covers.
pub(super) fn resize(plane: Vec<f32>, from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    if from == to {
        return plane;
    }
    let columns = taps(from[1], to[1]);
    let mut narrow = Vec::with_capacity(from[0] * to[1]);
    for row in plane.chunks_exact(from[1]) {
        narrow.extend(columns.iter().map(|taps| weighted(taps, |column| row[column])));
    }
    let mut result = Vec::with_capacity(to[0] * to[1]);
    for taps in taps(from[0], to[0]) {
        result.extend((0..to[1]).map(|column| weighted(&taps, |row| narrow[row * to[1] + column])));
    }
    result
}

/// Position in the input and its share.
type FilterTaps = Vec<(usize, f64)>;

fn weighted(taps: &FilterTaps, value: impl Fn(usize) -> f32) -> f32 {
    taps.iter().map(|&(position, share)| f64::from(value(position)) * share).sum::<f64>() as f32
}

fn taps(from: usize, to: usize) -> Vec<FilterTaps> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(
            |position| {
                if to >= from { linear(position, scale, from) } else { area(position, from, to) }
            },
        )
        .collect()
}

fn linear(position: usize, scale: f64, from: usize) -> FilterTaps {
    let centre = ((position as f64 + 0.5) * scale - 0.5).clamp(0.0, (from - 1) as f64);
    let lower = centre.floor() as usize;
    let upper = (lower + 1).min(from - 1);
    let share = centre - lower as f64;
    vec![(lower, 1.0 - share), (upper, share)]
}

/// Whole numbers in units of `1 / to`: the new pixel covers `position * from .. + from`, an old one
/// `to`.
fn area(position: usize, from: usize, to: usize) -> FilterTaps {
    let (start, end) = (position * from, (position + 1) * from);
    (start / to..end.div_ceil(to))
        .map(|old| {
            let covered = end.min((old + 1) * to) - start.max(old * to);
            (old, covered as f64 / from as f64)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_averages_four_pixels() {
        let plane: Vec<f32> = (0..16_u8).map(f32::from).collect();
        assert_eq!(resize(plane, [4, 4], [2, 2]), [2.5, 4.5, 10.5, 12.5]);
    }

    #[test]
    fn doubling_interpolates_between_centres() {
        assert_eq!(resize(vec![0.0, 4.0], [1, 2], [1, 4]), [0.0, 1.0, 3.0, 4.0]);
    }

    #[test]
    fn every_size_keeps_a_constant_and_the_mean_when_it_shrinks() {
        for to in 1..70 {
            let constant = resize(vec![3.0; 1024], [32, 32], [to, 71 - to]);
            assert!(constant.iter().all(|value| (value - 3.0).abs() < 1e-6));
            assert_eq!(constant.len(), to * (71 - to));
        }
        for to in 1..=32 {
            let plane: Vec<f32> = (0..32_u8).map(f32::from).collect();
            let small = resize(plane, [1, 32], [1, to]);
            let mean = small.iter().sum::<f32>() / to as f32;
            assert!((mean - 15.5).abs() < 1e-4, "{to}: {mean}");
        }
    }
}
