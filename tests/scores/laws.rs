//! What no score may see, in random networks of every space: the order of the images, the names of the
//! channels, and the scale of what is normalised. Beside each law a change that scores must see.

use std::collections::BTreeMap;

use untrained::backend::cpu::simd::Isa;
use untrained::backend::{Cancel, Network};
use untrained::data::{self, Batch};
use untrained::graph::cost::Cost;
use untrained::graph::{
    BatchNorm, Graph, Node, NodeId, Op, Resample, Statistics, TapTable, block_outputs,
};
use untrained::plan::{Count, Plan, PlanOutputs};
use untrained::score::{
    ChannelSpectrum, MomentScores, SCORES, Score, ScoreInputs, ScoreSet, ScoreValues,
    TensorMoments, disturbed, trainability, unit_patterns,
};
use untrained::seed;
use untrained::space::{Architecture, Space};
use untrained::weights::{Initialisation, Initialiser, LayerWeights, Weights};

use crate::support;
use support::devices::{self, Device};
use support::relabelling::ChannelOrder;

/// Images: enough for codes that differ, and for patterns that are not all there are.
const IMAGES: usize = 8;

/// Architectures that are drawn from each space.
const DRAWN: usize = 12;

/// How many of them have few convolutions: plain networks of 40 layers make 1 % of a rounding error.
const SHALLOW: usize = 4;

/// How many of these are scored, those with the fewest parameters; one of spaces with large images.
const ARCHITECTURES: usize = 2;

/// By how much the eigenvalues of a covariance may differ where sums are added in another order, as a part
/// of the largest one.
const SPECTRUM_NOISE: f64 = 1e-5;

/// A score of eigenvalues next to zero is compared where this noise moves it by less.
const LARGEST_SLACK: f64 = 0.2;

/// Other networks must differ in it where noise moves it by less than this.
const LEAST_SLACK: f64 = 0.01;

/// The scores that take a forward pass, and how far each may be off, as a part of it and absolutely, where
/// sums are added in another order: flipped bits of codes, and rounding.
const TOLERANCES: [(&str, f64, f64); 9] = [
    ("naswot", 2e-5, 2e-4),
    ("regions", 0.0, 0.0),
    ("swap", 2e-3, 2.0),
    ("expressivity", 1e-3, 1e-4),
    ("independence", 1e-3, 1e-4),
    ("decorrelation", 1e-3, 1e-4),
    ("volume", 1e-3, 1e-4),
    ("growth", 1e-3, 1e-4),
    ("trainability", 1e-3, 1e-4),
];

/// A network, its weights and its images.
struct LawTrial {
    name: String,
    graph: Graph,
    weights: Weights,
    batch: Batch,
}

/// All scores of a network, and how far rounding may move those that rest on the least eigenvalues.
struct AllScores {
    values: ScoreValues,
    slack: [f64; 2],
}

impl AllScores {
    fn get(&self, name: &str) -> Option<f64> {
        self.values.get(SCORES.iter().find(|score| score.name == name).unwrap())
    }

    fn slack(&self, name: &str) -> f64 {
        match name {
            "decorrelation" => self.slack[0],
            "volume" => self.slack[1],
            _ => 0.0,
        }
    }
}

/// How far noise may move the mean logarithm of a spectrum: every eigenvalue by the same amount at most.
fn slack(spectrum: &ChannelSpectrum, last: &TensorMoments) -> f64 {
    let count = last.channels.min(last.positions - 1);
    let noise = SPECTRUM_NOISE * spectrum.eigenvalues[0];
    let log = |value: f64| value.max(1e-10).ln();
    let range = |&value: &f64| log(value + noise) - log(value - noise);
    spectrum.eigenvalues.iter().take(count).map(range).sum::<f64>() / count as f64
}

fn scores(device: &mut Device, graph: &Graph, weights: &Weights, batch: &Batch) -> AllScores {
    let blocks = block_outputs(graph);
    let outputs = PlanOutputs { kernel: true, sites: true, last: true, keep: &blocks };
    let plan = Plan::with_outputs(graph, weights, Count::Live, outputs).unwrap();
    let network = Network { plan: &plan, weights };
    let mut run = |batch: &Batch| {
        let output = device.backend().run(&[network], batch, true, &Cancel::new()).pop().unwrap();
        output.unwrap_or_else(|error| panic!("{}: {error}", device.name))
    };
    let (output, second) = (run(batch), run(&disturbed(batch)));
    let [values, changed] = [&output, &second]
        .map(|output| output.kept.iter().map(|kept| kept.values.as_slice()).collect::<Vec<_>>());
    let moments = MomentScores::new(graph, &output.sites, output.last.as_ref(), ScoreSet::all());
    let kernel = output.kernel.as_ref().unwrap();
    let codes = output.codes.as_ref().unwrap();
    let codes = codes.iter().map(|code| (code.units, code.words.as_slice()));
    let patterns = unit_patterns(batch.images, codes, plan.constant_units > 0);
    let (law, count, all) = (Initialisation::default(), Count::Live, ScoreSet::all());
    let last = output.last.as_ref().unwrap();
    let inputs = ScoreInputs {
        log_det: Some(kernel.score()),
        regions: Some(kernel.regions() as f64),
        unit_patterns: Some(patterns as f64),
        moments: MomentScores { trainability: trainability(&values, &changed), ..moments },
        ..ScoreInputs::from_settings(graph, weights, law, count, all)
    };
    let spectra = [last.correlation_spectrum(), last.covariance_spectrum()];
    let slack = spectra.map(|spectrum| slack(&spectrum, last));
    AllScores { values: ScoreValues::new(&inputs, all), slack }
}

fn native() -> Device {
    Device::native(2, Isa::detect())
}

fn convolutions(graph: &Graph) -> usize {
    graph.nodes().iter().filter(|node| matches!(node.op, Op::Conv(_))).count()
}

fn trials(space: &Space) -> Vec<LawTrial> {
    let mut rng = seed::stream(23, &["laws of scores", space.id()]);
    let samples = std::iter::repeat_with(|| space.sample(&mut rng));
    let connected = samples.filter(|architecture| architecture.is_connected());
    let mut drawn: Vec<Architecture> = connected.take(DRAWN).collect();
    let cost = |architecture: &Architecture| {
        let graph = architecture.build().unwrap();
        (convolutions(&graph), Cost::of(&graph).params)
    };
    drawn.sort_by_cached_key(|architecture| cost(architecture).0);
    drawn.truncate(SHALLOW);
    drawn.sort_by_cached_key(|architecture| cost(architecture).1);
    drawn.truncate(if space.input().height > 16 { 1 } else { ARCHITECTURES });
    let trial = |architecture: Architecture| {
        let graph = architecture.build().unwrap();
        let initialiser = Initialiser { initialisation: space.initialisation(), seed: 9 };
        let all = (0..graph.nodes().len() as u32).map(NodeId);
        let weights = initialiser.draw(&graph, &architecture.canonical(), all);
        let batch = data::load(&"noise".parse().unwrap(), space.input(), IMAGES, 0).unwrap();
        LawTrial { name: format!("{} {architecture}", space.id()), graph, weights, batch }
    };
    drawn.into_iter().map(trial).collect()
}

/// Whether two values of a score are the same but for rounding.
fn is_same(name: &str, a: Option<f64>, b: Option<f64>, slack: f64) -> bool {
    let tolerance = TOLERANCES.iter().find(|tolerance| tolerance.0 == name);
    let &(_, relative, absolute) = tolerance.unwrap_or(&("", 1e-9, 0.0));
    match (a, b) {
        (Some(a), Some(b)) => a == b || (a - b).abs() <= absolute.max(relative * a.abs()) + slack,
        (a, b) => a == b,
    }
}

/// What was compared over all networks.
#[derive(Default)]
struct LawTally {
    /// By score, values that were the same.
    same: BTreeMap<&'static str, usize>,
    /// By score, values of other networks or images that were told apart, and all of them.
    others: BTreeMap<&'static str, (usize, usize)>,
}

impl LawTally {
    /// Fails unless all scores are the same.
    fn keeps(&mut self, trial: &LawTrial, before: &AllScores, after: &AllScores) {
        for &Score { name, .. } in &SCORES {
            let (a, b) = (before.get(name), after.get(name));
            let slack = before.slack(name).max(after.slack(name));
            if slack <= LARGEST_SLACK {
                assert!(is_same(name, a, b, slack), "{name} of {}: {a:?}, then {b:?}", trial.name);
                *self.same.entry(name).or_default() += usize::from(a.is_some());
            }
        }
    }

    /// Counts the scores that tell two networks apart.
    fn tells(&mut self, before: &AllScores, after: &AllScores) {
        for &Score { name, .. } in &SCORES {
            let (a, b, slack) = (before.get(name), after.get(name), before.slack(name));
            if a.is_some() && slack <= LEAST_SLACK {
                let (told, all) = self.others.entry(name).or_default();
                (*told, *all) = (*told + usize::from(!is_same(name, a, b, slack)), *all + 1);
            }
        }
    }

    /// Fails unless every score was compared often, and those of `names` told most other networks apart:
    /// some have values within the tolerance by chance.
    fn check(&self, law: &str, names: &[&str]) {
        println!("{law}: the same {:?}, told apart {:?}", self.same, self.others);
        // One space has growth, and small networks have too few blocks for trainability.
        let least = |name: &str| match name {
            "growth" => 2,
            "trainability" => 10,
            _ => 20,
        };
        for &Score { name, .. } in &SCORES {
            let same = self.same.get(name).copied().unwrap_or_default();
            assert!(same >= least(name), "{law}: {name} was compared {same} times");
        }
        for name in names {
            let &(told, all) = self.others.get(name).unwrap_or(&(0, 0));
            assert!(
                all >= least(name) / 2 && 2 * told > all,
                "{law}: {name} told {told} of {all} apart"
            );
        }
    }
}

/// Every space at a small size on the native backend, two of them on a GPU as well.
fn every_trial(mut test: impl FnMut(&mut Device, &LawTrial)) {
    let mut native = native();
    let mut count = 0;
    for id in Space::builtin_ids() {
        for trial in trials(&support::small::open(id)) {
            test(&mut native, &trial);
            count += 1;
        }
    }
    assert!(count >= 36, "only {count} networks");
    for mut gpu in devices::gpus().into_iter().take(1) {
        for id in ["nas-bench-201", "nds-resnext-a"] {
            test(&mut gpu, &trials(&support::small::open(id))[0]);
        }
    }
}

#[test]
fn the_order_of_images_does_not_matter() {
    let mut tally = LawTally::default();
    every_trial(|device, trial| {
        let LawTrial { graph, weights, batch, .. } = trial;
        let volume = batch.shape.volume();
        let before = scores(device, graph, weights, batch);
        let turned: Vec<f32> = batch.values.rchunks_exact(volume).flatten().copied().collect();
        let turned = Batch { values: turned, ..batch.clone() };
        let after = scores(device, graph, weights, &turned);
        tally.keeps(trial, &before, &after);
        // An image twice, in place of another one.
        let mut twice = batch.clone();
        twice.values.copy_within(..volume, volume);
        let after = scores(device, graph, weights, &twice);
        assert_eq!(after.get("naswot"), Some(f64::NEG_INFINITY), "{}", trial.name);
        assert_eq!(after.get("regions"), before.get("regions").map(|regions| regions - 1.0));
        tally.tells(&before, &after);
    });
    let others = ["naswot", "regions", "swap", "expressivity", "independence", "decorrelation"];
    tally.check("another order of images", &[&others[..], &["volume", "growth"]].concat());
}

#[test]
fn the_names_of_channels_do_not_matter() {
    let mut tally = LawTally::default();
    every_trial(|device, trial| {
        let LawTrial { graph, weights, batch, .. } = trial;
        let order = ChannelOrder::random(graph, 4);
        let (moved, convolutions) = (order.moved_convolutions(graph), convolutions(graph));
        // Heads of an attention and shuffled channels stay where they are, and what leads to them.
        let is_rearranged = graph.iter().any(|(_, node)| matches!(node.op, Op::Rearrange(_)));
        let least = if is_rearranged { 1 } else { convolutions.div_ceil(2) };
        assert!(moved >= least, "{}: {moved} of {convolutions}", trial.name);
        let before = scores(device, graph, weights, batch);
        let renamed = order.apply(graph, weights, true);
        let after = scores(device, graph, &renamed, batch);
        tally.keeps(trial, &before, &after);
        // Channels that are not read by their new names make another network.
        let mixed = order.apply(graph, weights, false);
        tally.tells(&before, &scores(device, graph, &mixed, batch));
    });
    let others = ["naswot", "path-norm", "expressivity", "independence", "decorrelation", "volume"];
    tally.check("other names of channels", &others);
}

/// The same network with normalisations that add almost nothing to the variance, so that scales cancel.
fn without_eps(graph: &Graph) -> Graph {
    let mut other = Graph::new();
    for (id, node) in graph.iter() {
        let op = match node.op {
            Op::BatchNorm(norm) => Op::BatchNorm(BatchNorm { eps: 1e-30, ..norm }),
            Op::Resample(resample) => {
                let table = other.add_table(TapTable::clone(graph.table(resample.table)));
                Op::Resample(Resample { table, ..resample })
            }
            op => op,
        };
        let added = match op {
            Op::Input => other.input(node.shape),
            op => other.add(&node.label, op, &node.inputs).unwrap(),
        };
        assert_eq!(added, id);
    }
    graph.body().into_iter().for_each(|body| other.set_body(body));
    other.set_output(graph.output().unwrap());
    other
}

/// The convolutions whose values nothing reads but normalisations by the mini-batch.
fn normalised_convolutions(graph: &Graph) -> Vec<NodeId> {
    let is_normalised = |id: NodeId| {
        let mut readers = graph.nodes().iter().filter(|node| node.inputs.contains(&id)).peekable();
        let by_the_batch =
            |op: Op| matches!(op, Op::BatchNorm(norm) if norm.statistics == Statistics::Batch);
        readers.peek().is_some() && readers.all(|reader| by_the_batch(reader.op))
    };
    let convs = graph.iter().filter(|(_, node)| matches!(node.op, Op::Conv(_)));
    convs.map(|(id, _)| id).filter(|&id| is_normalised(id)).collect()
}

/// These layers with every output channel multiplied by a power of two of its own, or with such a power on
/// the first weight of each channel only.
fn scaled(graph: &Graph, weights: &Weights, layers: &[NodeId], whole: bool) -> Weights {
    let mut other = weights.clone();
    for &id in layers {
        let layer = weights.get(id).unwrap();
        let row = layer.weight.len() / graph.shape(id).channels;
        let factor = |channel: usize| [2.0, 4.0, 0.5, 16.0][(channel + id.index()) % 4];
        let mut layer: LayerWeights = layer.clone();
        for (channel, row) in layer.weight.chunks_exact_mut(row).enumerate() {
            let count = if whole { row.len() } else { 1 };
            row[..count].iter_mut().for_each(|weight| *weight *= factor(channel));
        }
        if whole {
            let biases = layer.bias.iter_mut().enumerate();
            biases.for_each(|(channel, bias)| *bias *= factor(channel));
        }
        other.set(id, layer);
    }
    other
}

/// Powers of two cancel in a normalisation without a trace, so scores of the forward pass are the same
/// bits. The path norm, which ignores normalisation, sees them.
#[test]
fn the_scale_of_what_is_normalised_does_not_matter() {
    let (mut layers, mut tally) = (0, LawTally::default());
    every_trial(|device, trial| {
        let graph = without_eps(&trial.graph);
        let LawTrial { name, weights, batch, .. } = trial;
        let normalised = normalised_convolutions(&graph);
        let by_the_batch = |node: &Node| matches!(node.op, Op::BatchNorm(_));
        assert_eq!(!normalised.is_empty(), graph.nodes().iter().any(by_the_batch), "{name}");
        if normalised.is_empty() {
            return;
        }
        layers += normalised.len();
        let before = scores(device, &graph, weights, batch);
        let after = scores(device, &graph, &scaled(&graph, weights, &normalised, true), batch);
        for score in &SCORES {
            let (a, b) = (before.get(score.name), after.get(score.name));
            let sees_scale = score.name == "path-norm";
            assert_eq!(a != b, sees_scale, "{} of {name}: {a:?}, then {b:?}", score.name);
            *tally.same.entry(score.name).or_default() += usize::from(a.is_some());
        }
        // A factor on a part of each channel's weights does not cancel.
        let after = scores(device, &graph, &scaled(&graph, weights, &normalised, false), batch);
        tally.tells(&before, &after);
    });
    let others = ["naswot", "path-norm", "expressivity", "independence", "decorrelation", "volume"];
    tally.check("scaled layers", &others);
    assert!(layers >= 400, "only {layers} layers");
}
