//! Where the files that tests read lie, and what a test does that lacks them. Test programs of other
//! crates include this file by its path.

// Every test program uses a part of it.
#![allow(dead_code)]

use std::io::Write;
use std::path::{Path, PathBuf};

/// Names another folder for the shared data.
const SHARED_VARIABLE: &str = "UNTRAINED_SHARED";

/// Set where nothing may be skipped.
const NO_SKIPS_VARIABLE: &str = "UNTRAINED_NO_SKIPS";

/// Names a file that gets a line for every test that was skipped.
const SKIPS_VARIABLE: &str = "UNTRAINED_SKIPS";

/// The top folder of the repository, whichever crate the test belongs to.
pub fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = package.ancestors();
    let top = folders.find(|folder| folder.join("Cargo.lock").is_file());
    top.expect("a checkout has a Cargo.lock").to_owned()
}

/// A file or folder of `tests/fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    repository().join("tests/fixtures").join(name)
}

/// A file or folder of the shared data, which is not part of the project, or `None` after the test was
/// reported as skipped.
pub fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os(SHARED_VARIABLE);
    let full = root.map_or_else(|| repository().join("../shared"), PathBuf::from).join(path);
    if full.exists() {
        return Some(full);
    }
    skip(&format!(
        "{} does not exist; set {SHARED_VARIABLE} to the folder that holds {path}",
        full.display()
    ));
    None
}

/// Reports that the running test, or a part of it, cannot run here. The report is part of the summary of
/// `tests/run`; where nothing may be skipped, as in CI, the test fails.
pub fn skip(reason: &str) {
    // The test harness names a test's thread after the test.
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let line = format!("skipped {test}: {reason}");
    assert!(std::env::var_os(NO_SKIPS_VARIABLE).is_none(), "{line}");
    if let Some(path) = std::env::var_os(SKIPS_VARIABLE) {
        let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
        file.and_then(|mut file| writeln!(file, "{line}")).expect("the list of skipped tests");
    }
    // Not captured by the test harness, as `println` would be.
    let _ = writeln!(std::io::stderr(), "{line}");
}
