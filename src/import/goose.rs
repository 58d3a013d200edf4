//! goose: `<version>_<name>.sql` with `+goose` comments, and `goose_db_version`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::database::Database;

use super::{Files, History, HistoryRow, ImportError, Imported, LeftOut, Project, Source, files, script, table};

pub static SOURCE: Source = Source {
    name: "goose",
    title: "goose",
    reads: "*.sql with +goose comments and goose_db_version",
    usual_folders: &["migrations", "db/migrations", "sql/migrations"],
    table: "goose_db_version",
    files: read,
    history,
    lock: Some(|_| Some(4_097_083_626)),
};

#[derive(Default)]
struct Parsed {
    up: String,
    down: String,
    has_down: bool,
    transactional: bool,
    substituted: bool,
}

fn read(project: &Project) -> Result<Files, ImportError> {
    let mut found = Files::default();
    let mut revisions: BTreeMap<u64, Imported> = BTreeMap::new();
    for path in files::entries(&project.path, false)? {
        let name = files::name(&path);
        let Some((version, rest)) = files::leading_number(&name).filter(|(_, rest)| rest.starts_with('_')) else {
            if name.ends_with(".sql") {
                found.left_out.push(LeftOut { what: name, why: "goose doesn't read it: no `<version>_`".to_owned() });
            }
            continue;
        };
        if let Some(slug) = rest.strip_suffix(".go").filter(|slug| !slug.ends_with("_test")) {
            let why = format!("{name} is a migration in Go code, so it was not carried over");
            revisions.insert(
                version,
                Imported {
                    id: version.to_string(),
                    original: version.to_string(),
                    message: files::words(slug),
                    created: files::moment(&version.to_string()),
                    upgrade: script::to_be_written(&why),
                    path,
                    notes: vec![why],
                    ..Imported::default()
                },
            );
            continue;
        }
        let Some(slug) = rest.strip_suffix(".sql") else { continue };
        let parsed = parse(&path, &files::text(&path)?)?;
        let up = script::section(&parsed.up, parsed.transactional, project.syntax());
        let down = script::section(&parsed.down, parsed.transactional, project.syntax());
        let mut notes = up.notes;
        notes.extend(down.notes.into_iter().map(|note| format!("downgrade: {note}")));
        if parsed.substituted {
            notes.push("goose put environment variables into it (ENVSUB); put in what they should be".to_owned());
        }
        let revision = Imported {
            id: version.to_string(),
            original: version.to_string(),
            message: files::words(slug),
            created: files::moment(&version.to_string()),
            upgrade: vec![up.section],
            downgrade: if parsed.has_down { vec![down.section] } else { Vec::new() },
            path: path.clone(),
            notes,
            ..Imported::default()
        };
        if let Some(other) = revisions.insert(version, revision) {
            return Err(ImportError::refused(
                format!("two files have the version {version}: {} and {}", other.path.display(), path.display()),
                "goose refuses this too; give one of them another version",
            ));
        }
    }
    found.revisions = revisions.into_values().collect();
    super::chain(&mut found.revisions);
    Ok(found)
}

/// Source: goose, `internal/sqlparser`: annotations are comments `-- +goose …`; StatementBegin and StatementEnd mark what
/// has semicolons in it, which the splitter here knows by itself.
fn parse(path: &Path, text: &str) -> Result<Parsed, ImportError> {
    let mut parsed = Parsed { transactional: true, ..Parsed::default() };
    let mut up: Option<bool> = None;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let annotation =
            line.trim().strip_prefix("--").map(str::trim_start).and_then(|rest| rest.strip_prefix("+goose"));
        let Some(annotation) = annotation else {
            match up {
                Some(true) => parsed.up.push_str(line),
                Some(false) => parsed.down.push_str(line),
                None => {}
            }
            continue;
        };
        match annotation.trim().to_ascii_uppercase().as_str() {
            "UP" => up = Some(true),
            "DOWN" => (up, parsed.has_down) = (Some(false), true),
            "NO TRANSACTION" => parsed.transactional = false,
            "STATEMENTBEGIN" | "STATEMENTEND" | "ENVSUB OFF" => {}
            "ENVSUB ON" => parsed.substituted = true,
            other => {
                return Err(ImportError::file(path, at + 1, format!("goose has no annotation `+goose {other}`")));
            }
        }
    }
    if up.is_none() {
        return Err(ImportError::file(path, 1, "there is no `-- +goose Up` in it, so goose can't have run it"));
    }
    Ok(parsed)
}

/// The newest row of each version counts: older gooses add a row with `is_applied` false on the way down.
fn history(database: &mut dyn Database, project: &Project, _files: &Files) -> Result<Option<History>, ImportError> {
    let Some(table) = table::find(database, project, SOURCE.table)? else { return Ok(None) };
    table.must_have(&["version_id", "is_applied", "tstamp"], SOURCE.title)?;
    let moment = table::moment("tstamp", database.dialect().syntax);
    let sql = format!("SELECT version_id, is_applied, {moment} FROM {} ORDER BY id", table.sql);
    let mut newest: BTreeMap<u64, (bool, Option<String>)> = BTreeMap::new();
    for row in table::query(database, &sql, "reading goose's history")? {
        let [version, applied, time] = super::columns(row);
        if let Ok(version) = version.unwrap_or_default().parse::<u64>() {
            newest.insert(version, (table::is_true(applied.as_deref()), time));
        }
    }
    let rows = newest
        .into_iter()
        // Version 0 is the row that goose makes with its table.
        .filter(|(version, (applied, _))| *version != 0 && *applied)
        .map(|(version, (_, applied_at))| HistoryRow {
            original: version.to_string(),
            applied_at,
            ..HistoryRow::default()
        })
        .collect();
    Ok(Some(History { table: table.name, rows, notes: Vec::new() }))
}
