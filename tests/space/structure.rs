//! Sizes of networks against those of the original programs, exactly.

use crate::support::shared;
use serde_json::Value;
use untrained::graph::cost::Cost;
use untrained::space::{Space, SpaceOverride};

/// The text of an architecture: what is no text in the file is JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn every_row_of_every_space_is_exact() {
    let Some(path) = shared("fixtures/structure.json") else { return };
    let rows: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(rows.len() >= 156, "only {} rows", rows.len());
    let known: Vec<&str> = Space::builtin_ids().collect();
    let mut compared = 0;
    for row in rows.iter().filter(|row| known.contains(&row["space"].as_str().unwrap())) {
        let size = |key: &str, axis: usize| SpaceOverride::new(key, row["input"][axis].clone());
        let settings = [
            size("input.channels", 0),
            size("input.height", 1),
            size("input.width", 2),
            SpaceOverride::new("classes", row["classes"].clone()),
        ];
        let space = Space::open_with(row["space"].as_str().unwrap(), &settings).unwrap();
        let architecture = space.parse(&text(&row["arch"])).unwrap();
        let expected = |key: &str| row[key].as_u64().unwrap();
        let expected = Cost {
            params: expected("params"),
            macs: expected("macs"),
            units: expected("units"),
            units_published_count: expected("units_published_count"),
            product_macs: 0,
            activation_calls: expected("relu_calls"),
        };
        let cost = Cost::of(&architecture.build().unwrap());
        assert_eq!(cost, expected, "{} {}", row["space"], row["arch"]);
        compared += 1;
    }
    println!("{compared} of {} rows compared", rows.len());
    assert!(compared >= 156, "only {compared} rows");
}

/// The records of the benchmark itself say how many parameters the trained networks had.
#[test]
fn trained_networks_have_the_recorded_parameters() {
    let Some(path) = shared("data/nds_records.jsonl") else { return };
    let mut compared = 0;
    for line in std::fs::read_to_string(path).unwrap().lines().filter(|line| !line.is_empty()) {
        let record: Value = serde_json::from_str(line).unwrap();
        let id = format!("nds-{}", record["_sweep"].as_str().unwrap());
        let Ok(space) = Space::builtin(&id) else { continue };
        let architecture = space.parse(&record["net"].to_string()).unwrap();
        let params = Cost::of(&architecture.build().unwrap()).params;
        assert_eq!(Some(params), record["params"].as_u64(), "{id}");
        compared += 1;
    }
    assert!(compared >= 4, "only {compared} records");
}
