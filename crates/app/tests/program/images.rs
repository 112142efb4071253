//! Image sources as a person names them: exit codes, notices, the manifest.

use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value as Json, json};

use crate::data::fixture;

const LIGHT: &str = "|skip_connect~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|";

/// Scores a light architecture on two images, if no other number is given.
fn score(images: &str, more: &[&str]) -> Command {
    let mut command = Command::cargo_bin("untrained").unwrap();
    command.args(["--batch", "score", LIGHT, "--device", "cpu"]);
    if !more.contains(&"--batch-size") {
        command.args(["--batch-size", "2"]);
    }
    command.args(["--images", images]).args(more);
    command
}

/// A run that must succeed: what it said on stderr, and its manifest.
fn manifest(images: &str, more: &[&str]) -> (String, Json) {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("out.csv");
    let mut command = score(images, more);
    let done = command.arg("--out").arg(&table).assert().success();
    let said = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    let text = std::fs::read(folder.path().join("out.csv.manifest.json")).unwrap();
    (said, serde_json::from_slice(&text).unwrap())
}

fn named(name: &str, path: &Path) -> String {
    format!("{name}:{}", path.display())
}

#[test]
fn every_source_scores() {
    let pickles = fixture("pickles");
    let npy = fixture("nas-bench-201-1/input.npy");
    for images in [
        "builtin".to_owned(),
        "noise".to_owned(),
        named("cifar10", &pickles.join("cifar-10-official")),
        named("cifar100", &pickles.join("cifar-100")),
        named("imagenet16", &pickles.join("imagenet16")),
        named("folder", &fixture("images")),
        named("npy", &npy),
    ] {
        score(&images, &[]).assert().success();
    }
}

#[test]
fn files_that_cannot_be_read_are_told_and_written_down() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["rgb.png", "photo.png"] {
        std::fs::copy(fixture("images").join(name), folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(format!("broken-{name}")), "no image").unwrap();
    }
    // Of two drawn out of four at least one is broken under some seed.
    let images = named("folder", folder.path());
    let with_broken = (0..20).map(|seed| {
        let seed = seed.to_string();
        manifest(&images, &["--seed", &seed])
    });
    let (said, manifest) =
        with_broken.into_iter().find(|(_, manifest)| manifest["images"]["skipped"] != 0).unwrap();
    assert!(said.contains("cannot be read") && said.contains("broken-"), "{said}");
    let facts = &manifest["images"];
    assert_eq!(facts["skipped"], facts["skipped_files"].as_array().unwrap().len());
    assert_eq!(facts["files"].as_array().unwrap().len(), 2);
    assert_eq!(facts["notices"].as_array().unwrap().len(), 1);
}

#[test]
fn means_and_classes_are_in_the_manifest() {
    let images = named("imagenet16", &fixture("pickles/imagenet16"));
    let (said, manifest) = manifest(
        &images,
        &["--mean", "0.5,0.5,0.25", "--std", "0.25,0.5,0.5", "--image-classes", "3"],
    );
    assert!(!said.contains("skipped"), "{said}");
    let options = &manifest["options"]["options"];
    assert_eq!(options["mean"], json!([0.5, 0.5, 0.25]));
    assert_eq!((&options["image-classes"], &options["images"]), (&json!(3), &json!(images)));
    assert_eq!(manifest["images"]["mean"], json!([0.5, 0.5, 0.25]));
    assert_eq!(manifest["images"]["std"], json!([0.25, 0.5, 0.5]));
    assert_eq!(manifest["images"]["classes"], 3);
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let refused = |images: &str, more: &[&str], parts: &[&str]| {
        let done = score(images, more).assert().code(2);
        let said = String::from_utf8(done.get_output().stderr.clone()).unwrap();
        for part in parts {
            assert!(said.contains(part), "`{part}` is not in: {said}");
        }
        assert!(!said.contains("panicked") && said.trim_end().lines().count() <= 4, "{said}");
    };
    let pickles = fixture("pickles");
    let hundred = named("cifar100", &pickles.join("cifar-100"));
    for name in ["cifar10", "cifar100", "imagenet16", "folder", "npy", "npz"] {
        refused(&format!("{name}:/no/such"), &[], &["/no/such", "(give ", "No such file"]);
    }
    refused(&named("cifar10", &pickles), &[], &["has no data_batch_*.bin", "cifar-10-batches-py"]);
    refused(&named("cifar100", &pickles), &[], &["has no train.bin"]);
    refused(&named("imagenet16", &pickles), &[], &["has no train_data_batch_1"]);
    refused(&named("folder", &pickles), &[], &["has no *.png"]);
    refused(&hundred, &["--batch-size", "7"], &["has 6 images, but the batch needs 7"]);
    refused(&hundred, &["--mean", "0.5"], &["mean has 1 values", "3 channels"]);
    refused(&hundred, &["--mean", "125,125,125"], &["mean 125", "divide by 255"]);
    refused(&hundred, &["--std", "0.5,0.5,-0.5"], &["std -0.5"]);
    refused(&hundred, &["--std", "a,b,c"], &["--std", "a"]);
    refused("noise", &["--mean", "0.5,0.5,0.5"], &["mean does not apply to noise images"]);
    refused("builtin", &["--image-classes", "10"], &["only imagenet16"]);
    refused("builtin", &["--input", "4x32x32"], &["1 or 3 channels", "npy:FILE"]);
    refused(&named("npz", &pickles.join("expected.json")), &[], &["is not a readable archive"]);
}

#[test]
fn images_that_have_changed_since_the_table_was_written_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let text = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let pictures = folder.path().join("pictures");
    std::fs::create_dir(&pictures).unwrap();
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/images/rgb.png");
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/images/halved.jpg");
    for (name, from) in [("a.png", picture), ("b.jpg", other), ("c.png", picture)] {
        std::fs::copy(from, pictures.join(name)).unwrap();
    }
    let (images, table) = (format!("folder:{}", text("pictures")), text("table.csv"));
    let score = |arguments: &[&str]| {
        let common = [
            "search",
            "--samples",
            "2",
            "--device",
            "cpu",
            "--batch-size",
            "2",
            "--images",
            &images,
        ];
        crate::program::run(&[&common[..], &["--out", &table, "--overwrite"], arguments].concat())
    };
    let said = "the images have changed since";
    assert!(!score(&[]).2.contains(said));
    assert!(!score(&[]).2.contains(said));
    // Other options have other images.
    std::fs::remove_file(pictures.join("a.png")).unwrap();
    assert!(!score(&["--seed", "4"]).2.contains(said));
    assert!(!score(&["--seed", "4"]).2.contains(said));
    std::fs::copy(picture, pictures.join("0.png")).unwrap();
    let (code, _, error) = score(&["--seed", "4"]);
    assert!(code != 2 && error.contains(said), "{error}");
    // Other images again: refused, the table stays; then accepted.
    std::fs::remove_file(pictures.join("0.png")).unwrap();
    let before = std::fs::read(&table).unwrap();
    let (code, _, error) = score(&["--seed", "4", "--images-changed", "refuse"]);
    assert!(code == 2 && error.contains("with the same options, but other images"), "{error}");
    assert_eq!(std::fs::read(&table).unwrap(), before);
    let (code, _, error) = score(&["--seed", "4", "--images-changed", "accept"]);
    assert!(code != 2 && !error.contains(said), "{error}");
    let (code, _, error) = score(&["--images-changed", "maybe"]);
    assert!(code == 2 && error.contains("warn, refuse, accept"), "{error}");
}
