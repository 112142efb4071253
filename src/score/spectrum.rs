//! The eigenvalues of the kernel matrix.

use nalgebra::DMatrix;

use super::KernelMatrix;

/// The eigenvalues of K, one for each image, largest first.
///
/// K is symmetric and, as the sum of the Gram matrices of the codes and of their complements, positive
/// semi-definite, so no eigenvalue is negative except by rounding. Their product is det K: the sum of
/// their logarithms is the NASWOT score (Mellor et al. 2021). Two equal codes make one of them zero,
/// and images that a network tells apart poorly leave many that are small.
///
/// By Householder reduction to tridiagonal form and implicit QR steps (Golub and Van Loan, *Matrix
/// Computations*, section 8.3): the error of each is about `n` times the machine epsilon, relative to
/// the largest.
pub fn eigenvalues(kernel: &KernelMatrix) -> Vec<f64> {
    let n = kernel.images();
    let entries = kernel.entries().iter().map(|&entry| entry as f64);
    let mut values: Vec<f64> =
        DMatrix::from_iterator(n, n, entries).symmetric_eigenvalues().iter().copied().collect();
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    values
}

/// The magnitude below which an eigenvalue cannot be distinguished from zero; the first of `values` is
/// the largest.
pub fn least_eigenvalue(values: &[f64]) -> f64 {
    values.first().map_or(0.0, |largest| largest * values.len() as f64 * f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// K of two images that agree on `a` of `v` units: by hand, its eigenvalues are v + a and v - a.
    fn pair(v: u64, a: u64) -> Vec<f64> {
        eigenvalues(&KernelMatrix::from_distances(2, v, &[0, v - a, v - a, 0]).unwrap())
    }

    #[test]
    fn those_of_two_images_are_known() {
        let values = pair(10, 4);
        assert!((values[0] - 14.0).abs() < 1e-12 && (values[1] - 6.0).abs() < 1e-12, "{values:?}");
        let equal = pair(10, 10);
        assert!(equal[1].abs() < least_eigenvalue(&equal), "{equal:?}");
        assert!(values[1] > least_eigenvalue(&values));
        let one = eigenvalues(&KernelMatrix::from_distances(1, 7, &[0]).unwrap());
        assert_eq!(one, [7.0]);
        assert_eq!(least_eigenvalue(&[]), 0.0);
    }
}
