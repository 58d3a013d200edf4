//! Triggers, those of tables, views, foreign tables and partitioned tables; a partition's clones are made by its parent.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{address, depends_on_extensions, drop_by_address};
use crate::database::postgres::trust;
use crate::schema::Object;
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "trigger",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(|object, name, _| {
        let text = format!("ALTER {} RENAME TO {}", address(object), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    drop_during_rewrite: |_| true,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_trigger'::regclass::oid AS _class, t.oid AS _oid, ARRAY[n.nspname, c.relname, t.tgname]::text[] AS _path,
                {} AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                pg_get_triggerdef(t.oid) AS definition, {} AS enabled, (SELECT {stranger} FROM pg_proc f WHERE f.oid = t.tgfoid) AS _known_stranger,
                ARRAY(SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                      WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid AND d.deptype = 'x' ORDER BY 1) AS extensions
         FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND {} AND {} AND {}",
        relation_kind("c"),
        state("t.tgenabled"),
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
        // A table that is copied has no rows in a shadow, so only a trigger of the whole statement fires.
        stranger = trust::stranger("f.proowner", "(t.tgtype & 1) = 0"),
    )
}

/// Returns the SQL expression for the name of a relation's kind; `alias` is that of `pg_class`.
pub fn relation_kind(alias: &str) -> String {
    format!(
        "CASE {alias}.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END"
    )
}

/// Returns the SQL expression for when a trigger or rule fires, null for the usual.
pub fn state(column: &str) -> String {
    format!("CASE {column} WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END")
}

/// Says when a trigger or rule fires.
pub fn enabled(object: &Object, what: &str) -> Statement {
    let owner = object.parent.as_ref().map(|parent| qualified(&parent.path)).unwrap_or_default();
    let action = format!("{} {what} {}", object.text("enabled").unwrap_or("ENABLE"), identifier(object.id.name()));
    Statement::action(&format!("ALTER TABLE {owner}"), &action, &object.id)
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let mut statements = vec![Statement::new(object.written("definition").unwrap_or_default(), &object.id)];
    if object.text("enabled").is_some() {
        statements.push(enabled(object, "TRIGGER"));
    }
    statements.extend(depends_on_extensions(object, &[], object.list("extensions")));
    statements
}

fn alter(change: &mut Change) {
    if change.differs("definition") {
        return;
    }
    if change.claim("enabled") {
        change.statements.push(enabled(change.after, "TRIGGER"));
    }
    if change.claim("extensions") {
        let more =
            depends_on_extensions(change.after, change.before.list("extensions"), change.after.list("extensions"));
        change.statements.extend(more);
    }
}
