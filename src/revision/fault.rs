//! What can be wrong with the graph of revisions, and with a question to it.

use std::fmt;
use std::path::PathBuf;

use super::RevisionId;
use super::file::FileError;
use crate::words::counted;

/// Something wrong with the files as a graph. It is told to those who need that part of the graph, and by `verify`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A file that can't be read.
    File(FileError),
    DuplicateId {
        id: RevisionId,
        paths: Vec<PathBuf>,
    },
    MissingParent {
        id: RevisionId,
        path: PathBuf,
        missing: String,
        near: Option<RevisionId>,
    },
    MissingDependency {
        id: RevisionId,
        path: PathBuf,
        missing: String,
        near: Option<RevisionId>,
    },
    /// Each follows, or depends on, the next, and the last the first.
    Cycle {
        ids: Vec<RevisionId>,
        paths: Vec<PathBuf>,
    },
    DuplicateLabel {
        label: String,
        ids: Vec<RevisionId>,
        paths: Vec<PathBuf>,
    },
    /// A branch label is also the id of a revision.
    LabelIsId {
        label: String,
        paths: Vec<PathBuf>,
    },
    ReplacedTwice {
        id: RevisionId,
        by: Vec<RevisionId>,
        paths: Vec<PathBuf>,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::File(error) => write!(f, "{error}"),
            Fault::DuplicateId { id, paths } => write!(f, "{} files have the id {id}", paths.len()),
            Fault::MissingParent { id, missing, .. } => {
                write!(f, "revision {id} revises {missing}, which has no file")
            }
            Fault::MissingDependency { id, missing, .. } => {
                write!(f, "revision {id} depends on {missing}, which matches no revision or branch label")
            }
            Fault::Cycle { ids, .. } => match ids.as_slice() {
                [id] => write!(f, "revision {id} is its own ancestor"),
                ids => {
                    write!(f, "the revisions {} form a cycle: each follows the next", ids.join(", "))
                }
            },
            Fault::DuplicateLabel { label, ids, .. } => {
                write!(f, "the branch label {label} is on several revisions: {}", ids.join(" and "))
            }
            Fault::LabelIsId { label, .. } => write!(f, "the branch label {label} is also the id of a revision"),
            Fault::ReplacedTwice { id, by, .. } => {
                write!(f, "the revisions {} both replace {id}", by.join(" and "))
            }
        }
    }
}

impl Fault {
    /// Returns the files that are involved.
    pub fn paths(&self) -> Vec<&PathBuf> {
        match self {
            Fault::File(error) => vec![&error.path],
            Fault::MissingParent { path, .. } | Fault::MissingDependency { path, .. } => vec![path],
            Fault::DuplicateId { paths, .. }
            | Fault::Cycle { paths, .. }
            | Fault::DuplicateLabel { paths, .. }
            | Fault::LabelIsId { paths, .. }
            | Fault::ReplacedTwice { paths, .. } => paths.iter().collect(),
        }
    }

    /// Says what to try.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Fault::File(error) => return error.hint.clone(),
            Fault::DuplicateId { .. } => "give one of them another id, or remove the copy".to_owned(),
            Fault::MissingParent { near: Some(near), .. } | Fault::MissingDependency { near: Some(near), .. } => {
                format!("did you mean {near}?")
            }
            Fault::MissingParent { missing, .. } => {
                format!("restore the file of {missing}, or correct `revises` in the header")
            }
            Fault::MissingDependency { .. } => "correct `depends-on` in the header".to_owned(),
            Fault::Cycle { .. } => "correct `revises` or `depends-on` in one of them".to_owned(),
            Fault::DuplicateLabel { .. } | Fault::LabelIsId { .. } => "choose another label".to_owned(),
            Fault::ReplacedTwice { .. } => "remove it from one of the two `replaces` lists".to_owned(),
        })
    }
}

/// A revision that an answer could have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub id: RevisionId,
    /// The first line of its message.
    pub message: String,
}

/// Why a target names no revision, or no way leads to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    #[error("{0}")]
    Fault(Box<Fault>),
    #[error("`{text}` is not a valid target: {reason}")]
    Syntax { text: String, reason: String },
    #[error("no revision or branch label matches `{text}`")]
    Unknown { text: String, near: Option<String> },
    #[error("`{text}` matches {} revisions", candidates.len())]
    AmbiguousPrefix { text: String, candidates: Vec<Candidate> },
    /// `head` where there are several.
    #[error("`{text}` is ambiguous: there are {} heads", candidates.len())]
    SeveralHeads { text: String, candidates: Vec<Candidate> },
    #[error("revision {id} is not on branch {branch}")]
    NotOnBranch { id: RevisionId, branch: String },
    /// Counting upwards comes to a fork.
    #[error("`{text}` is ambiguous: {} revisions follow {at}", candidates.len())]
    Fork { text: String, at: String, candidates: Vec<Candidate> },
    /// Counting downwards comes to a merge.
    #[error("`{text}` is ambiguous: {at} merges {} revisions", candidates.len())]
    Merge { text: String, at: RevisionId, candidates: Vec<Candidate> },
    #[error("`{text}` goes too far: there {} {} that way", if *found == 1 { "is only" } else { "are only" }, counted(*found, "revision"))]
    TooFar { text: String, found: u64 },
    /// Counting from where the database is, and it is at several revisions.
    #[error("`{text}` is ambiguous: there are {} revisions to count from", candidates.len())]
    SeveralCurrent { text: String, candidates: Vec<Candidate> },
    #[error("`{text}` goes the other way")]
    WrongWay { text: String, hint: &'static str },
    #[error("`{text}` matches {} revisions, but a downgrade goes to one", candidates.len())]
    SeveralDestinations { text: String, candidates: Vec<Candidate> },
    #[error("`{text}` depends on where the database is, and this command does not connect")]
    NeedsDatabase { text: String },
    #[error("revision {id} is not applied, so no downgrade goes there")]
    NotApplied { id: RevisionId, current: Vec<Candidate> },
    /// Going down on one branch would take another with it.
    #[error("`{text}` would also undo other branches that follow {at}")]
    SharedBelow { text: String, at: String, candidates: Vec<Candidate> },
    #[error("{from} does not come before {to}")]
    NoRange { from: String, to: String },
    /// The version table names revisions that have no file.
    #[error("the database has {} without a file here: {}", counted(ids.len(), "revision"), ids.join(", "))]
    AppliedUnknown { ids: Vec<RevisionId> },
    #[error("revision {id} was replaced by {by}")]
    Replaced { id: RevisionId, by: RevisionId },
    #[error("revision {by} replaces {}, but the database has only some of them", replaced.join(", "))]
    PartlyReplaced { by: RevisionId, replaced: Vec<RevisionId>, lacking: Vec<RevisionId> },
}

impl GraphError {
    /// Returns the revisions that the question could have meant.
    pub fn candidates(&self) -> &[Candidate] {
        match self {
            GraphError::AmbiguousPrefix { candidates, .. }
            | GraphError::SeveralHeads { candidates, .. }
            | GraphError::Fork { candidates, .. }
            | GraphError::Merge { candidates, .. }
            | GraphError::SeveralCurrent { candidates, .. }
            | GraphError::SeveralDestinations { candidates, .. }
            | GraphError::SharedBelow { candidates, .. } => candidates,
            GraphError::NotApplied { current, .. } => current,
            _ => &[],
        }
    }

    /// Says what to try.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            GraphError::Fault(fault) => return fault.hint(),
            GraphError::Syntax { .. } => {
                "a target is head, heads, base, current, an id or id prefix (4 characters or more), a branch \
                 label, label@…, +2, -1, ID+1, ID-1"
                    .to_owned()
            }
            GraphError::Unknown { near: Some(near), .. } => format!("did you mean {near}?"),
            GraphError::Unknown { .. } => "`migrate history` lists the revisions".to_owned(),
            GraphError::AmbiguousPrefix { .. } => "write more of the id".to_owned(),
            GraphError::SeveralHeads { .. } => {
                "name one, use `heads` for all of them, or merge them with `migrate merge heads`".to_owned()
            }
            GraphError::NotOnBranch { .. } => {
                "a branch has the ancestors and the descendants of its labelled revision".to_owned()
            }
            GraphError::Fork { .. } => "name the revision, or the branch: `label@+1`".to_owned(),
            GraphError::Merge { .. } => "name the revision to go to".to_owned(),
            GraphError::TooFar { .. } => "base and head are the ends of the history".to_owned(),
            GraphError::SeveralCurrent { candidates, text } => match candidates.first() {
                Some(first) => format!("count from one of them: `{}{text}`", first.id),
                None => return None,
            },
            GraphError::WrongWay { hint, .. } => (*hint).to_owned(),
            GraphError::SeveralDestinations { .. } => "name one of them".to_owned(),
            GraphError::NeedsDatabase { .. } => "name a revision".to_owned(),
            GraphError::NotApplied { .. } => "`migrate current` shows where the database is".to_owned(),
            GraphError::SharedBelow { .. } => {
                "name the destination without a branch to undo all of them, or undo the other branch first".to_owned()
            }
            GraphError::NoRange { .. } => "a range goes from the older revision to the newer one: OLD:NEW".to_owned(),
            GraphError::AppliedUnknown { .. } => {
                "the checkout may be out of date: add the missing files; a revision that replaces deleted ones lists them in `replaces`; `migrate stamp --purge` forgets them"
                    .to_owned()
            }
            GraphError::Replaced { by, .. } => format!("name {by} instead"),
            GraphError::PartlyReplaced { lacking, .. } => {
                format!("restore the files of {} and upgrade with them first", lacking.join(", "))
            }
        })
    }
}
