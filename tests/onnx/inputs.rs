//! Images for the inputs that people's models have: free axes, channels last, uint8 values; and arrays of
//! pixels.

use std::path::{Path, PathBuf};

use untrained::backend::Cancel;
use untrained::data::ImageSource;
use untrained::graph::Shape;
use untrained::job::{JobConfig, KernelOutput, ModelOptions, Options, Session, Task, chain};
use untrained::onnx::{self, ReadOptions};
use untrained::score::KernelMatrix;

use crate::support;
use crate::support::fixtures;

const TOLERANCE: f64 = 0.02;

/// A model scored as a job scores it, and the warnings.
fn score(model: &Path, options: Options) -> Result<(KernelMatrix, Vec<String>), String> {
    let job = JobConfig::new(options, Task::Onnx(ModelOptions::new(model)));
    job.check().map_err(|error| chain(&error))?;
    let mut warnings = Vec::new();
    let mut warn = |event| {
        if let untrained::job::Event::Warning(warning) = event {
            warnings.push(warning);
        }
    };
    let session = Session::open(&job, &Cancel::new(), &mut warn).map_err(|error| chain(&error))?;
    let output = session.kernel_matrix("model", &Cancel::new()).map_err(|error| chain(&error))?;
    let KernelOutput { output, .. } = output;
    Ok((output.kernel.unwrap(), warnings))
}

fn options(images: &str, batch_size: usize) -> Options {
    Options {
        device: "cpu".to_owned(),
        images: Some(images.parse().unwrap()),
        batch_size: Some(batch_size),
        ..Options::default()
    }
}

fn npy(path: &Path) -> String {
    format!("npy:{}", path.display())
}

/// Float32 values as a .npy file.
fn write_npy(path: &Path, shape: [usize; 4], values: &[f32]) -> String {
    let [n, a, b, c] = shape;
    let header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({n}, {a}, {b}, {c}), }}");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16 + 1).to_le_bytes());
    bytes.extend(header.bytes().chain([b'\n']));
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    std::fs::write(path, bytes).unwrap();
    npy(path)
}

fn case(name: &str) -> Option<PathBuf> {
    support::shared(&format!("cases/{name}"))
}

#[test]
fn free_axes_are_those_of_the_images_or_of_the_option() {
    for (name, model, shape, score_of_case) in [
        ("dynamic-hw", "m.onnx", Shape::new(3, 16, 16), 61.6894),
        ("formats/dynamic_height_width", "model.onnx", Shape::new(3, 32, 32), 58.2019),
    ] {
        let Some(folder) = case(name) else { return };
        let (model, images) = (folder.join(model), npy(&folder.join("x.npy")));
        let (kernel, warnings) = score(&model, options(&images, 8)).unwrap();
        assert!((kernel.score() - score_of_case).abs() <= TOLERANCE, "{name}: {}", kernel.score());
        let told = |warning: &String| warning.contains(&shape.to_string());
        assert!(warnings.iter().any(told), "{name}: {warnings:?}");
        let same = Options { input: Some(shape), ..options(&images, 8) };
        let (same, warnings) = score(&model, same).unwrap();
        assert_eq!(same.entries(), kernel.entries());
        assert!(!warnings.iter().any(told), "{name}: {warnings:?}");
        // Another size is another network input: as many more units.
        let twice = Shape::new(3, 2 * shape.height, 2 * shape.width);
        let larger = Options { input: Some(twice), ..options(&images, 8) };
        let (larger, warnings) = score(&model, larger).unwrap();
        assert!(larger.units() > 3 * kernel.units());
        assert!(warnings.iter().any(|warning| warning.contains("resized")), "{warnings:?}");
        // Pictures of the program have a size as well, files in folders any.
        let units = score(&model, options("builtin", 4)).unwrap().0.units();
        let of_builtin = Options { input: Some(Shape::new(3, 32, 32)), ..options("builtin", 4) };
        assert_eq!(score(&model, of_builtin).unwrap().0.units(), units);
        let why = score(&model, options("folder:/tmp", 4)).unwrap_err();
        assert!(why.contains("3x?x?") && why.contains("`input`"), "{why}");
        let grey = Options { input: Some(Shape::new(1, 32, 32)), ..options(&images, 8) };
        let why = score(&model, grey).unwrap_err();
        assert!(why.contains("3x?x?") && why.contains("1x32x32"), "{why}");
    }
}

/// A model with the channels last takes pictures like any other, and arrays as it declares its input.
#[test]
fn channels_may_come_last() {
    let Some(folder) = case("formats/keras_nhwc_with_pictures") else { return };
    let model = folder.join("model.onnx");
    let (kernel, _) = score(&model, options("builtin", 16)).unwrap();
    assert!((kernel.score() - 118.5061).abs() <= TOLERANCE, "{}", kernel.score());
    let read = onnx::read(&model).unwrap();
    assert_eq!((read.input, read.channels_last), (Shape::new(3, 32, 32), true));
    let given = folder.join("x_nhwc.npy");
    let (last, _) = score(&model, options(&npy(&given), 8)).unwrap();
    // The same array with the channels first.
    let array = fixtures::read_batch(&given);
    let plane = 32 * 32;
    let first: Vec<f32> = (0..array.values.len())
        .map(|at| {
            let (image, at) = (at / (3 * plane), at % (3 * plane));
            array.values[image * 3 * plane + at % plane * 3 + at / plane]
        })
        .collect();
    let scratch = tempfile::tempdir().unwrap();
    let images = write_npy(&scratch.path().join("first.npy"), [8, 3, 32, 32], &first);
    let (again, _) = score(&model, options(&images, 8)).unwrap();
    assert_eq!(again.entries(), last.entries());
    // Values in another order are other images.
    let images = write_npy(&scratch.path().join("wrong.npy"), [8, 3, 32, 32], &array.values);
    assert_ne!(score(&model, options(&images, 8)).unwrap().0.entries(), last.entries());
    // An array of another size is resized, each axis its own.
    let images = write_npy(&scratch.path().join("wide.npy"), [4, 16, 64, 3], &first[..4 * 3072]);
    let (_, warnings) = score(&model, options(&images, 4)).unwrap();
    assert!(
        warnings.iter().any(|w| w.contains("3x16x64") && w.contains("resized")),
        "{warnings:?}"
    );
}

/// A model that takes uint8 gets pixels as they are; what is no pixel is refused.
#[test]
fn uint8_models_take_pixels() {
    let Some(folder) = case("formats/uint8_input") else { return };
    let model = folder.join("model.onnx");
    let read = onnx::read(&model).unwrap();
    assert!(read.takes_bytes && read.channels_last);
    let (kernel, _) = score(&model, options("builtin", 8)).unwrap();
    assert!(kernel.score().is_finite());
    let why = score(&model, options(&npy(&folder.join("x.npy")), 8)).unwrap_err();
    assert!(why.contains("uint8") && why.contains("x.npy"), "{why}");
    let why = score(&model, options("noise", 8)).unwrap_err();
    assert!(why.contains("uint8") && why.contains("noise"), "{why}");
    let mean = Options { mean: Some(vec![0.5; 3]), ..options("builtin", 8) };
    let why = score(&model, mean).unwrap_err();
    assert!(why.contains("mean") && why.contains("uint8"), "{why}");
    // The pixels of the builtin images as an array.
    let raw = Options { seed: 3, ..options("builtin", 8) };
    let job = JobConfig::new(raw.clone(), Task::Onnx(ModelOptions::new(&model)));
    let session = Session::open(&job, &Cancel::new(), &mut |_| {}).unwrap();
    let batch = &session.images().batch;
    assert!(batch.values.iter().all(|v| v.fract() == 0.0 && (0.0..=255.0).contains(v)));
    assert!(batch.values.iter().any(|&value| value > 1.0));
    let scratch = tempfile::tempdir().unwrap();
    let images = write_npy(&scratch.path().join("x.npy"), [8, 3, 32, 32], &batch.values);
    let (mut own, mut array) = (
        score(&model, raw).unwrap().0.entries().to_vec(),
        score(&model, options(&images, 8)).unwrap().0.entries().to_vec(),
    );
    own.sort_unstable();
    array.sort_unstable();
    assert_eq!(own, array);
}

/// Pixels in an array are normalised as those of pictures in files where the options say so.
#[test]
fn arrays_of_pixels_are_scaled() {
    let Some(folder) = case("formats/npy_u8") else { return };
    let model = folder.join("model.onnx");
    let bytes = std::fs::read(folder.join("x.npy")).unwrap();
    let values: Vec<f32> =
        bytes[bytes.len() - 8 * 3072..].iter().map(|&byte| f32::from(byte)).collect();
    let scratch = tempfile::tempdir().unwrap();
    let images = write_npy(&scratch.path().join("x.npy"), [8, 3, 32, 32], &values);
    let (raw, _) = score(&model, options(&images, 8)).unwrap();
    assert!((raw.score() - 62.4551).abs() <= TOLERANCE, "{}", raw.score());
    let scaled = Options { scale: true, ..options(&images, 8) };
    let (kernel, _) = score(&model, scaled.clone()).unwrap();
    assert!((kernel.score() - 61.1447).abs() <= TOLERANCE, "{}", kernel.score());
    let own = Options { mean: Some(vec![0.0; 3]), std: Some(vec![1.0; 3]), ..scaled.clone() };
    assert_ne!(score(&model, own).unwrap().0.entries(), kernel.entries());
    // What is no pixel, or was scaled already.
    for wrong in [-1.0, 256.0, f32::NAN] {
        let mut values = values.clone();
        values[5] = wrong;
        let images = write_npy(&scratch.path().join("x.npy"), [8, 3, 32, 32], &values);
        let why = score(&model, Options { scale: true, ..options(&images, 8) }).unwrap_err();
        assert!(why.contains("x.npy"), "{why}");
    }
    let small: Vec<f32> = values.iter().map(|value| value / 255.0).collect();
    let images = write_npy(&scratch.path().join("x.npy"), [8, 3, 32, 32], &small);
    let why = score(&model, Options { scale: true, ..options(&images, 8) }).unwrap_err();
    assert!(why.contains("`scale`") && why.contains("no value above 1"), "{why}");
    let pictures = Options { scale: true, images: Some(ImageSource::Builtin), ..scaled };
    assert!(score(&model, pictures).unwrap_err().contains("scale"));
}

#[test]
fn a_given_shape_must_be_that_of_the_file() {
    let model = support::data::fixture("onnx/mobilenet-v3/model.onnx");
    let read = onnx::read(&model).unwrap();
    let same = ReadOptions { input: Some(read.input), ..ReadOptions::default() };
    assert!(onnx::read_with(&model, &same).is_ok());
    let other = ReadOptions { input: Some(Shape::new(3, 8, 8)), ..same };
    let why = onnx::read_with(&model, &other).unwrap_err().to_string();
    assert!(why.contains(&read.input.to_string()) && why.contains("3x8x8"), "{why}");
}
