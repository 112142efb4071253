//! Means and covariances of channels against sums in double precision.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use untrained::backend::{Cancel, Network};
use untrained::data::Batch;
use untrained::graph::{Activation, Graph, Op, Shape};
use untrained::plan::{Count, Plan, PlanOutputs};
use untrained::score::{MomentsForm, TensorMoments};
use untrained::weights::Weights;

use crate::kernels::support::devices::{self, Device};

/// How far a covariance may be off, in units of both standard deviations: sums of a thousand products
/// in single precision.
const COVARIANCE: f64 = 1e-5;

/// How far a mean may be off, in units of the standard deviation.
const MEAN: f64 = 1e-4;

/// Correlated channels: every second one has a mean of some 600 times its standard deviation, and the
/// first pixels of every image are far from all others.
fn batch(shape: Shape, images: usize, seed: u64) -> Batch {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let plane = shape.plane();
    let mut values = Vec::with_capacity(images * shape.volume());
    for _ in 0..images {
        let common: Vec<f32> = (0..plane).map(|_| random.random_range(-1.0..1.0)).collect();
        for channel in 0..shape.channels {
            let mean = [0.0, 300.0][channel % 2];
            let weight = (channel % 7) as f32 / 7.0;
            values.extend(common.iter().enumerate().map(|(pixel, common)| {
                let outlier = if pixel < plane / 100 { 5.0 } else { 0.0 };
                mean + outlier + weight * common + random.random_range(-0.8..0.8_f32)
            }));
        }
    }
    Batch { images, shape, values, indices: (0..images).collect() }
}

/// What is to be found: means, and covariances `[c, c]`.
struct Exact {
    positions: usize,
    means: Vec<f64>,
    covariances: Vec<f64>,
}

impl Exact {
    fn of(batch: &Batch) -> Self {
        let (shape, plane) = (batch.shape, batch.shape.plane());
        let all = (0..plane).collect();
        let (pixels, images) = match MomentsForm::new(shape, batch.images) {
            MomentsForm::Covariance => (all, batch.images),
            MomentsForm::Rows(sample) => (sample.pixels, batch.images.min(512)),
        };
        let positions = images * pixels.len();
        let of_channel = |channel: usize| {
            let at = |image: usize| &batch.image(image)[channel * plane..][..plane];
            let values = (0..images).flat_map(|image| pixels.iter().map(move |&p| at(image)[p]));
            let mut values: Vec<f64> = values.map(f64::from).collect();
            let mean = values.iter().sum::<f64>() / positions as f64;
            values.iter_mut().for_each(|value| *value -= mean);
            (mean, values)
        };
        let (means, values): (Vec<f64>, Vec<Vec<f64>>) =
            (0..shape.channels).map(of_channel).unzip();
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut covariances = vec![0.0; shape.channels * shape.channels];
        for i in 0..shape.channels {
            for j in 0..=i {
                let value = product(&values[i], &values[j]) / positions as f64;
                covariances[i * shape.channels + j] = value;
                covariances[j * shape.channels + i] = value;
            }
        }
        Self { positions, means, covariances }
    }

    /// The first difference, if there is one.
    fn differs(&self, found: &TensorMoments) -> Option<String> {
        let channels = self.means.len();
        assert_eq!((found.channels, found.positions), (channels, self.positions));
        let deviation = |channel: usize| self.covariances[channel * (channels + 1)].sqrt();
        for i in 0..channels {
            let error = (found.means()[i] - self.means[i]).abs();
            if error.is_nan() || error > MEAN * deviation(i) {
                return Some(format!("mean {i} is off by {error}"));
            }
            for j in 0..channels {
                let error = (found.covariance(i, j) - self.covariances[i * channels + j]).abs();
                if error.is_nan() || error > COVARIANCE * deviation(i) * deviation(j) {
                    let (found, expected) =
                        (found.covariance(i, j), self.covariances[i * channels + j]);
                    return Some(format!("covariance of {i}, {j} is {found}, not {expected}"));
                }
            }
        }
        None
    }
}

/// The moments of the images themselves.
fn measured(device: &mut Device, batch: &Batch) -> TensorMoments {
    let mut graph = Graph::new();
    let image = graph.input(batch.shape);
    graph.add("relu", Op::Activation(Activation::RELU), &[image]).unwrap();
    let outputs = PlanOutputs { kernel: false, sites: true, last: false, keep: &[] };
    let weights = Weights::default();
    let plan = Plan::with_outputs(&graph, &weights, Count::Paper, outputs).unwrap();
    let network = Network { plan: &plan, weights: &weights };
    let output = device.backend().run(&[network], batch, false, &Cancel::new()).pop().unwrap();
    let mut sites = output.unwrap_or_else(|error| panic!("{}: {error}", device.name)).sites;
    assert_eq!(sites.len(), 1);
    sites.swap_remove(0)
}

#[test]
fn moments_of_any_shape_are_those_of_double_precision() {
    let mut devices = devices::all();
    let mut cases = 0;
    for channels in [1, 3, 5, 17, 64, 130, 300, 600] {
        for extent in [[1, 1], [7, 7], [32, 32]] {
            for images in [1, 4, 32] {
                let shape = Shape::new(channels, extent[0], extent[1]);
                let batch = batch(shape, images, cases);
                let exact = Exact::of(&batch);
                for device in &mut devices {
                    if let Some(difference) = exact.differs(&measured(device, &batch)) {
                        panic!("{images} images of {shape} on {}: {difference}", device.name);
                    }
                }
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 72);
}

/// The comparison sees one other value, and two channels that are exchanged.
#[test]
fn another_value_and_another_order_are_seen() {
    let batch = batch(Shape::new(17, 7, 7), 4, 1);
    let exact = Exact::of(&batch);
    let mut other = batch.clone();
    other.values[100] += 1.0;
    let mut exchanged = batch.clone();
    for image in exchanged.values.chunks_exact_mut(17 * 49) {
        let (first, second) = image.split_at_mut(49);
        first.swap_with_slice(&mut second[49..98]);
    }
    for mut device in devices::all() {
        assert!(exact.differs(&measured(&mut device, &batch)).is_none(), "{}", device.name);
        for changed in [&other, &exchanged] {
            assert!(exact.differs(&measured(&mut device, changed)).is_some(), "{}", device.name);
        }
    }
}
