//! Opens a store: a file for writing or, if it is read-only, for reading; a database of a server by `server`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::backup::Backup;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};

use super::schema::{self, FileLayout};
use super::{StoreError, address, engine, server};
use crate::input::{InputKind, check_input};

/// Memory for pages, in KiB: the index of a million results fits.
const CACHE_KIB: i64 = 64 * 1024;

/// The purpose for which a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreAccess {
    /// To be written; made if it is not there.
    Create,
    /// To be written; it must be there.
    Write,
    /// Reading; nothing in it is changed.
    Read,
}

/// Opens a file, and makes or migrates its tables.
pub(super) fn open(
    path: &Path,
    access: StoreAccess,
    busy_timeout: Duration,
) -> Result<engine::Connection, StoreError> {
    if address::is_server(path) {
        return server::open(path, access, busy_timeout);
    }
    if access != StoreAccess::Create && !path.exists() {
        return Err(StoreError::Missing(path.to_owned()));
    }
    if let Ok(facts) = std::fs::metadata(path) {
        check_input(&facts, InputKind::Store)
            .map_err(|source| StoreError::NotAFile { path: path.to_owned(), source })?;
    }
    let connection = match access {
        StoreAccess::Read => read(path, busy_timeout)?,
        StoreAccess::Create | StoreAccess::Write => write(path, access, busy_timeout)?,
    };
    Ok(connection.into())
}

fn write(
    path: &Path,
    access: StoreAccess,
    busy_timeout: Duration,
) -> Result<Connection, StoreError> {
    let failed = |source: rusqlite::Error| StoreError::from_engine(path, source.into());
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, access == StoreAccess::Create);
    let mut connection = Connection::open_with_flags(literal(path), flags).map_err(failed)?;
    connection.busy_timeout(busy_timeout).map_err(failed)?;
    let layout = check(path, &connection)?;
    if connection.is_readonly(MAIN_DB).map_err(failed)? {
        return Err(StoreError::ReadOnly(path.to_owned()));
    }
    if layout == FileLayout::Empty {
        // Only an empty file can be told to give pages back to the system.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(failed)?;
    }
    use_log(&connection, busy_timeout).map_err(failed)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(failed)?;
    if layout != FileLayout::Version(schema::VERSION) {
        schema::migrate(&mut connection).map_err(failed)?;
    }
    Ok(connection)
}

/// Refuses files of other programs and of newer versions.
fn check(path: &Path, connection: &Connection) -> Result<FileLayout, StoreError> {
    let layout = schema::layout(connection)
        .map_err(|source| StoreError::from_engine(path, source.into()))?;
    match layout {
        FileLayout::Foreign => Err(StoreError::Foreign(path.to_owned())),
        FileLayout::Version(found) if found > schema::VERSION => {
            Err(StoreError::Newer { path: path.to_owned(), found, known: schema::VERSION })
        }
        layout => Ok(layout),
    }
}

/// Puts a file into write-ahead logging, in which readers and a writer do not wait for each other. Two
/// processes that make a file at once get in each other's way here, and SQLite does not wait by itself.
fn use_log(connection: &Connection, busy_timeout: Duration) -> rusqlite::Result<()> {
    let begin = Instant::now();
    loop {
        let set = connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()));
        match set {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && begin.elapsed() < busy_timeout =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}

fn read(path: &Path, busy_timeout: Duration) -> Result<Connection, StoreError> {
    let failed = |source: rusqlite::Error| StoreError::from_engine(path, source.into());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(literal(path), flags).map_err(failed)?;
    connection.busy_timeout(busy_timeout).map_err(failed)?;
    let (connection, layout) = match check(path, &connection) {
        // The log's index cannot be made beside a file whose folder cannot be written.
        Err(StoreError::System { .. } | StoreError::ReadOnly(_)) => {
            let connection = read_alone(path)?;
            let layout = check(path, &connection)?;
            (connection, layout)
        }
        result => (connection, result?),
    };
    connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(failed)?;
    if layout == FileLayout::Version(schema::VERSION) {
        return Ok(connection);
    }
    migrated_copy(&connection).map_err(failed)
}

/// Opens a file that nobody can write now, without its log.
fn read_alone(path: &Path) -> Result<Connection, StoreError> {
    let log = std::fs::metadata(beside(path, "-wal"));
    if log.is_ok_and(|log| log.len() > 0) {
        return Err(StoreError::UnreadLog(path.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let uri = immutable_uri(&literal(path).to_string_lossy());
    Connection::open_with_flags(uri, flags)
        .map_err(|source| StoreError::from_engine(path, source.into()))
}

/// A copy in memory of a file of an older version, for those who only read.
fn migrated_copy(from: &Connection) -> rusqlite::Result<Connection> {
    let mut copy = Connection::open_in_memory()?;
    Backup::new(from, &mut copy)?.run_to_completion(i32::MAX, Duration::ZERO, None)?;
    schema::migrate(&mut copy)?;
    Ok(copy)
}

/// The file of that name whatever the name is: SQLite gives `:memory:`, empty names and names that
/// begin with `file:` a meaning of their own.
fn literal(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A file that SQLite keeps beside the store.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// An absolute path as a URI that promises SQLite that the file does not change; see
/// <https://sqlite.org/uri.html>.
fn immutable_uri(path: &str) -> String {
    let mut uri = String::from("file:");
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    if !path.starts_with('/') {
        uri.push_str("///");
    } else if path.starts_with("//") {
        uri.push_str("//");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b':' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + "?immutable=1"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris_that_name_the_same_file() {
        assert_eq!(immutable_uri("/a/b.db"), "file:/a/b.db?immutable=1");
        assert_eq!(immutable_uri("/a?b#c %41.db"), "file:/a%3Fb%23c%20%2541.db?immutable=1");
        assert_eq!(immutable_uri("/ä.db"), "file:/%C3%A4.db?immutable=1");
        // As <https://sqlite.org/uri.html> writes drives and shares of Windows.
        assert_eq!(immutable_uri("C:/data/x.db"), "file:///C:/data/x.db?immutable=1");
        assert_eq!(immutable_uri("//server/share/x.db"), "file:////server/share/x.db?immutable=1");
    }

    #[test]
    fn names_with_a_meaning_in_sqlite_are_names_of_files() {
        for name in [":memory:", "file:x?mode=memory", "x.db"] {
            let path = literal(Path::new(name));
            assert!(path.is_absolute() && path.ends_with(name), "{}", path.display());
        }
    }
}
