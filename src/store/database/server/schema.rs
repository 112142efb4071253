//! The tables on a server, and the migration of older ones. They are those of the SQLite file, in a namespace of
//! their own, so that a database may hold tables of other programs as well.

use std::path::Path;

use postgres::{Client, Transaction};

use crate::store::database::engine::EngineError;
use crate::store::database::schema::{APPLICATION_ID, VERSION};
use crate::store::database::{StoreAccess, StoreError};

/// The schema, as PostgreSQL calls a namespace, of all tables.
pub const NAMESPACE: &str = "untrained";

/// What brings a database to a version from the one before it. The first makes all tables: there were none on
/// servers before.
const STEPS: [(i64, &str); 1] = [(5, include_str!("../schema/postgres-version-5.sql"))];

/// What a database holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Layout {
    Empty,
    Version(i64, String),
    Foreign,
}

/// Makes or migrates the tables where that is needed and allowed; what tells the store from others.
pub fn prepare(
    path: &Path,
    client: &mut Client,
    access: StoreAccess,
) -> Result<String, StoreError> {
    prepare_steps(path, client, access, &STEPS, VERSION)
}

fn prepare_steps(
    path: &Path,
    client: &mut Client,
    access: StoreAccess,
    steps: &[(i64, &str)],
    version: i64,
) -> Result<String, StoreError> {
    let failed = |error: postgres::Error| StoreError::from_engine(path, EngineError::from(error));
    let refused = |reason: &str| {
        let (address, reason) = (path.display().to_string(), reason.to_owned());
        Err(StoreError::Address { address, reason })
    };
    let mut transaction = client.transaction().map_err(failed)?;
    match layout(&mut transaction).map_err(failed)? {
        Layout::Foreign => {
            return refused(
                "its schema `untrained` is another program's and was left unchanged: choose another database",
            );
        }
        Layout::Version(found, _) if found > version => {
            return Err(StoreError::Newer { path: path.to_owned(), found, known: version });
        }
        Layout::Version(found, identity) if found == version => return Ok(identity),
        Layout::Version(..) if access == StoreAccess::Read => {
            return refused(
                "it was written by an older version of this program: start a search in it, \
                            which brings it to the present one",
            );
        }
        Layout::Empty if access != StoreAccess::Create => {
            return refused(
                "it holds no studies yet: start a search in it, or choose another database",
            );
        }
        Layout::Version(..) | Layout::Empty => {}
    }
    // Processes that start at the same time make the tables one after the other.
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&APPLICATION_ID]).map_err(failed)?;
    let from = match layout(&mut transaction).map_err(failed)? {
        Layout::Version(found, _) => found,
        Layout::Empty | Layout::Foreign => 0,
    };
    for (number, step) in steps.iter().filter(|(number, _)| *number > from) {
        transaction.batch_execute(step).map_err(failed)?;
        transaction.execute("UPDATE store SET version = $1", &[number]).map_err(failed)?;
    }
    let identity = match layout(&mut transaction).map_err(failed)? {
        Layout::Version(_, identity) => identity,
        Layout::Empty | Layout::Foreign => String::new(),
    };
    transaction.commit().map_err(failed)?;
    Ok(identity)
}

fn layout(transaction: &mut Transaction<'_>) -> Result<Layout, postgres::Error> {
    let found = "SELECT to_regclass('untrained.store') IS NOT NULL,
                        EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('untrained'))";
    let found = transaction.query_one(found, &[])?;
    let (is_ours, is_used): (bool, bool) = (found.try_get(0)?, found.try_get(1)?);
    if !is_ours {
        return Ok(if is_used { Layout::Foreign } else { Layout::Empty });
    }
    // Another program's table of that name has other columns.
    let columns =
        "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('untrained.store')
                   AND attname IN ('version', 'identity') AND NOT attisdropped";
    let columns: i64 = transaction.query_one(columns, &[])?.try_get(0)?;
    if columns < 2 {
        return Ok(Layout::Foreign);
    }
    let row = transaction.query_opt("SELECT version, identity FROM untrained.store", &[])?;
    row.map_or(Ok(Layout::Foreign), |row| Ok(Layout::Version(row.try_get(0)?, row.try_get(1)?)))
}
