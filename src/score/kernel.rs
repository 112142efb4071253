//! The kernel matrix K of a mini-batch: how many units agree on each pair of images.

use super::determinant::ln_abs_determinant;

/// `K[i][j] = V - hamming(code_i, code_j)`, exact whole numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelMatrix {
    images: usize,
    units: u64,
    entries: Vec<u64>,
}

impl KernelMatrix {
    /// From summed Hamming distances (`[n, n]` row-major, symmetric) and the counted units `V`.
    pub fn from_distances(images: usize, units: u64, distances: &[u64]) -> Self {
        let entries = distances.iter().map(|distance| units - distance).collect();
        Self { images, units, entries }
    }

    /// Number of images `n`.
    pub fn images(&self) -> usize {
        self.images
    }

    /// Counted units `V`, the value of the diagonal.
    pub fn units(&self) -> u64 {
        self.units
    }

    /// All entries, `[n, n]` row-major.
    pub fn entries(&self) -> &[u64] {
        &self.entries
    }

    /// Whether two different images have the same code, which makes K singular.
    pub fn has_equal_codes(&self) -> bool {
        let n = self.images;
        (0..n).any(|i| (i + 1..n).any(|j| self.entries[i * n + j] == self.units))
    }

    /// The number of different codes in the mini-batch: the linear regions it falls into.
    pub fn regions(&self) -> u64 {
        let n = self.images;
        let is_new = |i: &usize| (0..*i).all(|j| self.entries[i * n + j] != self.units);
        (0..n).filter(is_new).count() as u64
    }

    /// The NASWOT score ln |det K| (Mellor et al. 2021); negative infinity where two images have
    /// equal codes.
    pub fn score(&self) -> f64 {
        if self.has_equal_codes() {
            return f64::NEG_INFINITY;
        }
        let entries = self.entries.iter().map(|&entry| entry as f64).collect();
        ln_abs_determinant(entries, self.images)
    }
}
