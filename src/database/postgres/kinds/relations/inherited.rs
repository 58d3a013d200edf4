//! What partitions and inheriting tables have from their parents.
//!
//! Everything on such a table is an object with all its properties. What came from the parent is known as `inherited`,
//! with the path of its origin (`inherited_from`): the parent's DDL makes, changes and drops it, so it says nothing itself.

use crate::database::postgres::kinds::column::alter_parent;
use crate::database::postgres::kinds::names;
use crate::schema::change::Change;
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

/// The column `m` that `a`, a column of `c`, came from, in the query of a kind. Found for all columns at once: a look for
/// each costs more than all the rest.
pub const MAKER: &str = "LEFT JOIN (SELECT DISTINCT ON (h.inhrelid, ma.attname) h.inhrelid, ma.attrelid, ma.attnum, ma.attname, mc.relname, mn.nspname
                    FROM pg_inherits h JOIN pg_class mc ON mc.oid = h.inhparent JOIN pg_namespace mn ON mn.oid = mc.relnamespace
                         JOIN pg_attribute ma ON ma.attrelid = mc.oid AND ma.attnum > 0 AND NOT ma.attisdropped
                    ORDER BY h.inhrelid, ma.attname, h.inhseqno) m
                    ON a.attinhcount > 0 AND m.inhrelid = c.oid AND m.attname = a.attname";

/// Does the table of this path inherit from the other one, or is it a partition of it?
pub fn linked(catalog: &Catalog, child: &[String], parent: &[String]) -> bool {
    let partition = catalog.get(&Id::new("partition", child.iter().cloned()));
    partition.is_some_and(|link| link.known_list("of") == parent)
        || catalog.contains(&Id::new("inheritance", child.iter().chain(parent).cloned()))
}

/// Did the object come from the parent of its table?
pub fn inherited(object: &Object) -> bool {
    object.known_flag("inherited")
}

/// Returns what the object came from.
pub fn inherited_from<'a>(object: &Object, catalog: &'a Catalog) -> Option<&'a Object> {
    let path = object.known_list("maker");
    let kind = if object.known_flag("maker_is_index") { "index" } else { object.id.kind };
    if path.is_empty() { None } else { catalog.get(&Id::new(kind, path.iter().cloned())) }
}

/// Is the link through which the object came there in the catalog?
pub fn link_stays(object: &Object, catalog: &Catalog) -> bool {
    let of = object.known_list("maker_table");
    linked(catalog, table_path(object), of)
}

/// Returns the path of the table that the object belongs to, directly or through a column.
pub fn table_path(object: &Object) -> &[String] {
    match object.known_list("table") {
        [] => object.parent.as_ref().and_then(|parent| parent.path.get(..2)).unwrap_or_default(),
        table => table,
    }
}

fn table_of<'a>(object: &Object, catalog: &'a Catalog) -> Option<&'a Object> {
    catalog.get(&Id::new("table", table_path(object).iter().cloned()))
}

/// Is it dropped with its origin? For `Kind::dropped_implicitly`.
pub fn dropped_implicitly(object: &Object, _: &Catalog, to: &Catalog) -> bool {
    inherited(object) && link_stays(object, to)
}

/// Is it made with what it came from, because its table is attached to the parent's already, or is made as its child?
pub fn made_by_maker(object: &Object, from: &Catalog) -> bool {
    inherited(object) && (table_of(object, from).is_none() || link_stays(object, from))
}

/// Is this difference made by the same one of what the object came from?
pub fn follows(change: &Change, property: &str) -> bool {
    let linked = inherited(change.before) && inherited(change.after);
    let makers = (inherited_from(change.before, change.from), inherited_from(change.after, change.to));
    let (true, (Some(before), Some(after))) = (linked, makers) else { return false };
    link_stays(change.before, change.from)
        && link_stays(change.after, change.to)
        && before.properties.get(property) == change.old(property)
        && after.properties.get(property) == change.new_value(property)
        && agreed(after, change.to, property)
}

/// Have all that come from the object, directly or through others, the same property?
pub fn agreed(object: &Object, catalog: &Catalog, property: &str) -> bool {
    inheriting(object, catalog)
        .into_iter()
        .all(|inheritor| inheritor.properties.get(property) == object.properties.get(property))
}

/// Returns all that come from the object, directly or through others.
pub fn inheriting<'a>(object: &Object, catalog: &'a Catalog) -> Vec<&'a Object> {
    let has_children =
        |object: &Object| table_of(object, catalog).is_some_and(|table| table.known_flag("has_children"));
    let mut found: Vec<&Object> = Vec::new();
    if !has_children(object) {
        return found;
    }
    let direct = |path: &[String]| -> Vec<&'a Object> {
        let all = catalog.of_kind(object.id.kind);
        all.filter(|inheritor| inherited(inheritor) && inheritor.known_list("maker") == path).collect()
    };
    found.extend(direct(&object.id.path));
    let mut next = 0;
    while let Some(inheritor) = found.get(next).copied() {
        if has_children(inheritor) {
            found.extend(direct(&inheritor.id.path));
        }
        next += 1;
    }
    found
}

/// Returns the columns that a column comes from: one for each parent of its table that has it.
fn providers<'a>(column: &Object, catalog: &'a Catalog) -> Vec<&'a Object> {
    let links = column.parent.iter().flat_map(|table| catalog.children(table));
    let links = links.filter(|link| ["inheritance", "partition"].contains(&link.id.kind));
    let paths = links.map(|link| link.known_list("of").iter().map(String::as_str).chain([column.id.name()]));
    paths.filter_map(|path| catalog.get(&Id::new(column.id.kind, path))).collect()
}

/// Does the column come from more than one parent of its table?
pub fn several_parents(column: &Object, catalog: &Catalog) -> bool {
    providers(column, catalog).len() > 1
}

/// Returns the columns of the table's children that come from a column, and from others perhaps.
fn directly_inheriting<'a>(column: &Object, catalog: &'a Catalog) -> Vec<&'a Object> {
    if !table_of(column, catalog).is_some_and(|table| table.known_flag("has_children")) {
        return Vec::new();
    }
    let same = catalog
        .of_kind(column.id.kind)
        .filter(|inheritor| inherited(inheritor) && inheritor.id.name() == column.id.name());
    same.filter(|inheritor| linked(catalog, table_path(inheritor), table_path(column))).collect()
}

fn is_local(column: &Object) -> bool {
    column.known_flag("local")
}

/// Do both the column and the table's link to its parent, from which `inheritor` has it, stay?
fn still_provides(column: &Object, inheritor: &Object, to: &Catalog) -> bool {
    to.contains(&column.id) && linked(to, table_path(inheritor), table_path(column))
}

/// Must the column be dropped from its table alone, because a child is to keep it and would lose it? The server drops a
/// child's column with the parent's where it has it from nowhere else and not of its own (manual 5.10).
fn is_dropped_alone(column: &Object, from: &Catalog, to: &Catalog) -> bool {
    let falls = |inheritor: &&Object| !is_local(inheritor) && linked(to, table_path(inheritor), table_path(column));
    !to.contains(&column.id)
        && directly_inheriting(column, from).into_iter().filter(falls).any(|inheritor| {
            match to.contains(&inheritor.id) {
                true => !providers(inheritor, from).into_iter().any(|provider| still_provides(provider, inheritor, to)),
                false => is_dropped_alone(inheritor, from, to),
            }
        })
}

/// Drops a column, and the children's columns that must be dropped with it but that the server would leave.
pub fn drop_column(column: &Object, from: &Catalog, to: &Catalog) -> Vec<Statement> {
    let alone = is_dropped_alone(column, from, to);
    let only = if alone { "TABLE ONLY " } else { "TABLE " };
    let alter = alter_parent(column).replacen("TABLE ", only, 1);
    let drop = format!("DROP COLUMN {}", identifier(column.id.name()));
    let mut statements = vec![Statement::action(&alter, &drop, &column.id)];
    let left = |inheritor: &&Object| {
        let of_this = inheritor.known_list("maker") == &*column.id.path;
        of_this
            && (alone || is_local(inheritor))
            && dropped_implicitly(inheritor, from, to)
            && !to.contains(&inheritor.id)
    };
    for inheritor in directly_inheriting(column, from).into_iter().filter(left) {
        statements.extend(drop_column(inheritor, from, to));
    }
    statements
}

/// Makes a column that the table has from its parents the table's own besides, or theirs alone.
pub fn alter_local(change: &mut Change) {
    if !change.claim("only_inherited") {
        return;
    }
    let (before, after) = (change.before, change.after);
    if !after.flag("only_inherited") {
        // What no parent gives any more is left to the child as its own.
        let stays = inherited(after)
            && providers(before, change.from).into_iter().any(|provider| still_provides(provider, before, change.to));
        if stays {
            change.statements.extend(made_local(before));
        }
        return;
    }
    // No statement takes a column's own declaration away.
    let has_children =
        |catalog: &Catalog| table_of(after, catalog).is_some_and(|table| table.known_flag("has_children"));
    if has_children(change.from) || has_children(change.to) {
        let parents = providers(after, change.to);
        change.refusal = Some(format!(
            "PostgreSQL can't turn a column of the table itself into one inherited from {} alone, and the table has children, so it can't be recreated: declare the column in {} too",
            parents.first().map_or_else(|| "its parent".to_owned(), |parent| qualified(table_path(parent))),
            qualified(table_path(after)),
        ));
        return;
    }
    change.recreate();
}

/// Returns what makes an inherited column one of the table's own besides: a parent that gives it too, for a moment, and is
/// dropped without its children's.
///
/// Source: `ATExecDropColumn` in PostgreSQL's tablecmds.c: with ONLY, what the children inherited becomes theirs.
pub fn made_local(column: &Object) -> Vec<Statement> {
    let Some(table) = column.parent.as_ref().filter(|_| column.text("generated").is_none()) else { return Vec::new() };
    let giver = qualified(&table.with_last(&names::rename_old(table.name(), "__parent")).path);
    let (child, name) = (qualified(&table.path), identifier(column.id.name()));
    let collation = column.text("collation").map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    let texts = [
        format!("CREATE TABLE {giver} ({name} {}{collation})", column.text("type").unwrap_or_default()),
        format!("ALTER TABLE {child} INHERIT {giver}"),
        format!("ALTER TABLE ONLY {giver} DROP COLUMN {name}"),
        format!("ALTER TABLE {child} NO INHERIT {giver}"),
        format!("DROP TABLE {giver}"),
    ];
    texts.into_iter().map(|text| Statement::new(text, &column.id)).collect()
}
