//! The program as a person calls it: outputs, files, wrong input, exit codes.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

use crate::program::{Folder, refused, text, untrained};

const HEAVIEST: &str = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|";
const LIGHT: &str = "|skip_connect~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|";
const CUT: &str = "|none~0|+|none~0|nor_conv_1x1~1|+|none~0|nor_conv_1x1~1|none~2|";

/// Standard output of a call that must succeed.
fn output(arguments: &[&str]) -> String {
    let done = untrained(arguments).assert().success();
    String::from_utf8(done.get_output().stdout.clone()).unwrap()
}

/// A search small enough for a test.
const SMALL: [&str; 7] = ["search", "--samples", "12", "--batch-size", "8", "--device", "cpu"];

fn small<'a>(more: &[&'a str]) -> Vec<&'a str> {
    SMALL.iter().copied().chain(more.iter().copied()).collect()
}

#[test]
fn search_shows_the_best_ten() {
    let shown = output(&small(&[]));
    let lines: Vec<&str> = shown.lines().take(11).collect();
    assert!(shown.lines().nth(11).unwrap().starts_with("combined: the sum of "), "{shown}");
    assert!(lines[0].contains("multiply-adds"), "{shown}");
    let score = |line: &str| line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap();
    let scores: Vec<f64> = lines[1..].iter().map(|line| score(line)).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
}

#[test]
fn search_is_the_default_verb() {
    assert_eq!(output(&SMALL[1..]), output(&SMALL));
}

#[test]
fn the_table_and_its_manifest_hold_everything() {
    let folder = Folder::new();
    let table = folder.path("out.csv");
    output(&small(&["--out", text(&table), "--repeats", "2"]));
    let mut reader = csv::Reader::from_path(&table).unwrap();
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let begins = ["architecture", "score", "sd", "status", "params", "macs", "units", "seconds"];
    assert_eq!(header[..8], begins);
    assert_eq!(reader.records().count(), 12);
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(folder.path("out.csv.manifest.json")).unwrap())
            .unwrap();
    assert_eq!(manifest["state"], "done");
    assert_eq!(manifest["records"], 12);
    assert_eq!(manifest["image_indices"].as_array().unwrap().len(), 8);
    assert_eq!(manifest["weight_seeds"].as_array().unwrap().len(), 2);
    assert_eq!(manifest["device"]["kind"], "cpu");
}

#[test]
fn json_lines_have_null_where_a_score_is_not_finite() {
    let folder = Folder::new();
    let table = folder.path("out.jsonl");
    output(&["score", LIGHT, CUT, "--batch-size", "8", "--device", "cpu", "--out", text(&table)]);
    let lines = std::fs::read_to_string(&table).unwrap();
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["status"], "ok");
    assert!(rows[0]["score"].is_f64());
    assert_eq!(rows[1]["status"], "disconnected");
}

#[test]
fn architectures_are_read_from_the_standard_input() {
    let score = ["--batch", "score", "--from", "-", "--batch-size", "4", "--device", "cpu"];
    let done = assert_cmd::Command::cargo_bin("untrained")
        .unwrap()
        .args(score)
        .write_stdin(format!("# two\n{LIGHT}\n\n{HEAVIEST}\n"))
        .assert()
        .success();
    let shown = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(shown.contains(LIGHT) && shown.contains(HEAVIEST), "{shown}");
}

#[test]
fn scores_do_not_depend_on_the_order() {
    let folder = Folder::new();
    let list = [
        HEAVIEST,
        LIGHT,
        "|avg_pool_3x3~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|none~1|none~2|",
    ];
    let scores = |name: &str, list: &[&str]| {
        let (from, table) = (folder.path(name), folder.path(&format!("{name}.jsonl")));
        std::fs::write(&from, list.join("\n")).unwrap();
        output(&[
            "score",
            "--from",
            text(&from),
            "--batch-size",
            "16",
            "--device",
            "cpu",
            "--out",
            text(&table),
        ]);
        let lines = std::fs::read_to_string(&table).unwrap();
        lines
            .lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).unwrap()["score"].as_f64().unwrap().to_bits()
            })
            .collect::<Vec<u64>>()
    };
    let forward = scores("forward", &list);
    let mut reversed = list;
    reversed.reverse();
    let mut backward = scores("backward", &reversed);
    backward.reverse();
    assert_eq!(forward, backward);
}

#[test]
fn kernel_and_codes_agree() {
    let folder = Folder::new();
    let (kernel, codes) = (folder.path("k.npy"), folder.path("c.npy"));
    output(&[
        "score",
        LIGHT,
        "--batch-size",
        "6",
        "--device",
        "cpu",
        "--kernel-out",
        text(&kernel),
        "--codes-out",
        text(&codes),
    ]);
    let read = |path: &Path| {
        npyz::NpyFile::new(std::fs::File::open(path).map(std::io::BufReader::new).unwrap()).unwrap()
    };
    let (kernel, codes) = (read(&kernel), read(&codes));
    assert_eq!(kernel.shape(), [6, 6]);
    let row = codes.shape()[1] as usize;
    let kernel: Vec<u32> = kernel.into_vec().unwrap();
    let codes: Vec<u8> = codes.into_vec().unwrap();
    for i in 0..6 {
        for j in 0..6 {
            let bits = |image: usize| &codes[image * row..][..row];
            let distance: u32 =
                bits(i).iter().zip(bits(j)).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert_eq!(kernel[i * 6 + j], kernel[0] - distance);
        }
    }
    assert!(kernel[1] < kernel[0], "two different images have equal codes");
}

#[test]
fn describe_counts() {
    let lines = output(&["describe", HEAVIEST, LIGHT, "--json"]);
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // Parameters as in the benchmark (1.531546 M).
    assert_eq!(rows[0]["params"], 1_531_546);
    assert_eq!(rows[0]["activation_calls"], 95);
    assert_eq!(rows[0]["units"], 901_120);
    assert!(rows[1]["index"].is_u64());
    let smaller =
        output(&["describe", HEAVIEST, "--json", "--input", "3x16x16", "--classes", "100"]);
    let smaller: Value = serde_json::from_str(&smaller).unwrap();
    assert_eq!(smaller["params"], 1_531_546 + 90 * 65);
    let layers = output(&["describe", "-v", LIGHT]);
    assert!(layers.contains("16x32x32") && layers.contains("global_avg_pool"), "{layers}");
}

/// Which activations of a model count, and how many: on stderr, in the manifest, by `describe`.
#[test]
fn code_points_of_a_model_are_told() {
    let folder = Folder::new();
    let fixture = crate::data::fixture("onnx/mobilenet-v3");
    let (model, table) = (fixture.join("model.onnx"), folder.path("out.jsonl"));
    let images = format!("npy:{}", text(&fixture.join("input.npy")));
    let arguments = ["score", "--onnx", text(&model), "--images", &images, "--batch-size", "4"];
    let more = ["--device", "cpu", "--out", text(&table)];
    let done = untrained(&[&arguments[..], &more].concat()).assert().success();
    let message = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    let points = "11 activations: 5 HardSwish, 4 ReLU, 2 HardSigmoid";
    assert!(message.contains(&format!("activation sites: {points}\n")), "{message}");
    let manifest = std::fs::read_to_string(folder.path("out.jsonl.manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let expected = serde_json::json!({ "HardSwish": 5, "ReLU": 4, "HardSigmoid": 2 });
    assert_eq!(manifest["code_points"], expected);
    let described = output(&["describe", "--onnx", text(&model), "--json"]);
    let described: Value = serde_json::from_str(&described).unwrap();
    assert_eq!(described["code_points"], expected);
    assert!(output(&["describe", "--onnx", text(&model)]).contains(points));
}

#[test]
fn spaces_are_listed_and_shown() {
    assert!(output(&["spaces"]).contains("15,625"));
    assert!(output(&["spaces", "show", "nas-bench-201"]).contains("untrained-space/1"));
}

#[test]
fn devices_tell_what_auto_takes() {
    assert!(output(&["devices"]).contains("auto"));
}

/// Without a display there is no window: one line that names the way without, not a stack of errors.
#[cfg(all(target_os = "linux", feature = "gui"))]
#[test]
fn without_a_display_one_line_points_at_batch() {
    for arguments in [&[][..], &["nas-bench-201"]] {
        let mut program = Command::cargo_bin("untrained").unwrap();
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
            program.env_remove(name);
        }
        let done = program.args(arguments).assert().code(2);
        let message = String::from_utf8(done.get_output().stderr.clone()).unwrap();
        assert!(message.contains("--batch") && message.lines().count() == 1, "{message}");
        assert!(message.contains("DISPLAY") && !message.contains(".rs"), "{message}");
    }
}

#[cfg(not(feature = "gui"))]
#[test]
fn without_the_window_there_is_a_notice_and_help() {
    let done = Command::cargo_bin("untrained").unwrap().assert().success();
    let shown = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(shown.contains("--batch") && shown.contains("desktop"), "{shown}");
}

#[test]
fn what_is_no_file_space_or_option_is_refused() {
    let done = Command::cargo_bin("untrained").unwrap().arg("search").assert().code(2);
    let message = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    assert!(message.contains("`search`") && message.contains("--batch search"), "{message}");
    for (flag, part) in
        [("--help", "--batch"), ("--help", "SPACE|FILE"), ("--version", "untrained ")]
    {
        let done = Command::cargo_bin("untrained").unwrap().arg(flag).assert().success();
        let shown = String::from_utf8(done.get_output().stdout.clone()).unwrap();
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn every_option_has_a_help_text() {
    let mut command = untrained_cli::command();
    command.build();
    for verb in command.get_subcommands() {
        for argument in verb.get_arguments() {
            assert!(argument.get_help().is_some(), "{} {}", verb.get_name(), argument.get_id());
        }
    }
}

#[test]
fn wrong_input_is_one_clear_line() {
    refused(&["search", "--space", "nas-bench-210"], &["nas-bench-210", "nas-bench-201"]);
    refused(&["search", "--device", "no such adapter"], &["no such adapter"]);
    refused(&["search", "--batch-size", "1"], &["--batch-size", "at least 2"]);
    refused(&["search", "--samples", "0"], &["samples"]);
    refused(&["search", "--images", "cifar10:/no/such/folder"], &["/no/such/folder"]);
    refused(&["search", "--images", "npy:/no/such/file.npy"], &["/no/such/file.npy"]);
    refused(&["search", "--images", "jpeg:x"], &["jpeg"]);
    refused(&["search", "--count", "all"], &["all", "paper"]);
    refused(&["search", "--initialisation", "uniform:-1"], &["uniform:-1"]);
    refused(
        &["score", "|nor_conv_3x3~0|+|nor_conf_3x3~0|none~1|+|none~0|none~1|none~2|"],
        &["nor_conf_3x3", "nor_conv_3x3"],
    );
    refused(&["score"], &["--from", "--onnx"]);
    refused(&["score", "--from", "/no/such/list"], &["/no/such/list"]);
    refused(&["score", "--onnx", "/no/such/model.onnx"], &["/no/such/model.onnx"]);
    refused(&["score", LIGHT, CUT, "--kernel-out", "k.npy"], &["one architecture"]);
    refused(&["describe", LIGHT, "--input", "3x2"], &["3x2"]);
    refused(&["spaces", "show", "nothing"], &["nothing"]);
    refused(&["no-such-verb"], &["no-such-verb"]);
}

#[test]
fn tables_are_not_replaced_unasked_and_failures_to_write_are_told() {
    let folder = Folder::new();
    let table = folder.path("out.csv");
    std::fs::write(&table, "precious").unwrap();
    refused(&small(&["--out", text(&table)]), &["exists", "--overwrite"]);
    assert_eq!(std::fs::read_to_string(&table).unwrap(), "precious");
    output(&small(&["--out", text(&table), "--overwrite"]));
    refused(&small(&["--out", text(&folder.path("out.xlsx"))]), &[".csv", ".jsonl"]);
    refused(&small(&["--out", text(&folder.path("no/folder/out.csv"))]), &["cannot write"]);
    std::fs::create_dir(folder.path("folder.csv")).unwrap();
    refused(&small(&["--out", text(&folder.path("folder.csv"))]), &["folder.csv"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_what_was_scored_is_shown() {
    let folder = Folder::new();
    let table = folder.path("full.csv");
    std::os::unix::fs::symlink("/dev/full", &table).unwrap();
    let done = untrained(&small(&["--out", text(&table), "--overwrite"])).assert().code(2);
    let message = String::from_utf8(done.get_output().stderr.clone()).unwrap();
    assert!(message.contains("full.csv") && message.contains("space"), "{message}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_search_and_keeps_the_rows() {
    let folder = Folder::new();
    let table = folder.path("long.csv");
    let program = assert_cmd::cargo::cargo_bin("untrained");
    let mut child = std::process::Command::new(program)
        .args(["--batch", "search", "--score", "naswot", "--samples", "15000", "--device", "cpu"])
        .args(["--out", text(&table)])
        .args(["--store", "none"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let rows = || std::fs::read_to_string(&table).unwrap_or_default().lines().count();
    while rows() < 4 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let interrupt =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    let manifest = std::fs::read_to_string(folder.path("long.csv.manifest.json")).unwrap();
    assert!(manifest.contains("interrupted"), "{manifest}");
    let text = std::fs::read_to_string(&table).unwrap();
    // It stopped where it was: the rest would have taken minutes.
    assert!(text.ends_with('\n') && (4..15_001).contains(&text.lines().count()));
}
