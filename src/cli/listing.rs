//! How a revision is shown: in a line, in full, as JSON. Shared by all commands that list revisions.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use super::Session;
use super::failure::Failure;
use super::visible::Style;
use crate::revision::Revision;
use crate::revision::graph::Graph;
use crate::revision::route::Applied;
use crate::revision::target::Target;

const ID: Style = Style::Id;
const NOTE: Style = Style::Note;

/// What is shown of revisions besides themselves.
pub struct Listing<'a> {
    graph: &'a Graph,
    labels: HashMap<&'a str, Vec<&'a str>>,
    /// What counts as applied, and the last of it; None if no database was asked.
    applied: Option<(HashSet<&'a str>, HashSet<&'a str>)>,
    /// How far half-done revisions came, in words.
    half_done: BTreeMap<String, String>,
}

impl<'a> Listing<'a> {
    pub fn new(graph: &'a Graph, applied: Option<&Applied>) -> Self {
        let applied = applied.map(|applied| {
            let current = graph.heads_of(applied).into_iter().map(|revision| revision.id.as_str()).collect();
            (graph.effective(applied), current)
        });
        Listing { graph, labels: graph.labels(), applied, half_done: BTreeMap::new() }
    }

    /// Adds how far half-done revisions came.
    pub fn with_half_done(mut self, half_done: BTreeMap<String, String>) -> Self {
        self.half_done = half_done;
        self
    }

    /// The revision in a line, as Alembic has it: `parent -> id (label) (head), message`.
    pub fn line(&self, revision: &Revision) -> String {
        let parents = match revision.revises.as_slice() {
            [] => "<base>".to_owned(),
            parents => parents.join(", "),
        };
        let dependencies = match revision.depends_on.as_slice() {
            [] => String::new(),
            dependencies => format!(" ({})", dependencies.join(", ")),
        };
        format!("{parents}{dependencies} -> {}", self.name(revision))
    }

    /// The revision in a line without what it follows: `id (label) (head), message`.
    pub fn name(&self, revision: &Revision) -> String {
        let mut line = format!("{ID}{}{ID:#}", revision.id);
        if let Some(labels) = self.labels.get(revision.id.as_str()) {
            line.push_str(&format!(" ({})", labels.join(", ")));
        }
        for note in self.notes(revision) {
            line.push_str(&format!(" {NOTE}({note}){NOTE:#}"));
        }
        match revision.message.lines().next().unwrap_or_default() {
            "" => line,
            message => format!("{line}, {message}"),
        }
    }

    /// Everything that the file says of the revision but its sections, over several lines.
    pub fn details(&self, revision: &Revision) -> String {
        let ids = |revisions: Vec<&Revision>| {
            revisions.into_iter().map(|revision| revision.id.clone()).collect::<Vec<_>>().join(", ")
        };
        let notes: String = self.notes(revision).iter().map(|note| format!(" {NOTE}({note}){NOTE:#}")).collect();
        let mut lines = vec![format!("Revision: {ID}{}{ID:#}{notes}", revision.id)];
        match revision.revises.as_slice() {
            [] => lines.push("Parent: <base>".to_owned()),
            [parent] => lines.push(format!("Parent: {parent}")),
            parents => lines.push(format!("Merges: {}", parents.join(", "))),
        }
        let labels = self.labels.get(revision.id.as_str()).map(|labels| labels.join(", ")).unwrap_or_default();
        let children = self.graph.children(&revision.id);
        let branches = if children.len() > 1 { ids(children) } else { String::new() };
        for (name, value) in [
            ("Depends on:", revision.depends_on.join(", ")),
            ("Needed by:", ids(self.graph.dependents(&revision.id))),
            ("Replaces:", revision.replaces.join(", ")),
            ("Branches into:", branches),
            ("Branch labels:", labels),
            ("Created:", revision.created.clone().unwrap_or_default()),
            ("Path:", revision.path.display().to_string()),
        ] {
            if !value.is_empty() {
                lines.push(format!("{name} {value}"));
            }
        }
        if !revision.message.is_empty() {
            lines.push(String::new());
            lines.extend(revision.message.lines().map(|line| format!("    {line}").trim_end().to_owned()));
        }
        lines.join("\n") + "\n"
    }

    pub fn json(&self, revision: &Revision) -> Value {
        let id = revision.id.as_str();
        let mut document = json!({
            "revision": id,
            "revises": revision.revises,
            "depends_on": revision.depends_on,
            "branch_labels": revision.branch_labels,
            "replaces": revision.replaces,
            "created": revision.created,
            "message": revision.message,
            "path": revision.path,
            "head": self.graph.children(id).is_empty(),
        });
        if let Some((applied, current)) = &self.applied {
            document["applied"] = json!(applied.contains(id));
            document["current"] = json!(current.contains(id));
            document["half_done"] = json!(self.half_done.get(id));
        }
        document
    }

    pub fn json_list<'b>(&self, revisions: impl IntoIterator<Item = &'b Revision>) -> Value {
        Value::Array(revisions.into_iter().map(|revision| self.json(revision)).collect())
    }

    fn notes(&self, revision: &Revision) -> Vec<&str> {
        let id = revision.id.as_str();
        let children = self.graph.children(id).len();
        let is_needed = !self.graph.dependents(id).is_empty();
        let is_current = self.applied.as_ref().is_some_and(|(_, current)| current.contains(id));
        let is_applied = self.applied.as_ref().is_some_and(|(applied, _)| applied.contains(id));
        let notes = [
            (children == 0 && !is_needed, "head"),
            // Nothing follows it, and something depends on it.
            (children == 0 && is_needed, "effective head"),
            (revision.draft.is_some(), "draft"),
            (is_applied && !is_current, "applied"),
            (is_current, "current"),
            (children > 1, "branch point"),
            (revision.revises.len() > 1, "merge point"),
        ];
        let half_done = self.half_done.get(id).map(String::as_str);
        notes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, note)| note).chain(half_done).collect()
    }
}

/// Returns the ids in the version table when one of the targets depends on them.
///
/// # Errors
/// A `Failure` if the database is needed and can't be read.
pub fn applied_for(session: &mut Session, graph: &Graph, targets: &[Target]) -> Result<Option<Applied>, Failure> {
    match targets.iter().any(|target| target.needs_database(graph)) {
        true => session.applied().map(Some),
        false => Ok(None),
    }
}

/// Reads targets and returns the revisions that they name, each once, in the order of the targets.
///
/// # Errors
/// A `Failure` for a name that matches no revision, or several.
pub fn named<'a>(session: &mut Session, graph: &'a Graph, texts: &[String]) -> Result<Vec<&'a Revision>, Failure> {
    let targets = texts.iter().map(|text| Target::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let applied = applied_for(session, graph, &targets)?;
    let mut named: Vec<&Revision> = Vec::new();
    for target in &targets {
        for revision in graph.resolve(applied.as_ref(), target)? {
            if !named.iter().any(|known| known.id == revision.id) {
                named.push(revision);
            }
        }
    }
    Ok(named)
}
