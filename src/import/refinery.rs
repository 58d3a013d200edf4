//! refinery: `V<version>__<name>.sql`, by refinery's own loader and checksum, and `refinery_schema_history`.

use std::hash::{Hash, Hasher};

use ::refinery::{Migration, error::Kind};
use siphasher::sip::SipHasher13;

use crate::database::Database;

use super::{Files, History, HistoryRow, ImportError, Imported, LeftOut, Project, Source, files, script, table};

pub static SOURCE: Source = Source {
    name: "refinery",
    title: "refinery",
    reads: "V<version>__<name>.sql and refinery_schema_history",
    usual_folders: &["migrations", "src/migrations", "sql_migrations"],
    table: "refinery_schema_history",
    files: read,
    history,
    lock: None,
};

fn read(project: &Project) -> Result<Files, ImportError> {
    let refused = |error: ::refinery::Error| {
        ImportError::refused(
            format!("refinery can't read {}: {error}", project.path.display()),
            "name the folder that has its V<version>__<name>.sql files",
        )
    };
    let mut found = Files::default();
    let mut read: Vec<(i64, Imported)> = Vec::new();
    // refinery's own loader says which files it reads; it fails as a whole where a version needs `int8-versions`.
    let loaded = match ::refinery::load_sql_migrations(&project.path) {
        Ok(loaded) => Some(loaded),
        Err(error) if matches!(error.kind(), Kind::InvalidVersion) => None,
        Err(error) => return Err(refused(error)),
    };
    for path in files::entries(&project.path, true)? {
        let file_name = files::name(&path);
        let (stem, extension) = file_name.rsplit_once('.').unwrap_or((&file_name, ""));
        // refinery's pattern lets a `|` pass as a prefix, and then panics.
        if !stem.starts_with(['U', 'V']) || !matches!(extension, "rs" | "sql") || !stem.contains("__") {
            continue;
        }
        let (prefix, rest) = stem.split_at(1);
        let (version, name) = rest.split_once("__").unwrap_or((rest, ""));
        let Ok(version) = version.parse::<i64>() else {
            return Err(ImportError::file(&path, 1, format!("{version} is not a version that refinery accepts")));
        };
        if extension == "rs" {
            let why = format!("{file_name} makes its SQL in Rust code when refinery runs, so it was not carried over");
            read.push((
                version,
                Imported {
                    id: super::legal_id(&format!("{prefix}{version}")),
                    original: version.to_string(),
                    message: files::words(name),
                    upgrade: script::to_be_written(&why),
                    path,
                    notes: vec![why],
                    ..Imported::default()
                },
            ));
            continue;
        }
        let bytes = files::bytes(&path)?;
        let sql = String::from_utf8(bytes.clone())
            .map_err(|_| ImportError::file(&path, 1, "this is not UTF-8, so refinery can't have run it"))?;
        let mut checksums = Vec::new();
        match Migration::unapplied(stem, &sql) {
            Ok(migration) if loaded.as_ref().is_some_and(|loaded| !loaded.contains(&migration)) => {
                found.left_out.push(LeftOut { what: file_name, why: "refinery doesn't read it".to_owned() });
                continue;
            }
            Ok(migration) => checksums.push(migration.checksum().to_string()),
            // A version beyond 32 bits: the project builds refinery with `int8-versions`.
            Err(error) if matches!(error.kind(), Kind::InvalidVersion) => {}
            Err(error) => return Err(refused(error)),
        }
        checksums.push(int8_checksum(name, version, &sql).to_string());
        let tidied = script::section(&files::decode(&path, bytes)?, true, project.syntax());
        let mut notes = tidied.notes;
        if prefix == "U" {
            notes.push("refinery could run it out of order; here it comes in the order of its version".to_owned());
        }
        let revision = Imported {
            id: super::legal_id(&format!("{prefix}{version}")),
            original: version.to_string(),
            message: files::words(name),
            created: files::moment(&version.to_string()),
            upgrade: vec![tidied.section],
            checksums,
            path,
            notes,
            ..Imported::default()
        };
        read.push((version, revision));
    }
    read.sort_by_key(|(version, _)| *version);
    if let Some(pair) = read.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let (first, second) = (pair[0].1.path.display(), pair[1].1.path.display());
        return Err(ImportError::refused(
            format!("two files have the version {}: {first} and {second}", pair[0].0),
            "refinery refuses this too; give one of them another version",
        ));
    }
    found.revisions = read.into_iter().map(|(_, revision)| revision).collect();
    super::chain(&mut found.revisions);
    Ok(found)
}

/// Returns the checksum of refinery built with its feature `int8-versions`, in which the version is hashed as an i64.
///
/// Source: refinery-core, `Migration::unapplied`.
fn int8_checksum(name: &str, version: i64, sql: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    name.hash(&mut hasher);
    version.hash(&mut hasher);
    sql.hash(&mut hasher);
    hasher.finish()
}

/// Source: refinery-core, `traits::ASSERT_MIGRATIONS_TABLE_QUERY` and `GET_APPLIED_MIGRATIONS_QUERY`.
fn history(database: &mut dyn Database, project: &Project, _files: &Files) -> Result<Option<History>, ImportError> {
    let Some(table) = table::find(database, project, SOURCE.table)? else { return Ok(None) };
    table.must_have(&["version", "name", "applied_on", "checksum"], SOURCE.title)?;
    let sql = format!("SELECT version, name, applied_on, checksum FROM {} ORDER BY version", table.sql);
    let mut history = History { table: table.name.clone(), ..History::default() };
    for row in table::query(database, &sql, "reading refinery's history")? {
        let [version, name, applied_on, checksum] = super::columns(row);
        let applied_at =
            applied_on.map(|time| time.parse::<jiff::Timestamp>().map_or(time.clone(), |moment| moment.to_string()));
        history.rows.push(HistoryRow {
            original: version.unwrap_or_default(),
            name: name.unwrap_or_default(),
            applied_at,
            checksum,
            ..HistoryRow::default()
        });
    }
    Ok(Some(history))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\n";

    #[test]
    fn both_checksums_are_those_of_refinery() {
        assert_eq!(Migration::unapplied("V1__a", TEXT).map(|found| found.checksum()).ok(), Some(5398129026941585491));
        assert_eq!(int8_checksum("a", 1, TEXT), 10059614285079425436);
    }
}
