//! Scores where there is hardly anything to score: constant images, one image, one channel, layers of
//! zeros, more channels than positions, values that are no numbers.

use std::path::Path;

use untrained::backend::{Cancel, Network};
use untrained::data::Batch;
use untrained::graph::{Activation, BatchNorm, Conv, Graph, Op, Shape};
use untrained::job::{self, JobConfig, Options, SearchOptions, Task};
use untrained::plan::{Count, Plan, PlanOutputs};
use untrained::score::{MomentScores, SCORES, ScoreSet, TensorMoments};
use untrained::store::Status;
use untrained::weights::{LayerWeights, Weights};

use crate::support::devices;

/// What an eigenvalue below this counts as in a logarithm.
const LEAST: f64 = 1e-10;

/// Scores of a tensor of these values as the only site and the last representation, in the order of
/// expressivity, independence, decorrelation and volume. It is no sum, so it has no growth.
fn of_values(shape: Shape, values: &[f32]) -> [Option<f64>; 4] {
    let mut graph = Graph::new();
    let node = graph.input(shape);
    let moments = TensorMoments::from_values(node, shape, values);
    of_moments(&graph, &moments)
}

fn of_moments(graph: &Graph, moments: &TensorMoments) -> [Option<f64>; 4] {
    let sites = std::slice::from_ref(moments);
    let scores = MomentScores::new(graph, sites, Some(moments), ScoreSet::all());
    assert_eq!(scores.growth, None, "nothing is added");
    [scores.expressivity, scores.independence, scores.decorrelation, scores.volume]
}

fn assert_close(found: [Option<f64>; 4], expected: [Option<f64>; 4]) {
    let is_close = |(found, expected): (Option<f64>, Option<f64>)| match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() < 1e-6,
        (found, expected) => found == expected,
    };
    let all = found.into_iter().zip(expected).all(is_close);
    assert!(all, "{found:?}, expected {expected:?}");
}

#[test]
fn constant_channels_have_no_directions() {
    let shape = Shape::new(3, 2, 4);
    let nothing = [Some(0.0), Some(0.0), Some(LEAST.ln()), Some(LEAST.ln())];
    for value in [0.0, 0.7, -1e6] {
        assert_close(of_values(shape, &[value; 48]), nothing);
    }
    // One that varies beside two that do not: one direction.
    let mut values = [0.5_f32; 48];
    for image in values.chunks_exact_mut(24) {
        (0..8).for_each(|pixel| image[pixel] = if pixel % 2 == 0 { 1.0 } else { 3.0 });
    }
    let two_thirds = 2.0 / 3.0 * LEAST.ln();
    assert_close(
        of_values(shape, &values),
        [Some(0.0), Some(0.0), Some(two_thirds), Some(two_thirds)],
    );
}

/// A correlation of one channel is 1.
#[test]
fn one_channel_is_independent() {
    let values: Vec<f32> = (0..12).map(|at| if at % 2 == 0 { 5.0 } else { 1.0 }).collect();
    let variance = 4.0_f64;
    let expected = [Some(0.0), Some(1.0), Some(0.0), Some(variance.ln())];
    assert_close(of_values(Shape::new(1, 2, 3), &values), expected);
}

/// One position has no covariance: what is a mean over none of its eigenvalues is not available.
#[test]
fn one_image_of_one_pixel_has_no_last_scores() {
    for channels in [1, 2, 700] {
        let values: Vec<f32> = (0..channels).map(|at| at as f32).collect();
        let found = of_values(Shape::new(channels as usize, 1, 1), &values);
        assert_close(found, [Some(0.0), Some(0.0), None, None]);
    }
}

/// Two positions of many channels: one direction, in which half of the channels point the other way.
#[test]
fn few_positions_of_many_channels_have_one_direction() {
    for channels in [40_u16, 1500] {
        let of_channel = |channel: u16| {
            let step = if channel.is_multiple_of(2) { 1.0 } else { -1.0 };
            [step, -step].map(|value| value + f32::from(channel % 5))
        };
        let values: Vec<f32> = (0..channels).flat_map(of_channel).collect();
        let c = f64::from(channels);
        // Its variance is that of all channels together.
        let expected = [Some(0.0), Some(0.0), Some(c.ln()), Some(c.ln())];
        assert_close(of_values(Shape::new(usize::from(channels), 1, 2), &values), expected);
    }
}

/// Networks whose values overflow have no moments, and take no time.
#[test]
fn values_that_are_no_numbers_have_no_scores() {
    for shape in [Shape::new(3, 4, 4), Shape::new(20, 1, 2)] {
        for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e38] {
            let count = 2 * shape.volume();
            let mut values: Vec<f32> = (0..count).map(|at| (at * at % 7) as f32).collect();
            values[3] = wrong;
            let finite = |score: Option<f64>| score.is_none_or(f64::is_finite);
            let found = of_values(shape, &values);
            assert!(found.into_iter().all(finite), "{wrong}: {found:?}");
            if !wrong.is_finite() {
                assert_eq!(found, [None; 4], "{wrong}");
            }
        }
    }
}

/// A network of two convolutions with a normalised branch beside the first.
fn two_layers(shape: Shape, channels: usize, extent: usize) -> Graph {
    let mut graph = Graph::new();
    let input = graph.input(shape);
    let conv = Op::Conv(Conv::square(channels, extent, 1));
    let first = graph.add("first", conv, &[input]).unwrap();
    let norm = graph.add("norm", Op::BatchNorm(BatchNorm::default()), &[first]).unwrap();
    let relu = graph.add("relu", Op::Activation(Activation::RELU), &[norm]).unwrap();
    let second = graph.add("second", conv, &[relu]).unwrap();
    let other = graph.add("other", Op::BatchNorm(BatchNorm::default()), &[second]).unwrap();
    let sum = graph.add("sum", Op::Add, &[other, norm]).unwrap();
    let last = graph.add("last", Op::Activation(Activation::RELU), &[sum]).unwrap();
    let pool = graph.add("pool", Op::GlobalAvgPool, &[last]).unwrap();
    graph.set_body(sum);
    graph.set_output(pool);
    graph
}

/// Scores of a network with a constant in place of every weight, on every device.
fn on_devices(graph: &Graph, batch: &Batch, weight: f32) -> Vec<(String, MomentScores, f64, u64)> {
    let mut weights = Weights::default();
    for (id, node) in graph.iter() {
        if let Op::Conv(conv) = node.op {
            let shape = conv.weight_shape(graph.shape(node.inputs[0]).channels);
            let weight = vec![weight; shape.iter().product()];
            weights.set(id, LayerWeights { weight, ..LayerWeights::default() });
        }
    }
    let outputs = PlanOutputs { kernel: true, sites: true, last: true, keep: &[] };
    let plan = Plan::with_outputs(graph, &weights, Count::Paper, outputs).unwrap();
    let network = Network { plan: &plan, weights: &weights };
    let mut found = Vec::new();
    for mut device in devices::all() {
        let run = device.backend().run(&[network], batch, true, &Cancel::new()).pop().unwrap();
        let output = run.unwrap_or_else(|error| panic!("{}: {error}", device.name));
        let (sites, last) = (&output.sites, output.last.as_ref());
        let scores = MomentScores::new(graph, sites, last, ScoreSet::all());
        let kernel = output.kernel.as_ref().unwrap();
        found.push((device.name.clone(), scores, kernel.score(), kernel.regions()));
    }
    assert!(!found.is_empty(), "there is no device");
    found
}

fn batch(images: usize, shape: Shape, value: impl Fn(usize) -> f32) -> Batch {
    let values = (0..images * shape.volume()).map(value).collect();
    Batch { images, shape, values, indices: (0..images).collect() }
}

/// A layer of zeros: no direction, no spread, nothing that grows, equal codes.
#[test]
fn layers_of_zeros_are_scored_as_zeros() {
    let shape = Shape::new(3, 5, 5);
    let graph = two_layers(shape, 8, 3);
    let images = batch(4, shape, |at| (at * 37 % 19) as f32 - 9.0);
    for (name, scores, log_det, regions) in on_devices(&graph, &images, 0.0) {
        let found = [scores.expressivity, scores.independence, scores.decorrelation, scores.volume];
        assert_close(found, [Some(0.0), Some(0.0), Some(LEAST.ln()), Some(LEAST.ln())]);
        assert_eq!(scores.growth, None, "{name}: ln 0");
        assert_eq!((log_det, regions), (f64::NEG_INFINITY, 1), "{name}");
    }
}

/// One image, constant images, and a single channel: scores are finite or not available.
#[test]
fn small_and_constant_batches_give_numbers_or_nothing() {
    let cases = [
        (1, Shape::new(3, 5, 5), 8, 3),
        (1, Shape::new(1, 1, 1), 1, 1),
        (1, Shape::new(2, 1, 1), 40, 1),
        (4, Shape::new(1, 3, 3), 1, 3),
        (2, Shape::new(3, 1, 1), 700, 1),
    ];
    for (images, shape, channels, extent) in cases {
        let graph = two_layers(shape, channels, extent);
        let varied = batch(images, shape, |at| (at * 37 % 19) as f32 - 9.0);
        let constant = batch(images, shape, |_| 0.8);
        for (batch, is_constant) in [(varied, false), (constant, true)] {
            for (name, scores, log_det, regions) in on_devices(&graph, &batch, 0.3) {
                let case = format!("{name}: {images} images {shape}, {channels} channels");
                let MomentScores {
                    expressivity, independence, decorrelation, volume, growth, ..
                } = scores;
                for score in [expressivity, independence] {
                    assert!(score.is_some_and(f64::is_finite), "{case}: {scores:?}");
                }
                for score in [decorrelation, volume, growth] {
                    assert!(score.is_none_or(f64::is_finite), "{case}: {scores:?}");
                }
                if images * shape.plane() == 1 {
                    assert_eq!((decorrelation, volume), (None, None), "{case}");
                }
                if is_constant && images > 1 {
                    assert_eq!((log_det, regions), (f64::NEG_INFINITY, 1), "{case}");
                }
                assert!(!log_det.is_nan(), "{case}");
            }
        }
    }
}

/// A file of constant images of 8x8 pixels.
fn constant_images(folder: &Path, images: usize) -> String {
    let path = folder.join("constant.npy");
    let shape = format!("({images}, 3, 8, 8)");
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}").into_bytes();
    header.resize((header.len() + 11).next_multiple_of(64) - 11, b' ');
    header.push(b'\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    file.extend(header);
    file.extend((0..images * 192).flat_map(|_| 0.25_f32.to_le_bytes()));
    std::fs::write(&path, file).unwrap();
    format!("npy:{}", path.display())
}

/// A search by every score on constant images: a table without anything that is no number, in which
/// nothing is told apart.
#[test]
fn a_table_of_constant_images_holds_no_nan() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("table.csv");
    let options = Options {
        space: "nas-bench-201".to_owned(),
        batch_size: Some(4),
        images: Some(constant_images(folder.path(), 4).parse().unwrap()),
        device: "cpu".to_owned(),
        input: Some(Shape::new(3, 8, 8)),
        also: SCORES.iter().map(|score| score.name.to_owned()).collect(),
        ..Options::default()
    };
    let search = SearchOptions { samples: Some(8), ..SearchOptions::default() };
    let task = Task::Search(Box::new(search));
    let job = JobConfig { out: Some(out.clone()), ..JobConfig::new(options, task) };
    job::run(&job, &Cancel::new(), &mut |_| {}).unwrap();
    let mut table = csv::Reader::from_path(&out).unwrap();
    let header = table.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|column| column == name).unwrap();
    let mut singular = 0;
    for row in table.records() {
        let row = row.unwrap();
        for (column, cell) in header.iter().zip(&row) {
            let number = cell.parse::<f64>().unwrap_or(0.0);
            assert!(!number.is_nan(), "{column}: {row:?}");
            assert!(column == "naswot" || number.is_finite(), "{column}: {row:?}");
        }
        if row[place("status")] == *Status::Singular.name() {
            assert_eq!(&row[place("regions")], "1.0");
            singular += 1;
        }
    }
    assert!(singular >= 5, "only {singular} singular rows");
}
