//! PostgreSQL as an engine: one session with a server.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::error::Error;
use std::ops::ControlFlow;

use bytes::BytesMut;
use postgres::error::SqlState;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Statement};

use super::{Control, Dialect, EngineError, EngineResult, Row, Value};

pub(super) const DIALECT: Dialect = Dialect {
    now: "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
    lasts: "greatest(worker.expires,
                     CAST(extract(epoch FROM pg_postmaster_start_time()) * 1000 AS BIGINT) + 15000)
            - CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
    random_id: "SELECT substr(CAST(gen_random_uuid() AS TEXT), 1, 8)",
    score_names: "SELECT DISTINCT member.key
                  FROM result, json_each(CAST(result.scores AS JSON)) AS member
                  WHERE result.study = ?1 AND result.scores IS NOT NULL",
    // Rows that refer to the locked one can still be added.
    lock: " FOR NO KEY UPDATE",
    lock_free: " FOR UPDATE SKIP LOCKED",
    rows_at_once: 64,
    names_computers: true,
};

/// A session with a server.
pub struct Session {
    client: RefCell<Client>,
    /// Statements that the server has prepared.
    statements: RefCell<HashMap<String, Statement>>,
    is_in_transaction: Cell<bool>,
    identity: String,
}

impl Session {
    /// A session over a connection; `identity` tells the store from any other.
    pub fn new(client: Client, identity: String) -> Self {
        let (client, statements) = (RefCell::new(client), RefCell::default());
        Self { client, statements, is_in_transaction: Cell::new(false), identity }
    }

    pub(super) fn identity(&self) -> &str {
        &self.identity
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        self.is_in_transaction.get()
    }

    fn prepared(&self, sql: &str) -> EngineResult<Statement> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.borrow_mut().prepare(&translated(sql))?;
        self.statements.borrow_mut().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(super) fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> EngineResult<u64> {
        let statement = self.prepared(sql)?;
        Ok(self.client.borrow_mut().execute(&statement, &references(parameters))?)
    }

    pub(super) fn each(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> EngineResult<ControlFlow<()>>,
    ) -> EngineResult<()> {
        let statement = self.prepared(sql)?;
        let rows = self.client.borrow_mut().query(&statement, &references(parameters))?;
        for row in &rows {
            if visit(&Row::Postgres(row))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn set_durable(&self, durable: bool) -> EngineResult<()> {
        let level = if durable { "on" } else { "off" };
        let set = format!("SET synchronous_commit TO {level}");
        Ok(self.client.borrow_mut().batch_execute(&set)?)
    }

    pub(super) fn control(&self, control: Control) -> EngineResult<()> {
        let (sql, inside) = match control {
            Control::BeginWrite => ("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", true),
            Control::BeginRead => ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", true),
            Control::Commit => ("COMMIT", false),
            Control::Rollback => ("ROLLBACK", false),
        };
        if !inside {
            self.is_in_transaction.set(false);
        }
        self.client.borrow_mut().batch_execute(sql)?;
        self.is_in_transaction.set(inside);
        Ok(())
    }
}

/// A statement as PostgreSQL writes it.
fn translated(sql: &str) -> String {
    // SQLite takes the order of tables from it.
    sql.replace("CROSS JOIN", "JOIN").replace('?', "$")
}

fn references<'p>(parameters: &'p [Value<'_>]) -> Vec<&'p (dyn ToSql + Sync)> {
    parameters.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Whole(value) if *ty == Type::FLOAT8 => (*value as f64).to_sql(ty, out),
            Self::Whole(value) if *ty == Type::INT8 => value.to_sql(ty, out),
            Self::Real(value) if *ty == Type::FLOAT8 => value.to_sql(ty, out),
            // A text of PostgreSQL cannot hold this character.
            Self::Text(text) if *ty == Type::TEXT && text.contains('\0') => {
                text.replace('\0', "\u{fffd}").to_sql(ty, out)
            }
            Self::Text(text) if *ty == Type::TEXT => text.as_ref().to_sql(ty, out),
            Self::Bytes(bytes) if *ty == Type::BYTEA => bytes.as_ref().to_sql(ty, out),
            other => Err(format!("{other:?} is given for {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A column of whatever type.
struct Column<'r>(Value<'r>);

impl<'r> FromSql<'r> for Column<'r> {
    fn from_sql(ty: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT8 => Value::Whole(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Whole(i32::from_sql(ty, raw)?.into()),
            Type::BOOL => Value::Whole(bool::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Value::Real(f64::from_sql(ty, raw)?),
            Type::BYTEA => Value::Bytes(Cow::Borrowed(<&[u8]>::from_sql(ty, raw)?)),
            _ => Value::Text(Cow::Borrowed(<&str>::from_sql(&Type::TEXT, raw)?)),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(ty: &Type) -> bool {
        let known = [Type::INT8, Type::INT4, Type::BOOL, Type::FLOAT8, Type::BYTEA, Type::TEXT];
        known.contains(ty)
    }
}

/// The value of a column.
pub(super) fn value(row: &postgres::Row, column: usize) -> EngineResult<Value<'_>> {
    Ok(row.try_get::<_, Column<'_>>(column)?.0)
}

impl From<postgres::Error> for EngineError {
    fn from(error: postgres::Error) -> Self {
        let code = error.code().cloned();
        // A server that is stopped or starts says so before it hangs up.
        let goes = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::CONNECTION_EXCEPTION,
            SqlState::CONNECTION_FAILURE,
            SqlState::CONNECTION_DOES_NOT_EXIST,
        ];
        let is_lost = match &code {
            Some(code) => goes.contains(code),
            None => error.is_closed() || is_of_system(&error),
        };
        let message = match error.as_db_error() {
            Some(server) => server.message().to_owned(),
            None => chain(&error),
        };
        Self::Server { code: code.map(|code| code.code().to_owned()), message, is_lost }
    }
}

/// Whether the system failed to connect, send or receive.
fn is_of_system(error: &postgres::Error) -> bool {
    let mut source = error.source();
    while let Some(one) = source {
        if one.is::<std::io::Error>() {
            return true;
        }
        source = one.source();
    }
    false
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(one) = source {
        let more = one.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = one.source();
    }
    text
}
