//! Calls of the program.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// A call of `untrained --batch`. A search that names no store keeps nothing: tests that want studies
/// say where.
pub fn untrained(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("untrained").unwrap();
    command.arg("--batch").args(arguments);
    let searches = arguments.first().is_none_or(|first| {
        ["search", "run"].contains(first) || first.ends_with(".toml") || first.starts_with("--")
    });
    let asks = ["--help", "-h", "--version", "-V", "--store"];
    if searches && !arguments.iter().any(|argument| asks.contains(argument)) {
        command.args(["--store", "none"]);
    }
    command
}

/// Exit code, standard output and standard error of a call.
pub fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = untrained(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A search that takes milliseconds for a network, with more options.
pub fn quick_search(more: &[&str]) -> (i32, String, String) {
    let common = ["search", "--device", "cpu", "--batch-size", "8", "--set", "skeleton.cells=1"];
    run(&[&common, more].concat())
}

/// A call that must fail with exit code 2 and say all of `words`.
pub fn refused(arguments: &[&str], words: &[&str]) {
    let (code, _, message) = run(arguments);
    assert_eq!(code, 2, "{message}");
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
}

/// A folder of a test's own.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The path of a file in it, as an argument.
    pub fn text(&self, name: &str) -> String {
        text(&self.path(name)).to_owned()
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
