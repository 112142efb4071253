//! Files that would hang the program or take all memory are refused at once.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::program::{Folder, text, untrained};

/// Far longer than a refusal takes, and far shorter than forever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A call, as words between spaces, that must end soon with exit code 2; what it says.
fn refused_at_once(call: &str) -> String {
    let arguments: Vec<&str> = call.split(' ').collect();
    let output = untrained(&arguments).timeout(PATIENCE).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{call}: {message}");
    message
}

/// A name in a folder for something else; its ending says what it is taken for.
fn link(folder: &Folder, name: &str, special: &Path) -> String {
    let path = folder.path(name);
    let _ = std::fs::remove_file(&path);
    symlink(special, &path).unwrap();
    text(&path).to_owned()
}

fn pipe(folder: &Folder) -> std::path::PathBuf {
    let pipe = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    pipe
}

#[test]
fn pipes_and_devices_are_refused_wherever_a_file_is_read() {
    let folder = Folder::new();
    let table = folder.text("table.csv");
    std::fs::write(&table, "architecture,accuracy\na,1\nb,2\n").unwrap();
    for name in ["pictures", "cifar"] {
        std::fs::create_dir(folder.path(name)).unwrap();
    }
    let [pictures, cifar] = ["pictures", "cifar"].map(|name| folder.text(name));
    let search = "search --device cpu --samples 2 --batch-size 2 --score naswot";
    for (special, kind) in [(&*pipe(&folder), "a pipe"), (Path::new("/dev/zero"), "a device")] {
        let file = |name: &str| link(&folder, name, special);
        for (call, file) in [
            ("run ", file("x.toml")),
            ("spaces check ", file("x.toml")),
            ("search --space ", file("x.toml")),
            ("benchmark info ", file("x.csv")),
            ("score --from ", file("x.txt")),
            ("studies --store ", file("x.db")),
            (&format!("{search} --store "), file("x.db")),
            (&format!("correlate --table {table} --metric accuracy --scores "), file("x.csv")),
            (&format!("correlate --table {table} --metric accuracy --scores "), file("x.jsonl")),
        ] {
            let message = refused_at_once(&format!("{call}{file}"));
            for word in [&file, kind, "must be a regular file"] {
                assert!(message.contains(word), "{call}{file}: `{word}` is not in: {message}");
            }
        }
        let (onnx, npy, npz) = (file("x.onnx"), file("x.npy"), file("x.npz"));
        file("pictures/x.png");
        file("cifar/data_batch_1.bin");
        for call in [
            format!("score --device cpu --onnx {onnx}"),
            format!("{search} --images npy:{npy}"),
            format!("{search} --images npz:{npz}"),
            format!("{search} --images folder:{pictures}"),
            format!("{search} --images cifar10:{cifar}"),
        ] {
            let message = refused_at_once(&call);
            assert!(message.contains(text(&folder.path(""))), "{call}: {message}");
        }
    }
}

/// Whatever is read: a file without content is called that.
#[test]
fn empty_files_are_called_empty_wherever_a_file_is_read() {
    let folder = Folder::new();
    let empty = |name: &str| {
        std::fs::write(folder.path(name), "").unwrap();
        folder.text(name)
    };
    let table = folder.text("table.csv");
    std::fs::write(&table, "architecture,accuracy\na,1\nb,2\n").unwrap();
    let search = "search --device cpu --samples 2 --batch-size 2 --score naswot";
    let correlate = format!("correlate --table {table} --metric accuracy --scores");
    let mut calls = vec![
        format!("run {}", empty("x.toml")),
        format!("spaces check {}", empty("x.toml")),
        format!("spaces check {}", empty("x.json")),
        format!("spaces show {}", empty("x.toml")),
        format!("search --space {}", empty("x.untrained-space")),
        format!("score --from {}", empty("x.txt")),
        format!("score --device cpu --onnx {}", empty("x.onnx")),
        format!("{correlate} {}", empty("x.csv")),
        format!("{correlate} {}", empty("x.jsonl")),
    ];
    for ending in [
        "csv",
        "tsv",
        "csv.gz",
        "json",
        "jsonl",
        "parquet",
        "xlsx",
        "pickle",
        "pth",
        "pickle.pbz2",
        "tfrecord",
        "zip",
        "bz2",
        "xz",
        "zst",
    ] {
        calls.push(format!("benchmark info {}", empty(&format!("x.{ending}"))));
    }
    for (source, name) in [
        ("npy", "x.npy"),
        ("npz", "x.npz"),
        ("folder", "x.zip"),
        ("folder", "x.tar"),
        ("idx", "x-images-idx3-ubyte"),
        ("svhn", "x.mat"),
    ] {
        calls.push(format!("{search} --images {source}:{}", empty(name)));
    }
    for (source, file) in [("cifar10", "data_batch_1.bin"), ("stl10", "train_X.bin")] {
        std::fs::create_dir_all(folder.path(source)).unwrap();
        empty(&format!("{source}/{file}"));
        calls.push(format!("{search} --images {source}:{}", folder.text(source)));
    }
    for call in calls {
        let message = refused_at_once(&call);
        assert!(message.contains("is empty"), "{call}: {message}");
        assert!(message.contains(text(&folder.path(""))), "{call}: {message}");
    }
    // Damaged pictures are counted, empty ones as well.
    std::fs::create_dir(folder.path("pictures")).unwrap();
    empty("pictures/x.png");
    let message = refused_at_once(&format!("{search} --images folder:{}", folder.text("pictures")));
    assert!(message.contains("pictures"), "{message}");
}

#[test]
fn pipes_are_not_written() {
    let folder = Folder::new();
    let out = link(&folder, "out.csv", &pipe(&folder));
    let message = refused_at_once(&format!("search --samples 2 --out {out} --overwrite"));
    assert!(message.contains(&out) && message.contains("a pipe"), "{message}");
    let job = link(&folder, "job.toml", &folder.path("pipe"));
    let message = refused_at_once(&format!("search --samples 2 --save-job {job} --overwrite"));
    assert!(message.contains(&job) && message.contains("a pipe"), "{message}");
}

#[test]
fn a_job_file_without_an_end_is_refused_before_it_is_read() {
    let folder = Folder::new();
    let job = folder.path("long.toml");
    // A hole: it takes no room on the disk.
    std::fs::File::create(&job).unwrap().set_len(5 << 20).unwrap();
    let message = refused_at_once(&format!("run {}", text(&job)));
    assert!(message.contains("a job file has at most 4194304"), "{message}");
}

/// Nothing of what a call reads is overwritten by what it writes, by whatever name.
#[test]
fn outputs_over_inputs_are_refused() {
    let folder = Folder::new();
    let file = |name: &str| folder.text(name);
    let space = untrained(&["spaces", "show", "nas-bench-201"]).output().unwrap().stdout;
    let names = ["space.toml", "space.csv", "model.csv", "table.csv", "store.csv", "job.toml"];
    std::fs::write(file("space.toml"), space).unwrap();
    std::fs::hard_link(file("space.toml"), file("space.csv")).unwrap();
    std::fs::write(file("model.csv"), "a model").unwrap();
    std::fs::write(file("table.csv"), "architecture,accuracy\na,1\nb,2\n").unwrap();
    let search = "search --device cpu --samples 2 --batch-size 2 --score naswot";
    let [space, link, model, table, store, job] = names.map(file);
    let first = format!("{search} --store {store} --save-job {job}");
    let first: Vec<&str> = first.split(' ').collect();
    untrained(&first).assert().success();
    let contents = || names.map(|name| std::fs::read(file(name)).unwrap());
    let before = contents();
    let evaluate = format!("--table {table} --metric accuracy");
    for call in [
        format!("{search} --space {space} --save-job {space} --overwrite"),
        format!("{search} --space {space} --out {link} --overwrite"),
        format!("{search} --store {store} --out {store} --overwrite"),
        format!("{search} --store {store} --save-job {store} --overwrite"),
        format!("run {job} --save-job {job} --overwrite"),
        format!("score --onnx {model} --out {model} --overwrite"),
        format!("score --onnx {model} --kernel-out {model}"),
        format!("correlate {evaluate} --out {table} --overwrite"),
        format!("correlate {evaluate} --scores {model} --plot {model} --overwrite"),
        format!("protocol {evaluate} --out {table} --overwrite"),
        format!("benchmark convert {table} {table} --overwrite"),
        format!("studies --store {store} export 1 {store} --overwrite"),
        format!("{search} --out {0} --save-job {0}", file("new.csv")),
    ] {
        let message = refused_at_once(&call);
        let expected = [": it is the ", "; choose another name"];
        assert!(expected.iter().all(|part| message.contains(part)), "{call}: {message}");
        assert!(contents() == before, "{call}");
    }
    assert!(!folder.path("new.csv").exists());
}

#[test]
fn the_manifest_of_others_is_kept() {
    let folder = Folder::new();
    let (out, manifest) = (folder.text("out.csv"), folder.path("out.csv.manifest.json"));
    std::fs::write(&manifest, "theirs").unwrap();
    let search = "search --device cpu --samples 2 --batch-size 2 --score naswot --out";
    let message = refused_at_once(&format!("{search} {out}"));
    assert!(message.contains(text(&manifest)) && message.contains("exists"), "{message}");
    assert_eq!(std::fs::read(&manifest).unwrap(), b"theirs");
    assert!(!Path::new(&out).exists());
}

#[test]
fn names_of_foreign_files_move_no_cursor_and_forge_no_line() {
    let folder = Folder::new();
    let space = folder.path("space.toml");
    let hostile = "a\\u001b[2J\\nuntrained: all is well\\r";
    std::fs::write(&space, format!("format = \"untrained-space/1\"\n\"{hostile}\" = 1\n")).unwrap();
    let table = folder.path("table.csv");
    std::fs::write(&table, "architecture,\"x\u{1b}[2J\nuntrained: all is well\"\n1,2\n").unwrap();
    let list = folder.path("list.txt");
    std::fs::write(&list, "|x\u{1b}[31m~0|\u{202e}\r\n").unwrap();
    let (space, table, list) = (text(&space), text(&table), text(&list));
    let model = folder.text("no\u{1b}[2Jmodel.onnx");
    for call in [
        vec!["spaces", "check", space],
        vec!["benchmark", "info", table],
        vec!["correlate", "--table", table, "--metric", "y"],
        vec!["score", "--from", list],
        vec!["describe", "|a\u{1b}]0;title\u{7}~0|"],
        vec!["score", "--onnx", &model],
        vec!["search", "--images", "folder:/no/\u{9b}31mwhere"],
    ] {
        let output = untrained(&call).output().unwrap();
        let shown = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        let shown = shown.concat();
        let is_harmful = |character: char| character.is_control() && character != '\n';
        assert!(!shown.contains(is_harmful) && !shown.contains('\u{202e}'), "{call:?}: {shown:?}");
        assert!(!shown.contains("\nuntrained: all is well"), "{call:?}: {shown}");
    }
}

#[test]
fn limits_below_zero_and_empty_names_are_refused_at_once() {
    for (call, part) in [
        ("search --constraint latency=..-1ms", "latency is never below 0"),
        ("search --constraint params=..-5", "params is never below 0"),
    ] {
        let message = refused_at_once(call);
        assert!(message.contains(part), "{message}");
    }
    let output = untrained(&["search", "--store", ""]).timeout(PATIENCE).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && message.contains("--store"), "{message}");
}
