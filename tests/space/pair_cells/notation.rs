//! What is read: NDS records, the text of DARTS, and what is refused.

use untrained::graph::cost::Cost;
use untrained::space::{Space, SpaceOverride};

use crate::space::pair_cells::genotype::Record;

/// `DARTS_V2` of the published code.
const DARTS_V2: &str = "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), \
    ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), \
    ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], \
    reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), \
    ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], \
    reduce_concat=range(2, 6))";

/// The published training logs of these networks say 3.349342 and 4.718752 million.
#[test]
fn the_networks_of_darts_have_the_published_parameters() {
    for (id, size, params) in [
        ("nds-darts", "width=36, depth=20", 3_349_342),
        ("nds-darts-imagenet", "width=48 depth=14", 4_718_752),
    ] {
        let space = Space::builtin(id).unwrap();
        let architecture = space.parse(&format!("{DARTS_V2}, {size}")).unwrap();
        let graph = architecture.build().unwrap();
        assert_eq!(Cost::of(&graph).params, params, "{id}");
    }
}

#[test]
fn sizes_that_are_left_out_are_the_first_of_the_space() {
    let space = Space::builtin("nds-darts").unwrap();
    let record = Record::of(&space.parse(DARTS_V2).unwrap());
    assert_eq!((record.width, record.depth), (16, 4));
    let json = record.architecture(&space).to_string();
    let without = json.replace(",\"width\":16,\"depth\":4", "");
    assert_ne!(without, json);
    assert_eq!(space.parse(&without), space.parse(DARTS_V2));
    let full = json.replace("\"depth\":4", "\"depth\": 4, \"aux\": false, \"drop_prob\": 0.0");
    assert_eq!(space.parse(&full), space.parse(DARTS_V2));
}

/// Sizes off the grid, equal inputs where the space has distinct ones, other concatenated nodes.
#[test]
fn more_is_read_than_the_space_chooses_from() {
    let space = Space::builtin("nds-darts").unwrap();
    let mut record = Record::of(&space.parse(DARTS_V2).unwrap());
    (record.width, record.depth) = (20, 7);
    record.genotype.normal[0].1 = 1;
    record.genotype.reduce_concat = vec![5, 2];
    let architecture = record.architecture(&space);
    assert_eq!(Record::of(&architecture), record);
    architecture.build().unwrap();
    assert!(architecture.neighbours().len() > 100);
}

#[test]
fn what_is_wrong_is_named() {
    let space = Space::builtin("nds-darts").unwrap();
    let good = space.parse(DARTS_V2).unwrap().to_string();
    for (from, to, token, part) in [
        ("dil_conv_3x3", "dil_conv_3x4", "dil_conv_3x4", "did you mean `dil_conv_3x3`?"),
        ("[\"dil_conv_3x3\",2]", "[\"dil_conv_3x3\",5]", "5", "node 5 of `normal` reads"),
        ("[\"dil_conv_3x3\",2]", "[\"dil_conv_3x3\",-1]", "-1", "0 to 4"),
        ("[\"dil_conv_3x3\",2]", "[\"dil_conv_3x3\",2],[\"none\",0]", "normal", "has 9 pairs"),
        ("[\"dil_conv_3x3\",2]", "[\"dil_conv_3x3\"]", "\"dil_conv_3x3\"", "a tuple of size 2"),
        ("[\"dil_conv_3x3\",2]", "[\"dil_conv_3x3\",2.5]", "2.5", "floating point"),
        ("\"normal_concat\":[2,3,4,5]", "\"normal_concat\":[]", "normal_concat", "is empty"),
        ("\"normal_concat\":[2,3,4,5]", "\"normal_concat\":[1]", "1", "nodes from 2 to 5"),
        ("\"reduce_concat\":[2,3,4,5]", "\"reduce_concat\":[2,6]", "6", "`reduce_concat` names"),
        ("\"reduce_concat\":[2,3,4,5]", "\"reduce_concat\":[2,2]", "2", "twice"),
        ("\"width\":16", "\"width\":0", "0", "the width is a whole number from 1 to 4096"),
        ("\"width\":16", "\"width\":9999999", "9999999", "from 1 to 4096"),
        ("\"depth\":4", "\"depth\":65", "65", "the depth is a whole number from 1 to 64"),
        ("\"depth\":4", "\"dept\":4", "\"dept\"", "unknown field `dept`, expected one of"),
        ("\"reduce\":", "\"reduction\":", "\"reduction\"", "unknown field `reduction`"),
    ] {
        let text = good.replace(from, to);
        assert_ne!(text, good, "{from} is not in the text");
        let error = space.parse(&text).unwrap_err();
        assert_eq!(error.token, token, "{to}: {error}");
        assert!(error.reason.contains(part), "{to}: {error}");
        assert!(error.to_string().len() < 600, "{error}");
    }
    for (text, token, part) in [
        ("", "", "Genotype(normal="),
        ("|none~0|", "|none~0|", "an architecture is written {"),
        (
            "Genotype(normal=[('sep', 0)], normal_concat=[2], reduce=[], reduce_concat=[2])",
            "normal",
            "has 1 pairs",
        ),
        ("Genotype(normal=[('sep_conv_3x3', 0), 'skip'", "'skip'", "expected is `[` or `(`"),
    ] {
        let error = space.parse(text).unwrap_err();
        assert_eq!(error.token, token, "{text}: {error}");
        assert!(error.to_string().contains(part), "{text}: {error}");
    }
    let long = format!("{{\"genotype\":{}", "[".repeat(1_000_000));
    assert!(space.parse(&long).unwrap_err().to_string().len() < 600);
    let long = format!("Genotype(normal={}", "[(".repeat(1_000_000));
    assert!(space.parse(&long).unwrap_err().to_string().len() < 600);
}

/// A width at which the stem of ImageNet cannot be halved says so when it is built.
#[test]
fn a_width_that_does_not_fit_is_refused_when_it_is_built() {
    let space = Space::builtin("nds-darts-imagenet").unwrap();
    let architecture = space.parse(&format!("{DARTS_V2}, width=33")).unwrap();
    let error = untrained::job::chain(&architecture.build().unwrap_err());
    assert!(error.contains("33/2 is not a whole number"), "{error}");
    let classes = space.with(&[SpaceOverride::new("classes", 10)]).unwrap();
    assert!(classes.parse(DARTS_V2).unwrap().build().is_ok());
}
