//! The verb `studies`.

use std::path::Path;

use assert_cmd::Command;
use untrained::store::{FlushPolicy, Store};

#[path = "../../../../tests/store/support.rs"]
mod support;

use crate::data::skip;
use support::{Folder, filled, row, setup};

/// Exit code, stdout and stderr of `studies` with a store.
fn studies(store: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("untrained").unwrap();
    command.args(["--batch", "studies"]).args(arguments).arg("--store").arg(store);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn shown(store: &Path, arguments: &[&str]) -> String {
    let (code, shown, error) = studies(store, arguments);
    assert_eq!(code, 0, "{arguments:?}: {error}");
    shown
}

fn refused(store: &Path, arguments: &[&str], words: &[&str]) {
    let (code, _, error) = studies(store, arguments);
    assert_eq!(code, 2, "{arguments:?}: {error}");
    assert!(words.iter().all(|word| error.contains(word)), "{error}");
    assert!(!error.contains("panicked") && error.lines().count() <= 3, "{error}");
}

#[test]
fn studies_are_listed_and_shown() {
    let folder = Folder::new();
    let path = folder.db();
    refused(&path, &[], &["does not exist", "--store"]);
    assert!(!path.exists(), "a list made a file");
    Store::open(&path).unwrap();
    assert!(shown(&path, &["list"]).contains("holds no studies"));
    let (study, _) = filled(&path, 2000);
    let list = shown(&path, &[]);
    assert_eq!(list, shown(&path, &["list"]));
    let line = list.lines().nth(1).unwrap();
    for word in [&*study.id, "done", "2,000", "1000.3333", "nas-bench-201", "search"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    let text = shown(&path, &["show", &study.id[..5]]);
    for word in [
        &*study.id,
        "state                  done",
        "2000: 500 ok, 500 singular, 500 disconnected, 500 failed",
        "batch-size             128",
        "18446744073709551615",
        "a device a driver",
        "start",
        "stop",
        "rank",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!text.contains("mean"), "an option that was not given is shown: {text}");
    refused(&path, &["show", "zzz"], &["zzz", &study.id]);
}

#[test]
fn a_study_is_exported() {
    let folder = Folder::new();
    let (study, _) = filled(&folder.db(), 12);
    for ending in ["csv", "jsonl", "parquet"] {
        let out = folder.path(&format!("out.{ending}"));
        let out = out.to_str().unwrap();
        assert!(shown(&folder.db(), &["export", &study.id, out]).contains("12 results"));
        refused(&folder.db(), &["export", &study.id, out], &["exists", "--overwrite"]);
        shown(&folder.db(), &["export", &study.id, out, "--overwrite"]);
    }
    let help = shown(&folder.db(), &["export", "--help"]);
    assert!(help.contains("canonical") && help.contains("scores.NAME"), "{help}");
}

#[test]
fn a_study_is_deleted_with_yes_only() {
    let folder = Folder::new();
    let (study, _) = filled(&folder.db(), 12);
    refused(&folder.db(), &["delete", &study.id], &["12 results", "--yes"]);
    shown(&folder.db(), &["show", &study.id]);
    assert!(shown(&folder.db(), &["delete", &study.id, "--yes"]).contains("deleted study"));
    refused(&folder.db(), &["show", &study.id], &["no study"]);
    let running =
        Store::open(&folder.db()).unwrap().begin(&setup(1), FlushPolicy::default()).unwrap();
    running.append(row(0)).unwrap();
    let process = format!("process {}", std::process::id());
    refused(&folder.db(), &["delete", running.id(), "--yes"], &[&process, "being written"]);
    assert!(shown(&folder.db(), &["show", running.id()]).contains(&process));
}

#[test]
fn studies_of_another_file_are_merged() {
    let folder = Folder::new();
    let other = folder.path("other.db");
    let (study, _) = filled(&other, 12);
    let here = folder.db();
    let text = shown(&here, &["merge", other.to_str().unwrap()]);
    assert_eq!(text, format!("study {}: 12 results added\n", study.id));
    assert!(shown(&here, &["list"]).contains(&study.id));
    refused(&here, &["merge", folder.path("none.db").to_str().unwrap()], &["none.db"]);
}

/// A file and a folder that nobody may write, read by somebody who has no special rights.
#[cfg(unix)]
#[test]
fn read_only_files_are_listed_shown_and_exported() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    const NOBODY: u32 = 65_534;
    let folder = Folder::new();
    let closed = folder.path("closed");
    std::fs::create_dir(&closed).unwrap();
    let path = closed.join("studies.db");
    let (study, _) = filled(&path, 12);
    // A reader leaves these where they are; without them SQLite has nothing to write beside the file.
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(closed.join(format!("studies.db{ending}")));
    }
    let may = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    may(&folder.path(""), 0o777);
    may(&path, 0o444);
    may(&closed, 0o555);
    let is_root = std::fs::write(closed.join("probe"), "").is_ok();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("untrained"));
        command.args(["--batch", "studies", "--store"]).arg(&path).args(arguments);
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.output()
    };
    let out = folder.path("out.csv");
    let reads: [&[&str]; 3] =
        [&["list"], &["show", &study.id], &["export", &study.id, out.to_str().unwrap()]];
    for arguments in reads {
        match run(arguments) {
            Ok(done) => {
                let error = String::from_utf8_lossy(&done.stderr);
                assert!(done.status.success(), "{arguments:?}: {error}");
            }
            Err(error) => {
                skip(&format!("the program cannot be run without special rights: {error}"));
                return;
            }
        }
    }
    let refused = |words: &[&str]| {
        let done = run(&["delete", &study.id, "--yes"]).unwrap();
        let error = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(2), "{error}");
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    };
    refused(&["cannot be written", "--store", "exported"]);
    // With rows in a log that only a writer can take in, reading would show half of the study.
    may(&closed, 0o755);
    let open = Store::open(&folder.db()).unwrap();
    let running = open.begin(&setup(1), FlushPolicy::default()).unwrap();
    may(&path, 0o644);
    std::fs::copy(folder.db(), &path).unwrap();
    std::fs::copy(folder.path("studies.db-wal"), closed.join("studies.db-wal")).unwrap();
    drop(running);
    may(&closed, 0o555);
    let done = run(&["list"]).unwrap();
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(error.contains("-wal") && error.contains("copy both"), "{error}");
    may(&closed, 0o755);
}
