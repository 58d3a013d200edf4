//! Schemas whose tables a publication publishes, from PostgreSQL 15 on.

use crate::database::postgres::kinds::QueryContext;
use crate::schema::kind::Kind;
use crate::schema::{Id, Object};
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "publication schema",
    create: |creation| vec![alter(creation.object, "ADD")],
    drop: |object, _| vec![alter(object, "DROP")],
    inline: |_, _, _| true,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    if asked.version < 150_000 {
        return "SELECT NULL::text[] AS _path WHERE false".to_owned();
    }
    format!(
        "SELECT 'pg_publication_namespace'::regclass::oid AS _class, r.oid AS _oid, ARRAY[p.pubname, n.nspname]::text[] AS _path,
                'publication' AS _parent_kind, ARRAY[p.pubname::text] AS _parent
         FROM pg_publication_namespace r JOIN pg_publication p ON p.oid = r.pnpubid JOIN pg_namespace n ON n.oid = r.pnnspid
         WHERE {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_publication", "p.oid"),
    )
}

/// Returns the schema as it stands after FOR or ADD.
pub fn member(object: &Object) -> String {
    format!("TABLES IN SCHEMA {}", identifier(object.id.name()))
}

fn alter(object: &Object, verb: &str) -> Statement {
    let publication = object.parent.as_ref().map_or("", Id::name);
    Statement::new(format!("ALTER PUBLICATION {} {verb} {}", identifier(publication), member(object)), &object.id)
}
