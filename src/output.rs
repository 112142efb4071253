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
    if is_too_long(path) || is_too_long(&beside(path)) {
        return Err(OutputError { path: path.to_owned(), reason: OutputErrorReason::NameTooLong });
    }
    check_existing(path, overwrite)
}

/// Checks what has that name already.
fn check_existing(path: &Path, overwrite: bool) -> Result<(), OutputError> {
    let reason = match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => OutputErrorReason::IsDirectory,
        Ok(_) if !overwrite => OutputErrorReason::Exists,
        Ok(found) if is_named_pipe(path, &found) => {
            OutputErrorReason::IsPipe(SpecialFile::new(found.file_type()))
        }
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
        check_existing(&partial, true)?;
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
mod tests;
