//! Reads a catalog: `sqlite_schema` in one query, which tables are virtual or belong to one in another.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rusqlite::Connection;

use super::ddl::{self, Constraint, ConstraintKind};
use super::kinds;
use super::words::{Word, folded, mentioned, spelled, words};
use crate::database::{Reading, Scope};
use crate::schema::{Id, Object, Value};
use crate::sql::quote::identifier;

/// One row of `sqlite_schema`.
pub(super) struct Row {
    pub kind: String,
    pub name: String,
    pub table: String,
    pub sql: String,
}

/// Reads what `scope` names: everything in the file but the tool's own table and what SQLite keeps for itself.
///
/// # Errors
/// What SQLite said.
pub fn reflect(connection: &Connection, scope: &Scope) -> rusqlite::Result<Reading> {
    let mut rows = schema(connection)?;
    let ours = scope.version_table.rsplit('.').next().unwrap_or_default();
    rows.retain(|row| !row.table.eq_ignore_ascii_case(ours) && !folded(&row.name).starts_with("sqlite_"));
    let mut read = Read::default();
    let (hidden, unknown) = not_plain(connection, &rows)?;
    rows.retain(|row| !hidden.contains(&folded(&row.table)));
    for row in rows.iter().filter(|row| row.kind == "table") {
        read.take_table(row);
    }
    for row in rows.iter().filter(|row| row.kind == "view") {
        read.take_view(row, is_broken(connection, &row.name));
    }
    read.resolve_references();
    for row in rows.iter().filter(|row| row.kind != "table" || is_virtual(&row.sql)) {
        read.take_definition(row);
    }
    read.mark_broken_triggers(connection);
    read.mark_quoted_strings(&rows);
    let mut unmanaged = Vec::new();
    for (count, what) in [
        (unknown, "virtual table of a module that this build of SQLite lacks"),
        (read.unreadable, "table whose definition can't be read"),
    ] {
        if count > 0 {
            unmanaged.push((what.to_owned(), count));
        }
    }
    Ok(Reading { catalog: read.objects.into_values().collect(), unmanaged })
}

fn schema(connection: &Connection) -> rusqlite::Result<Vec<Row>> {
    let mut query = connection
        .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")?;
    let rows = query
        .query_map([], |row| Ok(Row { kind: row.get(0)?, name: row.get(1)?, table: row.get(2)?, sql: row.get(3)? }))?;
    rows.collect()
}

/// Returns the tables that are none of ours to manage, folded: those that a virtual table keeps its data in, and virtual
/// tables whose module is not there; and the number of the latter.
fn not_plain(connection: &Connection, rows: &[Row]) -> rusqlite::Result<(BTreeSet<String>, usize)> {
    let virtuals: Vec<&Row> = rows.iter().filter(|row| is_virtual(&row.sql)).collect();
    if virtuals.is_empty() {
        return Ok((BTreeSet::new(), 0));
    }
    let list = |sql: &str| -> rusqlite::Result<BTreeSet<String>> {
        let mut query = connection.prepare(sql)?;
        let names = query.query_map([], |row| row.get::<_, String>(0))?;
        names.map(|name| name.map(|name| folded(&name))).collect()
    };
    let mut hidden = list("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'")?;
    let modules = list("SELECT name FROM pragma_module_list")?;
    let mut unknown = 0;
    for row in virtuals {
        let module = kinds::virtual_table::module(&row.sql);
        if modules.contains(&module) {
            continue;
        }
        // Without its module nothing says which tables are its own; they bear its name and an underscore.
        unknown += 1;
        let prefix = format!("{}_", folded(&row.name));
        hidden.insert(folded(&row.name));
        hidden.extend(rows.iter().map(|row| folded(&row.name)).filter(|name| name.starts_with(&prefix)));
    }
    Ok((hidden, unknown))
}

fn is_virtual(sql: &str) -> bool {
    words(sql).get(1).is_some_and(|word| word.is("VIRTUAL"))
}

/// Does the view name something that is not there? SQLite then refuses to drop or rename columns of any table.
fn is_broken(connection: &Connection, view: &str) -> bool {
    connection.prepare(&format!("SELECT 1 FROM main.{} LIMIT 0", identifier(view))).is_err()
}

/// What has been read so far.
#[derive(Default)]
pub(super) struct Read {
    objects: BTreeMap<Id, Object>,
    /// The tables and views by their folded names.
    names: BTreeMap<String, Named>,
    /// Their names and those of their columns, folded.
    all_names: HashSet<String>,
    unreadable: usize,
}

/// A table or view, and what may be mentioned of it.
#[derive(Default)]
struct Named {
    id: Option<Id>,
    /// Folded name → id.
    columns: BTreeMap<String, Id>,
    /// For a view: what it mentions.
    mentions: BTreeSet<String>,
}

impl Read {
    /// Reads what the rows say by themselves: whether something is broken only a database can tell.
    pub(super) fn of(rows: &[Row]) -> Vec<Object> {
        let mut read = Read::default();
        rows.iter().filter(|row| row.kind == "table").for_each(|row| read.take_table(row));
        rows.iter().filter(|row| row.kind == "view").for_each(|row| read.take_view(row, false));
        read.resolve_references();
        rows.iter().filter(|row| row.kind != "table").for_each(|row| read.take_definition(row));
        read.objects.into_values().collect()
    }

    fn call(&mut self, name: &str, named: Named) {
        self.all_names.extend(named.columns.keys().cloned());
        self.all_names.insert(folded(name));
        self.names.insert(folded(name), named);
    }

    fn insert(&mut self, mut object: Object) {
        let mut number = 1;
        let name = object.id.name().to_owned();
        while self.objects.contains_key(&object.id) {
            // Two constraints of one name, or two that say the same.
            number += 1;
            object.id = object.id.with_last(&format!("{name} #{number}"));
        }
        self.objects.insert(object.id.clone(), object);
    }

    fn take_table(&mut self, row: &Row) {
        if is_virtual(&row.sql) {
            let mut object = Object::new(Id::new(kinds::virtual_table::KIND.name, [&row.name]));
            object.known.insert("text", Value::Text(row.sql.clone()));
            let named = Named { id: Some(object.id.clone()), ..Named::default() };
            self.call(&row.name, named);
            self.objects.insert(object.id.clone(), object);
            return;
        }
        let Some(table) = ddl::read(&row.sql).filter(|table| !table.columns.is_empty()) else {
            self.unreadable += 1;
            return;
        };
        let mut object = Object::new(Id::new(kinds::table::KIND.name, [&row.name]));
        object.set("strict", Value::Flag(table.strict));
        object.set("without_rowid", Value::Flag(table.without_rowid));
        object.known.insert("text", Value::Text(row.sql.clone()));
        let id = object.id.clone();
        let references = table.constraints.iter().filter_map(|constraint| constraint.references.clone());
        object.known.insert("references", Value::List(references.collect()));
        self.insert(object);
        let mut named = Named { id: Some(id.clone()), ..Named::default() };
        for (at, column) in table.columns.iter().enumerate() {
            let object = column_object(&id, column, at);
            named.columns.insert(folded(&column.name), object.id.clone());
            self.insert(object);
        }
        for (at, constraint) in table.constraints.iter().enumerate() {
            self.insert(constraint_object(&id, constraint, table.columns.len() + at));
        }
        self.call(&row.name, named);
    }

    fn take_view(&mut self, row: &Row, broken: bool) {
        let mut object = Object::new(Id::new(kinds::view::KIND.name, [&row.name]));
        if broken {
            object.known.insert("broken", Value::Flag(true));
        }
        let named = Named { id: Some(object.id.clone()), mentions: mentioned(&words(&row.sql)), ..Named::default() };
        self.call(&row.name, named);
        self.objects.insert(object.id.clone(), object);
    }

    /// Gives a reference without columns those that it means: the primary key's (SQLite, "Foreign Key Support", section 3).
    fn complete_references(&mut self) {
        let mut keys: BTreeMap<String, String> = BTreeMap::new();
        for key in self.objects.values().filter(|object| object.known_text("type") == Some("primary key")) {
            let columns = key.text("definition").and_then(|text| text.strip_prefix("primary key ("));
            let columns =
                columns.and_then(|rest| rest.split_once(')')).map(|(columns, _)| columns.trim_end_matches(" desc"));
            if let (Some(columns), Some(table)) = (columns, &key.parent) {
                keys.insert(folded(table.name()), columns.to_owned());
            }
        }
        let short = |object: &Object| {
            let target = object.known_text("references")?;
            let definition = object.text("definition")?;
            let (before, rest) = definition.split_once(&format!(" references {}", ddl::spelled_name(target)))?;
            let columns = keys.get(target).filter(|_| !rest.starts_with(" ("))?;
            Some(format!("{before} references {} ({columns}){rest}", ddl::spelled_name(target)))
        };
        let found: Vec<(Id, String)> =
            self.objects.values().filter_map(|object| Some((object.id.clone(), short(object)?))).collect();
        for (id, definition) in found {
            let Some(mut object) = self.objects.remove(&id) else { continue };
            // One without a name is named by what it demands.
            if object.text("definition") == Some(id.name()) {
                object.id = id.with_last(&definition);
            }
            object.set("definition", Value::Text(definition));
            self.insert(object);
        }
    }

    /// The tables that a table's foreign keys lead to, by their names as they are written.
    fn resolve_references(&mut self) {
        self.complete_references();
        for object in self.objects.values_mut().filter(|object| object.id.kind == kinds::table::KIND.name) {
            let own = folded(object.id.name());
            let Some(Value::List(names)) = object.known.get_mut("references") else { continue };
            let found = names.iter().filter(|name| **name != own).filter_map(|name| self.names.get(name)?.id.as_ref());
            *names = found.map(|id| id.name().to_owned()).collect();
        }
    }

    /// Views, indexes, triggers and virtual tables: what they say, and what that mentions.
    fn take_definition(&mut self, row: &Row) {
        let kind = match row.kind.as_str() {
            "view" => &kinds::view::KIND,
            "index" => &kinds::index::KIND,
            "trigger" => &kinds::trigger::KIND,
            _ => &kinds::virtual_table::KIND,
        };
        let all = words(&row.sql);
        let id = Id::new(kind.name, [&row.name]);
        let mut object = self.objects.remove(&id).unwrap_or_else(|| Object::new(id));
        let unique = all.get(1).is_some_and(|word| word.is("UNIQUE"));
        let virtual_table = row.kind == "table";
        // CREATE, what, its name.
        let rest = all.get(3 + usize::from(unique || virtual_table)..).unwrap_or_default();
        let definition = spelled(rest, &|name| self.all_names.contains(name));
        object.set("definition", Value::Text(definition));
        object.set("unique", Value::Flag(unique));
        object.known.insert("text", Value::Text(row.sql.clone()));
        if matches!(row.kind.as_str(), "index" | "trigger") {
            object.parent = self.names.get(&folded(&row.table)).and_then(|named| named.id.clone());
            if object.parent.is_none() {
                return;
            }
        }
        object.depends_on = self.dependencies(&row.name, rest);
        object.depends_on.remove(&object.id);
        self.objects.insert(object.id.clone(), object);
    }

    /// Strings that somebody put in double quotes, which SQLite allows: where it drops or renames a column of any table,
    /// it writes all of them again in single quotes (`renameFixQuotes` in its alter.c).
    fn mark_quoted_strings(&mut self, rows: &[Row]) {
        let called: HashSet<String> = rows.iter().map(|row| folded(&row.name)).collect();
        let is_name = |name: &str| self.all_names.contains(name) || called.contains(name);
        let mut marked = Vec::new();
        for row in rows.iter().filter(|row| !is_virtual(&row.sql)) {
            let all = words(&row.sql);
            let has_string = all.iter().enumerate().any(|(at, word)| {
                let before = at.checked_sub(1).and_then(|before| all.get(before));
                let names = before.is_some_and(|word| ["AS", "CONSTRAINT", "COLLATE"].iter().any(|key| word.is(key)))
                    || before.is_some_and(|word| word.is_mark("."))
                    || all.get(at + 1).is_some_and(|word| word.is_mark("."));
                word.text.starts_with('"') && !names && word.name().is_some_and(|name| !is_name(&folded(&name)))
            });
            if has_string {
                let kinds = [&kinds::table::KIND, &kinds::index::KIND, &kinds::view::KIND, &kinds::trigger::KIND];
                marked.extend(
                    kinds.iter().filter(|kind| kind.name == row.kind).map(|kind| Id::new(kind.name, [&row.name])),
                );
            }
        }
        for id in marked {
            if let Some(object) = self.objects.get_mut(&id) {
                object.known.insert("quoted_string".to_owned(), Value::Flag(true));
            }
        }
    }

    /// A trigger that names something that is not there is found out when a statement that would fire it is compiled.
    fn mark_broken_triggers(&mut self, connection: &Connection) {
        let mut known: BTreeMap<(Id, &'static str), bool> = BTreeMap::new();
        let triggers = self.objects.values().filter(|object| object.id.kind == kinds::trigger::KIND.name);
        let mut broken = Vec::new();
        for (trigger, on) in triggers.filter_map(|trigger| Some((trigger, trigger.parent.as_ref()?))) {
            let Some(event) = kinds::trigger::event(trigger) else { continue };
            let is_broken = known.entry((on.clone(), event)).or_insert_with(|| {
                let table = format!("main.{}", identifier(on.name()));
                let fires = match event {
                    "INSERT" => format!("INSERT INTO {table} DEFAULT VALUES"),
                    "DELETE" => format!("DELETE FROM {table}"),
                    _ => format!("UPDATE {table} SET {}", self.assignments(connection, on)),
                };
                connection.prepare(&fires).is_err()
            });
            if *is_broken {
                broken.push(trigger.id.clone());
            }
        }
        for id in broken {
            if let Some(trigger) = self.objects.get_mut(&id) {
                trigger.known.insert("broken", Value::Flag(true));
            }
        }
    }

    /// `a = a, b = b` over every column that can be assigned to.
    fn assignments(&self, connection: &Connection, on: &Id) -> String {
        let columns: Vec<String> = if on.kind == kinds::view::KIND.name {
            let select = connection.prepare(&format!("SELECT * FROM main.{}", identifier(on.name())));
            select.map(|select| select.column_names().into_iter().map(str::to_owned).collect()).unwrap_or_default()
        } else {
            let named = self.names.get(&folded(on.name()));
            let columns =
                named.into_iter().flat_map(|named| named.columns.values().filter_map(|id| self.objects.get(id)));
            let columns = columns.filter(|column| column.text("generated").is_none());
            columns.map(|column| column.id.name().to_owned()).collect()
        };
        let each = columns.iter().map(|name| format!("{0} = {0}", identifier(name)));
        each.collect::<Vec<_>>().join(", ")
    }

    /// Returns every table and view that the words mention, and every column of these, or of what these are views of,
    /// that they mention too.
    fn dependencies(&self, own: &str, words: &[Word]) -> BTreeSet<Id> {
        let mentioned = mentioned(words);
        let own = folded(own);
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut waiting: Vec<&String> = mentioned.iter().filter(|name| **name != own).collect();
        let direct: BTreeSet<&String> = waiting.iter().copied().collect();
        let mut found = BTreeSet::new();
        while let Some(name) = waiting.pop() {
            let Some(named) = self.names.get(name) else { continue };
            if !reached.insert(name) {
                continue;
            }
            if direct.contains(name) {
                found.extend(named.id.clone());
            }
            found.extend(mentioned.iter().filter_map(|name| named.columns.get(name)).cloned());
            waiting.extend(named.mentions.iter().filter(|name| **name != own));
        }
        found
    }
}

fn column_object(table: &Id, column: &ddl::Column, at: usize) -> Object {
    let mut object = Object::new(Id::new(kinds::column::KIND.name, [table.name(), &column.name]));
    object.parent = Some(table.clone());
    object.place = place(at);
    let mut text = |name: &str, value: &Option<String>| {
        if let Some(value) = value {
            object.set(name, Value::Text(value.clone()));
        }
    };
    text("type", &column.type_name);
    text("default", &column.default);
    text("collate", &column.collate);
    text("generated", &column.generated);
    match column.not_null.as_deref() {
        None => {}
        Some("") => object.set("not_null", Value::Flag(true)),
        Some(more) => object.set("not_null", Value::Text(more.to_owned())),
    }
    object.set("stored", Value::Flag(column.stored));
    object.known.insert("text", Value::Text(column.text.clone()));
    object.known.insert("default_is_literal", Value::Flag(column.default_is_literal));
    object.known.insert("mentions", Value::List(column.mentions.iter().cloned().collect()));
    object
}

fn constraint_object(table: &Id, constraint: &Constraint, at: usize) -> Object {
    let (name, type_name) = match constraint.kind {
        // A table has one at most, so that it needs no other name.
        ConstraintKind::PrimaryKey => ("primary key", "primary key"),
        ConstraintKind::Unique => (constraint.definition.as_str(), "unique"),
        ConstraintKind::Check => (constraint.definition.as_str(), "check"),
        ConstraintKind::ForeignKey => (constraint.definition.as_str(), "foreign key"),
    };
    let name = constraint.name.as_deref().map(folded).unwrap_or_else(|| name.to_owned());
    let mut object = Object::new(Id::new(kinds::constraint::KIND.name, [table.name(), &name]));
    object.parent = Some(table.clone());
    object.place = place(at);
    object.set("definition", Value::Text(constraint.definition.clone()));
    object.set("descending_column", Value::Flag(constraint.descending_column));
    let mut know = |name: &str, value: Value| {
        object.known.insert(name, value);
    };
    know("type", Value::Text(type_name.to_owned()));
    know("said", Value::Text(constraint.definition.clone()));
    if let Some(target) = &constraint.references {
        know("references", Value::Text(folded(target)));
    }
    know("beside_columns", Value::Text(constraint.beside_columns.clone()));
    know("mentions", Value::List(constraint.mentions.iter().cloned().collect()));
    know("autoincrement", Value::Flag(constraint.autoincrement));
    if let Some(text) = &constraint.inside_column {
        know("inside_column", Value::Text(text.clone()));
    }
    if let Some(column) = &constraint.column {
        know("column", Value::Text(column.clone()));
    }
    object
}

fn place(at: usize) -> i32 {
    i32::try_from(at + 1).unwrap_or(i32::MAX)
}
