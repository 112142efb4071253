//! The moments of a tensor's channels over images and positions: mean, covariance, correlation.

use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::eigen::{SymmetricMatrix, symmetric_eigenvalues};
use crate::graph::{NodeId, Shape};
use crate::seed;

/// The size of the largest matrix whose eigenvalues are computed. In a tensor with more channels, at
/// most this many positions are measured.
pub const MAX_SIDE: usize = 512;

/// Variances below this are raised to it before correlations are formed.
const LEAST_VARIANCE: f64 = 1e-12;

/// Eigenvalues below this are raised to it before their logarithms are taken.
const LEAST_EIGENVALUE: f64 = 1e-10;

/// In which form the moments of a tensor are collected: the smaller of the two Gram matrices is what
/// eigenvalues are computed of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MomentsForm {
    /// Sums over all positions, channels by channels.
    Covariance,
    /// The values at some positions themselves, since there are fewer of them than channels.
    Rows(PositionSample),
}

/// The positions that are sampled from a tensor: the same pixels of every image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionSample {
    /// Pixels of an image, in ascending order.
    pub pixels: Vec<usize>,
    /// Images of the mini-batch.
    images: usize,
}

impl MomentsForm {
    /// The form for a tensor of that shape for one image.
    pub fn new(shape: Shape, images: usize) -> Self {
        let (channels, plane) = (shape.channels, shape.plane());
        if channels <= MAX_SIDE && channels <= images.saturating_mul(plane) {
            return Self::Covariance;
        }
        let count = (MAX_SIDE / images.max(1)).clamp(1, plane);
        let mut pixels: Vec<usize> = (0..plane).collect();
        let mut stream = seed::stream(0, &["positions", &plane.to_string()]);
        pixels.shuffle(&mut stream);
        pixels.truncate(count);
        pixels.sort_unstable();
        Self::Rows(PositionSample { pixels, images })
    }
}

impl PositionSample {
    /// Positions in all.
    pub fn len(&self) -> usize {
        self.images.min(MAX_SIDE) * self.pixels.len()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first row of an image; `None` for images that are not measured.
    pub fn first_row(&self, image: usize) -> Option<usize> {
        (image < MAX_SIDE).then(|| image * self.pixels.len())
    }
}

/// The moments of one tensor over a mini-batch.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorMoments {
    /// The node of the graph whose value the tensor holds.
    pub node: NodeId,
    /// Channels `c`.
    pub channels: usize,
    /// Positions that were measured, over all images.
    pub positions: usize,
    means: Vec<f64>,
    values: MomentsValues,
}

#[derive(Clone, Debug, PartialEq)]
enum MomentsValues {
    /// The lower triangle of the biased covariance, row by row.
    Covariance(Vec<f32>),
    /// The same in double precision.
    Precise(Vec<f64>),
    /// Deviations from the means, `[positions][channels]`.
    Rows(Vec<f32>),
}

/// What channels are multiplied by before the eigenvalues of their covariance are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelScaling {
    /// Nothing: the covariance itself.
    None,
    /// The reciprocals of their standard deviations: the correlation.
    Deviations,
}

/// The spectra of many tensors, which costs a fraction of computing them one by one.
pub fn spectra(wanted: &[(&TensorMoments, ChannelScaling)]) -> Vec<ChannelSpectrum> {
    let matrix = |(moments, scaling): &(&TensorMoments, ChannelScaling)| moments.matrix(*scaling);
    let matrices: Vec<SymmetricMatrix> = wanted.par_iter().map(matrix).collect();
    let values = symmetric_eigenvalues(&matrices).into_iter();
    wanted.iter().zip(values).map(|((moments, _), values)| moments.spectrum(values)).collect()
}

impl TensorMoments {
    /// From means and the lower triangle of the biased covariance over at least as many positions as
    /// there are channels.
    pub fn from_covariance(
        node: NodeId,
        positions: usize,
        means: Vec<f64>,
        triangle: Vec<f32>,
    ) -> Self {
        debug_assert_eq!(triangle.len(), means.len() * (means.len() + 1) / 2);
        let values = MomentsValues::Covariance(triangle);
        Self { node, channels: means.len(), positions, means, values }
    }

    /// From all values, `[images, channels, height, width]`, summed in double precision: as exact as values in
    /// single precision allow, for what depends on the least eigenvalues.
    pub fn from_values(node: NodeId, shape: Shape, values: &[f32]) -> Self {
        let (channels, plane) = (shape.channels, shape.plane());
        let images = values.len() / shape.volume().max(1);
        if let MomentsForm::Rows(sample) = MomentsForm::new(shape, images) {
            let mut rows = Vec::with_capacity(sample.len() * channels);
            for image in values.chunks_exact(shape.volume().max(1)).take(MAX_SIDE) {
                for &pixel in &sample.pixels {
                    rows.extend((0..channels).map(|channel| image[channel * plane + pixel]));
                }
            }
            return Self::from_rows(node, channels, rows);
        }
        let positions = images * plane;
        let of_channel = |channel: usize| {
            let images = values.chunks_exact(shape.volume().max(1));
            let own = images.flat_map(move |image| &image[channel * plane..][..plane]);
            let mut own: Vec<f64> = own.map(|&value| f64::from(value)).collect();
            let mean = own.iter().sum::<f64>() / positions as f64;
            own.iter_mut().for_each(|value| *value -= mean);
            (mean, own)
        };
        let (means, centred): (Vec<f64>, Vec<Vec<f64>>) =
            (0..channels).into_par_iter().map(of_channel).unzip();
        let of_row = |row: usize| {
            let products = centred[..=row].iter().map(|column| dot64(&centred[row], column));
            products.map(|product| product / positions as f64).collect::<Vec<f64>>()
        };
        let triangle: Vec<f64> = (0..channels).into_par_iter().flat_map_iter(of_row).collect();
        let values = MomentsValues::Precise(triangle);
        Self { node, channels, positions, means, values }
    }

    /// From values `[positions][channels]` at fewer positions than there are channels.
    pub fn from_rows(node: NodeId, channels: usize, mut rows: Vec<f32>) -> Self {
        let positions = rows.len() / channels.max(1);
        let mut means = vec![0.0; channels];
        for row in rows.chunks_exact(channels.max(1)) {
            means.iter_mut().zip(row).for_each(|(mean, &value)| *mean += f64::from(value));
        }
        means.iter_mut().for_each(|mean| *mean /= positions.max(1) as f64);
        for row in rows.chunks_exact_mut(channels.max(1)) {
            for (value, mean) in row.iter_mut().zip(&means) {
                *value = (f64::from(*value) - mean) as f32;
            }
        }
        Self { node, channels, positions, means, values: MomentsValues::Rows(rows) }
    }

    /// The biased variance of each channel.
    pub fn variances(&self) -> Vec<f64> {
        match &self.values {
            MomentsValues::Covariance(triangle) => {
                (0..self.channels).map(|c| f64::from(triangle[c * (c + 3) / 2])).collect()
            }
            MomentsValues::Precise(triangle) => {
                (0..self.channels).map(|c| triangle[c * (c + 3) / 2]).collect()
            }
            MomentsValues::Rows(rows) => {
                let mut variances = vec![0.0; self.channels];
                for row in rows.chunks_exact(self.channels.max(1)) {
                    let squares = row.iter().map(|&value| f64::from(value).powi(2));
                    variances.iter_mut().zip(squares).for_each(|(sum, square)| *sum += square);
                }
                variances.iter_mut().for_each(|sum| *sum /= self.positions.max(1) as f64);
                variances
            }
        }
    }

    /// The mean of each channel.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// The biased covariance of two channels.
    pub fn covariance(&self, first: usize, second: usize) -> f64 {
        let (row, column) = (first.max(second), first.min(second));
        let entry = row * (row + 1) / 2 + column;
        match &self.values {
            MomentsValues::Covariance(triangle) => f64::from(triangle[entry]),
            MomentsValues::Precise(triangle) => triangle[entry],
            MomentsValues::Rows(rows) => {
                let rows = rows.chunks_exact(self.channels);
                let products = rows.map(|row| f64::from(row[first]) * f64::from(row[second]));
                products.sum::<f64>() / self.positions.max(1) as f64
            }
        }
    }

    /// The mean of all squared values.
    pub fn mean_square(&self) -> f64 {
        let squares = self.means.iter().map(|mean| mean * mean);
        let sum: f64 =
            squares.zip(self.variances()).map(|(square, variance)| square + variance).sum();
        sum / self.channels.max(1) as f64
    }

    /// The eigenvalues of the covariance.
    pub fn covariance_spectrum(&self) -> ChannelSpectrum {
        self.spectrum_of(ChannelScaling::None)
    }

    /// The eigenvalues of the correlation: of the covariance of channels that are divided by their
    /// standard deviations.
    pub fn correlation_spectrum(&self) -> ChannelSpectrum {
        self.spectrum_of(ChannelScaling::Deviations)
    }

    fn spectrum_of(&self, scaling: ChannelScaling) -> ChannelSpectrum {
        let eigenvalues = symmetric_eigenvalues(&[self.matrix(scaling)]);
        self.spectrum(eigenvalues.into_iter().next().unwrap_or_default())
    }

    /// From the eigenvalues of the matrix, in any order.
    fn spectrum(&self, mut eigenvalues: Vec<f64>) -> ChannelSpectrum {
        eigenvalues.iter_mut().filter(|value| **value < 0.0).for_each(|value| *value = 0.0);
        eigenvalues.sort_unstable_by(|a, b| b.total_cmp(a));
        let (channels, positions) = (self.channels, self.positions);
        ChannelSpectrum { eigenvalues, channels, positions }
    }

    /// The covariance of the scaled channels, or the Gram matrix of positions if it is smaller.
    fn matrix(&self, scaling: ChannelScaling) -> SymmetricMatrix {
        let scales: Vec<f64> = match scaling {
            ChannelScaling::None => vec![1.0; self.channels],
            ChannelScaling::Deviations => self
                .variances()
                .into_iter()
                .map(|variance| variance.max(LEAST_VARIANCE).sqrt().recip())
                .collect(),
        };
        let (side, triangle) = match &self.values {
            MomentsValues::Covariance(triangle) => {
                (self.channels, scaled(triangle.iter().map(|&entry| f64::from(entry)), &scales))
            }
            MomentsValues::Precise(triangle) => {
                (self.channels, scaled(triangle.iter().copied(), &scales))
            }
            MomentsValues::Rows(rows) => (self.positions, self.gram(rows, &scales)),
        };
        SymmetricMatrix::from_triangle(side, triangle)
    }

    /// The lower triangle of the Gram matrix of positions, which has the eigenvalues of the covariance that
    /// are not zero.
    fn gram(&self, rows: &[f32], scales: &[f64]) -> Vec<f64> {
        let (n, c) = (self.positions, self.channels);
        let scaled: Vec<f32> = rows
            .chunks_exact(c.max(1))
            .flat_map(|row| {
                row.iter().zip(scales).map(|(&value, &scale)| (f64::from(value) * scale) as f32)
            })
            .collect();
        let mut gram = Vec::with_capacity(n * (n + 1) / 2);
        for (i, left) in scaled.chunks_exact(c.max(1)).enumerate() {
            let others = scaled.chunks_exact(c.max(1)).take(i + 1);
            gram.extend(others.map(|right| dot(left, right) / n as f64));
        }
        gram
    }
}

/// The lower triangle of a symmetric matrix whose rows and columns are multiplied by `scales`.
fn scaled(mut triangle: impl Iterator<Item = f64>, scales: &[f64]) -> Vec<f64> {
    let side = scales.len();
    let mut matrix = Vec::with_capacity(side * (side + 1) / 2);
    for row in 0..side {
        let entries = triangle.by_ref().take(row + 1).zip(scales);
        matrix.extend(entries.map(|(entry, scale)| entry * scales[row] * scale));
    }
    matrix
}

/// The product of two vectors in double precision.
fn dot64(left: &[f64], right: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (left, right) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest = left.remainder().iter().zip(right.remainder());
    let rest: f64 = rest.map(|(a, b)| a * b).sum();
    for (a, b) in left.zip(right) {
        lanes.iter_mut().zip(a.iter().zip(b)).for_each(|(lane, (a, b))| *lane += a * b);
    }
    rest + lanes.iter().sum::<f64>()
}

/// The product of two vectors; stretches of single-precision sums are added in double precision.
fn dot(left: &[f32], right: &[f32]) -> f64 {
    let mut sum = 0.0;
    for (left, right) in left.chunks(256).zip(right.chunks(256)) {
        let mut lanes = [0.0_f32; 16];
        let (left, right) = (left.chunks_exact(16), right.chunks_exact(16));
        for (a, b) in left.remainder().iter().zip(right.remainder()) {
            sum += f64::from(*a) * f64::from(*b);
        }
        for (a, b) in left.zip(right) {
            lanes.iter_mut().zip(a.iter().zip(b)).for_each(|(lane, (a, b))| *lane += a * b);
        }
        sum += lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>();
    }
    sum
}

/// The eigenvalues of a tensor's covariance or correlation. What it tells is NaN where values of the
/// tensor, or their products, are not finite.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelSpectrum {
    /// Largest first, none below zero; as many as channels or positions, whichever is smaller. All are NaN
    /// if values are not finite.
    pub eigenvalues: Vec<f64>,
    channels: usize,
    positions: usize,
}

impl ChannelSpectrum {
    fn is_finite(&self) -> bool {
        self.eigenvalues.iter().all(|value| value.is_finite())
    }

    /// The entropy of the eigenvalues as shares of their sum; 0 where all are zero.
    pub fn entropy(&self) -> f64 {
        if !self.is_finite() {
            return f64::NAN;
        }
        let total: f64 = self.eigenvalues.iter().sum();
        if total <= 0.0 {
            return 0.0;
        }
        let shares =
            self.eigenvalues.iter().map(|value| value / total).filter(|&share| share > 0.0);
        -shares.map(|share| share * share.ln()).sum::<f64>()
    }

    /// The least of the `c` eigenvalues: 0 where there are fewer positions than channels.
    pub fn least(&self) -> f64 {
        if !self.is_finite() {
            return f64::NAN;
        }
        if self.positions < self.channels {
            return 0.0;
        }
        self.eigenvalues.last().copied().unwrap_or(0.0)
    }

    /// The mean logarithm of the eigenvalues, which is ln det per channel; of the first `positions - 1`
    /// where that is less than the channels, since the others are zero whatever the network. None for a
    /// single position.
    pub fn mean_log(&self) -> Option<f64> {
        let count = self.channels.min(self.positions.saturating_sub(1));
        let logs = self.eigenvalues.iter().take(count);
        let sum: f64 = logs.map(|value| value.max(LEAST_EIGENVALUE).ln()).sum();
        let mean = if self.is_finite() { sum / count as f64 } else { f64::NAN };
        (count > 0).then_some(mean)
    }
}
