//! Liquibase: formatted SQL changelogs, and `DATABASECHANGELOG`.

use std::path::{Path, PathBuf};

use crate::database::Database;
use crate::sql::Syntax;
use crate::words::counted;

use super::{
    Files, History, HistoryRow, ImportError, Imported, LeftOut, Project, Source, digest, files, script, table,
};

pub static SOURCE: Source = Source {
    name: "liquibase",
    title: "Liquibase",
    reads: "formatted SQL changelogs and DATABASECHANGELOG",
    usual_folders: &["db/changelog", "src/main/resources/db/changelog", "changelog", "changelogs", "liquibase"],
    table: "databasechangelog",
    files: read,
    history,
    lock: None,
};

fn read(project: &Project) -> Result<Files, ImportError> {
    let mut found = Files::default();
    for path in changelogs(&project.path, &mut found.left_out)? {
        let text = files::text(&path)?;
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        if !directive(first).is_some_and(|rest| rest.to_ascii_lowercase().starts_with("liquibase formatted sql")) {
            let why = "its first line is not `--liquibase formatted sql`".to_owned();
            found.left_out.push(LeftOut { what: files::name(&path), why });
            continue;
        }
        for set in change_sets(&path, &text)? {
            take(set, &path, project.syntax(), &mut found);
        }
    }
    super::chain(&mut found.revisions);
    Ok(found)
}

/// One change set: its header and the lines below it.
#[derive(Default)]
struct ChangeSet {
    author: String,
    id: String,
    attributes: Vec<(String, String)>,
    comment: String,
    sql: String,
    rollback: Option<String>,
    preconditions: bool,
    properties: Vec<(String, String)>,
}

impl ChangeSet {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn says(&self, name: &str, value: &str) -> bool {
        self.attribute(name).is_some_and(|found| found.eq_ignore_ascii_case(value))
    }
}

/// Returns the SQL changelogs in the order in which Liquibase reads them: those that a master file includes, or a folder's.
fn changelogs(path: &Path, left_out: &mut Vec<LeftOut>) -> Result<Vec<PathBuf>, ImportError> {
    if path.is_dir() {
        let masters = ["master", "root", "changelog"].iter().flat_map(|name| {
            ["xml", "yaml", "yml", "json"].map(|extension| {
                [
                    format!("db.changelog-{name}.{extension}"),
                    format!("changelog-{name}.{extension}"),
                    format!("{name}.{extension}"),
                ]
            })
        });
        for name in masters.flatten() {
            let master = path.join(&name);
            if master.is_file() {
                return changelogs(&master, left_out);
            }
        }
        let mut found = Vec::new();
        for file in files::entries(path, true)? {
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("sql") => found.push(file),
                Some("xml" | "yaml" | "yml" | "json") => left_out.push(LeftOut {
                    what: file.strip_prefix(path).unwrap_or(&file).display().to_string(),
                    why: "only formatted SQL is read; `liquibase update-sql` prints what it does".to_owned(),
                }),
                _ => {}
            }
        }
        return Ok(found);
    }
    if path.extension().is_some_and(|extension| extension == "sql") {
        return Ok(vec![path.to_owned()]);
    }
    let text = files::text(path)?;
    let sets =
        text.matches("<changeSet").count() + text.matches("changeSet:").count() + text.matches("\"changeSet\"").count();
    if sets > 0 {
        left_out.push(LeftOut {
            what: format!("{} in {}", counted(sets, "change set"), files::name(path)),
            why: "only formatted SQL is read; `liquibase update-sql` prints what they do".to_owned(),
        });
    }
    let mut found = Vec::new();
    for (all, name) in includes(&text) {
        let name = name.strip_prefix("classpath:").unwrap_or(&name).trim_start_matches('/');
        let bases = path.ancestors().skip(1);
        let Some(file) =
            bases.map(|base| base.join(name)).find(|file| if all { file.is_dir() } else { file.is_file() })
        else {
            left_out.push(LeftOut {
                what: name.to_owned(),
                why: format!("{} includes it, and it does not exist", path.display()),
            });
            continue;
        };
        found.extend(changelogs(&file, left_out)?);
    }
    Ok(found)
}

/// Returns what `include` (false) and `includeAll` (true) name, in XML, YAML or JSON.
fn includes(text: &str) -> Vec<(bool, String)> {
    let value = |rest: &str| -> String {
        let rest = rest.trim_start_matches([':', '=', ' ', '"', '\'']);
        let end = rest.find(['"', '\'', '\n', '\r', '>', ',', '}']).unwrap_or(rest.len());
        rest[..end].trim().to_owned()
    };
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(next) = text[at..].find("include") {
        let from = at + next + "include".len();
        let all = text[from..].starts_with("All");
        let end = text[from..].find("include").map_or(text.len(), |end| from + end);
        let (body, key) = (&text[from..end], if all { "path" } else { "file" });
        if let Some(place) = body.find(key) {
            found.push((all, value(body[place + key.len()..].trim_start_matches('"'))));
        }
        at = end;
    }
    found.retain(|(_, name)| !name.is_empty());
    found
}

/// Returns what follows `--` on a comment line.
fn directive(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("--").map(str::trim)
}

/// Source: Liquibase, "SQL changelog format": a change set goes from its header to the next.
fn change_sets(path: &Path, text: &str) -> Result<Vec<ChangeSet>, ImportError> {
    let mut sets: Vec<ChangeSet> = Vec::new();
    let mut properties = Vec::new();
    let mut rollback_block = false;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if rollback_block {
            rollback_block = !line.contains("*/");
            if let Some(set) = sets.last_mut() {
                set.rollback.get_or_insert_default().push_str(&line.replace("*/", ""));
            }
            continue;
        }
        let block = line.trim_start().strip_prefix("/*").map(str::trim_start);
        if let (Some(rest), Some(set)) =
            (block.and_then(|rest| rest.strip_prefix("liquibase rollback")), sets.last_mut())
        {
            set.rollback.get_or_insert_default().push_str(&rest.replace("*/", ""));
            rollback_block = !line.contains("*/");
            continue;
        }
        let rest = directive(line).unwrap_or_default();
        let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        match (word.to_ascii_lowercase().as_str(), sets.last_mut()) {
            ("changeset", _) => {
                let mut words = attributes(after);
                if words.is_empty() {
                    return Err(ImportError::file(path, at + 1, "a changeset without `author:id`"));
                }
                let (author, id) = words.remove(0);
                sets.push(ChangeSet {
                    author,
                    id,
                    attributes: words,
                    properties: properties.clone(),
                    ..ChangeSet::default()
                });
            }
            ("property", _) => {
                let words = attributes(after);
                let get = |key: &str| words.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
                if let (Some(name), Some(value)) = (get("name"), get("value")) {
                    properties.push((name, value));
                }
            }
            ("rollback", Some(set)) => {
                let rollback = set.rollback.get_or_insert_default();
                rollback.push_str(after);
                rollback.push('\n');
            }
            ("comment" | "comment:", Some(set)) => set.comment = after.trim().to_owned(),
            (
                "preconditions" | "precondition-sql-check" | "precondition-table-exists" | "precondition-view-exists",
                Some(set),
            ) => {
                set.preconditions = true;
            }
            ("liquibase" | "validchecksum:" | "validchecksum" | "ignorelines" | "ignorelines:", _) => {}
            (_, Some(set)) => set.sql.push_str(line),
            (_, None) if !line.trim().is_empty() && directive(line).is_none() => {
                return Err(ImportError::file(path, at + 1, "SQL before the first `--changeset author:id`"));
            }
            _ => {}
        }
    }
    Ok(sets)
}

/// Reads `key:value` words, values possibly in double quotes.
fn attributes(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while let Some(colon) = rest.find(':') {
        let key = rest[..colon].trim().trim_matches('"').to_owned();
        let after = &rest[colon + 1..];
        let (value, length) = match after.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"').unwrap_or(quoted.len());
                (quoted[..end].to_owned(), (end + 2).min(after.len()))
            }
            None => {
                let end = after.find(char::is_whitespace).unwrap_or(after.len());
                (after[..end].trim_matches('"').to_owned(), end)
            }
        };
        found.push((key, value));
        rest = after[length..].trim_start();
    }
    found
}

fn take(set: ChangeSet, path: &Path, syntax: Syntax, found: &mut Files) {
    let name = format!("{}:{}", set.author, set.id);
    let dialect = match set.attribute("dbms").map(str::to_ascii_lowercase) {
        None => None,
        Some(names) if names.split(',').any(|name| matches!(name.trim(), "postgresql" | "postgres")) => {
            (!names.contains("sqlite")).then_some(Syntax::Postgres)
        }
        Some(names) if names.split(',').any(|name| name.trim() == "sqlite") => Some(Syntax::Sqlite),
        Some(names) if names.contains("all") || names.starts_with('!') => None,
        Some(names) => {
            found.left_out.push(LeftOut { what: name, why: format!("it is for {names} only") });
            return;
        }
    };
    if set.says("ignore", "true") {
        found.left_out.push(LeftOut { what: name, why: "it has `ignore:true`".to_owned() });
        return;
    }
    let expanded = |text: &str| {
        set.properties.iter().fold(text.to_owned(), |text, (key, value)| text.replace(&format!("${{{key}}}"), value))
    };
    let sql = expanded(&set.sql);
    let transactional = !set.says("runInTransaction", "false");
    let tidied = script::section(&sql, transactional, syntax);
    let mut notes = tidied.notes;
    let mut say = |when: bool, what: String| {
        if when {
            notes.push(what);
        }
    };
    let repeatable = set.says("runOnChange", "true") || set.says("runAlways", "true");
    say(
        set.says("runOnChange", "true"),
        "Liquibase ran it again whenever it changed; it is a revision like any other now".to_owned(),
    );
    say(
        set.says("runAlways", "true"),
        "Liquibase ran it at every update; it is a revision like any other now".to_owned(),
    );
    say(set.preconditions, "its preconditions are not carried over".to_owned());
    for what in ["context", "contextFilter", "labels", "runOrder"] {
        if let Some(value) = set.attribute(what) {
            say(true, format!("its {what} ({value}) is not carried over: it runs everywhere"));
        }
    }
    say(set.says("failOnError", "false"), "Liquibase went on when it failed; migrate does not".to_owned());
    if let Some(delimiter) = set.attribute("endDelimiter").filter(|delimiter| *delimiter != ";") {
        say(true, format!("its statements end with {delimiter}; end them with `;` before it is run"));
    }
    say(sql.contains("${"), "it has a parameter `${…}`; replace it as Liquibase would, before it is run".to_owned());
    let plain = super::legal_id(&set.id);
    let by_author = super::legal_id(&format!("{}_{}", set.author, set.id));
    let mut id = [plain, by_author.clone()]
        .into_iter()
        .find(|id| found.revisions.iter().all(|revision| revision.id != *id))
        .unwrap_or(by_author.clone());
    let mut count = 2;
    while found.revisions.iter().any(|revision| revision.id == id) {
        id = format!("{by_author}_{count}");
        count += 1;
    }
    let mut upgrade = tidied.section;
    upgrade.dialect = dialect;
    let mut downgrade = Vec::new();
    if let Some(rollback) = set.rollback.as_deref().map(expanded) {
        let text = rollback.trim();
        if text.eq_ignore_ascii_case("not required") || text.eq_ignore_ascii_case("empty") {
            downgrade.push(script::of("-- Nothing to undo.\n".to_owned(), true));
        } else if text.to_ascii_lowercase().starts_with("changeset") {
            notes.push(format!("its rollback names another change set ({text}) and is not carried over"));
        } else {
            let tidied = script::section(&rollback, transactional, syntax);
            notes.extend(tidied.notes.into_iter().map(|note| format!("downgrade: {note}")));
            downgrade.push(tidied.section);
        }
    }
    for section in &mut downgrade {
        section.dialect = dialect;
    }
    let file = set.attribute("logicalFilePath").map_or_else(|| path.display().to_string(), str::to_owned);
    found.revisions.push(Imported {
        id,
        original: format!("{file}::{}::{}", set.id, set.author),
        message: if set.comment.is_empty() { files::words(&set.id) } else { set.comment.clone() },
        upgrade: vec![upgrade],
        downgrade,
        checksums: vec![checksum(&sql)],
        path: path.to_owned(),
        repeatable,
        notes,
        ..Imported::default()
    });
}

/// Returns the checksum of Liquibase 4.22 and later, for a change set of plain SQL.
///
/// Source: Liquibase, `AbstractSQLChange.generateCheckSum` and `ChangeSet.generateCheckSum`: the SQL without blanks and
/// line ends, then the list of the changes' sums.
fn checksum(sql: &str) -> String {
    let bare: String = sql.chars().filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')).collect();
    format!("9:{}", digest::md5_hex(format!("9:{}:", digest::md5_hex(bare.as_bytes())).as_bytes()))
}

/// Source: Liquibase, "DATABASECHANGELOG table"; a key is id, author and file together.
fn history(database: &mut dyn Database, project: &Project, files: &Files) -> Result<Option<History>, ImportError> {
    let Some(table) = table::find(database, project, SOURCE.table)? else { return Ok(None) };
    table
        .must_have(&["id", "author", "filename", "dateexecuted", "orderexecuted", "exectype", "md5sum"], "Liquibase")?;
    if let Some(lock) = table::find_named(database, &format!("{}lock", table.name))? {
        let sql = format!("SELECT {}, {} FROM {}", lock.column("locked"), lock.column("lockedby"), lock.sql);
        for row in table::query(database, &sql, "reading Liquibase's lock")? {
            let [locked, holder] = super::columns(row);
            if table::is_true(locked.as_deref()) {
                return Err(ImportError::refused(
                    format!("Liquibase's lock is held by {}", holder.unwrap_or_else(|| "somebody".to_owned())),
                    "wait for that run to end, or run `liquibase release-locks` if it is dead, then import",
                ));
            }
        }
    }
    let sql = format!(
        "SELECT {}, {}, {}, {}, {}, {} FROM {} ORDER BY {}",
        table.column("id"),
        table.column("author"),
        table.column("filename"),
        table::moment(&table.column("dateexecuted"), database.dialect().syntax),
        table.column("exectype"),
        table.column("md5sum"),
        table.sql,
        table.column("orderexecuted")
    );
    let mut history = History { table: table.name.clone(), ..History::default() };
    for row in table::query(database, &sql, "reading Liquibase's history")? {
        let [id, author, file, applied_at, kind, checksum] = super::columns(row);
        let (id, author) = (id.unwrap_or_default(), author.unwrap_or_default());
        let file = file.unwrap_or_default();
        if !matches!(kind.as_deref(), Some("EXECUTED" | "RERAN" | "MARK_RAN")) {
            history.notes.push(format!("{author}:{id} is {} and counts as not applied", kind.unwrap_or_default()));
            continue;
        }
        let original = key_of(&file, &id, &author, files);
        history.rows.push(HistoryRow {
            original,
            name: format!("{author}:{id}"),
            applied_at,
            // Sums before version 9 depend on options that the table doesn't tell.
            opaque: checksum.as_ref().is_some_and(|sum| !sum.starts_with("9:")),
            checksum,
            applied_by: None,
        });
    }
    Ok(Some(history))
}

/// Returns the key of the file's change set that a row means: same id and author, and the file whose path agrees longest.
fn key_of(file: &str, id: &str, author: &str, files: &Files) -> String {
    let tail = format!("::{id}::{author}");
    let bare = file.strip_prefix("classpath:").unwrap_or(file);
    let agreement = |revision: &&Imported| {
        let path = revision.original.strip_suffix(&tail).unwrap_or_default();
        path.rsplit('/').zip(bare.rsplit('/')).take_while(|(one, other)| one == other).count()
    };
    files
        .revisions
        .iter()
        .filter(|revision| revision.original.ends_with(&tail))
        .max_by_key(agreement)
        .map_or_else(|| format!("{file}{tail}"), |revision| revision.original.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_version_9() {
        let text = "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\n";
        assert_eq!(checksum(text), "9:ffdfec4b8f8dc5a69b32af0738e7624d");
    }

    #[test]
    fn includes_are_read_in_every_format() {
        let xml = r#"<include file="a.sql" relativeToChangelogFile="true"/><includeAll path="more/"/>"#;
        let yaml = "- include:\n    file: a.sql\n- includeAll:\n    path: more/\n";
        for text in [xml, yaml] {
            assert_eq!(includes(text), [(false, "a.sql".to_owned()), (true, "more/".to_owned())]);
        }
    }
}
