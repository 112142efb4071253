//! The same pictures in every format and container.

use std::io::Write;
use std::path::PathBuf;

use image::{ImageFormat, Rgb, RgbImage};
use untrained::data::{DataError, ImageSource, LoadedImages, load};
use untrained::graph::Shape;

use super::{bytes_over_255, open};

/// Pictures of every source.
pub const COUNT: usize = 6;

/// One set of pictures in several containers.
pub struct PictureSources {
    _folder: tempfile::TempDir,
    pub sources: Vec<ImageSource>,
}

/// A picture of few colours, which every format keeps.
fn picture(number: usize) -> RgbImage {
    RgbImage::from_fn(6, 4, |x, y| {
        let mark = (x as usize + y as usize * 2 + number).is_multiple_of(3);
        Rgb([if mark { 255 } else { 0 }, (number * 40) as u8, if y < 2 { 51 } else { 204 }])
    })
}

fn encoded(number: usize, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture(number).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn tar_of(names: &[&str], content: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (number, name) in names.iter().enumerate() {
        let bytes = content(number);
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        archive.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    archive.into_inner().unwrap()
}

fn zip_of(names: &[String], content: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (number, name) in names.iter().enumerate() {
        let method = [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated][number % 2];
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        archive.start_file(name, options).unwrap();
        archive.write_all(&content(number)).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Folders and archives of the pictures in every format that keeps them, and an array.
pub fn sources() -> PictureSources {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut paths: Vec<PathBuf> = Vec::new();
    for (ending, format) in [
        ("bmp", ImageFormat::Bmp),
        ("gif", ImageFormat::Gif),
        ("tiff", ImageFormat::Tiff),
        ("PPM", ImageFormat::Pnm),
        ("png", ImageFormat::Png),
        ("", ImageFormat::Bmp),
    ] {
        let inner = path(&format!("of{ending}"));
        std::fs::create_dir(&inner).unwrap();
        for number in 0..COUNT {
            let name =
                if ending.is_empty() { number.to_string() } else { format!("{number}.{ending}") };
            std::fs::write(inner.join(name), encoded(number, format)).unwrap();
        }
        paths.push(inner);
    }
    let long = format!("3{}.png", "x".repeat(120));
    let names = ["0.png", "1", "2.png", &long, "4.png", "5.png"];
    std::fs::write(path("a.tar"), tar_of(&names, |number| encoded(number, ImageFormat::Png)))
        .unwrap();
    let names: Vec<String> =
        (0..COUNT).map(|number| format!("train/{number}{}", [".bmp", ""][number % 2])).collect();
    std::fs::write(path("a.zip"), zip_of(&names, |number| encoded(number, ImageFormat::Bmp)))
        .unwrap();
    paths.extend([path("a.tar"), path("a.zip")]);
    let mut sources: Vec<ImageSource> = paths.into_iter().map(ImageSource::Folder).collect();
    let array = path("x.npy");
    let values: Vec<f32> = (0..COUNT * 12).map(|value| value as f32).collect();
    let header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({COUNT}, 3, 2, 2), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    std::fs::write(&array, bytes).unwrap();
    sources.push(ImageSource::Npy(array));
    PictureSources { _folder: folder, sources }
}

fn load_all(source: &ImageSource) -> Result<LoadedImages, DataError> {
    open(source, Shape::new(3, 4, 6), COUNT, 1, &bytes_over_255(3))
}

#[test]
fn every_format_gives_the_same_pictures() {
    let all = sources();
    let mut seen = 0;
    for source in &all.sources {
        if matches!(source, ImageSource::Npy(_)) {
            continue;
        }
        let images = load_all(source).unwrap();
        assert_eq!(images.facts.skipped, 0, "{source}: {:?}", images.facts.skipped_files);
        for (place, &number) in images.batch.indices.iter().enumerate() {
            let expected = picture(number);
            for (at, value) in images.batch.image(place).iter().enumerate() {
                let (channel, row, column) = (at / 24, at / 6 % 4, at % 6);
                let expected = expected[(column as u32, row as u32)].0[channel];
                let found = value * 255.0;
                // GIF has 256 colours for each picture.
                assert!((found - f32::from(expected)).abs() < 1.5, "{source}: {found} {expected}");
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 8);
}

#[test]
fn archives_that_are_damaged_or_hold_nothing_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        super::chain(&load_all(&ImageSource::Folder(path)).unwrap_err())
    };
    let packed = [0x1f, 0x8b, 8, 0, 0];
    assert!(error("a.tar.gz", &packed).contains("compressed with gzip: unpack it"));
    let none = tar_of(&["a.txt", "b.heic"], |_| b"text".to_vec());
    assert!(error("a.tar", &none).contains("has 1 .heic file, which are not read"));
    let none = tar_of(&["a.txt"], |_| b"text".to_vec());
    assert!(error("b.tar", &none).contains("has no *.png"));
    assert!(error("a.zip", b"PK\x03\x04 and no more").contains("not a readable archive"));
    // Whatever is lost or changed, it ends in images or an error.
    let names: Vec<String> = (0..COUNT).map(|number| format!("{number}.png")).collect();
    let whole = zip_of(&names, |number| encoded(number, ImageFormat::Png));
    let tar = tar_of(&["0.png", "1.png"], |number| encoded(number, ImageFormat::Bmp));
    for bytes in [whole, tar] {
        for place in (0..bytes.len()).step_by(bytes.len() / 150) {
            let mut changed = bytes.clone();
            changed[place] ^= 0x41;
            for bytes in [&bytes[..place], &changed] {
                let path = folder.path().join("x");
                std::fs::write(&path, bytes).unwrap();
                let _ = load(&ImageSource::Folder(path), Shape::new(3, 4, 6), 2, 1);
            }
        }
    }
}

#[test]
fn grey_pictures_of_mnist_are_read_packed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let pixels: Vec<u8> = (0..5 * 6).map(|value| value * 8).collect();
    let extents = [5_u32, 2, 3].map(u32::to_be_bytes);
    let bytes = [&[0, 0, 8, 3][..], extents.as_flattened(), &pixels].concat();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&bytes).unwrap();
    std::fs::create_dir_all(folder.path().join("MNIST/raw")).unwrap();
    let packed = folder.path().join("MNIST/raw/train-images-idx3-ubyte.gz");
    std::fs::write(&packed, packer.finish().unwrap()).unwrap();
    let plain = folder.path().join("images");
    std::fs::write(&plain, &bytes).unwrap();
    for path in [&plain, &packed, &folder.path().to_owned()] {
        let source = ImageSource::Idx(path.clone());
        let images = open(&source, Shape::new(1, 2, 3), 4, 1, &bytes_over_255(1)).unwrap();
        for (place, &index) in images.batch.indices.iter().enumerate() {
            for (found, expected) in images.batch.image(place).iter().zip(&pixels[index * 6..]) {
                assert!((found * 255.0 - f32::from(*expected)).abs() < 1e-3);
            }
        }
        // The statistics of MNIST.
        let usual = load(&source, Shape::new(1, 2, 3), 4, 1).unwrap();
        let pixel = f64::from(pixels[usual.indices[0] * 6]) / 255.0;
        assert!((f64::from(usual.values[0]) - (pixel - 0.1307) / 0.3081).abs() < 1e-5);
    }
    std::fs::write(&plain, &bytes[..bytes.len() - 1]).unwrap();
    let short = load(&ImageSource::Idx(plain), Shape::new(1, 2, 3), 5, 1).unwrap_err();
    assert!(super::chain(&short).contains("truncated"), "{short}");
}

#[test]
fn pictures_of_stl_10_are_read_column_by_column() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = vec![0; 2 * 3 * 96 * 96];
    // Channel 1, row 5, column 7 of the second picture.
    bytes[3 * 96 * 96 + (96 + 7) * 96 + 5] = 255;
    std::fs::write(folder.path().join("train_X.bin"), &bytes).unwrap();
    let source = ImageSource::Stl10(folder.path().to_owned());
    let images = open(&source, Shape::new(3, 96, 96), 2, 1, &bytes_over_255(3)).unwrap();
    let place = images.batch.indices.iter().position(|&index| index == 1).unwrap();
    let lit: Vec<usize> =
        (0..3 * 96 * 96).filter(|&at| images.batch.image(place)[at] > 0.5).collect();
    assert_eq!(lit, [96 * 96 + 5 * 96 + 7]);
}

/// An element of a MATLAB file.
fn element(kind: u32, bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    let mut element = [kind.to_le_bytes(), length.to_le_bytes()].concat();
    element.extend(bytes);
    element.resize(element.len().next_multiple_of(8), 0);
    element
}

/// An array of bytes as MATLAB writes it: flags, extents, name, values.
fn matlab_array(extents: &[i32], name: &str, values: &[u8]) -> Vec<u8> {
    let extents: Vec<u8> = extents.iter().flat_map(|extent| extent.to_le_bytes()).collect();
    // A short name stands in its tag.
    let mut short = vec![1, 0, u8::try_from(name.len()).unwrap(), 0, 0, 0, 0, 0];
    short[4..4 + name.len()].copy_from_slice(name.as_bytes());
    let parts = [element(6, &[9, 0, 0, 0, 0, 0, 0, 0]), element(5, &extents), short];
    element(14, &[parts.concat(), element(2, values)].concat())
}

fn matlab_file(arrays: &[Vec<u8>], is_packed: bool) -> Vec<u8> {
    let mut file = vec![b' '; 124];
    file.extend([0, 1, b'I', b'M']);
    for array in arrays {
        if is_packed {
            let mut packed =
                flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut packed, array).unwrap();
            let packed = packed.finish().unwrap();
            file.extend(15_u32.to_le_bytes());
            file.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
            file.extend(packed);
        } else {
            file.extend(array);
        }
    }
    file
}

#[test]
fn digits_of_svhn_are_read_column_by_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train_32x32.mat");
    let mut values = vec![0; 5 * 3072];
    // Channel 2, row 5, column 7 of the fourth picture.
    values[3 * 3072 + 2 * 1024 + 7 * 32 + 5] = 255;
    let labels = matlab_array(&[5, 1], "y", &[1, 2, 3, 4, 5]);
    let digits = matlab_array(&[32, 32, 3, 5], "X", &values);
    for is_packed in [true, false] {
        let file = matlab_file(&[labels.clone(), digits.clone()], is_packed);
        std::fs::write(&path, &file).unwrap();
        for given in [path.as_path(), folder.path()] {
            let source = ImageSource::Svhn(given.to_owned());
            let shape = Shape::new(3, 32, 32);
            let images = open(&source, shape, 3, 1, &bytes_over_255(3)).unwrap();
            for (place, &index) in images.batch.indices.iter().enumerate() {
                let lit: Vec<usize> =
                    (0..3072).filter(|&at| images.batch.image(place)[at] > 0.5).collect();
                let expected = if index == 3 { vec![2 * 1024 + 5 * 32 + 7] } else { Vec::new() };
                assert_eq!(lit, expected, "{index}");
            }
            let all = open(&source, shape, 5, 1, &bytes_over_255(3)).unwrap();
            assert!(all.batch.indices.contains(&3));
        }
        // Damaged: no bytes, cut short, another array, another file.
        let wrong = |file: Vec<u8>| {
            std::fs::write(&path, file).unwrap();
            let source = ImageSource::Svhn(path.clone());
            super::chain(&load(&source, Shape::new(3, 32, 32), 5, 1).unwrap_err())
        };
        let cut = wrong(file[..file.len() - 100].to_vec());
        assert!(cut.contains("train_32x32.mat"), "{cut}");
        let other = wrong(matlab_file(std::slice::from_ref(&labels), is_packed));
        assert!(other.contains("has no array X"), "{other}");
        assert!(wrong(b"MATLAB 7.3".repeat(20)).contains("not a MATLAB file of version 5"));
    }
}
