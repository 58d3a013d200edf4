//! SQLite: one file, one connection.

mod administer;
mod connection;
mod ddl;
pub mod kinds;
mod lock;
mod rebuild;
pub mod reflect;
pub mod script;
mod types;
mod unchanged_tables;
mod url;
mod words;

use std::path::Path;
use std::time::Duration;

pub use connection::Sqlite;

use crate::database::version_table::{self, AppliedRow};
use crate::database::{Database, DatabaseError, Dialect, Earlier, Purpose, Reading, Scope, SqlError, Surroundings};
use crate::sql::{Statement, Syntax, quote};

pub static DIALECT: Dialect = Dialect {
    name: "sqlite",
    syntax: Syntax::Sqlite,
    schemes: &["sqlite", "sqlite3"],
    needs_no_server: true,
    kinds: kinds::KINDS,
    unchanged_tables: unchanged_tables::unchanged_tables,
    doubts_type: Some(types::doubt),
    scripting: script::SCRIPTING,
    administration: administer::ADMINISTRATION,
};

impl Sqlite {
    fn version_path(version_table: &str) -> Vec<String> {
        (DIALECT.scripting.version_table)(&version_table::path(version_table, Syntax::Sqlite))
    }
}

impl Database for Sqlite {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn place(&self) -> String {
        Sqlite::place(self)
    }

    fn version(&mut self) -> Result<String, DatabaseError> {
        Ok(rusqlite::version().to_owned())
    }

    fn environment_fingerprint(&mut self) -> Result<Surroundings, DatabaseError> {
        Ok(Surroundings { text: Database::version(self)?, usual: true, ..Surroundings::default() })
    }

    fn execute(&mut self, script: &str) -> Result<(), SqlError> {
        Sqlite::execute(self, script)
    }

    fn query(&mut self, statement: &str) -> Result<Vec<Vec<Option<String>>>, SqlError> {
        Sqlite::query(self, statement)
    }

    fn applied(&mut self, version_table: &str) -> Result<Option<Vec<AppliedRow>>, DatabaseError> {
        let path = Self::version_path(version_table);
        let name = quote::qualified(&path);
        let failed = |error: SqlError| DatabaseError::Sql { doing: format!("reading the version table {name}"), error };
        let missing = format!("no such table: {}", path.join("."));
        match Sqlite::query(self, &version_table::select(&name, &DIALECT)) {
            Ok(rows) => version_table::rows(rows).map(Some).map_err(failed),
            Err(error) if error.message == missing => Ok(None),
            Err(error) if error.message.starts_with("no such column") => Err(failed(version_table::foreign(error))),
            Err(error) => Err(failed(error)),
        }
    }

    fn version_table(&self, version_table: &str) -> String {
        quote::qualified(&Self::version_path(version_table))
    }

    fn lock(&mut self, _: &str, wait: Duration, waiting: &mut dyn FnMut(&str)) -> Result<(), DatabaseError> {
        Sqlite::lock(self, wait, waiting)
    }

    fn unlock(&mut self) {
        Sqlite::unlock(self);
    }

    /// The operating system keeps it as long as this process lives.
    fn lock_is_lost(&mut self) -> bool {
        false
    }

    fn mark(&self, _: &str) -> String {
        String::new()
    }

    /// A statement runs in the process that sent it, so it ends with its run.
    fn earlier(&mut self, _: &str, _: Option<&str>) -> Result<Earlier, SqlError> {
        Ok(Earlier::Gone)
    }

    fn end_session(&mut self, _: &str, _: &str) -> bool {
        false
    }

    fn watch_blockers(&self, _: Duration) -> Option<std::thread::JoinHandle<Option<String>>> {
        None
    }

    fn reflect(&mut self, scope: &Scope) -> Result<Reading, DatabaseError> {
        Sqlite::reflect(self, scope)
            .map_err(|error| DatabaseError::Sql { doing: "reading the schema".to_owned(), error })
    }

    /// A database in memory; a `shadow_url` names a file that must be empty, and is again afterwards.
    fn shadow(&mut self, shadow_url: Option<&str>) -> Result<Box<dyn Database>, DatabaseError> {
        let url = shadow_url.filter(|url| !url.is_empty()).unwrap_or("sqlite://:memory:");
        let purpose = Purpose::writing("migrate shadow", Duration::from_secs(5));
        let mut shadow = Sqlite::open(url, Path::new(""), &purpose)?;
        let failed = |error| DatabaseError::Sql { doing: "looking into the shadow database".to_owned(), error };
        let found = Sqlite::query(&mut shadow, "SELECT name FROM sqlite_master LIMIT 1").map_err(failed)?;
        if let Some(name) = found.into_iter().next().and_then(|row| row.into_iter().next()).flatten() {
            return Err(DatabaseError::Shadow(format!(
                "the shadow database {} is not empty: it has {name}; name a file that does not exist yet in `shadow_url`, \
                 or leave it out to use memory",
                Sqlite::place(&shadow)
            )));
        }
        shadow.is_borrowed = shadow.file.is_some();
        Ok(Box::new(shadow))
    }

    fn load(&mut self, statements: &[Statement]) -> Result<(), Vec<(usize, SqlError)>> {
        Sqlite::load(self, statements)
    }
}
