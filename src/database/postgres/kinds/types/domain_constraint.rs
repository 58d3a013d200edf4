//! Checks of domains.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::trust;
use crate::schema::Object;
use crate::schema::kind::Kind;
use crate::schema::plan::Risk;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "domain constraint",
    create: |creation| vec![alter(creation.object, &format!("ADD {}", named(creation.object)))],
    drop: |object, _| vec![alter(object, &format!("DROP CONSTRAINT {}", identifier(object.id.name())))],
    alter: |change| {
        let (old, new) = (change.before.text("definition"), change.after.text("definition"));
        if old.and_then(|old| old.strip_suffix(" NOT VALID")) == new && change.claim("definition") {
            let statement = alter(change.after, &format!("VALIDATE CONSTRAINT {}", identifier(change.after.id.name())));
            change.statements.push(statement);
            change.risk(Risk::MayFail(format!("existing values may violate {}", change.after.id)));
        }
    },
    rename: Some(|object, name, _| {
        let text = format!("RENAME CONSTRAINT {} TO {}", identifier(object.id.name()), identifier(name));
        vec![alter(object, &text)]
    }),
    inline: |object, _, _| !is_not_valid(object),
    drop_during_rewrite: |_| true,
    risks: |object, from, _| {
        let domain_is_new = object.parent.as_ref().is_none_or(|domain| !from.contains(domain));
        let was_there = from.get(&object.id).is_some_and(|before| before.properties == object.properties);
        if domain_is_new || was_there {
            return Vec::new();
        }
        vec![Risk::MayFail(format!("existing values may violate {}", object.id))]
    },
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_constraint'::regclass::oid AS _class, k.oid AS _oid, ARRAY[n.nspname, t.typname, k.conname]::text[] AS _path,
                'domain' AS _parent_kind, ARRAY[n.nspname, t.typname]::text[] AS _parent,
                pg_get_constraintdef(k.oid) AS definition, {stranger} AS _known_stranger
         FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
         WHERE k.contype = 'c' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_type", "t.oid"),
        stranger = trust::stranger("t.typowner", &trust::is_volatile("k.conbin")),
    )
}

pub fn is_not_valid(object: &Object) -> bool {
    object.text("definition").unwrap_or_default().ends_with(" NOT VALID")
}

/// Returns the check as it stands in CREATE DOMAIN, named where the server would choose another name, as it would with
/// the old form of the domain beside it.
pub fn clause(object: &Object, recreate: bool) -> String {
    let domain = object.parent.as_ref().map_or("", |domain| domain.name());
    let chosen = object.id.name() == format!("{domain}_check") && object.id.name().len() < 60;
    if chosen && !recreate { definition(object) } else { named(object) }
}

fn named(object: &Object) -> String {
    format!("CONSTRAINT {} {}", identifier(object.id.name()), definition(object))
}

fn definition(object: &Object) -> String {
    crate::database::postgres::kinds::constraint::check(object.written("definition").unwrap_or_default())
}

fn alter(object: &Object, action: &str) -> Statement {
    let domain = object.parent.as_ref().map(|domain| qualified(&domain.path)).unwrap_or_default();
    Statement::new(format!("ALTER DOMAIN {domain} {action}"), &object.id)
}
