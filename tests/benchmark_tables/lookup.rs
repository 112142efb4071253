//! One metric by architecture: what is found, counted and refused.

use std::io::Write;

use untrained::benchmark::{self, BenchmarkError, MetricLookup};
use untrained::space::Space;

use super::{fixture, table};

fn space(id: &str) -> Space {
    Space::builtin(id).unwrap()
}

fn csv(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

const FIRST: &str = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|";

#[test]
fn values_are_found_by_architecture() {
    let space = space("nas-bench-201");
    let lookup = MetricLookup::new(&table("cells.csv"), &space, "accuracy").unwrap();
    let get = |text: &str| lookup.get(&space.parse(text).unwrap());
    assert_eq!(get(FIRST), Some(90.25));
    // In the table without a value, and not in the table.
    assert_eq!(get("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"), None);
    assert_eq!(get("|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|"), None);
    let report = lookup.report();
    assert_eq!((report.rows, report.values, report.missing), (121, 1, 2));
    assert_eq!((report.duplicates.count, report.unknown.count), (118, 0));
    assert_eq!(report.duplicates.first.len(), 5);
    assert_eq!(report.duplicates.first[0], FIRST);
}

#[test]
fn the_first_value_of_an_architecture_counts() {
    let second = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
    let file = csv(&format!("arch,x\n{FIRST},\n{FIRST},2\n{FIRST},3\n{second},4\nnothing,5\n"));
    let space = space("nas-bench-201");
    let lookup = MetricLookup::new(&benchmark::open(file.path()).unwrap(), &space, "x").unwrap();
    assert_eq!(lookup.get(&space.parse(FIRST).unwrap()), Some(2.0));
    assert_eq!(lookup.get(&space.parse(second).unwrap()), Some(4.0));
    let report = lookup.report();
    assert_eq!((report.duplicates.count, report.unknown.count), (2, 1));
    assert_eq!(report.unknown.first, ["nothing"]);
}

#[test]
fn indices_serve_where_there_are_no_architectures() {
    for id in ["nas-bench-201", "nats-size"] {
        let space = space(id);
        let lookup = MetricLookup::new(&table("indices.csv"), &space, "test").unwrap();
        let at = |index| lookup.get(&space.from_index(index).unwrap());
        assert_eq!((at(4), at(5), at(6)), (None, Some(1.0), Some(2.0)), "{id}");
    }
    let error = MetricLookup::new(&table("indices.csv"), &space("nds-darts"), "test").unwrap_err();
    assert!(error.to_string().contains("the space has no index 5"), "{error}");
}

/// The hash of a path of three vertices of NAS-Bench-101's own examples stands for every cell that
/// is the same graph.
#[test]
fn hashes_serve_where_there_are_no_architectures() {
    let space = space("nas-bench-101");
    let text = "111-01-1:conv3x3-bn-relu,maxpool3x3";
    let hash = space.parse(text).unwrap().benchmark_key();
    let file = csv(&format!("hash,test\n{hash},0.5\n{},0.25\n", "0".repeat(32)));
    let table = benchmark::open(file.path()).unwrap();
    let lookup = MetricLookup::new(&table, &space, "test").unwrap();
    assert_eq!(lookup.get(&space.parse(text).unwrap()), Some(0.5));
    assert_eq!(lookup.get(&space.parse("111-01-1:maxpool3x3,maxpool3x3").unwrap()), None);
    let error =
        MetricLookup::new(&table, &Space::builtin("nas-bench-201").unwrap(), "test").unwrap_err();
    assert!(error.to_string().contains("the space has no hashes"), "{error}");
}

/// A cell whose vertices stand in another order is the same architecture.
#[test]
fn the_order_of_vertices_is_no_matter() {
    let space = space("nas-bench-101");
    let lookup = MetricLookup::new(&table("nasbench_tiny.tfrecord"), &space, "parameters").unwrap();
    let get = |text: &str| lookup.get(&space.parse(text).unwrap());
    assert_eq!(get("110-01-1:conv3x3-bn-relu,maxpool3x3"), Some(1_000.0));
    assert_eq!(get("110-01-1:maxpool3x3,conv3x3-bn-relu"), Some(1_000.0));
    assert_eq!(get("110-01-1:maxpool3x3,conv1x1-bn-relu"), None);
}

#[test]
fn a_table_of_another_space_is_refused() {
    for (name, metric, wrong, right) in [
        ("NATS-tiny-simple", "cifar10.ori-test.5", "nats-size", "nas-bench-201"),
        ("NAS-Bench-201-zip.pth", "cifar10.ori-test.5", "nas-bench-101", "nas-bench-201"),
        ("nasbench_tiny.tfrecord", "test_4", "nas-bench-201", "nas-bench-101"),
        ("ResNet.json", "accuracy", "nds-darts", "nds-resnet"),
        ("zc_nasbench201.json", "cifar10.nwot", "nds-vanilla", "nas-bench-201"),
    ] {
        let error = MetricLookup::new(&table(name), &space(wrong), metric).unwrap_err();
        assert!(matches!(error, BenchmarkError::Space(_)), "{name}: {error}");
        let text = error.to_string();
        assert!(text.contains(&format!("not a table of the space {wrong}")), "{text}");
        assert!(text.contains(&format!("it may be one of {right}")), "{text}");
        let lookup = MetricLookup::new(&table(name), &space(right), metric).unwrap();
        assert!(lookup.report().values > 0, "{name}");
    }
}

#[test]
fn an_unknown_metric_is_told_with_those_there_are() {
    let path = fixture("nasbench_tiny.tfrecord");
    let table = benchmark::open(&path).unwrap();
    let error =
        MetricLookup::new(&table, &space("nas-bench-101"), "test_5").unwrap_err().to_string();
    assert!(error.contains("no metric `test_5`: it has parameters, train_4"), "{error}");
}
