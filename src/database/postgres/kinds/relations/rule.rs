//! Rewrite rules, other than the one that makes a view.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::drop_by_address;
use crate::database::postgres::kinds::trigger::{enabled, relation_kind, state};
use crate::database::postgres::trust;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "rule",
    create,
    drop: drop_by_address,
    alter: |change| {
        if !change.differs("definition") && change.claim("enabled") {
            change.statements.push(enabled(change.after, "RULE"));
        }
    },
    rename: Some(|object, name, _| {
        let owner = object.parent.as_ref().map(|parent| qualified(&parent.path)).unwrap_or_default();
        let text = format!("ALTER RULE {} ON {owner} RENAME TO {}", identifier(object.id.name()), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    drop_during_rewrite: |_| true,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_rewrite'::regclass::oid AS _class, r.oid AS _oid, ARRAY[n.nspname, c.relname, r.rulename]::text[] AS _path,
                {} AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                rtrim(pg_get_ruledef(r.oid), ';') AS definition, {} AS enabled, {stranger} AS _known_stranger
         FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE r.rulename <> '_RETURN' AND {} AND {} AND {}",
        relation_kind("c"),
        state("r.ev_enabled"),
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
        stranger = trust::stranger("c.relowner", "true"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let mut statements = vec![Statement::new(object.written("definition").unwrap_or_default(), &object.id)];
    if object.text("enabled").is_some() {
        statements.push(enabled(object, "RULE"));
    }
    statements
}
