//! The program, and the small table that every test compares with.

use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;

pub use crate::data::shared;

/// A file that `make_golden.py` wrote.
pub fn fixture(name: &str) -> String {
    let root = crate::data::fixture("evaluation");
    root.join(name).to_str().unwrap().to_owned()
}

pub fn golden() -> Value {
    serde_json::from_str(&std::fs::read_to_string(fixture("golden.json")).unwrap()).unwrap()
}

/// Exit code, stdout and stderr.
pub fn untrained(arguments: &[&str]) -> (i32, String, String) {
    let output =
        Command::cargo_bin("untrained").unwrap().arg("--batch").args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A verb with the small table; what is scored now is kept only where a test says so.
pub fn compared(verb: &str, more: &[&str]) -> (i32, String, String) {
    let table = fixture("table.csv");
    let says = ["--store", "--scores", "--study"];
    let keep: &[&str] =
        if more.iter().any(|one| says.contains(one)) { &[] } else { &["--store", "none"] };
    untrained(&[&[verb, "--table", &table, "--metric", "accuracy"], more, keep].concat())
}

/// What it shows.
pub fn shown(verb: &str, more: &[&str]) -> String {
    let (code, shown, error) = compared(verb, more);
    assert_eq!(code, 0, "{more:?}: {error}");
    shown
}

/// Its JSON object.
pub fn json(verb: &str, more: &[&str]) -> Value {
    let shown = shown(verb, &[more, &["--json"]].concat());
    serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"))
}

/// Asserts that it is refused with exit code 2 and exactly that message.
pub fn refused(run: (i32, String, String), message: &str) {
    let (code, shown, error) = run;
    assert_eq!(code, 2, "{shown}{error}");
    assert_eq!(error, format!("untrained: {message}\n"));
}

/// Asserts that the parser of arguments refuses it with that first line.
pub fn not_parsed(run: (i32, String, String), first_line: &str) {
    let (code, _, error) = run;
    assert_eq!(code, 2, "{error}");
    assert_eq!(error.lines().next().unwrap(), format!("error: {first_line}"));
}

/// The report of a predictor.
pub fn predictor<'v>(reports: &'v Value, name: &str) -> &'v Value {
    let reports = reports.as_array().unwrap();
    reports.iter().find(|report| report["predictor"] == name).unwrap_or_else(|| {
        panic!("no {name} in {:?}", reports.iter().map(|r| &r["predictor"]).collect::<Vec<_>>())
    })
}

/// A folder of a test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// A file with that content; its name.
    pub fn file(&self, name: &str, content: &str) -> String {
        std::fs::write(self.0.path().join(name), content).unwrap();
        self.path(name)
    }
}

/// Rows of a table of two columns.
pub fn rows(path: &str) -> Vec<(String, String)> {
    let mut reader = csv::Reader::from_path(PathBuf::from(path)).unwrap();
    reader.records().map(|row| row.unwrap()).map(|row| (row[0].into(), row[1].into())).collect()
}
