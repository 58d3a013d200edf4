//! The version table: one row per applied revision. The same for all databases.

use super::{Dialect, SqlError};
use crate::revision::{Section, guard};
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
    /// The text that ran; None if it is not known (adopted rows may have none).
    pub script: Option<String>,
    pub state: State,
    /// How many statements of a `no-transaction` section took effect; negative, -N, while statement N runs outside a
    /// transaction, so that a run that was cut off there has to look up whether it took effect.
    pub statements_done: i64,
    /// The token of the run that is at work on a half-done revision, or was when it was cut off.
    pub run: Option<String>,
    /// That run's server process and when it began (`Scripting::process`).
    pub run_process: Option<String>,
    /// RFC 3339, UTC.
    pub applied_at: String,
    pub applied_by: String,
    pub duration_ms: i64,
    pub tool_version: String,
}

impl AppliedRow {
    /// Has a `no-transaction` section of it begun and not ended?
    pub fn is_half_done(&self) -> bool {
        matches!(self.state, State::Running | State::Reverting)
    }
}

/// The columns in the order of `AppliedRow`, without `script`.
const COLUMNS: &str = "revision, message, checksum, state, statements_done, run, run_process, applied_at, applied_by, \
                       duration_ms, tool_version";

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

/// Returns the statement that makes the table if it does not exist; `name` is quoted.
pub fn create(name: &str, dialect: &Dialect) -> String {
    let scripting = &dialect.scripting;
    let (text, number, timestamp) = (scripting.text_type, scripting.number_type, scripting.timestamp_type);
    format!(
        "CREATE TABLE IF NOT EXISTS {name} (\n  revision {text} NOT NULL PRIMARY KEY,\n  message {text} NOT NULL,\n  \
         checksum {text} NOT NULL,\n  script {text},\n  downgrade_script {text},\n  state {text} NOT NULL,\n  \
         statements_done {number} NOT NULL DEFAULT 0,\n  run {text},\n  run_process {text},\n  \
         applied_at {timestamp} NOT NULL,\n  applied_by {text} NOT NULL,\n  duration_ms {number} NOT NULL,\n  \
         tool_version {text} NOT NULL\n)"
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

/// The error of a table of this name that has other columns.
pub fn foreign(error: SqlError) -> SqlError {
    SqlError {
        hint: Some(
            "this table is not migrate's, or an unreleased version made it; name another one with `version_table` under \
             [database]"
                .to_owned(),
        ),
        position: None,
        ..error
    }
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
    let mut next = || cells.next().flatten();
    let mut text = || next().unwrap_or_default();
    let revision = text();
    let wrong = |what: &str, found: &str| SqlError {
        message: format!(
            "the row of revision {revision} has {what} `{found}`, which this version of migrate can't read"
        ),
        ..SqlError::default()
    };
    let number = |what: &str, found: String| found.parse::<i64>().map_err(|_| wrong(what, &found));
    let (message, checksum, state, done) = (text(), text(), text(), text());
    let (run, run_process) = (next(), next());
    let mut text = || next().unwrap_or_default();
    let (applied_at, applied_by, duration, tool_version) = (text(), text(), text(), text());
    Ok(AppliedRow {
        message,
        checksum,
        script: None,
        state: State::parse(&state).ok_or_else(|| wrong("the state", &state))?,
        statements_done: number("statements_done", done)?,
        run,
        run_process,
        applied_at,
        applied_by,
        duration_ms: number("duration_ms", duration)?,
        tool_version,
        revision,
    })
}

/// Returns the query for the script of one revision: one row, one cell, possibly null.
pub fn stored_script(name: &str, revision: &str, dialect: &Dialect) -> String {
    format!("SELECT script FROM {name} WHERE {}", is_one_of(&[revision], dialect))
}

/// Returns the query for the downgrade sections that were stored with these revisions: rows of an id and a text
/// (`downgrade_script`), possibly null.
pub fn stored_downgrades<S: AsRef<str>>(name: &str, revisions: &[S], dialect: &Dialect) -> String {
    format!("SELECT revision, downgrade_script FROM {name} WHERE {}", is_one_of(revisions, dialect))
}

/// Returns a condition: the row is one of these revisions'.
pub fn is_one_of<S: AsRef<str>>(revisions: &[S], dialect: &Dialect) -> String {
    (dialect.scripting.is_one_of)("revision", &list(revisions, dialect))
}

/// Returns a condition: a `no-transaction` section has begun and not ended.
pub fn is_half_done(dialect: &Dialect) -> String {
    (dialect.scripting.is_one_of)("state", "'running', 'reverting'")
}

/// Returns the ids as a list of literals.
pub fn list<S: AsRef<str>>(revisions: &[S], dialect: &Dialect) -> String {
    let ids: Vec<String> = revisions.iter().map(|id| quote::literal(id.as_ref(), dialect.syntax)).collect();
    ids.join(", ")
}

/// Returns an expression that is true when each of `present` has a row, and is not half done, and none of `absent` has
/// one.
pub fn rows_are<S: AsRef<str>>(name: &str, present: &[S], absent: &[S], dialect: &Dialect) -> String {
    let mut conditions = Vec::new();
    if !present.is_empty() {
        conditions.push(format!(
            "(SELECT {} FROM {name} WHERE {} AND {}) {} {}",
            dialect.scripting.count,
            is_one_of(present, dialect),
            (dialect.scripting.is_none_of)("state", "'running', 'reverting'"),
            dialect.scripting.equals,
            present.len()
        ));
    }
    if !absent.is_empty() {
        conditions.push(format!("NOT EXISTS (SELECT 1 FROM {name} WHERE {})", is_one_of(absent, dialect)));
    }
    match conditions.is_empty() {
        true => format!("1 {} 1", dialect.scripting.equals),
        false => conditions.join(" AND "),
    }
}

/// Returns an expression that is true when each of these revisions has a row, whatever its state.
pub fn rows_exist<S: AsRef<str>>(name: &str, revisions: &[S], dialect: &Dialect) -> String {
    match revisions {
        [] => format!("1 {} 1", dialect.scripting.equals),
        revisions => format!(
            "(SELECT {} FROM {name} WHERE {}) {} {}",
            dialect.scripting.count,
            is_one_of(revisions, dialect),
            dialect.scripting.equals,
            revisions.len()
        ),
    }
}

/// What a new row says; when and by whom are for the database to say.
#[derive(Clone, Copy, Debug)]
pub struct NewRow<'a> {
    pub revision: &'a str,
    pub message: &'a str,
    pub checksum: &'a str,
    pub script: Option<&'a str>,
    /// The downgrade section as `stored_section` writes it: what a downgrade runs, whatever the file says by then.
    pub downgrade_script: Option<&'a str>,
    pub state: State,
    /// The token of the run, for a row that begins half done.
    pub run: Option<&'a str>,
}

/// Returns the statement that inserts the row; it fails when the revision has one already.
pub fn insert(name: &str, row: &NewRow, dialect: &Dialect) -> String {
    let text = |text: &str| quote::literal(text, dialect.syntax);
    let text_or_null = |value: Option<&str>| value.map_or_else(|| "NULL".to_owned(), text);
    format!(
        "INSERT INTO {name} (revision, message, checksum, script, downgrade_script, state, statements_done, run, run_process, \
         applied_at, applied_by, duration_ms, tool_version)\nVALUES ({}, {}, {}, {}, {}, {}, 0, {}, {}, {}, {}, 0, {})",
        text(row.revision),
        text(row.message),
        text(row.checksum),
        text_or_null(row.script),
        text_or_null(row.downgrade_script),
        text(row.state.name()),
        text_or_null(row.run),
        if row.run.is_some() { dialect.scripting.process } else { "NULL" },
        dialect.scripting.now,
        (dialect.scripting.user)(),
        text(env!("CARGO_PKG_VERSION")),
    )
}

/// A row for a revision that another tool applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    pub revision: String,
    pub message: String,
    pub checksum: String,
    /// None if it is not known what ran.
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
    format!("UPDATE {name} SET {assignments} WHERE {}", is_one_of(&[revision], dialect))
}

/// Returns a condition: the row of this revision is half done, at this place of its journal, and `run` has it.
pub fn is_mine(revision: &str, run: &str, statements_done: i64, dialect: &Dialect) -> String {
    let equals = dialect.scripting.equals;
    format!(
        "{} AND {} AND run {equals} {} AND statements_done {equals} {statements_done}",
        is_one_of(&[revision], dialect),
        is_half_done(dialect),
        quote::literal(run, dialect.syntax)
    )
}

/// Returns the statement that deletes the rows of these revisions.
pub fn delete<S: AsRef<str>>(name: &str, revisions: &[S], dialect: &Dialect) -> String {
    format!("DELETE FROM {name} WHERE {}", is_one_of(revisions, dialect))
}

/// Returns a section as the version table keeps it: a line that says how it runs, and its text.
pub fn stored_section(section: &Section) -> String {
    format!("{}\n{}", if section.transactional { TRANSACTION } else { NO_TRANSACTION }, section.text)
}

/// Returns the section that `stored_section` wrote, or None if the text has no such first line.
pub fn section_from_stored(stored: &str) -> Option<Section> {
    let (first, text) = stored.split_once('\n')?;
    let transactional = match first {
        TRANSACTION => true,
        NO_TRANSACTION => false,
        _ => return None,
    };
    Some(Section { dialect: None, transactional, text: text.to_owned(), first_line: 2 })
}

const TRANSACTION: &str = "-- migrate:downgrade";
const NO_TRANSACTION: &str = "-- migrate:downgrade no-transaction";
