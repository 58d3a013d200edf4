//! A standalone schema-migration tool for PostgreSQL and SQLite.
//!
//! The modules in reading order: `cli` talks to the user and calls `apply`, `autogenerate`, `source` and `config`; those
//! stand on `revision` (files and their graph) and `database` (servers and files); everything on `schema` (the catalog
//! and the planner), `sql` (text), `place` (in a file) and `words` (plurals). `schema`, `revision` and `sql` do no I/O, but for `revision::folder`.
//!
//! An application that runs its own migrations begins with `Project`.

pub mod apply;
pub mod autogenerate;
pub mod cli;
pub mod config;
pub mod database;
#[doc(hidden)]
pub mod fuzzing;
pub mod import;
pub mod models;
pub mod place;
pub mod project;
pub mod revision;
pub mod schema;
pub mod source;
pub mod sql;
pub mod words;

pub use project::{Project, ProjectError};
