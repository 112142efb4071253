//! 16x16 ImageNet: classes, numbering, both kinds of labels.

use std::path::Path;

use untrained::data::{DataError, ImageOverrides, ImageSource, LoadedImages, load};
use untrained::graph::Shape;

use super::cifar::pixel;
use super::{chain, fixture, open};

const SHAPE: Shape = Shape::new(3, 16, 16);

/// Labels of the fixture's images in the order of the files 1, 2 and 10.
const LABELS: [u32; 10] = [1, 120, 121, 1000, 3, 2, 2, 500, 119, 121];

fn fixture_source() -> ImageSource {
    ImageSource::ImageNet16(fixture("pickles/imagenet16"))
}

fn of_classes(classes: Option<u32>, size: usize) -> Result<LoadedImages, DataError> {
    open(
        &fixture_source(),
        SHAPE,
        size,
        3,
        &ImageOverrides { classes, ..ImageOverrides::default() },
    )
}

#[test]
fn images_of_the_first_classes_are_drawn() {
    for (classes, given) in [(120, None), (121, Some(121)), (2, Some(2)), (1000, Some(1000))] {
        let expected: Vec<usize> = (0..10).filter(|&image| LABELS[image] <= classes).collect();
        let images = of_classes(given, expected.len()).unwrap();
        let mut drawn = images.batch.indices.clone();
        drawn.sort_unstable();
        assert_eq!(drawn, expected, "{classes} classes");
        assert_eq!(images.facts.classes, Some(classes));
        let error = of_classes(given, expected.len() + 1).unwrap_err().to_string();
        assert!(error.contains(&format!("the first {classes} classes, has {}", expected.len())));
    }
}

#[test]
fn pixels_are_normalised_as_in_nas_bench_201() {
    let images = of_classes(Some(1000), 10).unwrap();
    let (mean, deviation) = ([122.68, 116.66, 104.01], [63.22, 61.26, 65.09]);
    for (position, &index) in images.batch.indices.iter().enumerate() {
        for (place, &value) in images.batch.image(position).iter().enumerate() {
            let channel = place / 256;
            let expected = (f64::from(pixel(index, place)) - mean[channel]) / deviation[channel];
            assert!((f64::from(value) - expected).abs() < 1e-6, "image {index}, value {place}");
        }
    }
    let larger = load(&fixture_source(), Shape::new(3, 32, 32), 6, 1).unwrap();
    assert_eq!(larger.values.len(), 6 * 3072, "enlarged to the space's input");
}

#[test]
fn damaged_folders_are_told_apart() {
    let load = |folder: &Path| load(&ImageSource::ImageNet16(folder.to_owned()), SHAPE, 2, 1);
    let folder = tempfile::tempdir().unwrap();
    let error = load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("has no train_data_batch_1, train_data_batch_2, .."), "{error}");
    assert!(chain(&load(Path::new("no/such")).unwrap_err()).contains("give the folder"));

    let good = std::fs::read(fixture("pickles/imagenet16/train_data_batch_1")).unwrap();
    let place = |part: &[u8]| good.windows(part.len()).position(|found| found == part).unwrap();
    let changed = |place: usize, bytes: &[u8]| {
        let mut changed = good.clone();
        changed[place..place + bytes.len()].copy_from_slice(bytes);
        changed
    };
    // The labels are (K\x01 K\x78 K\x79 M\xe8\x03 K\x03 e.
    let labels = place(b"K\x01KxKy");
    for (bytes, part) in [
        (changed(labels + 1, b"\0"), "has the label 0, labels are from 1 to 1000"),
        (changed(labels + 7, b"\xe9\x03"), "has the label 1001"),
        (changed(labels, b"NN"), "are not a list or array of integers"),
        (changed(labels, b"00"), "file is damaged"),
        (changed(place(b"labels"), b"L"), "has no `labels`"),
        (good[..100].to_vec(), "truncated"),
    ] {
        std::fs::write(folder.path().join("train_data_batch_1"), bytes).unwrap();
        let error = chain(&load(folder.path()).unwrap_err());
        assert!(error.contains(part), "{part}: {error}");
        assert!(error.contains("train_data_batch_1"), "{error}");
    }
    std::fs::write(folder.path().join("train_data_batch_1"), &good).unwrap();
    assert!(load(folder.path()).is_ok());
    std::fs::create_dir(folder.path().join("train_data_batch_2")).unwrap();
    let error = chain(&load(folder.path()).unwrap_err());
    assert!(error.contains("is not a file") || error.contains("cannot read"), "{error}");
}
