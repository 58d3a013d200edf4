//! Which declared tables are certain to be what a catalog holds already, without loading them.
//!
//! SQLite keeps the text of every CREATE, and a catalog is read from that text: so it is from the declared text. Making
//! thousands of tables in memory is slow, because each CREATE reads the whole schema again.

use std::collections::{BTreeMap, BTreeSet};

use super::reflect::{Read, Row};
use super::words::{Word, folded, words};
use crate::database::Surroundings;
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;

/// Returns the tables of `live` that `statements` declare just so, each with the numbers of the statements that do.
pub fn unchanged_tables(statements: &[Statement], live: &Catalog, _: &Surroundings) -> Vec<(Id, Vec<usize>)> {
    let mut numbers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut rows = Vec::new();
    // A virtual table has tables of its own, whose names begin with its name.
    let mut virtual_tables = Vec::new();
    for (number, statement) in statements.iter().enumerate() {
        let words = words(&statement.text);
        if words.first().is_some_and(|word| word.is("CREATE")) && words.get(1).is_some_and(|word| word.is("VIRTUAL")) {
            let at = if words.get(3).is_some_and(|word| word.is("IF")) { 6 } else { 3 };
            let Some(name) = words.get(at).and_then(Word::name) else { return Vec::new() };
            virtual_tables.push(folded(&name) + "_");
            continue;
        }
        // What is no plain CREATE may change any table.
        let Some(row) = row(&statement.text) else { return Vec::new() };
        if row.kind != "view" {
            numbers.entry(folded(&row.table)).or_default().push(number);
        }
        rows.push(row);
    }
    // SQLite refuses a name that is taken: tables, indexes and views share theirs.
    let mut taken: BTreeSet<(bool, String)> = BTreeSet::new();
    if !rows.iter().all(|row| taken.insert((row.kind == "trigger", folded(&row.name)))) {
        return Vec::new();
    }
    let made: BTreeSet<String> = rows.iter().filter(|row| row.kind == "table").map(|row| folded(&row.name)).collect();
    let declared: Catalog = Read::of(&rows).into_iter().collect();
    let same = |table: &&Object| {
        let name = folded(table.id.name());
        let of_a_virtual_table = virtual_tables.iter().any(|start| name.starts_with(start));
        made.contains(&name) && !of_a_virtual_table && says_the_same(table, &declared, live)
    };
    let unchanged_tables = declared.of_kind("table").filter(same);
    unchanged_tables
        .map(|table| (table.id.clone(), numbers.remove(&folded(table.id.name())).unwrap_or_default()))
        .collect()
}

/// Reads a statement as the row of `sqlite_schema` that it becomes; None for anything but a plain CREATE.
fn row(sql: &str) -> Option<Row> {
    let all = words(sql);
    let mut at = 1;
    all.first().filter(|word| word.is("CREATE"))?;
    if all.get(at)?.is("UNIQUE") {
        at += 1;
    }
    let kind =
        ["table", "index", "view", "trigger"].into_iter().find(|kind| all.get(at).is_some_and(|word| word.is(kind)))?;
    let name = all.get(at + 1)?.name()?;
    // `IF NOT EXISTS` and a schema's name are not kept by SQLite.
    let plain = !all.get(at + 1)?.is("IF") && !all.get(at + 2).is_some_and(|word| word.is_mark("."));
    let table = match kind {
        "index" | "trigger" => {
            all.iter().position(|word| word.is("ON")).and_then(|on| all.get(on + 1)).and_then(Word::name)?
        }
        _ => name.clone(),
    };
    plain.then(|| Row { kind: kind.to_owned(), name, table, sql: sql.to_owned() })
}

/// Are the object and its descendants the same in both catalogs?
fn says_the_same(object: &Object, declared: &Catalog, live: &Catalog) -> bool {
    let Some(held) = live.get(&object.id).filter(|held| held.properties == object.properties) else { return false };
    let (children, others) = (declared.children(&object.id), live.children(&held.id));
    children.len() == others.len() && children.iter().all(|child| says_the_same(child, declared, live))
}
