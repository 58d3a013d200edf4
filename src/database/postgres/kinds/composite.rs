//! Composite types.

use super::{Asked, privilege};
use crate::schema::change::Change;
use crate::schema::kind::Kind;
use crate::schema::plan::Risk;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "composite",
    create: |creation| {
        let object = creation.object;
        let attributes: Vec<String> = pairs(object.list("attributes")).map(|(name, rest)| format!("{} {rest}", identifier(name))).collect();
        vec![Statement::new(format!("CREATE TYPE {} AS ({})", qualified(&object.id.path), attributes.join(", ")), &object.id)]
    },
    drop: |object, _| vec![Statement::new(format!("DROP TYPE {}", qualified(&object.id.path)), &object.id)],
    alter,
    rename: Some(|object, name, _| {
        let text = format!("ALTER TYPE {} RENAME TO {}", qualified(&object.id.path), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    occupies: |object| {
        let name = qualified(&object.id.path);
        vec![format!("type {name}"), format!("relation {name}")]
    },
    settle: privilege::settle,
    ..Kind::REPLACED
};

/// An attribute is its name, a line end, and its type.
pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_type'::regclass::oid AS _class, t.oid AS _oid, 'pg_class'::regclass::oid AS _also_class, c.oid AS _also_oid,
                ARRAY[n.nspname, t.typname]::text[] AS _path,
                ARRAY(SELECT a.attname || E'\\n' || format_type(a.atttypid, a.atttypmod)
                             || CASE WHEN a.attcollation <> at.typcollation THEN (SELECT format(' COLLATE %I.%I', cn.nspname, co.collname)
                                    FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation) ELSE '' END
                      FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid
                      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS attributes
         FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_class c ON c.oid = t.typrelid
         WHERE c.relkind = 'c' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_type", "t.oid"),
    )
}

fn pairs(attributes: &[String]) -> impl Iterator<Item = (&str, &str)> {
    attributes.iter().map(|attribute| attribute.split_once('\n').unwrap_or((attribute, "")))
}

fn alter(change: &mut Change) {
    if !change.claim("attributes") {
        return;
    }
    let (old, new) = (change.before.list("attributes"), change.after.list("attributes"));
    let alter = format!("ALTER TYPE {}", qualified(&change.after.id.path));
    let mut actions = Vec::new();
    for (name, _) in pairs(old).filter(|(name, _)| !pairs(new).any(|(other, _)| other == *name)) {
        actions.push(format!("DROP ATTRIBUTE {}", identifier(name)));
        change.risk(Risk::DestroysData(format!("attribute {name} of {} is dropped", change.after.id)));
    }
    for (name, rest) in pairs(new) {
        match pairs(old).find(|(other, _)| *other == name) {
            None => actions.push(format!("ADD ATTRIBUTE {} {rest}", identifier(name))),
            Some((_, before)) if before != rest => actions.push(format!("ALTER ATTRIBUTE {} TYPE {rest}", identifier(name))),
            Some(_) => {}
        }
    }
    if !actions.is_empty() {
        change.say(format!("{alter} {}", actions.join(", ")));
    }
}
