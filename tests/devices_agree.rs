//! The same networks from the same seed on every device: NAS-Bench-201 at full depth, built-in images.
//!
//! Another order of summation moves a pre-activation in its last bits, which flips a code bit only
//! where the value is next to zero: 3e-5 to 5e-5 of the bits of the deepest networks.

use crate::support;

use support::devices::{self, Device};
use support::trial::{differing_bits, run_alone};
use untrained::backend::cpu::simd::Isa;
use untrained::backend::{Cancel, Network, RunOutput};
use untrained::data::{self, Batch};
use untrained::graph::block_outputs;
use untrained::graph::cost::Cost;
use untrained::plan::{Count, Plan, PlanOutputs};
use untrained::score::{MomentScores, ScoreSet, disturbed, trainability};
use untrained::seed;
use untrained::space::{Architecture, Space};
use untrained::weights::{Initialiser, Weights};

/// Images; the software adapter of the tests needs about a second for them and the heaviest cell.
const IMAGES: usize = 16;

/// The part of code bits that may differ between devices.
const BITS: f64 = 1e-4;

/// How far scores may be apart, as a part of them; a flipped bit moves K by 1 in 100,000 units.
const SCORE: f64 = 1e-5;

const GIVEN: [&str; 3] = [
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_3x3~0|avg_pool_3x3~1|skip_connect~2|",
    "|skip_connect~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|",
];

fn architectures(space: &Space) -> Vec<Architecture> {
    let mut rng = seed::stream(3, &["devices agree"]);
    let given = GIVEN.iter().map(|text| space.parse(text).unwrap());
    let random = std::iter::repeat_with(|| space.sample(&mut rng));
    given.chain(random.filter(|architecture| architecture.is_connected()).take(3)).collect()
}

fn images(space: &Space) -> Batch {
    data::load(&"builtin".parse().unwrap(), space.input(), IMAGES, 0).unwrap()
}

/// One network with the weights of a seed.
fn network(space: &Space, architecture: &Architecture, seed: u64) -> (Plan, Weights) {
    let graph = architecture.build().unwrap();
    let plan = Plan::new(&graph, &Weights::default(), Count::Paper).unwrap();
    let initialiser = Initialiser { initialisation: space.initialisation(), seed };
    let weights = initialiser.draw(&graph, &architecture.canonical(), plan.weighted_nodes());
    (plan, weights)
}

fn run(device: &mut Device, (plan, weights): &(Plan, Weights), batch: &Batch) -> RunOutput {
    run_alone(device.backend(), Network { plan, weights }, batch).unwrap()
}

/// The score of an output.
fn score_of(output: &RunOutput) -> f64 {
    output.kernel.as_ref().unwrap().score()
}

/// The part of code bits in which two outputs differ.
fn deviation(a: &RunOutput, b: &RunOutput) -> f64 {
    let (a, b) = (a.codes.as_ref().unwrap(), b.codes.as_ref().unwrap());
    assert_eq!(a.len(), b.len());
    let bits: usize = a.iter().map(|code| code.units * IMAGES).sum();
    let differing: u64 = a.iter().zip(b).map(|(a, b)| differing_bits(a, b)).sum();
    differing as f64 / bits as f64
}

#[test]
fn codes_and_scores_agree() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let batch = images(&space);
    let mut devices = devices::all();
    assert!(devices.len() > 1, "one device agrees with itself");
    for architecture in architectures(&space) {
        let network = network(&space, &architecture, 7);
        let first = run(&mut devices[0], &network, &batch);
        for device in &mut devices[1..] {
            let other = run(device, &network, &batch);
            let bits = deviation(&first, &other);
            let score = (score_of(&other) / score_of(&first) - 1.0).abs();
            let name = format!("{} on {}", architecture, device.name);
            println!("{name}: {bits:.1e} of the bits, {score:.1e} of the score");
            assert!(bits < BITS, "{name}: {bits} of the bits differ");
            assert!(score < SCORE, "{name}: the score is off by {score} of it");
        }
    }
}

/// The most parameters: the software adapter of the tests takes 128 MiB of weights.
const PARAMS: u64 = 32 << 20;

/// The cheapest of some samples of a space; `None` where the weights of all are too large for a device.
fn cheapest(space: &Space) -> Option<Architecture> {
    let mut rng = seed::stream(5, &["every space agrees"]);
    let samples = std::iter::repeat_with(|| space.sample(&mut rng));
    let connected = samples.filter(|architecture| architecture.is_connected());
    let sized = connected.take(12).map(|architecture| {
        let cost = Cost::of(&architecture.build().unwrap());
        (cost, architecture)
    });
    let fitting = sized.filter(|(cost, _)| cost.params < PARAMS);
    fitting.min_by_key(|(cost, _)| cost.macs).map(|(_, architecture)| architecture)
}

/// Every built-in space and every example at a small size, the cheapest of some samples each.
#[test]
fn every_space_agrees() {
    let mut devices = devices::all();
    assert!(devices.len() > 1, "one device agrees with itself");
    let mut spaces = 0;
    for space in spaces_at_small_size() {
        let Some(architecture) = cheapest(&space) else { continue };
        let batch = data::load(&"noise".parse().unwrap(), space.input(), IMAGES, 0).unwrap();
        let network = network(&space, &architecture, 7);
        let first = run(&mut devices[0], &network, &batch);
        for device in &mut devices[1..] {
            let bits = deviation(&first, &run(device, &network, &batch));
            println!("{} on {}: {bits:.1e} of the bits", space.id(), device.name);
            assert!(bits < BITS, "{} on {}: {bits} of the bits differ", space.id(), device.name);
        }
        spaces += 1;
    }
    assert!(spaces >= 25, "only {spaces} spaces");
}

/// How far scores of moments may be apart, as a part of them, and absolutely.
const MOMENTS: [f64; 2] = [1e-3, 1e-4];

/// Images that are enough for scores of moments.
const FEW_IMAGES: usize = 4;

/// The scores of moments of an architecture with the weights of a seed, from a plan without codes.
fn moment_scores(
    device: &mut Device,
    space: &Space,
    architecture: &Architecture,
    seed: u64,
) -> MomentScores {
    let graph = architecture.build().unwrap();
    let blocks = block_outputs(&graph);
    let outputs = PlanOutputs { sites: true, last: true, keep: &blocks, ..PlanOutputs::NONE };
    let plan = Plan::with_outputs(&graph, &Weights::default(), Count::Paper, outputs).unwrap();
    let initialiser = Initialiser { initialisation: space.initialisation(), seed };
    let weights = initialiser.draw(&graph, &architecture.canonical(), plan.weighted_nodes());
    let batch = data::load(&"noise".parse().unwrap(), space.input(), FEW_IMAGES, 0).unwrap();
    let network = Network { plan: &plan, weights: &weights };
    let mut run = |batch: &Batch| {
        let output = device.backend().run(&[network], batch, false, &Cancel::new()).pop().unwrap();
        output.unwrap_or_else(|error| panic!("{}: {error}", device.name))
    };
    let (output, second) = (run(&batch), run(&disturbed(&batch)));
    assert!(output.kernel.is_none() && output.sites.len() == plan.measured.len());
    let [values, changed] = [&output, &second]
        .map(|output| output.kept.iter().map(|kept| kept.values.as_slice()).collect::<Vec<_>>());
    let scores = MomentScores::new(&graph, &output.sites, output.last.as_ref(), ScoreSet::all());
    MomentScores { trainability: trainability(&values, &changed), ..scores }
}

/// Whether two scores are equal within [`MOMENTS`], or both missing.
fn agree(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= MOMENTS[1].max(MOMENTS[0] * a.abs()),
        (a, b) => a == b,
    }
}

fn of_moments(scores: &MomentScores) -> [Option<f64>; 6] {
    let MomentScores { expressivity, independence, decorrelation, volume, growth, trainability } =
        *scores;
    [expressivity, independence, decorrelation, volume, growth, trainability]
}

#[test]
fn scores_of_moments_agree() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let mut devices = devices::all();
    assert!(devices.len() > 1, "one device agrees with itself");
    for architecture in architectures(&space) {
        let first = of_moments(&moment_scores(&mut devices[0], &space, &architecture, 7));
        for device in &mut devices[1..] {
            let other = of_moments(&moment_scores(device, &space, &architecture, 7));
            let same = first.into_iter().zip(other).all(|(a, b)| agree(a, b));
            assert!(same, "{architecture} on {}: {other:?}, not {first:?}", device.name);
        }
        let other = of_moments(&moment_scores(&mut devices[0], &space, &architecture, 8));
        let same = first.into_iter().zip(other).all(|(a, b)| agree(a, b));
        assert!(!same, "other weights have other moments: {first:?}");
    }
}

/// What does not rest on eigenvalues next to zero, in every space.
#[test]
fn scores_of_moments_agree_in_every_space() {
    let mut devices = devices::all();
    assert!(devices.len() > 1, "one device agrees with itself");
    let last = devices.len() - 1;
    let mut compared = 0;
    for space in spaces_at_small_size() {
        let Some(architecture) = cheapest(&space) else { continue };
        let [first, other] =
            [0, last].map(|index| moment_scores(&mut devices[index], &space, &architecture, 7));
        let pairs = [
            (first.expressivity, other.expressivity),
            (first.independence, other.independence),
            (first.trainability, other.trainability),
        ];
        for (a, b) in pairs {
            assert!(agree(a, b), "{} on {}: {b:?}, not {a:?}", space.id(), devices[last].name);
            compared += usize::from(a.is_some());
        }
    }
    assert!(compared >= 75, "only {compared} scores");
}

/// Every built-in space and every example.
fn spaces_at_small_size() -> Vec<Space> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/examples");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|end| end == "toml"));
    let names = files.map(|path| path.to_str().unwrap().to_owned());
    let names = names.chain(Space::builtin_ids().map(str::to_owned));
    names.map(|name| support::small::open(&name)).collect()
}

/// The comparison tells networks apart that differ in their weights only.
#[test]
fn other_weights_differ_in_far_more_bits() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let batch = images(&space);
    let mut device = Device::native(2, Isa::detect());
    for architecture in architectures(&space) {
        let [a, b] = [7, 8].map(|seed| network(&space, &architecture, seed));
        let (a, b) = (run(&mut device, &a, &batch), run(&mut device, &b, &batch));
        assert!(deviation(&a, &b) > 1000.0 * BITS);
    }
}

/// Statistics are added in image order, whoever computed them.
#[test]
fn threads_and_repetition_change_nothing() {
    let space = Space::builtin("nas-bench-201").unwrap();
    let batch = images(&space);
    for architecture in architectures(&space) {
        let network = network(&space, &architecture, 7);
        let mut outputs = Vec::new();
        for threads in [1, 2, 3] {
            let mut device = Device::native(threads, Isa::detect());
            outputs.extend((0..2).map(|_| run(&mut device, &network, &batch)));
        }
        for other in &outputs[1..] {
            assert_eq!(other.codes, outputs[0].codes);
            assert_eq!(other.kernel, outputs[0].kernel);
        }
    }
}
