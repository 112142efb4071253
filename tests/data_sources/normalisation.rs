//! Means, deviations and channels.

use untrained::data::{DataError, ImageOverrides, ImageSource};
use untrained::graph::Shape;

use super::{CIFAR_SHAPE, bytes_over_255, open, source};

fn overrides(mean: &[f64], deviation: &[f64]) -> ImageOverrides {
    let some = |values: &[f64]| (!values.is_empty()).then(|| values.to_vec());
    ImageOverrides { mean: some(mean), deviation: some(deviation), ..ImageOverrides::default() }
}

#[test]
fn given_values_replace_the_usual_ones() {
    let load = |overrides: &ImageOverrides| {
        open(&ImageSource::Builtin, CIFAR_SHAPE, 8, 1, overrides).unwrap()
    };
    let bytes = load(&bytes_over_255(3)).batch;
    let (mean, deviation) = ([0.1, 0.5, 0.9], [0.25, 0.5, 1.0]);
    let usual: [[f64; 3]; 2] = [[125.3, 123.0, 113.9], [63.0, 62.1, 66.7]];
    let usual = usual.map(|values| values.map(|value| value / 255.0));
    for (given, mean, deviation) in [
        (overrides(&mean, &deviation), mean, deviation),
        (overrides(&mean, &[]), mean, usual[1]),
        (overrides(&[], &deviation), usual[0], deviation),
        (ImageOverrides::default(), usual[0], usual[1]),
    ] {
        let images = load(&given);
        for (place, &value) in images.batch.values.iter().enumerate() {
            let channel = place / 1024 % 3;
            let expected = (f64::from(bytes.values[place]) - mean[channel]) / deviation[channel];
            assert!((f64::from(value) - expected).abs() < 1e-5, "{given:?}: {value}, {expected}");
        }
        let close = |found: &Option<Vec<f64>>, expected: [f64; 3]| {
            let found = found.as_ref().unwrap().iter();
            found.zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12)
        };
        assert!(close(&images.facts.mean, mean) && close(&images.facts.std, deviation));
    }
}

#[test]
fn values_that_cannot_be_are_refused() {
    let nan = f64::NAN;
    for (mean, deviation, part) in [
        (&[0.5, 0.5][..], &[][..], "mean has 2 values, but the images have 3 channels"),
        (&[], &[0.5; 4], "std has 4 values"),
        (&[125.3, 0.5, 0.5], &[], "mean 125.3 is out of range (from 0 to 1"),
        (&[-0.1, 0.5, 0.5], &[], "mean -0.1"),
        (&[nan, 0.5, 0.5], &[], "mean NaN"),
        (&[], &[0.2, 0.0, 0.2], "std 0 is out of range (above 0"),
        (&[], &[0.2, -1.0, 0.2], "std -1"),
        (&[], &[63.0, 62.1, 66.7], "divide by 255"),
        (&[], &[f64::INFINITY, 1.0, 1.0], "std inf"),
    ] {
        let given = overrides(mean, deviation);
        let error = open(&ImageSource::Builtin, CIFAR_SHAPE, 2, 1, &given).unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
    for name in ["npy:x.npy", "npz:x.npz", "noise"] {
        let given = overrides(&[], &[0.5; 3]);
        let error = open(&source(name), CIFAR_SHAPE, 2, 1, &given).unwrap_err().to_string();
        assert!(error.contains("std does not apply to n"), "{error}");
    }
    let given = |classes| ImageOverrides { classes: Some(classes), ..ImageOverrides::default() };
    let error = open(&ImageSource::Builtin, CIFAR_SHAPE, 2, 1, &given(5)).unwrap_err();
    assert!(matches!(error, DataError::Unused { option: "image-classes", .. }), "{error}");
    for classes in [0, 1001] {
        let error = open(&source("imagenet16:x"), CIFAR_SHAPE, 2, 1, &given(classes)).unwrap_err();
        assert!(error.to_string().contains("a number from 1 to 1000"), "{error}");
    }
}

#[test]
fn one_channel_takes_the_brightness_of_colours() {
    let (grey, colour) = (Shape::new(1, 32, 32), CIFAR_SHAPE);
    let bytes = |shape: Shape| {
        let given = bytes_over_255(shape.channels);
        open(&ImageSource::Builtin, shape, 6, 1, &given).unwrap().batch
    };
    let (one, three) = (bytes(grey), bytes(colour));
    assert_eq!(one.indices, three.indices);
    let usual = open(&ImageSource::Builtin, grey, 6, 1, &ImageOverrides::default()).unwrap();
    // The same mix of CIFAR-10's means and deviations.
    let mix = |of: [f64; 3]| (0.299 * of[0] + 0.587 * of[1] + 0.114 * of[2]) / 255.0;
    let (mean, deviation) = (mix([125.3, 123.0, 113.9]), mix([63.0, 62.1, 66.7]));
    for image in 0..6 {
        for place in 0..1024 {
            let colour = |channel: usize| f64::from(three.image(image)[channel * 1024 + place]);
            let expected = 0.299 * colour(0) + 0.587 * colour(1) + 0.114 * colour(2);
            assert!((f64::from(one.image(image)[place]) - expected).abs() < 1e-6);
            let normalised = f64::from(usual.batch.image(image)[place]);
            assert!((normalised - (expected - mean) / deviation).abs() < 1e-5);
        }
    }
    for channels in [2, 4] {
        let shape = Shape::new(channels, 32, 32);
        let error =
            open(&ImageSource::Builtin, shape, 2, 1, &ImageOverrides::default()).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("builtin has images of 1 or 3 channels"), "{error}");
        assert!(error.contains("use npy:FILE"), "{error}");
    }
}
