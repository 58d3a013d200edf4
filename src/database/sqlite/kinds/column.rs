//! Columns: objects of their own, so that a difference and a rename name the column; made and changed by their table.

use crate::schema::kind::Kind;
use crate::schema::{Object, Value};
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "column",
    altered_by_parent: true,
    inline: |_, _, _| true,
    holds_data: |object, _| object.text("generated").is_none(),
    rename: Some(|object, name, _| {
        let table = object.parent.as_ref().map_or("", |table| table.name());
        let text = format!(
            "ALTER TABLE {} RENAME COLUMN {} TO {}",
            identifier(table),
            identifier(object.id.name()),
            identifier(name)
        );
        vec![Statement::new(text, &object.id)]
    }),
    ..Kind::REPLACED
};

/// Returns what stands in the way of ADD COLUMN on a table that may have rows, if anything does.
///
/// Source: SQLite, "ALTER TABLE ADD COLUMN", and `sqlite3AlterFinishAddColumn`.
pub fn can_be_added(column: &Object) -> bool {
    let default_is_fit =
        column.text("default").is_none() || column.known.get("default_is_literal") == Some(&Value::Flag(true));
    default_is_fit && !column.flag("stored")
}

/// Must every row have a value that nothing gives?
pub fn needs_a_value(column: &Object) -> bool {
    column.properties.contains_key("not_null")
        && column.text("generated").is_none()
        && column.text("default").is_none_or(|default| default.eq_ignore_ascii_case("null"))
}

/// May it be added with a REFERENCES clause? Not with a default other than NULL while foreign keys are enforced.
pub fn can_refer(column: &Object) -> bool {
    column.text("default").is_none_or(|default| default.eq_ignore_ascii_case("null"))
}
