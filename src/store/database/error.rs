//! Why a store cannot be used, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::engine::EngineError;
use crate::input::InputError;

/// The errors of a study database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such file.
    #[error("{} does not exist; choose another database", .0.display())]
    Missing(PathBuf),
    /// A folder, a pipe or a device.
    #[error("cannot open {}", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
        /// What it is.
        source: InputError,
    },
    /// Not an SQLite file at all.
    #[error(
        "{} is not a study database (nor any other SQLite file): choose another file",
        .0.display()
    )]
    NoDatabase(PathBuf),
    /// An SQLite file of another program.
    #[error(
        "{} is the database of another program and was left unchanged: choose another file",
        .0.display()
    )]
    Foreign(PathBuf),
    /// Written by a newer version of this program.
    #[error(
        "{} was written by a newer version of this program (format {found}; this version supports \
         formats up to {known}): use that version, or choose another file",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that this version supports.
        known: i64,
    },
    /// The file is damaged.
    #[error(
        "{} is damaged: restore a copy of it, or save what can still be read by `sqlite3 {} \
         \".recover\" | sqlite3 saved.db`",
        path.display(),
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The error from the engine.
        source: EngineError,
    },
    /// Another program does not let go of it.
    #[error(
        "{} is locked by another program: close any other program that has it open (another run, a \
         database viewer) and try again",
        .0.display()
    )]
    Locked(PathBuf),
    /// It can be read but not written.
    #[error(
        "{} cannot be written: allow writing to the file and its folder, or choose another file; \
         studies can still be listed, shown and exported",
        .0.display()
    )]
    ReadOnly(PathBuf),
    /// A file that cannot be written, with rows in a log next to it that only a writer can read.
    #[error(
        "the latest results of {} are in the log next to it (the same name with -wal), which can only be \
         read in a writable folder: copy both files to one",
        .0.display()
    )]
    UnreadLog(PathBuf),
    /// A file that is to be merged into itself.
    #[error("{} cannot be merged into itself: give another database", .0.display())]
    SameFile(PathBuf),
    /// No space left.
    #[error(
        "no space is left for {}: results written so far are kept; free some space and resume the study",
        .0.display()
    )]
    Full(PathBuf),
    /// The system failed to open, read or write the file.
    #[error(
        "cannot use {}: check that its folder exists and is writable, and that its disk works",
        path.display()
    )]
    System {
        /// The file.
        path: PathBuf,
        /// The error from the engine.
        source: EngineError,
    },
    /// The engine refused for another reason.
    #[error("a database operation on {} failed", path.display())]
    Sql {
        /// The file.
        path: PathBuf,
        /// The error from the engine.
        source: EngineError,
    },
    /// No study has that id.
    #[error(
        "no study `{id}` in {}: {}",
        path.display(),
        if known.is_empty() {
            "it holds none".to_owned()
        } else {
            format!("the latest are {}", known.join(", "))
        }
    )]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The requested value.
        id: String,
        /// Ids that exist, the latest ones.
        known: Vec<String>,
    },
    /// Several studies begin with that id.
    #[error("several studies begin with `{id}`: {}; give more digits", found.join(", "))]
    Ambiguous {
        /// The requested value.
        id: String,
        /// The studies that begin so.
        found: Vec<String>,
    },
    /// Another process writes the study.
    #[error(
        "study {id} is being written by {workers}: wait until that is done or stop it, or work on \
         the study together by joining it"
    )]
    Running {
        /// The study.
        id: String,
        /// Who writes it.
        workers: String,
    },
    /// A study was made with other options.
    #[error(
        "study {id} was made with other options, so new results could not be compared with its own: {}; \
         leave these options out or start a new study",
        DifferenceList(differences)
    )]
    Differs {
        /// The study.
        id: String,
        /// What differs.
        differences: Vec<super::OptionDifference>,
    },
    /// The study was deleted while it was written.
    #[error("study {0} was deleted by another process: its results can no longer be written")]
    Gone(String),
    /// The file was deleted, moved or replaced while it was written.
    #[error(
        "{} was deleted or replaced while study {id} was being written; {}",
        path.display(),
        saved.as_ref().map_or_else(
            || "its results could not be saved elsewhere".to_owned(),
            |saved| format!("all its results were saved to {}", saved.display())
        )
    )]
    Vanished {
        /// The file.
        path: PathBuf,
        /// The study.
        id: String,
        /// Where the studies of the file were saved.
        saved: Option<PathBuf>,
    },
    /// What is to be the address of a database on a server is none, or one that is not allowed.
    #[error("{address}: {reason}")]
    Address {
        /// The address without anything secret.
        address: String,
        /// What is wrong with it, and what is allowed.
        reason: String,
    },
    /// A server or a database on it cannot be used.
    #[error("{}: {reason}", path.display())]
    Server {
        /// The address.
        path: PathBuf,
        /// What is wrong, and what to do about it.
        reason: String,
        /// What the server or the system says.
        source: EngineError,
    },
    /// The connection to a server is lost, or cannot be made; it may be back later.
    #[error(
        "cannot reach the database server of {}: check that it runs and that its address is right",
        path.display()
    )]
    Lost {
        /// The address.
        path: PathBuf,
        /// What the system says.
        source: EngineError,
    },
    /// Two transactions on a server were in each other's way too often.
    #[error("{} is too busy: other processes change the same studies; try again", path.display())]
    Conflict {
        /// The address.
        path: PathBuf,
        /// What the server says.
        source: EngineError,
    },
    /// A server could not be reached for so long that the results it lacks were written elsewhere.
    #[error(
        "the database server of {} could not be reached for too long while study {id} was being written; {}",
        path.display(),
        match saved {
            _ if *results == 0 => "all its results are there".to_owned(),
            Some(saved) => format!(
                "its latest {results} results were saved to {}: once the server is back, add them by \
                 `untrained --batch studies --store {} merge {}`",
                saved.display(),
                path.display(),
                saved.display()
            ),
            None => format!("its latest {results} results could not be saved elsewhere"),
        }
    )]
    Unreachable {
        /// The address.
        path: PathBuf,
        /// The study.
        id: String,
        /// How many results the server lacks.
        results: usize,
        /// Where they were saved.
        saved: Option<PathBuf>,
        /// Why it cannot be reached.
        source: Box<StoreError>,
    },
    /// The system gave no thread.
    #[error("cannot start the thread that writes the study: close other programs and try again")]
    Thread(#[source] std::io::Error),
    /// A position of the study is another architecture's.
    #[error(
        "position {position} of study {id} belongs to {stored}, not to {given}: processes that work \
         on one study must propose the same architectures in the same order"
    )]
    PositionTaken {
        /// The study.
        id: String,
        /// The place.
        position: u64,
        /// The architecture stored there.
        stored: String,
        /// The architecture to be stored there.
        given: String,
    },
}

/// Differences, one after the other.
struct DifferenceList<'a>(&'a [super::OptionDifference]);

impl fmt::Display for DifferenceList<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, difference) in self.0.iter().enumerate() {
            let comma = if index > 0 { "; " } else { "" };
            write!(formatter, "{comma}{difference}")?;
        }
        Ok(())
    }
}

impl StoreError {
    /// Whether another file would help.
    pub fn is_wrong_file(&self) -> bool {
        matches!(
            self,
            Self::Missing(_)
                | Self::NoDatabase(_)
                | Self::Foreign(_)
                | Self::Newer { .. }
                | Self::ReadOnly(_)
        )
    }

    /// Whether a server cannot be reached now and may be back later.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }

    /// Whether the same transaction may succeed when it is tried again.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// What an error of an engine means for a store.
    pub(super) fn from_engine(path: &Path, source: EngineError) -> Self {
        match source {
            EngineError::Sqlite(source) => Self::from_sqlite(path, source),
            EngineError::Malformed { .. } => Self::Damaged { path: path.to_owned(), source },
            EngineError::NoRow => Self::Sql { path: path.to_owned(), source },
            EngineError::Server { .. } => Self::from_server(path, source),
        }
    }

    fn from_sqlite(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let code = error.sqlite_error_code();
        let is_malformed = matches!(error, rusqlite::Error::FromSqlConversionFailure(..));
        let source = EngineError::Sqlite(error);
        match code {
            Some(ErrorCode::NotADatabase) => Self::NoDatabase(path),
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, source },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(path),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly(path),
            Some(ErrorCode::DiskFull) => Self::Full(path),
            Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => {
                Self::System { path, source }
            }
            None if is_malformed => Self::Damaged { path, source },
            _ => Self::Sql { path, source },
        }
    }

    /// What an error of a server means; the codes are those of appendix A of PostgreSQL's manual.
    fn from_server(path: &Path, source: EngineError) -> Self {
        let path = path.to_owned();
        let EngineError::Server { code, is_lost, .. } = &source else {
            return Self::Sql { path, source };
        };
        let reason = match code.as_deref() {
            _ if *is_lost => return Self::Lost { path, source },
            Some("40001" | "40P01") => return Self::Conflict { path, source },
            Some("55P03") => return Self::Locked(path),
            Some("25006") => "the server takes no changes now: it is a copy of another one",
            Some("28P01" | "28000") => {
                "the server refused the user or the password: give the user in the address and the password \
                 by PGPASSWORD or in the file that PGPASSFILE names (usually ~/.pgpass, which nobody else \
                 may be able to read)"
            }
            Some("3D000") => {
                "the server has no such database: make it by `createdb`, or give another one"
            }
            Some("42501") => {
                "the user may not do this in the database: make the user its owner, or grant CREATE on it"
            }
            Some("53300") => {
                "the server has as many connections as it allows: raise its max_connections, or run fewer \
                 processes"
            }
            Some("53100") => {
                "the server has no space left: results written so far are kept; free some space there and \
                 resume the study"
            }
            Some("53200") => "the server has no memory left: try again later",
            _ => return Self::Sql { path, source },
        };
        Self::Server { path, reason: reason.to_owned(), source }
    }
}
