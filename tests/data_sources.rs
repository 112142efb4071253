//! Image sources: golden values, seeded draws, damaged files.

mod space_support;

use std::io::Write;
use std::path::Path;

use space_support::shared;
use untrained::data::{Batch, DataError, ImageSource, load};
use untrained::graph::Shape;

const CIFAR_SHAPE: Shape = Shape::new(3, 32, 32);

fn source(text: &str) -> ImageSource {
    text.parse().unwrap()
}

fn from_folder(folder: &Path, size: usize, seed: u64) -> Result<Batch, DataError> {
    load(&ImageSource::Cifar10(folder.to_owned()), CIFAR_SHAPE, size, seed)
}

/// A folder with files of `rows` CIFAR images each; every byte of image `i` is `i`.
fn cifar_folder(rows: &[usize]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut image = 0_u8;
    for (number, rows) in rows.iter().enumerate() {
        let mut bytes = Vec::new();
        for _ in 0..*rows {
            bytes.push(3);
            bytes.extend(vec![image; 3072]);
            image += 1;
        }
        let name = format!("data_batch_{}.bin", number + 1);
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// A .npy file; `version` 1 to 3.
fn npy(dtype: &str, order: &str, shape: &str, version: u8, data: &[u8]) -> tempfile::NamedTempFile {
    let text = format!("{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {shape}, }}   \n");
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((text.len() as u16).to_le_bytes()),
        _ => bytes.extend((text.len() as u32).to_le_bytes()),
    }
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    raw_file(&bytes)
}

fn raw_file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file.flush().unwrap();
    file
}

fn load_npy(file: &tempfile::NamedTempFile, shape: Shape, size: usize) -> Result<Batch, DataError> {
    load(&ImageSource::Npy(file.path().to_owned()), shape, size, 1)
}

#[test]
fn names_round_trip() {
    for text in ["builtin", "noise", "cifar10:some/folder", "npy:C:\\pictures\\x.npy"] {
        assert_eq!(source(text).to_string(), text);
    }
    for text in ["", "cifar10", "cifar10:", "npy:", "builtin:x", "imagenet"] {
        let error = text.parse::<ImageSource>().unwrap_err().to_string();
        assert!(error.contains("builtin, cifar10:DIR, npy:FILE or noise"), "{error}");
    }
}

/// Expected values were computed from the file by a separate program.
#[test]
fn cifar_images_are_normalised_as_published() {
    let Some(folder) = shared("data/cifar-10-batches-bin") else { return };
    let batch = from_folder(&folder, 1_000, 5).unwrap();
    assert_eq!((batch.images, batch.shape), (1_000, CIFAR_SHAPE));
    for (index, mean, first, green, last) in [
        (0, -0.454_078_439_35, 0.090_476_190_48, 0.273_752_012_88, -1.152_923_538_23),
        (999, -0.503_095_434_76, -1.766_666_666_67, -1.755_233_494_36, 0.256_371_814_09),
    ] {
        let place = batch.indices.iter().position(|&other| other == index).unwrap();
        let image = batch.image(place);
        let found = image.iter().map(|&value| f64::from(value)).sum::<f64>() / 3072.0;
        assert!((found - mean).abs() < 1e-7, "image {index}: mean {found}, not {mean}");
        for (position, expected) in [(0, first), (1024, green), (3071, last)] {
            let value = f64::from(image[position]);
            assert!((value - expected).abs() < 1e-6, "image {index}, value {position}: {value}");
        }
    }
}

#[test]
fn a_draw_has_no_repeats_and_comes_from_the_seed() {
    let folder = cifar_folder(&[60, 40]);
    let batch = from_folder(folder.path(), 30, 9).unwrap();
    let again = from_folder(folder.path(), 30, 9).unwrap();
    assert_eq!((&batch.indices, batch.fingerprint()), (&again.indices, again.fingerprint()));
    assert_ne!(batch.indices, from_folder(folder.path(), 30, 10).unwrap().indices);
    let mut sorted = from_folder(folder.path(), 100, 9).unwrap().indices;
    sorted.sort_unstable();
    assert_eq!(sorted, (0..100).collect::<Vec<_>>());
    // A larger batch begins with the smaller one, and values belong to the indices.
    assert_eq!(from_folder(folder.path(), 50, 9).unwrap().indices[..30], batch.indices);
    for (place, &index) in batch.indices.iter().enumerate() {
        let expected = ((index as f64 - 125.3) / 63.0) as f32;
        assert_eq!(batch.image(place)[0], expected, "image {index} across the files");
    }
}

#[test]
fn damaged_cifar_folders_are_told_apart() {
    let missing = from_folder(Path::new("no/such/folder"), 2, 1).unwrap_err();
    assert!(matches!(missing, DataError::Read { .. }) && missing.to_string().contains("no/such"));

    let empty = tempfile::tempdir().unwrap();
    let error = from_folder(empty.path(), 2, 1).unwrap_err().to_string();
    assert!(error.contains("has no data_batch_*.bin"), "{error}");

    let folder = cifar_folder(&[3]);
    let error = from_folder(folder.path(), 4, 1).unwrap_err().to_string();
    assert!(error.contains("has 3 images, the batch needs 4"), "{error}");

    let path = folder.path().join("data_batch_1.bin");
    let error = from_folder(&path, 2, 1).unwrap_err().to_string();
    assert!(error.contains("is not a folder"), "{error}");

    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let error = from_folder(folder.path(), 2, 1).unwrap_err().to_string();
    assert!(error.contains("data_batch_1.bin has 9218 bytes"), "{error}");
    assert!(error.contains("multiple of 3073"), "{error}");
    std::fs::write(&path, []).unwrap();
    assert!(from_folder(folder.path(), 2, 1).unwrap_err().to_string().contains("has 0 bytes"));

    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let error = from_folder(folder.path(), 2, 1).unwrap_err().to_string();
    assert!(error.contains("is not a file"), "{error}");
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
fn pictures_are_brought_to_the_size_of_the_space() {
    let folder = cifar_folder(&[4]);
    let source = ImageSource::Cifar10(folder.path().to_owned());
    for (height, width) in [(16, 16), (64, 64), (40, 24), (1, 1)] {
        let shape = Shape::new(3, height, width);
        let batch = load(&source, shape, 4, 1).unwrap();
        assert_eq!(batch.values.len(), 4 * shape.volume());
        let expected = (batch.indices[0] as f32 - 125.3) / 63.0;
        assert!((batch.image(0)[0] - expected).abs() < 1e-5, "a plain picture stays plain");
    }
    for source in [source, ImageSource::Builtin] {
        let error = load(&source, Shape::new(1, 32, 32), 2, 1).unwrap_err().to_string();
        assert!(error.contains("3x32x32, the network takes 1x32x32"), "{error}");
    }
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
fn npy_values_are_used_as_they_are() {
    let shape = Shape::new(1, 2, 2);
    let values: Vec<f32> = (0..12_u8).map(|value| f32::from(value) - 5.5).collect();
    let little: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let big: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
    for version in [1, 2, 3] {
        for (dtype, data) in [("<f4", &little), (">f4", &big)] {
            let file = npy(dtype, "False", "(3, 1, 2, 2)", version, data);
            let batch = load_npy(&file, shape, 3).unwrap();
            for (place, &index) in batch.indices.iter().enumerate() {
                assert_eq!(batch.image(place), &values[index * 4..index * 4 + 4]);
            }
            assert_eq!(load_npy(&file, shape, 2).unwrap().indices, batch.indices[..2]);
            let error = load_npy(&file, shape, 4).unwrap_err().to_string();
            assert!(error.contains("has 3 images, the batch needs 4"), "{error}");
        }
    }
}

#[test]
fn a_real_numpy_file_is_read() {
    let Some(path) = shared("fixtures/onnx/nas-bench-201-0/input.npy") else { return };
    let bytes = std::fs::read(&path).unwrap();
    let reader = npyz::NpyFile::new(&bytes[..]).unwrap();
    let extents: Vec<usize> = reader.shape().iter().map(|&extent| extent as usize).collect();
    let expected: Vec<f32> = reader.into_vec().unwrap();
    let shape = Shape::new(extents[1], extents[2], extents[3]);
    let batch = load(&ImageSource::Npy(path), shape, extents[0], 1).unwrap();
    for (place, &index) in batch.indices.iter().enumerate() {
        let volume = shape.volume();
        assert_eq!(batch.image(place), &expected[index * volume..(index + 1) * volume]);
    }
}

#[test]
fn wrong_npy_files_are_told_apart() {
    let shape = Shape::new(1, 2, 2);
    let data = vec![0_u8; 3 * 16];
    let not_finite: Vec<u8> =
        [0.0_f32, f32::NAN, 0.0, 0.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let huge = "(18446744073709551615, 1, 2, 2)";
    let nested = "(".repeat(3_000);
    for (file, part) in [
        (npy("<f8", "False", "(3, 1, 2, 2)", 1, &data), "`<f8`: save array.astype('float32')"),
        (npy("|u1", "False", "(3, 1, 2, 2)", 1, &data), "`|u1`"),
        (npy("<f4", "True", "(3, 1, 2, 2)", 1, &data), "Fortran order"),
        (npy("<f4", "False", "(3, 1, 2, 3)", 1, &data), "1x2x3, the network takes 1x2x2"),
        (npy("<f4", "False", "(12,)", 1, &data), "has shape [12], needed is [n, c, h, w]"),
        (npy("<f4", "False", "()", 1, &data), "has shape []"),
        (npy("<f4", "False", "(3, 1, 2, 2)", 1, &data[1..]), "expected"),
        (npy("<f4", "False", "(2, 1, 2, 2)", 1, &data), "expected"),
        (npy("<f4", "False", huge, 1, &data), "more than there can be"),
        (npy("<f4", "False", "(-3, 1, 2, 2)", 1, &data), "without a shape"),
        (npy("<f4", "False", &nested, 1, &data), "without a shape"),
        (npy("<f4", "False", "3", 1, &data), "without a shape"),
        (npy("<f4", "False", "(2, 1, 2, 2)", 1, &not_finite.repeat(2)), "must be finite"),
        (npy("<f4", "False", "(3, 1, 2, 2)", 9, &data), "format version 9"),
        (raw_file(b""), "too short"),
        (raw_file(b"PK\x03\x04 this is a zip file"), "is no .npy file"),
        (raw_file(b"\x93NUMPY\x02\x00\xff\xff\xff\xff"), "has a header of 4294967295 bytes"),
        (raw_file(b"\x93NUMPY\x01\x00\x40\x00{'descr'"), "too short"),
        (raw_file(b"\x93NUMPY\x01\x00\x02\x00{}"), "without `fortran_order`"),
    ] {
        let error = load_npy(&file, shape, 2).unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
        assert!(error.contains(&*file.path().to_string_lossy()), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let error = load(&ImageSource::Npy(folder.path().to_owned()), shape, 2, 1).unwrap_err();
    assert!(error.to_string().contains("is not a file"), "{error}");
    assert!(load(&source("npy:no/such.npy"), shape, 2, 1).is_err());
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
