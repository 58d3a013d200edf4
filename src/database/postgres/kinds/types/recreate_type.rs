//! A type or collation that can't be changed in place is recreated beside its old form: the old one is renamed, the new
//! one made, every column converted, the old one dropped. Types over it are recreated with it.

use crate::database::postgres::kinds::inherited::inheriting;
use crate::database::postgres::kinds::{KINDS, composite, domain, domain_constraint, foreign_column};
use crate::schema::change::{Change, Impact};
use crate::schema::kind::Creation;
use crate::schema::plan::Risk;
use crate::schema::{Catalog, Id, Object};
use crate::sql::quote::{identifier, literal, qualified};
use crate::sql::token::{name_of, tokens};
use crate::sql::{Statement, Syntax};

const TYPES: [&str; 4] = ["enum", "domain", "composite", "range"];

/// Is it the type or collation of a table's column, itself or through other types?
pub fn is_held(change: &Change) -> bool {
    let types = types_over(change);
    change.dependents.iter().any(|object| object.id.kind == "column" && uses(object, &types))
}

/// How values get from the old forms of the types to the new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// By way of text, which reads alike in both.
    Text,
    /// By assignment, for which composites and ranges get casts: whatever their values are held in (an array, another
    /// composite, a domain), PostgreSQL finds its way in, and keeps nulls, bounds and dimensions.
    Assignment,
}

/// Says it all, and claims every difference.
pub fn remake(change: &mut Change, lead: Lead) {
    for name in change.unclaimed.clone() {
        change.claim(&name);
    }
    let types = types_over(change);
    let columns: Vec<&Object> = columns_of(change, &types);
    // PostgreSQL does not change the type of what a table is partitioned by: the table is recreated with the type.
    if columns.iter().any(|column| is_partition_key(column, change.from)) {
        if let Some(other) = types.iter().find(|object| !matches!(object.id.kind, "enum" | "domain")) {
            change.refusal = Some(format!(
                "{} would have to be recreated together with a table that is partitioned by a column of it: create another table with the new type and copy the rows",
                other.id
            ));
        }
        change.recreate();
        return;
    }
    let range = types.iter().find(|object| object.id.kind == "range");
    if let (Some(range), "composite") = (range, change.before.id.kind) {
        change.refusal = Some(format!(
            "the bounds of {} would be converted by way of text, which does not keep attributes apart: create a range over another composite type and copy the rows",
            range.id
        ));
        return;
    }
    let typed = typed_tables(change, &types);
    for table in &typed {
        change.push_statement(format!("ALTER TABLE {} NOT OF", qualified(&table.id.path)));
    }
    for range in types.iter().filter(|object| object.id.kind == "range") {
        constructors_step_back(change, range);
    }
    for object in &types {
        change.push_statement(format!(
            "ALTER {} {} RENAME TO {}",
            word(object),
            qualified(&object.id.path),
            identifier(&old_name(object.id.name()))
        ));
        // Under the name of the range that it belongs to, there would be no room for that of the new one.
        if let Some((multirange, name)) = multirange(object) {
            change.push_statement(format!("ALTER TYPE {multirange} RENAME TO {}", identifier(&old_name(&name))));
        }
    }
    for object in &types {
        make(change, object);
    }
    let casts: Vec<Cast> = match lead {
        Lead::Text => Vec::new(),
        Lead::Assignment => types.iter().flat_map(|object| casts(change, &types, object)).collect(),
    };
    for cast in &casts {
        change.statements.extend(cast.create(change.after));
    }
    for column in columns {
        let after = change.to.get(&column.id);
        let stays = after.is_some_and(|after| types.iter().any(|object| after.depends_on.contains(&object.id)));
        let (name, kind) = (identifier(column.id.name()), column.text("type").unwrap_or_default());
        let kind = renamed_multirange(change, &types, kind);
        let action = if stays {
            let collation = column.text("collation").map(|name| format!(" COLLATE {name}")).unwrap_or_default();
            let using = converted(change, &types, lead, &name, &kind).map(|value| format!(" USING {value}"));
            format!("ALTER COLUMN {name} TYPE {kind}{collation}{}", using.unwrap_or_default())
        } else {
            // Its own change continues from there; an array stays one, for the sake of its indexes.
            let text = if column.known_text("element").is_some() { "text[]" } else { "text" };
            format!("ALTER COLUMN {name} TYPE {text} USING {name}::{text}")
        };
        change.push_action(&crate::database::postgres::kinds::column::alter_parent(column), &action);
        change.risk(Risk::RewritesTable(format!("{} is converted to the new {}", column.id, change.after.id)));
    }
    for table in &typed {
        let kind = table.text("of_type").unwrap_or_default();
        change.push_statement(format!("ALTER TABLE {} OF {kind}", qualified(&table.id.path)));
    }
    for column in foreign_columns_of(change, &types) {
        let kind = renamed_multirange(change, &types, column.text("type").unwrap_or_default());
        let statements = foreign_column::retyped(column, &kind, change.to.get(&column.id));
        change.statements.extend(statements);
    }
    for cast in casts.iter().rev() {
        change.statements.extend(cast.drop(change.after));
    }
    for object in types.iter().rev() {
        let old = object.id.with_last(&old_name(object.id.name()));
        // The function that makes a range canonical takes and gives it, so the two go together.
        let cascade = if object.text("canonical").is_some() { " CASCADE" } else { "" };
        change.push_statement(format!("DROP {} {}{cascade}", word(object), qualified(&old.path)));
    }
    change.affects(Impact::Recreated);
}

/// The type itself, then those over it that stay, each after what it is over.
fn types_over<'a>(change: &Change<'a>) -> Vec<&'a Object> {
    let mut found = over(change, change.before);
    found.retain(|object| object.id == change.before.id || !is_replaced(change, object));
    let mut sorted = Vec::new();
    while !found.is_empty() {
        let first = found.iter().position(|object| !uses(object, &found));
        sorted.push(found.remove(first.unwrap_or(0)));
    }
    sorted
}

/// The type, and those over it that are there afterwards.
fn over<'a>(change: &Change<'a>, object: &'a Object) -> Vec<&'a Object> {
    let mut found: Vec<&Object> = vec![object];
    loop {
        let is_new = |object: &&Object| found.iter().all(|known| known.id != object.id);
        let stays = |object: &&Object| TYPES.contains(&object.id.kind) && change.to.contains(&object.id);
        let types = change.dependents.iter().copied().filter(stays).filter(is_new);
        let more: Vec<&Object> = types.filter(|object| uses(object, &found)).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// Is it dropped and created again, which no column prevents?
fn is_replaced(change: &Change, object: &Object) -> bool {
    let in_place = |after: &Object| match object.id.kind {
        "composite" => composite::is_altered_in_place(object, after),
        "domain" => ["type", "collation"].iter().all(|name| object.text(name) == after.text(name)),
        _ => object.properties == after.properties,
    };
    let own = change.dependents.iter().copied().find(|dependent| dependent.id == object.id);
    let types = own.map(|own| over(change, own)).unwrap_or_default();
    let held = change.dependents.iter().any(|column| column.id.kind == "column" && uses(column, &types));
    !held && change.to.get(&object.id).is_some_and(|after| !in_place(after))
}

fn uses(object: &Object, types: &[&Object]) -> bool {
    types.iter().any(|known| object.depends_on.contains(&known.id))
}

/// The columns of these types that stay. What a child table inherits follows its parent's.
fn columns_of<'a>(change: &Change<'a>, types: &[&Object]) -> Vec<&'a Object> {
    let columns = change.dependents.iter().copied().filter(|object| object.id.kind == "column" && uses(object, types));
    columns
        .filter(|column| change.to.contains(&column.id))
        .filter(|column| {
            !crate::database::postgres::kinds::inherited::inherited(column) && column.text("generated").is_none()
        })
        .collect()
}

/// The tables of these types that stay so: the type of such a table's column is changed while it is a plain one.
fn typed_tables<'a>(change: &Change<'a>, types: &[&Object]) -> Vec<&'a Object> {
    let stays =
        |table: &&Object| change.to.get(&table.id).is_some_and(|after| after.text("of_type") == table.text("of_type"));
    let tables = change.dependents.iter().copied().filter(|object| object.id.kind == "table" && uses(object, types));
    tables.filter(|table| table.text("of_type").is_some()).filter(stays).collect()
}

/// The columns of foreign tables, which hold nothing here.
fn foreign_columns_of<'a>(change: &Change<'a>, types: &[&Object]) -> Vec<&'a Object> {
    let own = |object: &&Object| object.id.kind == foreign_column::KIND.name && !object.known_flag("inherited");
    let columns = change.dependents.iter().copied().filter(own).filter(|column| uses(column, types));
    columns.filter(|column| change.to.contains(&column.id)).collect()
}

/// Returns the form in which a type is recreated. One over the changed type continues from its old one by its own rule;
/// a domain's is the new one, because its old default may be a label that is gone.
fn form<'a>(change: &Change<'a>, object: &'a Object) -> &'a Object {
    let own = object.id == change.after.id;
    change.to.get(&object.id).filter(|_| own || object.id.kind == "domain").unwrap_or(object)
}

fn make<'a>(change: &mut Change<'a>, object: &'a Object) {
    let after = form(change, object);
    let Some(kind) = KINDS.iter().find(|kind| kind.name == after.id.kind) else { return };
    // The checks of a domain are dropped, and the planner creates them again. It couldn't where the domain is in an array or
    // a composite: PostgreSQL checks no values in there (tablecmds.c, find_composite_type_dependencies).
    let contained = domain::is_contained(object);
    let mut inline = if contained { change.to.children(&after.id) } else { Vec::new() };
    inline.retain(|child| child.id.kind == domain_constraint::KIND.name && !domain_constraint::is_not_valid(child));
    change.made.extend(inline.iter().map(|child| child.id.clone()));
    let from = change.from;
    let stays = |id: &Id| from.contains(id);
    let creation = Creation { object: after, inline, catalog: change.to, from, recreate: true, stays: &stays };
    for statement in (kind.create)(&creation) {
        change.push_statement(statement.text);
    }
    change.statements.extend((kind.after_create)(after, change.from, change.to));
}

/// Returns the expression that converts a value to the new form of its type; None if it is simply assigned.
fn converted(change: &Change, types: &[&Object], lead: Lead, value: &str, kind: &str) -> Option<String> {
    // A type of the server's own stays what it is: its collation was recreated.
    if !kind.contains('.') {
        return None;
    }
    match lead {
        Lead::Text => Some(format!("{value}::text::{kind}")),
        Lead::Assignment => domain::converted(change, types, value, kind),
    }
}

/// A cast from the old form of a type to the new one, there for as long as values are copied.
struct Cast {
    old: String,
    new: String,
    /// The body of the function that it calls; without one it goes by way of text.
    body: Option<String>,
}

impl Cast {
    fn create(&self, owner: &Object) -> Vec<Statement> {
        let Cast { old, new, body } = self;
        let way = if body.is_some() { format!("FUNCTION {old}({old})") } else { "INOUT".to_owned() };
        let function = body.as_ref().map(|body| {
            format!("CREATE FUNCTION {old}({old}) RETURNS {new} LANGUAGE sql AS {}", literal(body, Syntax::Postgres))
        });
        let cast = format!("CREATE CAST ({old} AS {new}) WITH {way} AS ASSIGNMENT");
        function.into_iter().chain([cast]).map(|text| Statement::new(text, &owner.id)).collect()
    }

    fn drop(&self, owner: &Object) -> Vec<Statement> {
        let Cast { old, new, body } = self;
        let function = body.as_ref().map(|_| format!("DROP FUNCTION {old}({old})"));
        let texts = [format!("DROP CAST ({old} AS {new})")].into_iter().chain(function);
        texts.map(|text| Statement::new(text, &owner.id)).collect()
    }
}

/// Returns the casts that a type's values need. A domain's are assigned as those of what it is over.
fn casts(change: &Change, types: &[&Object], object: &Object) -> Vec<Cast> {
    let after = form(change, object);
    let old = |path: &Id| qualified(&path.with_last(&old_name(path.name())).path);
    let own = |body: Option<String>| Cast { old: old(&object.id), new: qualified(&object.id.path), body };
    match object.id.kind {
        "composite" => {
            let lead = |value: &str, kind: &str| converted(change, types, Lead::Assignment, value, kind);
            vec![own(Some(composite::conversion(object, after, change, lead)))]
        }
        "range" => {
            let multirange = multirange(object).zip(after.text("multirange")).map(|((quoted, name), new)| Cast {
                old: old_multirange(quoted, &name),
                new: new.to_owned(),
                body: None,
            });
            [own(None)].into_iter().chain(multirange).collect()
        }
        _ => Vec::new(),
    }
}

fn word(object: &Object) -> &'static str {
    match object.id.kind {
        "domain" => "DOMAIN",
        "collation" => "COLLATION",
        _ => "TYPE",
    }
}

/// Gives the constructors of a range and of its multirange other names: they keep theirs when their type is renamed, and
/// those of the new one need them (manual 8.17.6).
fn constructors_step_back(change: &mut Change, range: &Object) {
    let (own, subtype) = (qualified(&range.id.path), range.text("subtype").unwrap_or_default());
    let mut rename = |function: &str, inputs: String, name: &str| {
        change.push_statement(format!("ALTER FUNCTION {function}({inputs}) RENAME TO {}", identifier(&old_name(name))));
    };
    rename(&own, format!("{subtype}, {subtype}"), range.id.name());
    rename(&own, format!("{subtype}, {subtype}, text"), range.id.name());
    if let Some((multirange, name)) = multirange(range) {
        for inputs in [String::new(), own.clone(), format!("{own}[]")] {
            rename(multirange, inputs, &name);
        }
    }
}

/// Returns the quoted name of a range's multirange, and its last part as it is.
fn multirange(range: &Object) -> Option<(&str, String)> {
    let quoted = range.text("multirange")?;
    let name = tokens(quoted, Syntax::Postgres).last()?;
    Some((quoted, name_of(name.text(quoted), Syntax::Postgres)))
}

/// Returns the type's name after the ranges were recreated, where it is that of a multirange which has another name now.
fn renamed_multirange<'a>(change: &Change<'a>, types: &[&'a Object], kind: &str) -> String {
    let named = |range: &&'a Object| {
        let (old, new) = (range.text("multirange")?, form(change, range).text("multirange")?);
        let rest = kind.strip_prefix(old).filter(|rest| rest.is_empty() || rest.starts_with('['))?;
        Some(format!("{new}{rest}"))
    };
    types.iter().find_map(named).unwrap_or_else(|| kind.to_owned())
}

/// Returns the quoted name that a multirange has as long as the new one is there.
fn old_multirange(quoted: &str, name: &str) -> String {
    let schema = quoted.strip_suffix(&identifier(name)).unwrap_or_default();
    format!("{schema}{}", identifier(&old_name(name)))
}

/// Is a table partitioned by the column, its own or a part of it?
fn is_partition_key(column: &Object, catalog: &Catalog) -> bool {
    column.known_flag("partition_key")
        || inheriting(column, catalog).iter().any(|inheritor| inheritor.known_flag("partition_key"))
}

/// Returns the name of the old form. One that has no room for what is put behind it loses bytes in its middle: long names
/// tend to differ at an end.
fn old_name(name: &str) -> String {
    const ROOM: usize = 63 - "__old".len();
    if name.len() <= ROOM {
        return format!("{name}__old");
    }
    let head = (0..=ROOM / 2).rev().find(|&at| name.is_char_boundary(at)).unwrap_or(0);
    let tail = (name.len() - ROOM / 2..=name.len()).find(|&at| name.is_char_boundary(at)).unwrap_or(name.len());
    format!("{}{}__old", &name[..head], &name[tail..])
}

/// Returns the names that a type takes up.
pub fn claimed_names(object: &Object) -> Vec<String> {
    vec![format!("type {}", qualified(&object.id.path))]
}

/// Is the text of a literal used by something that is new or changed?
pub fn is_used_again(change: &Change, literal: &str) -> bool {
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
