//! Indexes of tables and materialized views, other than those that constraints bring.

use super::Asked;
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "index",
    create: |creation| {
        let object = creation.object;
        vec![Statement::new(object.written("definition").unwrap_or_default(), &object.id)]
    },
    drop: |object, _| vec![Statement::new(format!("DROP INDEX {}", qualified(&object.id.path)), &object.id)],
    rename: Some(|object, name, _| {
        let text = format!("ALTER INDEX {} RENAME TO {}", qualified(&object.id.path), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    occupies: |object| vec![format!("relation {}", qualified(&object.id.path))],
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, i.oid AS _oid, ARRAY[n.nspname, i.relname]::text[] AS _path,
                CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'table' END AS _parent_kind,
                ARRAY[tn.nspname, c.relname]::text[] AS _parent,
                replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ') AS definition,
                NOT x.indisvalid AND i.relkind = 'i' AS invalid
         FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
              JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace tn ON tn.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'm') AND NOT i.relispartition
               AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))
               AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("tn.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}
