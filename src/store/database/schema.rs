//! The schema of the file, and the migration of older schemas to the current one.

use rusqlite::{Connection, TransactionBehavior};

/// `Untr`: marks a file as one of this program, in the header of every SQLite file.
pub(super) const APPLICATION_ID: i64 = 0x556e_7472;

/// What turns version n into version n + 1; the first begins with an empty file. A released step is
/// never changed: a new version is a new step.
const STEPS: [&str; 5] = [
    include_str!("schema/version-1.sql"),
    include_str!("schema/version-2.sql"),
    include_str!("schema/version-3.sql"),
    include_str!("schema/version-4.sql"),
    include_str!("schema/version-5.sql"),
];

/// The version that this program writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// What the header of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileLayout {
    /// Nothing is in it yet.
    Empty,
    /// A file of this program, of that version.
    Version(i64),
    /// A file of another program.
    Foreign,
}

/// Reads the header, all of it as it stood at one moment: another process may be making the file.
pub(super) fn layout(connection: &Connection) -> rusqlite::Result<FileLayout> {
    let _snapshot = match connection.is_autocommit() {
        true => Some(connection.unchecked_transaction()?),
        false => None,
    };
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application == APPLICATION_ID && version > 0 {
        return Ok(FileLayout::Version(version));
    }
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(tables, [], |row| row.get(0))?;
    let empty = application == 0 && version == 0 && tables == 0;
    Ok(if empty { FileLayout::Empty } else { FileLayout::Foreign })
}

/// Brings an empty file or one of an older version to the present one, in one transaction; does
/// nothing where another process has just done it.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = match layout(&transaction)? {
        FileLayout::Empty => 0,
        FileLayout::Version(version) => usize::try_from(version).unwrap_or(usize::MAX),
        FileLayout::Foreign => usize::MAX,
    };
    for step in STEPS.iter().skip(from) {
        transaction.execute_batch(step)?;
    }
    if from < STEPS.len() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}
