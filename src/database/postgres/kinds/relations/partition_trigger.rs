//! A partition's clone of its parent's trigger, where it fires at other times than the parent's.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::trigger::state;
use crate::schema::Object;
use crate::schema::kind::Kind;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "partition trigger",
    create: |creation| vec![fire(creation.object, creation.object.text("enabled"))],
    drop: |object, _| vec![fire(object, object.known_text("otherwise"))],
    alter: |change| {
        if change.claim("enabled") {
            change.statements.push(fire(change.after, change.after.text("enabled")));
        }
    },
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    // Until PostgreSQL 14 what a partition has from its parent counts as internal, like the triggers of foreign keys.
    format!(
        "SELECT ARRAY[n.nspname, c.relname, t.tgname]::text[] AS _path,
                'table' AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                CASE WHEN o.tgparentid = 0 THEN 'trigger' ELSE 'partition trigger' END AS _needs_kind, ARRAY[pn.nspname, p.relname, o.tgname]::text[] AS _needs,
                coalesce({}, 'ENABLE') AS enabled, {} AS _known_otherwise
         FROM pg_trigger t JOIN pg_trigger o ON o.oid = t.tgparentid
              JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_class p ON p.oid = o.tgrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
         WHERE (NOT t.tgisinternal OR t.tgconstraint = 0) AND t.tgenabled <> o.tgenabled AND {}",
        state("t.tgenabled"),
        state("o.tgenabled"),
        asked.schema("n.nspname"),
    )
}

fn fire(object: &Object, state: Option<&str>) -> Statement {
    let owner = object.parent.as_ref().map(|parent| qualified(&parent.path)).unwrap_or_default();
    let action = format!("{} TRIGGER {}", state.unwrap_or("ENABLE"), identifier(object.id.name()));
    Statement::action(&format!("ALTER TABLE {owner}"), &action, &object.id)
}
