//! The kernel matrix K of a mini-batch: how many units agree on each pair of images.

use super::determinant::ln_abs_determinant;

/// `K[i][j] = V - hamming(code_i, code_j)`, exact whole numbers (Mellor et al. 2021).
///
/// ```
/// use untrained::score::KernelMatrix;
///
/// // Two images, ten units; the binary codes differ in six of them.
/// let kernel = KernelMatrix::from_distances(2, 10, &[0, 6, 6, 0]).unwrap();
/// assert_eq!(kernel.entries(), [10, 4, 4, 10]);
/// assert_eq!(kernel.regions(), 2);
/// // det K = 10 * 10 - 4 * 4.
/// assert!((kernel.score() - f64::ln(84.0)).abs() < 1e-12);
///
/// // No two codes of ten units differ in eleven.
/// assert!(KernelMatrix::from_distances(2, 10, &[0, 11, 11, 0]).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelMatrix {
    images: usize,
    units: u64,
    entries: Vec<u64>,
}

/// Why Hamming distances make no kernel matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KernelMatrixError {
    /// Two codes cannot differ in more units than there are.
    #[error("images {row} and {column} differ in {distance} units, but only {units} are counted")]
    DistanceExceedsUnits {
        /// The first image, from 0.
        row: usize,
        /// The second image, from 0.
        column: usize,
        /// Their Hamming distance.
        distance: u64,
        /// Counted units.
        units: u64,
    },
    /// Not a value for each pair of images.
    #[error("{given} distances for {images} images: one for each pair, [n, n], are needed")]
    Shape {
        /// Images.
        images: usize,
        /// Distances.
        given: usize,
    },
}

impl KernelMatrix {
    /// From summed Hamming distances (`[n, n]` row-major, symmetric) and the counted units `V`.
    ///
    /// # Errors
    ///
    /// [`KernelMatrixError`] if a distance is larger than `V`, or there is not one for each pair.
    pub fn from_distances(
        images: usize,
        units: u64,
        distances: &[u64],
    ) -> Result<Self, KernelMatrixError> {
        if distances.len() != images * images {
            return Err(KernelMatrixError::Shape { images, given: distances.len() });
        }
        let agreement = |(place, &distance): (usize, &u64)| {
            units.checked_sub(distance).ok_or(KernelMatrixError::DistanceExceedsUnits {
                row: place / images,
                column: place % images,
                distance,
                units,
            })
        };
        let entries = distances.iter().enumerate().map(agreement).collect::<Result<_, _>>()?;
        Ok(Self { images, units, entries })
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
        self.score_unless(&|| false).unwrap_or(f64::NAN)
    }

    /// The same, or `None` if it was cancelled: that of thousands of images takes seconds.
    pub fn score_unless(&self, cancelled: &dyn Fn() -> bool) -> Option<f64> {
        if self.has_equal_codes() {
            return Some(f64::NEG_INFINITY);
        }
        let entries = self.entries.iter().map(|&entry| entry as f64).collect();
        ln_abs_determinant(entries, self.images, cancelled)
    }
}
