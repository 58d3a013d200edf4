//! What partitions and inheriting tables have from their parents.
//!
//! Everything on such a table is an object with all its properties. What came from the parent is known as `inherited`,
//! with the path of its origin (`maker`): the parent's DDL makes, changes and drops it, so it says nothing itself.

use crate::schema::change::Change;
use crate::schema::{Catalog, Id, Object};

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
pub fn maker<'a>(object: &Object, catalog: &'a Catalog) -> Option<&'a Object> {
    let path = object.known_list("maker");
    let kind = if object.known_flag("maker_is_index") { "index" } else { object.id.kind };
    if path.is_empty() { None } else { catalog.get(&Id::new(kind, path.iter().cloned())) }
}

/// Is the link through which the object came there in the catalog?
pub fn link_stays(object: &Object, catalog: &Catalog) -> bool {
    let of = object.known_list("maker_table");
    linked(catalog, table_path(object), of)
}

/// Returns the path of the table that the object lives in, itself or in one of its columns.
pub fn table_path(object: &Object) -> &[String] {
    match object.known_list("table") {
        [] => object.parent.as_ref().and_then(|parent| parent.path.get(..2)).unwrap_or_default(),
        table => table,
    }
}

fn table_of<'a>(object: &Object, catalog: &'a Catalog) -> Option<&'a Object> {
    catalog.get(&Id::new("table", table_path(object).iter().cloned()))
}

/// Does it go with what it came from? For `Kind::goes_by_itself`.
pub fn goes_by_itself(object: &Object, _: &Catalog, to: &Catalog) -> bool {
    inherited(object) && link_stays(object, to)
}

/// Is it made with what it came from, because its table hangs on the parent's already, or is made as its child?
pub fn made_by_maker(object: &Object, from: &Catalog) -> bool {
    inherited(object) && (table_of(object, from).is_none() || link_stays(object, from))
}

/// Is this difference made by the same one of what the object came from?
pub fn follows(change: &Change, property: &str) -> bool {
    let linked = inherited(change.before) && inherited(change.after);
    let makers = (maker(change.before, change.from), maker(change.after, change.to));
    let (true, (Some(before), Some(after))) = (linked, makers) else { return false };
    link_stays(change.before, change.from)
        && link_stays(change.after, change.to)
        && before.properties.get(property) == change.old(property)
        && after.properties.get(property) == change.new_value(property)
        && agreed(after, change.to, property)
}

/// Have all that come from the object, directly or through others, the same property?
pub fn agreed(object: &Object, catalog: &Catalog, property: &str) -> bool {
    heirs(object, catalog).into_iter().all(|heir| heir.properties.get(property) == object.properties.get(property))
}

/// Returns all that come from the object, directly or through others.
pub fn heirs<'a>(object: &Object, catalog: &'a Catalog) -> Vec<&'a Object> {
    let has_children =
        |object: &Object| table_of(object, catalog).is_some_and(|table| table.known_flag("has_children"));
    let mut found: Vec<&Object> = Vec::new();
    if !has_children(object) {
        return found;
    }
    let direct = |path: &[String]| -> Vec<&'a Object> {
        let all = catalog.of_kind(object.id.kind);
        all.filter(|heir| inherited(heir) && heir.known_list("maker") == path).collect()
    };
    found.extend(direct(&object.id.path));
    let mut next = 0;
    while let Some(heir) = found.get(next).copied() {
        if has_children(heir) {
            found.extend(direct(&heir.id.path));
        }
        next += 1;
    }
    found
}
