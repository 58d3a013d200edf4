//! Sqitch: `sqitch.plan` with `deploy/` and `revert/`, and the registry.

use std::path::{Path, PathBuf};

use crate::database::Database;
use crate::sql::Syntax;
use crate::sql::quote::literal;
use crate::words::counted;

use super::{
    Files, History, HistoryRow, ImportError, Imported, LeftOut, Project, Source, digest, files, script, table,
};

pub static SOURCE: Source = Source {
    name: "sqitch",
    title: "Sqitch",
    reads: "sqitch.plan, deploy/, revert/ and the registry",
    usual_folders: &["."],
    table: "sqitch.changes",
    files: read,
    history,
    lock: Some(|_| Some(75_474_063)),
};

/// A line of the plan: a change, and the tags that follow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Change {
    name: String,
    requires: Vec<String>,
    conflicts: Vec<String>,
    date: String,
    planner: String,
    note: String,
    tags: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Plan {
    project: String,
    uri: Option<String>,
    changes: Vec<Change>,
}

fn read(project: &Project) -> Result<Files, ImportError> {
    let top = top_folder(&project.path)?;
    let plan_path = ["sqitch.plan", "deploy/../sqitch.plan"]
        .iter()
        .map(|name| top.join(name))
        .chain([project.path.join("sqitch.plan")])
        .find(|path| path.is_file())
        .ok_or_else(|| {
            ImportError::refused(
                format!("there is no sqitch.plan in {}", project.path.display()),
                "name the folder that has Sqitch's plan",
            )
        })?;
    let plan = parse(&plan_path, &files::text(&plan_path)?)?;
    let mut found = Files { project: Some(plan.project.clone()), ..Files::default() };
    let mut parent: Option<String> = None;
    for (at, change) in plan.changes.iter().enumerate() {
        // A reworked change keeps its earlier script under the name of the first tag after it.
        let reworked = plan.changes[at + 1..].iter().any(|later| later.name == change.name);
        let tag = plan.changes[at..].iter().find_map(|change| change.tags.first());
        let file_name = match tag {
            Some(tag) if reworked => format!("{}@{tag}.sql", change.name),
            _ => format!("{}.sql", change.name),
        };
        let path = top.join("deploy").join(&file_name);
        let bytes = files::bytes(&path)?;
        let script_hash = digest::sha1_hex(&bytes);
        let tidied = script::section(&files::decode(&path, bytes)?, true, project.syntax());
        let change_id = change_id(&plan, change, parent.as_deref());
        let mut id = super::legal_id(&change.name);
        if let Some(tag) = tag.filter(|_| reworked) {
            id = super::legal_id(&format!("{}_{tag}", change.name));
        }
        let mut revision = Imported {
            id,
            original: change_id.clone(),
            message: if change.note.is_empty() { files::words(&change.name) } else { change.note.clone() },
            created: Some(change.date.clone()).filter(|date| date.parse::<jiff::Timestamp>().is_ok()),
            upgrade: vec![tidied.section],
            checksums: vec![script_hash],
            path,
            notes: tidied.notes,
            ..Imported::default()
        };
        for required in &change.requires {
            let name = required.split('@').next().unwrap_or_default();
            let earlier = plan.changes[..at].iter().rposition(|earlier| earlier.name == name);
            match earlier.and_then(|earlier| found.revisions.get(earlier)) {
                // The one right before is the parent already.
                Some(earlier) if Some(&earlier.id) != found.revisions.last().map(|last| &last.id) => {
                    revision.depends_on.push(earlier.id.clone());
                }
                Some(_) => {}
                None => revision.notes.push(format!("it requires {required}, which is not in this plan")),
            }
        }
        if !change.conflicts.is_empty() {
            revision.notes.push(format!("its conflicts ({}) are not carried over", change.conflicts.join(", ")));
        }
        let revert = top.join("revert").join(&file_name);
        if revert.is_file() {
            let tidied = script::section(&files::text(&revert)?, true, project.syntax());
            revision.downgrade.push(tidied.section);
            revision.notes.extend(tidied.notes.into_iter().map(|note| format!("downgrade: {note}")));
        }
        parent = Some(change_id);
        found.revisions.push(revision);
    }
    let verify = top.join("verify");
    if verify.is_dir() {
        found.left_out.push(LeftOut {
            what: counted(files::entries(&verify, true)?.len(), "verify script"),
            why: "a revision has no verify section; keep them as tests".to_owned(),
        });
    }
    let tags = plan.changes.iter().map(|change| change.tags.len()).sum::<usize>();
    if tags > 0 {
        found.left_out.push(LeftOut { what: counted(tags, "tag"), why: "revisions have no tags".to_owned() });
    }
    super::chain(&mut found.revisions);
    Ok(found)
}

/// Reads `top_dir` of sqitch.conf.
fn top_folder(folder: &Path) -> Result<PathBuf, ImportError> {
    let conf = folder.join("sqitch.conf");
    if !conf.is_file() {
        return Ok(folder.to_owned());
    }
    let text = files::text(&conf)?;
    let value = text.lines().filter(|line| !line.trim_start().starts_with(['#', ';'])).find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "top_dir").then(|| value.trim().to_owned())
    });
    Ok(value.map_or_else(|| folder.to_owned(), |value| folder.join(value)))
}

/// Source: sqitch, "sqitchplan": pragmas, then lines of `name [dependencies] date planner # note`; tags begin with `@`.
fn parse(path: &Path, text: &str) -> Result<Plan, ImportError> {
    let mut plan = Plan::default();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let fault = |what: &str| ImportError::file(path, at + 1, what);
        if let Some(pragma) = line.strip_prefix('%') {
            let (key, value) = pragma.split_once('=').unwrap_or((pragma, ""));
            match key.trim() {
                "project" => plan.project = value.trim().to_owned(),
                "uri" => plan.uri = Some(value.trim().to_owned()),
                _ => {}
            }
            continue;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (head, note) = line.split_once(" #").map_or((line, ""), |(head, note)| (head.trim(), note.trim()));
        let (name, rest) =
            head.split_once(char::is_whitespace).ok_or_else(|| fault("a line without date and planner"))?;
        if let Some(tag) = name.strip_prefix('@') {
            let last = plan.changes.last_mut().ok_or_else(|| fault("a tag before the first change"))?;
            last.tags.push(tag.to_owned());
            continue;
        }
        if name.starts_with('-') {
            return Err(fault("a change that is reverted within the plan, which migrate can't express"));
        }
        let name = name.trim_start_matches('+');
        let mut change = Change { name: name.to_owned(), note: unescaped(note), ..Change::default() };
        let mut rest = rest.trim();
        if let Some(inner) = rest.strip_prefix('[') {
            let (inner, after) = inner.split_once(']').ok_or_else(|| fault("a `[` without its `]`"))?;
            for dependency in inner.split_whitespace() {
                match dependency.strip_prefix('!') {
                    Some(conflict) => change.conflicts.push(conflict.to_owned()),
                    None => change.requires.push(dependency.trim_start_matches(':').to_owned()),
                }
            }
            rest = after.trim();
        }
        let (date, planner) =
            rest.split_once(char::is_whitespace).ok_or_else(|| fault("a change without its planner"))?;
        change.date = date.to_owned();
        change.planner = planner.trim().to_owned();
        plan.changes.push(change);
    }
    if plan.project.is_empty() {
        return Err(ImportError::file(path, 1, "there is no `%project=` in it"));
    }
    Ok(plan)
}

fn unescaped(note: &str) -> String {
    note.replace("\\n", "\n").replace("\\r", "\r").replace("\\\\", "\\")
}

/// Returns the id of a change: SHA-1 of `change <length>`, a zero byte and what the plan says of it.
///
/// Source: sqitch, `App::Sqitch::Plan::Change`, `info` and `id`; a chain, for each names its parent.
fn change_id(plan: &Plan, change: &Change, parent: Option<&str>) -> String {
    let mut lines = vec![format!("project {}", plan.project)];
    lines.extend(plan.uri.as_ref().map(|uri| format!("uri {uri}")));
    lines.push(format!("change {}", change.name));
    lines.extend(parent.map(|parent| format!("parent {parent}")));
    lines.push(format!("planner {}", change.planner));
    lines.push(format!("date {}", change.date));
    if !change.requires.is_empty() {
        lines.push(format!("requires\n  + {}", change.requires.join("\n  + ")));
    }
    if !change.conflicts.is_empty() {
        lines.push(format!("conflicts\n  - {}", change.conflicts.join("\n  - ")));
    }
    if !change.note.is_empty() {
        lines.push(String::new());
        lines.push(change.note.clone());
    }
    let text = lines.join("\n");
    digest::sha1_hex(format!("change {}\0{text}", text.len()).as_bytes())
}

/// On SQLite the registry is a database of its own beside the target.
fn history(database: &mut dyn Database, project: &Project, files: &Files) -> Result<Option<History>, ImportError> {
    if database.dialect().syntax == Syntax::Postgres {
        return registry(database, project.table.as_deref().unwrap_or(SOURCE.table), files);
    }
    let rows =
        table::query(database, "SELECT file FROM pragma_database_list WHERE name = 'main'", "looking for the file")?;
    let main = PathBuf::from(rows.into_iter().flatten().flatten().next().unwrap_or_default());
    let suffix = main.extension().map(|suffix| format!(".{}", suffix.to_string_lossy())).unwrap_or_default();
    let folder = main.parent().unwrap_or(Path::new("."));
    let beside = [folder.join(format!("sqitch{suffix}")), folder.join("sqitch.db")];
    let Some(file) = beside.iter().find(|file| file.is_file()) else { return Ok(None) };
    let attach = format!("ATTACH {} AS sqitch", literal(&file.display().to_string(), Syntax::Sqlite));
    let place = database.place();
    let fault = |error| crate::database::DatabaseError::Sql {
        doing: format!("attaching Sqitch's registry {} to {place}", file.display()),
        error,
    };
    database.execute(&attach).map_err(fault)?;
    let found = registry(database, "sqitch.changes", files);
    let detached = database.execute("DETACH sqitch").map_err(fault);
    let found = found?;
    detached?;
    Ok(found)
}

fn registry(database: &mut dyn Database, name: &str, files: &Files) -> Result<Option<History>, ImportError> {
    let Some(table) = table::find_named(database, name)? else { return Ok(None) };
    table.must_have(&["change_id", "change", "committed_at", "committer_name"], SOURCE.title)?;
    let moment = table::moment("committed_at", database.dialect().syntax);
    let hash = if table.has("script_hash") { "script_hash" } else { "NULL" };
    let project = literal(files.project.as_deref().unwrap_or_default(), database.dialect().syntax);
    let equals = database.dialect().scripting.equals;
    let sql = format!(
        "SELECT change_id, change, {moment}, committer_name, {hash} FROM {} WHERE project {equals} {project} ORDER BY committed_at",
        table.sql
    );
    let mut history = History { table: table.name.clone(), ..History::default() };
    for row in table::query(database, &sql, "reading Sqitch's registry")? {
        let [change_id, name, applied_at, applied_by, checksum] = super::columns(row);
        let (mut original, name) = (change_id.unwrap_or_default(), name.unwrap_or_default());
        if !files.revisions.iter().any(|revision| revision.original == original) {
            // The plan's line was edited after it was deployed, which gives it and all after it other ids.
            let mut same_name = files.revisions.iter().filter(|revision| revision.id == super::legal_id(&name));
            if let (Some(revision), None) = (same_name.next(), same_name.next()) {
                history.notes.push(format!("{name} has another change id in the registry than in the plan"));
                original = revision.original.clone();
            }
        }
        history.rows.push(HistoryRow { original, name, applied_at, applied_by, checksum, opaque: false });
    }
    Ok(Some(history))
}
