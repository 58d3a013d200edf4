//! Defaults of columns.

use super::Asked;
use crate::schema::Object;
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "default",
    create: |creation| vec![set(creation.object)],
    drop: |object, _| vec![alter_column(object, "DROP DEFAULT")],
    alter: |change| {
        if change.claim("definition") {
            change.statements.push(set(change.after));
        }
    },
    inline: |_, _| true,
    steps_aside: |_| true,
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_attrdef'::regclass::oid AS _class, d.oid AS _oid,
                ARRAY[n.nspname, c.relname, a.attname]::text[] AS _path,
                'column' AS _parent_kind, ARRAY[n.nspname, c.relname, a.attname]::text[] AS _parent,
                pg_get_expr(d.adbin, d.adrelid) AS definition
         FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
              JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND a.attgenerated = '' AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

fn set(object: &Object) -> Statement {
    alter_column(object, &format!("SET DEFAULT {}", object.written("definition").unwrap_or_default()))
}

fn alter_column(object: &Object, action: &str) -> Statement {
    let (column, table) = object.id.path.split_last().map_or(("", &[][..]), |(column, table)| (column.as_str(), table));
    let alter = format!("ALTER TABLE {}", qualified(table));
    Statement::action(&alter, &format!("ALTER COLUMN {} {action}", identifier(column)), &object.id)
}
