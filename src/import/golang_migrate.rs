//! golang-migrate: `<version>_<title>.up.sql` and `.down.sql`, and the one row of `schema_migrations`.

use std::collections::BTreeMap;

use crate::database::Database;

use super::{
    Files, History, HistoryRow, ImportError, Imported, LeftOut, Project, Source, digest, files, script, table,
};

pub static SOURCE: Source = Source {
    name: "golang-migrate",
    title: "golang-migrate",
    reads: "*.up.sql, *.down.sql and schema_migrations",
    usual_folders: &["migrations", "db/migrations", "db/migration"],
    table: "schema_migrations",
    files: read,
    history,
    lock: Some(|names| {
        let text = format!("{}\0{}\0{}", names.schema, names.table, names.database);
        Some(i64::from(digest::crc32(text.as_bytes()).wrapping_mul(1_486_364_155)))
    }),
};

fn read(project: &Project) -> Result<Files, ImportError> {
    let mut found = Files::default();
    let mut revisions: BTreeMap<u64, Imported> = BTreeMap::new();
    for path in files::entries(&project.path, false)? {
        let name = files::name(&path);
        // Source: golang-migrate, `source/parse.go`: `^([0-9]+)_(.*)\.(down|up)\.(.*)$`.
        let parsed = files::leading_number(&name).and_then(|(version, rest)| {
            let rest = rest.strip_prefix('_')?;
            let (slug, extension) = rest.rsplit_once('.')?;
            let (slug, direction) = slug.rsplit_once('.')?;
            matches!(direction, "up" | "down").then_some((version, slug, direction == "up", extension))
        });
        let Some((version, slug, up, extension)) = parsed else {
            if name.ends_with(".sql") {
                let why = "golang-migrate doesn't read it: not `<version>_<title>.up.sql` or `.down.sql`".to_owned();
                found.left_out.push(LeftOut { what: name, why });
            }
            continue;
        };
        if extension != "sql" {
            found.left_out.push(LeftOut { what: name, why: "it isn't SQL".to_owned() });
            continue;
        }
        let revision = revisions.entry(version).or_insert_with(|| Imported {
            id: version.to_string(),
            original: version.to_string(),
            message: files::words(slug),
            created: files::moment(&version.to_string()),
            path: path.clone(),
            ..Imported::default()
        });
        // golang-migrate sends a file to the server as it is, which makes one transaction of its statements.
        let tidied = script::section(&files::text(&path)?, true, project.syntax());
        let sections = if up { &mut revision.upgrade } else { &mut revision.downgrade };
        if !sections.is_empty() {
            return Err(ImportError::refused(
                format!("two files have the version {version} and the same direction; one is {}", path.display()),
                "golang-migrate refuses this too; give one of them another version",
            ));
        }
        sections.push(tidied.section);
        let prefix = if up { "" } else { "downgrade: " };
        revision.notes.extend(tidied.notes.into_iter().map(|note| format!("{prefix}{note}")));
        if up {
            revision.path = path;
        }
    }
    for mut revision in revisions.into_values() {
        if revision.upgrade.is_empty() {
            revision.notes.push("there is no .up.sql for it, so it does nothing on the way up".to_owned());
            revision.upgrade.push(script::of("-- There was no .up.sql.\n".to_owned(), true));
        }
        found.revisions.push(revision);
    }
    super::chain(&mut found.revisions);
    Ok(found)
}

/// The table has one row, the version that the database is at; every file up to it was applied.
fn history(database: &mut dyn Database, project: &Project, files: &Files) -> Result<Option<History>, ImportError> {
    let Some(table) = table::find(database, project, SOURCE.table)? else { return Ok(None) };
    table.must_have(&["version", "dirty"], SOURCE.title)?;
    let sql = format!("SELECT version, dirty FROM {} ORDER BY version", table.sql);
    let rows = table::query(database, &sql, "reading golang-migrate's history")?;
    let mut history = History { table: table.name.clone(), ..History::default() };
    let Some(row) = rows.into_iter().next_back() else { return Ok(Some(history)) };
    let [version, dirty] = super::columns(row);
    let version = version.unwrap_or_default();
    if table::is_true(dirty.as_deref()) {
        return Err(ImportError::refused(
            format!("golang-migrate has marked this database as dirty: version {version} began and did not end"),
            "repair the database, set the version with `migrate force` of golang-migrate, then import",
        ));
    }
    // -1 is golang-migrate's "no version".
    let Ok(at) = version.parse::<u64>() else { return Ok(Some(history)) };
    let upto = |revision: &&Imported| revision.original.parse::<u64>().is_ok_and(|number| number <= at);
    history.rows = files
        .revisions
        .iter()
        .filter(upto)
        .map(|revision| HistoryRow { original: revision.original.clone(), ..HistoryRow::default() })
        .collect();
    if !history.rows.iter().any(|row| row.original == version) {
        history.rows.push(HistoryRow { original: version.clone(), ..HistoryRow::default() });
    }
    history.notes.push(format!(
        "golang-migrate keeps only the version that the database is at ({version}); all files up to it count as applied"
    ));
    Ok(Some(history))
}
