//! Pictures and arrays as people have them, with the scores that Pillow and onnxruntime give.

use untrained::backend::Cancel;
use untrained::job::{self, Event, JobConfig, ModelOptions, Options, Task};

use super::source;
use crate::support::shared;

/// The tolerance of scores that are printed with four digits.
const TOLERANCE: f64 = 1e-3;
/// The same for images that were rounded to half precision: a few units change their states.
const HALF_TOLERANCE: f64 = 1e-2;

/// The score of a model on images, and the warnings; or the error.
fn score(
    case: &str,
    images: &str,
    batch_size: usize,
) -> Option<Result<(f64, Vec<String>), String>> {
    let folder = shared(&format!("cases/formats/{case}"))?;
    let (kind, path) = images.split_once(':').unwrap();
    let images = format!("{kind}:{}", folder.join(path).display());
    let options = Options {
        images: Some(source(&images)),
        batch_size: Some(batch_size),
        device: "cpu".to_owned(),
        ..Options::default()
    };
    let task = Task::Onnx(ModelOptions::new(folder.join("model.onnx")));
    let (mut score, mut warnings) = (f64::NAN, Vec::new());
    let done = job::run(&JobConfig::new(options, task), &Cancel::new(), &mut |event| match event {
        Event::Scored { record, .. } => score = record.score,
        Event::Warning(warning) => warnings.push(warning),
        _ => {}
    });
    Some(done.map(|_| (score, warnings)).map_err(|error| job::chain(&error)))
}

#[test]
fn scores_are_those_of_pillow_and_onnxruntime() {
    for (case, images, batch_size, expected) in [
        ("picture_bmp", "folder:photos", 4, 33.0293),
        ("picture_ppm", "folder:photos", 4, 33.0293),
        ("npy_f16", "npy:x.npy", 8, 50.646),
        ("npy_fort", "npy:x.npy", 8, 50.646),
    ] {
        let tolerance = if case == "npy_f16" { HALF_TOLERANCE } else { TOLERANCE };
        let Some(found) = score(case, images, batch_size) else { return };
        let (score, _) = found.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert!((score - expected).abs() < tolerance, "{case}: {score} for {expected}");
    }
}

#[test]
fn what_cannot_be_used_is_named() {
    for (case, images, batch_size, parts) in [
        (
            "truncated_jpeg",
            "folder:photos",
            8,
            ["has 6 images that can be read and 2 that", "truncated"],
        ),
        ("picture_avif", "folder:photos", 4, ["has 4 .avif files, which are not read", "avifdec"]),
        ("npy_u8", "npy:x.npy", 8, ["divide them by 255", "normalise"]),
        ("mnist_idx_gz", "npy:train-images-idx3-ubyte.gz", 8, ["idx", "give it as idx:FILE"]),
    ] {
        let Some(found) = score(case, images, batch_size) else { return };
        let error = found.unwrap_err();
        assert!(parts.iter().all(|part| error.contains(part)), "{case}: {error}");
    }
    // Six whole pictures are left of the eight.
    let Some(found) = score("truncated_jpeg", "folder:photos", 6) else { return };
    let (_, warnings) = found.unwrap();
    assert!(warnings.iter().any(|warning| warning.contains("cannot be read")), "{warnings:?}");
    let Some(found) = score("mnist_idx_gz", "idx:train-images-idx3-ubyte.gz", 8) else { return };
    assert!(found.unwrap().0.is_finite());
}

/// Every file of this folder is refused by Pillow.
#[test]
fn jpeg_files_that_are_cut_short_are_skipped() {
    let Some(folder) = shared("cases/truncated-jpeg/cut") else { return };
    let source = untrained::data::ImageSource::Folder(folder);
    let shape = untrained::graph::Shape::new(3, 8, 8);
    let error = untrained::data::load(&source, shape, 8, 1).unwrap_err().to_string();
    assert!(error.contains("has 0 images that can be read and 8 that cannot"), "{error}");
}
