//! Sequences. One that a column owns lives in that column and dies with it; identity columns' are no objects.

use super::{Asked, privilege};
use crate::schema::change::Change;
use crate::schema::kind::Kind;
use crate::schema::Object;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "sequence",
    create: |creation| {
        let object = creation.object;
        let unlogged = if object.flag("unlogged") { "UNLOGGED " } else { "" };
        let text = format!("CREATE {unlogged}SEQUENCE {}{}", qualified(&object.id.path), options(object));
        let mut statements = vec![Statement::new(text, &object.id)];
        if object.parent.is_some() {
            statements.push(owned(object));
        }
        statements
    },
    drop: |object, _| vec![Statement::new(format!("DROP SEQUENCE {}", qualified(&object.id.path)), &object.id)],
    alter,
    rename: Some(|object, name, _| {
        let text = format!("ALTER SEQUENCE {} RENAME TO {}", qualified(&object.id.path), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    occupies: |object| vec![format!("relation {}", qualified(&object.id.path))],
    settle: privilege::settle,
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, c.oid AS _oid, ARRAY[n.nspname, c.relname]::text[] AS _path,
                CASE WHEN o.relname IS NOT NULL THEN 'column' END AS _parent_kind,
                CASE WHEN o.relname IS NOT NULL THEN ARRAY[tn.nspname, o.relname, a.attname]::text[] END AS _parent,
                CASE WHEN o.relname IS NOT NULL THEN ARRAY[tn.nspname, o.relname, a.attname]::text[] END AS owned_by,
                format_type(s.seqtypid, NULL) AS type, s.seqstart::text AS start, s.seqincrement::text AS increment,
                s.seqmin::text AS minimum, s.seqmax::text AS maximum, s.seqcache::text AS cache, s.seqcycle AS cycle,
                c.relpersistence = 'u' AND (o.relpersistence IS NULL OR o.relpersistence <> 'u') AS unlogged
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
              LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                        AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
              LEFT JOIN pg_class o ON o.oid = d.refobjid AND d.deptype = 'a' LEFT JOIN pg_namespace tn ON tn.oid = o.relnamespace
              LEFT JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = d.refobjsubid
         WHERE c.relkind = 'S' AND d.deptype IS DISTINCT FROM 'i' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_class", "c.oid"),
    )
}

fn options(object: &Object) -> String {
    let mut text = String::new();
    for (property, word) in OPTIONS {
        if let Some(value) = object.text(property) {
            text.push_str(&format!(" {word} {value}"));
        }
    }
    text.push_str(if object.flag("cycle") { " CYCLE" } else { " NO CYCLE" });
    text
}

const OPTIONS: [(&str, &str); 6] = [
    ("type", "AS"),
    ("increment", "INCREMENT BY"),
    ("minimum", "MINVALUE"),
    ("maximum", "MAXVALUE"),
    ("start", "START WITH"),
    ("cache", "CACHE"),
];

fn owned(object: &Object) -> Statement {
    let owner = match object.list("owned_by") {
        [] => "NONE".to_owned(),
        column => qualified(column),
    };
    Statement::new(format!("ALTER SEQUENCE {} OWNED BY {owner}", qualified(&object.id.path)), &object.id)
}

fn alter(change: &mut Change) {
    let differs: Vec<_> = OPTIONS.into_iter().filter(|(property, _)| change.claim(property)).collect();
    let mut text = String::new();
    for (property, word) in differs {
        text.push_str(&format!(" {word} {}", change.after.text(property).unwrap_or_default()));
    }
    if change.claim("cycle") {
        text.push_str(if change.after.flag("cycle") { " CYCLE" } else { " NO CYCLE" });
    }
    if !text.is_empty() {
        change.say(format!("ALTER SEQUENCE {}{text}", qualified(&change.after.id.path)));
    }
    if change.claim("unlogged") {
        let word = if change.after.flag("unlogged") { "UNLOGGED" } else { "LOGGED" };
        change.say(format!("ALTER SEQUENCE {} SET {word}", qualified(&change.after.id.path)));
    }
    if change.claim("owned_by") {
        change.statements.push(owned(change.after));
    }
}
