//! One connection to a file or to memory.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, ffi};

use super::lock::Lock;
use super::url::{Mode, Named};
use crate::database::{DatabaseError, Purpose, Reading, Scope, SqlError, interruption};
use crate::sql::{Statement, Syntax, split};

/// Returns the file that `url` names; None for a database in memory or one that SQLite's own URI names.
///
/// # Errors
/// `Url` if it can't be read.
pub fn file(url: &str, root: &Path) -> Result<Option<PathBuf>, DatabaseError> {
    Ok(Named::read(url)?.file(root))
}

/// How long SQLite itself waits for another process before it is looked whether to go on.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// How many steps of its virtual machine SQLite does before it asks whether to go on (SQLite, `sqlite3_progress_handler`).
const OPERATIONS_BETWEEN_LOOKS: i32 = 10_000;

/// An open SQLite database.
pub struct Sqlite {
    connection: Connection,
    /// None: in memory.
    pub(super) file: Option<PathBuf>,
    pub(super) application: String,
    pub(super) lock: Option<Lock>,
    /// How long a statement waits for another process to end its transaction.
    patience: Duration,
    /// It is a shadow in a file of its own, which is to be as empty afterwards as before.
    pub(super) is_borrowed: bool,
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        if self.is_borrowed {
            let emptied = interruption::uninterruptible(|| self.empty());
            if let Err(error) = emptied {
                tracing::warn!(database = self.place(), %error, "the shadow database could not be emptied");
            }
        }
    }
}

impl Sqlite {
    /// Opens the file that `url` names; `root` is what a relative name is relative to.
    ///
    /// A file that is not there is made when `purpose` allows it, and is an empty database otherwise.
    ///
    /// # Errors
    /// `Url` for a wrong URL, `Connect` with SQLite's reason.
    pub fn open(url: &str, root: &Path, purpose: &Purpose) -> Result<Sqlite, DatabaseError> {
        let named = Named::read(url)?;
        let file = named.file(root);
        if let Some(reason) = file.as_deref().and_then(no_database) {
            return Err(DatabaseError::Connect { place: place(file.as_deref()), reason, hint: None });
        }
        let flags = match named.mode {
            Mode::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Mode::ReadWrite | Mode::Create => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let flags = if named.is_uri() { flags | OpenFlags::SQLITE_OPEN_URI } else { flags };
        let may_create = purpose.may_create && named.mode == Mode::Create;
        let opened = match &file {
            Some(path) if may_create => Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_CREATE),
            // To look at what is not there is to look at nothing; to write there is an error.
            Some(path) if path.exists() || purpose.may_create => Connection::open_with_flags(path, flags),
            Some(_) => Connection::open_in_memory(),
            None => Connection::open_with_flags(&named.name, flags | OpenFlags::SQLITE_OPEN_CREATE),
        };
        let failed = |error: rusqlite::Error| {
            let folder = file.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
            let hint = folder
                .filter(|folder| !folder.is_dir())
                .map(|folder| format!("make the folder {} first", folder.display()));
            DatabaseError::Connect { place: place(file.as_deref()), reason: sql_error(&error, 0, 0).message, hint }
        };
        let connection = opened.map_err(failed)?;
        connection.busy_timeout(BETWEEN_LOOKS.min(purpose.patience)).map_err(failed)?;
        // SQLite's own default, which this library was built without: a script does here what it does in the shell.
        connection.pragma_update(None, "foreign_keys", false).map_err(failed)?;
        connection.progress_handler(OPERATIONS_BETWEEN_LOOKS, Some(interruption::is_cancelled));
        // Statements are prepared once; keeping them would only cost memory.
        connection.set_prepared_statement_cache_capacity(0);
        Ok(Sqlite {
            connection,
            file,
            application: purpose.application.clone(),
            lock: None,
            patience: purpose.patience,
            is_borrowed: false,
        })
    }

    /// The name of the file as SQLite has opened it, a `file:` URI read; None in memory.
    pub(super) fn opened_file(&self) -> Option<PathBuf> {
        self.connection.path().filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    /// The URL, for people.
    pub fn place(&self) -> String {
        place(self.file.as_deref())
    }

    /// Runs the statements of `script` one by one; an error rolls back the transaction that is open.
    ///
    /// # Errors
    /// The error of the statement, with `interrupted` set if the process was asked to stop, or `connection_lost`.
    pub fn execute(&mut self, script: &str) -> Result<(), SqlError> {
        self.run(script).inspect_err(|_| self.roll_back())
    }

    fn run(&self, script: &str) -> Result<(), SqlError> {
        let pieces = split::split(script, Syntax::Sqlite).map_err(|error| SqlError {
            message: error.to_string(),
            position: Some(error.at()),
            ..SqlError::default()
        })?;
        for (completed, piece) in pieces.iter().enumerate() {
            self.run_one(piece.text(script)).map_err(|error| sql_error(&error, piece.start, completed))?;
        }
        Ok(())
    }

    /// Tries until the file is free or patience is over. A statement that finds it busy has done nothing.
    fn patiently<T>(&self, work: impl Fn() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let started = Instant::now();
        loop {
            if interruption::is_cancelled() {
                return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_INTERRUPT), None));
            }
            match work() {
                Err(error) if is_busy(&error) && started.elapsed() < self.patience => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                result => return result,
            }
        }
    }

    fn run_one(&self, statement: &str) -> rusqlite::Result<()> {
        self.patiently(|| self.try_one(statement))
    }

    fn try_one(&self, statement: &str) -> rusqlite::Result<()> {
        let mut prepared = self.connection.prepare(statement)?;
        let mut rows = prepared.raw_query();
        while rows.next()?.is_some() {}
        Ok(())
    }

    /// Runs one statement and returns its rows as text.
    ///
    /// # Errors
    /// The error of the statement, with `interrupted` set if the process was asked to stop, or `connection_lost`.
    pub fn query(&mut self, statement: &str) -> Result<Vec<Vec<Option<String>>>, SqlError> {
        self.rows(statement).map_err(|error| {
            self.roll_back();
            sql_error(&error, 0, 0)
        })
    }

    fn rows(&self, statement: &str) -> rusqlite::Result<Vec<Vec<Option<String>>>> {
        self.patiently(|| self.try_rows(statement))
    }

    fn try_rows(&self, statement: &str) -> rusqlite::Result<Vec<Vec<Option<String>>>> {
        let mut prepared = self.connection.prepare(statement)?;
        let columns = prepared.column_count();
        let mut rows = prepared.raw_query();
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let cells = (0..columns).map(|at| Ok(text(row.get_ref(at)?)));
            all.push(cells.collect::<rusqlite::Result<_>>()?);
        }
        Ok(all)
    }

    /// Reads the catalog.
    ///
    /// # Errors
    /// The error of the statement, with `interrupted` set if the process was asked to stop, or `connection_lost`.
    pub fn reflect(&self, scope: &Scope) -> Result<Reading, SqlError> {
        super::reflect::reflect(&self.connection, scope).map_err(|error| sql_error(&error, 0, 0))
    }

    /// Empties the file (SQLite, `SQLITE_DBCONFIG_RESET_DATABASE`).
    fn empty(&self) -> rusqlite::Result<()> {
        self.roll_back();
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, true)?;
        let emptied = self.run_one("VACUUM");
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, false)?;
        emptied
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit() {
            let _ = interruption::uninterruptible(|| self.run_one("ROLLBACK"));
        }
    }

    /// Runs the statements, those that fail once more after the others, until all have run or none of the rest can.
    ///
    /// # Errors
    /// The statements of that rest, and what SQLite said about each the last time.
    pub fn load(&mut self, statements: &[Statement]) -> Result<(), Vec<(usize, SqlError)>> {
        let mut waiting: Vec<usize> = (0..statements.len()).collect();
        while !waiting.is_empty() {
            let mut refused = Vec::new();
            for &at in &waiting {
                let Some(statement) = statements.get(at) else { continue };
                if let Err(error) = self.run_one(&statement.text) {
                    refused.push((at, sql_error(&error, 0, 0)));
                }
            }
            if refused.len() == waiting.len() {
                self.roll_back();
                return Err(refused);
            }
            waiting = refused.into_iter().map(|(at, _)| at).collect();
        }
        Ok(())
    }
}

/// Has another process the file? Not when the file has changed under a transaction that has read it: that one is lost.
fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(failure, _) if failure.extended_code == ffi::SQLITE_BUSY)
}

pub fn place(file: Option<&Path>) -> String {
    match file {
        Some(file) => format!("sqlite:///{}", file.display()),
        None => "sqlite://:memory:".to_owned(),
    }
}

/// Says why what is there can't be a database file.
///
/// Source: SQLite, "Database File Format", 1.3.
fn no_database(path: &Path) -> Option<String> {
    use std::io::Read;
    if path.is_dir() {
        return Some("it is a directory".to_owned());
    }
    let mut head = [0; 16];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)).ok()?;
    let is_one = head == *b"SQLite format 3\0" || head == [0; 16];
    (!is_one).then(|| "the file is not an SQLite database, or is encrypted".to_owned())
}

fn text(value: ValueRef) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// Returns what SQLite said; `start` is where the statement begins in the text, `completed` how many ran before it.
fn sql_error(error: &rusqlite::Error, start: usize, completed: usize) -> SqlError {
    let (code, message, position) = match error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            (Some(failure.extended_code), message.clone().unwrap_or_else(|| failure.to_string()), None)
        }
        // `near "x": syntax error`, without the SQL that the library would add.
        rusqlite::Error::SqlInputError { error, msg, offset, .. } => {
            (Some(error.extended_code), msg.clone(), usize::try_from(*offset).ok())
        }
        other => (None, other.to_string(), None),
    };
    if code == Some(ffi::SQLITE_INTERRUPT) {
        return SqlError { position: Some(start), ..SqlError::interrupted(completed) };
    }
    // The primary code is in the low byte of an extended one (SQLite, "Result Codes").
    let busy = code.is_some_and(|code| code & 0xff == ffi::SQLITE_BUSY);
    let hint =
        "another program keeps a write transaction open on the file; `run.lock_wait` says how long to wait for it";
    SqlError {
        message,
        hint: busy.then(|| hint.to_owned()),
        code: code.map(code_name),
        position: position.map(|offset| start + offset),
        completed,
        ..SqlError::default()
    }
}

fn code_name(code: i32) -> String {
    let name = match code {
        ffi::SQLITE_ERROR => "SQLITE_ERROR",
        ffi::SQLITE_BUSY => "SQLITE_BUSY",
        ffi::SQLITE_BUSY_SNAPSHOT => "SQLITE_BUSY_SNAPSHOT",
        ffi::SQLITE_LOCKED => "SQLITE_LOCKED",
        ffi::SQLITE_READONLY => "SQLITE_READONLY",
        ffi::SQLITE_IOERR => "SQLITE_IOERR",
        ffi::SQLITE_CORRUPT => "SQLITE_CORRUPT",
        ffi::SQLITE_FULL => "SQLITE_FULL",
        ffi::SQLITE_CANTOPEN => "SQLITE_CANTOPEN",
        ffi::SQLITE_NOTADB => "SQLITE_NOTADB",
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY => "SQLITE_CONSTRAINT_PRIMARYKEY",
        ffi::SQLITE_CONSTRAINT_UNIQUE => "SQLITE_CONSTRAINT_UNIQUE",
        ffi::SQLITE_CONSTRAINT_CHECK => "SQLITE_CONSTRAINT_CHECK",
        ffi::SQLITE_CONSTRAINT_NOTNULL => "SQLITE_CONSTRAINT_NOTNULL",
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => "SQLITE_CONSTRAINT_FOREIGNKEY",
        ffi::SQLITE_CONSTRAINT_TRIGGER => "SQLITE_CONSTRAINT_TRIGGER",
        ffi::SQLITE_CONSTRAINT_DATATYPE => "SQLITE_CONSTRAINT_DATATYPE",
        other => return format!("SQLite error {other}"),
    };
    name.to_owned()
}
