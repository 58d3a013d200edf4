//! sqlx: `<version>_<description>.sql` or `.up.sql` with `.down.sql`, and `_sqlx_migrations`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::database::Database;

use super::{
    Files, History, HistoryRow, ImportError, Imported, LeftOut, Project, Source, digest, files, script, table,
};

pub static SOURCE: Source = Source {
    name: "sqlx",
    title: "sqlx",
    reads: "migrations/*.sql and _sqlx_migrations",
    usual_folders: &["migrations"],
    table: "_sqlx_migrations",
    files: read,
    history,
    lock: Some(|names| Some(0x3d32_ad9e * i64::from(digest::crc32(names.database.as_bytes())))),
};

/// Reads the folder, not what is below it, as sqlx does.
fn read(project: &Project) -> Result<Files, ImportError> {
    let mut found = Files::default();
    let mut downs: BTreeMap<u64, PathBuf> = BTreeMap::new();
    let mut ups: BTreeMap<u64, PathBuf> = BTreeMap::new();
    for path in files::entries(&project.path, false)? {
        let name = files::name(&path);
        let Some((version, rest)) = files::leading_number(&name).filter(|(_, rest)| rest.starts_with('_')) else {
            if name.ends_with(".sql") {
                found.left_out.push(LeftOut { what: name, why: "sqlx doesn't read it: no `<version>_`".to_owned() });
            }
            continue;
        };
        if rest.ends_with(".down.sql") {
            downs.insert(version, path);
        } else if rest.ends_with(".sql")
            && let Some(other) = ups.insert(version, path.clone())
        {
            return Err(ImportError::refused(
                format!("two files have the version {version}: {} and {}", other.display(), path.display()),
                "sqlx can't run such a folder either; give one of them another version",
            ));
        }
    }
    for (version, path) in ups {
        let name = files::name(&path);
        let bytes = files::bytes(&path)?;
        let checksum = digest::sha384_hex(&bytes);
        let text = files::decode(&path, bytes)?;
        let slug = name.split_once('_').map_or("", |(_, rest)| rest);
        let slug = slug.strip_suffix(".up.sql").or_else(|| slug.strip_suffix(".sql")).unwrap_or(slug);
        let up = script::section(&text, !text.starts_with("-- no-transaction"), project.syntax());
        let mut revision = Imported {
            id: version.to_string(),
            original: version.to_string(),
            message: files::words(slug),
            created: files::moment(&version.to_string()),
            upgrade: vec![up.section],
            checksums: vec![checksum],
            path,
            notes: up.notes,
            ..Imported::default()
        };
        if let Some(path) = downs.remove(&version) {
            let text = files::text(&path)?;
            let down = script::section(&text, !text.starts_with("-- no-transaction"), project.syntax());
            revision.downgrade.push(down.section);
            revision.notes.extend(down.notes.into_iter().map(|note| format!("downgrade: {note}")));
        }
        found.revisions.push(revision);
    }
    for path in downs.into_values() {
        found.left_out.push(LeftOut { what: files::name(&path), why: "it has no `.up.sql` beside it".to_owned() });
    }
    super::chain(&mut found.revisions);
    Ok(found)
}

/// Source: sqlx-core, `migrate::Migrate::ensure_migrations_table` and `list_applied_migrations`.
fn history(database: &mut dyn Database, project: &Project, _files: &Files) -> Result<Option<History>, ImportError> {
    let Some(table) = table::find(database, project, SOURCE.table)? else { return Ok(None) };
    table.must_have(&["version", "description", "installed_on", "success", "checksum"], SOURCE.title)?;
    let syntax = database.dialect().syntax;
    let sql = format!(
        "SELECT version, description, {}, success, {} FROM {} ORDER BY version",
        table::moment("installed_on", syntax),
        table::bytes("checksum", syntax),
        table.sql
    );
    let mut history = History { table: table.name.clone(), ..History::default() };
    for row in table::query(database, &sql, "reading sqlx's history")? {
        let [version, description, applied_at, success, checksum] = super::columns(row);
        let version = version.unwrap_or_default();
        if !table::is_true(success.as_deref()) {
            return Err(ImportError::refused(
                format!("In sqlx, migration {version} began and did not end (success is false in {})", table.name),
                "repair the database and that row as sqlx asks for (`sqlx migrate info` shows it), then import",
            ));
        }
        history.rows.push(HistoryRow {
            original: version,
            name: description.unwrap_or_default(),
            applied_at,
            checksum,
            ..HistoryRow::default()
        });
    }
    Ok(Some(history))
}
