//! Architectures taken away as PyTorch source, drawings and JSON, and the training program.

use std::process::Command;

use crate::data::repository;
use crate::program::{Folder, refused, run as untrained};

const GOOD: &str =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|none~2|";
const CUT: &str = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
const SMALL: [&str; 2] = ["--set", "skeleton.cells=1"];

/// The interpreter, if it can import torch; says so if not.
fn python() -> Option<String> {
    let python = std::env::var("UNTRAINED_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let imported = Command::new(&python).args(["-c", "import torch"]).output();
    if imported.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!("not checked by PyTorch: `{python}` cannot import torch (set UNTRAINED_PYTHON)");
    None
}

/// The last line that a program printed.
fn last_line(python: &str, arguments: &[&str]) -> String {
    let output = Command::new(python).args(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().last().unwrap_or_default().to_owned()
}

/// A folder like that of CIFAR-10, binary version, with as many images of noise as a class has.
fn cifar(folder: &Folder, images: usize) -> String {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let image = |number: usize| {
        let mut row = vec![(number % 10) as u8];
        row.extend((0..3072).map(|_| next()));
        row
    };
    let bytes: Vec<u8> = (0..images).flat_map(image).collect();
    let data = folder.path("cifar");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("data_batch_1.bin"), bytes).unwrap();
    data.to_str().unwrap().to_owned()
}

#[test]
fn formats_are_told_by_endings_or_by_name() {
    let folder = Folder::new();
    for (name, part) in [
        ("a.py", "class Cell(nn.Module):"),
        ("a.dot", "label=\"nor_conv_3x3\""),
        ("a.svg", "nor_conv_3x3</text>"),
        ("a.json", "\"format\": \"untrained-graph/1\""),
    ] {
        let file = folder.text(name);
        let (code, shown, error) = untrained(&["export", GOOD, "-o", &file]);
        assert!(code == 0 && shown.contains(name), "{shown}{error}");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(part), "{part}: {text}");
        refused(&["export", GOOD, "-o", &file], &["exists", "--overwrite"]);
    }
    let network = std::fs::read_to_string(folder.path("a.svg")).unwrap();
    assert!(network.contains("reduction") && network.contains("64x8x8"), "{network}");
    let document = std::fs::read(folder.path("a.json")).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["metadata"]["architecture"], GOOD);
    let (_, described, _) = untrained(&["describe", GOOD, "--json"]);
    let described: serde_json::Value = serde_json::from_str(&described).unwrap();
    for key in ["params", "macs", "units"] {
        assert_eq!(document[key], described[key], "{key}");
    }
    let models = folder.text("models");
    let both = ["export", GOOD, GOOD, "--format", "pytorch", "-o", &models, "--weights", "none"];
    let (code, shown, error) = untrained(&[&both[..], &["--with-training"]].concat());
    assert!(code == 0 && shown.contains("train.py"), "{shown}{error}");
    let mut names: Vec<String> = std::fs::read_dir(&models)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[0].starts_with("network_01_") && names[2] == "train.py", "{names:?}");
    let (code, schema, _) = untrained(&["export", "--schema"]);
    assert!(code == 0 && schema.contains("\"title\": \"Network\""), "{schema}");
}

#[test]
fn what_cannot_be_written_is_explained() {
    let folder = Folder::new();
    let [module, model, odd] = ["a.py", "a.onnx", "a.xyz"].map(|name| folder.text(name));
    for (arguments, parts) in [
        (&["export", GOOD, "--format", "pytorh", "-o", &module][..], &["pytorch"][..]),
        (&["export", GOOD, "--format", "pytorch", "-o", &model], &["ends in .py"]),
        (&["export", GOOD, "--format", "pytorch", "-o", &odd], &[".xyz", ".py"]),
        (&["export", GOOD, GOOD, "--format", "pytorch", "-o", &module], &["need a folder"]),
        (&["export", CUT, "-o", &module], &["no path leads from its input to its output"]),
        (&["export", GOOD, "-o", &model, "--with-training"], &["--format pytorch"]),
        (&["export", GOOD, "-o", &model, "--weights", "none"], &["--format pytorch"]),
        (&["export", GOOD, "-o", &module, "--mode", "train"], &["--mode"]),
        (&["export", "--onnx", "/no/such.onnx", "-o", &model], &["one already"]),
        (&["export", "--onnx", "/no/such.onnx", "-o", &module], &["/no/such.onnx"]),
        (&["export", GOOD, "-o", &module, "--merged-calls", "keep"], &["--onnx"]),
    ] {
        refused(arguments, parts);
    }
    assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 0);
}

#[test]
fn an_exported_module_has_the_codes_that_were_scored() {
    let folder = Folder::new();
    let Some(python) = python() else { return };
    let [module, weights, images, kernel] =
        ["net.py", "net.safetensors", "images.npy", "k.npy"].map(|name| folder.text(name));
    let (code, _, error) =
        untrained(&[&["export", GOOD, "--seed", "3", "-o", &module], &SMALL[..]].concat());
    assert_eq!(code, 0, "{error}");
    let script = "import sys, struct\n\
                  values = [((i * 7919) % 1009) / 500 - 1 for i in range(4 * 3072)]\n\
                  header = \"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3, 32, 32), }\\n\".encode()\n\
                  file = open(sys.argv[1], 'wb')\n\
                  file.write(b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(header)) + header)\n\
                  file.write(struct.pack(f'<{len(values)}f', *values))\n";
    last_line(&python, &["-c", script, &images]);
    let source = format!("npy:{images}");
    let score =
        ["score", GOOD, "--seed", "3", "--images", &source, "--batch-size", "4", "--device", "cpu"];
    let (code, _, error) =
        untrained(&[&score[..], &["--kernel-out", &kernel], &SMALL[..]].concat());
    assert_eq!(code, 0, "{error}");
    let (_, described, _) = untrained(&[&["describe", GOOD, "--json"], &SMALL[..]].concat());
    let described: serde_json::Value = serde_json::from_str(&described).unwrap();
    let check = repository().join("tests/python/check_module.py");
    let params = described["params"].to_string();
    let arguments = [check.to_str().unwrap(), &module, &weights, &images, &kernel, &params];
    let line: serde_json::Value = serde_json::from_str(&last_line(&python, &arguments)).unwrap();
    assert_eq!(line["units"], described["units"]);
}

#[test]
fn the_training_program_trains_and_is_a_trainer() {
    let folder = Folder::new();
    let Some(python) = python() else { return };
    let module = folder.text("net.py");
    let export = ["export", GOOD, "-o", &module, "--with-training"];
    let (code, _, error) = untrained(&[&export[..], &SMALL[..]].concat());
    assert_eq!(code, 0, "{error}");
    let data = format!("cifar10:{}", cifar(&folder, 200));
    let (train, checkpoint) = (folder.text("train.py"), folder.text("c.pt"));
    let common = ["--data", &data, "--batch-size", "50", "--device", "cpu"];
    let run = |epochs: &str| {
        let own = [&train, &module, "--epochs", epochs, "--checkpoint", &checkpoint];
        let line = last_line(&python, &[&own[..], &common[..]].concat());
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        line["accuracy"].as_f64().unwrap()
    };
    assert!((0.0..=100.0).contains(&run("1")));
    // It goes on from there.
    assert!((0.0..=100.0).contains(&run("2")));
    let trainer = format!(
        "{python} {train} {{arch.json}} --data {data} --epochs 1 --batch-size 50 --device cpu"
    );
    let search = [
        "search",
        "--strategy",
        "area",
        "--samples",
        "2",
        "--candidates",
        "4",
        "--population",
        "2",
        "--tournament",
        "1",
        "--trainer",
        &trainer,
        "--device",
        "cpu",
        "--batch-size",
        "8",
    ];
    let (code, shown, error) = untrained(&[&search[..], &SMALL[..]].concat());
    assert!(code == 0 && shown.lines().next().unwrap().contains("accuracy"), "{shown}{error}");
}
