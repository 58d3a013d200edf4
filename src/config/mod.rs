//! migrate.toml, the environment and flags become one plain `Config`.

mod env_file;
mod error;
mod expand;
mod keys;
mod read;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

pub use error::ConfigError;
pub use keys::json_schema;

use crate::place::Place;
use expand::Variables;
use read::File;
pub use read::parse_duration;

/// The name of the project file.
pub const FILE_NAME: &str = "migrate.toml";

/// The version table's name where migrate.toml gives it none.
pub const DEFAULT_VERSION_TABLE: &str = "migrate_revision";

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-c`: migrate.toml itself, or the folder that holds it; None: the current folder and its parents are searched.
    pub file: Option<PathBuf>,
    /// `-e`: the environment whose `[env.NAME.…]` is laid over the rest.
    pub environment: Option<String>,
    /// `--url`: wins over the file.
    pub url: Option<String>,
    /// `--shadow`: wins over the file.
    pub shadow: Option<ShadowUse>,
}

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

#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseConfig {
    /// As written, with variables expanded: `database` reads it. A fault (a variable that is not set, no URL at all)
    /// waits here for a command that needs the database.
    pub url: Result<String, ConfigError>,
    /// Where the file has it; None for `--url`.
    pub url_place: Option<Place>,
    /// PostgreSQL's schemas; `*` for every schema that is not the system's.
    pub schemas: Vec<String>,
    pub version_table: String,
    /// Alembic's own table, to be kept in step with the version table.
    pub alembic_version_table: Option<String>,
    /// None: a temporary database on the same server; SQLite: in memory. A fault waits as in `url`.
    pub shadow_url: Result<Option<String>, ConfigError>,
    /// Roles whose functions and views of the live database may run in a shadow as one's own do; `*` for all.
    pub trust: Vec<String>,
}

impl Models {
    /// Returns the interpreter that is named, beneath `root` unless it is to be looked for on PATH.
    pub fn interpreter(&self, root: &Path) -> Option<PathBuf> {
        let named = self.python.as_deref()?;
        Some(if named.contains(['/', '\\']) { root.join(named) } else { PathBuf::from(named) })
    }
}

impl DatabaseConfig {
    /// Returns the URL for a command that needs the database.
    ///
    /// # Errors
    /// `ConfigError` if the URL is missing or could not be expanded.
    pub fn url(&self) -> Result<&str, ConfigError> {
        self.url.as_deref().map_err(Clone::clone)
    }

    /// Returns the URL of the database to try things in, if one is named.
    ///
    /// # Errors
    /// `ConfigError` if it could not be expanded.
    pub fn shadow_url(&self) -> Result<Option<&str>, ConfigError> {
        self.shadow_url.as_ref().map(Option::as_deref).map_err(Clone::clone)
    }
}

/// Leaves the URLs out: they hold passwords.
impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("schemas", &self.schemas)
            .field("version_table", &self.version_table)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Autogenerate {
    /// Patterns of names (`*` stands for any characters) that are never compared and never dropped.
    pub ignore: Vec<String>,
    /// The kinds that the models manage, in the plural; `*` for all; None: what the sources can say.
    pub manage: Option<Vec<String>>,
    /// Patterns of names: what is planned is only this; empty: everything. The command line alone says it.
    pub only: Vec<String>,
    /// Patterns of names that are left as they are. The command line alone says it.
    pub except: Vec<String>,
    /// What is loaded into a shadow; `--shadow` wins over the file.
    pub shadow: ShadowUse,
}

/// What is loaded into a shadow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShadowUse {
    /// What may differ; and what a shadow answered is remembered.
    #[default]
    Auto,
    /// Everything, each time.
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub transaction: TransactionMode,
    pub lock_timeout: Duration,
    /// How long CREATE INDEX CONCURRENTLY and its like wait for older transactions; None: without end.
    pub concurrent_wait: Option<Duration>,
    pub lock_wait: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransactionMode {
    #[default]
    PerRevision,
    All,
    None,
}

/// Finds migrate.toml, reads it, and lays the environment and the command line over it.
///
/// # Errors
/// No migrate.toml; a text that is not TOML; an unknown key or a value of the wrong type, anywhere in the file; an
/// unknown `-e`; a variable that is not set, of a key that every command uses.
pub fn load(options: &Options) -> Result<Config, ConfigError> {
    let path = find(options.file.as_deref())?;
    let text = std::fs::read(&path)
        .map_err(|error| ConfigError::new(format!("cannot read the file: {error}")).of(&path))
        .and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| ConfigError::new("the file is not UTF-8 text").of(&path))
        })?;
    read(&path, &text, options, &|name| std::env::var(name).ok())
}

/// Returns what a command gets that needs no project: the defaults, at the current folder, with the URL of `--url`.
///
/// # Errors
/// `ConfigError` for a value of the command line or the environment that does not fit.
pub fn without_file(options: &Options) -> Result<Config, ConfigError> {
    let path = current_folder()?.join(FILE_NAME);
    read(&path, "", &Options { environment: None, ..options.clone() }, &|name| std::env::var(name).ok())
}

/// Returns the path of migrate.toml, absolute.
///
/// # Errors
/// There is none.
pub fn find(given: Option<&Path>) -> Result<PathBuf, ConfigError> {
    let here = current_folder()?;
    if let Some(given) = given {
        let path = plain(&here.join(given));
        let (path, what) = match path.is_dir() {
            true => (path.join(FILE_NAME), format!("there is no {FILE_NAME} in {}", given.display())),
            false => (path, format!("there is no file {}", given.display())),
        };
        return match path.is_file() {
            true => Ok(path),
            false => Err(ConfigError::new(what)
                .hint("`-c` names migrate.toml or the folder that holds it; `migrate init` writes one")),
        };
    }
    here.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file()).ok_or_else(|| {
        ConfigError::new(format!("there is no {FILE_NAME} in {} or a folder above it", here.display()))
            .hint("`migrate init` writes one, `-c PATH` names one elsewhere")
    })
}

/// Reads a migrate.toml and a `.env` that are texts: what fuzzing runs.
///
/// # Errors
/// The first mistake of each.
pub fn parse_texts(settings: &str, env: &str) -> (Result<Config, ConfigError>, Result<(), ConfigError>) {
    let config = read(Path::new("/migrate.toml"), settings, &Options::default(), &|name| {
        (name.len() < 4).then(|| "value".to_owned())
    });
    (config, expand::check(Path::new("/.env"), env))
}

fn read(
    path: &Path,
    text: &str,
    options: &Options,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, ConfigError> {
    let root = path.parent().unwrap_or(Path::new("/")).to_owned();
    let file = File::parse(path, text, options.environment.as_deref(), Variables::new(environment, &root))?;
    let paths = |section: &str, key: &str| -> Result<Vec<PathBuf>, ConfigError> {
        Ok(file.texts(section, key)?.iter().map(|text| plain(&root.join(text))).collect())
    };
    let some = |values: Vec<String>| (!values.is_empty()).then_some(values);
    Ok(Config {
        environment: options.environment.clone(),
        revisions: paths("migrate", "revisions")?,
        template: file.text("migrate", "template")?.map(|text| plain(&root.join(text))),
        file_name: file.some_text("migrate", "file_name")?,
        models: Models {
            paths: paths("models", "paths")?,
            sqlalchemy: file.texts("models", "sqlalchemy")?,
            python: file.text("models", "python")?,
            command: some(file.texts("models", "command")?),
        },
        database: DatabaseConfig {
            url: url(&file, options),
            url_place: options.url.is_none().then(|| file.fault("database", "url", "").place).flatten(),
            schemas: file.texts("database", "schemas")?,
            version_table: version_table(&file)?,
            alembic_version_table: file.text("database", "alembic_version_table")?,
            shadow_url: file.text("database", "shadow_url"),
            trust: file.texts("database", "trust")?,
        },
        autogenerate: Autogenerate {
            ignore: file.texts("autogenerate", "ignore")?,
            manage: some(file.texts("autogenerate", "manage")?),
            shadow: match (options.shadow, file.choice("autogenerate", "shadow")?) {
                (Some(given), _) => given,
                (None, 0) => ShadowUse::Auto,
                (None, _) => ShadowUse::Full,
            },
            ..Autogenerate::default()
        },
        run: Run {
            transaction: [TransactionMode::PerRevision, TransactionMode::All, TransactionMode::None]
                .get(file.choice("run", "transaction")?)
                .copied()
                .unwrap_or_default(),
            lock_timeout: file.duration("run", "lock_timeout")?,
            concurrent_wait: Some(file.duration("run", "concurrent_wait")?).filter(|wait| !wait.is_zero()),
            lock_wait: file.duration("run", "lock_wait")?,
        },
        root,
    })
}

/// A name, or a schema's and a table's; dots in quotes are part of a name.
fn version_table(file: &File<'_>) -> Result<String, ConfigError> {
    let name = file.some_text("database", "version_table")?;
    let mut quoted = false;
    let dots = name.chars().filter(|&c| {
        quoted ^= c == '"';
        c == '.' && !quoted
    });
    match dots.count() {
        0 | 1 => Ok(name),
        _ => Err(file
            .fault("database", "version_table", &format!("has too many parts: {name}"))
            .hint("write NAME or SCHEMA.NAME; a dot inside a name needs quotes: 'ops.\"a.b\"'")),
    }
}

fn url(file: &File<'_>, options: &Options) -> Result<String, ConfigError> {
    if let Some(url) = &options.url {
        return Ok(url.clone());
    }
    file.text("database", "url")?.ok_or_else(|| {
        file.fault("database", "url", "names no database")
            .hint("write its URL there (postgresql://user@host/name or sqlite://app.db), or give it with --url")
    })
}

fn current_folder() -> Result<PathBuf, ConfigError> {
    std::env::current_dir().map_err(|error| ConfigError::new(format!("cannot find the current folder: {error}")))
}

/// Takes `.` and `..` out of an absolute path, without asking the file system.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
