//! Atlas: `<version>_<description>.sql` with comment directives, `atlas.sum`, and `atlas_schema_revisions`.

use sha2::Digest;

use crate::database::Database;

use super::{
    Files, History, HistoryRow, ImportError, Imported, LeftOut, Project, Source, digest, files, script, table,
};

pub static SOURCE: Source = Source {
    name: "atlas",
    title: "Atlas",
    reads: "migrations/*.sql, atlas.sum and atlas_schema_revisions",
    usual_folders: &["migrations"],
    table: "atlas_schema_revisions",
    files: read,
    history,
    lock: None,
};

fn read(project: &Project) -> Result<Files, ImportError> {
    let mut found = Files::default();
    let mut sum = sha2::Sha256::new();
    let mut checkpoint: Option<Imported> = None;
    for path in files::entries(&project.path, false)? {
        let name = files::name(&path);
        let Some(stem) = name.strip_suffix(".sql") else { continue };
        let bytes = files::bytes(&path)?;
        let text = files::decode(&path, bytes.clone())?;
        let directive = |wanted: &str| directive(&text, wanted);
        // Source: Atlas, `sql/migrate/dir.go`, HashFile: each hash covers all files before it.
        sum.update(name.as_bytes());
        if directive("sum").as_deref() != Some("ignore") {
            sum.update(&bytes);
        }
        let hash = digest::base64(&sum.clone().finalize());
        let (version, slug) = stem.split_once('_').unwrap_or((stem, ""));
        let transactional = directive("txmode").as_deref() != Some("none");
        let (up, down, checks) = parts(&text, directive("txtar").is_some());
        let tidied = script::section(&up, transactional, project.syntax());
        let mut revision = Imported {
            id: super::legal_id(version),
            original: version.to_owned(),
            message: files::words(slug),
            created: files::moment(version),
            upgrade: vec![tidied.section],
            checksums: vec![hash],
            path,
            notes: tidied.notes,
            ..Imported::default()
        };
        if let Some(down) = down {
            let tidied = script::section(&down, transactional, project.syntax());
            revision.downgrade.push(tidied.section);
            revision.notes.extend(tidied.notes.into_iter().map(|note| format!("downgrade: {note}")));
        }
        if checks {
            revision.notes.push("its pre-migration checks are not carried over".to_owned());
        }
        if let Some(delimiter) = directive("delimiter") {
            revision.notes.push(format!("its statements end with {delimiter}; end them with `;` before it is run"));
        }
        if directive("checkpoint").is_some() {
            checkpoint = Some(revision);
        } else {
            found.revisions.push(revision);
        }
    }
    if let Some(checkpoint) = checkpoint {
        if found.revisions.iter().any(|revision| revision.original < checkpoint.original) {
            let why = "a checkpoint; an empty database is built from the files before it, which exist".to_owned();
            found.left_out.push(LeftOut { what: files::name(&checkpoint.path), why });
        } else {
            found.revisions.insert(0, checkpoint);
        }
    }
    super::chain(&mut found.revisions);
    Ok(found)
}

/// Returns the value of `-- atlas:<name> value` among the comments at the top of the file.
fn directive(text: &str, name: &str) -> Option<String> {
    let wanted = format!("atlas:{name}");
    text.lines().take_while(|line| line.trim().is_empty() || line.starts_with("--")).find_map(|line| {
        let rest = line.strip_prefix("--")?.trim_start().strip_prefix(&wanted)?;
        (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim().to_owned())
    })
}

/// Splits a txtar archive into its migration.sql, its down.sql and whether it has checks; another text is all migration.
fn parts(text: &str, archive: bool) -> (String, Option<String>, bool) {
    if !archive {
        return (text.to_owned(), None, false);
    }
    let (mut up, mut down, mut checks, mut into) = (String::new(), None, false, String::new());
    for line in text.split_inclusive('\n') {
        let file = line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
        if let Some(file) = file {
            into = file.to_owned();
            checks |= into.starts_with("checks");
            continue;
        }
        match into.as_str() {
            "migration.sql" => up.push_str(line),
            "down.sql" => down.get_or_insert_with(String::new).push_str(line),
            _ => {}
        }
    }
    (up, down, checks)
}

/// Source: Atlas, `cmd/atlas/internal/migrate/ent/schema/revision.go`; the type's bits are 1 baseline, 2 executed, 4 resolved.
fn history(database: &mut dyn Database, project: &Project, files: &Files) -> Result<Option<History>, ImportError> {
    let Some(table) = table::find(database, project, SOURCE.table)? else { return Ok(None) };
    table.must_have(&["version", "description", "type", "applied", "total", "executed_at", "hash"], SOURCE.title)?;
    let sql = format!(
        "SELECT version, description, type, applied, total, {}, error, hash FROM {} ORDER BY version",
        table::moment("executed_at", database.dialect().syntax),
        table.sql
    );
    let mut history = History { table: table.name.clone(), ..History::default() };
    for row in table::query(database, &sql, "reading Atlas' history")? {
        let [version, description, kind, applied, total, applied_at, error, hash] = super::columns(row);
        let version = version.unwrap_or_default();
        if version == ".atlas_cloud_identifier" {
            continue;
        }
        if applied != total || error.as_ref().is_some_and(|error| !error.is_empty()) {
            return Err(ImportError::refused(
                format!(
                    "In Atlas, {version} stopped after {} of {} statements{}",
                    applied.unwrap_or_default(),
                    total.unwrap_or_default(),
                    error.map(|error| format!(": {error}")).unwrap_or_default()
                ),
                "let Atlas finish it, or set its state with `atlas migrate set`, then import",
            ));
        }
        let row = HistoryRow {
            original: version.clone(),
            name: description.unwrap_or_default(),
            applied_at,
            checksum: hash.filter(|hash| !hash.is_empty()),
            ..HistoryRow::default()
        };
        let kind: u64 = kind.and_then(|kind| kind.parse().ok()).unwrap_or_default();
        if kind & 1 == 0 {
            history.rows.push(row);
            continue;
        }
        let below = files.revisions.iter().filter(|revision| revision.original <= version);
        history.rows.extend(below.map(|revision| HistoryRow {
            original: revision.original.clone(),
            checksum: None,
            ..row.clone()
        }));
        history.notes.push(format!("Atlas' baseline is {version}: all files up to it count as applied, unchecked"));
    }
    Ok(Some(history))
}
