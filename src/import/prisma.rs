//! Prisma Migrate: folders `<time>_<name>/` with `migration.sql`, and `_prisma_migrations`.

use crate::database::Database;
use crate::sql::Syntax;

use super::{
    Files, History, HistoryRow, ImportError, Imported, LeftOut, Project, Source, digest, files, script, table,
};

pub static SOURCE: Source = Source {
    name: "prisma",
    title: "Prisma",
    reads: "prisma/migrations/*/migration.sql and _prisma_migrations",
    usual_folders: &["prisma/migrations"],
    table: "_prisma_migrations",
    files: read,
    history,
    lock: Some(|_| Some(72_707_369)),
};

fn read(project: &Project) -> Result<Files, ImportError> {
    let mut found = Files::default();
    let lock = project.path.join("migration_lock.toml");
    let dialect = if lock.is_file() { provider(&lock)? } else { None };
    for folder in files::entries(&project.path, false)? {
        let name = files::name(&folder);
        if !folder.is_dir() {
            continue;
        }
        let path = folder.join("migration.sql");
        if !path.is_file() {
            found.left_out.push(LeftOut { what: name, why: "it has no migration.sql".to_owned() });
            continue;
        }
        let bytes = files::bytes(&path)?;
        let checksums = checksums(&bytes);
        let tidied = script::section(&files::decode(&path, bytes)?, true, project.syntax());
        let (stamp, slug) = name.split_once('_').unwrap_or((&name, &name));
        let created = files::moment(stamp);
        let mut revision = Imported {
            id: super::legal_id(if created.is_some() { stamp } else { &name }),
            original: name.clone(),
            message: files::words(slug),
            created,
            upgrade: vec![tidied.section],
            checksums,
            path,
            notes: tidied.notes,
            ..Imported::default()
        };
        let down = folder.join("down.sql");
        if down.is_file() {
            let tidied = script::section(&files::text(&down)?, true, project.syntax());
            revision.downgrade.push(tidied.section);
            revision.notes.extend(tidied.notes.into_iter().map(|note| format!("downgrade: {note}")));
        }
        for section in revision.upgrade.iter_mut().chain(&mut revision.downgrade) {
            section.dialect = dialect;
        }
        // Two migrations of one second keep apart by their names.
        if found.revisions.iter().any(|other| other.id == revision.id) {
            revision.id = super::legal_id(&name);
        }
        found.revisions.push(revision);
    }
    super::chain(&mut found.revisions);
    Ok(found)
}

/// Reads for which database Prisma wrote these files.
fn provider(lock: &std::path::Path) -> Result<Option<Syntax>, ImportError> {
    let table: toml::Table = files::text(lock)?
        .parse()
        .map_err(|error: toml::de::Error| ImportError::file(lock, 1, error.message().to_owned()))?;
    match table.get("provider").and_then(toml::Value::as_str) {
        Some("postgresql" | "postgres") => Ok(Some(Syntax::Postgres)),
        Some("sqlite") => Ok(Some(Syntax::Sqlite)),
        None => Ok(None),
        Some(other) => Err(ImportError::refused(
            format!("{} says that these migrations are for {other}", lock.display()),
            "migrate knows PostgreSQL and SQLite",
        )),
    }
}

/// Returns the checksums that Prisma accepts: SHA-256 of the text, with either kind of line end.
///
/// Source: prisma-engines, `checksum.rs`; old versions printed each byte without its leading zero.
fn checksums(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let unix = text.replace("\r\n", "\n");
    let dos = unix.replace('\n', "\r\n");
    let mut sums: Vec<String> = [bytes, unix.as_bytes(), dos.as_bytes()].into_iter().map(digest::sha256_hex).collect();
    let unpadded: Vec<String> = sums
        .iter()
        .map(|sum| {
            let pairs = sum.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned());
            pairs.map(|pair| pair.strip_prefix('0').map(str::to_owned).unwrap_or(pair)).collect()
        })
        .collect();
    sums.extend(unpadded);
    sums.dedup();
    sums
}

/// Source: prisma-engines, `imperative_migration_persistence`.
fn history(database: &mut dyn Database, project: &Project, _files: &Files) -> Result<Option<History>, ImportError> {
    let Some(table) = table::find(database, project, SOURCE.table)? else { return Ok(None) };
    table.must_have(&["checksum", "finished_at", "migration_name", "rolled_back_at"], SOURCE.title)?;
    let sql = format!(
        "SELECT migration_name, checksum, {}, rolled_back_at IS NOT NULL FROM {} ORDER BY started_at",
        table::moment("finished_at", database.dialect().syntax),
        table.sql
    );
    let mut history = History { table: table.name.clone(), ..History::default() };
    for row in table::query(database, &sql, "reading Prisma's history")? {
        let [name, checksum, applied_at, rolled_back] = super::columns(row);
        let original = name.unwrap_or_default();
        if table::is_true(rolled_back.as_deref()) {
            continue;
        }
        if applied_at.is_none() {
            return Err(ImportError::refused(
                format!("In Prisma, migration {original} failed (finished_at is empty in {})", table.name),
                "repair the database and run `prisma migrate resolve`, then import",
            ));
        }
        history.rows.retain(|earlier: &HistoryRow| earlier.original != original);
        history.rows.push(HistoryRow {
            name: original.clone(),
            original,
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

    #[test]
    fn the_checksum_is_sha_256_of_the_file() {
        let text = "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\n";
        let sum = "ca2e30c7bf4ae893a75714da225cab24092983eef3fc4de5988d59bbf722acfb".to_owned();
        assert!(checksums(text.as_bytes()).contains(&sum));
        assert!(checksums(text.replace('\n', "\r\n").as_bytes()).contains(&sum));
    }
}
