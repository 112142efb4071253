//! Eigenvalues of kernel matrices against those of LAPACK (numpy.linalg.eigvalsh), and against the
//! score, which is computed by another decomposition.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use untrained::score::{KernelMatrix, eigenvalues};

/// Relative to the largest eigenvalue; both programs round differently.
const TOLERANCE: f64 = 1e-12;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The kernel matrix that PyTorch computed.
fn kernel(name: &str) -> KernelMatrix {
    let bytes = std::fs::read(fixtures().join(name).join("kernel.npy")).unwrap();
    let file = npyz::NpyFile::new(&bytes[..]).unwrap();
    let images = file.shape()[0] as usize;
    let entries: Vec<f64> = file.into_vec().unwrap();
    let units = entries[0] as u64;
    let distances: Vec<u64> = entries.iter().map(|&entry| units - entry as u64).collect();
    KernelMatrix::from_distances(images, units, &distances).unwrap()
}

fn golden() -> BTreeMap<String, Vec<f64>> {
    let text = std::fs::read_to_string(fixtures().join("spectra/golden.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The largest difference, relative to the largest eigenvalue.
fn difference(found: &[f64], golden: &[f64]) -> f64 {
    assert_eq!(found.len(), golden.len());
    let pairs = found.iter().zip(golden);
    pairs.map(|(found, golden)| (found - golden).abs()).fold(0.0, f64::max) / golden[0]
}

#[test]
fn eigenvalues_are_those_of_lapack() {
    let golden = golden();
    assert_eq!(golden.len(), 4);
    for (name, expected) in &golden {
        let found = eigenvalues(&kernel(name));
        assert!(difference(&found, expected) < TOLERANCE, "{name}: {found:?}, {expected:?}");
    }
    // What the tolerance must find: one unit on which one pair of images agrees less.
    let good = kernel("nas-bench-201-1");
    let (n, units) = (good.images(), good.units());
    let mut distances: Vec<u64> = good.entries().iter().map(|entry| units - entry).collect();
    (distances[1], distances[n]) = (distances[1] + 1, distances[n] + 1);
    let other = eigenvalues(&KernelMatrix::from_distances(n, units, &distances).unwrap());
    assert!(difference(&other, &golden["nas-bench-201-1"]) > 10.0 * TOLERANCE);
}

#[test]
fn their_logarithms_add_up_to_the_score() {
    for name in golden().keys() {
        let kernel = kernel(name);
        let values = eigenvalues(&kernel);
        let sum = |values: &[f64]| values.iter().map(|value| value.ln()).sum::<f64>();
        let error = |values: &[f64]| (sum(values) / kernel.score() - 1.0).abs();
        assert!(error(&values) < 1e-12, "{name}: {} and {}", sum(&values), kernel.score());
        assert!(error(&values[1..]) > 1e-3, "{name}: one of them may be missing");
    }
}
