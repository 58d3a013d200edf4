//! dbmate: `<version>_<name>.sql` with `migrate:up` and `migrate:down` blocks, and `schema_migrations`.

use crate::database::Database;

use super::{Files, History, HistoryRow, ImportError, Imported, LeftOut, Project, Source, files, script, table};

pub static SOURCE: Source = Source {
    name: "dbmate",
    title: "dbmate",
    reads: "db/migrations/*.sql and schema_migrations",
    usual_folders: &["db/migrations"],
    table: "schema_migrations",
    files: read,
    history,
    lock: None,
};

/// The blocks of one file: their text, and whether dbmate ran them in a transaction.
#[derive(Default)]
struct Blocks {
    up: String,
    down: String,
    transactional: bool,
    several: bool,
}

fn read(project: &Project) -> Result<Files, ImportError> {
    let mut found = Files::default();
    for path in files::entries(&project.path, false)? {
        let name = files::name(&path);
        let Some(stem) = name.strip_suffix(".sql") else { continue };
        // Source: dbmate's file pattern, `^(\d+).*\.sql$`.
        let digits = stem.len() - stem.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            let why = "dbmate doesn't read it: its name doesn't begin with a version".to_owned();
            found.left_out.push(LeftOut { what: name, why });
            continue;
        }
        let (version, slug) = stem.split_at(digits);
        let text = files::text(&path)?;
        let blocks = blocks(&path, &text)?;
        let up = script::section(&blocks.up, blocks.transactional, project.syntax());
        let down = script::section(&blocks.down, blocks.transactional, project.syntax());
        let mut notes = up.notes;
        notes.extend(down.notes.into_iter().map(|note| format!("downgrade: {note}")));
        if blocks.several {
            notes.push("it has several pairs of blocks; they follow each other, downgrades in reverse".to_owned());
        }
        found.revisions.push(Imported {
            id: version.to_owned(),
            original: version.to_owned(),
            message: files::words(slug),
            created: files::moment(version),
            upgrade: vec![up.section],
            downgrade: if blocks.down.trim().is_empty() { Vec::new() } else { vec![down.section] },
            path,
            notes,
            ..Imported::default()
        });
    }
    // dbmate runs its files in the order of their names, not of their numbers.
    super::chain(&mut found.revisions);
    Ok(found)
}

/// Source: dbmate, `pkg/dbmate/migration.go`: a block begins with a comment `migrate:up` or `migrate:down` and goes to the
/// next; only blanks and comments may stand before the first.
fn blocks(path: &std::path::Path, text: &str) -> Result<Blocks, ImportError> {
    let mut blocks = Blocks { transactional: true, ..Blocks::default() };
    let mut downs: Vec<String> = Vec::new();
    let mut into: Option<bool> = None;
    let mut ups = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let directive = line.trim_start().strip_prefix("--").map(str::trim_start);
        if let Some(options) = directive.and_then(|rest| rest.strip_prefix("migrate:up")) {
            ups += 1;
            into = Some(true);
            blocks.transactional &= !options.contains("transaction:false");
        } else if let Some(options) = directive.and_then(|rest| rest.strip_prefix("migrate:down")) {
            if into.is_none() {
                return Err(ImportError::file(path, at + 1, "a `migrate:down` before any `migrate:up`"));
            }
            into = Some(false);
            blocks.transactional &= !options.contains("transaction:false");
            downs.push(String::new());
        } else {
            match (into, downs.last_mut()) {
                (Some(true), _) => blocks.up.push_str(line),
                (Some(false), Some(down)) => down.push_str(line),
                _ if directive.is_none() && !line.trim().is_empty() => {
                    return Err(ImportError::file(path, at + 1, "SQL before the first `-- migrate:up`"));
                }
                _ => {}
            }
        }
    }
    if ups == 0 {
        return Err(ImportError::file(path, 1, "there is no `-- migrate:up` in it, so dbmate can't have run it"));
    }
    blocks.several = ups > 1;
    blocks.down = downs.into_iter().rev().collect();
    Ok(blocks)
}

fn history(database: &mut dyn Database, project: &Project, _files: &Files) -> Result<Option<History>, ImportError> {
    let Some(table) = table::find(database, project, SOURCE.table)? else { return Ok(None) };
    table.must_have(&["version"], SOURCE.title)?;
    if table.has("dirty") {
        return Err(ImportError::refused(
            format!("{} has a column dirty: it is golang-migrate's table", table.name),
            "run `migrate import golang-migrate`, or name dbmate's table with --table",
        ));
    }
    if table::find_named(database, "ar_internal_metadata")?.is_some() {
        return Err(ImportError::refused(
            format!("{} is Rails' table: there is an ar_internal_metadata beside it", table.name),
            "make a baseline of a Rails database with `migrate revision --baseline`, or name dbmate's table with --table",
        ));
    }
    let sql = format!("SELECT version FROM {} ORDER BY version", table.sql);
    let rows = table::query(database, &sql, "reading dbmate's history")?
        .into_iter()
        .map(|row| {
            let [version] = super::columns(row);
            HistoryRow { original: version.unwrap_or_default(), ..HistoryRow::default() }
        })
        .collect();
    Ok(Some(History { table: table.name, rows, notes: Vec::new() }))
}
