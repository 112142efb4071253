//! Names of files that are not UTF-8, which Linux allows.

use std::any::TypeId;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use assert_cmd::Command;

use crate::program::{Folder, untrained};

/// Arguments that are kept as text in jobs, by their command: their files must have names in UTF-8.
const TEXTS: [&str; 4] = ["space", "images", "id", "study"];

/// Every option and argument that takes a file, from the list of options itself.
#[test]
fn every_option_that_takes_a_file_accepts_names_that_are_not_utf_8() {
    let odd = OsStr::from_bytes(b"caf\xe9.csv");
    let mut open = vec![(vec!["untrained".to_owned()], untrained_cli::command())];
    let mut checked = 0;
    while let Some((path, command)) = open.pop() {
        for verb in command.get_subcommands() {
            open.push(([&path[..], &[verb.get_name().to_owned()]].concat(), verb.clone()));
        }
        for argument in command.get_arguments() {
            let names = argument.get_value_names().unwrap_or_default();
            let is_path = argument.get_value_parser().type_id() == TypeId::of::<PathBuf>();
            let names_file = names.iter().any(|name| {
                ["FILE", "FOLDER", "DIR", "SRC", "SOURCE"].iter().any(|part| name.contains(part))
            });
            if !is_path && !names_file {
                continue;
            }
            let mut call: Vec<OsString> = path.iter().map(OsString::from).collect();
            call.extend(argument.get_long().map(|long| format!("--{long}").into()));
            // Arguments that stand before it.
            let before = command.get_positionals().take_while(|other| *other != argument).count();
            let before = if argument.is_positional() { before } else { 0 };
            call.extend(std::iter::repeat_n(OsString::from("1"), before));
            call.push(odd.to_owned());
            let parsed = untrained_cli::command().try_get_matches_from(&call);
            let is_text = parsed.is_err_and(|error| format!("{:?}", error.kind()) == "InvalidUtf8");
            let name = argument.get_id().as_str();
            assert_eq!(is_text, TEXTS.contains(&name), "{call:?}");
            assert_eq!(is_path, !is_text, "{call:?}");
            checked += 1;
        }
    }
    assert!(checked > 25, "only {checked} arguments take a file");
}

/// Runs a call in which `@name` stands for a file in a folder whose name is not UTF-8.
fn call(folder: &Path, words: &str) -> (i32, String, String) {
    let argument = |word: &str| match word.split_once('@') {
        Some((before, name)) => {
            let path = folder.join(name).into_os_string().into_vec();
            OsString::from_vec([before.as_bytes(), &path].concat())
        }
        None => word.into(),
    };
    let mut command = Command::cargo_bin("untrained").unwrap();
    let output = command.arg("--batch").args(words.split(' ').map(argument)).output().unwrap();
    let [shown, message] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), shown, message)
}

#[test]
fn files_whose_names_are_not_utf_8_are_read_and_written() {
    let root = Folder::new();
    let folder = root.path("").join(OsStr::from_bytes(b"caf\xe9"));
    std::fs::create_dir(&folder).unwrap();
    let space = untrained(&["spaces", "show", "nas-bench-201"]).output().unwrap().stdout;
    std::fs::write(folder.join("space.toml"), space).unwrap();
    std::fs::write(folder.join("list.txt"), "0\n1\n").unwrap();
    let rows: String = (0..6).map(|at| format!("{at},{at}\n")).collect();
    std::fs::write(folder.join("table.csv"), format!("index,accuracy\n{rows}")).unwrap();
    let quick = "--device cpu --batch-size 2 --set skeleton.cells=1 --set skeleton.channels=4";
    let search = format!("search {quick} --samples 2 --score naswot");
    let score = format!("score {quick} 0");
    let (code, _, message) = call(&folder, &format!("{search} --store @studies.db --out @out.csv"));
    assert_eq!(code, 0, "{message}");
    let (_, list, _) = call(&folder, "studies --store @studies.db");
    let id = list.lines().nth(1).unwrap().split_whitespace().next().unwrap();
    for words in [
        format!("{search} --store none --save-job @job.toml"),
        "run @job.toml --store none".to_owned(),
        format!("studies --store @studies.db show {id}"),
        format!("studies --store @studies.db export {id} @export.csv"),
        format!("search --resume {id} --samples 3 --store @studies.db"),
        "spaces check @space.toml".to_owned(),
        format!("score {quick} --from @list.txt"),
        format!("{score} --kernel-out @k.npy --codes-out @c.npy --heat-map @h.png"),
        "benchmark info @table.csv".to_owned(),
        "benchmark convert @table.csv @copy.csv".to_owned(),
        "export 0 --out @module.py".to_owned(),
    ] {
        let (code, _, message) = call(&folder, &words);
        assert_eq!(code, 0, "{words}: {message}");
    }
    for name in ["out.csv", "out.csv.manifest.json", "job.toml", "export.csv", "k.npy", "module.py"]
    {
        assert!(folder.join(name).exists(), "{name}");
    }
    // The manifest has the options, its own name as far as it is text.
    let manifest = std::fs::read(folder.join("out.csv.manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert!(manifest["options"]["out"].as_str().unwrap().ends_with("caf\u{fffd}/out.csv"));
    for (words, parts) in [
        (format!("{search} --store none --space @space.toml"), "`--space "),
        (format!("{search} --store @studies.db --images folder:@"), "`--images folder:"),
        ("spaces show @space.toml".to_owned(), "caf\u{fffd}/space.toml` is not UTF-8"),
        (
            format!("{search} --store none --out @new.csv --save-job @new.toml"),
            "--out cannot be saved",
        ),
    ] {
        let (code, _, message) = call(&folder, &words);
        assert!(code == 2 && message.contains(parts), "{words}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains("not UTF-8") && message.contains("rename"), "{message}");
    }
    assert!(!folder.join("new.csv").exists() && !folder.join("new.toml").exists());
}
