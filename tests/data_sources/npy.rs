//! NumPy arrays, in files of their own and in archives.

use std::io::Write;

use serde_json::Value as Json;
use untrained::data::{Batch, DataError, ImageOverrides, ImageSource, load};
use untrained::graph::Shape;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{chain, fixture, open, source};
use crate::support::shared;

/// A .npy file; `version` 1 to 3.
fn npy(dtype: &str, order: &str, shape: &str, version: u8, data: &[u8]) -> tempfile::NamedTempFile {
    raw_file(&npy_bytes(dtype, order, shape, version, data))
}

fn npy_bytes(dtype: &str, order: &str, shape: &str, version: u8, data: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {shape}, }}   \n");
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((text.len() as u16).to_le_bytes()),
        _ => bytes.extend((text.len() as u32).to_le_bytes()),
    }
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
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
            // All there are come in their order.
            assert_eq!(batch.indices, [0, 1, 2]);
            assert_eq!(load_npy(&file, shape, 2).unwrap().indices.len(), 2);
            let error = load_npy(&file, shape, 4).unwrap_err().to_string();
            assert!(error.contains("has 3 images, but the batch needs 4"), "{error}");
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
        (npy("<c8", "False", "(3, 1, 2, 2)", 1, &data), "`<c8`: save numpy.ascontiguousarray("),
        (npy("|u1", "False", "(12, 1, 2, 2)", 1, &data), "divide them by 255 and normalise"),
        (npy("<i8", "False", "(3, 1, 2, 1)", 1, &data), "divide them by 255 and normalise"),
        (npy("<f4", "Yes", "(3, 1, 2, 2)", 1, &data), "neither True nor False"),
        (npy("<f4", "False", "(3, 2, 2, 1)", 1, &data), "2x2x1, but the network takes 1x2x2"),
        (npy("<f4", "False", "(3, 1, 0, 2)", 1, &[]), "have no values"),
        (npy("<f4", "False", "(3, 1, 2, 3)", 1, &data), "expected"),
        (npy("<f4", "False", "(12,)", 1, &data), "has shape [12], expected [n, c, h, w]"),
        (npy("<f4", "False", "(12, 1)", 1, &data), "1x1x1, but the network takes 1x2x2"),
        (npy("<f4", "False", "(2, 1, 3, 1, 2)", 1, &data), "1x3x2, but the network takes 1x2x2"),
        (npy("<f4", "False", "()", 1, &data), "has shape []"),
        (npy("<f4", "False", "(3, 1, 2, 2)", 1, &data[1..]), "expected"),
        (npy("<f4", "False", "(2, 1, 2, 2)", 1, &data), "expected"),
        (npy("<f4", "False", huge, 1, &data), "more than there can be"),
        (npy("<f4", "False", "(-3, 1, 2, 2)", 1, &data), "without a shape"),
        (npy("<f4", "False", &nested, 1, &data), "without a shape"),
        (npy("<f4", "False", "3", 1, &data), "without a shape"),
        (npy("<f4", "False", "(2, 1, 2, 2)", 1, &not_finite.repeat(2)), "must be finite"),
        (npy("<f4", "False", "(3, 1, 2, 2)", 9, &data), "format version 9"),
        (raw_file(b""), "cannot read"),
        (raw_file(b"PK\x03\x04 this is a zip file"), "not a readable archive of torch.save"),
        (raw_file(b"\x00\x00\x08\x03 and images"), "give it as idx:FILE"),
        (raw_file(b"\x1f\x8b\x08\x00 and images"), "packed by gzip"),
        (raw_file(b"\x89HDF\r\n\x1a\n and more"), "an HDF5 file"),
        (raw_file(b"some text of notes"), "is not a .npy file"),
        (raw_file(b"\x93NUMPY\x02\x00\xff\xff\xff\xff"), "has a header of 4294967295 bytes"),
        (raw_file(b"\x93NUMPY\x01\x00\x40\x00{'descr'"), "too short"),
        (raw_file(b"\x93NUMPY\x01\x00\x02\x00{}"), "without `fortran_order`"),
    ] {
        let error = load_npy(&file, shape, 2).unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
        let named = error.contains(&*file.path().to_string_lossy());
        assert!(named || part == "have no values", "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let error = load(&ImageSource::Npy(folder.path().to_owned()), shape, 2, 1).unwrap_err();
    assert!(error.to_string().contains("is not a file"), "{error}");
    assert!(load(&source("npy:no/such.npy"), shape, 2, 1).is_err());
}

/// An archive with a .npy file for each name.
fn npz(
    members: &[(&str, Vec<u8>)],
    method: CompressionMethod,
) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("images.npz");
    let mut archive = ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (name, bytes) in members {
        let options = SimpleFileOptions::default().compression_method(method);
        archive.start_file(format!("{name}.npy"), options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
    (folder, path)
}

fn floats(values: impl Iterator<Item = f32>) -> Vec<u8> {
    values.flat_map(f32::to_le_bytes).collect()
}

#[test]
fn an_array_of_an_archive_is_the_array_of_a_file() {
    let shape = Shape::new(2, 3, 3);
    let data = floats((0..20 * 18_u16).map(f32::from));
    let bytes = npy_bytes("<f4", "False", "(20, 2, 3, 3)", 1, &data);
    let other = npy_bytes("<f4", "False", "(20, 2, 3, 3)", 1, &floats((0..360).map(|_| 1.0)));
    let file = raw_file(&bytes);
    let expected = load_npy(&file, shape, 11).unwrap();
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let (_folder, path) = npz(&[("x", bytes.clone())], method);
        let alone = source(&format!("npz:{}", path.display()));
        let batch = load(&alone, shape, 11, 1).unwrap();
        assert_eq!(
            (&batch.indices, batch.fingerprint()),
            (&expected.indices, expected.fingerprint())
        );

        let (_folder, path) = npz(&[("labels", other.clone()), ("x", bytes.clone())], method);
        let named = source(&format!("npz:{}:x", path.display()));
        assert_eq!(load(&named, shape, 11, 1).unwrap().fingerprint(), expected.fingerprint());
        let wrong = source(&format!("npz:{}:labels", path.display()));
        assert_ne!(load(&wrong, shape, 11, 1).unwrap().fingerprint(), expected.fingerprint());
        for (key, part) in [
            ("", "has several arrays: name one of labels, x"),
            (":y", "no array `y`: it has labels, x"),
        ] {
            let error = load(&source(&format!("npz:{}{key}", path.display())), shape, 11, 1);
            let error = chain(&error.unwrap_err());
            assert!(error.contains(part) && error.contains("images.npz"), "{error}");
        }
    }
}

#[test]
fn damaged_archives_are_told_apart() {
    let shape = Shape::new(1, 2, 2);
    let bytes = npy_bytes("<f4", "False", "(9, 1, 2, 2)", 1, &floats((0..36_u8).map(f32::from)));
    let error = |path: &std::path::Path| {
        let error = load(&ImageSource::Npz { file: path.to_owned(), key: None }, shape, 4, 1);
        chain(&error.unwrap_err())
    };
    let (_folder, path) = npz(&[], CompressionMethod::Stored);
    assert!(error(&path).contains("has no arrays"));
    let (_folder, path) =
        npz(&[("x", bytes[..bytes.len() - 4].to_vec())], CompressionMethod::Stored);
    assert!(error(&path).contains("damaged or truncated"));
    let (_folder, path) = npz(&[("x", bytes.clone())], CompressionMethod::Deflated);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(error(&path).contains("not a readable archive"));
    // Any damage ends in an error or a batch.
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x55;
        std::fs::write(&path, bytes).unwrap();
        let _ = load(&ImageSource::Npz { file: path.clone(), key: None }, shape, 4, 1);
    }
    std::fs::write(&path, whole).unwrap();
    assert!(load(&ImageSource::Npz { file: path, key: None }, shape, 4, 1).is_ok());
    assert!(error(std::path::Path::new("no/such.npz")).contains("give a .npz file"));
}

/// Pillow's numbers: bilinear where an axis grows, exact areas where it shrinks.
#[test]
fn planes_are_resized_as_pillow_does() {
    let text = std::fs::read_to_string(fixture("images/resize.json")).unwrap();
    let cases: Vec<Json> = serde_json::from_str(&text).unwrap();
    assert!(cases.len() >= 9);
    let numbers = |value: &Json| -> Vec<f32> {
        value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
    };
    for case in cases {
        let [from, to] = ["from", "to"].map(|name| numbers(&case[name]));
        let values = numbers(&case["values"]);
        // Every image is another multiple of the plane.
        let data =
            floats([1.0, 2.0].iter().flat_map(|factor| values.iter().map(move |v| v * factor)));
        let file = npy("<f4", "False", &format!("(2, 1, {}, {})", from[0], from[1]), 1, &data);
        let shape = Shape::new(1, to[0] as usize, to[1] as usize);
        let source = ImageSource::Npy(file.path().to_owned());
        let images = open(&source, shape, 2, 1, &ImageOverrides::default()).unwrap();
        assert!(images.facts.notices[0].contains(&format!("are resized to {shape}")));
        for (place, &index) in images.batch.indices.iter().enumerate() {
            let found = images.batch.image(place).iter();
            for (found, expected) in found.zip(numbers(&case["expected"])) {
                let expected = expected * (index + 1) as f32;
                // Pillow keeps 32-bit values between the axes, and so do we.
                assert!((found - expected).abs() < 3e-6, "{from:?} to {to:?}: {found}, {expected}");
            }
        }
    }
    let same = npy("<f4", "False", "(2, 1, 2, 2)", 1, &floats((0..8_u8).map(f32::from)));
    let source = ImageSource::Npy(same.path().to_owned());
    let images = open(&source, Shape::new(1, 2, 2), 2, 1, &ImageOverrides::default()).unwrap();
    assert!(images.facts.notices.is_empty());
}

/// Arrays of every floating-point type, in either order of axes, hold the same images.
#[test]
fn types_and_orders_are_no_matter() {
    let (images, channels, height, width) = (3, 2, 2, 3);
    let shape = Shape::new(channels, height, width);
    let values: Vec<f32> = (0..36_u8).map(|value| f32::from(value) * 0.25 - 4.0).collect();
    let mut scattered = Vec::new();
    for column in 0..width {
        for row in 0..height {
            for channel in 0..channels {
                for image in 0..images {
                    let place = ((image * channels + channel) * height + row) * width + column;
                    scattered.push(values[place]);
                }
            }
        }
    }
    let load = |dtype: &str, order: &str, data: &[u8], size| {
        load_npy(&npy(dtype, order, "(3, 2, 2, 3)", 1, data), shape, size).unwrap()
    };
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let plain: Vec<u8> = bytes(&values);
    for size in [2, 3] {
        let expected = load("<f4", "False", &plain, size);
        let double: Vec<u8> =
            values.iter().flat_map(|value| f64::from(*value).to_be_bytes()).collect();
        assert_eq!(load(">f8", "False", &double, size).values, expected.values);
        let fortran: Vec<u8> = bytes(&scattered);
        let found = load("<f4", "True", &fortran, size);
        assert_eq!((&found.values, &found.indices), (&expected.values, &expected.indices));
        assert_ne!(load("<f4", "True", &plain, size).values, expected.values);
    }
}

/// Whole numbers are pixels once it is said that they are to be scaled.
#[test]
fn bytes_are_scaled_where_that_is_asked_for() {
    let file = npy("|u1", "False", "(2, 1, 1, 2)", 1, &[0, 51, 102, 255]);
    let overrides = ImageOverrides {
        scale: true,
        mean: Some(vec![0.0]),
        deviation: Some(vec![1.0]),
        ..ImageOverrides::default()
    };
    let source = ImageSource::Npy(file.path().to_owned());
    let images = open(&source, Shape::new(1, 1, 2), 2, 1, &overrides).unwrap();
    let expected = [0.0, 0.2, 0.4, 1.0_f32];
    for (found, expected) in images.batch.values.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-7, "{found}");
    }
}

/// A tensor that PyTorch's layout holds, and one of safetensors, are the array that they were made of.
#[test]
fn tensors_of_pytorch_and_safetensors_are_read() {
    let values: Vec<f32> = (0..3 * 12_u8).map(|value| f32::from(value) - 7.5).collect();
    let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let shape = Shape::new(3, 2, 2);
    let header = |shape: &str| {
        format!(
            "{{\"__metadata__\":{{}},\"x\":{{\"dtype\":\"F32\",\"shape\":{shape},\
             \"data_offsets\":[0,144]}}}}"
        )
    };
    let safetensors = |header: String| {
        let length = (header.len() as u64).to_le_bytes();
        [&length[..], header.as_bytes(), &data].concat()
    };
    let whole = safetensors(header("[3,3,2,2]"));
    let batch = load_npy(&raw_file(&whole), shape, 3).unwrap();
    assert_eq!((batch.indices.as_slice(), &batch.values), (&[0, 1, 2][..], &values));
    for (bytes, part) in [
        (safetensors(header("[3,3,2,3]")), "beyond the end of the file"),
        (safetensors(header("[36]")), "has shape [36]"),
        (safetensors(header("[3,3,2,2]").replace("F32", "F8")), "values of type F8"),
        (safetensors("{}".to_owned()), "has no tensor"),
        (whole[..20].to_vec(), "damaged safetensors"),
    ] {
        let error = load_npy(&raw_file(&bytes), shape, 2).unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
    // As PyTorch writes a tensor of these values.
    let pickle = |strides: [u8; 4]| {
        let mut bytes = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((".to_vec();
        bytes.extend(b"X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000");
        bytes.extend(b"X\x03\x00\x00\x00cpuK$tQK\x00(K\x03K\x03K\x02K\x02t(");
        strides.iter().for_each(|stride| bytes.extend([b'K', *stride]));
        bytes.extend(b"t\x89ccollections\nOrderedDict\n)RtR.");
        bytes
    };
    let archive = |strides: [u8; 4]| {
        let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for (name, bytes) in [("x/data.pkl", &pickle(strides)), ("x/data/0", &data)] {
            archive.start_file(name, options).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    };
    let whole = archive([12, 4, 2, 1]);
    let batch = load_npy(&raw_file(&whole), shape, 3).unwrap();
    assert_eq!(batch.values, values);
    let error = load_npy(&raw_file(&archive([1, 3, 9, 18])), shape, 3).unwrap_err().to_string();
    assert!(error.contains("save tensor.contiguous()"), "{error}");
    for place in (0..whole.len()).step_by(3) {
        let mut changed = whole.clone();
        changed[place] ^= 0x2a;
        let _ = load_npy(&raw_file(&changed), shape, 2);
        let _ = load_npy(&raw_file(&whole[..place]), shape, 2);
    }
}
