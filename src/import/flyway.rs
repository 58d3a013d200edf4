//! Flyway: `V<version>__<description>.sql`, `U`, `R__` and `B`, and `flyway_schema_history`.

use std::path::Path;

use crate::database::Database;
use crate::words::counted;

use super::{
    Files, History, HistoryRow, ImportError, Imported, LeftOut, Project, Source, digest, files, script, table,
};

pub static SOURCE: Source = Source {
    name: "flyway",
    title: "Flyway",
    reads: "V*__*.sql, U, R__ and flyway_schema_history",
    usual_folders: &["db/migration", "src/main/resources/db/migration", "sql", "migrations"],
    table: "flyway_schema_history",
    files: read,
    history,
    lock: None,
};

/// A version as Flyway compares it: its numbers, without zeros at the end.
type Version = Vec<u64>;

fn version(text: &str) -> Option<Version> {
    let mut parts = text.split(['.', '_']).map(str::parse).collect::<Result<Version, _>>().ok()?;
    while parts.len() > 1 && parts.last() == Some(&0) {
        parts.pop();
    }
    Some(parts)
}

fn versioned_key(version: &Version) -> String {
    version.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

/// The key of a repeatable script; no version begins with these letters.
fn repeatable_key(description: &str) -> String {
    format!("R__{}", description.replace(' ', "_"))
}

fn read(project: &Project) -> Result<Files, ImportError> {
    let mut found = Files::default();
    let mut versioned: Vec<(Version, Imported)> = Vec::new();
    let mut baselines: Vec<(Version, Imported)> = Vec::new();
    let mut undo: Vec<(Version, std::path::PathBuf)> = Vec::new();
    let mut repeatable: Vec<Imported> = Vec::new();
    for path in files::entries(&project.path, true)? {
        let name = files::name(&path);
        let Some((stem, extension)) = name.rsplit_once('.') else { continue };
        let Some((head, description)) = stem.split_once("__") else {
            if extension == "sql" && !stem.starts_with("before") && !stem.starts_with("after") {
                let why = "Flyway doesn't read it: its name has no prefix, version and `__`".to_owned();
                found.left_out.push(LeftOut { what: name, why });
            } else if extension == "sql" {
                let why = "it is a callback; migrate has none: make its statements part of a revision".to_owned();
                found.left_out.push(LeftOut { what: name, why });
            }
            continue;
        };
        if matches!(extension, "java" | "kt" | "groovy") && head.starts_with(['V', 'R']) {
            let why = format!("{name} is a migration in code, so it was not carried over");
            match version(head.get(1..).unwrap_or_default()) {
                Some(version) => versioned.push((
                    version.clone(),
                    Imported {
                        id: super::legal_id(&head.replace('.', "_")),
                        original: versioned_key(&version),
                        message: files::words(description),
                        upgrade: script::to_be_written(&why),
                        path,
                        notes: vec![why],
                        ..Imported::default()
                    },
                )),
                None => found.left_out.push(LeftOut { what: name, why }),
            }
            continue;
        }
        if extension != "sql" {
            continue;
        }
        let prefix = head.chars().next().unwrap_or(' ');
        let number = head.get(1..).unwrap_or("");
        match (prefix, version(number)) {
            ('R', _) if number.is_empty() => {
                repeatable.push(imported(&path, "R", description, None, project.syntax())?)
            }
            ('V', Some(version)) => {
                let revision = imported(&path, "V", description, Some((&version, number)), project.syntax())?;
                versioned.push((version, revision));
            }
            ('B', Some(version)) => {
                let revision = imported(&path, "B", description, Some((&version, number)), project.syntax())?;
                baselines.push((version, revision));
            }
            ('U', Some(version)) => undo.push((version, path)),
            _ => {
                let why = format!("`{head}` is not a prefix and version of Flyway's; rename it if it should run");
                found.left_out.push(LeftOut { what: name, why });
            }
        }
    }
    versioned.sort_by(|one, other| one.0.cmp(&other.0));
    if let Some(pair) = versioned.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let (first, second) = (pair[0].1.path.display(), pair[1].1.path.display());
        return Err(ImportError::refused(
            format!("two files have the version {}: {first} and {second}", versioned_key(&pair[0].0)),
            "Flyway refuses this too; give one of them another version",
        ));
    }
    for (version, path) in undo {
        let name = files::name(&path);
        match versioned.iter_mut().find(|(other, _)| *other == version) {
            Some((_, revision)) => {
                let tidied = script::section(&files::text(&path)?, runs_in_transaction(&path)?, project.syntax());
                revision.downgrade.push(tidied.section);
                revision.notes.extend(tidied.notes.into_iter().map(|note| format!("downgrade: {note}")));
            }
            None => found.left_out.push(LeftOut { what: name, why: "there is no V script of this version".to_owned() }),
        }
    }
    take_baselines(&mut versioned, baselines, &mut found.left_out);
    found.revisions = versioned.into_iter().map(|(_, revision)| revision).collect();
    found.revisions.extend(repeatable);
    super::chain(&mut found.revisions);
    Ok(found)
}

/// A baseline script begins the chain where the scripts that it stands for are gone; else it isn't needed.
fn take_baselines(
    versioned: &mut Vec<(Version, Imported)>,
    mut baselines: Vec<(Version, Imported)>,
    left_out: &mut Vec<LeftOut>,
) {
    baselines.sort_by(|one, other| one.0.cmp(&other.0));
    let newest = baselines.pop();
    for (_, revision) in baselines {
        let why = "Flyway uses only the newest baseline script".to_owned();
        left_out.push(LeftOut { what: files::name(&revision.path), why });
    }
    let Some((version, revision)) = newest else { return };
    if versioned.iter().any(|(other, _)| *other <= version) {
        let why = "the V scripts that it replaces exist, and an empty database is built from those".to_owned();
        left_out.push(LeftOut { what: files::name(&revision.path), why });
    } else {
        versioned.insert(0, (version, revision));
    }
}

fn imported(
    path: &Path,
    prefix: &str,
    description: &str,
    version: Option<(&Version, &str)>,
    syntax: crate::sql::Syntax,
) -> Result<Imported, ImportError> {
    let bytes = files::bytes(path)?;
    let text = files::decode(path, bytes)?;
    let tidied = script::section(&text, runs_in_transaction(path)?, syntax);
    let mut notes = tidied.notes;
    if let Some(placeholder) = placeholder(&text) {
        notes.push(format!("it has the placeholder {placeholder}; replace it as Flyway would, before it is run"));
    }
    let (id, original) = match version {
        Some((version, number)) => (format!("{prefix}{}", number.replace('.', "_")), versioned_key(version)),
        None => (format!("R__{description}"), repeatable_key(description)),
    };
    if version.is_none() {
        notes.push(
            "Flyway ran it again whenever it changed; it is a revision like any other now, so put a change into a new one"
                .to_owned(),
        );
    }
    Ok(Imported {
        id: super::legal_id(&id),
        original,
        message: files::words(description),
        created: version.and_then(|(_, number)| files::moment(&number.replace(['.', '_'], ""))),
        upgrade: vec![tidied.section],
        checksums: vec![checksum(&text).to_string()],
        path: path.to_owned(),
        repeatable: version.is_none(),
        notes,
        ..Imported::default()
    })
}

/// Reads `executeInTransaction` of the script's own configuration, `<file>.conf`; true if there is none.
fn runs_in_transaction(path: &Path) -> Result<bool, ImportError> {
    let conf = path.with_extension("sql.conf");
    if !conf.is_file() {
        return Ok(true);
    }
    Ok(!files::text(&conf)?.lines().any(|line| {
        line.split_once('=').is_some_and(|(key, value)| {
            key.trim() == "executeInTransaction" && value.trim().eq_ignore_ascii_case("false")
        })
    }))
}

/// Returns the first `${…}` of the text.
fn placeholder(text: &str) -> Option<&str> {
    let from = text.find("${")?;
    let length = text[from..].find('}')?;
    Some(&text[from..=from + length])
}

/// Returns Flyway's checksum: CRC-32 of the lines without their ends, as a signed number.
///
/// Source: Flyway, `ChecksumCalculator`: lines as Java's `BufferedReader.readLine` makes them, the first without a byte
/// order mark.
fn checksum(text: &str) -> i32 {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    digest::crc32(text.replace('\n', "").as_bytes()).cast_signed()
}

/// Source: Flyway, `JdbcTableSchemaHistory` and `MigrationInfoServiceImpl`.
fn history(database: &mut dyn Database, project: &Project, files: &Files) -> Result<Option<History>, ImportError> {
    let Some(table) = table::find(database, project, SOURCE.table)? else { return Ok(None) };
    table
        .must_have(&["installed_rank", "version", "description", "type", "script", "checksum", "success"], "Flyway")?;
    let sql = format!(
        "SELECT version, description, type, checksum, success, installed_by, {} FROM {} ORDER BY installed_rank",
        table::moment("installed_on", database.dialect().syntax),
        table.sql
    );
    let mut history = History { table: table.name.clone(), ..History::default() };
    for row in table::query(database, &sql, "reading Flyway's history")? {
        let [number, description, kind, checksum, success, applied_by, applied_at] = super::columns(row);
        let (kind, description) = (kind.unwrap_or_default(), description.unwrap_or_default());
        let original = match number.as_deref().and_then(version) {
            Some(version) => versioned_key(&version),
            None => repeatable_key(&description),
        };
        if kind == "SCHEMA" {
            continue;
        }
        if !table::is_true(success.as_deref()) {
            return Err(ImportError::refused(
                format!("In Flyway, {original} ({description}) failed (success is false in {})", table.name),
                "repair the database and run `flyway repair`, then import",
            ));
        }
        history.rows.retain(|earlier: &HistoryRow| earlier.original != original);
        if kind == "DELETE" || kind.starts_with("UNDO") {
            continue;
        }
        let row = HistoryRow { original, name: description, applied_at, applied_by, checksum, opaque: false };
        if kind == "BASELINE" {
            let Some(upto) = number.as_deref().and_then(version) else { continue };
            let below = files.revisions.iter().filter(|revision| {
                !revision.repeatable && version(&revision.original).is_some_and(|version| version <= upto)
            });
            let before = history.rows.len();
            history.rows.extend(below.map(|revision| HistoryRow {
                original: revision.original.clone(),
                checksum: None,
                ..row.clone()
            }));
            history.notes.push(format!(
                "Flyway's baseline says that this database began at {}; what it has up to there ({}) counts as applied, unchecked",
                row.original,
                counted(history.rows.len() - before, "script")
            ));
            continue;
        }
        // Flyway can't recompute what a migration in Java was.
        history.rows.push(HistoryRow { opaque: !kind.contains("SQL"), ..row });
    }
    Ok(Some(history))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_blind_to_line_ends() {
        let text = "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\n";
        assert_eq!(checksum(text), 169406234);
        assert_eq!(checksum(&text.replace('\n', "\r\n")), 169406234);
    }

    #[test]
    fn versions_are_numbers() {
        assert!(version("1.10") > version("1_9"));
        assert_eq!(version("1.0"), version("1"));
        assert_eq!(version("1a"), None);
    }
}
