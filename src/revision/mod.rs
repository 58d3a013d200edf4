//! Revision files and their graph. Knows no database; only `folder` does I/O.

pub mod checksum;
pub mod directive;
pub mod fault;
pub mod file;
pub mod folder;
pub mod graph;
pub mod guard;
pub mod name;
pub mod route;
pub mod target;
pub mod written;

use std::path::PathBuf;

use crate::sql::Syntax;

/// The name of a revision: 12 hex digits, or whatever `--rev-id` said.
pub type RevisionId = String;

/// One revision as its file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    pub id: RevisionId,
    /// The revisions that it follows: none for a root, several for a merge.
    pub revises: Vec<RevisionId>,
    /// Ids or labels that must be applied before it, without being its parents.
    pub depends_on: Vec<String>,
    pub branch_labels: Vec<String>,
    /// The revisions that it stands for (a squash).
    pub replaces: Vec<RevisionId>,
    /// As written in the header (RFC 3339), kept as text.
    pub created: Option<String>,
    pub message: String,
    /// It is not finished, and is not run.
    pub draft: Option<Draft>,
    pub upgrade: Vec<Section>,
    pub downgrade: Vec<Section>,
    /// The file, as given: relative to where the tool was started if that is shorter.
    pub path: PathBuf,
}

/// The line `-- migrate:draft REASON` above the first section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub reason: String,
    /// Its place in the file, counted from 1.
    pub line: usize,
}

/// One `-- migrate:upgrade` or `-- migrate:downgrade` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// None: serves every dialect that has no section of its own.
    pub dialect: Option<Syntax>,
    /// False for a `no-transaction` section.
    pub transactional: bool,
    /// The text below the section's line, as it is in the file but for line ends, which are `\n` outside literals.
    pub text: String,
    /// The line of the file on which `text` begins, counted from 1.
    pub first_line: usize,
}

/// Up or down the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Upgrade,
    Downgrade,
}

impl Revision {
    /// Returns the section that `syntax` runs in this direction: its own, else the one for every dialect.
    pub fn section(&self, direction: Direction, syntax: Syntax) -> Option<&Section> {
        let sections = match direction {
            Direction::Upgrade => &self.upgrade,
            Direction::Downgrade => &self.downgrade,
        };
        sections
            .iter()
            .find(|section| section.dialect == Some(syntax))
            .or_else(|| sections.iter().find(|section| section.dialect.is_none()))
    }
}

/// Returns the one of `known` that `word` is most likely a misspelling of.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&word, &name.to_lowercase()), *name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests;
