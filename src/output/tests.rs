use super::*;

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

fn refused(path: &Path, overwrite: bool) -> OutputError {
    assert_eq!(
        write_output(path, b"new", overwrite).unwrap_err().to_string(),
        OutputFile::stream(path, overwrite).unwrap_err().to_string(),
    );
    write_output(path, b"new", overwrite).unwrap_err()
}

#[test]
fn an_existing_file_is_replaced_only_where_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    std::fs::write(&path, "old").unwrap();
    let error = refused(&path, false);
    assert!(error.is_exists(), "{error}");
    let expected = "exists: choose another name or allow overwriting";
    assert!(error.to_string().ends_with(expected), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    write_output(&path, b"new", true).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"new");
    // One that comes to exist while the other is written is not replaced either.
    let other = folder.path().join("b.txt");
    let file = OutputFile::create(&other, false).unwrap();
    std::fs::write(&other, "theirs").unwrap();
    assert!(file.commit().unwrap_err().is_exists());
    assert_eq!(std::fs::read(&other).unwrap(), b"theirs");
    assert_eq!(files(folder.path()), ["a.txt", "b.txt"]);
}

#[test]
fn a_write_that_is_interrupted_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    let mut file = OutputFile::create(&path, false).unwrap();
    file.write_all(b"half").unwrap();
    assert!(!path.exists());
    drop(file);
    assert_eq!(files(folder.path()), <[&str; 0]>::default());
    std::fs::write(&path, "old").unwrap();
    OutputFile::create(&path, true).unwrap().write_all(b"half").unwrap();
    assert_eq!(files(folder.path()), ["a.txt"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
}

#[test]
fn a_stream_is_visible_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    let mut file = OutputFile::stream(&path, false).unwrap();
    file.write_all(b"half").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"half");
    drop(file);
    assert_eq!(std::fs::read(&path).unwrap(), b"half");
}

#[test]
fn directories_in_the_way_and_missing_folders_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(folder.path(), true);
    assert!(matches!(error.reason, OutputErrorReason::IsDirectory), "{error}");
    let error = refused(&folder.path().join("no/a.txt"), false);
    assert!(matches!(error.reason, OutputErrorReason::NoFolder), "{error}");
    assert_eq!(files(folder.path()), <[&str; 0]>::default());
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o500)).unwrap();
    if File::create(folder.path().join("probe")).is_ok() {
        eprintln!("skipped: this user may write everywhere");
        return;
    }
    let error = refused(&folder.path().join("a.txt"), false);
    assert!(matches!(error.reason, OutputErrorReason::NoPermission), "{error}");
}

#[test]
fn files_that_are_the_same_are_found_by_whatever_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("in")).unwrap();
    for name in ["a", "b"] {
        std::fs::write(path(name), "").unwrap();
    }
    let is_refused = |one: &str, other: &str| {
        let (one, other) = (path(one), path(other));
        let (one, other) = ((&*one, "the table"), (&*other, "the space file"));
        let refused = check_separate(&[one], &[other]).is_err();
        assert_eq!(check_separate(&[other, one], &[]).is_err(), refused);
        refused
    };
    assert!(is_refused("a", "a") && is_refused("a", "in/../a"));
    assert!(is_refused("new", "in/../new"));
    assert!(!is_refused("a", "b") && !is_refused("a", "new") && !is_refused("new", "in/new"));
    #[cfg(unix)]
    {
        std::fs::hard_link(path("a"), path("hard")).unwrap();
        std::os::unix::fs::symlink("a", path("soft")).unwrap();
        assert!(is_refused("a", "hard") && is_refused("soft", "hard"));
        let null = (Path::new("/dev/null"), "nothing");
        assert!(check_separate(&[null, null], &[]).is_ok());
    }
}

#[cfg(unix)]
#[test]
fn pipes_are_refused_at_once_and_the_standard_output_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("a.txt.partial");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for name in ["a.txt.partial", "a.txt"] {
        let path = folder.path().join(name);
        let error = write_output(&path, b"new", true).unwrap_err();
        let expected = "it is a pipe; choose the name of a regular file";
        assert!(error.to_string().ends_with(expected), "{error}");
    }
    assert_eq!(files(folder.path()), ["a.txt.partial"]);
    write_output(Path::new("/dev/null"), b"new", true).unwrap();
    use std::os::fd::AsRawFd;
    let (_reader, writer) = std::io::pipe().unwrap();
    let path = format!("/dev/fd/{}", writer.as_raw_fd());
    write_output(Path::new(&path), b"new", true).unwrap();
}

/// A device is written itself, never replaced; links stay links.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("full");
    std::os::unix::fs::symlink("/dev/full", &link).unwrap();
    assert!(write_output(&link, b"new", false).unwrap_err().is_exists());
    let error = write_output(&link, b"new", true).unwrap_err();
    assert!(matches!(error.reason, OutputErrorReason::DiskFull), "{error}");
    let other = folder.path().join("link");
    std::fs::write(folder.path().join("file"), "old").unwrap();
    std::os::unix::fs::symlink("file", &other).unwrap();
    write_output(&other, b"new", true).unwrap();
    assert!(other.is_symlink() && link.is_symlink());
    assert_eq!(std::fs::read(folder.path().join("file")).unwrap(), b"new");
    assert_eq!(files(folder.path()), ["file", "full", "link"]);
}

#[cfg(unix)]
#[test]
fn names_that_leave_no_room_for_the_unfinished_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for length in [247, 248, 255, 300] {
        let refused = write_output(&folder.path().join("n".repeat(length)), b"new", false);
        match refused {
            Ok(()) => assert_eq!(length, 247),
            Err(error) => {
                assert!(
                    matches!(error.reason, OutputErrorReason::NameTooLong),
                    "{length}: {error}"
                );
            }
        }
    }
    assert_eq!(files(folder.path()).len(), 1);
}
