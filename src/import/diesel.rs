//! Diesel: folders `<version>_<name>/` with `up.sql`, `down.sql` and `metadata.toml`, and `__diesel_schema_migrations`.

use crate::database::Database;

use super::{Files, History, HistoryRow, ImportError, Imported, LeftOut, Project, Source, files, script, table};

pub static SOURCE: Source = Source {
    name: "diesel",
    title: "Diesel",
    reads: "migrations/*/up.sql and __diesel_schema_migrations",
    usual_folders: &["migrations"],
    table: "__diesel_schema_migrations",
    files: read,
    history,
    lock: None,
};

fn read(project: &Project) -> Result<Files, ImportError> {
    let mut found = Files::default();
    for folder in files::entries(&project.path, false)? {
        let name = files::name(&folder);
        if !folder.is_dir() || name.starts_with('.') {
            continue;
        }
        let up = folder.join("up.sql");
        if !up.is_file() {
            found.left_out.push(LeftOut { what: name, why: "it has no up.sql".to_owned() });
            continue;
        }
        // Source: diesel_migrations, `migrations_internals::version_from_string`.
        let (stamp, slug) = name.split_once('_').unwrap_or((&name, ""));
        let version = stamp.replace('-', "");
        let transactional = runs_in_transaction(&folder.join("metadata.toml"))?;
        let tidied = script::section(&files::text(&up)?, transactional, project.syntax());
        let mut revision = Imported {
            id: super::legal_id(&version),
            original: version.clone(),
            message: files::words(slug),
            created: files::moment(version.get(..14).unwrap_or(&version)),
            upgrade: vec![tidied.section],
            path: up,
            notes: tidied.notes,
            ..Imported::default()
        };
        let down = folder.join("down.sql");
        if down.is_file() {
            let tidied = script::section(&files::text(&down)?, transactional, project.syntax());
            revision.downgrade.push(tidied.section);
            revision.notes.extend(tidied.notes.into_iter().map(|note| format!("downgrade: {note}")));
        }
        found.revisions.push(revision);
    }
    found.revisions.sort_by(|one, other| one.original.cmp(&other.original));
    super::chain(&mut found.revisions);
    Ok(found)
}

/// Reads `run_in_transaction` of a migration's metadata.toml; true if there is none.
fn runs_in_transaction(path: &std::path::Path) -> Result<bool, ImportError> {
    if !path.is_file() {
        return Ok(true);
    }
    let table: toml::Table = files::text(path)?
        .parse()
        .map_err(|error: toml::de::Error| ImportError::file(path, 1, error.message().to_owned()))?;
    Ok(table.get("run_in_transaction").and_then(toml::Value::as_bool).unwrap_or(true))
}

fn history(database: &mut dyn Database, project: &Project, _files: &Files) -> Result<Option<History>, ImportError> {
    let Some(table) = table::find(database, project, SOURCE.table)? else { return Ok(None) };
    table.must_have(&["version", "run_on"], SOURCE.title)?;
    let moment = table::moment("run_on", database.dialect().syntax);
    let sql = format!("SELECT version, {moment} FROM {} ORDER BY version", table.sql);
    let rows = table::query(database, &sql, "reading Diesel's history")?
        .into_iter()
        .map(|row| {
            let [version, applied_at] = super::columns(row);
            HistoryRow { original: version.unwrap_or_default(), applied_at, ..HistoryRow::default() }
        })
        .collect();
    Ok(Some(History { table: table.name, rows, notes: Vec::new() }))
}
