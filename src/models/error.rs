//! What is wrong with a model, and where.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Declared, sql, written_at};
use crate::database::SqlError;
use crate::place::Place;
use crate::revision::nearest;
use crate::sql::Origin;
use crate::sql::quote::identifier;

/// A fault of the declared schema: a sentence, its place, and what to try.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ModelError {
    pub message: String,
    pub place: Option<Place>,
    /// Further lines: the database's detail, the last lines of a traceback.
    pub notes: Vec<String>,
    pub hint: Option<String>,
}

impl ModelError {
    pub fn new(message: impl Into<String>) -> Self {
        ModelError { message: message.into(), ..ModelError::default() }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Puts the fault at the bytes `start..end` of `text`, which is the content of `path`.
    pub fn at(mut self, path: &Path, text: &str, start: usize, end: usize) -> Self {
        self.place = Some(Place::new(path, text, start..end));
        self
    }

    /// Puts the fault at a whole line of a file, which is read again for it.
    pub fn on_line(mut self, path: &Path, line: usize) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        self.place = Some(Place::of_line(path, &text, line));
        self
    }
}

/// A file's path as it is said: from the current folder, where it is below that.
pub fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_owned()
}

/// Returns the fault of a declared schema whose statement `at` no order of loading made acceptable.
pub fn refused(declared: &Declared, at: usize, error: &SqlError) -> ModelError {
    let mut fault = ModelError::new(format!("the declared schema does not load: {}", error.message));
    fault.notes.extend(error.detail.clone());
    fault.hint = error.hint.clone().or_else(|| alike(declared, error));
    let Some(declaration) = declared.declarations.get(at) else { return fault };
    let position = error.position.unwrap_or_default();
    let Some((path, line, in_line)) = written_at(declaration, position) else {
        let Origin::Object(what) = &declaration.statement.origin else { return fault };
        fault.notes.insert(0, format!("in {what}: {}", first_line(&declaration.statement.text)));
        return fault;
    };
    fault = fault.on_line(path, line);
    if in_line.is_none() {
        fault.notes.push(format!("it was read as: {}", declaration.statement.text));
    }
    fault.notes.extend(made_before(declared, at, error));
    if let (Some(place), Some(in_line), true) = (&mut fault.place, in_line, error.position.is_some()) {
        narrow(place, &declaration.statement.text, position, in_line);
    }
    fault
}

/// Says where what the database has already was declared for the first time.
fn made_before(declared: &Declared, at: usize, error: &SqlError) -> Option<String> {
    if !error.message.ends_with("already exists") {
        return None;
    }
    let made = |at: usize| sql::made(&declared.declarations.get(at)?.statement.text);
    let own = made(at)?;
    let name = |path: &[String]| path.last().cloned();
    let other = (0..declared.declarations.len()).filter(|&other| other != at);
    let first = other.filter_map(|other| Some((other, made(other)?))).find(|(_, it)| name(it) == name(&own))?.0;
    let Origin::File { path, line } = &declared.declarations.get(first)?.statement.origin else { return None };
    Some(format!("it is declared at {}:{line} too", shown(path).display()))
}

/// Says which name of the models is spelt most like the one that the database does not know.
fn alike(declared: &Declared, error: &SqlError) -> Option<String> {
    // undefined_table, undefined_object, undefined_column, undefined_function (PostgreSQL manual, appendix A).
    const UNDEFINED: &[&str] = &["42P01", "42704", "42703", "42883"];
    if let Some(role) = error.message.strip_prefix("role ").and_then(|rest| rest.strip_suffix(" does not exist")) {
        let role = role.trim_matches('"');
        return Some(format!("roles belong to the server: CREATE ROLE {} there, or leave it out", identifier(role)));
    }
    let unknown = match &error.code {
        Some(code) if UNDEFINED.contains(&code.as_str()) => error.message.split('"').nth(1)?,
        _ => {
            error.message.strip_prefix("no such column: ").or_else(|| error.message.strip_prefix("no such table: "))?
        }
    };
    let name = unknown.rsplit('.').next().unwrap_or(unknown);
    let written: BTreeSet<&str> = declared
        .declarations
        .iter()
        .flat_map(|declaration| declaration.statement.text.split(|char: char| !(char.is_alphanumeric() || char == '_')))
        .chain(["text", "integer", "varchar", "boolean", "timestamp", "timestamptz", "numeric", "jsonb", "bytea"])
        .filter(|word| word.len() > 1 && !word.eq_ignore_ascii_case(name))
        .collect();
    let near = nearest(name, &written.into_iter().collect::<Vec<_>>())?;
    Some(format!("did you mean `{near}`?"))
}

/// Narrows a place that is a whole line to the word at `position` of the statement, `in_line` bytes into its line.
fn narrow(place: &mut Place, text: &str, position: usize, in_line: usize) {
    let first = text.get(position - in_line..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let Some(shift) = place.line_text.find(first) else { return };
    let Some(before) = place.line_text.get(..shift + in_line) else { return };
    place.column = before.chars().count() + 1;
    let word = |c: &char| c.is_alphanumeric() || *c == '_';
    place.width = text.get(position..).unwrap_or_default().chars().take_while(word).count().max(1);
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
