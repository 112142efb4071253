//! ONNX models: what was measured and how it is told, and the options about it.

use std::path::PathBuf;

use serde_json::Value;

use crate::program::{Folder, refused, run, text};

fn case(name: &str) -> Option<PathBuf> {
    crate::data::shared(&format!("cases/{name}"))
}

/// A model of the cases scored on its own images: the messages, and its row of the table.
fn score(model: &str, images: &str, more: &[&str]) -> Option<(String, Value)> {
    let (model, images) = (case(model)?, case(images)?);
    let folder = Folder::new();
    let (images, table) = (format!("npy:{}", text(&images)), folder.text("out.jsonl"));
    let arguments = ["score", "--onnx", text(&model), "--images", &images, "--device", "cpu"];
    let (code, _, message) = run(&[&arguments[..], &["--out", &table], more].concat());
    assert_eq!(code, 0, "{message}");
    let row = std::fs::read_to_string(&table).unwrap();
    Some((message, serde_json::from_str(&row).unwrap()))
}

/// Calls that may have been merged: both counts in a warning and in the result, whichever is chosen.
#[test]
fn merged_calls_are_told_and_counted_as_asked() {
    let folder = "models/wrong_two_relus_of_one_tensor";
    let images = format!("{folder}/input.npy");
    for (file, more, units) in [
        ("ts.onnx", &[][..], 2048),
        ("dyn.onnx", &["--merged-calls", "keep"], 2048),
        ("dyn.onnx", &["--merged-calls", "recover"], 4096),
    ] {
        let more = [&["--batch-size", "5"], more].concat();
        let Some((message, row)) = score(&format!("{folder}/{file}"), &images, &more) else {
            return;
        };
        assert_eq!(row["units"], units, "{row}");
        for told in [message.as_str(), row["message"].as_str().unwrap()] {
            assert!(told.contains("2,048") && told.contains("4,096"), "{told}");
        }
        if units == 4096 {
            assert!((row["score"].as_f64().unwrap() - 39.8392).abs() < 0.02, "{row}");
        }
    }
    let model = case(&format!("{folder}/ts.onnx")).unwrap();
    let (code, described, _) = run(&["describe", "--onnx", text(&model)]);
    assert!(code == 0 && described.contains("2,048") && described.contains("4,096"), "{described}");
    let more = ["describe", "--onnx", text(&model), "--json", "--merged-calls", "recover"];
    let described: Value = serde_json::from_str(&run(&more).1).unwrap();
    assert_eq!((&described["units"], &described["recovered_calls"]), (&4096.into(), &1.into()));
}

/// Which statistics batch normalisation used is told, and how to get those of the paper.
#[test]
fn statistics_are_told_and_chosen() {
    let (model, images) = ("bn-eval-silent/m.onnx", "bn-eval-silent/x.npy");
    let size = ["--batch-size", "16"];
    let Some((message, plain)) = score(model, images, &size) else { return };
    assert!(message.contains("batch-norm: 11 folded into convolutions"), "{message}");
    assert!((plain["score"].as_f64().unwrap() - 157.035).abs() < 0.02, "{plain}");
    assert!(plain["message"].as_str().unwrap().contains("`renormalise`"), "{plain}");
    let more = [&size[..], &["--renormalise"]].concat();
    let (message, row) = score(model, images, &more).unwrap();
    assert_ne!(row["score"], plain["score"]);
    assert!(
        message.contains("batch-norm: 11 layers with the statistics of the mini-batch"),
        "{message}"
    );
    let path = case(model).unwrap();
    refused(
        &["score", "--onnx", text(&path), "--statistics", "batch"],
        &["`renormalise`", "m.onnx"],
    );

    let folder = "formats/weights_fresh_inference_batchnorm";
    let (model, images) = (format!("{folder}/model.onnx"), format!("{folder}/x.npy"));
    let (message, row) = score(&model, &images, &["--batch-size", "8"]).unwrap();
    assert!(message.contains("batch-norm: 2 layers with the running statistics"), "{message}");
    assert!((row["score"].as_f64().unwrap() - 63.0743).abs() < 0.02, "{row}");
    let more = ["--batch-size", "8", "--weights", "fresh", "--repeats", "3"];
    let (message, row) = score(&model, &images, &more).unwrap();
    assert!(message.contains("belong to its own weights"), "{message}");
    assert!(row["score"].as_f64().is_some_and(f64::is_finite), "{row}");
    let more = ["--batch-size", "8", "--statistics", "batch"];
    let (message, row) = score(&model, &images, &more).unwrap();
    assert!(message.contains("batch-norm: 2 layers with the statistics of the mini-batch"));
    assert!(row["message"].is_null(), "{row}");
    let described = run(&["describe", "--onnx", text(&case(&model).unwrap()), "--json"]).1;
    let described: Value = serde_json::from_str(&described).unwrap();
    assert_eq!(described["batch_norm"]["stored"], 2);
}

#[test]
fn options_of_models_need_a_model() {
    for option in [&["--statistics", "batch"][..], &["--merged-calls", "keep"], &["--renormalise"]]
    {
        refused(&[&["score", "x"], option].concat(), &[option[0], "--onnx"]);
        refused(&[&["describe", "x"], option].concat(), &[option[0], "--onnx"]);
    }
    refused(&["score", "--onnx", "x", "--merged-calls", "all"], &["all", "certain", "recover"]);
}

/// A job file holds the options of a model.
#[test]
fn a_saved_job_of_a_model_is_the_same() {
    let Some(model) = case("bn-eval-silent/m.onnx") else { return };
    let images = format!("npy:{}", text(&case("bn-eval-silent/x.npy").unwrap()));
    let folder = Folder::new();
    let (job, first, again) = (folder.text("job.toml"), folder.text("a.csv"), folder.text("b.csv"));
    let arguments = ["score", "--onnx", text(&model), "--images", &images, "--batch-size", "16"];
    let more = ["--renormalise", "--device", "cpu", "--out", &first, "--save-job", &job];
    assert_eq!(run(&[&arguments[..], &more].concat()).0, 0);
    assert!(std::fs::read_to_string(&job).unwrap().contains("renormalise = true"));
    let (code, _, message) = run(&[&job, "--out", &again]);
    assert_eq!(code, 0, "{message}");
    let score = |path: &str| {
        let mut table = csv::Reader::from_path(path).unwrap();
        let headers = table.headers().unwrap().clone();
        let at = headers.iter().position(|name| name == "score").unwrap();
        table.records().next().unwrap().unwrap()[at].to_owned()
    };
    assert_eq!(score(&first), score(&again));
}

/// Images of models with free axes and with the channels last, and arrays of pixels.
#[test]
fn images_fit_the_inputs_that_models_have() {
    let value = |row: &Value| row["score"].as_f64().unwrap();
    let folder = "formats/dynamic_height_width";
    let (model, images) = (format!("{folder}/model.onnx"), format!("{folder}/x.npy"));
    let Some((_, row)) = score(&model, &images, &["--batch-size", "8"]) else { return };
    assert!((value(&row) - 58.2019).abs() < 0.02, "{row}");
    let more = ["--batch-size", "8", "--input", "3x32x32"];
    assert_eq!(value(&score(&model, &images, &more).unwrap().1), value(&row));
    let path = case(&model).unwrap();
    refused(&["describe", "--onnx", text(&path), "--input", "4x8x8"], &["3x?x?", "4x8x8"]);
    let (code, described, _) = run(&["describe", "--onnx", text(&path), "--input", "3x64x48"]);
    assert!(code == 0 && described.contains("3x64x48"), "{described}");

    let keras = case("formats/keras_nhwc_with_pictures/model.onnx").unwrap();
    let arguments = ["score", "--onnx", text(&keras), "--images", "builtin", "--batch-size", "16"];
    let (code, shown, message) = run(&[&arguments[..], &["--device", "cpu"]].concat());
    assert!(code == 0 && shown.contains("118.506"), "{shown}{message}");
    let bytes = case("formats/uint8_input").unwrap();
    let images = format!("npy:{}", text(&bytes.join("x.npy")));
    let model = bytes.join("model.onnx");
    refused(
        &["score", "--onnx", text(&model), "--images", &images, "--batch-size", "8"],
        &["uint8"],
    );
}
