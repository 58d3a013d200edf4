//! A table rewritten, because SQLite has no ALTER for the change.
//!
//! Source: SQLite, "Making Other Kinds Of Table Schema Changes": with foreign keys off, a new table is made and filled,
//! the old one dropped, and the new one renamed. The indexes and triggers of the table are dropped with the old one; the
//! planner puts it back, because the change says `Impact::ChildrenLost`. Views stay: `legacy_alter_table` keeps SQLite from
//! looking at them at the moment when the table is not there.

use super::kinds::{column, constraint, table};
use super::words::{folded, words};
use crate::schema::change::{Change, Impact, Part};
use crate::schema::plan::Risk;
use crate::schema::{Catalog, Object, Value};
use crate::sql::quote::{identifier, literal};
use crate::sql::{Setting, Statement, Syntax};

/// While a table is dropped, no reference to it may delete or refuse anything; while it is renamed, none may follow.
static SETTING: Setting = Setting {
    outside_transaction: "PRAGMA foreign_keys = OFF",
    on: "PRAGMA legacy_alter_table = ON",
    off: "PRAGMA legacy_alter_table = OFF",
};

/// Says the rebuild of a table whose `parts` differ.
pub fn rebuild(change: &mut Change, parts: &[Part]) {
    let (before, after) = (change.before, change.after);
    let new_parts = table::parts(&after.id, change.to);
    let old_columns = columns(before, change.from);
    let new_columns = columns(after, change.to);
    let copied: Vec<&str> = new_columns
        .iter()
        .filter(|column| column.text("generated").is_none())
        .map(|column| column.id.name())
        .filter(|name| old_columns.iter().any(|column| column.id.name() == *name))
        .collect();
    let rowid = rowid(change, &old_columns, &new_columns, &copied);
    if copied.is_empty() && rowid.is_none() {
        change.refusal = Some(
            "the old table and the new one have no column in common, so its rows can't be kept; drop it in one \
             revision and create it in another"
                .to_owned(),
        );
        return;
    }
    let name = after.id.name();
    let quoted = identifier(name);
    let names = |rowid: Option<&str>| {
        let copied = copied.iter().map(|name| identifier(name));
        rowid.map(str::to_owned).into_iter().chain(copied).collect::<Vec<_>>().join(", ")
    };
    // A comment ends with its line, so a name that has two can't stand in one.
    let fits = !name.contains(['\n', '\r']);
    let keeps = if fits { format!("-- migrate:keeps-rows {quoted}\n") } else { String::new() };
    // A conflict clause of the table's would leave rows out or replace them without a word.
    let quiet = new_parts.iter().any(|part| has_conflict_clause(part));
    let insert = if quiet { "INSERT OR ABORT INTO" } else { "INSERT INTO" };
    let counter = has_counter(before, change.from) && has_counter(after, change.to);
    let mut said: Vec<String> = Vec::new();
    if mentions_itself(after, change.to) {
        // SQLite would not rename `t.a` in a CHECK along with the table, so the rows wait elsewhere.
        let waiting = rowid.map(|rowid| format!("{rowid} AS migrate_rowid"));
        said.push(format!(
            "{keeps}CREATE TEMP TABLE migrate_rows AS SELECT {} FROM {quoted}",
            names(waiting.as_deref())
        ));
        let named = literal(name, Syntax::Sqlite);
        if counter {
            said.push(format!(
                "CREATE TEMP TABLE migrate_counter AS SELECT seq FROM sqlite_sequence WHERE name = {named}"
            ));
        }
        said.push(format!("DROP TABLE {quoted}"));
        said.push(table::written(after, &new_parts, None));
        said.push(format!(
            "{insert} {quoted} ({}) SELECT {} FROM temp.migrate_rows",
            names(rowid),
            names(rowid.map(|_| "migrate_rowid"))
        ));
        said.push("DROP TABLE temp.migrate_rows".to_owned());
        if counter {
            said.push(format!("DELETE FROM sqlite_sequence WHERE name = {named}"));
            said.push(format!("INSERT INTO sqlite_sequence (name, seq) SELECT {named}, seq FROM temp.migrate_counter"));
            said.push("DROP TABLE temp.migrate_counter".to_owned());
        }
    } else {
        let new_name = free_name(name, change);
        let new_quoted = identifier(&new_name);
        said.push(format!("{keeps}{}", table::written(after, &new_parts, Some(&new_name))));
        said.push(format!("{insert} {new_quoted} ({}) SELECT {} FROM {quoted}", names(rowid), names(rowid)));
        if counter {
            let (old, new) = (literal(name, Syntax::Sqlite), literal(&new_name, Syntax::Sqlite));
            said.push(format!("DELETE FROM sqlite_sequence WHERE name = {new}"));
            said.push(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"
            ));
        }
        said.push(format!("DROP TABLE {quoted}"));
        said.push(format!("ALTER TABLE {new_quoted} RENAME TO {quoted}"));
    }
    for text in said {
        change.statements.push(Statement { setting: Some(&SETTING), ..Statement::new(text, &after.id) });
    }
    change.affects(Impact::ChildrenLost);
    change.risk(Risk::RewritesTable(format!("{} is rebuilt", after.id)));
    for risk in what_may_fail(change, parts) {
        change.risk(risk);
    }
}

fn columns<'a>(object: &Object, catalog: &'a Catalog) -> Vec<&'a Object> {
    let parts = table::parts(&object.id, catalog);
    parts.into_iter().filter(|part| part.id.kind == column::KIND.name).collect()
}

/// Returns the name by which rows keep their rowid, where both tables have one that no copied column is.
fn rowid(change: &Change, old: &[&Object], new: &[&Object], copied: &[&str]) -> Option<&'static str> {
    if change.before.flag("without_rowid") || change.after.flag("without_rowid") {
        return None;
    }
    if alias(change.after, change.to).is_some_and(|alias| copied.iter().any(|name| folded(name) == alias)) {
        return None;
    }
    let taken = |name: &str| old.iter().chain(new).any(|column| column.id.name().eq_ignore_ascii_case(name));
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name))
}

/// Returns the folded name of the column that is the rowid: the only one of a primary key, of the type INTEGER.
fn alias(table: &Object, catalog: &Catalog) -> Option<String> {
    let parts = table::parts(&table.id, catalog);
    let key = parts.iter().find(|part| constraint::type_name(part) == "primary key")?;
    let [only] = key.known_list("mentions") else { return None };
    let column = parts.iter().find(|part| part.id.kind == column::KIND.name && folded(part.id.name()) == *only)?;
    (column.text("type") == Some("integer") && !key.flag("descending_column")).then(|| only.clone())
}

fn has_counter(table: &Object, catalog: &Catalog) -> bool {
    table::parts(&table.id, catalog).iter().any(|part| part.known.get("autoincrement") == Some(&Value::Flag(true)))
}

fn has_conflict_clause(part: &Object) -> bool {
    ["definition", "not_null"]
        .iter()
        .any(|property| part.text(property).is_some_and(|text| text.contains("on conflict ")))
}

/// Does the table's own text say `t.a` of itself?
fn mentions_itself(table: &Object, catalog: &Catalog) -> bool {
    let own = folded(table.id.name());
    let text = table::written(table, &table::parts(&table.id, catalog), None);
    let words = words(&text);
    words.windows(2).any(|pair| match pair {
        [name, dot] => dot.is_mark(".") && name.name().is_some_and(|name| folded(&name) == own),
        _ => false,
    })
}

fn free_name(name: &str, change: &Change) -> String {
    let mut free = format!("migrate_new_{name}");
    let taken = |free: &str| {
        [change.from, change.to]
            .iter()
            .any(|catalog| catalog.objects().any(|object| object.id.name().eq_ignore_ascii_case(free)))
    };
    while taken(&free) {
        free.push('_');
    }
    free
}

/// Returns what rows that are there may not satisfy.
fn what_may_fail(change: &Change, parts: &[Part]) -> Vec<Risk> {
    let mut found = Vec::new();
    let mut may_fail = |what: String| found.push(Risk::MayFail(what));
    for part in parts {
        let Some(after) = part.after else { continue };
        if after.id.kind == constraint::KIND.name {
            let kind = constraint::type_name(after);
            may_fail(format!("existing rows of {} may violate the new {kind}", change.after.id));
        } else if part.before.is_none() && column::needs_a_value(after) {
            may_fail(format!("{} is NOT NULL without a default, so it fails if the table has rows", after.id));
        } else if part.before.is_some_and(|before| !before.properties.contains_key("not_null"))
            && after.properties.contains_key("not_null")
        {
            may_fail(format!("{} becomes NOT NULL, so it fails if it holds nulls", after.id));
        } else if change.after.flag("strict")
            && part.before.is_some_and(|before| before.text("type") != after.text("type"))
        {
            may_fail(format!(
                "a value that is not a valid {} in {} makes it fail",
                after.text("type").unwrap_or_default(),
                after.id
            ));
        }
    }
    if change.after.flag("strict") && !change.before.flag("strict") {
        may_fail(format!("{} becomes STRICT, so it fails if a value is not of its column's type", change.after.id));
    }
    if change.after.flag("without_rowid") && !change.before.flag("without_rowid") {
        may_fail(format!("{} becomes WITHOUT ROWID, so it fails if its primary key holds NULL", change.after.id));
    }
    found
}
