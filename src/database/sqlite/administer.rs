//! Making and removing whole database files.

use std::path::Path;
use std::time::Duration;

use super::connection::{Sqlite, file};
use crate::database::{Administration, DatabaseError, Made, Purpose};

pub const ADMINISTRATION: Administration =
    Administration { create, drop: remove, place, answers, session_options: |_| None };

/// Makes an empty database file if there is none; a file has no roles, so `roles` must be empty.
fn create(url: &str, root: &Path, roles: &[String], _schemas: &[String]) -> Result<Made, DatabaseError> {
    if let Some(role) = roles.first() {
        return Err(DatabaseError::Url(format!(
            "SQLite has no roles, so nothing can be granted to {role}; leave --grant-to out"
        )));
    }
    let Some(path) = file(url, root)? else { return Ok(Made::Before) };
    if path.exists() {
        return Ok(Made::Before);
    }
    let purpose = Purpose::writing("migrate database create", Duration::from_secs(5));
    let mut made = Sqlite::open(url, root, &purpose)?;
    // A file gets its first page with its first change.
    made.execute("VACUUM").map_err(|error| DatabaseError::Sql {
        doing: format!("creating the database file {}", path.display()),
        error,
    })?;
    Ok(Made::Now)
}

fn remove(url: &str, root: &Path) -> Result<bool, DatabaseError> {
    let Some(path) = file(url, root)? else { return Ok(false) };
    match std::fs::remove_file(&path) {
        Ok(()) => {
            // The write-ahead log and its index, where a process died that used them ("Write-Ahead Logging", 2.2).
            for suffix in ["-wal", "-shm", "-journal"] {
                let mut beside = path.clone().into_os_string();
                beside.push(suffix);
                let _ = std::fs::remove_file(beside);
            }
            Ok(true)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(DatabaseError::Remove { place: path.display().to_string(), reason: error.to_string() }),
    }
}

fn place(url: &str, root: &Path) -> Result<String, DatabaseError> {
    Ok(super::connection::place(file(url, root)?.as_deref()))
}

/// A file always answers, unless it is none of SQLite's.
fn answers(url: &str, root: &Path, _limit: Duration, _server_only: bool) -> Result<(), DatabaseError> {
    let mut opened = Sqlite::open(url, root, &Purpose::reading("migrate database wait"))?;
    opened
        .query("SELECT count(*) FROM sqlite_schema")
        .map(|_| ())
        .map_err(|error| DatabaseError::Sql { doing: format!("reading {}", opened.place()), error })
}
