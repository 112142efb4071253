//! Space files of pair cells: what they can say, and what is refused.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use untrained::graph::{Op, Shape};
use untrained::space::{Space, SpaceOverride};

use crate::space::pair_cells::{changed, small, spaces};

#[test]
fn wrong_files_are_refused_with_the_place() {
    for (from, to, path, part) in [
        ("nodes = 2", "nodes = 9", "topology.nodes", "is 9, not from 1 to 8"),
        ("\"loose\"", "\"lose\"", "topology.concat", "did you mean `loose`?"),
        ("[4, 6]", "[]", "topology.widths", "0 entries"),
        ("[4, 6]", "[4, 0]", "topology.widths[1]", "is 0, not from 1"),
        ("[4, 6]", "[4, 4]", "topology.widths[1]", "4 is listed twice"),
        ("[4, 6]", "[4, 5000]", "topology.widths[1]", "at most 4096 stays within 16384"),
        ("[3]", "[65]", "topology.depths[0]", "is 65, not from 1 to 64"),
        ("[3]", "[3, 3]", "topology.depths[1]", "3 is listed twice"),
        ("\"1/3\"", "\"3/3\"", "skeleton.reductions[0]", "is `3/3`; write a fraction of the depth"),
        ("\"1/3\"", "\"one\"", "skeleton.reductions[0]", "such as 1/3"),
        ("\"nor_conv_1x1\"", "\"nor_conv_1x2\"", "skeleton.preprocessing", "`nor_conv_1x1`"),
        (
            "reductions",
            "second_stem_reduces = true\nreductions",
            "skeleton.second_stem_reduces",
            "no second_stem",
        ),
        (
            "reductions",
            "second_stem = [\"conv 3x3 stride=2\"]\nreductions",
            "skeleton.second_stem",
            "outputs 5x3, not 9x6",
        ),
        (
            "reductions",
            "second_stem = [\"bn\"]\nsecond_stem_reduces = true\nreductions",
            "skeleton.second_stem",
            "outputs 9x6, not 5x3",
        ),
        ("out=out*3", "out=out/4", "skeleton.stem", "6/4 is not a whole number"),
        ("\"global_avg_pool\", ", "", "skeleton.head", "takes a 1x1 image"),
        ("\"factorized_reduce\"", "\"conv_3x3_whole\"", "operations.conv_3x3_whole", "at stride 2"),
        ("\"conv_3x3\"", "\"conv_3x3_whole\"", "operations.conv_3x3_whole", "not 8x5x3"),
        (
            "\"conv_3x3\"",
            "\"halves\"",
            "operations.halves",
            "produces the wrong shape: 8x4x3, not 8x5x3 (on 8x9x6 at stride 2",
        ),
    ] {
        let text = changed(&[(from, to)])
            + "\n[operations.conv_3x3_whole]\nlayers = [\"relu\", \"conv 3x3\", \"bn\"]\n\
               [operations.halves]\nlayers = [\"identity\"]\nreshape = [\"avg_pool 2x2 stride=s\"]\n";
        let error = untrained::job::chain(&Space::from_text(&text, "small.toml").unwrap_err());
        assert!(error.contains(path) && error.contains(part), "{to}: {error}");
    }
}

/// Whatever the sizes of the images are, sampled architectures build.
#[test]
fn odd_sizes_are_halved_to_the_larger_half() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for space in spaces() {
        for (height, width) in [(33, 31), (7, 5), (1, 2)] {
            let sizes = [
                SpaceOverride::new("input.height", height),
                SpaceOverride::new("input.width", width),
            ];
            let space = space.with(&sizes).unwrap();
            let graph = space.sample(&mut rng).build().unwrap();
            let mut halved = [height, width];
            let halvings = if space.id().ends_with("imagenet") { 5 } else { 2 };
            (0..halvings).for_each(|_| halved = halved.map(|size: usize| size.div_ceil(2)));
            let pooled = graph.nodes().iter().find(|node| matches!(node.op, Op::GlobalAvgPool));
            let last = graph.shape(pooled.unwrap().inputs[0]);
            assert_eq!([last.height, last.width], halved, "{}", space.id());
        }
    }
}

#[test]
fn every_part_of_the_skeleton_can_be_replaced() {
    let space = small(&[
        (
            "reductions = [\"1/3\", \"2/3\"]",
            "reductions = [\"1/2\"]\nsecond_stem = [\"relu\", \"conv 3x3 stride=2\", \"bn\"]\nsecond_stem_reduces = true",
        ),
        ("[3]", "[1, 2, 5]"),
        ("\"nor_conv_1x1\"", "\"conv_3x3\""),
        ("[\"global_avg_pool\", \"linear\"]", "[\"bn\", \"relu\", \"flatten\", \"linear\"]"),
    ]);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..50 {
        let graph = space.sample(&mut rng).build().unwrap();
        assert_eq!(graph.shape(graph.output().unwrap()), Shape::new(4, 1, 1));
        let kernels = graph.nodes().iter().filter(|node| {
            node.label.contains("cell0.input1/")
                && matches!(node.op, Op::Conv(conv) if conv.kernel == [3, 3])
        });
        assert_eq!(kernels.count(), 1);
        let reduced = graph.nodes().iter().filter(|node| node.label.starts_with("cell0.input0/"));
        assert!(reduced.count() > 5, "the first cell follows a reduction");
    }
}

#[test]
fn one_node_and_no_reduction_are_enough() {
    let space =
        small(&[("nodes = 2", "nodes = 1"), ("[\"1/3\", \"2/3\"]", "[]"), ("\"none\", ", "")]);
    for architecture in space.enumerate() {
        let graph = architecture.build().unwrap();
        assert!(architecture.is_connected());
        assert_eq!(graph.shape(graph.output().unwrap()), Shape::new(4, 1, 1));
    }
}
