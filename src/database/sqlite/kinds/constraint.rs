//! PRIMARY KEY, UNIQUE, CHECK and FOREIGN KEY, written in a column or beside the columns: the same thing.
//!
//! One without a name is named by what it demands.

use crate::schema::kind::Kind;
use crate::schema::{Object, Value};

pub static KIND: Kind = Kind { name: "constraint", altered_by_parent: true, inline: |_, _, _| true, ..Kind::REPLACED };

/// Must it stand in its column, because beside the columns it would mean something else?
pub fn belongs_in_column(constraint: &Object) -> bool {
    constraint.flag("descending_column") || constraint.known.get("autoincrement") == Some(&Value::Flag(true))
}

/// Is it about this column (its folded name)?
pub fn is_about(constraint: &Object, column: &str) -> bool {
    constraint.known_list("mentions").iter().any(|name| name == column)
}

/// `primary key`, `unique`, `check` or `foreign key`.
pub fn type_name(constraint: &Object) -> &str {
    constraint.known_text("type").unwrap_or_default()
}
