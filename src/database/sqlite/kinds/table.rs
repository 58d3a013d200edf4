//! Tables: made as their models wrote them, altered in place where SQLite can, else rebuilt.

use super::{column, constraint, relation, text};
use crate::database::sqlite::{ddl, rebuild, words};
use crate::schema::change::{Change, Part};
use crate::schema::kind::Kind;
use crate::schema::plan::Risk;
use crate::schema::{Catalog, Id, Object};
use crate::sql::quote::identifier;
use crate::sql::token::{TokenKind, tokens};
use crate::sql::{Statement, Syntax};

pub static KIND: Kind = Kind {
    name: "table",
    create: |creation| vec![Statement::new(written(creation.object, &creation.inline, None), &creation.object.id)],
    drop: |object, _| vec![Statement::new(format!("DROP TABLE {}", identifier(object.id.name())), &object.id)],
    alter,
    rename: Some(|object, name, _| rename(object, name)),
    holds_data: |_, _| true,
    claimed_names: relation,
    // SQLite does not ask for it, but a reader expects a table before those that refer to it.
    create_after: |object, _, _| referenced(object),
    // Where foreign keys are enforced, a drop deletes the rows first (manual, "Foreign Key Support", section 5).
    drop_before: |object, _| referenced(object),
    ..Kind::REPLACED
};

fn referenced(table: &Object) -> Vec<Id> {
    table.known_list("references").iter().map(|name| Id::new("table", [name])).collect()
}

/// SQLite takes a name that differs in case only for the name of another table, so that takes two steps.
pub fn rename(object: &Object, name: &str) -> Vec<Statement> {
    let old = object.id.name();
    let say = |from: &str, to: &str| {
        Statement::new(format!("ALTER TABLE {} RENAME TO {}", identifier(from), identifier(to)), &object.id)
    };
    if old.eq_ignore_ascii_case(name) {
        let between = format!("migrate_rename_{old}");
        return vec![say(old, &between), say(&between, name)];
    }
    vec![say(old, name)]
}

/// Returns the CREATE TABLE: the text that is known when it still says what these parts say, else a fresh one; under
/// another name for the time of a rebuild.
pub fn written(table: &Object, parts: &[&Object], name: Option<&str>) -> String {
    let known = text(table);
    let Some(read) = ddl::read(known) else {
        return fresh(table, parts, name.unwrap_or(table.id.name()));
    };
    let (columns, constraints) = (of_kind(parts, column::KIND.name), of_kind(parts, constraint::KIND.name));
    let same = read.columns.len() == columns.len()
        && read.constraints.len() == constraints.len()
        && read
            .columns
            .iter()
            .all(|column| columns.iter().any(|object| object.id.name() == column.name && text(object) == column.text))
        && read.constraints.iter().all(|constraint| {
            constraints.iter().any(|object| object.known_text("said") == Some(&constraint.definition))
        })
        && read.strict == table.flag("strict")
        && read.without_rowid == table.flag("without_rowid");
    match (same, name) {
        (false, _) => fresh(table, parts, name.unwrap_or(table.id.name())),
        (true, None) => known.to_owned(),
        (true, Some(name)) => {
            let mut text = known.to_owned();
            text.replace_range(read.name_at, &identifier(name));
            text
        }
    }
}

fn of_kind<'a>(parts: &[&'a Object], kind: &str) -> Vec<&'a Object> {
    parts.iter().copied().filter(|object| object.id.kind == kind).collect()
}

fn fresh(table: &Object, parts: &[&Object], name: &str) -> String {
    let (columns, constraints) = (of_kind(parts, column::KIND.name), of_kind(parts, constraint::KIND.name));
    let inside = |object: &Object| constraint::belongs_in_column(object) && object.known_text("column").is_some();
    let mut lines: Vec<String> = Vec::new();
    for column in columns {
        let folded = words::folded(column.id.name());
        let own = constraints.iter().filter(|object| inside(object) && object.known_text("column") == Some(&folded));
        let own = own.filter_map(|object| object.known_text("inside_column"));
        lines.push(std::iter::once(text(column)).chain(own).collect::<Vec<_>>().join(" "));
    }
    let beside = constraints.iter().filter(|object| !inside(object));
    lines.extend(beside.filter_map(|object| object.known_text("beside_columns")).map(str::to_owned));
    let options: Vec<&str> = [("strict", "STRICT"), ("without_rowid", "WITHOUT ROWID")]
        .into_iter()
        .filter(|(property, _)| table.flag(property))
        .map(|(_, option)| option)
        .collect();
    let tail = if options.is_empty() { String::new() } else { format!(" {}", options.join(", ")) };
    format!("CREATE TABLE {} (\n    {}\n){tail}", identifier(name), lines.join(",\n    "))
}

fn alter(change: &mut Change) {
    let parts = change.take_parts();
    let options = ["strict", "without_rowid"].map(|option| change.claim(option));
    if options.contains(&true) || !in_place(change, &parts) {
        rebuild::rebuild(change, &parts);
    }
    for part in &parts {
        if let (Some(before), None) = (part.before, part.after)
            && (before.id.kind == column::KIND.name)
            && (column::KIND.holds_data)(before, change.from)
        {
            change.risk(Risk::DestroysData(format!("{} is dropped", before.id)));
        }
    }
}

/// Says ADD COLUMN and DROP COLUMN where they do it all; false, and nothing said, where they do not.
///
/// Source: SQLite, "ALTER TABLE".
fn in_place(change: &mut Change, parts: &[Part]) -> bool {
    let (mut added, mut dropped, mut demanded, mut released) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        match (part.before, part.after) {
            (None, Some(object)) if object.id.kind == column::KIND.name => added.push(object),
            (None, Some(object)) => demanded.push(object),
            (Some(object), None) if object.id.kind == column::KIND.name => dropped.push(object),
            (Some(object), None) => released.push(object),
            _ => return false,
        }
    }
    added.sort_by_key(|column| column.place);
    let Some(clauses) = placed(&added, &demanded) else { return false };
    if !added.iter().all(|column| column::can_be_added(column)) || !can_be_dropped(change, &dropped, &released) {
        return false;
    }
    let table = identifier(change.after.id.name());
    for (column, clauses) in added.iter().zip(clauses) {
        let text = std::iter::once(text(column)).chain(clauses).collect::<Vec<_>>().join(" ");
        change.statements.push(Statement::new(format!("ALTER TABLE {table} ADD COLUMN {text}"), &column.id));
        if column::needs_a_value(column) {
            change.risk(Risk::MayFail(format!(
                "{} is NOT NULL without a default, so it fails if the table has rows",
                column.id
            )));
        }
    }
    for column in dropped {
        let text = format!("ALTER TABLE {table} DROP COLUMN {}", identifier(column.id.name()));
        change.statements.push(Statement::new(text, &column.id));
    }
    true
}

/// Returns the new constraints as clauses of the new columns, in the order of the columns; None if one has no place
/// in any of them.
fn placed<'a>(added: &[&'a Object], demanded: &[&'a Object]) -> Option<Vec<Vec<&'a str>>> {
    let mut clauses = vec![Vec::new(); added.len()];
    for demand in demanded {
        // The last of the columns that it is about: all of them must be there.
        let at = added.iter().rposition(|column| constraint::is_about(demand, &words::folded(column.id.name())))?;
        let clause = demand.known_text("inside_column")?;
        match constraint::type_name(demand) {
            "check" => {}
            // With foreign keys enforced, SQLite wants NULL in the rows that are there.
            "foreign key" if column::can_refer(added.get(at)?) => {}
            _ => return None,
        }
        clauses.get_mut(at)?.push(clause);
    }
    Some(clauses)
}

/// May these columns be dropped in place? What mentions them from outside of the table has gone before.
fn can_be_dropped(change: &Change, dropped: &[&Object], released: &[&Object]) -> bool {
    let names: Vec<String> = dropped.iter().map(|column| words::folded(column.id.name())).collect();
    // A constraint is dropped with the column that it is written in, and only with that.
    let goes_along = |object: &Object| {
        matches!(constraint::type_name(object), "check" | "foreign key")
            && object.known_text("column").is_some_and(|column| names.iter().any(|name| name == column))
    };
    if !released.iter().all(|object| goes_along(object)) {
        return false;
    }
    if names.is_empty() {
        return true;
    }
    let all = change.from.children(&change.before.id);
    let stays = |object: &&Object| !dropped.iter().chain(released).any(|gone| gone.id == object.id);
    let used = all.iter().filter(|object| stays(object)).any(|object| {
        let inside = matches!(object.id.kind, "column" | "constraint");
        inside && names.iter().any(|name| object.known_list("mentions").contains(name))
    });
    let some_left = of_kind(&all, column::KIND.name).iter().any(stays);
    // SQLite looks through the whole schema: it stops at a view or trigger that names something that is not there, and
    // writes strings in double quotes again.
    let hindered = ["table", "index", "view", "trigger"].iter().any(|kind| {
        change
            .from
            .of_kind(kind)
            .any(|object| ["broken", "quoted_string"].iter().any(|mark| object.known.contains_key(mark)))
    });
    !used && some_left && !hindered && !has_comma_in_comment(text(change.before))
}

/// Is there a comma in a comment? SQLite looks back for one from the last column, and takes it for the one between columns
/// (alter.c, `dropColumnFunc`): what is left can't be read.
fn has_comma_in_comment(sql: &str) -> bool {
    let mut comments = tokens(sql, Syntax::Sqlite).filter(|token| token.kind == TokenKind::Comment);
    comments.any(|comment| comment.text(sql).contains(','))
}

/// Returns the parts of a table in the catalog, in their order.
pub fn parts<'a>(table: &Id, catalog: &'a Catalog) -> Vec<&'a Object> {
    catalog.children(table).into_iter().filter(|object| matches!(object.id.kind, "column" | "constraint")).collect()
}
