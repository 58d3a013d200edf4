//! Checks of domains.

use super::Asked;
use crate::schema::Object;
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "domain constraint",
    create: |creation| {
        let object = creation.object;
        let definition = object.written("definition").unwrap_or_default();
        vec![alter_domain(object, &format!("ADD CONSTRAINT {} {definition}", identifier(object.id.name())))]
    },
    drop: |object, _| vec![alter_domain(object, &format!("DROP CONSTRAINT {}", identifier(object.id.name())))],
    rename: Some(|object, name, _| {
        let (old, new) = (identifier(object.id.name()), identifier(name));
        vec![alter_domain(object, &format!("RENAME CONSTRAINT {old} TO {new}"))]
    }),
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_constraint'::regclass::oid AS _class, k.oid AS _oid, ARRAY[n.nspname, t.typname, k.conname]::text[] AS _path,
                'domain' AS _parent_kind, ARRAY[n.nspname, t.typname]::text[] AS _parent, pg_get_constraintdef(k.oid) AS definition
         FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
         WHERE k.contype = 'c' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_type", "t.oid"),
    )
}

fn alter_domain(object: &Object, action: &str) -> Statement {
    let domain = object.parent.as_ref().map(|parent| qualified(&parent.path)).unwrap_or_default();
    Statement::new(format!("ALTER DOMAIN {domain} {action}"), &object.id)
}
