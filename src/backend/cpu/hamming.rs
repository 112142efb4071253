//! The Hamming kernel over packed codes.

use rayon::prelude::*;

use crate::backend::PackedCode;
use crate::score::{KernelMatrix, KernelMatrixError};

use super::memory::WORDS_PER_LINE;

/// Images in a tile: distances of 4 by 4 images are counted together.
const TILE: usize = 4;

/// Words of an image that one pass reads: 128 images of 8 KiB stay in a core's cache.
const CHUNK: usize = 1024;

/// Weighted Hamming distances `[n, n]` between the codes of `n` images, `[image][row]` with `row`
/// words each. `stretches` are `(first word, end, weight)`, in whole lines of 8 words.
pub fn distances(
    codes: &[u64],
    images: usize,
    row: usize,
    stretches: &[(usize, usize, u32)],
) -> Vec<u64> {
    let tiles = images.div_ceil(TILE);
    let pairs: Vec<(usize, usize)> =
        (0..tiles).flat_map(|a| (a..tiles).map(move |b| (a, b))).collect();
    let share = pairs.len().div_ceil(4 * rayon::current_num_threads()).max(1);
    let counted: Vec<Vec<[u64; TILE * TILE]>> = pairs
        .par_chunks(share)
        .map(|pairs| {
            let mut sums = vec![[0; TILE * TILE]; pairs.len()];
            for &(first, end, weight) in stretches {
                for start in (first..end).step_by(CHUNK) {
                    let range = start..(start + CHUNK).min(end);
                    for (pair, sums) in pairs.iter().zip(&mut sums) {
                        let tile = DistanceTile { codes, images, stride: row, pair: *pair };
                        tile.add(range.clone(), u64::from(weight), sums);
                    }
                }
            }
            sums
        })
        .collect();
    let mut result = vec![0; images * images];
    for (&(a, b), sums) in pairs.iter().zip(counted.iter().flatten()) {
        for (index, &sum) in sums.iter().enumerate() {
            let (i, j) = (a * TILE + index / TILE, b * TILE + index % TILE);
            if i < images && j < images {
                result[i * images + j] = sum;
                result[j * images + i] = sum;
            }
        }
    }
    result
}

/// The kernel matrix of packed codes that another program has taken. Every code has
/// `images * ceil(units / 32)` words; words that are missing count as 0.
///
/// # Errors
///
/// [`KernelMatrixError`] if a code has bits past its units that differ.
pub fn kernel_of_codes(
    images: usize,
    codes: &[PackedCode],
) -> Result<KernelMatrix, KernelMatrixError> {
    let length = |code: &PackedCode| code.units.div_ceil(64).next_multiple_of(WORDS_PER_LINE);
    let row: usize = codes.iter().map(length).sum();
    let mut words = vec![0_u64; images * row];
    let (mut stretches, mut first, mut units) = (Vec::new(), 0, 0);
    for code in codes {
        let own = code.units.div_ceil(32).max(1);
        for (image, packed) in code.words.chunks(own).take(images).enumerate() {
            for (at, &word) in packed.iter().enumerate() {
                words[image * row + first + at / 2] |= u64::from(word) << (32 * (at % 2));
            }
        }
        stretches.push((first, first + length(code), code.multiplicity));
        first += length(code);
        units += code.units as u64 * u64::from(code.multiplicity);
    }
    KernelMatrix::from_distances(images, units, &distances(&words, images, row, &stretches))
}

struct DistanceTile<'a> {
    codes: &'a [u64],
    images: usize,
    stride: usize,
    pair: (usize, usize),
}

impl DistanceTile<'_> {
    /// Adds `weight` times the distances over a range of words.
    fn add(&self, range: std::ops::Range<usize>, weight: u64, sums: &mut [u64; TILE * TILE]) {
        let rows = |tile: usize| -> [&[u64]; TILE] {
            std::array::from_fn(|k| {
                let image = (tile * TILE + k).min(self.images - 1);
                &self.codes[image * self.stride..][range.clone()]
            })
        };
        let counts = count(rows(self.pair.0), rows(self.pair.1));
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += weight * count);
    }
}

fn count(a: [&[u64]; TILE], b: [&[u64]; TILE]) -> [u64; TILE * TILE] {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vpopcntdq") {
            // SAFETY: the features were just found.
            return unsafe { count_vpopcntdq(a, b) };
        }
        if is_x86_feature_detected!("popcnt") {
            // SAFETY: the feature was just found.
            return unsafe { count_popcnt(a, b) };
        }
    }
    count_words(a, b)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn count_popcnt(a: [&[u64]; TILE], b: [&[u64]; TILE]) -> [u64; TILE * TILE] {
    count_words(a, b)
}

#[inline(always)]
fn count_words(a: [&[u64]; TILE], b: [&[u64]; TILE]) -> [u64; TILE * TILE] {
    let mut counts = [0; TILE * TILE];
    for (index, count) in counts.iter_mut().enumerate() {
        let pairs = a[index / TILE].iter().zip(b[index % TILE]);
        *count = pairs.map(|(a, b)| u64::from((a ^ b).count_ones())).sum();
    }
    counts
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn count_vpopcntdq(a: [&[u64]; TILE], b: [&[u64]; TILE]) -> [u64; TILE * TILE] {
    use std::arch::x86_64::*;
    let lines = a[0].len() / WORDS_PER_LINE;
    let mut acc = [_mm512_setzero_si512(); TILE * TILE];
    for line in 0..lines {
        let at = line * WORDS_PER_LINE;
        // SAFETY: every row has `lines` whole lines; see the callers' layout.
        let load = |row: &[u64]| unsafe { _mm512_loadu_si512(row.as_ptr().add(at).cast()) };
        let (left, right) = (a.map(load), b.map(load));
        for index in 0..TILE * TILE {
            let differs = _mm512_xor_si512(left[index / TILE], right[index % TILE]);
            acc[index] = _mm512_add_epi64(acc[index], _mm512_popcnt_epi64(differs));
        }
    }
    acc.map(|counts| _mm512_reduce_add_epi64(counts) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_set_counts_the_same() {
        let words: Vec<u64> =
            (0..8 * 64_u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        let rows = |first: usize| std::array::from_fn(|k| &words[(first + k) * 64..][..64]);
        let plain = count_words(rows(0), rows(4));
        assert_eq!(plain, count(rows(0), rows(4)));
        assert!(plain.iter().all(|&count| count > 1000), "bits differ about half the time");
        let all = distances(&words, 8, 64, &[(0, 64, 3)]);
        assert_eq!(all[4], 3 * plain[0]);
        assert_eq!(all[7 * 8 + 3], 3 * plain[15]);
    }
}
