//! The version table: one row per applied revision. The same for all databases.

use super::{Dialect, SqlError};
use crate::revision::guard;
use crate::sql::{Syntax, quote};

/// How a revision came to be in the version table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its script ran.
    Applied,
    /// `stamp` said so; nothing ran.
    Stamped,
    /// Taken over from another tool's history.
    Adopted,
    /// A `no-transaction` upgrade that has not ended: `statements_done` of it took effect.
    Running,
    /// A `no-transaction` downgrade that has not ended: `statements_done` of it took effect.
    Reverting,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Applied => "applied",
            State::Stamped => "stamped",
            State::Adopted => "adopted",
            State::Running => "running",
            State::Reverting => "reverting",
        }
    }

    pub fn parse(text: &str) -> Option<State> {
        [State::Applied, State::Stamped, State::Adopted, State::Running, State::Reverting]
            .into_iter()
            .find(|state| state.name() == text)
    }
}

/// One row of the version table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedRow {
    pub revision: String,
    pub message: String,
    /// SHA-256 in hex of the script's checksummed form (`revision::checksum`).
    pub checksum: String,
    /// The text that ran; None where it is not known (adopted rows may have none).
    pub script: Option<String>,
    pub state: State,
    /// How many statements of a `no-transaction` section took effect; negative, -N, when statement N was begun and
    /// nothing but a person can tell whether it took effect.
    pub statements_done: i64,
    /// RFC 3339, UTC.
    pub applied_at: String,
    pub applied_by: String,
    pub duration_ms: i64,
    pub tool_version: String,
}

/// The columns in the order of `AppliedRow`, without `script`.
const COLUMNS: &str =
    "revision, message, checksum, state, statements_done, applied_at, applied_by, duration_ms, tool_version";

/// Returns the parts of the configured name, unquoted and in the case that it has: `ops.migrate_revision` has two. A dot
/// that belongs to a name is written in double quotes, as in SQL.
pub fn path(version_table: &str, syntax: Syntax) -> Vec<String> {
    if version_table.contains('"') {
        let parts = guard::path(version_table, syntax);
        if !parts.is_empty() {
            return parts;
        }
    }
    version_table.split('.').map(str::to_owned).collect()
}

/// Returns the statement that makes the table where it is not there; `name` is quoted.
pub fn create(name: &str, dialect: &Dialect) -> String {
    let timestamp = dialect.scripting.timestamp_type;
    format!(
        "CREATE TABLE IF NOT EXISTS {name} (\n  revision text NOT NULL PRIMARY KEY,\n  message text NOT NULL,\n  \
         checksum text NOT NULL,\n  script text,\n  state text NOT NULL,\n  statements_done bigint NOT NULL DEFAULT 0,\n  \
         applied_at {timestamp} NOT NULL,\n  applied_by text NOT NULL,\n  duration_ms bigint NOT NULL,\n  \
         tool_version text NOT NULL\n)"
    )
}

/// Returns the query whose rows `rows` reads.
pub fn select(name: &str, dialect: &Dialect) -> String {
    let columns = match dialect.syntax {
        Syntax::Postgres => COLUMNS.replace(
            "applied_at",
            "pg_catalog.to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
        ),
        Syntax::Sqlite => COLUMNS.to_owned(),
    };
    format!("SELECT {columns} FROM {name} ORDER BY revision")
}

/// Reads the rows of `select`.
///
/// # Errors
/// A state that this version of the tool does not know, or a number that is none.
pub fn rows(rows: Vec<Vec<Option<String>>>) -> Result<Vec<AppliedRow>, SqlError> {
    rows.into_iter().map(row).collect()
}

fn row(cells: Vec<Option<String>>) -> Result<AppliedRow, SqlError> {
    let mut cells = cells.into_iter();
    let mut text = || cells.next().flatten().unwrap_or_default();
    let revision = text();
    let wrong = |what: &str, found: &str| SqlError {
        message: format!(
            "the row of revision {revision} has {what} `{found}`, which this version of migrate can't read"
        ),
        ..SqlError::default()
    };
    let number = |what: &str, found: String| found.parse::<i64>().map_err(|_| wrong(what, &found));
    let (message, checksum, state, done) = (text(), text(), text(), text());
    let (applied_at, applied_by, duration, tool_version) = (text(), text(), text(), text());
    Ok(AppliedRow {
        message,
        checksum,
        script: None,
        state: State::parse(&state).ok_or_else(|| wrong("the state", &state))?,
        statements_done: number("statements_done", done)?,
        applied_at,
        applied_by,
        duration_ms: number("duration_ms", duration)?,
        tool_version,
        revision,
    })
}

/// Returns the query for the script of one revision: one row, one cell, possibly null.
pub fn stored_script(name: &str, revision: &str, dialect: &Dialect) -> String {
    format!("SELECT script FROM {name} WHERE revision = {}", quote::literal(revision, dialect.syntax))
}

/// What a new row says; when and by whom are for the database to say.
#[derive(Clone, Copy, Debug)]
pub struct NewRow<'a> {
    pub revision: &'a str,
    pub message: &'a str,
    pub checksum: &'a str,
    pub script: Option<&'a str>,
    pub state: State,
    pub duration_ms: i64,
}

/// Returns the statement that inserts the row; it fails when the revision has one already.
pub fn insert(name: &str, row: &NewRow, dialect: &Dialect) -> String {
    let text = |text: &str| quote::literal(text, dialect.syntax);
    format!(
        "INSERT INTO {name} (revision, message, checksum, script, state, statements_done, applied_at, applied_by, duration_ms, tool_version)\n\
         VALUES ({}, {}, {}, {}, {}, 0, {}, {}, {}, {})",
        text(row.revision),
        text(row.message),
        text(row.checksum),
        row.script.map_or_else(|| "NULL".to_owned(), text),
        text(row.state.name()),
        dialect.scripting.now,
        (dialect.scripting.user)(),
        row.duration_ms,
        text(env!("CARGO_PKG_VERSION")),
    )
}

/// A row for a revision that another tool applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    pub revision: String,
    pub message: String,
    pub checksum: String,
    /// None where it is not known what ran.
    pub script: Option<String>,
    /// RFC 3339; None: the other tool kept no time, and the row gets this moment.
    pub applied_at: Option<String>,
    /// By whom, through which tool, and what that tool calls it.
    pub applied_by: String,
}

/// Returns the statement that inserts an adopted row; it fails when the revision has one already.
pub fn adopt(name: &str, row: &Adopted, dialect: &Dialect) -> String {
    let text = |text: &str| quote::literal(text, dialect.syntax);
    format!(
        "INSERT INTO {name} (revision, message, checksum, script, state, statements_done, applied_at, applied_by, duration_ms, tool_version)\n\
         VALUES ({}, {}, {}, {}, {}, 0, {}, {}, 0, {})",
        text(&row.revision),
        text(&row.message),
        text(&row.checksum),
        row.script.as_deref().map_or_else(|| "NULL".to_owned(), text),
        text(State::Adopted.name()),
        row.applied_at.as_deref().map_or_else(|| dialect.scripting.now.to_owned(), text),
        text(&row.applied_by),
        text(env!("CARGO_PKG_VERSION")),
    )
}

/// Returns the statement that changes the row of one revision; `assignments` is its SET clause.
pub fn update(name: &str, assignments: &str, revision: &str, dialect: &Dialect) -> String {
    format!("UPDATE {name} SET {assignments} WHERE revision = {}", quote::literal(revision, dialect.syntax))
}

/// Returns the statement that deletes the rows of these revisions.
pub fn delete<S: AsRef<str>>(name: &str, revisions: &[S], dialect: &Dialect) -> String {
    let ids: Vec<String> = revisions.iter().map(|id| quote::literal(id.as_ref(), dialect.syntax)).collect();
    match ids.as_slice() {
        [id] => format!("DELETE FROM {name} WHERE revision = {id}"),
        ids => format!("DELETE FROM {name} WHERE revision IN ({})", ids.join(", ")),
    }
}
