//! Schemas.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{drop_by_address, rename_by_address};
use crate::database::postgres::kinds::privilege;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "schema",
    create,
    drop: drop_by_address,
    rename: Some(rename_by_address),
    claimed_names: |object| vec![format!("schema {}", object.id.name())],
    after_create: privilege::after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_namespace'::regclass::oid AS _class, n.oid AS _oid, ARRAY[n.nspname::text] AS _path
         FROM pg_namespace n
         WHERE {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_namespace", "n.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let id = &creation.object.id;
    if id.name() != "public" {
        return vec![Statement::new(format!("CREATE SCHEMA {}", identifier(id.name())), id)];
    }
    // Every new database has it, with a comment and a grant that are therefore no objects (see `comment`, `privilege`).
    let texts = [
        "CREATE SCHEMA IF NOT EXISTS public",
        "COMMENT ON SCHEMA public IS 'standard public schema'",
        "GRANT USAGE ON SCHEMA public TO PUBLIC",
    ];
    texts.map(|text| Statement::new(text, id)).to_vec()
}
