//! Samples of the published tables give the values that others read from them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use untrained::benchmark::{self, BenchmarkRow, MetricLookup, NEVER_CANCEL};
use untrained::graph::cost::Cost;
use untrained::space::Space;

use super::data::shared;
use super::{read, value};

/// The tables to compare with were rounded to six decimals.
const ROUNDED: f64 = 1e-6;

fn rows(path: &Path) -> (Vec<BenchmarkRow>, Vec<String>) {
    read(&benchmark::open(path).unwrap()).unwrap()
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).unwrap();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    bytes
}

/// What others read, by index: the mean of each metric over its rows, one a seed.
fn means(name: &str) -> Option<BTreeMap<(u64, String), f64>> {
    let mut trials: BTreeMap<(u64, String), Vec<f64>> = BTreeMap::new();
    let mut table = csv::Reader::from_path(shared(name)?).unwrap();
    for row in table.records().map(Result::unwrap) {
        let epochs: u32 = row[2].parse().unwrap();
        let index = row[0].parse().unwrap();
        let mut add = |what: &str, text: &str| {
            let key = (index, format!("{}.{what}.{epochs}", &row[3]));
            trials.entry(key).or_default().push(text.parse().unwrap());
        };
        add(&row[5], &row[6]);
        add("flops", &row[7]);
        add("params", &row[8]);
    }
    assert!(trials.len() > 100, "only {} means", trials.len());
    let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    Some(trials.iter().map(|(key, values)| (key.clone(), mean(values))).collect())
}

/// Compares a table with the means of a list; the number of comparisons.
fn compare(path: &Path, expected: &BTreeMap<(u64, String), f64>) -> usize {
    let (rows, metrics) = rows(path);
    assert_eq!(rows.len(), 3, "{}", path.display());
    for ((index, metric), expected) in expected {
        let row = rows.iter().find(|row| row.index == Some(*index)).unwrap();
        let found = value(row, &metrics, metric).unwrap_or_else(|| panic!("{index} {metric}"));
        let off = (found - expected).abs();
        assert!(off < ROUNDED, "{index} {metric}: {found} for {expected}");
    }
    expected.len()
}

#[test]
fn official_nats_files_hold_what_others_read() {
    for (list, folder) in [
        ("data/nats_tss_sample_trials.csv", "NATS-tss-v1_0-3ffb9-simple"),
        ("data/nats_sss_sample.csv", "NATS-sss-v1_0-50262-simple"),
    ] {
        let Some(path) = shared(&format!("data/samples/nats_official/{folder}")) else { return };
        let Some(mut expected) = means(list) else { return };
        let count = compare(&path, &expected);
        assert!(count > 100, "{count}");
        // The comparison sees a value that is a little off.
        *expected.values_mut().next().unwrap() += 10.0 * ROUNDED;
        let seen = std::panic::catch_unwind(|| compare(&path, &expected));
        assert!(seen.is_err());
    }
}

/// A tar of the folder is the same table.
#[test]
fn a_tar_of_the_folder_is_the_same() {
    let name = "NATS-tss-v1_0-3ffb9-simple";
    let Some(path) = shared(&format!("data/samples/nats_official/{name}")) else { return };
    let file = tempfile::NamedTempFile::with_suffix(".tar").unwrap();
    let mut archive = tar::Builder::new(file.reopen().unwrap());
    archive.append_dir_all(name, &path).unwrap();
    archive.finish().unwrap();
    assert_eq!(rows(file.path()), rows(&path));
}

/// Both layouts of `.pth` hold real values of NAS-Bench-201, which are those of the NATS files.
#[test]
fn both_layouts_of_torch_hold_the_values_of_nats() {
    let Some(expected) = means("data/nats_tss_sample_trials.csv") else { return };
    for layout in ["legacy", "zip"] {
        let name = format!("data/samples/NAS-Bench-201-v1_1-layout-{layout}.pth.gz");
        let Some(packed) = shared(&name) else { return };
        let error = benchmark::open(&packed).unwrap_err().to_string();
        assert!(error.contains("decompress it first"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().join("table.pth");
        std::fs::write(&path, unpacked(&packed)).unwrap();
        compare(&path, &expected);
    }
}

/// The table of mean test accuracies agrees with the official files after 200 epochs.
#[test]
fn nas_bench_201_as_csv_agrees_with_the_official_files() {
    let Some(path) = shared("data/nb201_tss.csv.gz") else { return };
    let Some(official) = shared("data/samples/nats_official/NATS-tss-v1_0-3ffb9-simple") else {
        return;
    };
    let space = Space::builtin("nas-bench-201").unwrap();
    let table = benchmark::open(&path).unwrap();
    let official = benchmark::open(&official).unwrap();
    for (metric, name) in [
        ("c10_test_200", "cifar10.ori-test.200"),
        ("c100_test_200", "cifar100.x-test.200"),
        ("in16_test_200", "ImageNet16-120.x-test.200"),
        ("c10valid_valid_12", "cifar10-valid.x-valid.12"),
    ] {
        let lookup = MetricLookup::new(&table, &space, metric).unwrap();
        let report = lookup.report();
        assert_eq!((report.values, report.missing), (15_625, 0), "{metric}");
        assert_eq!((report.duplicates.count, report.unknown.count), (0, 0), "{metric}");
        let others = MetricLookup::new(&official, &space, name).unwrap();
        for index in [0, 11, 284] {
            let architecture = space.from_index(index).unwrap();
            let (one, other) = (lookup.get(&architecture), others.get(&architecture));
            let off = (one.unwrap() - other.unwrap()).abs();
            assert!(off < ROUNDED, "{index} {metric}: {one:?} {other:?}");
        }
    }
    let facts = table.facts(NEVER_CANCEL).unwrap();
    let accuracy = facts.metrics.iter().find(|metric| metric.name == "c10_test_200").unwrap();
    assert!((accuracy.max.unwrap() - 94.373_333).abs() < ROUNDED, "the published maximum is 94.37");
}

/// The sample of NAS-Bench-101 has the trials of the table of trials, by hash and by architecture.
#[test]
fn nas_bench_101_has_the_trials_of_the_table() {
    let Some(path) = shared("data/samples/nasbench_only108_sample.tfrecord") else { return };
    let Some(trials) = shared("data/nb101_trials.csv.gz") else { return };
    let (sample, names) = rows(&path);
    let (trials, columns) = rows(&trials);
    let by_hash: BTreeMap<&str, &BenchmarkRow> =
        trials.iter().map(|row| (row.hash.as_deref().unwrap(), row)).collect();
    let mut met = 0;
    for row in &sample {
        let Some(trials) = by_hash.get(row.hash.as_deref().unwrap()) else { continue };
        met += 1;
        let of = |name: &str| value(trials, &columns, name).unwrap();
        let all = ["t1", "t2", "t3"].map(|trial| of(&format!("test_acc_{trial}")));
        let largest = all.into_iter().fold(0.0, f64::max);
        for (metric, expected) in [
            ("test_108", of("mean_test_acc")),
            ("validation_108", of("mean_val_acc")),
            ("test_108_max", largest),
        ] {
            let found = value(row, &names, metric).unwrap();
            assert!((found - expected).abs() < ROUNDED, "{metric}: {found} for {expected}");
        }
    }
    assert!(met > 0 || sample.len() == 1, "no architecture of the sample is in the table");
}

/// The hash of the sample is that of its architecture by NAS-Bench-101's own rule, and so is every
/// hash of the table of trials.
#[test]
fn hashes_are_those_of_the_architectures() {
    let space = Space::builtin("nas-bench-101").unwrap();
    for name in ["data/samples/nasbench_only108_sample.tfrecord", "data/nb101_trials.csv.gz"] {
        let Some(path) = shared(name) else { return };
        let (rows, _) = rows(&path);
        for row in &rows {
            let architecture = space.parse(&row.architecture).unwrap();
            assert_eq!(Some(architecture.benchmark_key()), row.hash, "{}", row.architecture);
        }
        let table = benchmark::open(&path).unwrap();
        let metric = if rows.len() == 1 { "test_108" } else { "mean_test_acc" };
        let lookup = MetricLookup::new(&table, &space, metric).unwrap();
        assert_eq!(lookup.report().values, rows.len() as u64);
    }
}

#[test]
fn network_design_spaces_build_the_recorded_networks() {
    for (name, id, params, accuracy) in [
        ("Amoeba", "nds-amoeba", 4_190_314.0, 93.27),
        ("ResNet", "nds-resnet", 594_138.0, 93.49),
        ("ResNeXt-A", "nds-resnext-a", 83_002.0, 90.39),
        ("Vanilla", "nds-vanilla", 689_770.0, 84.35),
    ] {
        let Some(path) = shared(&format!("data/samples/nds/{name}.json")) else { return };
        let table = benchmark::open(&path).unwrap();
        let facts = table.facts(NEVER_CANCEL).unwrap();
        assert_eq!(facts.spaces[0], id, "{name}");
        let (rows, metrics) = read(&table).unwrap();
        assert_eq!(value(&rows[0], &metrics, "params"), Some(params));
        let found = value(&rows[0], &metrics, "accuracy").unwrap();
        assert!((found - accuracy).abs() < ROUNDED, "{name}: {found}");
        let space = Space::builtin(id).unwrap();
        let architecture = space.parse(&rows[0].architecture).unwrap();
        let graph = architecture.build().unwrap();
        assert_eq!(Cost::of(&graph).params as f64, params, "{name}");
        let lookup = MetricLookup::new(&table, &space, "accuracy").unwrap();
        assert_eq!(lookup.get(&architecture), Some(found));
    }
}
