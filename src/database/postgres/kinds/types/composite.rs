//! Composite types.

use crate::database::postgres::kinds::address::{drop_by_address, rename_by_address};
use crate::database::postgres::kinds::recreate_type::{self, Lead};
use crate::database::postgres::kinds::{QueryContext, column_cast, privilege};
use crate::schema::change::{Change, Impact};
use crate::schema::kind::{Creation, Kind};
use crate::schema::plan::Risk;
use crate::schema::{Id, Object, Value};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "composite",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    propagates_rewrite: |_| true,
    claimed_names: |object| {
        let name = qualified(&object.id.path);
        vec![format!("relation {name}"), format!("type {name}")]
    },
    after_create: privilege::after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    // A comment on an attribute and what an attribute needs carry the address of the type's relation.
    format!(
        "SELECT 'pg_type'::regclass::oid AS _class, t.oid AS _oid, ARRAY[n.nspname, t.typname]::text[] AS _path,
                'pg_class'::regclass::oid AS _also_class, c.oid AS _also_oid, x.*
         FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
              CROSS JOIN LATERAL (
                  SELECT array_agg(f.written ORDER BY f.attnum) AS attributes, array_agg(f.name ORDER BY f.attnum) AS _known_names,
                         array_agg(f.type ORDER BY f.attnum) AS _known_types,
                         array_agg(f.collation ORDER BY f.attnum) AS _known_collations, array_agg(coalesce(f._known_plain, '') ORDER BY f.attnum) AS _known_plains,
                         array_agg(coalesce(f._known_base, '') ORDER BY f.attnum) AS _known_bases,
                         array_agg(coalesce(f._known_element, '') ORDER BY f.attnum) AS _known_elements
                  FROM (SELECT a.attnum, a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type,
                               format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)) || o.collation AS written, o.collation, {facts}
                        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                             CROSS JOIN LATERAL (SELECT coalesce((SELECT format(' COLLATE %I.%I', cn.nspname, co.collname)
                                 FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
                                 WHERE co.oid = a.attcollation AND a.attcollation <> t.typcollation), '') AS collation) o
                        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) f) x
         WHERE t.typtype = 'c' AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_type", "t.oid"),
        facts = column_cast::FACTS,
    )
}

/// An attribute as it is written, and as an object that is like a column.
struct Attribute<'a> {
    written: &'a str,
    /// ` COLLATE …`, or nothing.
    collation: String,
    value: Object,
}

fn attributes(composite: &Object) -> Vec<Attribute<'_>> {
    let at = |list: &str, place: usize| composite.known_list(list).get(place).filter(|text| !text.is_empty()).cloned();
    let written = composite.list("attributes").iter().enumerate();
    let all = written.map(|(place, written)| {
        let mut value = Object::new(Id::new("attribute", composite.id.path.iter().cloned().chain(at("names", place))));
        at("types", place).into_iter().for_each(|kind| value.set("type", Value::Text(kind)));
        for (list, fact) in [("plains", "plain"), ("bases", "base"), ("elements", "element")] {
            at(list, place).into_iter().for_each(|name| value.known.insert(fact, Value::Text(name)));
        }
        Attribute { written, collation: at("collations", place).unwrap_or_default(), value }
    });
    all.collect()
}

fn create(creation: &Creation) -> Vec<Statement> {
    let attributes = creation.object.list("attributes");
    let body =
        if attributes.is_empty() { "()".to_owned() } else { format!("(\n    {}\n)", attributes.join(",\n    ")) };
    vec![Statement::new(format!("CREATE TYPE {} AS {body}", qualified(&creation.object.id.path)), &creation.object.id)]
}

fn alter(change: &mut Change) {
    if !change.differs("attributes") {
        return;
    }
    let (old, new) = (attributes(change.before), attributes(change.after));
    let (had, has) = (|id: &Id| find(&old, id), |id: &Id| find(&new, id));
    let dropped: Vec<&Attribute> = old.iter().filter(|attribute| has(&attribute.value.id).is_none()).collect();
    let added: Vec<&Attribute> = new.iter().filter(|attribute| had(&attribute.value.id).is_none()).collect();
    let retyped: Vec<(&Attribute, &Attribute)> = new
        .iter()
        .filter_map(|after| had(&after.value.id).map(|before| (before, after)))
        .filter(|(before, after)| before.written != after.written)
        .collect();
    let in_place = is_altered_in_place(change.before, change.after);
    let held = recreate_type::is_held(change);
    if held {
        for attribute in &dropped {
            change.risk(Risk::DestroysData(format!("{} is dropped", attribute.value.id)));
        }
    }
    if !in_place || held && !retyped.is_empty() {
        if held {
            for (before, after) in &retyped {
                let way = column_cast::conversion("", &before.value, &after.value, change.from, change.to);
                way.risks
                    .into_iter()
                    .filter(|risk| !matches!(risk, Risk::RewritesTable(_)))
                    .for_each(|risk| change.risk(risk));
            }
            recreate_type::remake(change, Lead::Assignment);
        }
        return;
    }
    change.claim("attributes");
    let typed = change.dependents.iter().any(|table| table.text("of_type").is_some());
    let cascade = if typed { " CASCADE" } else { "" };
    let alter = format!("ALTER TYPE {}", qualified(&change.after.id.path));
    for attribute in &dropped {
        change.push_action(&alter, &format!("DROP ATTRIBUTE {}{cascade}", identifier(attribute.value.id.name())));
    }
    for (_, attribute) in &retyped {
        let name = identifier(attribute.value.id.name());
        let kind = attribute.value.text("type").unwrap_or_default();
        change.push_action(&alter, &format!("ALTER ATTRIBUTE {name} TYPE {kind}{}{cascade}", attribute.collation));
    }
    for attribute in &added {
        change.push_action(&alter, &format!("ADD ATTRIBUTE {}{cascade}", attribute.written));
    }
    if !dropped.is_empty() || !retyped.is_empty() {
        change.affects(Impact::Rewritten);
    }
}

/// Do the attributes that stay come first, in their order? New ones are added behind them.
pub fn is_altered_in_place(before: &Object, after: &Object) -> bool {
    let (old, new) = (attributes(before), attributes(after));
    let kept = old.iter().filter_map(|attribute| find(&new, &attribute.value.id));
    new.iter().zip(kept).all(|(one, other)| one.value.id == other.value.id)
}

fn find<'a>(attributes: &'a [Attribute<'a>], id: &Id) -> Option<&'a Attribute<'a>> {
    attributes.iter().find(|attribute| attribute.value.id == *id)
}

/// Returns the body of an SQL function that leads a value over attribute by attribute; a null stays a null, a row of
/// nulls a row of nulls. `lead` is the way of an attribute whose type keeps its name.
///
/// The server assigns what such a function returns, and so refuses what is too long for its attribute.
pub fn conversion(
    before: &Object,
    after: &Object,
    change: &Change,
    lead: impl Fn(&str, &str) -> Option<String>,
) -> String {
    let old = attributes(before);
    let values = attributes(after).into_iter().map(|attribute| {
        let name = identifier(attribute.value.id.name());
        let (value, kind) = (format!("($1).{name}"), attribute.value.text("type").unwrap_or_default());
        let Some(was) = find(&old, &attribute.value.id) else { return format!("NULL::{kind}") };
        let led = if was.value.text("type") == Some(kind) {
            lead(&value, kind)
        } else {
            column_cast::conversion(&value, &was.value, &attribute.value, change.from, change.to).using
        };
        led.unwrap_or(value)
    });
    let values: Vec<String> = values.collect();
    format!("SELECT {} WHERE $1 IS DISTINCT FROM NULL", values.join(", "))
}
