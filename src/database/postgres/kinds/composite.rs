//! Composite types.

use super::address::{drop_by_address, rename_by_address};
use super::{Asked, privilege, remake};
use crate::schema::change::{Change, Effect};
use crate::schema::kind::{Creation, Kind};
use crate::schema::plan::Risk;
use crate::sql::Statement;
use crate::sql::quote::qualified;
use crate::sql::token::{TokenKind, tokens};

pub static KIND: Kind = Kind {
    name: "composite",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    passes_on: |_| true,
    occupies: |object| {
        let name = qualified(&object.id.path);
        vec![format!("relation {name}"), format!("type {name}")]
    },
    settle: privilege::settle,
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    // A comment on an attribute and what an attribute needs carry the address of the type's relation.
    format!(
        "SELECT 'pg_type'::regclass::oid AS _class, t.oid AS _oid, ARRAY[n.nspname, t.typname]::text[] AS _path,
                'pg_class'::regclass::oid AS _also_class, c.oid AS _also_oid,
                ARRAY(SELECT format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
                             || CASE WHEN a.attcollation <> at.typcollation THEN (SELECT format(' COLLATE %I.%I', cn.nspname, co.collname)
                                    FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation) ELSE '' END
                      FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid
                      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS attributes
         FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
         WHERE t.typtype = 'c' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_type", "t.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let attributes = creation.object.list("attributes");
    let body = if attributes.is_empty() { "()".to_owned() } else { format!("(\n    {}\n)", attributes.join(",\n    ")) };
    vec![Statement::new(format!("CREATE TYPE {} AS {body}", qualified(&creation.object.id.path)), &creation.object.id)]
}

/// Returns an attribute's quoted name and its type with the collation.
fn split(attribute: &str) -> (&str, &str) {
    let space = tokens(attribute, crate::sql::Syntax::Postgres).find(|token| token.kind == TokenKind::Space);
    space.map_or((attribute, ""), |space| (&attribute[..space.start], &attribute[space.end..]))
}

fn names(attributes: &[String]) -> Vec<&str> {
    attributes.iter().map(|attribute| split(attribute).0).collect()
}

fn alter(change: &mut Change) {
    if !change.differs("attributes") {
        return;
    }
    let (old, new) = (change.before.list("attributes"), change.after.list("attributes"));
    let (old_names, new_names) = (names(old), names(new));
    let dropped: Vec<&str> = old_names.iter().copied().filter(|name| !new_names.contains(name)).collect();
    let kept: Vec<&str> = old_names.iter().copied().filter(|name| new_names.contains(name)).collect();
    let retyped: Vec<&String> =
        new.iter().filter(|attribute| kept.contains(&split(attribute).0) && !old.contains(attribute)).collect();
    let in_place = new_names.starts_with(&kept);
    let held = remake::is_held(change);
    if held {
        for name in &dropped {
            change.risk(Risk::DestroysData(format!("{} loses its attribute {name}", change.after.id)));
        }
    }
    if !in_place || held && !retyped.is_empty() {
        if held {
            let arrays = change.dependents.iter().any(|column| {
                column.id.kind == "column" && column.depends_on.contains(&change.before.id) && column.known_text("element").is_some()
            });
            if arrays && new_names != old_names {
                change.refusal = Some(
                    "a column holds an array of it, and PostgreSQL can't put other attributes into the elements of an array: \
                     add attributes at the end, or lead the column over by hand in a revision of your own"
                        .to_owned(),
                );
                return;
            }
            remake::remake(change, if new_names == old_names { remake::through_text } else { by_attributes });
        }
        return;
    }
    change.claim("attributes");
    let typed = change.dependents.iter().any(|table| table.text("of_type").is_some());
    let cascade = if typed { " CASCADE" } else { "" };
    let alter = format!("ALTER TYPE {}", qualified(&change.after.id.path));
    for name in &dropped {
        change.say_action(&alter, &format!("DROP ATTRIBUTE {name}{cascade}"));
    }
    for attribute in &retyped {
        let (name, kind) = split(attribute);
        change.say_action(&alter, &format!("ALTER ATTRIBUTE {name} TYPE {kind}{cascade}"));
    }
    for attribute in new.iter().filter(|attribute| !kept.contains(&split(attribute).0)) {
        change.say_action(&alter, &format!("ADD ATTRIBUTE {attribute}{cascade}"));
    }
    if !dropped.is_empty() || !retyped.is_empty() {
        change.affects(Effect::Rewritten);
    }
}

/// Leads a value over attribute by attribute; a null stays a null, a row of nulls a row of nulls.
fn by_attributes(change: &Change, column: &str, new_type: &str) -> String {
    let old = names(change.before.list("attributes"));
    let values = change.after.list("attributes").iter().map(|attribute| {
        let (name, kind) = split(attribute);
        let kind = kind.split(" COLLATE ").next().unwrap_or(kind);
        if old.contains(&name) { format!("({column}).{name}::text::{kind}") } else { format!("NULL::{kind}") }
    });
    let values: Vec<String> = values.collect();
    format!("CASE WHEN {column} IS DISTINCT FROM NULL THEN ROW({})::{new_type} END", values.join(", "))
}
