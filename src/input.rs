//! Files that the program reads: the one way of opening them.
//!
//! A file that somebody names may be anything: a pipe that never ends a read, a device without an end,
//! a folder, or far longer than what it is taken for. All readers open their files here, which refuses
//! these before a byte is read. What stands in files is not known here.

use std::fs::{File, FileType, Metadata};
use std::io::Read;
use std::path::Path;

/// An ending of space files for which systems know the program; `.toml` and `.json` belong to others.
pub const SPACE_ENDING: &str = "untrained-space";
/// The same of job files; `.toml` does as well.
pub const JOB_ENDING: &str = "untrained-job";
/// The same of study databases; any other does as well.
pub const STUDY_ENDING: &str = "untrained-study";

/// What a file is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A complete job as TOML.
    Job,
    /// A space file.
    Space,
    /// Architectures, one a line.
    ArchitectureList,
    /// A table of scores.
    Scores,
    /// A benchmark table, or one of its files.
    BenchmarkTable,
    /// A picture in a folder.
    Picture,
    /// Many images in one file.
    Images,
    /// An ONNX model.
    Model,
    /// Values of an ONNX model in a file of their own.
    ModelData,
    /// A file of studies.
    Store,
}

impl InputKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Job,
        Self::Space,
        Self::ArchitectureList,
        Self::Scores,
        Self::BenchmarkTable,
        Self::Picture,
        Self::Images,
        Self::Model,
        Self::ModelData,
        Self::Store,
    ];

    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Job => "a job file",
            Self::Space => "a space file",
            Self::ArchitectureList => "a list of architectures",
            Self::Scores => "a table of scores",
            Self::BenchmarkTable => "a benchmark table",
            Self::Picture => "a picture",
            Self::Images => "a file of images",
            Self::Model => "an ONNX model",
            Self::ModelData => "a data file of an ONNX model",
            Self::Store => "a file of studies",
        }
    }

    /// Whether a file of this kind may be empty: SQLite makes a new database of it, constants without values
    /// are in no model's data, and damaged pictures are skipped and counted.
    const fn may_be_empty(self) -> bool {
        matches!(self, Self::Store | Self::ModelData | Self::Picture)
    }

    /// The longest file of this kind. Files that are read whole are limited to what fits into memory;
    /// the limit of those that are read in parts only stops what cannot be such a file.
    pub const fn max_bytes(self) -> u64 {
        match self {
            Self::Space => 1 << 20,
            Self::Job => 4 << 20,
            Self::ArchitectureList => 256 << 20,
            Self::Picture => 512 << 20,
            Self::Scores => 1 << 30,
            // Protobuf's own limit.
            Self::Model => (1 << 31) - 1,
            Self::BenchmarkTable | Self::Images | Self::ModelData | Self::Store => 1 << 40,
        }
    }
}

/// Why a file is not opened.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The operating system refuses.
    #[error("{0}")]
    System(#[from] std::io::Error),
    /// It is no regular file.
    #[error("it is {}, but {} must be a regular file", found.name(), kind.name())]
    NotAFile {
        /// What it is.
        found: SpecialFile,
        /// What it is taken for.
        kind: InputKind,
    },
    /// It has no content.
    #[error("it is empty, but {} was expected: save it again, or download it again", kind.name())]
    Empty {
        /// What it is taken for.
        kind: InputKind,
    },
    /// It is too long for what it is taken for.
    #[error("it has {size_bytes} bytes, but {} has at most {}", kind.name(), kind.max_bytes())]
    TooLong {
        /// Its length.
        size_bytes: u64,
        /// What it is taken for.
        kind: InputKind,
    },
}

impl From<InputError> for std::io::Error {
    fn from(error: InputError) -> Self {
        match error {
            InputError::System(error) => error,
            InputError::NotAFile { .. } => Self::new(std::io::ErrorKind::InvalidInput, error),
            InputError::Empty { .. } => Self::new(std::io::ErrorKind::InvalidData, error),
            InputError::TooLong { .. } => Self::new(std::io::ErrorKind::FileTooLarge, error),
        }
    }
}

/// Opens a regular file that is no longer than its kind allows.
///
/// # Errors
///
/// [`InputError`], without waiting for the other end of a pipe.
pub fn open_input(path: &Path, kind: InputKind) -> Result<File, InputError> {
    // To open a pipe is to wait for its other end: look before.
    check_input(&std::fs::metadata(path)?, kind)?;
    let file = File::open(path)?;
    check_input(&file.metadata()?, kind)?;
    Ok(file)
}

/// Reads a whole file.
///
/// # Errors
///
/// [`InputError`], also if the file grows past its limit while it is read.
pub fn read_input(path: &Path, kind: InputKind) -> Result<Vec<u8>, InputError> {
    read_within(open_input(path, kind)?, kind)
}

/// Reads a whole file of UTF-8 text.
///
/// # Errors
///
/// [`InputError`], also if it is not UTF-8.
pub fn read_input_text(path: &Path, kind: InputKind) -> Result<String, InputError> {
    text(read_input(path, kind)?)
}

/// Reads UTF-8 text from something that is open already, such as the standard input, to its end.
///
/// # Errors
///
/// [`InputError`], also if it is longer than its kind allows or not UTF-8.
pub fn read_stream_text(stream: impl Read, kind: InputKind) -> Result<String, InputError> {
    text(read_within(stream, kind)?)
}

fn read_within(stream: impl Read, kind: InputKind) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    stream.take(kind.max_bytes().saturating_add(1)).read_to_end(&mut bytes)?;
    check_length(bytes.len() as u64, kind)?;
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, InputError> {
    String::from_utf8(bytes).map_err(|_| {
        let problem = "it is not UTF-8 text: save it in that encoding";
        InputError::System(std::io::Error::new(std::io::ErrorKind::InvalidData, problem))
    })
}

/// Refuses what is no regular file, and what is empty or too long for its kind.
///
/// # Errors
///
/// [`InputError::NotAFile`], [`InputError::Empty`] or [`InputError::TooLong`].
pub fn check_input(facts: &Metadata, kind: InputKind) -> Result<(), InputError> {
    if !facts.is_file() {
        return Err(InputError::NotAFile { found: SpecialFile::new(facts.file_type()), kind });
    }
    if facts.len() == 0 && !kind.may_be_empty() {
        return Err(InputError::Empty { kind });
    }
    check_length(facts.len(), kind)
}

fn check_length(size_bytes: u64, kind: InputKind) -> Result<(), InputError> {
    if size_bytes > kind.max_bytes() {
        return Err(InputError::TooLong { size_bytes, kind });
    }
    Ok(())
}

/// Something with a name in a folder that is not a regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialFile {
    /// A folder.
    Folder,
    /// A pipe: to open it is to wait for its other end.
    Pipe,
    /// A socket.
    Socket,
    /// A device, which may have no end.
    Device,
}

impl SpecialFile {
    /// What a file is that is not a regular one.
    pub(crate) fn new(kind: FileType) -> Self {
        if kind.is_dir() {
            return Self::Folder;
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::FileTypeExt;
            if kind.is_fifo() {
                return Self::Pipe;
            }
            if kind.is_socket() {
                return Self::Socket;
            }
        }
        Self::Device
    }

    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Folder => "a folder",
            Self::Pipe => "a pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_up_to_the_limit_of_their_kind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for kind in InputKind::ALL {
            std::fs::write(&path, "text").unwrap();
            assert_eq!(read_input_text(&path, kind).unwrap(), "text");
            // A hole takes no room on the disk.
            let hole = File::create(&path).unwrap();
            if hole.set_len(kind.max_bytes() + 1).is_err() {
                continue;
            }
            let error = read_input(&path, kind).unwrap_err();
            assert!(matches!(error, InputError::TooLong { .. }), "{kind:?}: {error}");
            assert!(error.to_string().contains(kind.name()), "{error}");
        }
    }

    #[test]
    fn empty_files_are_told_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "").unwrap();
        for kind in InputKind::ALL {
            let read = read_input(&path, kind);
            if kind.may_be_empty() {
                assert_eq!(read.unwrap(), b"");
                continue;
            }
            let error = read.unwrap_err().to_string();
            assert!(error.starts_with("it is empty") && error.contains(kind.name()), "{error}");
        }
    }

    #[test]
    fn a_stream_is_read_up_to_the_limit_of_its_kind() {
        assert_eq!(read_stream_text(&b"text"[..], InputKind::Job).unwrap(), "text");
        let error = read_stream_text(std::io::repeat(b'x'), InputKind::Job).unwrap_err();
        assert!(matches!(error, InputError::TooLong { .. }), "{error}");
    }

    #[test]
    fn folders_and_missing_files_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let error = open_input(folder.path(), InputKind::Job).unwrap_err().to_string();
        assert_eq!(error, "it is a folder, but a job file must be a regular file");
        let error = open_input(&folder.path().join("no"), InputKind::Job).unwrap_err();
        assert!(matches!(error, InputError::System(_)), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn pipes_devices_and_sockets_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let [pipe, socket] = ["pipe", "socket"].map(|name| folder.path().join(name));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        let device = Path::new("/dev/zero");
        for (path, named) in
            [(&*pipe, "a pipe"), (&link, "a pipe"), (&socket, "a socket"), (device, "a device")]
        {
            for kind in InputKind::ALL {
                let error = read_input(path, kind).unwrap_err().to_string();
                let expected = format!("it is {named}, but {} must be", kind.name());
                assert!(error.starts_with(&expected), "{error}");
            }
        }
    }
}
