//! `--count published` against scores of the code published with the paper, on exported
//! NAS-Bench-201 networks: it counts every ReLU twice that opens a `ReLUConvBN` module, which in
//! these networks are all but the last one.

use crate::support;

use support::fixtures::{self, SCORE_TOLERANCE};
use untrained::backend::cpu::CpuBackend;
use untrained::backend::{Backend, Cancel, Network};
use untrained::graph::{Activation, Graph, NodeId, Op};
use untrained::onnx;
use untrained::plan::{Count, Plan};

/// The ReLU nodes of a graph with their calls.
fn relus(graph: &Graph) -> Vec<(NodeId, u32)> {
    let relu = |(id, node): (NodeId, &untrained::graph::Node)| match node.op {
        Op::Activation(relu) => Some((id, relu.calls)),
        _ => None,
    };
    graph.iter().filter_map(relu).collect()
}

#[test]
fn scores_are_those_of_the_published_code() {
    let mut backend = CpuBackend::new().unwrap();
    let mut checked = 0;
    for fixture in fixtures::all() {
        if fixture.expected.space != "nas-bench-201" {
            continue;
        }
        let mut model = onnx::read(&fixture.model).unwrap();
        let relus = relus(&model.graph);
        let (last, opening) = relus.split_last().unwrap();
        for &(id, calls) in opening {
            model.graph.set_activation(id, Activation::relu(calls, 2 * calls));
        }
        model.graph.set_activation(last.0, Activation::RELU);
        let mut score = |count| {
            let plan = Plan::new(&model.graph, &model.weights, count).unwrap();
            let network = Network { plan: &plan, weights: &model.weights };
            let outputs = backend.run(&[network], &fixture.batch, false, &Cancel::new());
            outputs[0].as_ref().unwrap().kernel.as_ref().unwrap().score()
        };
        let (paper, published) = (score(Count::Paper), score(Count::Published));
        let expected = &fixture.expected;
        println!("{}: paper {paper}, published {published}", fixture.name);
        assert!((published - expected.score_published_count).abs() < SCORE_TOLERANCE);
        // The two counts are far apart, so the comparison tells them apart.
        assert!((paper - expected.score_published_count).abs() > 10.0 * SCORE_TOLERANCE);
        checked += 1;
    }
    assert!(checked > 0, "no NAS-Bench-201 fixture was found");
}
