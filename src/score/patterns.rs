//! Patterns of units over the mini-batch.

use std::collections::HashSet;

/// The number of distinct patterns that units show over `images` images (Peng et al., ICLR 2024), with
/// one bit for each image. `codes` are the units of each activation site and their packed codes,
/// `[images][words]`, bit `b` of word `w` of an image for unit `32 * w + b`; `has_constant` says
/// whether there are further units that are off for every image.
pub fn unit_patterns<'c>(
    images: usize,
    codes: impl Iterator<Item = (usize, &'c [u32])>,
    has_constant: bool,
) -> u64 {
    let width = images.div_ceil(64);
    let mut seen: HashSet<Box<[u64]>> = HashSet::new();
    if has_constant {
        seen.insert(vec![0; width].into());
    }
    let mut patterns = vec![0_u64; 32 * width];
    for (units, words) in codes {
        let row = units.div_ceil(32);
        for word in 0..row {
            patterns.fill(0);
            for image in 0..images {
                let mut bits = words[image * row + word];
                while bits != 0 {
                    let bit = bits.trailing_zeros() as usize;
                    patterns[bit * width + image / 64] |= 1 << (image % 64);
                    bits &= bits - 1;
                }
            }
            let count = 32.min(units - 32 * word);
            for pattern in patterns.chunks_exact(width.max(1)).take(count) {
                if !seen.contains(pattern) {
                    seen.insert(pattern.into());
                }
            }
        }
    }
    seen.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_counted_over_all_sites() {
        // Three images; units 0 to 33 of one site, two units of another.
        let first = [0b0101, 0b10, 0b0110, 0b00, 0b0111, 0b00];
        let second = [0b01, 0b10, 0b11];
        // The first: 101, 011, 111, then 000 up to unit 32, 100 of unit 33. The second: 101, 011.
        let count = |constant| {
            let codes = [(34, &first[..]), (2, &second[..])];
            unit_patterns(3, codes.into_iter(), constant)
        };
        assert_eq!((count(false), count(true)), (5, 5));
        assert_eq!(unit_patterns(3, [(2, &second[..])].into_iter(), false), 2);
        assert_eq!(unit_patterns(3, [(2, &second[..])].into_iter(), true), 3);
    }
}
