//! Files that the program writes: checks of their names, and writing them in one piece.
//!
//! A file is written next to its destination, as `FILE.partial`, and renamed when it is complete
//! ([`OutputFile::create`]), so that an incomplete file is never read. Only a table that is watched
//! while it grows is written in place ([`OutputFile::stream`]). The contents of files are not known
//! here.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::input::SpecialFile;
use crate::leftovers::{Leftover, Registration, register};

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}", described(path, reason))]
pub struct OutputError {
    /// The file.
    pub path: PathBuf,
    /// Why it cannot be written.
    pub reason: OutputErrorReason,
}

/// Why a file cannot be written.
#[derive(Debug)]
pub enum OutputErrorReason {
    /// It is there already, and overwriting was not allowed.
    Exists,
    /// A directory has that name.
    IsDirectory,
    /// The same call reads it or writes it for another purpose.
    InUse(&'static str),
    /// A pipe or a socket has that name.
    IsPipe(SpecialFile),
    /// The folder is not there.
    NoFolder,
    /// The file or its folder may not be written.
    NoPermission,
    /// No space is left.
    DiskFull,
    /// The system allows no file of that size.
    SizeLimit,
    /// Its name, or that of a file written next to it, is too long.
    NameTooLong,
    /// Another error from the operating system.
    System(std::io::Error),
}

fn described(path: &Path, reason: &OutputErrorReason) -> String {
    let path = path.display();
    match reason {
        OutputErrorReason::Exists => {
            format!("{path} exists: choose another name or allow overwriting")
        }
        OutputErrorReason::IsDirectory => {
            format!("cannot write {path}: it is a directory; choose another name")
        }
        OutputErrorReason::InUse(role) => {
            format!("cannot write {path}: it is {role}; choose another name")
        }
        OutputErrorReason::IsPipe(found) => {
            let found = found.name();
            format!("cannot write {path}: it is {found}; choose the name of a regular file")
        }
        OutputErrorReason::NoFolder => {
            format!(
                "cannot write {path}: its folder does not exist; create it or choose another folder"
            )
        }
        OutputErrorReason::NoPermission => {
            format!("cannot write {path}: permission denied; choose another folder or file")
        }
        OutputErrorReason::DiskFull => {
            format!("cannot write {path}: no space is left; free some or choose another disk")
        }
        OutputErrorReason::SizeLimit => {
            format!(
                "cannot write {path}: the largest size that the system allows for a file is reached; raise \
                 the limit (ulimit -f) or choose another disk"
            )
        }
        OutputErrorReason::NameTooLong => {
            format!(
                "cannot write {path}: its name, or that of the file written next to it, is too long; choose a \
                 shorter name"
            )
        }
        OutputErrorReason::System(error) => format!("cannot write {path}: {error}"),
    }
}

impl OutputError {
    /// The meaning of an operating-system error for a file.
    pub fn new(path: &Path, error: std::io::Error) -> Self {
        let reason = match error.kind() {
            _ if path.is_dir() => OutputErrorReason::IsDirectory,
            ErrorKind::AlreadyExists => OutputErrorReason::Exists,
            ErrorKind::IsADirectory => OutputErrorReason::IsDirectory,
            ErrorKind::NotFound | ErrorKind::NotADirectory => OutputErrorReason::NoFolder,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                OutputErrorReason::NoPermission
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => OutputErrorReason::DiskFull,
            ErrorKind::FileTooLarge => OutputErrorReason::SizeLimit,
            ErrorKind::InvalidFilename => OutputErrorReason::NameTooLong,
            _ => OutputErrorReason::System(error),
        };
        Self { path: path.to_owned(), reason }
    }

    /// Whether overwriting would have to be allowed.
    pub fn is_exists(&self) -> bool {
        matches!(self.reason, OutputErrorReason::Exists)
    }
}

/// Makes a write beyond the size that the system allows for a file fail with an error, where it would end the
/// process. To be called when the program starts.
pub fn report_size_limits() {
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigHandler, Signal, signal};
        // SAFETY: no handler is installed; the signal is ignored.
        let ignored = unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) };
        // Without that, the process is ended as before.
        let _ = ignored;
    }
}

/// Checks that a file of this name could be written, as far as can be told from its name and existence.
///
/// # Errors
///
/// [`OutputErrorReason::Exists`], [`OutputErrorReason::IsDirectory`], [`OutputErrorReason::IsPipe`] or
/// [`OutputErrorReason::NameTooLong`].
pub fn check_output(path: &Path, overwrite: bool) -> Result<(), OutputError> {
    let reason = match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => OutputErrorReason::IsDirectory,
        Ok(_) if !overwrite => OutputErrorReason::Exists,
        Ok(found) if is_named_pipe(path, &found) => {
            OutputErrorReason::IsPipe(SpecialFile::new(found.file_type()))
        }
        Err(error) if error.kind() == ErrorKind::InvalidFilename => OutputErrorReason::NameTooLong,
        _ if is_too_long(&beside(path)) => OutputErrorReason::NameTooLong,
        _ => return Ok(()),
    };
    Err(OutputError { path: path.to_owned(), reason })
}

/// Whether the system takes no name of that length.
fn is_too_long(path: &Path) -> bool {
    std::fs::metadata(path).is_err_and(|error| error.kind() == ErrorKind::InvalidFilename)
}

/// Refuses to write a file over one that the same call reads, or two outputs into one file. A role says
/// what a file is, such as `the space file`.
///
/// # Errors
///
/// [`OutputErrorReason::InUse`] with the role of the other file.
pub fn check_separate(
    outputs: &[(&Path, &'static str)],
    inputs: &[(&Path, &'static str)],
) -> Result<(), OutputError> {
    for (at, &(path, _)) in outputs.iter().enumerate() {
        let mut others = inputs.iter().chain(&outputs[..at]);
        if let Some(&(_, role)) = others.find(|other| is_same_file(path, other.0)) {
            let reason = OutputErrorReason::InUse(role);
            return Err(OutputError { path: path.to_owned(), reason });
        }
    }
    Ok(())
}

/// Whether two names stand for one regular file, or would if it were written.
fn is_same_file(one: &Path, other: &Path) -> bool {
    match (std::fs::metadata(one), std::fs::metadata(other)) {
        (Ok(found), Ok(too)) if found.is_file() && too.is_file() => {
            is_same_identity((one, &found), (other, &too))
        }
        (Err(_), Err(_)) => would_be(one).is_some_and(|path| Some(path) == would_be(other)),
        _ => false,
    }
}

#[cfg(unix)]
fn is_same_identity((_, one): (&Path, &Metadata), (_, other): (&Path, &Metadata)) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same_identity((one, _): (&Path, &Metadata), (other, _): (&Path, &Metadata)) -> bool {
    target(one) == target(other)
}

/// Where a file that does not exist would be.
fn would_be(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = std::fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
    Some(folder.join(path.file_name()?))
}

/// Whether opening it could wait without an end: a pipe or a socket with a name in a folder. The
/// standard output may be a pipe, which has none.
fn is_named_pipe(path: &Path, found: &Metadata) -> bool {
    let special = SpecialFile::new(found.file_type());
    let is_pipe = matches!(special, SpecialFile::Pipe | SpecialFile::Socket);
    let is_named = || std::fs::canonicalize(path).is_ok_and(|path| !path.starts_with("/dev/fd"));
    !found.is_file() && is_pipe && is_named()
}

/// Writes a file completely, or not at all.
///
/// # Errors
///
/// [`OutputError`]; the file is unchanged in that case.
pub fn write_output(path: &Path, content: &[u8], overwrite: bool) -> Result<(), OutputError> {
    let mut file = OutputFile::create(path, overwrite)?;
    file.write_all(content).map_err(|error| file.error(error))?;
    file.commit()
}

/// A file that is being written. If it is dropped without [`OutputFile::commit`], it is discarded,
/// unless it is streamed.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    file: File,
    overwrite: bool,
    /// The file that is renamed when it is complete; `None` where the file is written in place.
    partial: Option<(PathBuf, Registration)>,
}

impl OutputFile {
    /// Begins a file that appears under its name when it is complete; an old one stays until then.
    /// Devices and the standard output are written in place.
    ///
    /// # Errors
    ///
    /// [`OutputError`] if it exists and may not be overwritten, or cannot be created.
    pub fn create(path: &Path, overwrite: bool) -> Result<Self, OutputError> {
        check_output(path, overwrite)?;
        let is_special = std::fs::metadata(path).is_ok_and(|found| !found.is_file());
        if is_special {
            return Self::stream(path, overwrite);
        }
        let partial = beside(&target(path));
        check_output(&partial, true)?;
        let file = File::create(&partial).map_err(|error| OutputError::new(path, error))?;
        let registration = register(Leftover::File(partial.clone()));
        Ok(Self { path: path.to_owned(), file, overwrite, partial: Some((partial, registration)) })
    }

    /// Begins a file that is visible while it is written, and stays as far as it was written.
    ///
    /// # Errors
    ///
    /// As [`OutputFile::create`].
    pub fn stream(path: &Path, overwrite: bool) -> Result<Self, OutputError> {
        check_output(path, overwrite)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        if !overwrite {
            options.create_new(true);
        }
        let file = options.open(path).map_err(|error| OutputError::new(path, error))?;
        Ok(Self { path: path.to_owned(), file, overwrite, partial: None })
    }

    /// Its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What an error in writing it means.
    pub fn error(&self, error: std::io::Error) -> OutputError {
        OutputError::new(&self.path, error)
    }

    /// Moves the complete file to its destination.
    ///
    /// # Errors
    ///
    /// [`OutputError`], for example if the file has been created in the meantime; nothing is left
    /// behind in that case.
    pub fn commit(mut self) -> Result<(), OutputError> {
        let Some((partial, _)) = &self.partial else { return Ok(()) };
        check_output(&self.path, self.overwrite)?;
        std::fs::rename(partial, target(&self.path)).map_err(|error| self.error(error))?;
        self.partial = None;
        Ok(())
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    /// Writes all bytes or, where a file allows it, none: a row that did not fit leaves no half.
    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let begin = self.file.stream_position();
        self.file.write_all(bytes).inspect_err(|_| {
            if let Ok(begin) = begin
                && self.file.set_len(begin).is_ok()
            {
                let _ = self.file.seek(SeekFrom::Start(begin));
            }
        })
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if let Some((partial, _)) = &self.partial {
            // Whoever writes knows of a worse error than one about the file that is left.
            let _ = std::fs::remove_file(partial);
        }
    }
}

/// The file that a name stands for: links stay links.
fn target(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The name of a file that is not complete.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
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
}
