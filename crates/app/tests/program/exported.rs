//! Architectures taken away as ONNX models.

use crate::program::{Folder, run as untrained};

const GOOD: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|";

/// The score and the number of units in the first row of a table.
fn scored(shown: &str) -> (String, String) {
    let cells: Vec<&str> = shown.lines().nth(1).unwrap().split_whitespace().collect();
    (cells[0].to_owned(), cells[5].to_owned())
}

#[test]
fn an_exported_architecture_has_the_score_it_had() {
    let folder = Folder::new();
    let model = folder.text("best.onnx");
    let common = ["--batch-size", "8", "--device", "cpu"];
    let (code, here, error) = untrained(&[&["score", GOOD, "--seed", "3"], &common[..]].concat());
    assert_eq!(code, 0, "{error}");
    let (code, shown, error) = untrained(&["export", GOOD, "--seed", "3", "-o", &model]);
    assert!(code == 0 && shown.contains("best.onnx: |nor_conv"), "{shown}{error}");
    // The same images as before: their seed is the run's.
    let read = ["score", "--onnx", &model, "--seed", "3"];
    let (code, there, error) = untrained(&[&read[..], &common[..]].concat());
    assert_eq!(code, 0, "{error}");
    assert_eq!(scored(&here), scored(&there));
    // The control: other weights.
    let other = folder.text("other.onnx");
    assert_eq!(untrained(&["export", GOOD, "--seed", "4", "-o", &other]).0, 0);
    let read = ["score", "--onnx", &other, "--seed", "3"];
    let (_, there, _) = untrained(&[&read[..], &common[..]].concat());
    assert_ne!(scored(&here).0, scored(&there).0);
}

#[test]
fn the_best_of_a_study_are_exported_with_its_options() {
    let folder = Folder::new();
    let store = folder.text("studies.db");
    let search = [
        "search",
        "--samples",
        "12",
        "--store",
        &store,
        "--device",
        "cpu",
        "--set",
        "skeleton.cells=1",
    ];
    let (code, shown, error) = untrained(&search);
    assert_eq!(code, 0, "{error}");
    let id = error.lines().find_map(|line| line.strip_prefix("study ")).unwrap();
    let best = shown.lines().nth(1).unwrap().split_whitespace().last().unwrap();
    let models = folder.text("models");
    let export = ["export", "--study", id, "--store", &store, "--best", "3", "-o", &models];
    let (code, shown, error) = untrained(&export);
    assert!(code == 0 && shown.lines().next().unwrap().contains(best), "{shown}{error}");
    assert_eq!(std::fs::read_dir(&models).unwrap().count(), 3);
    let (code, _, error) = untrained(&export);
    assert!(code == 2 && error.contains("--overwrite"), "{error}");
    let first = std::fs::read_dir(&models).unwrap().map(|entry| entry.unwrap().path());
    let first = first.min().unwrap();
    let text = std::fs::read(&first).unwrap();
    let text = String::from_utf8_lossy(&text);
    for part in ["score_macs", "weight_seed", best] {
        assert!(text.contains(part), "{part}");
    }
    let (code, shown, error) = untrained(&["describe", "--onnx", first.to_str().unwrap()]);
    assert!(code == 0, "{shown}{error}");
}

#[test]
fn what_cannot_be_exported_is_explained() {
    let folder = Folder::new();
    let model = folder.text("a.onnx");
    let cut = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
    for (arguments, part) in [
        (&["export", GOOD][..], "--out"),
        (&["export", "-o", &model], "no architecture given"),
        (&["export", GOOD, GOOD, "-o", &model], "need a folder"),
        (&["export", cut, "-o", &model], "no path leads from its input to its output"),
        (&["export", "|x~0|", "-o", &model], "|x~0|"),
        (&["export", "--study", "ab", "--seed", "3", "-o", &model], "has options of its own"),
        (&["export", "--study", "ab", "--store", "/no/such.db", "-o", &model], "does not exist"),
        (&["export", GOOD, "--best", "2", "-o", &model], "--study"),
        (&["export", "--study", "ab", "--best", "0", "-o", &model], "from 1 to 10"),
    ] {
        let (code, _, error) = untrained(arguments);
        assert!(code == 2 && error.contains(part), "{arguments:?}: {error}");
    }
    assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 0);
}
