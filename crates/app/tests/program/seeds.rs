//! One seed for everything random, and one for each part.

use std::collections::HashMap;

use crate::program::quick_search;

/// The rows of a search by NASWOT with these seeds: architectures with their scores.
fn scores(seeds: &[&str]) -> HashMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.csv").to_str().unwrap().to_owned();
    let flags = ["--score", "naswot", "--samples", "6", "--out", &out];
    let (code, _, error) = quick_search(&[&flags, seeds].concat());
    assert_eq!(code, 0, "{error}");
    let mut reader = csv::Reader::from_path(&out).unwrap();
    reader.records().map(|row| row.unwrap()).map(|row| (row[0].into(), row[1].into())).collect()
}

#[test]
fn each_seed_changes_its_part_alone() {
    let usual = scores(&[]);
    let keys = |rows: &HashMap<String, String>| {
        let mut keys: Vec<_> = rows.keys().cloned().collect();
        keys.sort();
        keys
    };
    for part in ["--image-seed", "--weight-seed"] {
        let changed = scores(&[part, "5"]);
        assert_eq!(keys(&changed), keys(&usual), "{part}");
        assert_ne!(changed, usual, "{part}");
        assert_eq!(scores(&[part, "0"]), usual, "{part}");
    }
    let other = scores(&["--architecture-seed", "5"]);
    assert_ne!(keys(&other), keys(&usual));
    let all_but = ["--seed", "5", "--image-seed", "0", "--weight-seed", "0"];
    assert_eq!(scores(&all_but), other);
    let all = scores(&["--seed", "5"]);
    assert_eq!(keys(&all), keys(&other));
    assert_ne!(all, other);
}
