//! A fresh PostgreSQL database for one test.

use std::io::Write;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use super::server::{self, Server};

/// An empty database on a server, dropped with the value.
#[derive(Debug)]
pub struct Database {
    server: Server,
    name: String,
}

/// Makes a database on the shared server; None (and a word about it) where there is no PostgreSQL.
///
/// ```ignore
/// let Some(database) = postgres::database() else { return };
/// ```
pub fn database() -> Option<Database> {
    Some(Database::on(server::shared()?))
}

impl Database {
    pub fn on(server: &Server) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // Copying files is three times as quick as logging the copy when fsync is off; PostgreSQL 15 brought the choice.
        let strategy = if server.major >= 15 { " STRATEGY file_copy" } else { "" };
        server.execute("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0{strategy}"));
        Database { server: server.clone(), name }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Its URL over the Unix socket.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Its URL over TCP.
    pub fn tcp_url(&self) -> String {
        self.server.tcp_url(&self.name)
    }

    /// Runs statements as one simple query: one transaction, unless they say otherwise.
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        self.server.execute(&self.name, sql);
    }

    pub fn try_execute(&self, sql: &str) -> Result<(), String> {
        self.server.try_execute(&self.name, sql)
    }

    /// The rows of a query, every value as text.
    #[track_caller]
    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        self.server.rows_of(&self.name, sql).unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }

    /// The rows of a query as lines, values separated by `|`, NULL as nothing: as `psql -At` prints them.
    #[track_caller]
    pub fn lines(&self, sql: &str) -> Vec<String> {
        let text =
            |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join("|");
        self.rows(sql).into_iter().map(text).collect()
    }

    /// Runs a script with `psql -v ON_ERROR_STOP=1`, as a DBA would: what it printed, or what it complained about.
    pub fn psql(&self, script: &str) -> Result<String, String> {
        let mut psql = self.server.program("psql");
        psql.args(["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", &self.name, "-f", "-"]);
        let mut child = psql
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("psql is installed beside the server");
        let mut input = child.stdin.take().expect("a pipe");
        let text = script.to_owned();
        let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
        let output = child.wait_with_output().expect("psql ends");
        let _ = writer.join();
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    /// `pg_dump --schema-only --no-owner` without the tool's own table.
    pub fn dump(&self) -> String {
        self.dump_with(&["--schema-only", "--no-owner", "--exclude-table=*.migrate_revision*"])
    }

    /// What `pg_dump` says with these options.
    pub fn dump_with(&self, options: &[&str]) -> String {
        let output = self
            .server
            .program("pg_dump")
            .args(options)
            .args(["-d", &self.name])
            .output()
            .expect("pg_dump is installed beside the server");
        assert!(output.status.success(), "pg_dump failed: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// How many rows each table has, but the tool's own: `schema.table`, count.
    pub fn row_counts(&self) -> Vec<(String, u64)> {
        let tables = "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n \
                      ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)' \
                      AND c.relname NOT LIKE 'migrate\\_revision%' ORDER BY 1";
        let query: Vec<String> = self
            .lines(tables)
            .iter()
            .map(|table| format!("SELECT '{}', count(*) FROM ONLY {table}", table.replace('\'', "''")))
            .collect();
        if query.is_empty() {
            return Vec::new();
        }
        let rows = self.rows(&query.join(" UNION ALL "));
        let pair = |row: Vec<Option<String>>| {
            let mut values = row.into_iter().flatten();
            (values.next().unwrap_or_default(), values.next().and_then(|count| count.parse().ok()).unwrap_or(0))
        };
        rows.into_iter().map(pair).collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A server that a test has stopped for good has nothing to drop.
        let _ = self.server.try_execute("postgres", &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}
