//! Models as TOML: portable, short, the same for both databases. docs/models.md is the reference.

mod ddl;
mod expression;
mod names;
mod parse;
mod types;
pub mod write;

use std::path::{Path, PathBuf};

use super::{Declared, ModelError};
use crate::database::Dialect;

/// Everything that the TOML files of a project declare.
#[derive(Debug, Default)]
pub struct Document {
    tables: Vec<Table>,
    enums: Vec<Enum>,
    paths: Vec<PathBuf>,
}

/// A line of one of the document's files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spot {
    /// Index into `Document::paths`.
    file: usize,
    /// From 1.
    line: usize,
}

#[derive(Debug, Default)]
struct Table {
    /// One name, or a schema's and its own.
    path: Vec<String>,
    spot: Spot,
    comment: Option<String>,
    renamed_from: Option<(String, Spot)>,
    columns: Vec<Column>,
    primary_key: Option<Constraint>,
    uniques: Vec<Constraint>,
    checks: Vec<Check>,
    foreign_keys: Vec<ForeignKey>,
    indexes: Vec<Index>,
    /// SQLite's table options.
    strict: bool,
    without_rowid: bool,
}

#[derive(Debug, Default)]
struct Column {
    name: String,
    spot: Spot,
    type_: String,
    /// It was written for this database alone, and is taken as it is.
    type_is_own: bool,
    nullable: bool,
    default: Option<String>,
    primary_key: bool,
    autoincrement: bool,
    unique: bool,
    check: Option<String>,
    generated: Option<String>,
    is_virtual: bool,
    /// `ALWAYS` or `BY DEFAULT`.
    identity: Option<&'static str>,
    collate: Option<String>,
    comment: Option<String>,
    renamed_from: Option<(String, Spot)>,
}

/// A primary key or a unique constraint over columns.
#[derive(Debug, Default)]
struct Constraint {
    name: Option<String>,
    spot: Spot,
    columns: Vec<String>,
    nulls_not_distinct: bool,
    deferrable: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Check {
    name: Option<String>,
    spot: Spot,
    expression: String,
}

#[derive(Debug, Default)]
struct ForeignKey {
    name: Option<String>,
    spot: Spot,
    columns: Vec<String>,
    table: Vec<String>,
    /// Empty: the primary key.
    references: Vec<String>,
    on_delete: Option<String>,
    on_update: Option<String>,
    deferrable: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Index {
    name: String,
    spot: Spot,
    on: Vec<String>,
    unique: bool,
    using: Option<String>,
    predicate: Option<String>,
    include: Vec<String>,
    nulls_not_distinct: bool,
    comment: Option<String>,
}

#[derive(Debug, Default)]
struct Enum {
    path: Vec<String>,
    spot: Spot,
    labels: Vec<String>,
    comment: Option<String>,
    renamed_from: Option<(String, Spot)>,
}

/// Adds what `text`, the content of `path`, declares to the document, as `dialect` has it where the two differ.
///
/// # Errors
/// What is not TOML, an unknown key or a value of the wrong type, at its line.
pub fn read(path: &Path, text: &str, dialect: &'static Dialect, document: &mut Document) -> Result<(), ModelError> {
    document.paths.push(path.to_owned());
    parse::parse(path, text, dialect, document)
}

/// Adds the DDL of the whole document to `declared`; `alone` when no other source declares anything.
///
/// # Errors
/// A name declared twice, or one that nothing has, at its line.
pub fn declare(
    document: &Document,
    dialect: &'static Dialect,
    alone: bool,
    declared: &mut Declared,
) -> Result<(), ModelError> {
    names::check(document, dialect.syntax, alone)?;
    ddl::declare(document, dialect, declared)
}
