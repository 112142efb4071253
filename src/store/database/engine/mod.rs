//! The engines that keep studies, behind one connection: SQLite for a file, PostgreSQL for a server.
//!
//! SQL outside this folder is written once, for both: parameters are `?1`, `?2` and so on, new numbers come back
//! by `RETURNING`, and what the engines write differently is in a [`Dialect`].

mod sqlite;
mod value;

#[cfg(feature = "postgres")]
mod postgres;

use std::ops::{ControlFlow, Deref};

pub(super) use value::{FromValue, Row, Value, malformed};

#[cfg(feature = "postgres")]
pub(super) use postgres::Session;

/// Parameters of a statement.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::store::database::engine::Value::from($value)),*]
    };
}
pub(super) use params;

/// An error of an engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Of SQLite.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// Of a PostgreSQL server, or of the way to it.
    #[error("{message}")]
    Server {
        /// The server's error code (SQLSTATE), if it sent one.
        code: Option<String>,
        /// What it or the system says.
        message: String,
        /// Whether the connection is lost, or was never made.
        is_lost: bool,
    },
    /// What a column holds is not what belongs there.
    #[error("column {column}: {source}")]
    Malformed {
        /// Its place in the row, from 0.
        column: usize,
        /// What is wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no row.
    #[error("no row was found")]
    NoRow,
}

/// The result of a statement.
pub(super) type EngineResult<T> = Result<T, EngineError>;

/// What the engines write differently.
pub(super) struct Dialect {
    /// The time of the engine's computer in milliseconds since 1970.
    pub now: &'static str,
    /// How long a process in the table of workers still counts as alive, in milliseconds. A server that has
    /// just started gives all of them time to come back.
    pub lasts: &'static str,
    /// Selects eight random hexadecimal digits.
    pub random_id: &'static str,
    /// Selects the names in the objects of scores of a study, in any order.
    pub score_names: &'static str,
    /// Follows a selection of rows that are the transaction's own until it ends. An SQLite file has one writer
    /// at a time.
    pub lock: &'static str,
    /// The same without rows that are another transaction's now.
    pub lock_free: &'static str,
    /// How many rows one statement inserts at most: a statement takes a message each way to a server.
    pub rows_at_once: usize,
    /// Where processes of several computers write to a store, the computer's name is part of theirs.
    pub names_computers: bool,
}

/// A connection to a store.
pub(super) struct Connection(Engine);

enum Engine {
    Sqlite(rusqlite::Connection),
    #[cfg(feature = "postgres")]
    Postgres(Box<Session>),
}

impl From<rusqlite::Connection> for Connection {
    fn from(connection: rusqlite::Connection) -> Self {
        connection.set_prepared_statement_cache_capacity(sqlite::CACHED_STATEMENTS);
        Self(Engine::Sqlite(connection))
    }
}

#[cfg(feature = "postgres")]
impl From<Session> for Connection {
    fn from(session: Session) -> Self {
        Self(Engine::Postgres(Box::new(session)))
    }
}

impl Connection {
    /// The connection of an SQLite file.
    pub fn sqlite(&self) -> Option<&rusqlite::Connection> {
        match &self.0 {
            Engine::Sqlite(connection) => Some(connection),
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => None,
        }
    }

    /// What tells a database of a server from any other.
    pub fn server_identity(&self) -> Option<&str> {
        match &self.0 {
            Engine::Sqlite(_) => None,
            #[cfg(feature = "postgres")]
            Engine::Postgres(session) => Some(session.identity()),
        }
    }

    pub fn dialect(&self) -> &'static Dialect {
        match &self.0 {
            Engine::Sqlite(_) => &sqlite::DIALECT,
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => &postgres::DIALECT,
        }
    }

    /// Runs a statement; how many rows it changed.
    pub fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> EngineResult<u64> {
        match &self.0 {
            Engine::Sqlite(connection) => sqlite::execute(connection, sql, parameters),
            #[cfg(feature = "postgres")]
            Engine::Postgres(session) => session.execute(sql, parameters),
        }
    }

    /// Runs a statement, and a function on each of its rows until that breaks.
    fn each(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> EngineResult<ControlFlow<()>>,
    ) -> EngineResult<()> {
        match &self.0 {
            Engine::Sqlite(connection) => sqlite::each(connection, sql, parameters, visit),
            #[cfg(feature = "postgres")]
            Engine::Postgres(session) => session.each(sql, parameters, visit),
        }
    }

    /// All rows of a statement.
    pub fn query<T>(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> EngineResult<T>,
    ) -> EngineResult<Vec<T>> {
        let mut rows = Vec::new();
        self.each(sql, parameters, &mut |row| {
            rows.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    /// The first row that is accepted.
    pub fn find<T>(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> EngineResult<T>,
        accepts: impl Fn(&T) -> bool,
    ) -> EngineResult<Option<T>> {
        let mut found = None;
        self.each(sql, parameters, &mut |row| {
            found = Some(read(row)?).filter(&accepts);
            Ok(if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }

    /// The only row of a statement.
    pub fn query_row<T>(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> EngineResult<T>,
    ) -> EngineResult<T> {
        self.find(sql, parameters, read, |_| true)?.ok_or(EngineError::NoRow)
    }

    /// A transaction that writes. In an SQLite file it waits for other writers at once.
    pub fn change(&self) -> EngineResult<Transaction<'_>> {
        self.control(Control::BeginWrite)?;
        Ok(Transaction { connection: self, is_open: true })
    }

    /// A transaction that reads everything as it stands now; `None` within another one.
    pub fn snapshot(&self) -> EngineResult<Option<Transaction<'_>>> {
        let is_inside = match &self.0 {
            Engine::Sqlite(connection) => !connection.is_autocommit(),
            #[cfg(feature = "postgres")]
            Engine::Postgres(session) => session.is_in_transaction(),
        };
        if is_inside {
            return Ok(None);
        }
        self.control(Control::BeginRead)?;
        Ok(Some(Transaction { connection: self, is_open: true }))
    }

    /// Says whether the next transaction must survive a power failure.
    pub fn set_durable(&self, durable: bool) -> EngineResult<()> {
        match &self.0 {
            Engine::Sqlite(connection) => {
                let level = if durable { "FULL" } else { "NORMAL" };
                Ok(connection.pragma_update(None, "synchronous", level)?)
            }
            #[cfg(feature = "postgres")]
            Engine::Postgres(session) => session.set_durable(durable),
        }
    }

    fn control(&self, control: Control) -> EngineResult<()> {
        match &self.0 {
            Engine::Sqlite(connection) => sqlite::control(connection, control),
            #[cfg(feature = "postgres")]
            Engine::Postgres(session) => session.control(control),
        }
    }
}

/// The beginning or the end of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    BeginWrite,
    BeginRead,
    Commit,
    Rollback,
}

/// A transaction, which is rolled back unless it is committed.
pub(super) struct Transaction<'c> {
    connection: &'c Connection,
    is_open: bool,
}

impl Transaction<'_> {
    pub fn commit(mut self) -> EngineResult<()> {
        self.connection.control(Control::Commit)?;
        self.is_open = false;
        Ok(())
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.is_open {
            // One that cannot be rolled back ends with its connection.
            let _ = self.connection.control(Control::Rollback);
        }
    }
}
