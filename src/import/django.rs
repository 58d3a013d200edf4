//! Django: migrations in Python, printed as `sqlmigrate` does through the project's own interpreter, and `django_migrations`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;

use crate::database::{DIALECTS, Database};
use crate::sql::Syntax;

use super::{Files, History, HistoryRow, ImportError, Imported, LeftOut, Project, Source, python, script, table};

pub static SOURCE: Source = Source {
    name: "django",
    title: "Django",
    reads: "manage.py, every app's migrations and django_migrations",
    usual_folders: &["."],
    table: "django_migrations",
    files: read,
    history,
    lock: None,
};

#[derive(Deserialize)]
struct Answer {
    migrations: Vec<Migration>,
}

/// What the helper says of one migration; see django.py.
#[derive(Deserialize)]
struct Migration {
    app: String,
    name: String,
    needs: Vec<(String, String)>,
    replaces: Vec<(String, String)>,
    /// It replaces others that are all still there.
    #[serde(default)]
    squashed: bool,
    atomic: bool,
    path: PathBuf,
    created: Option<String>,
    upgrade: Direction,
    downgrade: Direction,
    /// Why it could not be applied to the database in memory, after which later ones may be wrong.
    applied: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Direction {
    sql: String,
    notes: Vec<String>,
    error: Option<String>,
}

fn id(app: &str, name: &str) -> String {
    super::legal_id(&format!("{app}_{name}"))
}

fn original(app: &str, name: &str) -> String {
    format!("{app}.{name}")
}

fn read(project: &Project) -> Result<Files, ImportError> {
    let given = if project.path.is_file() { project.path.parent().unwrap_or(Path::new(".")) } else { &project.path };
    let root = std::path::absolute(given).map_err(|error| ImportError::Io {
        doing: "cannot find",
        path: given.to_owned(),
        error,
    })?;
    if !root.join("manage.py").is_file() {
        return Err(ImportError::refused(
            format!("there is no manage.py in {}", given.display()),
            "name the folder that has the Django project's manage.py",
        ));
    }
    let syntax = project.dialects.first().copied().unwrap_or(Syntax::Postgres);
    let dialect = DIALECTS.iter().find(|dialect| dialect.syntax == syntax).map_or("postgresql", |dialect| dialect.name);
    let interpreter = python::interpreter(project, &root)?;
    let answer =
        python::ask(&interpreter, include_str!("django.py"), &root, json!({"root": root, "dialect": dialect}))?;
    let answer: Answer = serde_json::from_value(answer).map_err(|error| {
        ImportError::refused(
            format!("what Django printed can't be read: {error}"),
            "this is a fault of migrate; report it",
        )
    })?;
    let mut found = Files::default();
    // A squash that is left out is, for those that need it, the last migration that it replaces.
    let last_of: BTreeMap<(String, String), (String, String)> = answer
        .migrations
        .iter()
        .filter(|migration| migration.squashed)
        .filter_map(|squash| {
            let last = answer
                .migrations
                .iter()
                .rev()
                .find(|one| squash.replaces.iter().any(|(app, name)| *app == one.app && *name == one.name))?;
            Some(((squash.app.clone(), squash.name.clone()), (last.app.clone(), last.name.clone())))
        })
        .collect();
    for migration in answer.migrations {
        let name = original(&migration.app, &migration.name);
        if migration.squashed {
            let why = "a squash of migrations that are all there; delete those in Django first to import it instead"
                .to_owned();
            found.left_out.push(LeftOut { what: name, why });
            continue;
        }
        let mut revision = Imported {
            id: id(&migration.app, &migration.name),
            original: name,
            message: super::files::words(migration.name.trim_start_matches(|c: char| c.is_ascii_digit())),
            created: migration.created,
            path: migration.path.strip_prefix(&root).unwrap_or(&migration.path).to_owned(),
            ..Imported::default()
        };
        revision.replaces = migration.replaces.iter().map(|(app, name)| id(app, name)).collect();
        // A migration of the same app is its parent, one of another app it depends on; Django's graph has one root for each app.
        for needed in &migration.needs {
            let mut needed = needed;
            while let Some(last) = last_of.get(needed) {
                needed = last;
            }
            let (app, name) = needed;
            let list = if *app == migration.app { &mut revision.parents } else { &mut revision.depends_on };
            if !list.contains(&id(app, name)) {
                list.push(id(app, name));
            }
        }
        if let Some(error) = migration.applied {
            revision
                .notes
                .push(format!("it could not be applied to an empty database, so what follows may be wrong: {error}"));
        }
        for (prefix, direction, sections) in [
            ("", migration.upgrade, &mut revision.upgrade),
            ("downgrade: ", migration.downgrade, &mut revision.downgrade),
        ] {
            if let Some(error) = direction.error {
                if prefix.is_empty() {
                    let why = format!("Django could not print {}: {error}", revision.original);
                    sections.extend(script::to_be_written(&why).into_iter().filter(|own| own.dialect == Some(syntax)));
                }
                revision.notes.push(format!("{prefix}no SQL, because {error}"));
                continue;
            }
            revision.notes.extend(direction.notes.iter().map(|note| format!("{prefix}{note}")));
            let mut section = if script::does_nothing(&direction.sql) {
                script::of(format!("{}\n-- Nothing to do.\n", direction.sql).trim_start().to_owned(), true)
            } else {
                let tidied = script::section(&direction.sql, migration.atomic, syntax);
                let own = "its own BEGIN and COMMIT";
                // sqlmigrate prints a transaction that Django opens; it is no property of the migration.
                revision.notes.extend(
                    tidied
                        .notes
                        .into_iter()
                        .filter(|note| !note.starts_with(own))
                        .map(|note| format!("{prefix}{note}")),
                );
                tidied.section
            };
            section.dialect = Some(syntax);
            sections.push(section);
        }
        found.revisions.push(revision);
    }
    Ok(found)
}

/// Source: Django, `django.db.migrations.recorder.MigrationRecorder`.
fn history(database: &mut dyn Database, project: &Project, files: &Files) -> Result<Option<History>, ImportError> {
    let Some(table) = table::find(database, project, SOURCE.table)? else { return Ok(None) };
    table.must_have(&["app", "name", "applied"], SOURCE.title)?;
    let moment = table::moment("applied", database.dialect().syntax);
    let sql = format!("SELECT app, name, {moment} FROM {} ORDER BY id", table.sql);
    let mut history = History { table: table.name.clone(), ..History::default() };
    let replaced: Vec<&String> = files.revisions.iter().flat_map(|revision| &revision.replaces).collect();
    let left_out: Vec<&str> = files.left_out.iter().map(|left| left.what.as_str()).collect();
    for row in table::query(database, &sql, "reading Django's history")? {
        let [app, name, applied_at] = super::columns(row);
        let (app, name) = (app.unwrap_or_default(), name.unwrap_or_default());
        let original = original(&app, &name);
        // A squash is recorded beside what it replaces; either is enough.
        if left_out.contains(&original.as_str()) || replaced.contains(&&id(&app, &name)) {
            continue;
        }
        history.rows.push(HistoryRow { original, applied_at, ..HistoryRow::default() });
    }
    Ok(Some(history))
}
