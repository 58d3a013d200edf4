//! A project with its database, whichever it is: for tests that hold for both.

use std::process::Stdio;
use std::time::Duration;

use super::postgres::{self, Database};
use super::project::Project;
use super::server::{Server, wait_until};
use super::{judge, sqlite};

/// How long a fact is waited for before the test fails: far longer than it takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A project and a look into its database from outside.
pub struct Site {
    pub project: Project,
    database: Option<Database>,
}

/// Runs the test on SQLite, and on PostgreSQL where there is one.
pub fn on_both(test: impl Fn(&Site)) {
    test(&Site::sqlite());
    if let Some(site) = Site::postgres() {
        test(&site);
    }
}

impl Site {
    pub fn sqlite() -> Site {
        Site { project: Project::sqlite(), database: None }
    }

    pub fn postgres() -> Option<Site> {
        let database = postgres::database()?;
        Some(Site { project: Project::postgres(&database), database: Some(database) })
    }

    pub fn on(server: &Server) -> Site {
        let database = Database::on(server);
        Site { project: Project::postgres(&database), database: Some(database) }
    }

    /// Another database of the same kind, empty, with a project that has the same revisions.
    pub fn twin(&self) -> Site {
        let twin = match &self.database {
            None => Site::sqlite(),
            Some(database) => Site::on(database.server()),
        };
        for name in self.project.files("migrations") {
            twin.project.write(&format!("migrations/{name}"), &self.project.read(&format!("migrations/{name}")));
        }
        twin
    }

    pub fn is_postgres(&self) -> bool {
        self.database.is_some()
    }

    /// The PostgreSQL database, for what only it has.
    #[track_caller]
    pub fn database(&self) -> &Database {
        self.database.as_ref().expect("this site is on PostgreSQL")
    }

    pub fn execute(&self, sql: &str) {
        match &self.database {
            Some(database) => database.execute(sql),
            None => sqlite::execute(&self.project.path("app.db"), sql),
        }
    }

    #[track_caller]
    pub fn lines(&self, sql: &str) -> Vec<String> {
        match &self.database {
            Some(database) => database.lines(sql),
            None => sqlite::lines(&self.project.path("app.db"), sql),
        }
    }

    /// Runs a script as a DBA would: with psql or the sqlite3 shell.
    pub fn load(&self, script: &str) -> Result<String, String> {
        match &self.database {
            Some(database) => database.psql(script),
            None => sqlite::shell(&self.project.path("app.db"), script),
        }
    }

    /// The applied revisions with their states: `r1 applied`.
    #[track_caller]
    pub fn applied(&self) -> Vec<String> {
        self.lines("SELECT revision || ' ' || state FROM migrate_revision ORDER BY revision")
    }

    /// The schema in the outside judge's normal form, without the version table.
    pub fn schema(&self) -> Vec<String> {
        match &self.database {
            Some(database) => judge::postgres(&database.dump()),
            None => judge::sqlite(&self.project.path("app.db")),
        }
    }

    /// The rows of the version table, but for when, by whom and how long.
    #[track_caller]
    pub fn version_rows(&self) -> Vec<String> {
        self.lines(
            "SELECT revision || '/' || message || '/' || checksum || '/' || coalesce(script, 'null') || '/' || state || '/' || \
             statements_done || '/' || tool_version FROM migrate_revision ORDER BY revision",
        )
    }

    /// Is there such a table?
    pub fn has_table(&self, name: &str) -> bool {
        let sql = match self.is_postgres() {
            true => format!("SELECT count(*) FROM pg_class WHERE relname = '{name}' AND relkind = 'r'"),
            false => format!("SELECT count(*) FROM sqlite_master WHERE name = '{name}' AND type = 'table'"),
        };
        (self.is_postgres() || self.project.path("app.db").exists()) && self.lines(&sql) == ["1"]
    }
}

/// A session that keeps a lock until it is told to let go.
pub struct Blocker<'s> {
    site: &'s Site,
    session: std::process::Child,
}

impl Blocker<'_> {
    /// Returns once `statement`, which takes the lock in a transaction, is done.
    pub fn with<'s>(site: &'s Site, statement: &str) -> Blocker<'s> {
        use std::io::Write;
        let mut psql = site.database().server().program("psql");
        psql.args(["-X", "-q", "-d", site.database().name()]).env("PGAPPNAME", "blocker").stdout(Stdio::null());
        let mut session = psql.stdin(Stdio::piped()).spawn().expect("psql is there");
        let input = session.stdin.as_mut().expect("a pipe");
        writeln!(input, "BEGIN; {statement}").expect("psql reads");
        let blocker = Blocker { site, session };
        wait_until("the blocker has its lock", PATIENCE, || blocker.is_there(" AND state = 'idle in transaction'"));
        blocker
    }

    /// Sends it another statement, without waiting for it.
    pub fn goes_on(&mut self, statement: &str) {
        use std::io::Write;
        let input = self.session.stdin.as_mut().expect("a pipe");
        writeln!(input, "{statement}").expect("psql reads");
    }

    /// Ends its transaction as it is, and returns once its session is gone.
    pub fn let_go(mut self) {
        drop(self.session.stdin.take());
        self.session.wait().expect("psql ends");
        wait_until("the blocker is gone", PATIENCE, || !self.is_there(""));
    }

    fn is_there(&self, how: &str) -> bool {
        let count =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'blocker' AND datname = current_database()";
        self.site.lines(&format!("{count}{how}")) == ["1"]
    }
}
