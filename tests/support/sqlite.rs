//! SQLite files, looked at from outside: through rusqlite, and through the sqlite3 shell.

use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// Runs statements on a file, which is made where there is none.
#[track_caller]
pub fn execute(file: &Path, sql: &str) {
    try_execute(file, sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
}

pub fn try_execute(file: &Path, sql: &str) -> Result<(), String> {
    let connection = Connection::open(file).map_err(|error| error.to_string())?;
    connection.execute_batch(sql).map_err(|error| error.to_string())
}

/// The rows of a query, every value as text; a blob as x'…'.
#[track_caller]
pub fn rows(file: &Path, sql: &str) -> Vec<Vec<Option<String>>> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .unwrap_or_else(|error| panic!("cannot open {}: {error}", file.display()));
    rows_of(&connection, sql).unwrap_or_else(|error| panic!("{error}\n{sql}"))
}

/// The rows of a query as lines, values separated by `|`, NULL as nothing: as the sqlite3 shell prints them.
#[track_caller]
pub fn lines(file: &Path, sql: &str) -> Vec<String> {
    let text = |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join("|");
    rows(file, sql).into_iter().map(text).collect()
}

pub(super) fn rows_of(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<Vec<Option<String>>>> {
    let mut statement = connection.prepare(sql)?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let value = |at| {
            Ok(match row.get_ref(at)? {
                ValueRef::Null => None,
                ValueRef::Integer(number) => Some(number.to_string()),
                ValueRef::Real(number) => Some(number.to_string()),
                ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => {
                    Some(format!("x'{}'", bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()))
                }
            })
        };
        all.push((0..width).map(value).collect::<rusqlite::Result<_>>()?);
    }
    Ok(all)
}

/// The rows that refer to nothing. A table with a foreign key to what is no key can't be asked, and is passed over.
pub fn dangling_references(file: &Path) -> Vec<String> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .unwrap_or_else(|error| panic!("cannot open {}: {error}", file.display()));
    let tables = lines(file, "SELECT name FROM sqlite_schema WHERE type = 'table'");
    let check = |table: String| {
        let question = format!("PRAGMA foreign_key_check(\"{}\")", table.replace('"', "\"\""));
        rows_of(&connection, &question).unwrap_or_default()
    };
    tables.into_iter().flat_map(check).map(|row| format!("{row:?}")).collect()
}

/// How many rows each table has, but the tool's own.
pub fn row_counts(file: &Path) -> Vec<(String, u64)> {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                  AND name NOT LIKE 'migrate\\_revision%' ESCAPE '\\' ORDER BY name";
    let count = |table: String| {
        let found = lines(file, &format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\"")));
        (table, found.first().and_then(|count| count.parse().ok()).unwrap_or(0))
    };
    lines(file, tables).into_iter().map(count).collect()
}

/// Runs a script with `sqlite3 -bail`, as a DBA would: what it printed, or what it complained about.
pub fn shell(file: &Path, script: &str) -> Result<String, String> {
    use std::io::Write;
    let mut child = Command::new("sqlite3")
        .args(["-batch", "-bail", "-init", "/dev/null"])
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start sqlite3: {error}"))?;
    let mut input = child.stdin.take().expect("a pipe");
    let text = script.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("sqlite3 ends");
    let _ = writer.join();
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
