//! Image sources: golden values, seeded draws, damaged files.

mod cases;
mod cifar;
mod folder;
mod imagenet16;
mod normalisation;
mod npy;
mod order;
mod pictures;

use std::path::{Path, PathBuf};

use untrained::data::{
    self, DataError, ImageOverrides, ImageRequest, ImageSource, LoadedImages, load,
};
use untrained::graph::Shape;

const CIFAR_SHAPE: Shape = Shape::new(3, 32, 32);

fn source(text: &str) -> ImageSource {
    text.parse().unwrap()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Settings under which every value is a pixel's byte / 255.
fn bytes_over_255(channels: usize) -> ImageOverrides {
    let (mean, deviation) = (Some(vec![0.0; channels]), Some(vec![1.0; channels]));
    ImageOverrides { mean, deviation, ..ImageOverrides::default() }
}

fn open(
    source: &ImageSource,
    shape: Shape,
    batch_size: usize,
    seed: u64,
    overrides: &ImageOverrides,
) -> Result<LoadedImages, DataError> {
    data::open(&ImageRequest { source, shape, batch_size, seed, overrides, cancelled: &|| false })
}

/// An error with its causes, as the command line shows it.
fn chain(error: &DataError) -> String {
    untrained::job::chain(error)
}

#[test]
fn names_round_trip() {
    for text in [
        "builtin",
        "noise",
        "cifar10:some/folder",
        "cifar100:x",
        "imagenet16:/data:1/x",
        "folder:D:\\pictures",
        "npy:C:\\pictures\\x.npy",
        "idx:raw/train-images-idx3-ubyte.gz",
        "stl10:stl10_binary",
        "svhn:train_32x32.mat",
        "npz:C:\\pictures\\x.npz",
        "npz:x.npz:images",
        "npz:C:\\x.NPZ:a b",
    ] {
        assert_eq!(source(text).to_string(), text);
    }
    let ImageSource::Npz { file, key } = source("npz:C:\\x.npz:y") else { panic!() };
    assert_eq!((file, key), (PathBuf::from("C:\\x.npz"), Some("y".to_owned())));
    let ImageSource::Npz { file, key } = source("npz:C:\\x") else { panic!() };
    assert_eq!((file, key), (PathBuf::from("C:\\x"), None));
    for text in ["", "cifar10", "cifar10:", "npy:", "npz", "builtin:x", "noise:", "imagenet:x"] {
        let error = text.parse::<ImageSource>().unwrap_err().to_string();
        assert!(error.contains("builtin, cifar10:DIR, cifar100:DIR, imagenet16:DIR"), "{error}");
    }
}

#[test]
fn loading_ends_when_it_is_cancelled() {
    let overrides = &ImageOverrides::default();
    for text in ["cifar10", "cifar100", "imagenet16"] {
        let name = if text == "cifar10" { "cifar-10-official" } else { text };
        let name = if text == "cifar100" { "cifar-100" } else { name };
        let source = &source(&format!("{text}:{}", fixture("pickles").join(name).display()));
        let (shape, batch_size, seed) = (CIFAR_SHAPE, 2, 1);
        let cancelled = &|| true;
        let error =
            data::open(&ImageRequest { source, shape, batch_size, seed, overrides, cancelled });
        assert!(matches!(error, Err(DataError::Cancelled)), "{text}");
        assert!(load(source, shape, batch_size, seed).is_ok(), "{text}");
    }
}

#[test]
fn the_builtin_sheet_gives_a_batch_of_natural_pictures() {
    let batch = load(&ImageSource::Builtin, CIFAR_SHAPE, 128, 1).unwrap();
    assert_eq!(batch.values.len(), 128 * 3072);
    assert_ne!(batch.image(0), batch.image(1));
    let range = |channel: usize| {
        let (mean, deviation) = [(125.3, 63.0), (123.0, 62.1), (113.9, 66.7)][channel];
        (0.0 - mean) / deviation - 1e-5..=(255.0 - mean) / deviation + 1e-5
    };
    for (position, value) in batch.values.iter().enumerate() {
        assert!(range(position / 1024 % 3).contains(value), "{value} at {position}");
    }
    let error = load(&ImageSource::Builtin, CIFAR_SHAPE, 100_000, 1).unwrap_err().to_string();
    assert!(error.contains("the built-in sheet has") && error.contains("needs 100000"), "{error}");
}

#[test]
fn noise_is_standard_normal_and_comes_from_the_seed() {
    let shape = Shape::new(5, 20, 20);
    let batch = load(&ImageSource::Noise, shape, 50, 3).unwrap();
    assert_eq!(batch.values.len(), 50 * 2_000);
    let count = batch.values.len() as f64;
    let moment =
        |power| batch.values.iter().map(|&value| f64::from(value).powi(power)).sum::<f64>() / count;
    // Standard errors of 100,000 values: 0.003, 0.0045, 0.008, 0.03; five of them.
    assert!(moment(1).abs() < 0.016 && (moment(2) - 1.0).abs() < 0.023);
    assert!(moment(3).abs() < 0.07 && (moment(4) - 3.0).abs() < 0.16);
    assert_eq!(batch.fingerprint(), load(&ImageSource::Noise, shape, 50, 3).unwrap().fingerprint());
    assert_ne!(batch.fingerprint(), load(&ImageSource::Noise, shape, 50, 4).unwrap().fingerprint());
}

#[test]
fn senseless_sizes_are_refused_before_anything_is_read() {
    for size in [0, 1] {
        let error = load(&source("npy:no/such.npy"), CIFAR_SHAPE, size, 1).unwrap_err();
        assert!(error.to_string().contains("K needs at least two images"), "{error}");
    }
    for (shape, size) in [(CIFAR_SHAPE, usize::MAX), (Shape::new(3, usize::MAX, 32), 128)] {
        let error = load(&ImageSource::Noise, shape, size, 1).unwrap_err();
        assert!(matches!(error, DataError::BatchTooLarge { .. }));
    }
    let error = load(&ImageSource::Noise, Shape::new(3, 0, 32), 2, 1).unwrap_err();
    assert!(matches!(error, DataError::EmptyImage(_)));
}
