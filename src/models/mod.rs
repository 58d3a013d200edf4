//! Declared models become DDL for a shadow.
//!
//! Whatever the source (SQL and TOML files, SQLAlchemy metadata, a program that prints DDL), the result is a list of
//! statements that know their file and line; the shadow says what they mean.

pub mod command;
mod dump;
pub mod error;
pub mod files;
pub mod managed_kinds;
pub mod mermaid;
pub mod moments;
pub mod sql;
mod sqlalchemy;
pub mod toml;

use std::path::{Path, PathBuf};

pub use error::ModelError;

use crate::config;
use crate::database::Dialect;
use crate::sql::{Origin, Statement};

/// The declared schema as DDL of one dialect.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    pub declarations: Vec<Declaration>,
    /// The renames that the models declare.
    pub renames: Vec<DeclaredRename>,
    /// Which kinds of source there are, for what the models manage.
    pub sources: Sources,
    /// How many statements about the server's roles were left out.
    pub about_roles: usize,
}

/// Which kinds of source declare the schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    pub sql: bool,
    pub toml: bool,
    pub sqlalchemy: bool,
    pub command: bool,
}

/// One statement of the declared schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    pub statement: Statement,
    /// Which line of the file its text from this byte on was made of, ascending; empty when the text is the file's own.
    pub lines: Vec<(usize, usize)>,
}

/// `renamed_from`, wherever it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredRename {
    /// What the statement creates, as written after CREATE (`table`, `type`), or `column`.
    pub kind: String,
    /// The new name, as far as it was written out: `["users", "full_name"]`.
    pub path: Vec<String>,
    /// The old name, without what it is in.
    pub old: String,
    pub path_of_file: PathBuf,
    /// From 1.
    pub line: usize,
}

/// Reads every source that `models` names; `version` is the database's, `root` the folder of migrate.toml.
///
/// # Errors
/// A source that is not there or can't be read, with its place; no source at all.
pub fn read(
    models: &config::Models,
    dialect: &'static Dialect,
    version: &str,
    root: &Path,
) -> Result<Declared, ModelError> {
    let mut declared = Declared::default();
    let alone = models.sqlalchemy.is_empty() && models.command.is_none();
    files::read(&models.paths, dialect, root, alone, &mut declared)?;
    if !models.sqlalchemy.is_empty() {
        sqlalchemy::read(models, dialect, version, root, &mut declared)?;
    }
    if let Some(command) = &models.command {
        command::read(command, dialect, root, &mut declared)?;
    }
    if declared.sources == Sources::default() && models.paths.is_empty() {
        return Err(ModelError::new("migrate.toml names no models").hint(
            "write `paths = [\"models\"]` under [models], or `sqlalchemy = \"app.db:Base\"`, or `command = […]`",
        ));
    }
    Ok(declared)
}

impl Declared {
    /// Returns the schemas that the models make and that are none of `schemas`; none if that has a `*`.
    pub fn schemas_beyond(&self, schemas: &[String], dialect: &Dialect) -> Vec<String> {
        if dialect.needs_no_server || schemas.iter().any(|schema| schema == "*") {
            return Vec::new();
        }
        let mut made = self.schemas_made();
        made.retain(|schema| !schemas.contains(schema));
        made.sort();
        made.dedup();
        made
    }

    /// Returns the schemas that the declarations create, in their order.
    pub fn schemas_made(&self) -> Vec<String> {
        self.declarations.iter().filter_map(|declaration| sql::schema_made(&declaration.statement.text)).collect()
    }

    pub fn statements(&self) -> Vec<Statement> {
        self.declarations.iter().map(|declaration| declaration.statement.clone()).collect()
    }
}

/// Returns where in a file the byte `position` of the declaration's text was written: path, line and, where the text is
/// the file's own, the byte in the line.
fn written_at(declaration: &Declaration, position: usize) -> Option<(&Path, usize, Option<usize>)> {
    let Origin::File { path, line } = &declaration.statement.origin else { return None };
    if declaration.lines.is_empty() {
        let before = declaration.statement.text.get(..position).unwrap_or_default();
        let newlines = before.matches('\n').count();
        let in_line = position - before.rfind('\n').map_or(0, |newline| newline + 1);
        return Some((path, line + newlines, Some(in_line)));
    }
    let at = declaration.lines.partition_point(|(from, _)| *from <= position);
    let line = at.checked_sub(1).and_then(|at| declaration.lines.get(at)).map_or(*line, |(_, line)| *line);
    Some((path, line, None))
}
