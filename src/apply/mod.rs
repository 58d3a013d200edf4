//! A route through the graph becomes statements; runs them, or writes them as an offline script.
//!
//! Nothing here prints: what happens is told to a closure as `Event`s.

pub mod follow;
pub mod integrity;
mod journal;
pub mod lock_budget;
pub mod losses;
mod message;
pub mod offline;
mod online;
pub mod plan;
pub mod prepare;
pub mod stamp;

use std::path::Path;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use follow::Follower;
pub use lock_budget::LockShortage;
pub use online::{Summary, prepare_all, run};
pub use plan::{Plan, Route, applied, plan_downgrade, plan_stamp, plan_upgrade, run_route};
pub use prepare::{Prepared, prepare};

use crate::config::{Config, TransactionMode};
use crate::database::version_table::AppliedRow;
use crate::database::{DatabaseError, Dialect, SqlError};
use crate::place::Place;
use crate::revision::fault::GraphError;
use crate::revision::{Direction, Revision, RevisionId, Section};
use crate::sql::Syntax;
use crate::sql::token::tokens;
use crate::words::counted;

/// One revision to run, up or down.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    pub revision: &'a Revision,
    pub direction: Direction,
    /// The rows that are removed with it on the way down: its own, or those of the revisions that it replaces.
    pub rows: Vec<RevisionId>,
    /// The revisions that must have a row before it, and be whole.
    pub present: Vec<RevisionId>,
    /// The revisions that must have none.
    pub absent: Vec<RevisionId>,
    /// On the way down, the section that the version table has stored, if the file has another by now.
    pub stored: Option<Rc<Section>>,
}

impl<'a> Step<'a> {
    pub fn up(revision: &'a Revision) -> Self {
        let (rows, absent) = (vec![revision.id.clone()], vec![revision.id.clone()]);
        Step { revision, direction: Direction::Upgrade, rows, present: Vec::new(), absent, stored: None }
    }

    pub fn down(revision: &'a Revision, rows: Vec<RevisionId>) -> Self {
        let present = rows.clone();
        Step { revision, direction: Direction::Downgrade, rows, present, absent: Vec::new(), stored: None }
    }
}

/// How a run is done.
#[derive(Clone, Debug)]
pub struct Options {
    pub version_table: String,
    pub transaction: TransactionMode,
    /// How long a statement waits for a lock on a table before its revision is tried again.
    pub lock_timeout: Duration,
    /// How long to wait for another run to end.
    pub lock_wait: Duration,
    /// How long a statement like CREATE INDEX CONCURRENTLY waits for older transactions; None: without end.
    pub concurrent_wait: Option<Duration>,
    /// Gets a line whenever such a statement waits for somebody else; called on a thread of its own.
    pub report_wait: Option<fn(&str)>,
    /// Does a downgrade run the sections of the files, and not those that were stored with the rows?
    pub from_files: bool,
    /// Alembic's table, to be kept in step.
    pub follower: Option<Follower>,
}

impl Options {
    /// Returns the statements that keep Alembic's table in step after a revision, whose row is written; often none.
    pub(crate) fn after(&self, prepared: &Prepared, table: &str, dialect: &Dialect) -> Vec<String> {
        let follower = self.follower.iter();
        follower
            .flat_map(|follower| follower.after(&prepared.revision.id, prepared.direction, table, dialect))
            .collect()
    }

    /// Returns the options that the configuration asks for.
    pub fn of(config: &Config) -> Options {
        Options {
            version_table: config.database.version_table.clone(),
            transaction: config.run.transaction,
            lock_timeout: config.run.lock_timeout,
            lock_wait: config.run.lock_wait,
            concurrent_wait: config.run.concurrent_wait,
            report_wait: None,
            from_files: false,
            follower: None,
        }
    }
}

/// What happens during a run, as it happens.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// Another run has the lock; `holder` says who.
    Waiting {
        holder: String,
    },
    /// One transaction is to need more locks than the server is sure to have room for.
    LockShortage {
        lock_shortage: LockShortage,
    },
    /// The database has revisions that no file describes, which does not matter for what was asked.
    UnknownRows {
        rows: Vec<AppliedRow>,
    },
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
    /// A `no-transaction` section continues after its first `done` statements.
    Resumed {
        revision: &'a Revision,
        done: usize,
        of: usize,
    },
    /// An earlier run of a half-done revision is still at work on the server; in words.
    EarlierAtWork {
        revision: &'a Revision,
        words: String,
    },
    /// A downgrade runs the section that was stored when the revision was applied; the file has another by now.
    StoredDowngrade {
        revision: &'a Revision,
    },
    /// What a passing error undid is tried once more.
    TriedAgain {
        revision: &'a Revision,
        reason: String,
        blockers: Option<String>,
        attempt: usize,
    },
}

/// Why a run could not be done, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The database has revisions that no file describes.
    #[error("the database has {} without a file here: {}", counted(rows.len(), "revision"), ids(rows))]
    Unknown { rows: Vec<AppliedRow> },
    /// What ran is not what the files say now.
    #[error("{} edited since it ran: {}", edited_count(edits.len()), edited(edits))]
    Edited { edits: Vec<Edit> },
    /// Found before anything ran.
    #[error("revision {revision} cannot be run: {reason}")]
    Refused { revision: RevisionId, reason: String, place: Option<Place>, hint: Option<String> },
    /// A revision on the way down has no downgrade section for this database; nothing ran.
    #[error("revision {revision} has no downgrade section for {dialect}")]
    NoWayBack { revision: RevisionId, dialect: &'static str, path: PathBuf },
    /// The downgrade section of a revision on the way down says that there is no way back; nothing ran.
    #[error("revision {revision} can't be undone")]
    Irreversible { revision: RevisionId, reasons: Vec<String>, path: PathBuf },
    #[error("{}", stopped(revision, *direction, *statement, *of, error))]
    Statement {
        revision: RevisionId,
        direction: Direction,
        /// From 1.
        statement: usize,
        of: usize,
        place: Option<Place>,
        error: SqlError,
        /// Who held the lock that was waited for.
        blockers: Option<String>,
        /// In which state the database was left, in a sentence.
        left: String,
    },
    /// What the tool itself did around a revision failed.
    #[error("revision {revision}: {doing}: {error}")]
    Around { revision: RevisionId, doing: String, error: SqlError, left: String },
    /// This process was asked to stop, and a revision did not begin.
    #[error("interrupted before revision {revision} began")]
    Interrupted { revision: RevisionId },
    /// Rows disappeared or foreign keys broke; it was rolled back.
    #[error("revision {revision} was rolled back: {reason}")]
    Damage { revision: RevisionId, reason: String, rows: Vec<String> },
    /// The version table is not as it was when the run was planned. What ran before stays.
    #[error("revision {revision} was not run: {reason}")]
    Changed { revision: RevisionId, reason: String },
    /// Another run continues with the revision; this one has stopped before its next statement.
    #[error("another run has taken over revision {revision}; this one was stopped {}", after_statement(*done, *of))]
    TakenOver { revision: RevisionId, done: usize, of: usize },
    /// An earlier run of a half-done revision did not end in time.
    #[error("an earlier run of revision {revision} is still running: {words}; gave up after {waited_seconds} s")]
    EarlierAtWork { revision: RevisionId, words: String, waited_seconds: u64 },
    /// The session that held the lock ended, so that another run may have begun.
    #[error("the connection that holds the lock was lost, so revision {revision} was stopped {}", after_statement(*done, *of))]
    LockLost { revision: RevisionId, done: usize, of: usize },
    /// A `no-transaction` section was cut off, and cannot go on by itself.
    #[error("revision {revision} was interrupted, and cannot continue by itself: {reason}")]
    Stuck { revision: RevisionId, reason: String, hint: String },
}

/// A revision whose file says something else than what ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub revision: RevisionId,
    pub path: PathBuf,
    /// A unified difference, where the script that ran was kept.
    pub difference: Option<String>,
    pub applied_at: String,
    pub applied_by: String,
}

fn after_statement(done: usize, of: usize) -> String {
    match done {
        0 => "before its first statement".to_owned(),
        done => format!("after statement {done} of {of}"),
    }
}

fn ids(rows: &[AppliedRow]) -> String {
    rows.iter().map(|row| row.revision.as_str()).collect::<Vec<_>>().join(", ")
}

fn edited(edits: &[Edit]) -> String {
    edits.iter().map(|edit| edit.revision.as_str()).collect::<Vec<_>>().join(", ")
}

fn edited_count(number: usize) -> String {
    format!("{} {}", counted(number, "applied revision"), if number == 1 { "was" } else { "were" })
}

fn stopped(revision: &RevisionId, direction: Direction, statement: usize, of: usize, error: &SqlError) -> String {
    match (error.interrupted, direction) {
        (true, Direction::Upgrade) => format!("interrupted in statement {statement} of {of} of upgrading {revision}"),
        (true, Direction::Downgrade) => {
            format!("interrupted in statement {statement} of {of} of downgrading {revision}")
        }
        (false, _) => {
            format!("revision {revision} failed {} on statement {statement} of {of}: {error}", on_the_way(&direction))
        }
    }
}

/// The two words for a direction in sentences.
pub fn on_the_way(direction: &Direction) -> &'static str {
    match direction {
        Direction::Upgrade => "to upgrade",
        Direction::Downgrade => "to downgrade",
    }
}

/// Returns the place of the byte `at` of `text`, which begins on line `first_line` of the file at `path`: the token there.
fn place(path: &Path, text: &str, first_line: usize, at: usize, syntax: Syntax) -> Place {
    let line = text.get(at..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let width = tokens(line, syntax).next().map_or(1, |token| token.text(line).trim_end().len());
    let place = Place::new(path, text, at..at + width);
    Place { line: place.line + first_line.saturating_sub(1), ..place }
}
