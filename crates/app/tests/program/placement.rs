//! Where one architecture stands: `describe --scores`, and every score in one comparison.

use serde_json::Value;

use crate::program::run as untrained;

const GOOD: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|\
                    nor_conv_3x3~2|";
const POOR: &str = "|none~0|+|none~0|none~1|+|avg_pool_3x3~0|none~1|none~2|";

fn described(flags: &[&str]) -> Vec<Value> {
    let (code, shown, error) = untrained(&[&["describe", "--scores", "--json"], flags].concat());
    assert_eq!(code, 0, "{error}");
    shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_architecture_is_placed_among_others_of_its_space() {
    let all = described(&[GOOD, POOR]);
    let combined = |at: usize| all[at]["reference"]["combined"].as_f64().unwrap();
    assert!(combined(0) > 0.9 && combined(1) < 0.1, "{all:?}");
    let scores = all[0]["scores"].as_array().unwrap();
    assert_eq!(scores[0]["value"].as_f64(), all[0]["macs"].as_f64());
    assert!(scores.iter().all(|score| (0.0..=1.0).contains(&score["share"].as_f64().unwrap())));
    let (code, shown, _) = untrained(&["describe", "--scores", GOOD]);
    assert!(code == 0 && shown.contains("random architectures of nas-bench-201"), "{shown}");
    assert!(shown.contains("  decorrelation") && shown.contains(" %\n"), "{shown}");
    let words = all[0]["reference"]["words"].as_str().unwrap();
    assert!(shown.contains(words) && words.contains(": top "), "{shown}");
}

#[test]
fn without_a_reference_set_the_values_are_there() {
    let all = described(&[GOOD, "--set", "skeleton.cells=1"]);
    assert!(all[0].get("reference").is_none());
    assert!(all[0]["scores"][1]["value"].is_f64(), "{all:?}");
    let cut = described(&["|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"]);
    assert!(cut[0]["unscored"].as_str().is_some_and(|why| !why.is_empty()), "{cut:?}");
    let (code, _, error) = untrained(&["describe", GOOD, "--among", "nas-bench-201"]);
    assert!(code == 2 && error.contains("--scores"), "{error}");
    let (code, _, error) = untrained(&["search", "--also", "combined"]);
    assert!(code == 2 && error.contains("describe --scores"), "{error}");
}

#[test]
fn a_value_of_naswot_is_placed_where_the_set_was_scored_likewise() {
    let among = "random architectures of nas-bench-201 (median ";
    let (code, shown, error) = untrained(&["score", GOOD]);
    assert!(code == 0 && shown.contains("score ") && shown.contains(among), "{shown}{error}");
    let search = ["search", "--score", "naswot", "--samples", "3", "--store", "none"];
    let (code, shown, error) = untrained(&search);
    assert!(code == 0 && shown.contains("naswot ") && shown.contains(among), "{shown}{error}");
    let (code, shown, _) = untrained(&["score", GOOD, "--batch-size", "16"]);
    assert!(
        code == 0 && shown.contains("compare values only") && !shown.contains(among),
        "{shown}"
    );
}
