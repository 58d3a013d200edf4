//! Does what ran still stand in the files? Checksums, and the difference where they differ.

use std::collections::BTreeMap;

use similar::TextDiff;

use super::ApplyError;
use crate::database::version_table::{self, AppliedRow, State};
use crate::database::{Database, DatabaseError, Dialect};
use crate::place::Place;
use crate::revision::fault::{Fault, GraphError};
use crate::revision::graph::Graph;
use crate::revision::route::Applied;
use crate::revision::{Direction, Revision, RevisionId, checksum};
use crate::sql::{quote, split};

/// Has what the revision's file says been changed since the row was written?
///
/// A half-done `no-transaction` section is not judged here: going on with it is, when it comes to that. A row without
/// a checksum (taken over from another tool that had none) can't have been edited.
pub fn is_edited(row: &AppliedRow, revision: &Revision, dialect: &Dialect) -> bool {
    !row.is_half_done() && !row.checksum.is_empty() && row.checksum != checksum_of(revision, dialect)
}

/// Returns the checksum of what the revision runs on its way up.
pub fn checksum_of(revision: &Revision, dialect: &Dialect) -> String {
    checksum::checksum(revision.section(Direction::Upgrade, dialect.syntax), dialect.syntax)
}

/// Refuses applied revisions whose files can't be read any more: they ran, so they were edited since.
///
/// # Errors
/// `Graph`, with the mistake in the first such file.
pub fn refuse_broken(graph: &Graph, rows: &[AppliedRow]) -> Result<(), ApplyError> {
    let is_its_own = |row: &&AppliedRow| graph.get(&row.revision).is_some_and(|revision| revision.id == row.revision);
    let broken = rows.iter().filter(is_its_own).find_map(|row| graph.broken(&row.revision));
    match broken {
        Some(error) => Err(GraphError::Fault(Box::new(Fault::File(error.clone()))).into()),
        None => Ok(()),
    }
}

/// Refuses a revision whose file says that it is a draft.
///
/// # Errors
/// `Refused`, at the line that says so.
pub fn refuse_draft(revision: &Revision) -> Result<(), ApplyError> {
    let Some(draft) = &revision.draft else { return Ok(()) };
    let line_text = format!("-- migrate:draft {}", draft.reason).trim_end().to_owned();
    let width = line_text.chars().count();
    Err(ApplyError::Refused {
        revision: revision.id.clone(),
        reason: "it is a draft".to_owned(),
        place: Some(Place { path: revision.path.clone(), line: draft.line, column: 1, line_text, width }),
        hint: Some("complete its SQL and remove this line, then run the same command again".to_owned()),
    })
}

/// Returns the revisions that are not applied although one that follows or depends on them is, each with the first such.
///
/// `applied` holds every whole row of the version table. Half-done revisions are no gap.
pub fn gaps(graph: &Graph, rows: &[AppliedRow], applied: &Applied) -> Vec<(RevisionId, RevisionId)> {
    let effective = graph.effective(applied);
    let missing = graph.revisions().filter(|revision| {
        !effective.contains(revision.id.as_str()) && !rows.iter().any(|row| row.revision == revision.id)
    });
    let followed = missing.filter_map(|revision| {
        let after = graph.children(&revision.id).into_iter().chain(graph.dependents(&revision.id));
        let first = after.into_iter().find(|after| effective.contains(after.id.as_str()))?;
        Some((revision.id.clone(), first.id.clone()))
    });
    followed.collect()
}

/// Returns how far each half-done revision came, in words: `interrupted after 1 of 3 statements`.
pub fn half_done(graph: &Graph, rows: &[AppliedRow], dialect: &Dialect) -> BTreeMap<RevisionId, String> {
    let half = rows.iter().filter(|row| row.is_half_done());
    half.map(|row| (row.revision.clone(), progress(row, graph.get(&row.revision), dialect))).collect()
}

fn progress(row: &AppliedRow, revision: Option<&Revision>, dialect: &Dialect) -> String {
    let (direction, what) = match row.state {
        State::Reverting => (Direction::Downgrade, "downgrade interrupted"),
        _ => (Direction::Upgrade, "interrupted"),
    };
    let section = revision.and_then(|revision| revision.section(direction, dialect.syntax));
    let of = section.and_then(|section| split::split(&section.text, dialect.syntax).ok());
    // A negative number is that of a statement whose effect nobody can look up.
    let done = row.statements_done.unsigned_abs() - u64::from(row.statements_done < 0);
    match of {
        Some(all) => format!("{what} after {done} of {}", crate::words::counted(all.len(), "statement")),
        None => format!("{what} after {}", crate::words::counted(done, "statement")),
    }
}

/// Returns the unified difference from the script that ran to what the file says, or None when the script was not kept.
///
/// # Errors
/// `Sql`, when the script can't be read.
pub fn difference(
    database: &mut dyn Database,
    version_table: &str,
    revision: &Revision,
) -> Result<Option<String>, DatabaseError> {
    let dialect = database.dialect();
    let table = database.version_table(version_table);
    let query = version_table::stored_script(&table, &revision.id, dialect);
    let rows = database.query(&query).map_err(|error| {
        let doing = format!("reading the script of revision {} from {table}", revision.id);
        DatabaseError::Sql { doing, error }
    })?;
    let Some(stored) = rows.into_iter().flatten().next().flatten() else { return Ok(None) };
    let section = revision.section(Direction::Upgrade, dialect.syntax);
    let current = section.map_or("", |section| section.text.as_str());
    let names = (format!("{} as it ran", revision.id), format!("{} as it is", revision.path.display()));
    Ok(Some(unified(&stored, current, &names.0, &names.1)))
}

/// Returns a unified difference with three lines of context.
pub fn unified(old: &str, new: &str, old_name: &str, new_name: &str) -> String {
    // A last line without its end would only add a remark about it.
    let (old, new) = (format!("{}\n", old.trim_end()), format!("{}\n", new.trim_end()));
    TextDiff::from_lines(&old, &new).unified_diff().context_radius(3).header(old_name, new_name).to_string()
}

/// Returns the statement that takes what the file says as what ran; `table` is quoted.
pub fn accept(table: &str, revision: &Revision, dialect: &Dialect) -> String {
    let text = |text: &str| quote::literal(text, dialect.syntax);
    let section = revision.section(Direction::Upgrade, dialect.syntax);
    let script = section.map_or_else(|| "NULL".to_owned(), |section| text(&section.text));
    let downgrade = revision.section(Direction::Downgrade, dialect.syntax);
    let downgrade =
        downgrade.map_or_else(|| "NULL".to_owned(), |section| text(&version_table::stored_section(section)));
    let checksum = text(&checksum_of(revision, dialect));
    let assignments = format!("checksum = {checksum}, script = {script}, downgrade_script = {downgrade}");
    version_table::update(table, &assignments, &revision.id, dialect)
}

/// Returns the statement after which a half-done section continues with statement `at`, counted from 1, of the file as it
/// is now; `table` is quoted.
///
/// # Errors
/// A sentence, when the section has no such statement.
pub fn resume(table: &str, revision: &Revision, state: State, at: u32, dialect: &Dialect) -> Result<String, String> {
    let direction = if state == State::Reverting { Direction::Downgrade } else { Direction::Upgrade };
    let section = revision.section(direction, dialect.syntax);
    let statements =
        section.map_or(0, |section| split::split(&section.text, dialect.syntax).map_or(0, |all| all.len()));
    // One past the last: there is nothing left but to say so.
    if at == 0 || at as usize > statements + 1 {
        return Err(format!("revision {} has {statements} statements, so there is no statement {at}", revision.id));
    }
    let text = |text: &str| quote::literal(text, dialect.syntax);
    let script = match direction {
        Direction::Upgrade => ("script", section.map(|section| section.text.clone())),
        Direction::Downgrade => ("downgrade_script", section.map(version_table::stored_section)),
    };
    let assignments = format!(
        "statements_done = {}, run = NULL, run_process = NULL, checksum = {}, {} = {}",
        at - 1,
        text(&checksum::checksum(section, dialect.syntax)),
        script.0,
        script.1.map_or_else(|| "NULL".to_owned(), |script| text(&script)),
    );
    Ok(version_table::update(table, &assignments, &revision.id, dialect))
}
