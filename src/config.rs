//! migrate.toml, the environment and flags become one plain `Config`.

use std::path::PathBuf;
use std::time::Duration;

/// Everything that a command needs to know of the project, resolved: paths absolute, variables expanded, the `-e`
/// environment laid over the file, flags over both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The folder of migrate.toml.
    pub root: PathBuf,
    /// The name that `-e` gave.
    pub environment: Option<String>,
    pub revisions: Vec<PathBuf>,
    pub template: Option<PathBuf>,
    /// MiniJinja text: `{{date}}_{{id}}_{{slug}}`.
    pub file_name: String,
    pub models: Models,
    pub database: DatabaseConfig,
    pub autogenerate: Autogenerate,
    pub run: Run,
}

/// Where the declared schema comes from: one source, or several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Models {
    /// `*.toml` and `*.sql` files, or folders of them.
    pub paths: Vec<PathBuf>,
    /// `module:attribute` of SQLAlchemy metadata or declarative bases.
    pub sqlalchemy: Vec<String>,
    /// The interpreter for `sqlalchemy`; None looks for the project's own virtual environment, then `python3`.
    pub python: Option<String>,
    /// A program and its arguments, whose standard output is DDL.
    pub command: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseConfig {
    pub url: String,
    /// PostgreSQL's schemas; `*` for every schema that is not the system's.
    pub schemas: Vec<String>,
    pub version_table: String,
    /// None: a temporary database on the same server; SQLite: in memory.
    pub shadow_url: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Autogenerate {
    /// Patterns of names (`*` stands for any characters) that are never compared and never dropped.
    pub ignore: Vec<String>,
    /// The kinds that the models speak for, in the plural; `*` for all; None: what the sources can say.
    pub manage: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub transaction: TransactionMode,
    pub lock_timeout: Duration,
    pub lock_wait: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransactionMode {
    #[default]
    PerRevision,
    All,
    None,
}
