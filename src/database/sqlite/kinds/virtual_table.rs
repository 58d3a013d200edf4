//! Virtual tables: full-text indexes, R-trees and whatever else a module makes. The tables that they keep their data in
//! are their own, and no objects.

use super::{relation, text};
use crate::database::sqlite::words::{folded, group, parts, words};
use crate::schema::change::Change;
use crate::schema::kind::Kind;
use crate::schema::plan::Risk;
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "virtual table",
    create: |creation| vec![Statement::new(text(creation.object), &creation.object.id)],
    drop: |object, _| vec![Statement::new(format!("DROP TABLE {}", identifier(object.id.name())), &object.id)],
    alter,
    rename: Some(|object, name, _| super::table::rename(object, name)),
    holds_data: |_, _| true,
    claimed_names: relation,
    ..Kind::REPLACED
};

/// Returns the folded name of the module that `CREATE VIRTUAL TABLE … USING module(…)` names.
pub fn module(sql: &str) -> String {
    let words = words(sql);
    let using = words.iter().position(|word| word.is("USING"));
    using.and_then(|at| words.get(at + 1)?.name()).map(|name| folded(&name)).unwrap_or_default()
}

/// What a virtual table is made with, where its rows can be rewritten.
struct Rows {
    module: String,
    columns: Vec<String>,
    /// `content='other'`: its text stands elsewhere and is read from there.
    external: bool,
    contentless: bool,
}

fn rows(sql: &str) -> Option<Rows> {
    let words = words(sql);
    let open = words.iter().position(|word| word.is_mark("("))?;
    let mut rows = Rows { module: module(sql), columns: Vec::new(), external: false, contentless: false };
    if !matches!(rows.module.as_str(), "fts3" | "fts4" | "fts5" | "rtree" | "rtree_i32") {
        return None;
    }
    for argument in parts(group(&words, open).0) {
        let option = argument.get(1).is_some_and(|word| word.is_mark("="));
        if option {
            if argument.first().is_some_and(|word| word.is("content")) {
                let source = argument.get(2).and_then(|word| word.name()).unwrap_or_default();
                rows.contentless = source.is_empty();
                rows.external = !source.is_empty();
            }
        } else if !(rows.module.starts_with("fts") && argument.first().is_some_and(|word| word.is("tokenize"))) {
            // An auxiliary column of an R-tree begins with a plus.
            let name = argument.iter().find_map(|word| word.name())?;
            rows.columns.push(folded(&name));
        }
    }
    if rows.columns.is_empty() && rows.module.starts_with("fts") && rows.module != "fts5" {
        rows.columns.push("content".to_owned());
    }
    Some(rows)
}

/// A virtual table can't be altered: its rows are saved and restored, or its index is built again from the table
/// that it indexes.
fn alter(change: &mut Change) {
    let (Some(old), Some(new)) = (rows(text(change.before)), rows(text(change.after))) else {
        change.refusal = Some(format!(
            "its module's data can't be copied by SQL; drop {} in one revision and create it in another",
            change.before.id
        ));
        return;
    };
    if old.contentless || new.contentless {
        change.refusal = Some(format!(
            "a contentless index keeps no text that could be indexed again; drop {} in one revision, create it in \
             another and fill it",
            change.before.id
        ));
        return;
    }
    change.claim("definition");
    let (name, table) = (change.after.id.name().to_owned(), identifier(change.after.id.name()));
    let shared: Vec<String> =
        new.columns.iter().filter(|column| old.columns.contains(column)).map(|column| identifier(column)).collect();
    let is_tree = new.module.starts_with("rtree");
    let copies = !new.external && (!is_tree || shared.len() == new.columns.len());
    if !copies && is_tree {
        change.refusal =
            Some("an R-tree's rows fit only into the same columns; drop it and create it again".to_owned());
        return;
    }
    // The identifier of a row: the first column of an R-tree, the rowid of a full-text index.
    let (kept, listed) = match (is_tree, shared.is_empty()) {
        (true, _) => (shared.join(", "), shared.join(", ")),
        (false, true) => ("rowid AS migrate_rowid".to_owned(), "rowid".to_owned()),
        (false, false) => {
            let columns = shared.join(", ");
            (format!("rowid AS migrate_rowid, {columns}"), format!("rowid, {columns}"))
        }
    };
    let put_back = if is_tree { listed.clone() } else { listed.replacen("rowid", "migrate_rowid", 1) };
    if copies {
        change.push_statement(format!("CREATE TEMP TABLE migrate_rows AS SELECT {kept} FROM {table}"));
    }
    change.push_statement(format!("DROP TABLE {table}"));
    change.push_statement(text(change.after).to_owned());
    if copies {
        change.push_statement(format!("INSERT INTO {table} ({listed}) SELECT {put_back} FROM temp.migrate_rows"));
        change.push_statement("DROP TABLE temp.migrate_rows");
    } else {
        change.push_statement(format!("INSERT INTO {table} ({table}) VALUES ('rebuild')"));
    }
    let lost: Vec<&String> = old.columns.iter().filter(|column| !new.columns.contains(column)).collect();
    if !lost.is_empty() && !old.external {
        let lost: Vec<&str> = lost.into_iter().map(String::as_str).collect();
        change.risk(Risk::DestroysData(format!("{name} loses {}", lost.join(", "))));
    }
    change.risk(Risk::RewritesTable(format!("{} is rebuilt", change.after.id)));
}
