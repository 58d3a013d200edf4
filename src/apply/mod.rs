//! A route through the graph becomes statements; runs them, or writes them as an offline script.
//!
//! Nothing here prints: what happens is told to a closure as `Event`s.

pub mod integrity;
mod journal;
mod message;
pub mod offline;
mod online;
pub mod prepare;
pub mod stamp;

use std::path::PathBuf;
use std::time::Duration;

pub use online::run;
pub use prepare::{Prepared, prepare};

use crate::config::TransactionMode;
use crate::database::{DatabaseError, SqlError};
use crate::revision::{Direction, Revision, RevisionId};
use crate::sql::Syntax;
use crate::sql::token::tokens;

/// One revision to run, up or down.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    pub revision: &'a Revision,
    pub direction: Direction,
}

/// How a run is done.
#[derive(Clone, Debug)]
pub struct Options {
    pub version_table: String,
    pub transaction: TransactionMode,
    pub lock_timeout: Duration,
}

/// What happens during a run, as it happens.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    Started {
        revision: &'a Revision,
        direction: Direction,
    },
    Finished {
        revision: &'a Revision,
        direction: Direction,
        took: Duration,
    },
    /// Another run had done it meanwhile.
    AlreadyDone {
        revision: &'a Revision,
        direction: Direction,
    },
    /// A `no-transaction` section goes on after its first `done` statements.
    Resumed {
        revision: &'a Revision,
        done: usize,
        of: usize,
    },
    /// What a passing error undid is tried once more.
    TriedAgain {
        revision: &'a Revision,
        reason: String,
        blockers: Option<String>,
        attempt: usize,
    },
}

/// A place in a revision file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub path: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub line_text: String,
    /// How many characters the caret underlines.
    pub width: usize,
}

/// Why a run could not be done, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Found before anything ran.
    #[error("revision {revision} cannot be run: {reason}")]
    Refused { revision: RevisionId, reason: String, spot: Option<Spot>, hint: Option<String> },
    /// A revision on the way down has no downgrade section for this database; nothing ran.
    #[error("revision {revision} has no downgrade section for {dialect}")]
    NoWayBack { revision: RevisionId, dialect: &'static str, path: PathBuf },
    #[error("revision {revision} failed {} on statement {statement} of {of}", on_the_way(.direction))]
    Statement {
        revision: RevisionId,
        direction: Direction,
        /// From 1.
        statement: usize,
        of: usize,
        spot: Option<Spot>,
        error: SqlError,
        /// Who held the lock that was waited for.
        blockers: Option<String>,
        /// In which state the database was left, in a sentence.
        left: String,
    },
    /// What the tool itself did around a revision failed.
    #[error("revision {revision}: {doing}")]
    Around { revision: RevisionId, doing: String, error: SqlError, left: String },
    /// Rows disappeared or foreign keys broke; it was rolled back.
    #[error("revision {revision} was rolled back: {reason}")]
    Damage { revision: RevisionId, reason: String, rows: Vec<String> },
    /// A `no-transaction` section was cut off, and cannot go on by itself.
    #[error("revision {revision} stopped half way, and cannot go on by itself: {reason}")]
    Stuck { revision: RevisionId, reason: String, hint: String },
}

/// The two words for a direction in sentences.
pub fn on_the_way(direction: &Direction) -> &'static str {
    match direction {
        Direction::Upgrade => "to upgrade",
        Direction::Downgrade => "to downgrade",
    }
}

impl Spot {
    /// Returns the place of the byte `at` of `text`, which begins on line `first_line` of the file at `path`.
    pub fn of(path: &std::path::Path, text: &str, first_line: usize, at: usize, syntax: Syntax) -> Spot {
        let at = (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let (before, after) = text.split_at(at);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line_end = after.find('\n').map_or(text.len(), |end| at + end);
        let line_text = text.get(line_start..line_end).unwrap_or_default().trim_end_matches('\r');
        let line_rest = line_text.get(at - line_start..).unwrap_or_default();
        let token = tokens(line_rest, syntax).next();
        let width = token.map_or(1, |token| token.text(line_rest).trim_end().chars().count());
        Spot {
            path: path.to_owned(),
            line: first_line + before.matches('\n').count(),
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            line_text: line_text.to_owned(),
            width: width.max(1),
        }
    }
}
