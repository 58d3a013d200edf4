//! Domains.

use super::{Asked, privilege};
use crate::schema::change::Change;
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "domain",
    create: |creation| {
        let object = creation.object;
        let mut text = format!("CREATE DOMAIN {} AS {}", qualified(&object.id.path), object.text("type").unwrap_or_default());
        for (property, word) in [("collation", "COLLATE"), ("default", "DEFAULT")] {
            if let Some(value) = object.text(property) {
                text.push_str(&format!(" {word} {value}"));
            }
        }
        if object.flag("not_null") {
            text.push_str(" NOT NULL");
        }
        vec![Statement::new(text, &object.id)]
    },
    drop: |object, _| vec![Statement::new(format!("DROP DOMAIN {}", qualified(&object.id.path)), &object.id)],
    alter,
    rename: Some(|object, name, _| {
        let text = format!("ALTER DOMAIN {} RENAME TO {}", qualified(&object.id.path), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    occupies: |object| vec![format!("type {}", qualified(&object.id.path))],
    settle: privilege::settle,
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_type'::regclass::oid AS _class, t.oid AS _oid, ARRAY[n.nspname, t.typname]::text[] AS _path,
                format_type(t.typbasetype, t.typtypmod) AS type, t.typnotnull AS not_null, t.typdefault AS default,
                CASE WHEN t.typcollation <> b.typcollation THEN (SELECT format('%I.%I', cn.nspname, co.collname)
                    FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = t.typcollation) END AS collation
         FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_type b ON b.oid = t.typbasetype
         WHERE t.typtype = 'd' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_type", "t.oid"),
    )
}

fn alter(change: &mut Change) {
    let alter = format!("ALTER DOMAIN {}", qualified(&change.after.id.path));
    if change.claim("default") {
        match change.after.written("default") {
            Some(default) => change.say(format!("{alter} SET DEFAULT {default}")),
            None => change.say(format!("{alter} DROP DEFAULT")),
        }
    }
    if change.claim("not_null") {
        let verb = if change.after.flag("not_null") { "SET" } else { "DROP" };
        change.say(format!("{alter} {verb} NOT NULL"));
    }
}
