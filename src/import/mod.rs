//! Other tools' histories, for `import`: one file per tool, and the one list of them.
//!
//! A tool is a row of plain functions: `files` reads what it keeps in the project's folder, `history` what it wrote into
//! the database. `adoption` matches the two, the same way for every tool. Nothing here runs a statement of those files.

pub mod adoption;
pub mod alembic;
mod atlas;
mod dbmate;
mod diesel;
mod digest;
mod django;
mod files;
mod flyway;
mod golang_migrate;
mod goose;
mod liquibase;
mod prisma;
pub mod python;
mod refinery;
mod script;
mod sqitch;
mod sqlx;
mod table;

use std::path::{Path, PathBuf};

use crate::database::{Database, DatabaseError};
use crate::revision::Section;
use crate::revision::file::fault_in_name;
use crate::sql::Syntax;

/// Every tool whose history can be taken over, in the order of the help.
pub static SOURCES: &[&Source] = &[
    &alembic::SOURCE,
    &atlas::SOURCE,
    &dbmate::SOURCE,
    &diesel::SOURCE,
    &django::SOURCE,
    &flyway::SOURCE,
    &golang_migrate::SOURCE,
    &goose::SOURCE,
    &liquibase::SOURCE,
    &prisma::SOURCE,
    &refinery::SOURCE,
    &sqitch::SOURCE,
    &sqlx::SOURCE,
];

/// Reads the tool's table; None if there is none.
type ReadHistory = fn(&mut dyn Database, &Project, &Files) -> Result<Option<History>, ImportError>;

/// One tool: facts about it and two functions.
pub struct Source {
    /// As on the command line: `golang-migrate`.
    pub name: &'static str,
    /// As its own people write it: `golang-migrate`, `Flyway`.
    pub title: &'static str,
    /// What is read, in a few words for the help.
    pub reads: &'static str,
    /// Where it keeps its files when nothing else is said, relative to the project, the likeliest first.
    pub usual_folders: &'static [&'static str],
    /// Its table in the database.
    pub table: &'static str,
    pub files: fn(&Project) -> Result<Files, ImportError>,
    pub history: ReadHistory,
    /// The key of the advisory lock that the tool holds on PostgreSQL while it runs.
    pub lock: Option<fn(&Names) -> Option<i64>>,
}

/// What some tools make the key of their lock from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub database: String,
    pub schema: String,
    pub table: String,
}

/// Where the other tool's files are, and how to read them.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The folder or file that was given or found.
    pub path: PathBuf,
    /// Another name of the tool's table than its usual one, possibly `schema.table`.
    pub table: Option<String>,
    /// The dialects for which sections are written, where the tool can write several.
    pub dialects: Vec<Syntax>,
    /// The Python interpreter of an Alembic or Django project; None looks for the project's own.
    pub python: Option<String>,
    /// The URL of an empty throw-away database in which what can't be printed is run and recorded.
    pub record: Vec<(Syntax, String)>,
    /// Do without Alembic's env.py.
    pub without_env: bool,
    /// What an Alembic project's own code makes before the first revision: an SQL file, or MODULE:NAME.
    pub before: Option<String>,
    /// Which of several databases of an Alembic project: its section of alembic.ini, or the name that env.py gives it.
    pub name: Option<String>,
    /// `-x` arguments for Alembic's env.py.
    pub extra: Vec<String>,
}

impl Project {
    /// The rules by which the tool's SQL is read.
    pub(crate) fn syntax(&self) -> Syntax {
        self.dialects.first().copied().unwrap_or(Syntax::Postgres)
    }
}

/// What a tool keeps in its folder.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Parents before children.
    pub revisions: Vec<Imported>,
    /// What could not be carried over at all.
    pub left_out: Vec<LeftOut>,
    /// The tool's own table as its configuration names it, if that is not the usual name.
    pub table: Option<String>,
    /// The name by which the tool keeps several projects apart in one table (Sqitch).
    pub project: Option<String>,
    /// What the user must know of the project as a whole.
    pub notes: Vec<String>,
}

/// One revision to be, as the other tool has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The id that it gets here: the tool's own if that is legal.
    pub id: String,
    /// What the tool's table calls it.
    pub original: String,
    pub parents: Vec<String>,
    pub branch_labels: Vec<String>,
    pub depends_on: Vec<String>,
    /// Ids of the revisions that it stands for (a squash).
    pub replaces: Vec<String>,
    pub message: String,
    /// RFC 3339.
    pub created: Option<String>,
    pub upgrade: Vec<Section>,
    pub downgrade: Vec<Section>,
    /// What the tool's table may hold as this file's checksum; empty if the tool keeps none.
    pub checksums: Vec<String>,
    /// The tool's file.
    pub path: PathBuf,
    /// It may be run again at any time, so an edited one is pending rather than changed (Flyway's `R__`).
    pub repeatable: bool,
    /// What the user must know of how it was carried over.
    pub notes: Vec<String>,
}

/// Something of the tool's that does not become a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub what: String,
    pub why: String,
}

/// What a tool wrote into the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// As it was found: `public.flyway_schema_history`.
    pub table: String,
    pub rows: Vec<HistoryRow>,
    /// What the user must know of it.
    pub notes: Vec<String>,
}

/// One migration that the tool says was applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryRow {
    /// Compared with `Imported::original`.
    pub original: String,
    pub name: String,
    /// RFC 3339, UTC; None if the tool doesn't keep it.
    pub applied_at: Option<String>,
    pub applied_by: Option<String>,
    /// None if the tool keeps none, or kept none for this row.
    pub checksum: Option<String>,
    /// The checksum is of a kind that can't be recomputed here.
    pub opaque: bool,
}

/// Why a history could not be taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{doing} {}: {error}", path.display())]
    Io { doing: &'static str, path: PathBuf, error: std::io::Error },
    /// A file of the other tool's is not as that tool writes it; `line` counts from 1.
    #[error("{}:{line}: {what}", path.display())]
    File { path: PathBuf, line: usize, what: String },
    /// A fact about the project or its history, with what to do about it.
    #[error("{what}")]
    Refused { what: String, hint: String },
    /// The project's own Python failed; `trace` is what it said of where.
    #[error("{what}")]
    Python { what: String, hint: String, trace: String },
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl ImportError {
    pub(crate) fn refused(what: impl Into<String>, hint: impl Into<String>) -> Self {
        ImportError::Refused { what: what.into(), hint: hint.into() }
    }

    pub(crate) fn file(path: &Path, line: usize, what: impl Into<String>) -> Self {
        ImportError::File { path: path.to_owned(), line, what: what.into() }
    }
}

/// Returns the tool of that name, in the spelling of its title too.
pub fn source(name: &str) -> Option<&'static Source> {
    SOURCES
        .iter()
        .copied()
        .find(|source| source.name.eq_ignore_ascii_case(name) || source.title.eq_ignore_ascii_case(name))
}

/// Returns `text` as a revision id: itself if that is legal, else with `_` for what is not.
pub(crate) fn legal_id(text: &str) -> String {
    if fault_in_name(text).is_none() {
        return text.to_owned();
    }
    let id: String =
        text.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '.' | '-') { c } else { '_' }).collect();
    let id = id.trim_start_matches('-');
    if fault_in_name(id).is_none() { id.to_owned() } else { format!("{id}_") }
}

/// Gives each revision the one before it as its parent.
pub(crate) fn chain(revisions: &mut [Imported]) {
    let mut before: Option<String> = None;
    for revision in revisions {
        revision.parents = before.replace(revision.id.clone()).into_iter().collect();
    }
}

/// Returns the first `N` values of a row, None for those that it doesn't have.
pub(crate) fn columns<const N: usize>(row: Vec<Option<String>>) -> [Option<String>; N] {
    let mut values = row.into_iter();
    std::array::from_fn(|_| values.next().flatten())
}
