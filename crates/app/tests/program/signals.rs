//! Signals and limits of the system: nothing outlives the program, and no half of a row is left.
#![cfg(unix)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::Folder;

/// How long to wait for what happens at once.
const PATIENCE: Duration = Duration::from_secs(60);

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(name: &str, process: u32) {
    let status = Command::new("kill").args([name, &process.to_string()]).status().unwrap();
    assert!(status.success());
}

fn is_running(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat"));
    // A process that nobody has waited for is not running.
    status.is_ok_and(|status| !status.contains(") Z "))
}

/// A search with a trainer that never ends, once it runs; and the number of the trainer's process.
fn training(folder: &Folder) -> (Child, String) {
    let number = folder.path("number");
    let _ = std::fs::remove_file(&number);
    let trainer = format!(
        "sh -c 'echo $$ > {0}.new; mv {0}.new {0}; sleep 1000' trainer {{arch.json}}",
        number.display()
    );
    let program = assert_cmd::cargo::cargo_bin("untrained");
    let child = Command::new(program)
        .args(["--batch", "search", "--strategy", "rs", "--samples", "5", "--device", "cpu"])
        .args(["--trainer", &trainer, "--store", "none"])
        .env("TMPDIR", folder.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("the trainer does not start", || number.exists());
    (child, std::fs::read_to_string(&number).unwrap().trim().to_owned())
}

fn files_of_trainers(folder: &Folder) -> usize {
    let entries = std::fs::read_dir(folder.path("")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("untrained-arch-")).count()
}

#[cfg(target_os = "linux")]
#[test]
fn signals_in_quick_succession_leave_no_trainer_and_no_file() {
    let folder = Folder::new();
    let (mut child, trainer) = training(&folder);
    assert!(is_running(&trainer) && files_of_trainers(&folder) == 1);
    for _ in 0..3 {
        signal("-TERM", child.id());
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    wait_for("the trainer outlives the program", || !is_running(&trainer));
    assert_eq!(files_of_trainers(&folder), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_program_leaves_no_trainer_and_the_next_one_removes_its_file() {
    let folder = Folder::new();
    let (mut child, trainer) = training(&folder);
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for("the trainer outlives the program", || !is_running(&trainer));
    assert_eq!(files_of_trainers(&folder), 1);
    let (mut next, _) = training(&folder);
    assert_eq!(files_of_trainers(&folder), 1);
    signal("-INT", next.id());
    assert_eq!(next.wait().unwrap().code(), Some(130));
    assert_eq!(files_of_trainers(&folder), 0);
}

/// The rows of a table, each with as many cells as the header.
fn whole_rows(table: &Path) -> usize {
    let text = std::fs::read_to_string(table).unwrap();
    assert!(text.ends_with('\n'), "half a row: {:?}", &text[text.len().saturating_sub(80)..]);
    csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).count()
}

#[test]
fn a_limit_of_file_sizes_is_reported_and_leaves_whole_rows() {
    let folder = Folder::new();
    let program = assert_cmd::cargo::cargo_bin("untrained");
    let search = format!(
        "ulimit -f 24; exec {} --batch search --samples 300 --device cpu --batch-size 4 --set \
         skeleton.cells=1 --store none --score naswot --out {}",
        program.display(),
        folder.text("table.csv")
    );
    let output = Command::new("bash").args(["-c", &search]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("table.csv") && error.contains("ulimit -f"), "{error}");
    assert!(whole_rows(&folder.path("table.csv")) > 10);
}

#[test]
fn names_without_room_for_the_manifest_are_refused_before_anything_is_scored() {
    let folder = Folder::new();
    let name = folder.text(&format!("{}.csv", "n".repeat(240)));
    let (code, _, error) =
        crate::program::quick_search(&["--samples", "2", "--score", "naswot", "--out", &name]);
    assert!(code == 2 && error.contains("is too long; choose a shorter name"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 0);
}
