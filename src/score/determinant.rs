//! The logarithm of a determinant.

/// ln |det A| of an `n` x `n` row-major matrix by LU decomposition with partial pivoting; negative
/// infinity where a pivot is exactly zero; `None` if it was cancelled, for which it looks after every column.
pub fn ln_abs_determinant(
    mut matrix: Vec<f64>,
    n: usize,
    cancelled: &dyn Fn() -> bool,
) -> Option<f64> {
    let mut sum = 0.0;
    for column in 0..n {
        if cancelled() {
            return None;
        }
        let pivot = (column..n)
            .max_by(|&a, &b| matrix[a * n + column].abs().total_cmp(&matrix[b * n + column].abs()))
            .unwrap_or(column);
        if matrix[pivot * n + column] == 0.0 {
            return Some(f64::NEG_INFINITY);
        }
        if pivot != column {
            for k in column..n {
                matrix.swap(pivot * n + k, column * n + k);
            }
        }
        let (above, below) = matrix.split_at_mut((column + 1) * n);
        let head = &above[column * n..];
        sum += head[column].abs().ln();
        for row in below.chunks_exact_mut(n) {
            let factor = row[column] / head[column];
            for k in column + 1..n {
                row[k] -= factor * head[k];
            }
        }
    }
    Some(sum)
}
