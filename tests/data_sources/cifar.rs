//! CIFAR-10 and CIFAR-100 in both layouts.

use std::path::Path;

use untrained::data::{Batch, DataError, ImageSource, load};
use untrained::graph::Shape;

use super::{CIFAR_SHAPE, bytes_over_255, chain, fixture, open};
use crate::support::shared;

fn from_folder(folder: &Path, size: usize, seed: u64) -> Result<Batch, DataError> {
    load(&ImageSource::Cifar10(folder.to_owned()), CIFAR_SHAPE, size, seed)
}

/// Pixel `place` of image `image` of the pickles, as `make_pickles.py` defines it.
pub fn pixel(image: usize, place: usize) -> u8 {
    ((37 * image + 11 * place + 5 * (place / 256)) % 256) as u8
}

/// The pickles' first images in the binary layout: each a few label bytes and its pixels.
fn binary(images: std::ops::Range<usize>, label_bytes: usize) -> Vec<u8> {
    let image = |image| {
        let pixels = (0..3072).map(move |place| pixel(image, place));
        std::iter::repeat_n(image as u8, label_bytes).chain(pixels)
    };
    images.flat_map(image).collect()
}

/// Both layouts, and each way in which Python writes the second one, give the same batches.
#[test]
fn both_layouts_give_the_same_batch() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data_batch_1.bin"), binary(0..5, 1)).unwrap();
    std::fs::write(folder.path().join("data_batch_2.bin"), binary(5..9, 1)).unwrap();
    std::fs::write(folder.path().join("test_batch.bin"), b"not looked at").unwrap();
    for (size, seed) in [(9, 1), (4, 2), (2, 3)] {
        let expected = from_folder(folder.path(), size, seed).unwrap();
        for name in ["official", "protocol-2", "protocol-4"] {
            let python = fixture(&format!("pickles/cifar-10-{name}"));
            let batch = from_folder(&python, size, seed).unwrap();
            assert_eq!(batch.indices, expected.indices, "{name}");
            assert_eq!(batch.fingerprint(), expected.fingerprint(), "{name}");
        }
        let other = from_folder(&fixture("pickles/cifar-10-official"), size, seed + 10).unwrap();
        assert_ne!(other.fingerprint(), expected.fingerprint());
    }

    std::fs::write(folder.path().join("train.bin"), binary(0..6, 2)).unwrap();
    let load = |folder: &Path| load(&ImageSource::Cifar100(folder.to_owned()), CIFAR_SHAPE, 6, 1);
    let expected = load(folder.path()).unwrap();
    let batch = load(&fixture("pickles/cifar-100")).unwrap();
    assert_eq!(batch.fingerprint(), expected.fingerprint());
    // The mean and deviation are those of CIFAR-100.
    let first = (f64::from(pixel(batch.indices[0], 0)) - 129.3) / 68.2;
    assert!((f64::from(batch.image(0)[0]) - first).abs() < 1e-6);
}

#[test]
fn pickled_pixels_are_where_they_belong() {
    for name in ["cifar-10-official", "cifar-10-protocol-2", "cifar-10-protocol-4"] {
        let source = ImageSource::Cifar10(fixture("pickles").join(name));
        let batch = open(&source, CIFAR_SHAPE, 9, 4, &bytes_over_255(3)).unwrap().batch;
        for (position, &index) in batch.indices.iter().enumerate() {
            for (place, value) in batch.image(position).iter().enumerate() {
                let expected = f32::from(pixel(index, place)) / 255.0;
                assert!((value - expected).abs() < 1e-6, "{name}: image {index}, {place}");
            }
        }
    }
}

/// The real images again, as the Python version holds them: a header that Python wrote, the bytes
/// of the binary version behind it.
#[test]
fn the_published_images_are_the_same_in_both_layouts() {
    let Some(folder) = shared("data/cifar-10-batches-bin") else { return };
    let rows = std::fs::read(folder.join("data_batch_1.bin")).unwrap();
    let pixels: Vec<u8> = rows.chunks_exact(3073).flat_map(|row| &row[1..]).copied().collect();
    let small = std::fs::read(fixture("pickles/cifar-10-official/data_batch_1")).unwrap();
    // `data` is a BINSTRING of 5 * 3072 bytes; its shape (5, 3072) stands before it.
    let length = [&b"T"[..], &(5_u32 * 3072).to_le_bytes()].concat();
    let start = small.windows(5).position(|part| part == length).unwrap();
    let shape = small[..start].windows(5).rposition(|part| part == b"K\x05M\0\x0c").unwrap();
    let count = (pixels.len() / 3072) as u16;
    let pickle = [
        &small[..shape],
        &[&b"M"[..], &count.to_le_bytes()].concat(),
        &small[shape + 2..start],
        &[&b"T"[..], &(pixels.len() as u32).to_le_bytes()].concat(),
        &pixels,
        &small[start + 5 + 5 * 3072..],
    ]
    .concat();
    let python = tempfile::tempdir().unwrap();
    std::fs::write(python.path().join("data_batch_1"), pickle).unwrap();
    let (expected, batch) = (from_folder(&folder, 64, 5), from_folder(python.path(), 64, 5));
    assert_eq!(batch.unwrap().fingerprint(), expected.unwrap().fingerprint());
}

#[test]
fn the_folder_that_an_archive_unpacks_to_is_found() {
    for name in ["cifar-10-batches-bin", "cifar-10-batches-py"] {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join(name);
        std::fs::create_dir(&inner).unwrap();
        if name.ends_with("bin") {
            std::fs::write(inner.join("data_batch_1.bin"), binary(0..9, 1)).unwrap();
        } else {
            let python = fixture("pickles/cifar-10-protocol-4/data_batch_1");
            std::fs::copy(python, inner.join("data_batch_1")).unwrap();
        }
        let found = from_folder(folder.path(), 9, 1).unwrap();
        assert_eq!(found.fingerprint(), from_folder(&inner, 9, 1).unwrap().fingerprint());
    }
}

#[test]
fn damaged_pickles_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read(fixture("pickles/cifar-10-protocol-4/data_batch_1")).unwrap();
    let place = |part: &[u8]| good.windows(part.len()).position(|found| found == part).unwrap();
    let renamed = {
        let mut bytes = good.clone();
        bytes[place(b"data")] = b'D';
        bytes
    };
    let signed = {
        let mut bytes = good.clone();
        bytes[place(b"u1")] = b'i';
        bytes
    };
    let fewer = {
        let mut bytes = good.clone();
        bytes[place(b"K\x09M\0\x0c") + 1] = 8;
        bytes
    };
    let narrow = {
        // A shape of (27, 1024), as many bytes.
        let mut bytes = good.clone();
        let start = place(b"K\x09M\0\x0c");
        bytes[start..start + 5].copy_from_slice(b"K\x1bM\0\x04");
        bytes
    };
    for (bytes, part) in [
        (good[..good.len() / 2].to_vec(), "the file is truncated"),
        (Vec::new(), "it is empty"),
        (b"\x1f\x8b a compressed file".to_vec(), "0x1f, which is not an operation"),
        (renamed, "has no `data`"),
        (signed, "type i8, expected uint8 [n, 3072]"),
        (fewer, "whose size and data do not fit"),
        (narrow, "has shape [27, 1024]"),
        (b"}.".to_vec(), "has no `data`"),
        (b"}U\x04dataK\x01s.".to_vec(), "is not a NumPy array"),
    ] {
        std::fs::write(folder.path().join("data_batch_1"), bytes).unwrap();
        let error = chain(&from_folder(folder.path(), 2, 1).unwrap_err());
        assert!(error.contains(part), "{part}: {error}");
        assert!(error.contains("data_batch_1"), "{error}");
    }
    std::fs::write(folder.path().join("data_batch_1"), good).unwrap();
    assert!(from_folder(folder.path(), 2, 1).is_ok());
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
    assert!(missing.to_string().contains("give the folder cifar-10-batches-bin"), "{missing}");

    let empty = tempfile::tempdir().unwrap();
    let error = from_folder(empty.path(), 2, 1).unwrap_err().to_string();
    assert!(error.contains("has no data_batch_*.bin (binary version) or data_batch_1"), "{error}");
    let error = load(&ImageSource::Cifar100(empty.path().to_owned()), CIFAR_SHAPE, 2, 1);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("has no train.bin (binary version) or train"), "{error}");

    let folder = cifar_folder(&[3]);
    let error = from_folder(folder.path(), 4, 1).unwrap_err().to_string();
    assert!(error.contains("has 3 images, but the batch needs 4"), "{error}");

    let path = folder.path().join("data_batch_1.bin");
    let error = from_folder(&path, 2, 1).unwrap_err().to_string();
    assert!(error.contains("is not a folder"), "{error}");

    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let error = from_folder(folder.path(), 2, 1).unwrap_err().to_string();
    assert!(error.contains("data_batch_1.bin has 9218 bytes"), "{error}");
    assert!(error.contains("multiple of 3073"), "{error}");
    std::fs::write(&path, []).unwrap();
    let error = from_folder(folder.path(), 2, 1).unwrap_err().to_string();
    assert!(error.contains("data_batch_1.bin"), "{error}");

    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let error = from_folder(folder.path(), 2, 1).unwrap_err().to_string();
    assert!(error.contains("is not a file"), "{error}");
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
}
