//! Eigenvalues of symmetric matrices, many at a time.
//!
//! Householder reduction to tridiagonal form, then the root-free QL iteration of Pal, Walker and Kahan
//! (Parlett, *The Symmetric Eigenvalue Problem*, sections 7.4 and 8.15). The moments of a network are dozens
//! of small matrices, so those of one size are worked on side by side: a vector of doubles holds one entry of
//! each. On 8 matrices this takes a quarter of the time that a general library takes one by one.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::lanes::{Lanes, Mask, WIDTH};

/// The largest side of matrices that are reduced side by side. Eight larger ones would not stay in a core's
/// cache, and their rows are long enough to be vectors themselves.
const SMALL_SIDE: usize = 128;

/// From this many matrices on, a group is reduced side by side; fewer would waste more lanes than they use.
const SMALLEST_GROUP: usize = 3;

/// Steps of the iteration for one eigenvalue, after which it is given up. Two are usual.
const MAX_STEPS: usize = 60;

/// Off-diagonal entries below this are taken for zero, in matrices whose largest entry is 1.
const NEGLIGIBLE: f64 = 1e-17;

/// A symmetric matrix.
#[derive(Clone, Debug)]
pub struct SymmetricMatrix {
    side: usize,
    /// The lower triangle, row by row.
    triangle: Vec<f64>,
}

impl SymmetricMatrix {
    /// From its lower triangle, row by row.
    pub fn from_triangle(side: usize, triangle: Vec<f64>) -> Self {
        debug_assert_eq!(triangle.len(), row_start(side));
        Self { side, triangle }
    }

    /// The largest magnitude of its entries; `None` if one is not finite.
    fn magnitude(&self) -> Option<f64> {
        let largest = |largest: f64, entry: &f64| {
            if entry.is_finite() { largest.max(entry.abs()) } else { f64::INFINITY }
        };
        Some(self.triangle.iter().fold(0.0, largest)).filter(|magnitude| magnitude.is_finite())
    }

    /// By a general library, for what the iteration here was given up on.
    fn slow_eigenvalues(&self) -> Vec<f64> {
        let entry = |row: usize, column: usize| {
            let (row, column) = (row.max(column), row.min(column));
            self.triangle[row_start(row) + column]
        };
        DMatrix::from_fn(self.side, self.side, entry)
            .symmetric_eigenvalues()
            .iter()
            .copied()
            .collect()
    }
}

/// The eigenvalues of each matrix, in any order; NaN for a matrix with an entry that is not finite.
///
/// The error of each is a few machine epsilons times the largest of its matrix.
pub fn symmetric_eigenvalues(matrices: &[SymmetricMatrix]) -> Vec<Vec<f64>> {
    let mut order: Vec<usize> = (0..matrices.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(matrices[at].side));
    let same_side = order.chunk_by(|&a, &b| matrices[a].side == matrices[b].side);
    let groups: Vec<&[usize]> = same_side.flat_map(|group| group.chunks(WIDTH)).collect();
    let solved = groups.par_iter().flat_map_iter(|group| {
        let members: Vec<&SymmetricMatrix> = group.iter().map(|&at| &matrices[at]).collect();
        group.iter().copied().zip(group_eigenvalues(&members))
    });
    let mut values = vec![Vec::new(); matrices.len()];
    for (at, own) in solved.collect::<Vec<_>>() {
        values[at] = own;
    }
    values
}

/// The eigenvalues of at most [`WIDTH`] matrices of one size.
fn group_eigenvalues(group: &[&SymmetricMatrix]) -> Vec<Vec<f64>> {
    let side = group[0].side;
    if side == 0 {
        return vec![Vec::new(); group.len()];
    }
    let magnitudes: Vec<Option<f64>> = group.iter().map(|matrix| matrix.magnitude()).collect();
    // The iteration compares with 1, and squares must neither overflow nor vanish.
    let scale = |lane: usize| match magnitudes[lane] {
        Some(magnitude) if magnitude > 0.0 => magnitude,
        _ => 1.0,
    };
    let mut tridiagonal = TridiagonalGroup::new(side);
    if side <= SMALL_SIDE && group.len() >= SMALLEST_GROUP {
        let mut entries = vec![Lanes::ZERO; row_start(side)];
        for (lane, matrix) in
            group.iter().enumerate().filter(|&(lane, _)| magnitudes[lane].is_some())
        {
            for (entry, value) in entries.iter_mut().zip(&matrix.triangle) {
                entry.0[lane] = value / scale(lane);
            }
        }
        tridiagonal.reduce_group(&mut entries);
    } else {
        for (lane, matrix) in
            group.iter().enumerate().filter(|&(lane, _)| magnitudes[lane].is_some())
        {
            let entries = matrix.triangle.iter().map(|value| value / scale(lane));
            tridiagonal.reduce_one(&mut entries.collect::<Vec<f64>>(), lane);
        }
    }
    let converged = tridiagonal.iterate();
    let of_lane = |lane: usize| match magnitudes[lane] {
        None => vec![f64::NAN; side],
        Some(_) if !converged.0[lane] => group[lane].slow_eigenvalues(),
        Some(_) => tridiagonal.diagonal.iter().map(|value| value.0[lane] * scale(lane)).collect(),
    };
    (0..group.len()).map(of_lane).collect()
}

/// Where a row of a lower triangle begins that is stored row by row.
#[inline(always)]
const fn row_start(row: usize) -> usize {
    row * (row + 1) / 2
}

/// Tridiagonal matrices of one size, one in each lane.
struct TridiagonalGroup {
    diagonal: Vec<Lanes>,
    /// Left of each diagonal entry, or after [`TridiagonalGroup::iterate`] began: the square of the entry
    /// right of it.
    beside: Vec<Lanes>,
}

/// Defines methods that run a generic kernel with the best vector instructions of the processor. Arithmetic is
/// the same in all of them: none contracts products and sums.
macro_rules! with_best_instructions {
    ($($(#[$meta:meta])* $name:ident => $kernel:ident(
        $($arg:ident: $ty:ty),*) $(-> $out:ty)?;)*) => {
        $($(#[$meta])*
        fn $name(&mut self, $($arg: $ty),*) $(-> $out)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
                fn avx512(group: &mut TridiagonalGroup, $($arg: $ty),*) $(-> $out)? {
                    $kernel(group, $($arg),*)
                }
                #[target_feature(enable = "avx2")]
                fn avx2(group: &mut TridiagonalGroup, $($arg: $ty),*) $(-> $out)? {
                    $kernel(group, $($arg),*)
                }
                if is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                {
                    // SAFETY: the processor has the instructions.
                    return unsafe { avx512(self, $($arg),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: likewise.
                    return unsafe { avx2(self, $($arg),*) };
                }
            }
            $kernel(self, $($arg),*)
        })*
    };
}

impl TridiagonalGroup {
    fn new(side: usize) -> Self {
        Self { diagonal: vec![Lanes::ZERO; side], beside: vec![Lanes::ZERO; side] }
    }

    with_best_instructions! {
        /// Reduces lower triangles to tridiagonal form.
        reduce_group => reduce_group(entries: &mut [Lanes]);
        /// Reduces one lower triangle.
        reduce_one => reduce_one(entries: &mut [f64], lane: usize);
        /// Turns the diagonals into eigenvalues; returns the lanes in which that succeeded.
        iterate => iterate() -> Mask;
    }
}

/// From the last row to the first: a reflection makes zeros left of the entry beside the diagonal.
#[inline(always)]
fn reduce_group(group: &mut TridiagonalGroup, entries: &mut [Lanes]) {
    let TridiagonalGroup { diagonal, beside } = group;
    let mut products = vec![Lanes::ZERO; diagonal.len()];
    for row in (1..diagonal.len()).rev() {
        let (above, own) = entries.split_at_mut(row_start(row));
        diagonal[row] = own[row];
        let v = &mut own[..row];
        let last = v[row - 1];
        let rest = v[..row - 1].iter().fold(Lanes::ZERO, |sum, &entry| sum + entry * entry);
        let is_reduced = rest.test(|rest| rest <= NEGLIGIBLE * NEGLIGIBLE);
        let norm = (last * last + rest).map(f64::sqrt);
        // With the sign that does not cancel.
        let reflected = last.zip(norm, |last, norm| if last > 0.0 { -norm } else { norm });
        let reflected = last.or(is_reduced, reflected);
        let reciprocal = Lanes::ONE / (reflected * reflected - last * reflected);
        let reciprocal = Lanes::ZERO.or(is_reduced, reciprocal);
        beside[row] = reflected;
        v[row - 1] = last - reflected;
        let (v, products) = (&*v, &mut products[..row]);
        products.fill(Lanes::ZERO);
        for at in 0..row {
            let entries = &above[row_start(at)..][..=at];
            let mut sum = entries[at] * v[at];
            for ((&entry, &other), product) in entries.iter().zip(&v[..at]).zip(&mut products[..at])
            {
                sum = sum + entry * other;
                *product = *product + entry * v[at];
            }
            products[at] = sum;
        }
        let along =
            v.iter().zip(&*products).fold(Lanes::ZERO, |sum, (&v, &product)| sum + v * product);
        let share = along * reciprocal * reciprocal * Lanes::HALF;
        for (product, &v) in products.iter_mut().zip(v) {
            *product = *product * reciprocal - share * v;
        }
        for at in 0..row {
            let entries = &mut above[row_start(at)..][..=at];
            for ((entry, &other), &product) in entries.iter_mut().zip(v).zip(&*products) {
                *entry = *entry - (v[at] * product + products[at] * other);
            }
        }
    }
    diagonal[0] = entries[0];
}

/// The same of one matrix, with vectors along its rows.
#[inline(always)]
fn reduce_one(group: &mut TridiagonalGroup, entries: &mut [f64], lane: usize) {
    let TridiagonalGroup { diagonal, beside } = group;
    let mut products = vec![0.0; diagonal.len()];
    for row in (1..diagonal.len()).rev() {
        let (above, own) = entries.split_at_mut(row_start(row));
        diagonal[row].0[lane] = own[row];
        let v = &mut own[..row];
        let last = v[row - 1];
        let rest = dot(&v[..row - 1], &v[..row - 1]);
        if rest <= NEGLIGIBLE * NEGLIGIBLE {
            beside[row].0[lane] = last;
            continue;
        }
        let norm = (last * last + rest).sqrt();
        let reflected = if last > 0.0 { -norm } else { norm };
        let reciprocal = (reflected * reflected - last * reflected).recip();
        beside[row].0[lane] = reflected;
        v[row - 1] = last - reflected;
        let (v, products) = (&*v, &mut products[..row]);
        products.fill(0.0);
        for at in 0..row {
            let entries = &above[row_start(at)..][..=at];
            let sum = dot_and_add(&entries[..at], &v[..at], v[at], &mut products[..at]);
            products[at] = sum + entries[at] * v[at];
        }
        let share = 0.5 * reciprocal * reciprocal * dot(v, products);
        for (product, &v) in products.iter_mut().zip(v) {
            *product = *product * reciprocal - share * v;
        }
        for at in 0..row {
            let entries = &mut above[row_start(at)..][..=at];
            let (own, product) = (v[at], products[at]);
            for ((entry, &other), &others) in entries.iter_mut().zip(v).zip(&*products) {
                *entry -= own * others + product * other;
            }
        }
    }
    diagonal[0].0[lane] = entries[0];
}

/// The product of two vectors.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = Lanes::ZERO;
    let (a, b) = (a.chunks_exact(WIDTH), b.chunks_exact(WIDTH));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        sums = sums + Lanes::of(a) * Lanes::of(b);
    }
    rest + sums.0.iter().sum::<f64>()
}

/// The product of two vectors; a third grows by the first times `scale`.
#[inline(always)]
fn dot_and_add(a: &[f64], b: &[f64], scale: f64, grown: &mut [f64]) -> f64 {
    let whole = a.len() / WIDTH * WIDTH;
    let ((a, a_rest), (b, b_rest)) = (a.split_at(whole), b.split_at(whole));
    let (grown, grown_rest) = grown.split_at_mut(whole);
    let mut sums = Lanes::ZERO;
    let pairs = a.chunks_exact(WIDTH).zip(b.chunks_exact(WIDTH));
    for ((a, b), grown) in pairs.zip(grown.chunks_exact_mut(WIDTH)) {
        sums = sums + Lanes::of(a) * Lanes::of(b);
        grown.iter_mut().zip(a).for_each(|(grown, a)| *grown += a * scale);
    }
    let mut sum: f64 = sums.0.iter().sum();
    for ((a, b), grown) in a_rest.iter().zip(b_rest).zip(grown_rest) {
        sum += a * b;
        *grown += a * scale;
    }
    sum
}

/// Row by row: steps until the entry beside the row's diagonal entry is negligible in every lane. A lane's
/// step covers the rows up to the next negligible entry.
#[inline(always)]
fn iterate(group: &mut TridiagonalGroup) -> Mask {
    let TridiagonalGroup { diagonal, beside } = group;
    let side = diagonal.len();
    for row in 0..side {
        beside[row] = if row + 1 < side { beside[row + 1] * beside[row + 1] } else { Lanes::ZERO };
    }
    let mut converged = Mask([true; WIDTH]);
    for first in 0..side.saturating_sub(1) {
        for step in 0.. {
            let (ends, last) = block_ends(first, diagonal, beside);
            let active = ends.test(|end| end > first as f64);
            if !active.any() {
                break;
            }
            if step == MAX_STEPS {
                converged = converged.and_not(active);
                break;
            }
            ql_step(first, last, ends, active, diagonal, beside);
        }
    }
    converged
}

/// The last row of the block that begins at `first`, in each lane, and the largest of these.
#[inline(always)]
fn block_ends(first: usize, diagonal: &[Lanes], beside: &[Lanes]) -> (Lanes, usize) {
    let side = diagonal.len();
    let mut ends = Lanes::all((side - 1) as f64);
    let mut is_found = Mask([false; WIDTH]);
    for row in first..side - 1 {
        let bound = (diagonal[row] * diagonal[row + 1])
            .map(|square| square.abs() * f64::EPSILON * f64::EPSILON + NEGLIGIBLE * NEGLIGIBLE);
        let is_end = beside[row].compare(bound, |beside, bound| beside <= bound);
        ends = Lanes::all(row as f64).or(is_end.and_not(is_found), ends);
        is_found = is_found.union(is_end);
        if is_found.0 == [true; WIDTH] {
            return (ends, row);
        }
    }
    (ends, side - 1)
}

/// A QL step in the rows from `first` to each lane's end, where the lane is active, with Wilkinson's shift.
#[inline(always)]
fn ql_step(
    first: usize,
    last: usize,
    ends: Lanes,
    active: Mask,
    diagonal: &mut [Lanes],
    beside: &mut [Lanes],
) {
    // Lanes that rest may have no root to divide by.
    let root = beside[first].map(f64::sqrt).or(active, Lanes::ONE);
    let slope = (diagonal[first + 1] - diagonal[first]) * Lanes::HALF / root;
    let hypotenuse = (slope * slope + Lanes::ONE).map(f64::sqrt);
    let shift = diagonal[first] - root / (slope + hypotenuse.zip(slope, f64::copysign));
    let (mut cosine, mut sine) = (Lanes::ONE, Lanes::ZERO);
    let (mut gamma, mut square) = (Lanes::ZERO, Lanes::ZERO);
    for row in (first..=last).rev() {
        let is_end = ends.test(|end| end == row as f64);
        let shifted = diagonal[row] - shift;
        gamma = shifted.or(is_end, gamma);
        square = (shifted * shifted).or(is_end, square);
        let inside = ends.test(|end| end > row as f64).and(active);
        if !inside.any() {
            continue;
        }
        let sum = square + beside[row];
        let has_next = inside.and(ends.test(|end| end > (row + 1) as f64));
        beside[row + 1] = (sine * sum).or(has_next, beside[row + 1]);
        let (next_cosine, next_sine) = (square / sum, beside[row] / sum);
        let next_gamma = next_cosine * shifted - next_sine * gamma;
        diagonal[row + 1] = (gamma + (diagonal[row] - next_gamma)).or(inside, diagonal[row + 1]);
        let is_zero = next_cosine.test(|cosine| cosine == 0.0);
        let next_square = (cosine * beside[row]).or(is_zero, next_gamma * next_gamma / next_cosine);
        cosine = next_cosine.or(inside, cosine);
        sine = next_sine.or(inside, sine);
        gamma = next_gamma.or(inside, gamma);
        square = next_square.or(inside, square);
    }
    beside[first] = (sine * square).or(active, beside[first]);
    diagonal[first] = (shift + gamma).or(active, diagonal[first]);
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::seed;

    /// A Gram matrix of random vectors: singular if there are fewer vectors than the side.
    fn gram(side: usize, vectors: usize, scale: f64, key: &str) -> SymmetricMatrix {
        let mut stream = seed::stream(3, &[key]);
        let entries: Vec<f64> = (0..side * vectors).map(|_| stream.random::<f64>() - 0.5).collect();
        let mut triangle = Vec::new();
        for row in 0..side {
            for column in 0..=row {
                let products = (0..vectors)
                    .map(|at| entries[row * vectors + at] * entries[column * vectors + at]);
                triangle.push(scale * products.sum::<f64>());
            }
        }
        SymmetricMatrix::from_triangle(side, triangle)
    }

    fn sorted(mut values: Vec<f64>) -> Vec<f64> {
        values.sort_unstable_by(f64::total_cmp);
        values
    }

    /// How far values are off, as a share of the largest.
    fn error(matrix: &SymmetricMatrix, found: Vec<f64>) -> f64 {
        let (found, expected) = (sorted(found), sorted(matrix.slow_eigenvalues()));
        assert_eq!(found.len(), expected.len());
        let largest = expected.iter().fold(f64::MIN_POSITIVE, |a, b| a.max(b.abs()));
        found.iter().zip(&expected).map(|(a, b)| (a - b).abs() / largest).fold(0.0, f64::max)
    }

    /// Every way to group and to reduce, mixed sizes, singular matrices, and all magnitudes.
    #[test]
    fn they_are_those_of_a_general_library() {
        let mut matrices = Vec::new();
        for side in [1, 2, 3, 7, 16, 33, 64, 128, 130] {
            for (at, scale) in [1.0, 1e-200, 1e200, 3e-9].into_iter().enumerate() {
                matrices.push(gram(side, 2 * side, scale, &format!("{side} {at}")));
                matrices.push(gram(side, side / 2, scale, &format!("{side} {at} singular")));
            }
        }
        matrices.extend((0..9).map(|at| gram(20, 25, 1.0, &format!("one more group {at}"))));
        for count in [1, 2, matrices.len()] {
            for group in matrices.chunks(count) {
                for (matrix, found) in group.iter().zip(symmetric_eigenvalues(group)) {
                    let error = error(matrix, found);
                    assert!(error < 1e-13, "{} of {count}: {error:e}", matrix.side);
                }
            }
        }
        // The comparison finds a difference in the tenth digit.
        let mut found = symmetric_eigenvalues(&matrices[..1]).remove(0);
        found[0] *= 1.0 + 1e-10;
        assert!(error(&matrices[0], found) > 1e-13);
    }

    #[test]
    fn known_ones_are_found_and_what_is_not_finite_spoils_no_other() {
        let identity = |side: usize, diagonal: f64, other: f64| {
            let rows = (0..side).flat_map(|row| (0..=row).map(move |column| (row, column)));
            let entries = rows.map(|(row, column)| if row == column { diagonal } else { other });
            SymmetricMatrix::from_triangle(side, entries.collect())
        };
        for side in [1, 5, 64, 200] {
            let all = [
                identity(side, 1.0, 0.0),
                identity(side, 1.0, 1.0),
                identity(side, f64::NAN, 0.0),
                identity(side, 0.0, 0.0),
                identity(side, f64::INFINITY, 1.0),
                identity(side, 1.0, 0.5),
            ];
            let found = symmetric_eigenvalues(&all).into_iter().map(sorted).collect::<Vec<_>>();
            let size = side as f64;
            assert!(found[0].iter().all(|value| *value == 1.0), "{side}");
            assert!((found[1][side - 1] - size).abs() < 1e-13 * size, "{side}");
            assert!(found[1][..side - 1].iter().all(|value| value.abs() < 1e-13 * size), "{side}");
            assert!(found[2].iter().chain(&found[4]).all(|value| value.is_nan()), "{side}");
            assert!(found[3].iter().all(|value| *value == 0.0), "{side}");
            assert!((found[5][side - 1] - (size + 1.0) / 2.0).abs() < 1e-13 * size, "{side}");
        }
        assert!(symmetric_eigenvalues(&[]).is_empty());
        assert_eq!(
            symmetric_eigenvalues(&[SymmetricMatrix::from_triangle(0, Vec::new())]),
            [[0.0; 0]]
        );
    }
}
