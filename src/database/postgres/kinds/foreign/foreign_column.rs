//! Columns of foreign tables. They hold nothing here: what can't be altered is dropped and added again.

use crate::database::postgres::kinds::{QueryContext, not_null, options};
use crate::schema::Object;
use crate::schema::change::{Change, Impact};
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "foreign column",
    create: |creation| {
        let column = creation.object;
        if inherited(column) {
            return local_parts(column);
        }
        vec![Statement::action(&alter_table(column), &format!("ADD COLUMN {}", definition(column)), &column.id)]
    },
    drop: |object, _| {
        if inherited(object) {
            return Vec::new();
        }
        let action = format!("DROP COLUMN {}", identifier(object.id.name()));
        vec![Statement::action(&alter_table(object), &action, &object.id)]
    },
    alter,
    inline: |object, _, _| !inherited(object),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, c.oid AS _oid, a.attnum::int4 AS _sub, a.attnum::int4 AS _place,
                'pg_attrdef'::regclass::oid AS _also_class, d.oid AS _also_oid,
                ARRAY[n.nspname, c.relname, a.attname]::text[] AS _path,
                'foreign table' AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                format_type(a.atttypid, a.atttypmod) AS type,
                CASE WHEN a.attcollation <> t.typcollation THEN nullif(a.attcollation, 0)::regcollation::text END AS collation,
                a.attnotnull AS not_null, {not_null}
                CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS default,
                CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS generated,
                a.attgenerated = 'v' AS virtual,
                nullif(a.attstattarget, -1)::text AS statistics,
                ARRAY(SELECT unnest(a.attfdwoptions) ORDER BY 1) AS options,
                a.attinhcount > 0 AND NOT a.attislocal AS _known_inherited
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
              {not_null_join}
         WHERE c.relkind = 'f' AND a.attnum > 0 AND NOT a.attisdropped AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_class", "c.oid"),
        not_null = not_null::columns(asked.version),
        not_null_join = not_null::join(asked.version),
    )
}

/// Returns the column as it stands in CREATE FOREIGN TABLE or ADD COLUMN.
pub fn definition(column: &Object) -> String {
    let mut text = format!("{} {}", identifier(column.id.name()), column.text("type").unwrap_or_default());
    text.push_str(&options::foreign(column.list("options")));
    if let Some(collation) = column.text("collation") {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(default) = column.written("default") {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    if let Some(expression) = column.written("generated") {
        let kept = if column.flag("virtual") { "VIRTUAL" } else { "STORED" };
        text.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {kept}"));
    }
    text.push_str(&not_null::clause(column, false, false));
    text
}

/// Returns the statements for what a column's definition in CREATE has no room for.
pub fn settings(column: &Object) -> Vec<Statement> {
    if inherited(column) {
        return Vec::new();
    }
    let setting = column.text("statistics").map(|target| action(column, &format!("SET STATISTICS {target}")));
    let added = column.flag("not_null_not_valid").then(|| not_null::added(column));
    let added = added.map(|added| Statement::action(&alter_table(column), &added, &column.id));
    setting.into_iter().chain(added).collect()
}

/// What an inherited column has of its own.
fn local_parts(column: &Object) -> Vec<Statement> {
    let mut statements = Vec::new();
    if !column.list("options").is_empty() {
        statements.push(action(column, options::foreign(column.list("options")).trim_start()));
    }
    statements
}

fn inherited(column: &Object) -> bool {
    column.known.get("inherited") == Some(&crate::schema::Value::Flag(true))
}

fn alter_table(column: &Object) -> String {
    let table = column.parent.as_ref().map(|parent| qualified(&parent.path)).unwrap_or_default();
    format!("ALTER FOREIGN TABLE {table}")
}

fn action(column: &Object, clause: &str) -> Statement {
    let action = format!("ALTER COLUMN {} {clause}", identifier(column.id.name()));
    Statement::action(&alter_table(column), &action, &column.id)
}

/// Returns what gives the column a type that was recreated, and again the default that it is to have.
pub fn retyped(column: &Object, kind: &str, after: Option<&Object>) -> Vec<Statement> {
    let collate = column.text("collation").map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    let mut clauses = vec![format!("TYPE {kind}{collate}")];
    if column.text("default").is_some() {
        clauses.insert(0, "DROP DEFAULT".to_owned());
        let default = after.and_then(|after| after.written("default"));
        clauses.extend(default.map(|default| format!("SET DEFAULT {default}")));
    }
    clauses.iter().map(|clause| action(column, clause)).collect()
}

fn alter(change: &mut Change) {
    if change.differs("generated") {
        return;
    }
    let column = change.after;
    let mut clauses = Vec::new();
    let retyped = change.claim("type");
    if change.claim("collation") || retyped {
        let collate = column.text("collation").map(|name| format!(" COLLATE {name}")).unwrap_or_default();
        clauses.push(format!("TYPE {}{collate}", column.text("type").unwrap_or_default()));
        change.affects(Impact::Rewritten);
    }
    if change.claim("default") {
        clauses.push(column.written("default").map_or("DROP DEFAULT".to_owned(), |text| format!("SET DEFAULT {text}")));
    }
    not_null::alter(change);
    if change.claim("statistics") {
        clauses.push(format!("SET STATISTICS {}", column.text("statistics").unwrap_or("-1")));
    }
    if change.claim("options") {
        clauses.push(options::foreign_change(change.before.list("options"), column.list("options")));
    }
    change.statements.extend(clauses.iter().map(|clause| action(column, clause)));
}
