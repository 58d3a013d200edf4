//! Checks of foreign tables: promises about rows that are elsewhere.

use crate::database::postgres::kinds::QueryContext;
use crate::schema::Object;
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "foreign check",
    create: |creation| vec![alter_table(creation.object, &format!("ADD {}", definition(creation.object)))],
    drop: |object, _| vec![alter_table(object, &format!("DROP CONSTRAINT {}", identifier(object.id.name())))],
    rename: Some(|object, name, _| {
        let name = identifier(name);
        vec![alter_table(object, &format!("RENAME CONSTRAINT {} TO {name}", identifier(object.id.name())))]
    }),
    inline: |_, _, _| true,
    drop_during_rewrite: |_| false,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_constraint'::regclass::oid AS _class, k.oid AS _oid, ARRAY[n.nspname, c.relname, k.conname]::text[] AS _path,
                'foreign table' AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent, 1000000 AS _place,
                pg_get_constraintdef(k.oid) AS definition
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'f' AND k.contype = 'c' AND k.conislocal AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_class", "c.oid"),
    )
}

/// Returns the check as it stands in CREATE FOREIGN TABLE.
pub fn definition(check: &Object) -> String {
    format!("CONSTRAINT {} {}", identifier(check.id.name()), check.written("definition").unwrap_or_default())
}

fn alter_table(object: &Object, action: &str) -> Statement {
    let table = object.parent.as_ref().map(|parent| qualified(&parent.path)).unwrap_or_default();
    Statement::new(format!("ALTER FOREIGN TABLE {table} {action}"), &object.id)
}
