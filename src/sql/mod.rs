//! SQL text: statements and where they came from, splitting a script, quoting names and literals.
//!
//! Knows the two dialects' lexical rules and nothing of what a statement means. Does no I/O.

pub mod quote;
pub mod split;
pub mod token;

use std::path::PathBuf;

/// Which lexical and syntactic rules a text follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Syntax {
    Postgres,
    Sqlite,
}

/// One SQL statement, without its semicolon, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub text: String,
    pub origin: Origin,
    /// False for what the server refuses inside a transaction block (`CREATE INDEX CONCURRENTLY`, `VACUUM`…).
    pub transactional: bool,
    /// Where its action begins, when it is an ALTER that may be joined with other actions on the same object: the byte
    /// length of `ALTER TABLE app.users `.
    pub action_at: Option<usize>,
    /// What must be set while it runs.
    pub setting: Option<&'static Setting>,
}

/// A setting of the session that some statements of a section need, written once around them.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Stands at the section's beginning; it has no effect inside a transaction.
    pub outside_transaction: &'static str,
    /// Stands before the first of the statements, and `off` after the last.
    pub on: &'static str,
    pub off: &'static str,
}

/// Where a statement came from, for messages about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A place in a file; `line` counts from 1.
    File { path: PathBuf, line: usize },
    /// Made for a schema object, named in words (`column users.email`).
    Object(String),
}

impl Statement {
    /// Makes a transactional statement for the object that `made_for` names.
    pub fn new(text: impl Into<String>, made_for: impl ToString) -> Self {
        Statement {
            text: text.into(),
            origin: Origin::Object(made_for.to_string()),
            transactional: true,
            action_at: None,
            setting: None,
        }
    }

    /// Makes an ALTER of one action, which others on the same object may be joined to.
    pub fn action(alter: &str, action: &str, made_for: impl ToString) -> Self {
        Statement { action_at: Some(alter.len() + 1), ..Statement::new(format!("{alter} {action}"), made_for) }
    }

    /// Returns the statement marked as one that must run outside a transaction.
    pub fn outside_transaction(mut self) -> Self {
        self.transactional = false;
        self
    }
}
