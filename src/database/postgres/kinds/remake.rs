//! A type that can't be changed in place is made anew beside its old form: the old one is renamed, the new one made,
//! every column led over by way of text, the old one dropped. Types over it are made anew with it.

use super::KINDS;
use crate::schema::change::{Change, Effect};
use crate::schema::kind::Creation;
use crate::schema::plan::Risk;
use crate::schema::{Id, Object};
use crate::sql::quote::{identifier, qualified};

const TYPES: [&str; 4] = ["enum", "domain", "composite", "range"];

/// Is it the type of a table's column, itself or through other types?
pub fn is_held(change: &Change) -> bool {
    change.dependents.iter().any(|object| object.id.kind == "column")
}

/// How a value of a column gets from the old form to the new one: from the column's quoted name and its type.
pub type Lead = fn(&Change, column: &str, new_type: &str) -> String;

/// By way of text.
pub fn through_text(_: &Change, column: &str, new_type: &str) -> String {
    format!("{column}::text::{new_type}")
}

/// Says it all, and claims every difference.
pub fn remake(change: &mut Change, lead: Lead) {
    for name in change.unclaimed.clone() {
        change.claim(&name);
    }
    let types = types_over(change);
    let columns: Vec<&Object> = columns_of(change, &types);
    if let Some(column) = columns.iter().find(|column| column.known_flag("partition_key")) {
        change.refusal = Some(format!(
            "it would have to be made anew, and PostgreSQL does not change the type of {}, which its table is partitioned by: \
             make a table with the new type beside it and copy the rows",
            column.id
        ));
        return;
    }
    for object in &types {
        change.say(format!(
            "ALTER {} {} RENAME TO {}",
            word(object),
            qualified(&object.id.path),
            identifier(&old_name(object))
        ));
    }
    for object in &types {
        make(change, object);
    }
    for column in columns {
        let after = change.to.get(&column.id);
        let stays = after.is_some_and(|after| types.iter().any(|object| after.depends_on.contains(&object.id)));
        let (name, kind) = (identifier(column.id.name()), column.text("type").unwrap_or_default());
        let action = if stays {
            format!("ALTER COLUMN {name} TYPE {kind} USING {}", lead(change, &name, kind))
        } else {
            // Its own change goes on from there.
            format!("ALTER COLUMN {name} TYPE text USING {name}::text")
        };
        change.say_action(&super::column::alter_parent(column), &action);
        change.risk(Risk::RewritesTable(format!("{} is led over to the new {}", column.id, change.after.id)));
    }
    for object in types.iter().rev() {
        let mut path = object.id.path.clone();
        path.pop();
        path.push(old_name(object));
        change.say(format!("DROP {} {}", word(object), qualified(&path)));
    }
    change.affects(Effect::Remade);
}

/// The type itself, then those over it that stay.
fn types_over<'a>(change: &Change<'a>) -> Vec<&'a Object> {
    let mut types: Vec<&Object> = vec![change.before];
    loop {
        let more: Vec<&Object> = change
            .dependents
            .iter()
            .copied()
            .filter(|object| TYPES.contains(&object.id.kind) && change.to.contains(&object.id))
            .filter(|object| types.iter().all(|known| known.id != object.id))
            .filter(|object| types.iter().any(|known| object.depends_on.contains(&known.id)))
            .collect();
        if more.is_empty() {
            return types;
        }
        types.extend(more);
    }
}

/// The columns of these types that stay. What a child table inherits follows its parent's.
fn columns_of<'a>(change: &Change<'a>, types: &[&Object]) -> Vec<&'a Object> {
    let uses = |column: &Object| types.iter().any(|object| column.depends_on.contains(&object.id));
    let columns = change.dependents.iter().copied().filter(|object| object.id.kind == "column" && uses(object));
    columns
        .filter(|column| change.to.contains(&column.id))
        .filter(|column| !super::inherited::inherited(column) && column.text("generated").is_none())
        .collect()
}

fn make(change: &mut Change, object: &Object) {
    let Some(after) = change.to.get(&object.id) else { return };
    let Some(kind) = KINDS.iter().find(|kind| kind.name == after.id.kind) else { return };
    // What lives in the changed type itself is made again by the planner.
    let own = object.id == change.after.id;
    let inside = if own { Vec::new() } else { change.to.children(&after.id) };
    let inline = inside.into_iter().filter(|child| child.id.kind == "domain constraint").collect();
    let creation = Creation { object: after, inline, catalog: change.to, from: change.from };
    for statement in (kind.create)(&creation) {
        change.say(statement.text);
    }
}

fn word(object: &Object) -> &'static str {
    if object.id.kind == "domain" { "DOMAIN" } else { "TYPE" }
}

fn old_name(object: &Object) -> String {
    let name = object.id.name();
    let end = (0..=name.len().min(57)).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    format!("{}__old", &name[..end])
}

/// Returns the names that a type takes up.
pub fn occupies(object: &Object) -> Vec<String> {
    vec![format!("type {}", qualified(&object.id.path))]
}

/// Is the text of a literal used by something that is new or changed?
pub fn is_used_anew(change: &Change, literal: &str) -> bool {
    let mentions = |object: &Object| {
        object.properties.values().any(|value| match value {
            crate::schema::Value::Text(text) => text.contains(literal),
            crate::schema::Value::List(list) => list.iter().any(|text| text.contains(literal)),
            crate::schema::Value::Flag(_) => false,
        })
    };
    let own: &Id = &change.after.id;
    change
        .to
        .objects()
        .filter(|object| object.id != *own && mentions(object))
        .any(|object| change.from.get(&object.id).is_none_or(|before| before.properties != object.properties))
}
