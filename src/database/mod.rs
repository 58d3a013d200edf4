//! Everything that talks to a server or a file: the one list of databases.
//!
//! `Dialect` is the data in which databases differ; `Database` is one open connection. The trait is synchronous: a run
//! of migrations is a sequence, and PostgreSQL's asynchronous client is driven inside its own module.

pub mod postgres;
pub mod sqlite;
pub mod version_table;

use std::time::Duration;

use crate::schema::Catalog;
use crate::schema::kind::Kind;
use crate::sql::Syntax;
use version_table::AppliedRow;

/// The facts in which databases differ.
#[derive(Debug)]
pub struct Dialect {
    /// `postgresql` or `sqlite`, as written in a section's line and in `--dialect`.
    pub name: &'static str,
    pub syntax: Syntax,
    /// The URL schemes that mean this database, SQLAlchemy's spellings included.
    pub schemes: &'static [&'static str],
    /// Every kind of object, in the order in which they are created where nothing else decides.
    pub kinds: &'static [&'static Kind],
}

/// The databases.
pub static DIALECTS: &[&Dialect] = &[&postgres::DIALECT, &sqlite::DIALECT];

/// What a server or file said against a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SqlError {
    pub message: String,
    /// SQLSTATE, or SQLite's extended result code by name.
    pub code: Option<String>,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// The error's place: a byte offset in the text that was sent.
    pub position: Option<usize>,
    /// The connection is gone; nothing more can be asked of it.
    pub connection_lost: bool,
}

/// Why a database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL can't be read or names no database that the tool knows.
    #[error("{0}")]
    Url(String),
    /// `place` is the URL without its password.
    #[error("cannot connect to {place}: {reason}")]
    Connect { place: String, reason: String, hint: Option<String> },
    #[error("{doing}: {error}")]
    Sql { doing: String, error: SqlError },
    #[error("another run of migrate holds the lock on {place}: {holder}; gave up after {waited_seconds} s")]
    Locked { place: String, holder: String, waited_seconds: u64 },
    #[error("{0}")]
    Shadow(String),
}

/// Which part of a database is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// PostgreSQL's schemas; `*` stands for every one that is not the system's. SQLite has none.
    pub schemas: Vec<String>,
    /// The tool's own table, never part of a catalog: its name, possibly `schema.name`.
    pub version_table: String,
}

/// What was read of a database.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub catalog: Catalog,
    /// What is there and has no kind, counted by its name in the singular: `("cast", 2)`.
    pub unmanaged: Vec<(String, usize)>,
}

/// One open connection to a database.
pub trait Database {
    fn dialect(&self) -> &'static Dialect;

    /// The URL without its password, for people.
    fn place(&self) -> String;

    /// The server's or library's version as it says it: `15.20`, `3.50.2`.
    fn version(&mut self) -> Result<String, DatabaseError>;

    /// Runs a script of one or more statements as one message, in one round trip where the database can.
    ///
    /// The caller writes BEGIN and COMMIT into it where it wants them. After an error no transaction is open.
    fn execute(&mut self, script: &str) -> Result<(), SqlError>;

    /// Runs one statement and returns its rows, every value in its text form.
    fn query(&mut self, statement: &str) -> Result<Vec<Vec<Option<String>>>, SqlError>;

    /// Returns the rows of the version table, or None where there is no such table; one round trip.
    fn applied(&mut self, version_table: &str) -> Result<Option<Vec<AppliedRow>>, DatabaseError>;

    /// Waits up to `wait` for the lock that keeps two runs apart, and calls `waiting` with words about the holder.
    ///
    /// The lock is given back by `unlock`, or when the process dies.
    ///
    /// # Errors
    /// `Locked` when another run still has it after `wait`.
    fn lock(&mut self, version_table: &str, wait: Duration, waiting: &mut dyn FnMut(&str))
    -> Result<(), DatabaseError>;

    fn unlock(&mut self);

    /// Reads the catalog of the part of the database that `scope` names.
    fn reflect(&mut self, scope: &Scope) -> Result<Reading, DatabaseError>;

    /// Opens an empty throw-away database of the same engine and version, which is gone when the value is dropped.
    ///
    /// `shadow_url` names the database to use instead of a temporary one; it must be empty.
    ///
    /// # Errors
    /// `Shadow` with a sentence that says what to do: no right to create one, a `shadow_url` that is not empty.
    fn shadow(&mut self, shadow_url: Option<&str>) -> Result<Box<dyn Database>, DatabaseError>;

    /// Loads declared DDL into this (shadow) database, in whatever order of statements it can accept.
    ///
    /// # Errors
    /// The first statement that no order makes acceptable: its index in `statements`, and what the server said.
    fn load(&mut self, statements: &[crate::sql::Statement]) -> Result<(), (usize, SqlError)>;
}
