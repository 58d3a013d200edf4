//! PostgreSQL 14 to 18: connection, lock, shadow, reading the catalog.

mod administer;
mod connection;
mod effect;
mod handshake;
pub mod kinds;
mod load;
mod lock;
mod parameters;
mod password_file;
pub mod reflect;
pub mod script;
mod shadow;
mod spelling;
pub mod static_compare;
mod stream;
mod tls;
pub mod trust;
mod url;
mod waits;

use std::time::Duration;

pub use connection::{Connection, Rows};
pub use url::Settings;

use crate::database::version_table::{self, AppliedRow};
use crate::database::{
    Database, DatabaseError, Dialect, Earlier, Purpose, Reading, Scope, SqlError, Surroundings, WaitWatch, interruption,
};
use crate::sql::{Statement, Syntax, quote};

/// Reads a URL without connecting to anything, and without the environment.
///
/// # Errors
/// `Url` that says what is wrong with it.
pub fn read_url(url: &str) -> Result<(), DatabaseError> {
    url::Settings::read(url, &|_| None).map(drop)
}

pub static DIALECT: Dialect = Dialect {
    name: "postgresql",
    syntax: Syntax::Postgres,
    schemes: &["postgresql", "postgres"],
    needs_no_server: false,
    kinds: kinds::KINDS,
    unchanged_tables: static_compare::unchanged_tables,
    doubts_type: None,
    scripting: script::SCRIPTING,
    administration: administer::ADMINISTRATION,
};

/// An open connection to a PostgreSQL database.
pub struct Postgres {
    connection: Connection,
    settings: Settings,
    application: String,
    /// The schema that an unqualified version table is in, or will be made in.
    version_schema: Option<String>,
    lock: Option<lock::Lock>,
    /// This database is a shadow.
    cleanup: Option<shadow::Cleanup>,
}

impl Postgres {
    /// Connects to the database that `url` and libpq's environment variables name.
    ///
    /// # Errors
    /// `Url` or `Setting` for a wrong URL, `Connect` with the reason.
    pub fn connect(url: &str, purpose: &Purpose) -> Result<Postgres, DatabaseError> {
        let settings = Settings::read(url, &|name| std::env::var(name).ok())?;
        Postgres::open(settings, &purpose.application)
    }

    fn open(settings: Settings, application: &str) -> Result<Postgres, DatabaseError> {
        let connection = Connection::open(&settings, application)?;
        Ok(Postgres {
            connection,
            settings,
            application: application.to_owned(),
            version_schema: None,
            lock: None,
            cleanup: None,
        })
    }

    /// Sends all queries at once and returns the rows of each: one wait for any number of queries.
    ///
    /// # Errors
    /// The error of the statement, with `interrupted` set if the process was asked to stop, or `connection_lost`.
    pub fn pipeline(&mut self, queries: &[&str]) -> Result<Vec<Rows>, SqlError> {
        self.connection.pipeline(queries)
    }

    /// Drops whatever transaction an error left open; the server says nothing worse than a notice if there is none.
    fn roll_back(&self) {
        if !self.connection.is_closed() {
            let _ = interruption::uninterruptible(|| self.connection.execute("ROLLBACK"));
        }
    }

    fn version_path(&self, version_table: &str) -> Vec<String> {
        let mut path = version_table::path(version_table, Syntax::Postgres);
        if let (1, Some(schema)) = (path.len(), &self.version_schema) {
            path.insert(0, schema.clone());
        }
        path
    }
}

impl Database for Postgres {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn place(&self) -> String {
        self.settings.place()
    }

    fn version(&mut self) -> Result<String, DatabaseError> {
        Ok(self.connection.version().to_owned())
    }

    /// Extensions come into it with the versions that CREATE EXTENSION would make.
    fn environment_fingerprint(&mut self) -> Result<Surroundings, DatabaseError> {
        // What is set for the role, or for all roles, holds in a new database too.
        let rows = self
            .query(
                "SELECT current_user, pg_catalog.current_setting('is_superuser'), \
                 (SELECT pg_catalog.string_agg(a.rolname, E'\\n') FROM pg_catalog.pg_roles a), \
                 pg_catalog.current_setting('search_path'), pg_catalog.current_setting('default_tablespace'), \
                 pg_catalog.current_setting('default_table_access_method'), \
                 (SELECT pg_catalog.string_agg(pg_catalog.array_to_string(s.setconfig, E'\\n'), E'\\n' ORDER BY s.setrole) \
                  FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_roles a ON a.oid OPERATOR(pg_catalog.=) s.setrole \
                  WHERE s.setdatabase OPERATOR(pg_catalog.=) 0::pg_catalog.oid \
                  AND (s.setrole OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR a.rolname OPERATOR(pg_catalog.=) session_user)), \
                 pg_catalog.version(), d.encoding, d.datcollate, d.datctype, \
                 pg_catalog.current_setting('default_text_search_config'), \
                 pg_catalog.current_setting('standard_conforming_strings'), pg_catalog.current_setting('TimeZone'), \
                 (SELECT pg_catalog.md5(pg_catalog.string_agg(pg_catalog.concat(name, default_version), ',' ORDER BY name)) \
                  FROM pg_catalog.pg_available_extensions) \
                 FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()",
            )
            .map_err(|error| DatabaseError::Sql { doing: "reading the server's settings".to_owned(), error })?;
        let mut cells: Vec<String> = rows.into_iter().flatten().map(Option::unwrap_or_default).collect();
        let cell = |at: usize| cells.get(at).map_or("", String::as_str);
        let user = cell(0).to_owned();
        let roles = cell(2).lines().filter(|role| cell(1) == "on" || *role == user).map(str::to_owned).collect();
        let usual = matches!(cell(3), "\"$user\", public" | "public")
            && (cell(4), cell(5)) == ("", "heap")
            && !["search_path", "default_table"].iter().any(|name| cell(6).contains(name));
        // Which roles there are decides nothing by itself.
        if cells.len() > 2 {
            cells.remove(2);
        }
        Ok(Surroundings { user, roles, usual, text: cells.join("\n") })
    }

    fn execute(&mut self, script: &str) -> Result<(), SqlError> {
        self.connection.execute(script).inspect_err(|_| self.roll_back())
    }

    fn query(&mut self, statement: &str) -> Result<Vec<Vec<Option<String>>>, SqlError> {
        let answers = self.connection.run(statement).inspect_err(|_| self.roll_back())?;
        Ok(answers.into_iter().next_back().unwrap_or_default())
    }

    /// One message: where the table is, and its rows. The last statement fails if there is not a table, and that is an
    /// answer too. Code of a stranger's in the table is an error before a row is read.
    fn applied(&mut self, version_table: &str) -> Result<Option<Vec<AppliedRow>>, DatabaseError> {
        let name = quote::qualified(&version_table::path(version_table, Syntax::Postgres));
        let script = |place: &str| format!("{place};\n{}", version_table::select(&name, &DIALECT));
        let place = trust::place_of_version_table(&name);
        let (mut answers, mut error) = self.connection.run_as_far_as_it_goes(&script(&place));
        if answers.is_empty() && error.as_ref().is_some_and(|error| error.code.as_deref() == Some(trust::NOT_TRUSTED)) {
            trust::refuse_code_in(&self.connection, &name)?;
            let place = trust::place_of_plain_table(&name);
            (answers, error) = self.connection.run_as_far_as_it_goes(&script(&place));
        }
        if let Some(schema) = answers.first().and_then(|rows| rows.first()).and_then(|row| row.first()) {
            self.version_schema = schema.clone();
        }
        let failed = |error: SqlError| DatabaseError::Sql { doing: format!("reading the version table {name}"), error };
        match error {
            None => version_table::rows(answers.pop().unwrap_or_default()).map(Some).map_err(failed),
            // undefined_table, or invalid_schema_name.
            Some(error) if matches!(error.code.as_deref(), Some("42P01" | "3F000")) => Ok(None),
            // undefined_column
            Some(error) if error.code.as_deref() == Some("42703") => Err(failed(version_table::foreign(error))),
            Some(error) => Err(failed(error)),
        }
    }

    fn version_table(&self, version_table: &str) -> String {
        quote::qualified(&self.version_path(version_table))
    }

    fn lock(
        &mut self,
        version_table: &str,
        wait: Duration,
        waiting: &mut dyn FnMut(&str),
    ) -> Result<(), DatabaseError> {
        let name = self.version_table(version_table);
        // This session waits too, and a role's `idle_session_timeout` would end it.
        let meanwhile = || _ = self.connection.execute("SELECT 1");
        let lock = lock::Lock::take(&self.settings, &self.application, &name, wait, waiting, &meanwhile)?;
        self.lock = Some(lock);
        Ok(())
    }

    fn unlock(&mut self) {
        self.lock = None;
    }

    fn lock_is_lost(&mut self) -> bool {
        self.lock.as_ref().is_some_and(lock::Lock::is_lost)
    }

    fn mark(&self, run: &str) -> String {
        lock::mark(run)
    }

    fn earlier(&mut self, run: &str, process: Option<&str>) -> Result<Earlier, SqlError> {
        lock::earlier(&self.connection, run, process)
    }

    fn end_session(&mut self, run: &str, process: &str) -> bool {
        lock::end_session(&self.connection, run, process)
    }

    fn watch_blockers(&self, delay: Duration) -> Option<std::thread::JoinHandle<Option<String>>> {
        Some(lock::watch_blockers(&self.settings, &self.application, delay))
    }

    fn watch_waits(&mut self, limit: Option<Duration>, tell: Box<dyn FnMut(&str) + Send>) -> Option<WaitWatch> {
        // A pooler has numbers of its own, so the server is asked for its.
        let rows = self.connection.run("SELECT pg_catalog.pg_backend_pid()").ok()?.pop()?;
        let pid = rows.into_iter().flatten().next().flatten()?.parse().ok()?;
        Some(waits::watch(&self.settings, &self.application, pid, limit, tell))
    }

    fn reflect(&mut self, scope: &Scope) -> Result<Reading, DatabaseError> {
        let version = self.connection.version_number();
        let read = self.connection.drive(|client| reflect::reflect(client, version, scope));
        read.map_err(|error| DatabaseError::Sql { doing: "reading the catalog".to_owned(), error })
    }

    fn shadow(&mut self, shadow_url: Option<&str>) -> Result<Box<dyn Database>, DatabaseError> {
        Ok(Box::new(shadow::open(self, shadow_url)?))
    }

    fn load(&mut self, statements: &[Statement]) -> Result<(), Vec<(usize, SqlError)>> {
        load::load(&self.connection, statements)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(cleanup) = self.cleanup.take() {
            interruption::uninterruptible(|| shadow::leave(self, cleanup));
        }
    }
}
