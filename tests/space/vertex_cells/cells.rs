//! Spaces of cells, and other ways to write a cell.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use untrained::space::{Architecture, Decision, Space, SpaceOverride};

/// The built-in space.
pub fn nas_bench_101() -> Space {
    Space::builtin("nas-bench-101").unwrap()
}

/// A space of small cells.
pub fn small(max_vertices: usize, max_edges: usize, operations: usize) -> Space {
    let names = ["conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"];
    let settings = [
        SpaceOverride::new("topology.max_vertices", max_vertices),
        SpaceOverride::new("topology.max_edges", max_edges),
        SpaceOverride::new("topology.operations", json!(names[..operations])),
        SpaceOverride::new("skeleton.cells", 1),
    ];
    nas_bench_101().with(&settings).unwrap()
}

/// The edges as `1` and `0`, row by row, and the operations.
pub fn decisions(architecture: &Architecture) -> (Vec<String>, Vec<String>) {
    let choices = architecture.decisions();
    let (edges, operations) = choices.into_iter().partition(|c| c.name.starts_with("edge "));
    let values = |choices: Vec<Decision>| choices.into_iter().map(|choice| choice.value).collect();
    (values(edges), values(operations))
}

/// The cell of these decisions in text.
pub fn written(edges: &[String], operations: &[String]) -> String {
    format!("{}:{}", edges.concat(), operations.join(","))
}

/// Every architecture of a small space as it can be drawn, in text: all edges, all operations.
pub fn all_decisions(vertices: usize, names: &[&str]) -> Vec<String> {
    let (pairs, inner) = (vertices * (vertices - 1) / 2, vertices - 2);
    let mut all = Vec::new();
    for bits in 0..1_u32 << pairs {
        for mut rank in 0..names.len().pow(inner as u32) {
            let edges: Vec<String> =
                (0..pairs).map(|pair| (bits >> pair & 1).to_string()).collect();
            let mut operations = Vec::new();
            for _ in 0..inner {
                operations.push(names[rank % names.len()].to_owned());
                rank /= names.len();
            }
            all.push(written(&edges, &operations));
        }
    }
    all
}

/// The same cell with its inner vertices in a random order in which edges lead to later ones.
pub fn relabelled(
    space: &Space,
    architecture: &Architecture,
    rng: &mut ChaCha8Rng,
) -> Architecture {
    let (edges, operations) = decisions(architecture);
    let vertices = operations.len() + 2;
    let place = |from: usize, to: usize| from * (2 * vertices - from - 1) / 2 + to - from - 1;
    let has = |from: usize, to: usize| from < to && edges[place(from, to)] == "1";
    let mut order = vec![0];
    let mut left: Vec<usize> = (1..vertices - 1).collect();
    while !left.is_empty() {
        let ready: Vec<usize> =
            left.iter().copied().filter(|&v| !left.iter().any(|&other| has(other, v))).collect();
        let next = ready[rng.random_range(0..ready.len() as u32) as usize];
        left.retain(|&vertex| vertex != next);
        order.push(next);
    }
    order.push(vertices - 1);
    let mut bits = Vec::new();
    for from in 0..vertices {
        for to in from + 1..vertices {
            bits.push(u8::from(has(order[from], order[to])).to_string());
        }
    }
    let operations: Vec<String> =
        order[1..vertices - 1].iter().map(|&vertex| operations[vertex - 1].clone()).collect();
    space.parse(&written(&bits, &operations)).unwrap()
}
