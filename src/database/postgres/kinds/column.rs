//! Columns of tables. A default is an object of its own, so that what it calls can come and go around it.

use super::Asked;
use super::table::alter_parent;
use crate::schema::Object;
use crate::schema::change::{Change, Effect};
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "column",
    create: |creation| {
        let action = format!("ADD COLUMN {}", definition(creation.object, creation));
        let alter = alter_parent(creation.object, creation.catalog);
        vec![Statement::action(&alter, &action, &creation.object.id)]
    },
    drop: |object, catalog| {
        let action = format!("DROP COLUMN {}", identifier(object.id.name()));
        vec![Statement::action(&alter_parent(object, catalog), &action, &object.id)]
    },
    alter,
    inline: |_, _| true,
    holds_data: |object, _| object.text("generated").is_none(),
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, c.oid AS _oid, a.attnum::int4 AS _sub, a.attnum::int4 AS _place,
                ARRAY[n.nspname, c.relname, a.attname]::text[] AS _path,
                'table' AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                format_type(a.atttypid, a.atttypmod) AS type,
                a.attnotnull AS not_null
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

/// Returns the column as it stands in CREATE TABLE or ADD COLUMN.
pub fn definition(column: &Object, creation: &Creation) -> String {
    let mut text = format!("{} {}", identifier(column.id.name()), column.text("type").unwrap_or_default());
    if let Some(default) = creation.inline_in(&column.id).find_map(|child| child.text("definition")) {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    if column.flag("not_null") {
        text.push_str(" NOT NULL");
    }
    text
}

fn alter(change: &mut Change) {
    let alter = alter_parent(change.after, change.to);
    let name = identifier(change.after.id.name());
    if change.claim("type") {
        let type_name = change.after.text("type").unwrap_or_default().to_owned();
        change.say_action(&alter, &format!("ALTER COLUMN {name} TYPE {type_name} USING {name}::{type_name}"));
        change.affects(Effect::Rewritten);
    }
    if change.claim("not_null") {
        let verb = if change.after.flag("not_null") { "SET" } else { "DROP" };
        change.say_action(&alter, &format!("ALTER COLUMN {name} {verb} NOT NULL"));
    }
}
