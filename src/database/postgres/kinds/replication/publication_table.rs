//! Tables of publications, with the columns and rows that they publish.

use crate::database::postgres::kinds::QueryContext;
use crate::schema::kind::Kind;
use crate::schema::{Id, Object};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "publication table",
    create: |creation| vec![alter(creation.object, &format!("ADD TABLE {}", member(creation.object)))],
    drop: |object, _| {
        vec![alter(object, &format!("DROP TABLE {}", qualified(object.id.path.get(1..).unwrap_or_default())))]
    },
    inline: |_, _, _| true,
    drop_during_rewrite: |_| true,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    // PostgreSQL 15 brought lists of columns and filters of rows.
    let (columns, filter) = if asked.version >= 150_000 {
        (
            "ARRAY(SELECT a.attname::text FROM unnest(r.prattrs) k JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = k ORDER BY a.attnum)",
            "pg_get_expr(r.prqual, r.prrelid)",
        )
    } else {
        ("NULL::text[]", "NULL::text")
    };
    format!(
        "SELECT 'pg_publication_rel'::regclass::oid AS _class, r.oid AS _oid, ARRAY[p.pubname, n.nspname, c.relname]::text[] AS _path,
                'publication' AS _parent_kind, ARRAY[p.pubname::text] AS _parent,
                {columns} AS columns, {filter} AS filter
         FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
              JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_publication", "p.oid"),
    )
}

/// Returns the table as it stands after FOR TABLE or ADD TABLE: `app.users (id) WHERE (…)`.
pub fn member(object: &Object) -> String {
    let mut text = qualified(object.id.path.get(1..).unwrap_or_default());
    if !object.list("columns").is_empty() {
        let columns: Vec<String> = object.list("columns").iter().map(|column| identifier(column)).collect();
        text.push_str(&format!(" ({})", columns.join(", ")));
    }
    if let Some(filter) = object.written("filter") {
        text.push_str(&format!(" WHERE ({filter})"));
    }
    text
}

fn alter(object: &Object, action: &str) -> Statement {
    let publication = object.parent.as_ref().map_or("", Id::name);
    Statement::new(format!("ALTER PUBLICATION {} {action}", identifier(publication)), &object.id)
}
