//! NAS-Bench-101 against its published table, its graph hash and its recorded parameter count.

use std::collections::HashSet;
use std::io::Read;

use crate::support::shared;
use rayon::prelude::*;
use untrained::graph::{Shape, cost::Cost};
use untrained::space::{Architecture, Space, SpaceOverride};

/// Hashes that others have published: the first of the benchmark's own file, and four rows of the
/// table of `nb101_trials.csv.gz`. Adjacency matrices are whole, row by row.
const HASHES: [(&str, &str); 5] = [
    (
        "00005c142e6f48ac74fdcf73e3439874",
        "0100110001000000010010000010000001000000010000000:input,conv3x3-bn-relu,maxpool3x3,\
         conv3x3-bn-relu,conv3x3-bn-relu,conv1x1-bn-relu,output",
    ),
    (
        "00040b38293651f17fb665401c671bbb",
        "010110001001000100000011000001000000:input,conv3x3-bn-relu,conv3x3-bn-relu,maxpool3x3,\
         conv3x3-bn-relu,output",
    ),
    (
        "00d00c2452af420327353fa171bd834e",
        "0101000101000110000100000:input,maxpool3x3,maxpool3x3,conv3x3-bn-relu,output",
    ),
    (
        "01f0f1cf81ef9193f2946db78ea759ee",
        "0101001100010000:input,conv3x3-bn-relu,conv3x3-bn-relu,output",
    ),
    ("09fc2d10bdd6225e167a6f81a22a3f06", "011001000:input,conv1x1-bn-relu,output"),
];

fn space() -> Space {
    Space::builtin("nas-bench-101").unwrap()
}

#[test]
fn it_describes_itself() {
    let space = space();
    assert_eq!(space.count(), 423_624);
    assert_eq!(space.topology(), "vertex-cell");
    assert_eq!((space.input(), space.classes()), (Shape::new(3, 32, 32), 10));
    assert_eq!(space.initialisation().to_string(), "kaiming-fan-out");
    assert_eq!(space.operation_names(), ["conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"]);
}

/// Vertices of an architecture in its shortest notation.
fn vertices(text: &str) -> usize {
    text.split(':').next().unwrap().split('-').count() + 1
}

/// The counts by vertices are those of the benchmark's files; hashes that are all different say that
/// no graph comes twice, as many of them as the benchmark has that none is missing.
#[test]
fn it_has_exactly_the_graphs_of_the_benchmark() {
    let space = space();
    let all: Vec<Architecture> = space.enumerate().collect();
    let facts: Vec<(usize, u128, bool)> = all
        .par_iter()
        .map(|architecture| {
            let text = architecture.to_string();
            let hash = u128::from_str_radix(&architecture.benchmark_key(), 16).unwrap();
            (vertices(&text), hash, architecture.canonical() == text)
        })
        .collect();
    let mut counts = [0; 8];
    facts.iter().for_each(|(vertices, ..)| counts[*vertices] += 1);
    assert_eq!(counts, [0, 0, 1, 6, 84, 2_441, 62_010, 359_082]);
    assert_eq!(all.len() as u128, space.count());
    let hashes: HashSet<u128> = facts.iter().map(|(_, hash, _)| *hash).collect();
    assert_eq!(hashes.len(), all.len(), "two graphs have one hash");
    assert!(facts.iter().all(|(.., canonical)| *canonical), "all come in their canonical form");
    let key = |architecture: &Architecture| {
        let text = architecture.to_string();
        let (bits, operations) = text.split_once(':').unwrap_or((&text, ""));
        let names = space.operation_names();
        let place = |name| names.iter().position(|known| *known == name);
        let operations: Vec<_> = operations.split(',').map(place).collect();
        (bits.len(), bits.to_owned(), operations)
    };
    assert!(all[..3_000].is_sorted_by_key(key), "they come in the documented order");
}

#[test]
fn published_hashes_are_met() {
    for (hash, text) in HASHES {
        let architecture = space().parse(text).unwrap();
        assert_eq!(architecture.benchmark_key(), hash, "{text}");
    }
}

#[test]
fn every_hash_of_the_published_table_is_met() {
    let Some(path) = shared("data/nb101_trials.csv.gz") else { return };
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let space = space();
    let mut rows = 0;
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        let written = format!("{}:{}", &row[2], &row[3]);
        let architecture = space.parse(&written).unwrap();
        assert_eq!(architecture.benchmark_key(), row[0], "{written}");
        assert_eq!(vertices(&architecture.to_string()).to_string(), row[1]);
        let canonical = space.parse(&architecture.canonical()).unwrap();
        assert_eq!(canonical.benchmark_key(), row[0], "the canonical form of {written}");
        rows += 1;
    }
    assert_eq!(rows, 5_385);
}

/// The Inception-like cell with which the benchmark's page shows its use, and what its file says of
/// it: 2,694,282 trainable parameters at the size in which it was trained.
#[test]
fn the_trained_size_has_the_recorded_parameters() {
    let trained = space().with(&[SpaceOverride::new("skeleton.channels", 128)]).unwrap();
    let text = format!(
        "{INCEPTION}:input,conv3x3-bn-relu,conv1x1-bn-relu,maxpool3x3,conv3x3-bn-relu,\
         conv3x3-bn-relu,output"
    );
    let graph = trained.parse(&text).unwrap().build().unwrap();
    assert_eq!(Cost::of(&graph).params, 2_694_282);
}

const INCEPTION: &str = "0111100\
                         0000001\
                         0000001\
                         0000001\
                         0000010\
                         0000001\
                         0000000";

#[test]
fn the_notations_of_the_community_are_read() {
    let space = space();
    let written = "101-01-1:maxpool3x3,conv1x1-bn-relu";
    let expected = space.parse(written).unwrap();
    assert_eq!(expected.to_string(), written);
    for other in [
        "101011:maxpool3x3,conv1x1-bn-relu",
        " 101-01-1 : maxpool3x3 , conv1x1-bn-relu ",
        "0101-0001-0001-0000:input,maxpool3x3,conv1x1-bn-relu,output",
        "0101000100010000:maxpool3x3,conv1x1-bn-relu",
        r#"{"adjacency": [[0,1,0,1],[0,0,0,1],[0,0,0,1],[0,0,0,0]], "operations": ["input","maxpool3x3","conv1x1-bn-relu","output"]}"#,
        r#"{"module_operations": ["maxpool3x3","conv1x1-bn-relu"], "module_adjacency": [[false,true,false,true],[0,0,0,1],[0,0,0,1.0],[0,0,0,0]]}"#,
        r#"{"adjacency": "101-01-1", "operations": ["maxpool3x3","conv1x1-bn-relu"]}"#,
        r#"[[[0,1,0,1],[0,0,0,1],[0,0,0,1],[0,0,0,0]], ["input","maxpool3x3","conv1x1-bn-relu","output"]]"#,
    ] {
        assert_eq!(space.parse(other).as_ref(), Ok(&expected), "{other}");
    }
    assert_eq!(space.parse("1").unwrap().to_string(), "1");
    assert_eq!(space.parse("0100:input,output").unwrap().to_string(), "1");
}

#[test]
fn the_message_on_a_wrong_architecture_names_the_token() {
    let seven = "111111-11111-1111-111-11-1:maxpool3x3,maxpool3x3,maxpool3x3,maxpool3x3,maxpool3x3";
    for (text, token, reason) in [
        ("112-11-1:maxpool3x3,maxpool3x3", "2", "zeros and ones"),
        ("", "", "has 0 bits"),
        ("11011", "11011", "has 5 bits; the upper triangle of 2 to 7 vertices has 1, 3, 6"),
        ("111-11:maxpool3x3", "111-11", "rows of 3, 2 entries"),
        ("11-1:maxpool3", "maxpool3", "did you mean `maxpool3x3`?"),
        ("11-1", "11-1", "0 operations; a cell of 3 vertices has 1"),
        ("11-1:maxpool3x3,maxpool3x3", "maxpool3x3,maxpool3x3", "a cell of 3 vertices has 1"),
        ("00-1:maxpool3x3", "00-1", "no path leads from the input to the output"),
        ("0", "0", "no path"),
        (seven, "111111-11111-1111-111-11-1", "has 21 edges on paths"),
        (
            "0110-0001-0001-0100:maxpool3x3,maxpool3x3",
            "0110-0001-0001-0100",
            "vertex 3 to vertex 1",
        ),
        (r#"{"adjacency": [[0,1],[0,0]]}"#, "{", "is missing the key `operations`"),
        (r#"{"adjacency": [[0,1],[0,0]], "operatons": []}"#, "operatons", "did you mean"),
        (r#"[[[0,2],[0,0]], []]"#, "2", "is 0 or 1"),
        (r#"[[[0,1],[0,0]], [3]]"#, "[3]", "a list of texts"),
        (r#"[[[0,1],[0,0]]]"#, "[[[0,1]", "[adjacency, operations]"),
        (r#"[[[0,1],[0,0]], "#, "[[[0,1]", "EOF"),
        (r#"[7, []]"#, "7", "a list of rows"),
    ] {
        let error = space().parse(text).unwrap_err();
        assert!(error.token.starts_with(token), "{text}: {error}");
        assert!(error.reason.contains(reason), "{text}: {error}");
    }
    let small = space().with(&[SpaceOverride::new("topology.max_vertices", 3)]).unwrap();
    let error = small.parse("111-11-1:maxpool3x3,maxpool3x3").unwrap_err();
    assert!(error.reason.contains("at most 3"), "{error}");
}

/// Eight vertices or more are no cell, however they are written.
#[test]
fn matrices_of_more_vertices_are_refused() {
    let row = |from: usize| (0..8).map(|to| u8::from(to == from + 1)).collect::<Vec<_>>();
    let rows: Vec<Vec<u8>> = (0..8).map(row).collect();
    let text = serde_json::json!([rows, vec!["maxpool3x3"; 6]]).to_string();
    let error = space().parse(&text).unwrap_err();
    assert!(error.reason.contains("8 vertices; this space has at most 7"), "{error}");
    assert!(space().parse(&"1".repeat(28)).unwrap_err().reason.contains("has 28 bits"));
}
