//! Schemas.

use super::Asked;
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "schema",
    create: |creation| {
        let id = &creation.object.id;
        vec![Statement::new(format!("CREATE SCHEMA {}", identifier(id.name())), id)]
    },
    drop: |object, _| vec![Statement::new(format!("DROP SCHEMA {}", identifier(object.id.name())), &object.id)],
    rename: Some(|object, name, _| {
        let text = format!("ALTER SCHEMA {} RENAME TO {}", identifier(object.id.name()), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    occupies: |object| vec![format!("schema {}", object.id.name())],
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_namespace'::regclass::oid AS _class, n.oid AS _oid, ARRAY[n.nspname::text] AS _path
         FROM pg_namespace n
         WHERE {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_namespace", "n.oid"),
    )
}
