//! Constraints of tables: primary keys, uniqueness, checks, exclusions, foreign keys.

use super::Asked;
use crate::schema::Object;
use crate::schema::change::Change;
use crate::schema::kind::Kind;
use crate::schema::plan::Risk;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "constraint",
    create: |creation| vec![action(creation.object, &format!("ADD {}", clause(creation.object)))],
    drop: |object, _| vec![action(object, &format!("DROP CONSTRAINT {}", identifier(object.id.name())))],
    alter,
    rename: Some(|object, name, _| {
        let (old, new) = (identifier(object.id.name()), identifier(name));
        vec![Statement::new(format!("{} RENAME CONSTRAINT {old} TO {new}", alter_table(object)), &object.id)]
    }),
    // One that is not valid is added that way: CREATE TABLE would make it valid at once.
    inline: |object, _| object.text("type") != Some("f") || !object.flag("not_valid"),
    steps_aside: |_| false,
    occupies: |object| match (object.known_text("index_schema"), object.id.path.last()) {
        (Some(schema), Some(name)) => vec![format!("relation {}", qualified(&[schema, name]))],
        _ => Vec::new(),
    },
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_constraint'::regclass::oid AS _class, k.oid AS _oid, ARRAY[n.nspname, c.relname, k.conname]::text[] AS _path,
                'table' AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                1000000 + array_position(ARRAY['p','u','x','c','f'], k.contype::text) AS _place,
                regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '') AS definition,
                k.contype::text AS type, NOT k.convalidated AS not_valid,
                CASE WHEN k.conindid <> 0 AND k.contype IN ('p', 'u', 'x') THEN n.nspname::text END AS _known_index_schema
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND k.contype IN ('p', 'u', 'x', 'c', 'f')
               AND k.conparentid = 0 AND (k.conislocal OR k.coninhcount = 0) AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

/// Returns the constraint as it stands in CREATE TABLE and after ADD.
pub fn clause(object: &Object) -> String {
    let not_valid = if object.flag("not_valid") { " NOT VALID" } else { "" };
    let definition = object.written("definition").unwrap_or_default();
    format!("CONSTRAINT {} {definition}{not_valid}", identifier(object.id.name()))
}

fn alter(change: &mut Change) {
    // The other way round there is no statement; it is replaced.
    if change.after.flag("not_valid") {
        return;
    }
    if change.unclaimed.len() == 1 && change.claim("not_valid") {
        let text = format!("VALIDATE CONSTRAINT {}", identifier(change.after.id.name()));
        change.statements.push(action(change.after, &text));
        change.risk(Risk::MayFail(format!("{} is checked on all rows", change.after.id)));
    }
}

fn alter_table(object: &Object) -> String {
    format!("ALTER TABLE {}", object.parent.as_ref().map(|parent| qualified(&parent.path)).unwrap_or_default())
}

fn action(object: &Object, action: &str) -> Statement {
    Statement::action(&alter_table(object), action, &object.id)
}
