//! Any error into a message, its place, a hint and an exit code.

use crate::apply::ApplyError;
use crate::apply::offline::OfflineError;
use crate::config::ConfigError;
use crate::database::{DatabaseError, SqlError};
use crate::place::Place;
use crate::revision::fault::{Fault, GraphError};
use crate::revision::file::FileError;

/// The answer is no: the database or the files disagree, or a step failed.
pub const NO: i32 = 1;
/// The command could not be understood.
pub const COULD_NOT: i32 = 2;
/// It may succeed when it is tried again: the lock is held, another run was faster (EX_TEMPFAIL of sysexits.h).
pub const TEMPORARY: i32 = 75;

/// Returns the exit code after a signal, SIGINT if it is not known which: 128 and its number, as shells have it.
pub fn interrupted(signal: Option<i32>) -> i32 {
    128 + signal.unwrap_or(2)
}

/// What the user is told when a command fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// What was being done, to what, and what was found.
    pub message: String,
    pub place: Option<Place>,
    /// Further lines: the database's detail, a diff, a list of candidates.
    pub notes: Vec<String>,
    /// What to try.
    pub hint: Option<String>,
    pub exit_code: i32,
}

impl Failure {
    /// A failure of a step or a disagreement: exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), exit_code: NO, ..Failure::default() }
    }

    /// A command line that can't be understood: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure { message: message.into(), exit_code: COULD_NOT, ..Failure::default() }
    }

    /// The same command may succeed later: exit code 75.
    pub fn temporary(mut self) -> Self {
        self.exit_code = TEMPORARY;
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

impl Failure {
    pub fn as_json(&self) -> serde_json::Value {
        let place = self.place.as_ref().map(|place| {
            serde_json::json!({ "path": place.path, "line": place.line, "column": place.column, "text": place.line_text })
        });
        serde_json::json!({ "error": self.message, "place": place, "notes": self.notes, "hint": self.hint })
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let message = match (&error.place, &error.path) {
            (None, Some(path)) => format!("{}: {}", path.display(), error.message),
            _ => error.message,
        };
        Failure { place: error.place, hint: error.hint, ..Failure::new(message) }
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let FileError { message, path, place, hint, .. } = error;
        let message = if place.is_some() { message } else { format!("{}: {message}", path.display()) };
        Failure { place, hint, ..Failure::new(message) }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        if let Fault::File(error) = fault {
            return error.into();
        }
        let mut failure = Failure::new(fault.to_string());
        failure.notes.extend(fault.paths().iter().map(|path| path.display().to_string()));
        failure.hint = fault.hint();
        failure
    }
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        let mut failure = match error {
            GraphError::Fault(fault) => return (*fault).into(),
            // What can't be read as a target is a command line that can't be understood.
            GraphError::Syntax { .. } => Failure::usage(error.to_string()),
            _ => Failure::new(error.to_string()),
        };
        let width = error.candidates().iter().map(|candidate| candidate.id.chars().count()).max().unwrap_or(0);
        failure.notes.extend(
            error
                .candidates()
                .iter()
                .map(|candidate| format!("{:width$}  {}", candidate.id, candidate.message).trim_end().to_owned()),
        );
        failure.hint = error.hint();
        failure
    }
}

/// Returns a fault of the graph and its place in one line.
pub fn in_a_line(fault: &Fault) -> String {
    let paths: Vec<String> = fault.paths().iter().map(|path| path.display().to_string()).collect();
    match fault {
        Fault::File(FileError { place: Some(Place { line, column, .. }), .. }) => {
            format!("{}:{line}:{column}: {fault}", paths.join(", "))
        }
        _ => format!("{}: {fault}", paths.join(", ")),
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let message = error.to_string();
        let mut failure = Failure::new(message);
        match error {
            ApplyError::Database(error) => error.into(),
            ApplyError::Graph(error) => error.into(),
            ApplyError::Unknown { rows } => {
                failure.notes.extend(rows.iter().map(|row| {
                    format!("{}  {}  (applied {} by {})", row.revision, row.message, row.applied_at, row.applied_by)
                }));
                failure.hint(
                    "the checkout may be out of date: add the missing files; a revision that replaces deleted ones lists them in `replaces`; `migrate repair REV --forget` removes a row",
                )
            }
            ApplyError::Edited { edits } => {
                failure.notes.extend(edits.into_iter().map(|edit| match edit.difference {
                    Some(difference) => difference.trim_end().to_owned(),
                    None => format!("{}: the script that ran was not kept", edit.path.display()),
                }));
                failure.hint(
                    "undo the edit and write a new revision for the change; or, if the edit is intended, accept it with `migrate repair`",
                )
            }
            ApplyError::Refused { place, hint, .. } => {
                failure.place = place;
                failure.hint = hint;
                failure.note("Nothing was run.")
            }
            ApplyError::NoWayBack { path, .. } => failure
                .note("Nothing was run.")
                .hint(format!("add a `-- migrate:downgrade` section to {} (it may be empty)", path.display())),
            ApplyError::Irreversible { reasons, path, .. } => {
                failure.notes.extend(reasons.into_iter().filter(|reason| !reason.is_empty()));
                failure.note("Nothing was run.").hint(format!(
                    "restore a backup; or, in {}, replace `-- migrate:irreversible` with SQL that undoes the upgrade",
                    path.display()
                ))
            }
            ApplyError::Statement { place, error, blockers, left, .. } => {
                failure.place = place;
                failure.notes.extend(blockers.map(|blockers| format!("waiting for {blockers}")));
                failure.sql(&error).note(left)
            }
            ApplyError::Around { error, left, .. } => failure.sql(&error).note(left),
            ApplyError::Interrupted { .. } => failure,
            ApplyError::Damage { rows, .. } => {
                failure.notes.extend(rows);
                failure
            }
            ApplyError::Stuck { hint, .. } => failure.hint(hint),
            ApplyError::Changed { .. } => failure
                .note("Earlier revisions stay applied; nothing of this one was run.")
                .hint("check with `migrate current`, and run the command again")
                .temporary(),
            ApplyError::TakenOver { .. } => failure.hint("wait for the other run to end").temporary(),
            ApplyError::LockLost { .. } => failure
                .note("What ran before stays applied. Another run may have started meanwhile.")
                .hint("run the same command again: it continues from there")
                .temporary(),
            ApplyError::EarlierAtWork { .. } => failure
                .hint(
                    "wait until that session has ended, or end it with `SELECT pg_catalog.pg_terminate_backend(PROCESS)`, and run the \
                     same command again",
                )
                .temporary(),
        }
    }
}

impl From<OfflineError> for Failure {
    fn from(error: OfflineError) -> Self {
        match error {
            OfflineError::Apply(error) => error.into(),
            OfflineError::Write(_) => Failure::new(error.to_string()),
        }
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        let failure = Failure::new(error.to_string());
        match error {
            DatabaseError::Connect { hint: Some(hint), .. } | DatabaseError::Setting { hint: Some(hint), .. } => {
                failure.hint(hint)
            }
            DatabaseError::Sql { error, .. } => failure.sql(&error),
            DatabaseError::Locked { .. } => {
                failure.hint("wait for that run to end, and run the command again").temporary()
            }
            _ => failure,
        }
    }
}

impl Failure {
    /// Adds what a database said besides its message: the code, detail, context and hint.
    pub fn sql(mut self, error: &SqlError) -> Self {
        let code = if error.code.as_ref().is_some_and(|code| code.starts_with("SQL")) { "code" } else { "SQLSTATE" };
        let said = [(code, &error.code), ("detail", &error.detail), ("context", &error.context)];
        self.notes.extend(said.into_iter().filter_map(|(name, text)| Some(format!("{name}: {}", text.as_ref()?))));
        if self.hint.is_none() {
            self.hint = error.hint.clone();
        }
        self
    }
}
