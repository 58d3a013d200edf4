//! Tables: plain, partitioned, partitions, inherited, unlogged.

use super::Asked;
use super::{column, privilege};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::schema::{Catalog, Object};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "table",
    create,
    drop: |object, _| vec![Statement::new(format!("DROP TABLE {}", qualified(&object.id.path)), &object.id)],
    alter,
    rename: Some(|object, name, _| {
        let text = format!("ALTER TABLE {} RENAME TO {}", qualified(&object.id.path), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    holds_data: |_, _| true,
    occupies: |object| vec![format!("relation {}", qualified(&object.id.path))],
    settle: privilege::settle,
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, c.oid AS _oid, ARRAY[n.nspname, c.relname]::text[] AS _path,
                c.relpersistence = 'u' AS unlogged
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let parts: Vec<String> = creation
        .inline_in(&object.id)
        .map(|child| column::definition(child, creation))
        .collect();
    let unlogged = if object.flag("unlogged") { "UNLOGGED " } else { "" };
    let body = if parts.is_empty() { "()".to_owned() } else { format!("(\n    {}\n)", parts.join(",\n    ")) };
    vec![Statement::new(format!("CREATE {unlogged}TABLE {} {body}", qualified(&object.id.path)), &object.id)]
}

fn alter(change: &mut Change) {
    if change.claim("unlogged") {
        let setting = if change.after.flag("unlogged") { "SET UNLOGGED" } else { "SET LOGGED" };
        change.say(format!("ALTER TABLE {} {setting}", qualified(&change.after.id.path)));
    }
}

/// Returns the beginning of an ALTER of the table in which `object` (a column, a constraint…) lives.
pub fn alter_parent(object: &Object, _catalog: &Catalog) -> String {
    let path = object.parent.as_ref().map(|parent| qualified(&parent.path)).unwrap_or_default();
    format!("ALTER TABLE {path}")
}
