//! Costs against a count by formula that builds no network.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use untrained::graph::cost::Cost;
use untrained::plan::{Count, Plan};
use untrained::space::Space;
use untrained::weights::Weights;

use crate::space::pair_cells::genotype::Record;
use crate::space::pair_cells::{spaces, support::fixtures};

/// Parameters of a network: the weights of its layers, two values per normalised channel.
fn params(space: &Space, record: &Record) -> u64 {
    let genotype = &record.genotype;
    let imagenet = space.id().ends_with("imagenet");
    let mut width = record.width as u64;
    let stem = if imagenet {
        27 * width / 2 + width + 9 * width * width / 2 + 2 * width
    } else {
        81 * width + 6 * width
    };
    let second = if imagenet { 9 * width * width + 2 * width } else { 0 };
    let mut params = stem + second;
    let mut channels = if imagenet { [width, width] } else { [3 * width; 2] };
    for cell in 0..record.depth {
        let reduces = [record.depth / 3, 2 * record.depth / 3].contains(&cell);
        width *= 1 + u64::from(reduces);
        // Two halves or one convolution: equally many weights.
        params += channels.map(|from| from * width + 2 * width).iter().sum::<u64>();
        let (pairs, concat) = if reduces {
            (&genotype.reduce, &genotype.reduce_concat)
        } else {
            (&genotype.normal, &genotype.normal_concat)
        };
        for (operation, input) in pairs {
            params += operation_params(operation, width, reduces && *input < 2);
        }
        channels = [channels[1], width * concat.len() as u64];
    }
    params + (channels[1] + 1) * space.classes() as u64
}

fn operation_params(operation: &str, width: u64, halves: bool) -> u64 {
    let (square, norm) = (width * width, 2 * width);
    let depthwise = |size: u64| size * size * width + square + norm;
    match operation {
        "none" | "avg_pool_3x3" | "max_pool_3x3" | "max_pool_5x5" | "max_pool_7x7" => 0,
        "skip_connect" => u64::from(halves) * (square + norm),
        "conv_1x1" => square + norm,
        "conv_3x3" => 9 * square + norm,
        "conv_3x1_1x3" => 6 * square + norm,
        "conv_7x1_1x7" => 14 * square + norm,
        "sep_conv_3x3" | "dil_sep_conv_3x3" => 2 * depthwise(3),
        "sep_conv_5x5" => 2 * depthwise(5),
        "sep_conv_7x7" => 2 * depthwise(7),
        "dil_conv_3x3" => depthwise(3),
        "dil_conv_5x5" => depthwise(5),
        other => panic!("{other} is not known here"),
    }
}

#[test]
fn parameters_are_those_of_the_formula() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for space in spaces() {
        for _ in 0..20 {
            let architecture = space.sample(&mut rng);
            let cost = Cost::of(&architecture.build().unwrap());
            let record = Record::of(&architecture);
            assert_eq!(cost.params, params(&space, &record), "{}: {record:?}", space.id());
        }
    }
}

/// Nodes that reach nothing are built and their ReLUs are counted, as the published code does.
#[test]
fn dead_nodes_are_counted() {
    let space = Space::builtin("nds-pnas").unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let mut record = Record::of(&space.sample(&mut rng));
    let sep = |input: usize| ("sep_conv_3x3".to_owned(), input);
    for pairs in [&mut record.genotype.normal, &mut record.genotype.reduce] {
        *pairs =
            vec![sep(0), sep(1), sep(0), sep(1), sep(3), sep(1), sep(4), sep(1), sep(0), sep(1)];
    }
    record.genotype.normal_concat = vec![6];
    let architecture = record.architecture(&space);
    let graph = architecture.build().unwrap();
    let units = |count| Plan::new(&graph, &Weights::default(), count).unwrap().units;
    assert_eq!(units(Count::Paper), Cost::of(&graph).units);
    assert!(units(Count::Live) < units(Count::Paper));
    // A dead operation in place of another: nothing from input to output changes.
    record.genotype.normal[2] = ("sep_conv_5x5".to_owned(), 1);
    let other = record.architecture(&space);
    assert_eq!(architecture.live_key(), other.live_key());
    assert_eq!(architecture.canonical(), other.canonical());
    assert_ne!(architecture.code_key(), other.code_key());
    record.genotype.normal[9] = ("sep_conv_5x5".to_owned(), 1);
    assert_ne!(architecture.live_key(), record.architecture(&space).live_key());
}

/// The code published with the paper counts the ReLUs of the preprocessing twice.
#[test]
fn published_scores_are_as_expected() {
    let mut compared = 0;
    for fixture in fixtures::all() {
        let id = fixture.expected.space.as_str();
        let Some(space) = spaces().into_iter().find(|space| space.id() == id) else { continue };
        let model = untrained::onnx::read(&fixture.model).unwrap();
        let shape = [model.input.channels, model.input.height, model.input.width];
        let keys = ["input.channels", "input.height", "input.width"];
        let mut settings: Vec<_> = keys
            .iter()
            .zip(shape)
            .map(|(key, size)| untrained::space::SpaceOverride::new(*key, size))
            .collect();
        settings.push(untrained::space::SpaceOverride::new("classes", 10));
        let space = space.with(&settings).unwrap();
        let architecture = space.parse(&fixture.expected.arch.to_string()).unwrap();
        let graph = architecture.build().unwrap();
        let weights = crate::space::pair_cells::support::position::weights(&graph, &model).unwrap();
        let values = crate::space::pair_cells::support::reference::evaluate(
            &graph,
            &weights,
            &fixture.batch,
        );
        let [paper, published] = [Count::Paper, Count::Published]
            .map(|count| values.kernel(&graph, &weights, count).score());
        let expected = fixture.expected.score_published_count;
        assert!((published - expected).abs() < fixtures::SCORE_TOLERANCE, "{}", fixture.name);
        assert!((paper - expected).abs() > 10.0 * fixtures::SCORE_TOLERANCE, "{}", fixture.name);
        compared += 1;
    }
    assert!(compared > 0, "no fixture of these spaces was found");
}
