//! A new revision on its way to a file: shared by every command that writes one.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};

use minijinja::{Environment, UndefinedBehavior, context};
use serde_json::json;

use super::Session;
use super::failure::Failure;
use crate::config::Config;
use crate::revision::folder::WriteError;
use crate::revision::graph::Graph;
use crate::revision::target::Target;
use crate::revision::written::NotAsPlanned;
use crate::revision::{self, Revision, Section, file, folder, name};

/// How a revision file looks where the project has no template of its own.
pub const TEMPLATE: &str = include_str!("../../templates/revision.sql");

/// What is known of a new revision.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub message: String,
    /// The revisions that it follows; none for a root.
    pub parents: Vec<String>,
    /// Allows parents that others follow already.
    pub splice: bool,
    pub branch_labels: Vec<String>,
    /// Ids or labels.
    pub depends_on: Vec<String>,
    /// None: a random one.
    pub id: Option<String>,
    /// The folder to write to; None: that of the parent, else the first one.
    pub folder: Option<PathBuf>,
    /// Without any, an empty section for each direction is written.
    pub upgrade: Vec<Section>,
    pub downgrade: Vec<Section>,
    /// Why it is not to be run before somebody has completed it.
    pub unfinished: Option<String>,
}

/// A revision that was written.
#[derive(Clone, Debug)]
pub struct Written {
    pub revision: Revision,
    /// As it is shown to people.
    pub path: PathBuf,
}

/// Returns the folder that `--version-path` names, which must be one of the project's.
///
/// # Errors
/// A `Failure` if it is not one of the project's revision folders.
pub fn folder_named(session: &mut Session, given: &Path) -> Result<PathBuf, Failure> {
    let here = std::env::current_dir().unwrap_or_default();
    let config = session.config()?;
    let same = |folder: &&PathBuf| {
        [here.join(given), config.root.join(given)].iter().any(|path| path.components().eq(folder.components()))
    };
    if let Some(folder) = config.revisions.iter().find(same) {
        return Ok(folder.clone());
    }
    let folders: Vec<String> = config.revisions.iter().map(|path| path.display().to_string()).collect();
    Err(Failure::usage(format!("{} is not one of the project's revision folders", given.display()))
        .hint(format!("`revisions` in migrate.toml has: {}", folders.join(", "))))
}

/// Refuses to go on where heads are asked for and the files don't say which they are, or where what is asked for
/// stands on a fault.
///
/// # Errors
/// A `Failure` with the faults of the graph.
pub fn refuse_faults(graph: &Graph, targets: &[String]) -> Result<(), Failure> {
    let targets = targets.iter().map(|text| Target::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let known: Vec<Target> = targets.into_iter().filter(|target| !target.needs_database(graph)).collect();
    graph.applied_at(&known)?;
    Ok(())
}

/// Refuses what can't become a revision, before work goes into its content.
///
/// # Errors
/// A `Failure` with what is wrong with the id, the label or the parents.
pub fn check(graph: &Graph, draft: &Draft) -> Result<(), Failure> {
    refuse_taken_parents(graph, draft)?;
    refuse_labels(graph, draft)?;
    new_id(graph, draft.id.as_deref()).map(drop)
}

/// Writes the file of a new revision and reads it back.
///
/// # Errors
/// A parent with followers and no `splice`; an id or label that is taken or can't be one; a template that makes no
/// revision; a file that can't be written. Nothing is left behind.
pub fn write(session: &mut Session, graph: &Graph, draft: Draft) -> Result<Written, Failure> {
    check(graph, &draft)?;
    let created = session.now()?;
    let revision = Revision {
        id: new_id(graph, draft.id.as_deref())?,
        revises: draft.parents,
        depends_on: draft.depends_on,
        branch_labels: draft.branch_labels,
        created: Some(created.to_string()),
        message: file::message(&draft.message),
        draft: draft.unfinished.map(|reason| revision::Draft { reason, line: 0 }),
        upgrade: or_empty(draft.upgrade),
        downgrade: or_empty(draft.downgrade),
        ..Revision::default()
    };
    if revision.revises.contains(&revision.id) {
        return Err(Failure::usage(format!("revision {} can't follow itself", revision.id)));
    }
    let config = session.config()?;
    let text = render(config, &revision)?;
    let expected = expected(config, &revision)?;
    let folder = draft.folder.unwrap_or_else(|| folder_of(config, graph, &revision));
    let path = name::file_path(&config.file_name, &revision.id, &revision.message, created)
        .map_err(|message| Failure::new(message).hint("correct `file_name` in migrate.toml"))?;
    let path = folder.join(path);
    let shown = session.shown(&path);
    let read = folder::write_revision(&path, &shown, &text, &expected).map_err(|error| not_written(error, &shown))?;
    Ok(Written { revision: read, path: shown })
}

/// Returns the revision that the file must hold: the planned one, and where no statements are planned, those that the
/// template itself has. A message can't change them, because they are read from a file with another message.
fn expected(config: &Config, revision: &Revision) -> Result<Revision, Failure> {
    let is_planned = revision.upgrade.iter().chain(&revision.downgrade).any(|section| !section.text.trim().is_empty());
    if config.template.is_none() || is_planned {
        return Ok(revision.clone());
    }
    let harmless = Revision { message: "message".to_owned(), ..revision.clone() };
    let text = render(config, &harmless)?;
    Ok(match file::parse(&revision.path, text.as_bytes()) {
        Ok(read) => Revision { upgrade: read.upgrade, downgrade: read.downgrade, ..revision.clone() },
        // The mistake is found, and shown, in the file itself.
        Err(_) => revision.clone(),
    })
}

fn not_written(error: WriteError, shown: &Path) -> Failure {
    const NOTHING: &str = "nothing was written";
    match error {
        WriteError::NotAsPlanned(NotAsPlanned::Unreadable(error)) => {
            Failure::from(*error).note("the template makes a file that is not a revision; nothing was written")
        }
        WriteError::NotAsPlanned(error @ NotAsPlanned::Header { .. }) => {
            Failure::new(format!("the file {} would not be the revision that was planned: {error}", shown.display()))
                .hint(format!("`{{{{ header }}}}` in the template puts the header in; {NOTHING}"))
        }
        WriteError::NotAsPlanned(error) => {
            Failure::new(format!("the file {} would not be the revision that was planned: {error}", shown.display()))
                .hint(format!("the template may add comments to `{{{{ section.text }}}}`, not statements; {NOTHING}"))
        }
        WriteError::Io(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Failure::new(format!("the file {} already exists", shown.display()))
                .hint("put `{{id}}` in `file_name` in migrate.toml to keep names apart")
        }
        WriteError::Io(error) => Failure::new(format!("cannot write {}: {error}", shown.display())),
    }
}

/// Says which file was written.
pub fn report(session: &Session, written: &Written) {
    let Written { revision, path } = written;
    let output = &session.output;
    if output.json {
        output.json(&json!({
            "revision": revision.id, "revises": revision.revises, "depends_on": revision.depends_on,
            "branch_labels": revision.branch_labels, "message": revision.message, "path": path,
            "draft": revision.draft.as_ref().map(|draft| &draft.reason),
        }));
    } else {
        output.result(path.display());
    }
    if revision.draft.is_some() {
        output.warn(format_args!(
            "{} is a draft: complete its SQL and remove its line `-- migrate:draft`; until then it is not run",
            path.display()
        ));
    }
}

fn or_empty(sections: Vec<Section>) -> Vec<Section> {
    let empty = || vec![Section { dialect: None, transactional: true, text: "\n".to_owned(), first_line: 1 }];
    if sections.is_empty() { empty() } else { sections }
}

fn refuse_taken_parents(graph: &Graph, draft: &Draft) -> Result<(), Failure> {
    for (number, parent) in draft.parents.iter().enumerate() {
        if draft.parents[..number].contains(parent) {
            return Err(Failure::usage(format!("revision {parent} is named twice")));
        }
        let children = graph.children(parent);
        if let (Some(child), false) = (children.first(), draft.splice) {
            return Err(Failure::new(format!("revision {parent} is not a head: {} follows it", child.id))
                .hint("--splice begins a new branch there; without --head the new revision follows the head"));
        }
    }
    Ok(())
}

fn refuse_labels(graph: &Graph, draft: &Draft) -> Result<(), Failure> {
    for label in &draft.branch_labels {
        if let Some(fault) = file::fault_in_name(label) {
            return Err(Failure::usage(format!("`{label}` can't be a branch label: {fault}")));
        }
        if let Some(other) = graph.labelled(label) {
            return Err(Failure::usage(format!("the branch label {label} is taken by revision {}", other.id)));
        }
        if graph.get(label).is_some() || draft.id.as_ref() == Some(label) {
            return Err(Failure::usage(format!("the branch label {label} is also the id of a revision")));
        }
    }
    Ok(())
}

fn new_id(graph: &Graph, asked: Option<&str>) -> Result<String, Failure> {
    if let Some(id) = asked {
        if let Some(fault) = file::fault_in_name(id) {
            return Err(Failure::usage(format!("`{id}` can't be the id of a revision: {fault}")));
        }
        if let Some(taken) = graph.get(id) {
            let what = if taken.id == id { "is the id of" } else { "was replaced by" };
            return Err(Failure::usage(format!("`{id}` {what} {}", taken.path.display())).hint("choose another id"));
        }
        if graph.labelled(id).is_some() {
            return Err(Failure::usage(format!("`{id}` is a branch label")).hint("choose another id"));
        }
        return Ok(id.to_owned());
    }
    loop {
        // Every RandomState has random keys of its own (standard library, `RandomState::new`).
        let random = RandomState::new().build_hasher().finish();
        let id = format!("{:012x}", random & 0xffff_ffff_ffff);
        if graph.get(&id).is_none() {
            return Ok(id);
        }
    }
}

/// Branches that live in folders of their own stay there.
fn folder_of(config: &Config, graph: &Graph, revision: &Revision) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let parent = revision.revises.first().and_then(|id| graph.get(id)).map(|parent| here.join(&parent.path));
    let holds = |folder: &&PathBuf| parent.as_ref().is_some_and(|parent| parent.starts_with(folder));
    // The innermost, where one folder lies in another.
    let of_parent = config.revisions.iter().filter(holds).max_by_key(|folder| folder.components().count());
    of_parent.or(config.revisions.first()).cloned().unwrap_or_else(|| config.root.join("migrations"))
}

fn render(config: &Config, revision: &Revision) -> Result<String, Failure> {
    let (source, place) = match &config.template {
        None => (TEMPLATE.to_owned(), "the built-in template".to_owned()),
        Some(path) => (
            std::fs::read_to_string(path).map_err(|error| {
                Failure::new(format!("cannot read the template {}: {error}", path.display()))
                    .hint("correct `template` in migrate.toml, or remove it to use the built-in one")
            })?,
            path.display().to_string(),
        ),
    };
    let both = [("upgrade", &revision.upgrade), ("downgrade", &revision.downgrade)];
    let sections: Vec<_> = both
        .into_iter()
        .flat_map(|(direction, sections)| sections.iter().map(move |section| (direction, section)))
        .map(|(direction, section)| {
            let line = file::section_line(direction, section.dialect, section.transactional);
            let end = if section.text.ends_with('\n') { "" } else { "\n" };
            context! { direction, line, text => format!("{}{end}", section.text) }
        })
        .collect();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_keep_trailing_newline(true);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment
        .render_str(
            &source,
            context! {
                header => file::header(revision), sections, id => revision.id, revises => revision.revises,
                depends_on => revision.depends_on, branch_labels => revision.branch_labels,
                created => revision.created, message => revision.message,
            },
        )
        .map_err(|error| Failure::new(format!("{place} can't be rendered: {error:#}")))
}
