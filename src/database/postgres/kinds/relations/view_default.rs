//! Defaults of a view's columns.

use crate::database::postgres::kinds::QueryContext;
use crate::schema::Object;
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "view default",
    create: |creation| vec![set(creation.object)],
    drop: |object, _| vec![alter_column(object, "DROP DEFAULT")],
    alter: |change| {
        if change.claim("definition") {
            change.statements.push(set(change.after));
        }
    },
    drop_during_rewrite: |_| true,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_attrdef'::regclass::oid AS _class, d.oid AS _oid,
                ARRAY[n.nspname, c.relname, a.attname]::text[] AS _path,
                'view' AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                pg_get_expr(d.adbin, d.adrelid) AS definition
         FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
              JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'v' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_class", "c.oid"),
    )
}

fn set(object: &Object) -> Statement {
    alter_column(object, &format!("SET DEFAULT {}", object.written("definition").unwrap_or_default()))
}

fn alter_column(object: &Object, action: &str) -> Statement {
    let (column, view) = object.id.path.split_last().map_or(("", &[][..]), |(column, view)| (column.as_str(), view));
    let text = format!("ALTER VIEW {} ALTER COLUMN {} {action}", qualified(view), identifier(column));
    Statement::new(text, &object.id)
}
