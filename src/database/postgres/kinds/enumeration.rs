//! Enumerated types.

use super::{Asked, privilege, retype};
use crate::schema::change::Change;
use crate::schema::kind::Kind;
use crate::schema::plan::Risk;
use crate::schema::{Object, Value};
use crate::sql::quote::{identifier, literal, qualified};
use crate::sql::{Statement, Syntax};

pub static KIND: Kind = Kind {
    name: "enum",
    create: |creation| vec![create(creation.object)],
    drop: |object, _| vec![Statement::new(format!("DROP TYPE {}", qualified(&object.id.path)), &object.id)],
    alter,
    rename: Some(|object, name, _| {
        let text = format!("ALTER TYPE {} RENAME TO {}", qualified(&object.id.path), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    occupies: |object| vec![format!("type {}", qualified(&object.id.path))],
    settle: privilege::settle,
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_type'::regclass::oid AS _class, t.oid AS _oid, ARRAY[n.nspname, t.typname]::text[] AS _path,
                ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels
         FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
         WHERE t.typtype = 'e' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_type", "t.oid"),
    )
}

fn text(label: &str) -> String {
    literal(label, Syntax::Postgres)
}

fn create(object: &Object) -> Statement {
    let labels: Vec<String> = object.list("labels").iter().map(|label| text(label)).collect();
    Statement::new(format!("CREATE TYPE {} AS ENUM ({})", qualified(&object.id.path), labels.join(", ")), &object.id)
}

fn alter(change: &mut Change) {
    if !change.claim("labels") {
        return;
    }
    let (old, new) = (change.before.list("labels"), change.after.list("labels"));
    let kept: Vec<&String> = new.iter().filter(|label| old.contains(label)).collect();
    let only_adds = kept.iter().copied().eq(old.iter());
    let added: Vec<&String> = new.iter().filter(|label| !old.contains(label)).collect();
    if only_adds && !added.iter().any(|label| is_used(label, change)) {
        let name = qualified(&change.after.id.path);
        for (at, label) in new.iter().enumerate().filter(|(_, label)| added.contains(label)) {
            let place = match (at.checked_sub(1).and_then(|before| new.get(before)), old.first()) {
                (Some(before), _) => format!(" AFTER {}", text(before)),
                (None, Some(first)) => format!(" BEFORE {}", text(first)),
                (None, None) => String::new(),
            };
            change.say(format!("ALTER TYPE {name} ADD VALUE {}{place}", text(label)));
        }
        return;
    }
    let gone: Vec<&str> = old.iter().filter(|label| !new.contains(label)).map(String::as_str).collect();
    if !gone.is_empty() {
        let what = format!("{} loses {}, so it fails where a row has it", change.after.id, gone.join(", "));
        change.risk(Risk::MayFail(what));
    }
    let made = vec![create(change.after)];
    retype::remake(change, made, |column, type_name| {
        let through = if type_name.ends_with("[]") { "text[]" } else { "text" };
        format!("{column}::{through}::{type_name}")
    });
}

/// A new label can be used only after it was committed (manual, ALTER TYPE), so not by what the same plan makes.
fn is_used(label: &str, change: &Change) -> bool {
    let written = text(label);
    change.to.objects().filter(|object| object.id != change.after.id).any(|object| {
        let mentions = |value: &Value| matches!(value, Value::Text(text) if text.contains(&written));
        object.properties.values().any(mentions) && change.from.get(&object.id) != Some(object)
    })
}
