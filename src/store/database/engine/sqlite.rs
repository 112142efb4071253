//! SQLite as an engine.

use std::borrow::Cow;
use std::ops::ControlFlow;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};

use super::{Control, Dialect, EngineResult, Row, Value};

/// More than the program has.
pub(super) const CACHED_STATEMENTS: usize = 64;

pub(super) const DIALECT: Dialect = Dialect {
    now: "CAST(round(unixepoch('subsec') * 1000) AS INTEGER)",
    lasts: "worker.expires - CAST(round(unixepoch('subsec') * 1000) AS INTEGER)",
    random_id: "SELECT lower(hex(randomblob(4)))",
    score_names: "SELECT DISTINCT member.key FROM result, json_each(result.scores) AS member
                  WHERE result.study = ?1 AND result.scores IS NOT NULL",
    lock: "",
    lock_free: "",
    rows_at_once: 1,
    names_computers: false,
};

pub(super) fn execute(
    connection: &Connection,
    sql: &str,
    parameters: &[Value<'_>],
) -> EngineResult<u64> {
    let changed = connection.prepare_cached(sql)?.execute(params_from_iter(parameters))?;
    Ok(changed as u64)
}

pub(super) fn each(
    connection: &Connection,
    sql: &str,
    parameters: &[Value<'_>],
    visit: &mut dyn FnMut(&Row<'_>) -> EngineResult<ControlFlow<()>>,
) -> EngineResult<()> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(parameters))?;
    while let Some(row) = rows.next()? {
        if visit(&Row::Sqlite(row))?.is_break() {
            break;
        }
    }
    Ok(())
}

pub(super) fn control(connection: &Connection, control: Control) -> EngineResult<()> {
    let sql = match control {
        Control::BeginWrite => "BEGIN IMMEDIATE",
        Control::BeginRead => "BEGIN DEFERRED",
        Control::Commit => "COMMIT",
        Control::Rollback if connection.is_autocommit() => return Ok(()),
        Control::Rollback => "ROLLBACK",
    };
    Ok(connection.execute_batch(sql)?)
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Whole(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The value of a column.
pub(super) fn value<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> EngineResult<Value<'r>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Whole(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text);
            Value::Text(Cow::Borrowed(
                text.map_err(|error| super::value::malformed(column, error))?,
            ))
        }
        ValueRef::Blob(bytes) => Value::Bytes(Cow::Borrowed(bytes)),
    })
}
