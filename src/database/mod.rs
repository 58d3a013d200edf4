//! Everything that talks to a server or a file: the one list of databases.
//!
//! `Dialect` is the data in which databases differ; `Database` is one open connection. The trait is synchronous: a run
//! of migrations is a sequence, and PostgreSQL's asynchronous client is driven inside its own module.

pub mod interruption;
pub mod losses;
pub mod postgres;
pub mod sqlite;
pub mod version_table;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::revision::guard::{Guard, Subject};
use crate::schema::kind::Kind;
use crate::schema::{Catalog, Id};
use crate::sql::{Statement, Syntax};
use version_table::AppliedRow;

/// The facts in which databases differ.
#[derive(Debug)]
pub struct Dialect {
    /// `postgresql` or `sqlite`, as written in a section's line and in `--dialect`.
    pub name: &'static str,
    pub syntax: Syntax,
    /// The URL schemes that mean this database, SQLAlchemy's spellings included.
    pub schemes: &'static [&'static str],
    /// Is a database of it a matter of this process alone?
    pub needs_no_server: bool,
    /// Every kind of object, in the order in which they are created if nothing else decides.
    pub kinds: &'static [&'static Kind],
    /// Returns the tables of the live catalog that the declared statements are certain to declare just so, each with the
    /// numbers of all statements about it. It may prove a table equal, never two tables different.
    pub unchanged_tables: fn(&[Statement], &Catalog, &Surroundings) -> Vec<(Id, Vec<usize>)>,
    /// Says what is odd about a column's type that it takes all the same; None for a database that refuses such a type.
    pub doubts_type: Option<fn(&str) -> Option<String>>,
    /// How scripts for it are put together.
    pub scripting: Scripting,
    /// How whole databases come and go.
    pub administration: Administration,
}

/// The plain functions by which whole databases are made and dropped.
#[derive(Debug)]
pub struct Administration {
    /// Makes the database that the URL names if it is missing, and grants the roles what an application needs in the
    /// schemas, now and on what is made there later. A relative file name is relative to the path.
    pub create: fn(url: &str, root: &Path, roles: &[String], schemas: &[String]) -> Result<Made, DatabaseError>,
    /// Drops the database; false if there is none.
    pub drop: fn(url: &str, root: &Path) -> Result<bool, DatabaseError>,
    /// Returns the URL without its password, for people.
    pub place: fn(url: &str, root: &Path) -> Result<String, DatabaseError>,
    /// Returns the options of the session that the URL itself sets (`-c search_path=app`), which a script can't set.
    pub session_options: fn(url: &str) -> Option<String>,
    /// Does the database that the URL names take connections within `limit`? With `server_only`, a server that does is
    /// enough, whether or not the database is there.
    pub answers: fn(url: &str, root: &Path, limit: Duration, server_only: bool) -> Result<(), DatabaseError>,
}

/// Whether `Administration::create` made the database or found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    Now,
    Before,
}

/// The facts and plain functions by which the tool's own statements differ between databases.
///
/// They make text and open nothing, so an offline script is put together from the same parts as an online run.
#[derive(Debug)]
pub struct Scripting {
    /// Returns what begins a transaction in which no statement waits longer than this for a lock.
    pub begin: fn(lock_timeout: Duration) -> String,
    /// The type of the column `applied_at`.
    pub timestamp_type: &'static str,
    /// An expression: this moment by the database's clock, as `applied_at` stores it.
    pub now: &'static str,
    /// Returns an expression: who is doing it.
    pub user: fn() -> String,
    /// Equality, whatever the session's search path leads to first.
    pub equals: &'static str,
    /// Returns a condition: the text column has one of the values, which are literals separated by commas.
    pub is_one_of: fn(column: &str, values: &str) -> String,
    /// Returns a condition: the text column has none of the values.
    pub is_none_of: fn(column: &str, values: &str) -> String,
    /// The type of the version table's texts, and that of its numbers.
    pub text_type: &'static str,
    pub number_type: &'static str,
    /// Sets `duration_ms` and `applied_at` of the row at hand by the database's own clock; None: the tool measures.
    pub stop_the_clock: Option<&'static str>,
    /// Returns the version table's name as this database addresses it, from the parts of the configured name.
    pub version_table: fn(path: &[String]) -> Vec<String>,
    /// Returns an expression that is true when the object is there, or a sentence why this database can't tell.
    pub exists: fn(&Subject) -> Result<String, String>,
    /// Returns a statement that fails with `message` unless the expression `condition` is true.
    pub refuse_unless: fn(condition: &str, message: &str) -> String,
    /// Returns a script that runs `statements` where the guard allows it, without asking first; or a sentence why not.
    pub guarded: fn(&Guard, statements: &[&str]) -> Result<String, String>,
    /// Would the server refuse this statement inside a transaction?
    pub refuses_transaction: fn(statement: &str) -> bool,
    /// Says how to find out whether a statement that ran outside a transaction took effect.
    pub effect: fn(statement: &str) -> Effect,
    /// Must this statement stand outside the transaction, though it belongs to a section that runs in one (SQLite's
    /// `PRAGMA foreign_keys`)?
    pub outside_transaction: fn(statement: &str) -> bool,
    /// How a statement that runs outside a transaction waits for locks.
    pub lock_class: fn(statement: &str) -> LockClass,
    /// Returns the statements to send, each as a message of its own, before and after a statement of this class that runs
    /// outside a transaction; `lock_timeout` is how long one of the class `Short` waits for its lock.
    pub patience: fn(class: LockClass, lock_timeout: Duration) -> Patience,
    /// Undoes what such statements set.
    pub restore: Option<&'static str>,
    /// A query of the rows that violate a foreign key, which such a statement makes possible; each cell a word of the
    /// answer.
    pub violations: Option<&'static str>,
    /// The count of a query's rows, as an expression.
    pub count: &'static str,
    /// An expression: the server process of this session and when it began; null if there is none.
    pub process: &'static str,
    /// Returns the statement that keeps every other run from writing the version table until the transaction ends; None
    /// where `begin` does so already.
    pub lock_table: fn(table: &str) -> Option<String>,
    /// Returns a query that fails, with one of `claimed_codes`, unless the expression is true.
    pub check: fn(condition: &str) -> String,
    /// Returns an INSERT, UPDATE or DELETE as statements that fail, with one of `claimed_codes`, unless it changes just so
    /// many rows.
    pub must_change: fn(statement: &str, rows: usize) -> String,
    /// The error codes of `check` and `must_change`, and of a row that is there already: the version table is not as this
    /// run believes.
    pub claimed_codes: &'static [&'static str],
    /// The error codes after which the same transaction may succeed when it is tried again.
    pub retryable_codes: &'static [&'static str],
    /// The error codes by which a server refuses a statement because a transaction is open.
    pub in_transaction_codes: &'static [&'static str],
    /// Returns about how many locks a statement keeps until its transaction ends.
    pub locks: fn(statement: &str) -> usize,
    /// A query of the room for locks: how many for each session, and for how many sessions. They share it.
    pub lock_room: Option<&'static str>,
    /// How the user runs a script, in a sentence.
    pub how_to_run: &'static str,
    /// A line that makes the client stop a script at the first error.
    pub stop_at_errors: &'static str,
    /// Does an error undo its transaction, whatever the client sends after it?
    pub error_aborts_transaction: bool,
    /// Returns what undoes the settings that these statements leave behind in the session, the version table's
    /// visibility among them.
    pub resets: fn(statements: &[&str]) -> Vec<String>,
    /// What of a statement's effect ends with its session?
    pub session_effect: fn(statement: &str) -> SessionEffect,
}

/// What of a statement's effect a later session doesn't have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEffect {
    None,
    /// A setting: the statement may be run again in another session.
    Repeatable,
    /// An object of that name, possibly with data, which can't be created again.
    Lost(String),
}

/// What the server says of an earlier run that has not ended its revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// It has no session any more.
    Gone,
    /// A session of it runs a statement, or may do so; in words.
    AtWork(String),
    /// A session of it waits for its client; in words, and its process.
    Idle(String, String),
}

/// How a statement that runs outside a transaction waits for locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockClass {
    /// As the session has it: it takes no lock for which an application would have to wait.
    None,
    /// It takes a lock that stops an application, and so does its waiting for it: a short `lock_timeout`, and another try.
    Short,
    /// It stops nobody, and waits for every transaction that is older: no timeout of the server's, which would leave half
    /// of its work behind, but a deadline of the run's own.
    Concurrent,
}

/// The settings around a statement that runs outside a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patience {
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// A watch on a session that may wait for locks (`Database::watch_waits`).
pub struct WaitWatch {
    stop: std::sync::mpsc::Sender<()>,
    thread: std::thread::JoinHandle<Waited>,
}

impl WaitWatch {
    /// Ends the watch and returns what it saw.
    pub fn end(self) -> Waited {
        drop(self.stop);
        self.thread.join().unwrap_or_default()
    }
}

/// What a watch saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waited {
    /// Whom the session waited for the last time that it did, in words.
    pub last: Option<String>,
    /// Its statement was cancelled, because it had waited too long.
    pub cancelled: bool,
}

/// How to find out whether a statement took effect whose run was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Running it again does no harm.
    RunAgain,
    /// A query of one row and one column: `done`; `undone`; or a statement to run first, because a half is there.
    Ask(String),
    /// Running it again does no harm, once nothing is left of the first time: a query of one row and one column with a
    /// statement that clears a part of it away, or `undone`.
    RunAgainAfter(String),
    /// It can't be known.
    Unknown,
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
    /// How many statements of the text had run when it happened.
    pub completed: usize,
    /// Where in a function or block it happened (PostgreSQL's CONTEXT).
    pub context: Option<String>,
    /// The connection is gone; nothing more can be asked of it.
    pub connection_lost: bool,
    /// This process was asked to stop (`interruption`).
    pub interrupted: bool,
}

impl SqlError {
    /// The error of a statement that was cancelled, or did not begin, because this process was asked to stop.
    pub fn interrupted(completed: usize) -> Self {
        SqlError { message: "interrupted".to_owned(), completed, interrupted: true, ..SqlError::default() }
    }
}

/// Why a database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL can't be read or names no database that the tool knows.
    #[error("{0}")]
    Url(String),
    /// A setting of the connection is wrong: in the URL, or in a variable or file that stands in for it.
    #[error("{message}")]
    Setting { message: String, hint: Option<String>, in_url: bool },
    /// `place` is the URL without its password.
    #[error("cannot connect to {place}: {reason}")]
    Connect { place: String, reason: String, hint: Option<String> },
    #[error("the database file {place} can't be removed: {reason}")]
    Remove { place: String, reason: String },
    #[error("{doing}: {error}")]
    Sql { doing: String, error: SqlError },
    #[error("another run of migrate holds the lock on {place}: {holder}; gave up after {waited_seconds} s")]
    Locked { place: String, holder: String, waited_seconds: u64 },
    #[error("{0}")]
    Shadow(String),
}

/// What a connection is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// How the connection introduces itself, in `pg_stat_activity` and to other runs: `migrate upgrade`.
    pub application: String,
    /// May a database file that is not there be made?
    pub may_create: bool,
    /// How long one statement waits for another process to end its transaction (SQLite).
    pub patience: Duration,
}

impl Purpose {
    /// Only looks: makes no file.
    pub fn reading(application: impl Into<String>) -> Self {
        Purpose { application: application.into(), may_create: false, patience: Duration::from_secs(5) }
    }

    pub fn writing(application: impl Into<String>, patience: Duration) -> Self {
        Purpose { application: application.into(), may_create: true, patience }
    }
}

/// Opens the database that `url` names; `root` is what a relative file name in it is relative to.
///
/// # Errors
/// `Url` for a scheme that is none of `DIALECTS`' or a URL that can't be read; `Connect` with the reason.
pub fn connect(url: &str, root: &Path, purpose: &Purpose) -> Result<Box<dyn Database>, DatabaseError> {
    let dialect = dialect_of(url)?;
    if std::ptr::eq(dialect, &sqlite::DIALECT) {
        Ok(Box::new(sqlite::Sqlite::open(url, root, purpose)?))
    } else {
        Ok(Box::new(postgres::Postgres::connect(url, purpose)?))
    }
}

/// Reads a URL without connecting to anything.
///
/// # Errors
/// `Url` that says what is wrong with it.
pub fn read_url(url: &str) -> Result<(), DatabaseError> {
    let dialect = dialect_of(url)?;
    if std::ptr::eq(dialect, &postgres::DIALECT) { postgres::read_url(url) } else { Ok(()) }
}

/// Returns the dialect that the URL's scheme means; a driver's name after `+` says nothing (`postgresql+asyncpg`).
///
/// # Errors
/// `Url` that names the scheme and those that there are.
pub fn dialect_of(url: &str) -> Result<&'static Dialect, DatabaseError> {
    let Some((scheme, _)) = url.split_once(':') else {
        let is_file = [".db", ".sqlite", ".sqlite3"].iter().any(|end| url.to_ascii_lowercase().ends_with(end));
        let hint = is_file.then(|| format!("for an SQLite file write `sqlite://{url}`"));
        return Err(DatabaseError::Setting {
            message: "the database URL has no scheme; it begins with `postgresql://` or `sqlite://`".to_owned(),
            hint,
            in_url: true,
        });
    };
    let name = scheme.split('+').next().unwrap_or_default().to_ascii_lowercase();
    DIALECTS.iter().copied().find(|dialect| dialect.schemes.contains(&name.as_str())).ok_or_else(|| {
        DatabaseError::Url(format!(
            "unsupported database scheme `{scheme}`; migrate works with PostgreSQL (`postgresql://`) and SQLite (`sqlite://`)"
        ))
    })
}

/// Returns the dialect of that name (`postgresql`, `sqlite`, or another spelling of a scheme).
pub fn dialect_named(name: &str) -> Option<&'static Dialect> {
    let name = name.to_ascii_lowercase();
    DIALECTS.iter().copied().find(|dialect| dialect.name == name || dialect.schemes.contains(&name.as_str()))
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

/// What decides, besides DDL, what a definition means and how it is spelled.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// All of it, to tell one from another: versions, encoding, settings, the role.
    pub text: String,
    /// The role's name.
    pub user: String,
    /// The roles that may own what this one makes, as far as that is certain: itself, and for a superuser all.
    pub roles: BTreeSet<String>,
    /// Are the settings that decide what a name means and how a table is stored those of a new database?
    pub usual: bool,
}

/// One open connection to a database.
pub trait Database {
    fn dialect(&self) -> &'static Dialect;

    /// The URL without its password, for people.
    fn place(&self) -> String;

    /// The server's or library's version as it says it: `15.20`, `3.50.2`.
    fn version(&mut self) -> Result<String, DatabaseError>;

    /// Returns what decides, besides DDL, how this database spells a definition: versions, encoding, settings, the user.
    fn environment_fingerprint(&mut self) -> Result<Surroundings, DatabaseError>;

    /// Runs a script of one or more statements as one message, in one round trip where the database can.
    ///
    /// The caller writes BEGIN and COMMIT into it where it wants them. After an error no transaction is open.
    fn execute(&mut self, script: &str) -> Result<(), SqlError>;

    /// Runs one statement and returns its rows, every value in its text form.
    fn query(&mut self, statement: &str) -> Result<Vec<Vec<Option<String>>>, SqlError>;

    /// Returns the rows of the version table, or None if there is no such table; one round trip.
    ///
    /// `script` is None in all of them: it is large and seldom needed; `version_table::stored_script` asks for one.
    fn applied(&mut self, version_table: &str) -> Result<Option<Vec<AppliedRow>>, DatabaseError>;

    /// Returns the version table's name as statements on this connection write it: quoted, and with its schema once
    /// `applied` has been asked.
    fn version_table(&self, version_table: &str) -> String;

    /// Waits up to `wait` for the lock that keeps two runs apart, and calls `waiting` with words about the holder.
    ///
    /// The lock is given back by `unlock`, or when the process dies.
    ///
    /// # Errors
    /// `Locked` when another run still has it after `wait`.
    fn lock(&mut self, version_table: &str, wait: Duration, waiting: &mut dyn FnMut(&str))
    -> Result<(), DatabaseError>;

    fn unlock(&mut self);

    /// Was the lock lost since it was taken? Looks at what has arrived, and sends nothing.
    fn lock_is_lost(&mut self) -> bool;

    /// Returns the comment that marks the statements of a run for `earlier`.
    fn mark(&self, run: &str) -> String;

    /// Is a session of the run with this token, of which the version table has this process, still there?
    fn earlier(&mut self, run: &str, process: Option<&str>) -> Result<Earlier, SqlError>;

    /// Ends an idle session that `earlier` has found; false if that is not permitted.
    fn end_session(&mut self, run: &str, process: &str) -> bool;

    /// Looks, after `delay` and on another connection, who keeps this one waiting for a lock, while it runs a script.
    fn watch_blockers(&self, delay: Duration) -> Option<std::thread::JoinHandle<Option<String>>>;

    /// Watches, on another connection, whom the statements of this one wait for until the watch is ended: `tell` gets each
    /// new answer in words, and a statement that has waited longer than `limit` is cancelled. To be begun before the
    /// statement; None if the database can't tell.
    fn watch_waits(&mut self, _limit: Option<Duration>, _tell: Box<dyn FnMut(&str) + Send>) -> Option<WaitWatch> {
        None
    }

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
    /// The statements that no order makes acceptable, in their order: their index in `statements`, and what the server said.
    /// Everything else is loaded, unless the error of the only one is `interrupted` or `connection_lost`.
    fn load(&mut self, statements: &[Statement]) -> Result<(), Vec<(usize, SqlError)>>;
}
