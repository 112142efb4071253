//! Scores against trained accuracy: 300 random NAS-Bench-201 architectures, batch 128, CIFAR-10 test
//! accuracy after 200 epochs.
//!
//! Published Kendall tau-b is 0.57 to 0.60 (Mellor et al. 2021, and reproductions). It fails if a
//! change of the scorer loses the signal: with CIFAR images tau must exceed 0.5, the built-in images
//! may cost 0.02 against them, and noise must cost something.

use crate::support;

use std::collections::HashMap;
use std::io::Read;

use untrained::backend::Cancel;
use untrained::job::{self, Event, JobConfig, Options, SearchOptions, Task};
use untrained::statistics::kendall_tau_b;
use untrained::store::Status;

/// Below the published range by more than its spread over samples of 300.
const LOWEST_TAU: f64 = 0.5;
/// What the built-in images may cost.
const BUILTIN_LOSS: f64 = 0.02;
/// Noise costs about 0.08; at least this much shows that the images matter.
const NOISE_LOSS: f64 = 0.02;

fn accuracies(path: &std::path::Path) -> HashMap<String, f64> {
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let headers = rows.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (architecture, accuracy) = (column("arch_str"), column("c10_test_200"));
    rows.records()
        .map(|row| row.unwrap())
        .map(|row| (row[architecture].to_owned(), row[accuracy].parse().unwrap()))
        .collect()
}

fn tau(images: &str, accuracies: &HashMap<String, f64>) -> f64 {
    let options = Options {
        images: Some(images.parse().unwrap()),
        device: "cpu".to_owned(),
        seed: 2021,
        ..Options::default()
    };
    let config = JobConfig::new(
        options,
        Task::Search(Box::new(SearchOptions {
            samples: Some(300),
            score: Some("naswot".to_owned()),
            ..SearchOptions::default()
        })),
    );
    let mut pairs = Vec::new();
    job::run(&config, &Cancel::new(), &mut |event| {
        if let Event::Scored { record, .. } = event
            && record.status == Status::Ok
        {
            pairs.push((record.score, accuracies[&record.architecture]));
        }
    })
    .unwrap();
    assert!(pairs.len() > 250, "only {} of 300 were scored", pairs.len());
    kendall_tau_b(&pairs).unwrap()
}

#[test]
fn scores_rank_as_published() {
    let Some(shared) = support::shared("data/nb201_tss.csv.gz") else {
        return;
    };
    let Some(cifar) = support::shared("data/cifar-10-batches-bin") else {
        return;
    };
    let accuracies = accuracies(&shared);
    let with_cifar = tau(&format!("cifar10:{}", cifar.display()), &accuracies);
    let builtin = tau("builtin", &accuracies);
    let noise = tau("noise", &accuracies);
    println!(
        "tau-b, 300 architectures: CIFAR {with_cifar:.3}, built-in {builtin:.3}, noise {noise:.3}"
    );
    assert!(with_cifar > LOWEST_TAU, "{with_cifar}");
    assert!(builtin > with_cifar - BUILTIN_LOSS, "built-in {builtin}, CIFAR {with_cifar}");
    assert!(noise < with_cifar - NOISE_LOSS, "noise {noise}, CIFAR {with_cifar}");
}
